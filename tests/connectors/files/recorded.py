"""Exports as people download them, with synthetic values: what the compliance suite judges."""

import datetime as dt
from pathlib import Path
from typing import Any

import httpx

from connectors.files.client import FilesSettings
from connectors.files.descriptions import load
from contracts.errors import ShopkeeperError
from contracts.streams import Page
from tests.connectors.files.exports import CONTEXT as CONTEXT
from tests.connectors.files.exports import (
    COSTS,
    EXPORTED,
    OFFERS,
    TRAFFIC,
    described_by,
    file_of,
    page,
)

PEOPLE = ("zora-marked", "zora writes", "call zora")
"""A buyer, what he wrote and a note about him; receivers are taken out before a page is kept."""

_BY_PIECE = {
    "stream": "purchasing",
    "pattern": "orders_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "supply_terms": {
            "columns": {
                "sku_id": {"column": "sku"},
                "supplier": {"column": "supplier"},
                "lead_time_days": {"column": "days"},
                "lead_time_sd_days": {"constant": 1.5},
                "minimum_order_units": {"constant": 10},
                "case_pack_units": {"constant": 5},
            }
        },
        "inbound": {
            "skip_when": {"due": [""]},
            "sum": ["inbound_units"],
            "columns": {
                "sku_id": {"column": "sku"},
                "expected_date": {"column": "due"},
                "inbound_units": {"column": "units"},
            },
        },
    },
}
_STOCKOUTS = {
    "stream": "stockouts",
    "pattern": "stockouts_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "stockout_days": {
            "covers_days": 3,
            "columns": {"sku_id": {"column": "sku"}, "stockout_date": {"column": "day"}},
        }
    },
}
_BUNDLES = {
    "stream": "bundles",
    "pattern": "bundles_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "bundle_parts": {
            "columns": {
                "sku_id": {"column": "bundle"},
                "part_sku_id": {"column": "part"},
                "part_units": {"column": "pieces"},
            }
        }
    },
}
_MEMBERS = {
    "stream": "exported_members",
    "pattern": "members_{yyyymmdd}.csv",
    "format": "csv",
    "ignored": ["note"],
    "tables": {
        "occasions": {
            "columns": {
                "member_id": {"column": "id"},
                "occasion_kind": {"constant": "birthday"},
                "month_day": {"column": "born"},
            }
        },
        "member_tiers": {
            "columns": {
                "member_id": {"column": "id"},
                "told_date": {"stamp": True},
                "tier_rank": {"column": "tier", "codes": {"plain": "1", "gold": "2"}},
            }
        },
    },
}
_REVIEWS = {
    "stream": "exported_reviews",
    "pattern": "reviews_{yyyymmdd}.csv",
    "format": "csv",
    "ignored": ["note"],
    "tables": {
        "reviews": {
            "columns": {
                "review_id": {"column": "id"},
                "member_id": {"column": "author"},
                "review_result": {"column": "stars", "codes": {"5": "good", "1": "bad"}},
                "stars_units": {"column": "stars"},
                "body": {"column": "text"},
                "reviewed_at": {"column": "at", "format": "iso"},
            }
        }
    },
}
_STOCK = {
    "stream": "exported_stock",
    "pattern": "stock_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "stock_levels": {
            "columns": {
                "sku_id": {"column": "sku"},
                "warehouse_id": {"column": "where"},
                "observed_at": {"stamp": True},
                "on_hand_units": {"column": "here"},
                "available_units": {"column": "free"},
                "committed_units": {"column": "sold"},
            }
        }
    },
}


def _ready(mapping: str) -> dict[str, Any]:
    (layout,) = load(mapping)
    return layout.model_dump(exclude_defaults=True) | {"format": "csv", "encoding": "utf-8"}


_JD, _CASES = _ready("jd_orders"), _ready("doudian_cases")
_JD_HEAD = (
    "订单号,商品ID,订购数量,下单时间,京东价,订单金额,应付金额,订单状态,下单帐号,运费金额,"
    "付款确认时间,订单完成时间,商家SKUID,订单备注\n"
)
_CASES_HEAD = (
    "售后单号,订单号,商品单号,售后类型,售后状态,售后申请时间,退商品金额(元),售后原因,商家退款时间\n"
)
_DAY, _PAID = "2026-11-19 08:00:00", "2026-11-19 08:01:00"


def _jd_line(order: int, sku: str, state: str) -> str:
    head = f"'{order},8{sku},2,{_DAY},10.00,40.00,36.00,{state},zora-marked,6.00"
    return f"{head},{_PAID},,{sku},call zora\n"


def _case(number: int, state: str) -> str:
    return f"{number},3001,801,退货退款,{state},{_DAY},10.00,zora writes,-\n"


