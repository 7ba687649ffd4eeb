"""Exports as people download them, with synthetic values: what the compliance suite judges."""

import datetime as dt

import httpx

from contracts.errors import ShopkeeperError
from contracts.streams import Page
from tests.connectors.files.exports import CONTEXT as CONTEXT
from tests.connectors.files.exports import COSTS, EXPORTED, OFFERS, TRAFFIC, page

PEOPLE = ()  # no export that is described tells of people

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
_COSTS, _PURCHASING = "sku,from,cost\n", "sku,supplier,days,due,units\n"
_DAYS, _VISITS = "sku,day\n", "day,source,visitors\n"
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
    "stockouts": [page(_STOCKOUTS, _DAYS + "A,2026-11-18\nB,2026-11-19\n")],
    "offers": [
        page(OFFERS, _OFFERS + "A,r1,2026-11-19 08:00,4.50,有,自营\n"),
        page(OFFERS, _OFFERS + "B,r1,2026-11-19 09:00,5.50,无,商家\n", at=_LATER),
    ],
    "traffic": [page(TRAFFIC, _VISITS + "2026-11-18,search,10\n2026-11-18,direct,5\n")],
}
EMPTY = {
    "costs": [page(COSTS, _COSTS)],
    "purchasing": [page(_BY_PIECE, _PURCHASING)],
    "stockouts": [page(_STOCKOUTS, _DAYS)],
    "offers": [page(OFFERS, _OFFERS)],
    "traffic": [page(TRAFFIC, _VISITS)],
}
UNKNOWN: dict[str, list[Page]] = {
    "costs": [],
    "purchasing": [],
    "stockouts": [],
    "offers": [page(OFFERS, _OFFERS + "C,r1,2026-11-19 10:00,4.50,有,代发\n", at=_LATER)],
    "traffic": [],
}
ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {}
