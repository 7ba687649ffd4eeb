"""Where raw pages name buyers. Hardly any of it is asked for."""

from connectors.base.redaction import About, by_path

_IDS = ("open_id_buyer", "xid_buyer", "pin")
_TELLING = """
    consigneeInfo content encrypt_orderId images invoice* nickName orderRemark parentReply replies
    vatInfo venderRemark videos
""".split()  # noqa: SIM905  a list to be read
_ROW = About(at="**", named_by=_IDS, tells=(*_IDS, *_TELLING))
redact = by_path({"orders": _ROW, "reviews": _ROW})
