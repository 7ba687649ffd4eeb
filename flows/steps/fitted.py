"""Models of a shop's members: fitted anew only where what they are fitted on has changed."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from contracts.tables import MemberFact, table_of
from flows.steps.views import View
from transforms.lifetime import BuyingModel, SpendingModel
from transforms.members import MemberModels, MembersSeen, fitted
from warehouse.upkeep import read_note

_METHOD = 1
"""Raised when a fit finds something else in the same members."""


def last_or_fitted(view: View) -> Callable[[MembersSeen], MemberModels]:
    """Models of the last build, where these members were seen then; else new ones.

    What is to be noted for the next build is left in the view's notes.
    """
    table, key = table_of(MemberFact).name, f"models.{view.shop.id}"

    def models(seen: MembersSeen) -> MemberModels:
        digest = _digest(seen)
        noted = None if view.is_anew else read_note(view.home.lake, table, key=key)
        last = json.loads(noted or "{}")
        if last.get("fitted_on") == digest:
            return _models(last)
        found = fitted(seen)
        view.notes[table, key] = json.dumps({"fitted_on": digest, **asdict(found)})
        return found

    return models


def _digest(seen: MembersSeen) -> str:
    columns = (seen.repeats, seen.last_at, seen.known_for, seen.mean_minor)
    content = hashlib.sha256(b"".join(column.tobytes() for column in columns))
    return f"{_METHOD}:{content.hexdigest()}"


def _models(last: dict[str, Any]) -> MemberModels:
    buying, spending = last["buying"], last["spending"]
    return MemberModels(
        None if buying is None else BuyingModel(**buying),
        None if spending is None else SpendingModel(**spending),
    )
