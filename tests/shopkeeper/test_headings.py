"""Values of dimensions that are ours have words in both languages; what a platform names stays."""

import pytest

from contracts.codes import RatingKind
from contracts.metrics import Dimension
from contracts.visit_codes import FunnelPath
from flows.steps.metrics import GROUP
from shopkeeper.headings import dimension_value

OURS = (
    *((Dimension.PATH, str(one)) for one in FunnelPath),
    *((Dimension.RATING, str(one)) for one in RatingKind),
    *((Dimension.BUYER, one) for one in ("new", "returning", "guest")),
    (Dimension.CATEGORY, "(none)"),
    (Dimension.SKU, "(unlinked)"),
    ("shop", GROUP),
)


@pytest.mark.parametrize(("dimension", "value"), OURS)
def test_a_value_of_ours_is_told_in_the_language_of_the_home(dimension: str, value: str) -> None:
    assert not dimension_value(dimension, value, "zh").isascii()
    assert dimension_value(dimension, value, "en").isascii()


def test_what_a_platform_names_stays_as_it_is() -> None:
    assert dimension_value(Dimension.CATEGORY, "CHEESE", "zh") == "CHEESE"
    assert dimension_value(Dimension.STEP, None, "zh") is None
