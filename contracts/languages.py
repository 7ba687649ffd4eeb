"""The languages of people who read what Shopkeeper writes."""

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
Locale = Literal["zh-CN", "en"]
"""A language as settings name it."""


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in both languages."""

    en: str
    zh: str

    @classmethod
    def same(cls, text: str) -> "Bilingual":
        """What is the same in both, such as a path."""
        return cls(text, text)

    def in_(self, language: Language) -> str:
        """In one of them."""
        return self.zh if language == "zh" else self.en


def language_of(locale: Locale) -> Language:
    """The language that a setting names."""
    return "zh" if locale == "zh-CN" else "en"
