"""The texts that customers read, as they lie in `templates/`: parts of the code, read once.

Nothing is rendered here, so that a policy, which is pure, may name a text and its hash.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from contracts.errors import ConfigurationError

LANGUAGES: Final = ("en", "zh-CN")
REVIEW_REQUEST: Final = "review_request"
"""The message that requests a review: the guard's rules on requests apply to it."""
TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def source(template: str, language: str) -> str:
    """A message's template.

    Raises:
        ConfigurationError: there is none of that name in that language.
    """
    known = {path.name: path for path in (TEMPLATES / "messages").glob("*.j2")}
    try:
        return known[f"{template}.{language}.j2"].read_text(encoding="utf-8")
    except KeyError:
        raise ConfigurationError(f"there is no template {template!r} in {language!r}") from None


@cache
def template_hash(template: str, language: str) -> str:
    """Identifies a version of a message's template.

    Raises:
        ConfigurationError: there is none of that name in that language.
    """
    return hashlib.sha256(source(template, language).encode()).hexdigest()[:16]


@cache
def replies(language: str) -> Mapping[str, str]:
    """Drafts of public replies by topic; they hold no values, so nobody's data gets into them."""
    text = (TEMPLATES / "replies" / f"{language}.toml").read_text(encoding="utf-8")
    return {topic: " ".join(draft.split()) for topic, draft in tomllib.loads(text).items()}


def spoken(language: pl.Expr, *, otherwise: str) -> pl.Expr:
    """The language we have that a person reads: any Chinese is zh-CN; of unknown, `otherwise`."""
    plain = language.str.to_lowercase()
    return (
        pl.when(plain.str.starts_with("zh"))
        .then(pl.lit("zh-CN"))
        .when(plain.str.starts_with("en"))
        .then(pl.lit("en"))
        .otherwise(pl.lit(otherwise))
    )
