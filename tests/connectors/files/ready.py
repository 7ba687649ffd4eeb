"""Exports in the shape that the ready-made descriptions expect, with synthetic values.

Each is a file in `back_offices`: a header and rows of two documents or more, as a back office
writes them. Ids are kept from rounding, amounts carry ￥, the last row may hold totals.
"""

import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from connectors.base.declaration import Stream
from connectors.files import CONNECTOR
from connectors.files.client import FilesSettings, open_client
from contracts.streams import Context, Mapped, Page, Window

READ_AT = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
CONTEXT = Context("shop", "CNY", "Asia/Shanghai", READ_AT)
_FOLDER = Path(__file__).parent / "back_offices"
STAMP, LATER = "202611201030", "202611211030"
"""10:30 in Shanghai, on one day and on the next."""


@dataclass(frozen=True)
class Ready:
    """A ready-made description and an export for it."""

    mapping: str
    stream: str
    file: str
    """With {} where the stamp stands, without the ending."""
    state: tuple[str, str, str] = ("", "", "")
    """A cell of the first document that tells its state: what it says, what a later export says,
    and a word that is in no list."""
    encoding: str = "gb18030"

    @property
    def rows(self) -> list[list[str]]:
        """Header and rows, with the tabs and apostrophes that keep ids from rounding."""
        text = (_FOLDER / f"{self.mapping}.csv").read_text(encoding="utf-8")
        return [line.split(",") for line in text.splitlines()]


PDD = Ready("pdd_orders", "exported_orders", "pdd/订单_{}", ("待发货", "已收货", "已起飞"))
DOUDIAN = Ready(
    "doudian_orders", "exported_orders", "doudian/订单_{}", ("已发货", "已完成", "已起飞")
)
JD = Ready("jd_orders", "exported_orders", "jd/订单_{}", ("等待出库", "完成", "起飞"))
JST = Ready("jst_orders", "exported_orders", "jst/订单_{}", ("发货中", "已发货", "起飞"))
SHOPIFY = Ready(
    "shopify_orders", "exported_orders", "shopify/orders_{}", ("paid", "voided", "gone"), "utf-8"
)
STOCK = Ready("jst_stock", "exported_stock", "jst/库存_{}")
PURCHASING = Ready("jst_purchasing", "purchasing", "jst/采购_{}", ("已确认", "完成", "起飞"))
JD_REVIEWS = Ready("jd_reviews", "exported_reviews", "jd/评价_{}", ("5", "1", "很多"))
PDD_REVIEWS = Ready("pdd_reviews", "exported_reviews", "pdd/评价_{}", ("4", "3", "很多"))
DOUDIAN_REVIEWS = Ready(
    "doudian_reviews", "exported_reviews", "doudian/评价_{}", ("好评", "中评", "妙评")
)
CASES = Ready(
    "doudian_cases", "exported_cases", "doudian/售后_{}", ("待买家退货", "退款成功", "起飞")
)
MEMBERS = Ready(
    "member_list", "exported_members", "members/会员_{}", ("普通会员", "金卡会员", "起飞会员")
)
ALIPAY = Ready(
    "alipay_settlements", "exported_settlements", "alipay/账务明细_{}", ("在线支付", "收费", "起飞")
)
SHOP = Ready("sycm_shop", "traffic", "sycm/取数_{}")
ALL = (
    *(PDD, DOUDIAN, JD, JST, SHOPIFY, STOCK, PURCHASING),
    *(JD_REVIEWS, PDD_REVIEWS, DOUDIAN_REVIEWS, CASES, MEMBERS, SHOP, ALIPAY),
)


def csv_bytes(rows: Iterable[Iterable[str]], encoding: str = "gb18030") -> bytes:
    """The rows as a back office writes them: what holds a comma or begins with a tab is quoted."""
    lines = (",".join(f'"{cell}"' if "\t" in cell else cell for cell in row) for row in rows)
    return "\r\n".join((*lines, "")).encode(encoding)


def xlsx_bytes(rows: Iterable[Iterable[str]]) -> bytes:
    """The rows as a workbook of text cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append([cell.strip() or None for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def put(folder: Path, name: str, body: bytes) -> None:
    """File an export."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)


def settings_of(folder: Path, mapping: str) -> FilesSettings:
    return FilesSettings.model_validate(
        {
            "folder": folder,
            "mappings": [mapping],
            "time_zone": "Asia/Shanghai",
            "as_of": READ_AT,
            "quiet_seconds": 0,
        }
    )


def stream_of(folder: Path, ready: Ready) -> Stream:
    assert CONNECTOR.streams_of is not None
    (stream,) = CONNECTOR.streams_of(settings_of(folder, ready.mapping))
    return stream


def fetched(folder: Path, ready: Ready) -> list[Page]:
    """What is kept of the folder's files."""
    stream = stream_of(folder, ready)
    client = open_client(settings_of(folder, ready.mapping))
    return list(stream.fetch(client, Window(READ_AT - dt.timedelta(days=31), client.now())))


def read(folder: Path, ready: Ready) -> Mapped:
    """The folder's files, fetched and mapped."""
    return stream_of(folder, ready).to_canonical(fetched(folder, ready), CONTEXT)
