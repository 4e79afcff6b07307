"""Numbers in digits and words: «٢٠٠ ألف», «3,050», «ثلاث ملايين ونص», «مية وخمسين».

>>> from evolunteer_nlp.initiatives.post import read
>>> [number.value for number in numbers(read("٢٠٠ ألف أو ثلاث ملايين ونص، بعدها 3,050 وخمسة وعشرين"))]
[200000, 3500000, 3050, 25]
"""

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

from evolunteer_nlp.initiatives.lexicon import rows, stems
from evolunteer_nlp.initiatives.post import Post, read

_DIGITS = re.compile(
    r"(?<![\d.,/:])(?:\d{1,3}(?:[,.']\d{3})+|\d{1,3}(?: \d{3})+(?!\d| \d)|\d+)(?:[.,]\d{1,2})?(?!\d|[.,/:]\d)"
)
_LONGEST = 15
_HALVES = {"نص": 0.5, "نصف": 0.5, "ربع": 0.25}


class Number(NamedTuple):
    """A number, its span in the folded post, and its place among the words."""

    value: float
    start: int
    end: int
    first: int
    last: int
    scaled: bool
    """Whether thousands or millions are named by a word."""


@functools.cache
def _names() -> Mapping[str, float]:
    return {read(name).folded: float(value) for value, names in rows("quantities.tsv") for name in names.split(", ")}


@functools.lru_cache(maxsize=1 << 16)
def named(word: str) -> tuple[float, str] | None:
    """The number that a word names, and what is written together with it: «وخمسين» -> (50, "و")."""
    for stem, clitic in stems(word):
        if stem in _names():
            return _names()[stem], clitic
    return None


def plain(value: float) -> float:
    """An int where the number is whole: shown without «.0»."""
    return int(value) if value == int(value) else round(value, 3)


def numbers(post: Post) -> list[Number]:
    """All numbers of a post, in the order of the text."""
    digits = {
        match.start(): (_parse(match[0]), match.end())
        for match in _DIGITS.finditer(post.folded)
        if match.end() - match.start() <= _LONGEST
    }
    found: list[Number] = []
    done = -1
    for at, word in enumerate(post.words):
        if at <= done or not (word.start in digits or named(word.text)):
            continue
        if number := _number_at(post, at, digits):
            found.append(number)
            done = number.last
    return found


def _parse(digits: str) -> float:
    whole = re.fullmatch(r"(\d{1,3}(?:[,.' ]\d{3})+|\d+)(?:[.,](\d{1,2}))?", digits)
    assert whole, digits
    return float(re.sub(r"\D", "", whole[1]) + "." + (whole[2] or "0"))


def _number_at(post: Post, at: int, digits: Mapping[int, tuple[float, int]]) -> Number | None:
    """Read on from word ``at`` while words go on naming one number."""
    words = post.words
    total = current = scale = 0.0
    end, last = words[at].end, at - 1
    if words[at].start in digits:
        current, end = digits[words[at].start]
        last = max((n for n in range(at, min(at + 8, len(words))) if words[n].end <= end), default=at - 1)
        if last < at:  # «5pm»
            return None
    for n in range(last + 1, len(words)):
        word = words[n]
        if n > at and (word.start - end > 2 or post.folded[end : word.start].strip()):
            break
        half = _HALVES.get(word.text.removeprefix("و")) if n > at and scale else None
        if half:
            total, end, last = total + half * scale, word.end, n
            break
        name = named(word.text)
        if not name or (n > at and name[1] not in {"", "و"}):
            break
        summed = _add(total, current, name[0], n == at, bool(name[1]) and n > at)
        if not summed:
            break
        total, current = summed
        scale = 1_000_000 if name[0] >= 1_000_000 else 1000 if name[0] >= 1000 else scale
        end, last = word.end, n
    if last < at:
        return None
    if scale == 1_000_000 and 100 <= current < 1000 and current % 100 == 0:
        current *= 1000  # «٣ مليون ومية»
    return Number(plain(total + current), words[at].start, end, at, last, scale > 0)


def _add(total: float, current: float, value: float, first: bool, joined: bool) -> tuple[float, float] | None:
    """Total and current part with one more word, or None where it begins another number."""
    if value >= 1000:
        if first or (joined and not current):
            return total + value, 0.0
        return None if joined or not current else (total + current * value, 0.0)
    if first or (joined and not current):
        return total, value
    if not joined:
        if value == 100 and 2 < current < 10:
            return total, current * 100
        return (total, current + 10) if value == 10 and 2 <= current < 10 else None
    fits = current % 100 == 0 if value < 20 else current % 100 < 10
    return (total, current + value) if fits and value < 100 else None
