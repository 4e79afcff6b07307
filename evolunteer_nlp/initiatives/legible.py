r"""Texts of strangers, made harmless to show: nothing that turns the writing around, piles up or goes on for ever.

Escaping for HTML is not done here, Jinja2 does it.

>>> legible("تبرع\N{RIGHT-TO-LEFT OVERRIDE}\x00 الآن \ud83d"), line("سطر\n\n  آخر طويل جدا", 9)
('تبرع الآن �', 'سطر آخر…')
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\N{SOFT HYPHEN}"
    "\N{ARABIC LETTER MARK}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}"
    "\N{LEFT-TO-RIGHT EMBEDDING}-\N{RIGHT-TO-LEFT OVERRIDE}\N{WORD JOINER}-\u206f"
    "\N{ZERO WIDTH NO-BREAK SPACE}\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]")
_HALVES = re.compile("[\ud800-\udfff]")
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4"
_PILES = re.compile(f"([{_MARKS}\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{{3}})(?:[{_MARKS}"
                    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f])+")  # fmt: skip
_GAPS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


class Piece(NamedTuple):
    """A part of a text; whether values rest on it."""

    text: str
    marked: bool


def legible(text: str) -> str:
    """A text without what controls its direction or cannot be printed, and at most three marks on a letter."""
    text = _DROPPED.sub("", _BREAKS.sub("\n", text))
    return _GAPS.sub("\n\n", _PILES.sub(r"\1", _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)))


def line(text: str, most: int = 80) -> str:
    """A text on one line, cut after a word where it is longer."""
    words = " ".join(legible(text[: 8 * most]).split())
    if len(words) <= most and len(text) <= 8 * most:
        return words
    return f"{words[:most].rsplit(' ', 1)[0]}…"


def pieces(text: str, spans: Iterable[tuple[int, int]], start: int, end: int) -> tuple[Piece, ...]:
    """Cut ``text[start:end]`` at spans, which may overlap.

    >>> pieces("نحتاج ١٥ شاب بالرياض", [(6, 12), (9, 12), (13, 20)], 0, 18)
    (Piece(text='نحتاج ', marked=False), Piece(text='١٥ شاب', marked=True), Piece(text=' ', marked=False), \
Piece(text='بالري', marked=True))
    """
    found: list[Piece] = []
    at = start
    for first, last in sorted(spans):
        first, last = max(first, at), min(last, end)
        while last < end and unicodedata.category(text[last]) == "Mn":  # marks stay with their letter
            last += 1
        if first >= last:
            continue
        found += [Piece(legible(text[at:first]), False), Piece(legible(text[first:last]), True)]
        at = last
    found.append(Piece(legible(text[at:end]), False))
    return tuple(piece for piece in found if piece.text)


def word_end(text: str, near: int) -> int:
    """A place to cut a text: after the last word that ends before ``near``, if there is one not far before it."""
    space = max(text.rfind(" ", near - 60, near), text.rfind("\n", near - 60, near))
    return near if space < 0 else space
