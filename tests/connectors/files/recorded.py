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
    TOTALS,
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


def _ready(mapping: str, number: int = 0) -> dict[str, Any]:
    layout = load(mapping)[number]
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


_CSV: dict[str, tuple[dict[str, Any], str]] = {
    "items": (_ready("sycm_items"), "统计日期,商品ID,商品访客数,商品浏览量,商品加购人数\n"),
    "hours": (_ready("visit_reports", 0), "日期,小时,来源,访客数,浏览量\n"),
    "slots": (_ready("visit_reports", 1), "日期,展位,展现量,点击量\n"),
    "active": (_ready("visit_reports", 2), "日期,周期,活跃访客数\n"),
    "funnel": (_ready("visit_reports", 3), "日期,路径,步骤,访问次数\n"),
    "visits": (_ready("visit_log"), "访问ID,时间,页面,访客ID,商品ID\n"),
    "carts": (_ready("cart_list"), "购物车ID,会员ID,加购时间,下单时间,件数\n"),
    "tickets": (
        _ready("ticket_list"),
        "会话ID,会员ID,订单号,咨询时间,首次回复时间,承诺回复时间,解决时间\n",
    ),
    "settlements": (_ready("settlement_list"), "流水号,订单号,类型,结算时间,结算单号,金额\n"),
    "scores": (_ready("shop_scores"), "日期,评分项,得分,评价人数,同行均值\n"),
    "targets": (_ready("goals", 0), "指标,开始日期,结束日期,目标值\n"),
    "benchmarks": (_ready("goals", 1), "指标,对象,开始日期,结束日期,基准值\n"),
}
"""Ready-made descriptions of lists beside the header of such a list."""


def listed(name: str, *rows: str, at: dt.datetime = EXPORTED) -> Page:
    """A list of that name, with these rows below its header."""
    layout, header = _CSV[name]
    return page(layout, header + "".join(f"{row}\n" for row in rows), at=at)


_COSTS, _PURCHASING = "sku,from,cost\n", "sku,supplier,days,due,units\n"
_PARTS = "bundle,part,pieces\n"
_DAYS, _VISITS = "sku,day\n", "day,source,visitors\n"
_TOTALS = "day,orders,amount\n"
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
    "traffic": [
        page(TRAFFIC, _VISITS + "2026-11-18,search,10\n2026-11-18,direct,5\n"),
        listed("items", '2026-11-18,801,"1,234",1.2万,30', "2026-11-18,802,5,9,-"),
        listed("hours", "2026-11-18,09:00-09:59,,7,12", "2026-11-18,10,,8,"),
        listed("slots", "2026-11-18,首页轮播1,900,18"),
        listed("active", "2026-11-18,日,15", "2026-11-18,周,60"),
        listed("funnel", "2026-11-18,首页-详情,1,90", "2026-11-18,首页-详情,2,30"),
    ],
    "visits": [
        listed(
            "visits",
            "s1,2026-11-19T08:00:00Z,首页,zora-marked,",
            "s1,2026-11-19T08:00:09Z,详情,,801",
        ),
        listed("visits", "s2,2026-11-19T09:00:00Z,搜索,,", at=_LATER),
    ],
    "exported_carts": [
        listed("carts", "c1,zora-marked,2026-11-19T08:00:00Z,,2"),
        listed("carts", "c1,zora-marked,2026-11-19T08:00:00Z,2026-11-19T09:00:00Z,2", at=_LATER),
    ],
    "exported_tickets": [
        listed("tickets", "t1,zora-marked,3001,2026-11-19T08:00:00Z,,,"),
        listed(
            "tickets",
            "t1,zora-marked,3001,2026-11-19T08:00:00Z,2026-11-19T08:02:00Z,,2026-11-19T09:00:00Z",
            at=_LATER,
        ),
    ],
    "exported_settlements": [
        listed("settlements", "e1,3001,货款,2026-11-19T08:00:00Z,p1,¥20.00"),
        listed(
            "settlements",
            "e1,3001,货款,2026-11-19T08:00:00Z,p1,¥20.00",
            "e2,3001,佣金,2026-11-19T08:00:00Z,p1,-1.00",
            at=_LATER,
        ),
    ],
    "shop_ratings": [
        listed("scores", "2026-11-18,描述相符,4.72,310,4.80", "2026-11-18,服务态度,4.9,-,-"),
    ],
    "goals": [
        listed("targets", "gmv,2026-11-01,2026-11-30,100000"),
        listed("benchmarks", "conversion,同行,2026-11-01,2026-11-30,0.031"),
    ],
    "daily_totals": [page(TOTALS, _TOTALS + "2026-11-18,3,120.50\n2026-11-19,1,9.00\n")],
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
    "visits": [listed("visits")],
    "exported_carts": [listed("carts")],
    "exported_tickets": [listed("tickets")],
    "exported_settlements": [listed("settlements")],
    "shop_ratings": [listed("scores")],
    "goals": [listed("targets")],
    "daily_totals": [page(TOTALS, _TOTALS)],
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
    "visits": [],
    "exported_carts": [],
    "exported_tickets": [],
    "exported_settlements": [
        listed("settlements", "e3,3001,起飞,2026-11-19T08:00:00Z,p1,1.00", at=_LATER)
    ],
    "shop_ratings": [],
    "goals": [],
    "daily_totals": [],
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
