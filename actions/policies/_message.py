"""How a policy states a message: its template, language and values, never its words."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from actions.texts import template_hash
from contracts.payloads import Message, encode


def message(template: str, *, language: str, values: Sequence[str]) -> pl.Expr:
    """The payload of a message per row: `language` and `values` are columns of text.

    Where the language is null there is no message. A value that is null is left out; the template
    says what it does without it.
    """

    def payload(row: dict[str, Any]) -> str:
        given = {name: row[name] for name in values if row[name] is not None}
        spoken = row[language]
        return encode(
            Message(
                template=template,
                language=spoken,
                values=given,
                template_hash=template_hash(template, spoken),
            )
        )

    spoken_to = pl.when(pl.col(language).is_not_null()).then(pl.struct(language, *values))
    return spoken_to.map_elements(payload, return_dtype=pl.String, skip_nulls=True)
