"""Parameters that the forms of flows share."""

import datetime as dt
import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

_NAME = r"^[^\x00-\x1f\x7f]+$"

SERVED = "SHOPKEEPER_SERVED_HOME"
"""Environment variable: the one home whose runs a worker takes."""


def _refuse_other_home(home_dir: str) -> str:
    """A copied home's server has runs planned that name the folder it was copied from."""
    served = os.environ.get(SERVED)
    if served and Path(home_dir).resolve() != Path(served).resolve():
        raise ValueError("this worker serves another home: `shopkeeper up` there")
    return home_dir


HomeDir = Annotated[
    str,
    Field(description="Folder with shopkeeper.toml", min_length=1, max_length=4096),
    AfterValidator(_refuse_other_home),
]
OptionalShopId = Annotated[
    Annotated[str, Field(min_length=1, max_length=100)] | None,
    Field(description="The shop, as its file under shops/ is named; empty: all"),
]
PolicyName = Annotated[
    Annotated[str, Field(min_length=1, max_length=100)] | None,
    Field(description="The policy, as its file under policies/ is named; empty: all"),
]
PlatformName = Annotated[
    Annotated[str, Field(min_length=1, max_length=100)] | None,
    Field(description="The platform, as under [sources] of a shop; empty: any"),
]
Person = Annotated[
    str,
    Field(
        description="Who decides; written to the ledger",
        min_length=1,
        max_length=80,
        pattern=_NAME,
    ),
]
ActionIds = Annotated[
    list[Annotated[str, Field(pattern="^[0-9a-f]{4,32}$")]],
    Field(
        description="Action ids as the proposals artifact shows them; the first characters do",
        min_length=1,
        max_length=1000,
    ),
]
OptionalActionIds = Annotated[
    list[Annotated[str, Field(pattern="^[0-9a-f]{4,32}$")]] | None,
    Field(
        description="Action ids, their first characters do; empty: all that policy, shop and "
        "change say, as only_show counts them",
        min_length=1,
        max_length=1000,
    ),
]
MaxChangeRate = Annotated[
    Annotated[float, Field(ge=0, le=1)] | None,
    Field(description="Only prices that move by at most this fraction, 0.05 for 5 %; empty: any"),
]
Stamp = Annotated[
    Annotated[str, Field(pattern="^[0-9a-f]{12}$")] | None,
    Field(description="What only_show printed: what is another by now is not approved"),
]
RunId = Annotated[
    Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None,
    Field(description="Only actions that this run of decide proposed"),
]
Targets = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]] | None,
    Field(description="Only these listings or SKUs", max_length=1000),
]
Moment = Annotated[
    AwareDatetime | None, Field(description="Decided at or after this instant; empty: any")
]
MomentBefore = Annotated[
    AwareDatetime | None, Field(description="Decided before this instant; empty: any")
]


def utc(moment: dt.datetime | None) -> dt.datetime | None:
    """An instant as the ledger compares it."""
    return moment.astimezone(dt.UTC) if moment else None
