"""Sentences that are kept in English, in Chinese: known by what stands between their values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from contracts.languages import Bilingual


@dataclass(frozen=True)
class Phrases:
    """Templates of sentences by their English, `{}` for each value; in the Chinese the values are
    written in their order, or as numbered (`{1}`)."""

    templates: Mapping[str, str]

    def translate(self, text: str) -> Bilingual:
        """A sentence in both languages; one that no template knows stays as it is."""
        return Bilingual(text, self._in_chinese(text))

    def _in_chinese(self, text: str) -> str:
        for pattern, told in self._patterns:
            if found := pattern.fullmatch(text):
                return _filled(told, [self._in_chinese(value) for value in found.groups()])
        return text

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """Those that say most first: a shorter one may take their words for a value."""
        ordered = sorted(self.templates.items(), key=lambda one: -len(one[0].replace("{}", "")))
        return [
            (re.compile(re.escape(english).replace(r"\{\}", "(.*?)"), re.DOTALL), chinese)
            for english, chinese in ordered
        ]


def _filled(told: str, values: list[str]) -> str:
    """The Chinese with its values, those without a number in the order of those left."""
    numbered = {int(one) for one in re.findall(r"\{(\d)\}", told)}
    rest = iter(place for place in range(len(values)) if place not in numbered)
    return re.sub(r"\{(\d?)\}", lambda one: values[int(one[1] or next(rest))], told)
