"""The lint of texts for customers: nothing is given for a review, and no review is steered.

It reads what a customer would: through full-width and zero-width signs, traditional characters,
letters set apart, tags and comments. It would rather refuse a harmless sentence, which can be
worded anew, than let one pass for which a platform closes a shop.
"""

import html
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from actions._lint_rules import ENDS, RULES, SIMPLIFIED, STRONG_SIGNS

_MARKUP: Final = r"\{#.*?#\}|<!--.*?-->|"
_VIEWS: Final = (_MARKUP + r"<[^>]*>|[{}%]+", _MARKUP + r"[<>{}%]+")
"""What is left out: tags with what is in them, or only their brackets, since some of it shows."""
_INVISIBLE: Final = ("Cf", "Mn", "Me")
_Signs = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """What a text says and may not, and where."""

    name: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.name}, line {self.line}: it {RULES[self.rule].told} ({self.rule})"


def lint(source: str, *, name: str) -> list[LintFinding]:
    """What must not reach a customer in a template, or in a rendered text, by line and rule."""
    found = {
        (lines[match.start()], rule)
        for text, lines in _readings(source)
        for rule, meaning in RULES.items()
        for pattern in meaning.patterns
        for match in re.finditer(pattern, text, re.DOTALL)
    }
    return [LintFinding(name, line, rule) for line, rule in sorted(found)]


def _readings(source: str) -> Iterator[tuple[str, list[int]]]:
    """The text as words, as signs without blanks and as letters alone; each sign with its line."""
    for markup in _VIEWS:
        plain = list(_plain(source, markup))
        for signs in (
            _words(plain),
            _filter_signs(plain, lambda sign: _is_letter(sign) or sign in ENDS),
            _filter_signs(plain, _is_letter),
        ):
            yield "".join(sign for sign, _ in signs), [line for _, line in signs]


def _plain(source: str, markup: str) -> Iterator[tuple[str, int]]:
    """Each visible sign in its plainest form, with its line."""
    at, line = 0, 1
    for start, end in [*(m.span() for m in re.finditer(markup, source, re.DOTALL)), (None, None)]:
        for piece in source[at:start].splitlines(keepends=True):
            text = unicodedata.normalize("NFKC", html.unescape(piece)).casefold()
            for sign in text:
                if unicodedata.category(sign) not in _INVISIBLE:
                    yield SIMPLIFIED.get(sign, sign), line
            line += piece.count("\n")
        line += source[start:end].count("\n") if start is not None else 0
        at = end or at


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or sign in STRONG_SIGNS


def _filter_signs(plain: Iterable[tuple[str, int]], is_kept: Callable[[str], bool]) -> _Signs:
    return [(sign, line) for sign, line in plain if is_kept(sign)]


def _words(plain: _Signs) -> _Signs:
    """Words set apart by one blank, sentences by their ends; letters set apart are one word."""
    words: list[_Signs] = []
    for is_word, group in itertools.groupby(plain, key=lambda one: _is_letter(one[0])):
        signs = list(group)
        if is_word:
            words.append(signs)
        else:
            words += [[one] for one in signs if one[0] in ENDS][:1]
    joined: list[_Signs] = []
    for is_single, run in itertools.groupby(words, key=lambda word: len(word) == 1):
        some = list(run)
        is_spelt = is_single and len(some) > 2 and all(word[0][0] not in ENDS for word in some)
        joined += [list(itertools.chain.from_iterable(some))] if is_spelt else some
    return [one for word in joined for one in (*word, (" ", word[-1][1]))]
