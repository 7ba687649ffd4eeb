"""A parcel's track as the platform tells it: Beijing time, states as text, newest event first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.kit.fields import Document
from sandbox.kit.values import BEIJING, TextTime
from sandbox.kuaidi100.rules import ERRORS
from sandbox.phones import phone_of
from sandbox.world.world import World

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
_TIME, _HOUR = TextTime(BEIJING), TextTime(BEIJING, "%Y-%m-%d %H")


def is_known(world: World, number: str) -> bool:
    """Whether a parcel of this world has the number."""
    return bool((world.parcels["number"] == number).any())


def track(world: World, param: Mapping[str, str], *, at: datetime) -> Document:
    """The answer for one waybill, with its events before `at`.

    Raises:
        RefusedError: 400 incomplete or unknown carrier, 408 the telephone number does not fit,
            500 nothing is known of this number with this carrier.
    """
    parcel = _parcel(world, param)
    known = (pl.col("number") == parcel["number"]) & (pl.col("at") < at)
    events = world.parcel_events.filter(known).sort("at", maintain_order=True)
    if events.is_empty():
        raise ERRORS("500")
    level, state = param.get("resultv2", ""), events["state"][-1]
    rows = [_row(event, level) for event in events.iter_rows(named=True)]
    answer = {
        "message": "ok",
        "nu": parcel["number"],
        "ischeck": "1" if state == SIGNED else "0",
        "condition": "F00" if state == SIGNED else "00",
        "com": parcel["carrier"],
        "status": "200",
        "state": STATES[state][1] if level in _DETAILED else str(state),
        "data": rows if param.get("order") == "asc" else rows[::-1],
    }
    if level == "8" and state != SIGNED:
        answer["arrivalTime"] = _HOUR.written(parcel["promised_at"])
        answer["remainTime"] = _span(parcel["promised_at"] - at)
    return answer


def _parcel(world: World, param: Mapping[str, str]) -> dict[str, Any]:
    carrier, number = param.get("com", ""), param.get("num", "")
    # A forecast needs the destination.
    lacks_end = param.get("resultv2") == "8" and not param.get("to")
    if not carrier or not 6 <= len(number) <= 32 or param.get("show", "0") != "0" or lacks_end:
        raise ERRORS("400")
    if carrier not in CARRIERS:
        raise ERRORS("carrier")
    phone = param.get("phone", "")
    if carrier in PHONE_CARRIERS and not phone:
        raise ERRORS("408")
    asked = (pl.col("number") == number) & (pl.col("carrier") == carrier)
    found = world.parcels.filter(asked)
    if found.is_empty():
        raise ERRORS("500")
    parcel = found.row(0, named=True)
    tail = phone_of(parcel["household_id"])[-4:]
    if carrier in PHONE_CARRIERS and not phone.endswith(tail):
        raise ERRORS("408")
    return parcel


def _row(event: Mapping[str, Any], level: str) -> Document:
    time = _TIME.written(event["at"])
    row = {"time": time, "ftime": time, "context": event["text"], "location": ""}
    name, code, detail = STATES[event["state"]]
    area = {"areaCode": None, "areaName": None}
    if level == "1":
        return {**row, "status": name, **area}
    return {**row, "status": detail, "statusCode": code, **area} if level in _DETAILED else row


def _span(left: timedelta) -> str:
    hours = max(0, int(left.total_seconds()) // 3600)
    return f"{hours // 24}天{hours % 24}小时"
