"""Where raw pages name buyers: their own records, and what a row of theirs says of them."""

from connectors.base.redaction import About, by_path

_IDS = ("buyer_open_uid", "ouid", "open_uid", "openuid")
# Few of these are asked for; a page may hold them all the same.
_TELLING = """
    append_content buyer_alipay_no buyer_email buyer_message buyer_nick content desc nick oaid
    reason receiver_* reply user_nick
""".split()  # noqa: SIM905  a list to be read
_ROW = About(at="**", named_by=_IDS, tells=(*_IDS, *_TELLING))
redact = by_path({"trades": _ROW, "reviews": _ROW, "members": About(at="**", named_by=_IDS)})
