"""A parcel's track as the platform tells it: Beijing time, states as text, newest event first."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.kuaidi100.rules import UNKNOWN_CARRIER, RefusedError
from sandbox.phones import phone_of
from sandbox.world.world import World

BEIJING: Final = ZoneInfo("Asia/Shanghai")
CARRIERS: Final = frozenset(
    {"yuantong", "zhongtong", "shunfeng", "jd", "ems", "shentong", "yunda", "jtexpress"}
)
PHONE_CARRIERS: Final = frozenset({"shunfeng", "zhongtong"})
SIGNED: Final = 3
STATES: Final = {
    0: ("在途", "1002", "干线"),
    1: ("揽收", "103", "已揽收"),
    2: ("疑难", "204", "派件异常"),
    3: ("签收", "301", "本人签收"),
    4: ("退签", "4", "退签"),
    5: ("派件", "5", "派件"),
    6: ("退回", "6", "退回"),
    7: ("转投", "7", "转投"),
    14: ("拒签", "14", "拒签"),
}
"""State to its name, and the code and name that `resultv2` 4 and 8 ask for instead."""
_DETAILED: Final = ("4", "8")


def is_known(world: World, number: str) -> bool:
    """Whether a parcel of this world has the number."""
    return bool((world.parcels["number"] == number).any())


def track(world: World, param: dict[str, str], *, at: datetime) -> dict[str, Any]:
    """The answer for one waybill, with its events before `at`.

    Raises:
        RefusedError: 400 incomplete or unknown carrier, 408 the telephone number does not fit,
            500 nothing is known of this number with this carrier.
    """
    parcel = _parcel(world, param)
    number = parcel["number"]
    known = (pl.col("number") == number) & (pl.col("at") < at)
    events = world.parcel_events.filter(known).sort("at", maintain_order=True)
    if events.is_empty():
        raise RefusedError("500")
    level = param.get("resultv2", "")
    state = events["state"][-1]
    rows = [_row(event, level) for event in events.iter_rows(named=True)]
    answer = {
        "message": "ok",
        "nu": number,
        "ischeck": "1" if state == SIGNED else "0",
        "condition": "F00" if state == SIGNED else "00",
        "com": parcel["carrier"],
        "status": "200",
        "state": STATES[state][1] if level in _DETAILED else str(state),
        "data": rows if param.get("order") == "asc" else rows[::-1],
    }
    if level == "8" and state != SIGNED:
        answer["arrivalTime"] = parcel["promised_at"].astimezone(BEIJING).strftime("%Y-%m-%d %H")
        answer["remainTime"] = _span(parcel["promised_at"] - at)
    return answer


def _parcel(world: World, param: dict[str, str]) -> dict[str, Any]:
    carrier, number = param.get("com", ""), param.get("num", "")
    if not carrier or not 6 <= len(number) <= 32 or param.get("show", "0") != "0":
        raise RefusedError("400")
    # A forecast needs the destination.
    if param.get("resultv2") == "8" and not param.get("to"):
        raise RefusedError("400")
    if carrier not in CARRIERS:
        raise RefusedError("400", UNKNOWN_CARRIER)
    if carrier in PHONE_CARRIERS and not param.get("phone"):
        raise RefusedError("408")
    asked = (pl.col("number") == number) & (pl.col("carrier") == carrier)
    found = world.parcels.filter(asked)
    if found.is_empty():
        raise RefusedError("500")
    parcel: dict[str, Any] = found.row(0, named=True)
    tail = phone_of(parcel["household_id"])[-4:]
    if carrier in PHONE_CARRIERS and not param["phone"].endswith(tail):
        raise RefusedError("408")
    return parcel


def _row(event: dict[str, Any], level: str) -> dict[str, Any]:
    time = event["at"].astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    row = {"time": time, "ftime": time, "context": event["text"], "location": ""}
    name, code, detail = STATES[event["state"]]
    if level == "1":
        row |= {"status": name, "areaCode": None, "areaName": None}
    elif level in _DETAILED:
        row |= {"status": detail, "statusCode": code, "areaCode": None, "areaName": None}
    return row


def _span(left: timedelta) -> str:
    hours = max(0, int(left.total_seconds()) // 3600)
    return f"{hours // 24}天{hours % 24}小时"
