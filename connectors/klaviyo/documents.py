"""Where documents lie in Klaviyo's pages, so that an odd one costs itself."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from connectors.base.documents import At, JsonDocuments, RawDocument
from connectors.klaviyo import wire
from connectors.klaviyo.codes import CHANNEL
from contracts.streams import Page


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """Documents of a page's first answer; the profiles beside it only say whose they are."""

    documents: JsonDocuments

    def split(self, page: Page) -> list[RawDocument]:
        """See `Documents`."""
        return self.documents.split(Page(_answers(page)[0], page.part))

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `Documents`."""
        first, *beside = _answers(page)
        kept = self.documents.without(Page(first, page.part), bad)
        return Page(wire.texts([kept.body, *beside]), page.part)


def _answers(page: Page) -> list[bytes]:
    return wire.answers(page.body) or [b""]


def _contact(profile: Any, _: Page) -> str:
    """As `connectors.klaviyo.members` names who a profile is, by e-mail."""
    told = profile.get("attributes") or {}
    return f"{told.get('external_id') or 'klaviyo/' + str(profile['id'])}|email"


_PLACES: Final = {
    "profiles": At("data", "contacts", _contact, wire.PROFILES.one),
    "codes": At("data", "coupon_grants", "id", wire.CODES.one),
    **dict.fromkeys(CHANNEL, At("data", "campaigns", "id", wire.CAMPAIGNS.one)),
    "reviews": At("data", "reviews", "id", wire.REVIEWS.one),
}
DOCUMENTS: Final = FirstAnswer(JsonDocuments(_PLACES))
