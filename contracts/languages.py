"""The languages of people who read what Shopkeeper writes."""

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in both languages."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """In one of them."""
        return self.zh if language == "zh" else self.en