_COSTS, _PURCHASING = "sku,from,cost\n", "sku,supplier,days,due,units\n"
_PARTS = "bundle,part,pieces\n"
_DAYS, _VISITS = "sku,day\n", "day,source,visitors\n"
_BORN = "id,born,tier,note\n"
_STARS, _LEVELS = "id,author,stars,text,at,note\n", "sku,where,here,free,sold\n"
_OFFERS = "sku,rival,seen,price,stock,by\n"
_LATER = EXPORTED + dt.timedelta(days=1)

PAGES = {
    "costs": [
        page(COSTS, _COSTS + "A,2026-11-01,1.00\nB,2026-11-01,2.50\n"),
        page(COSTS, _COSTS + "A,2026-11-01,1.10\n", at=_LATER),
    ],
    "purchasing": [
        page(_BY_PIECE, _PURCHASING + "A,Meadow,7,2026-12-01,40\nA,Meadow,7,2026-12-01,20\n"),
        page(_BY_PIECE, _PURCHASING + "A,Meadow,8,2026-12-02,60\nB,Hill,9,,\n", at=_LATER),
    ],
    "bundles": [
        page(_BUNDLES, _PARTS + "SET,A,2\nSET,B,1\n"),
        page(_BUNDLES, _PARTS + "SET,A,3\nBOX,SET,2\n", at=_LATER),
    ],
    "stockouts": [page(_STOCKOUTS, _DAYS + "A,2026-11-18\nB,2026-11-19\n")],
    "offers": [
        page(OFFERS, _OFFERS + "A,r1,2026-11-19 08:00,4.50,有,自营\n"),
        page(OFFERS, _OFFERS + "B,r1,2026-11-19 09:00,5.50,无,商家\n", at=_LATER),
    ],
    "traffic": [page(TRAFFIC, _VISITS + "2026-11-18,search,10\n2026-11-18,direct,5\n")],
    "exported_orders": [
        page(_JD, _JD_HEAD + _jd_line(3001, "A", "等待出库") + _jd_line(3001, "B", "等待出库")),
        page(_JD, _JD_HEAD + _jd_line(3002, "A", "完成"), at=_LATER),
    ],
    "exported_cases": [
        page(_CASES, _CASES_HEAD + _case(1, "待商家处理")),
        page(_CASES, _CASES_HEAD + _case(1, "退款成功") + _case(2, "售后关闭"), at=_LATER),
    ],
    "exported_stock": [
        page(_STOCK, _LEVELS + "A,main,5,3,2\n"),
        page(_STOCK, _LEVELS + "A,main,4,1,3\n", at=_LATER),
    ],
    "exported_reviews": [
        page(
            _REVIEWS,
            _STARS + "r1,zora-marked,5,zora writes,2026-11-19T08:00:00Z,call zora\n"
            "r2,,1,,2026-11-19T09:00:00Z,\n",
        )
    ],
    "exported_members": [
        page(_MEMBERS, _BORN + "zora-marked,1992-02-29,plain,call zora\nn2,1980-05-01,gold,\n"),
        page(_MEMBERS, _BORN + "zora-marked,1992-02-29,gold,\n", at=_LATER),
    ],
}
EMPTY = {
    "costs": [page(COSTS, _COSTS)],
    "purchasing": [page(_BY_PIECE, _PURCHASING)],
    "bundles": [page(_BUNDLES, _PARTS)],
    "stockouts": [page(_STOCKOUTS, _DAYS)],
    "offers": [page(OFFERS, _OFFERS)],
    "traffic": [page(TRAFFIC, _VISITS)],
    "exported_orders": [page(_JD, _JD_HEAD)],
    "exported_cases": [page(_CASES, _CASES_HEAD)],
    "exported_stock": [page(_STOCK, _LEVELS)],
    "exported_reviews": [page(_REVIEWS, _STARS)],
    "exported_members": [page(_MEMBERS, _BORN)],
}
UNKNOWN: dict[str, list[Page]] = {
    "costs": [],
    "purchasing": [],
    "bundles": [],
    "stockouts": [],
    "offers": [page(OFFERS, _OFFERS + "C,r1,2026-11-19 10:00,4.50,有,代发\n", at=_LATER)],
    "traffic": [],
    "exported_orders": [page(_JD, _JD_HEAD + _jd_line(3003, "A", "起飞"), at=_LATER)],
    "exported_cases": [page(_CASES, _CASES_HEAD + _case(3, "起飞"), at=_LATER)],
    "exported_stock": [],
    "exported_reviews": [
        page(_REVIEWS, _STARS + "r3,,9,,2026-11-19T09:00:00Z,\n", at=_LATER),
    ],
    "exported_members": [page(_MEMBERS, _BORN + "n3,1980-05-01,platinum,\n", at=_LATER)],
}
_ALL = (page for pages in (PAGES, EMPTY, UNKNOWN) for found in pages.values() for page in found)
DESCRIBED = described_by(*(file_of(one) for one in _ALL))
SETTINGS = FilesSettings(
    folder=Path(), mappings=DESCRIBED.layouts, time_zone=DESCRIBED.time_zone, quiet_seconds=0
)
ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {}
