"""A post as the readers of details see it: letters folded, digits Western, and where each character comes from.

Classifying replaces numbers and punctuation by what they are; details are read out of them, so here they stay::

    1 letters       `cleaning.fold_char`: camel-tools' folding, no tashkeel, no tatweel, no invisible marks, lower case
    2 digits        Arabic-Indic and Persian to Western
    3 signs         dashes, quotes, separators and wide spaces to their plain forms; presentation forms by NFKC
    4 elongation    three or more of one Arabic letter become one: «عاااجل» -> «عاجل»

>>> post = read("اتّصل ٠٥٠\N{EN DASH}٠٠ عااااجل")
>>> post.folded
'اتصل 050-00 عاجل'
>>> post.found("urgent", 12, 16)
Found(value='urgent', start=13, end=20, text='عااااجل')
"""

import re
import unicodedata
from bisect import bisect_left
from itertools import compress
from typing import Any, Generic, NamedTuple, TypeVar

from evolunteer_nlp.text.cleaning import fold_char

T = TypeVar("T")
U = TypeVar("U")

# «3ayzeen», «gom3a»: digits are letters in Arabizi
WORD = re.compile(r"[a-z]+\d[a-z][a-z0-9]*|\d[a-z]{2,}[a-z0-9]*|\d+|[^\W\d_]+")
_ELONGATION = re.compile(r"([ء-ي])\1{2,}")
_SIGNS = {
    **dict.fromkeys("\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}\N{NON-BREAKING HYPHEN}\N{HYPHEN}\N{HORIZONTAL BAR}", "-"),
    **dict.fromkeys("\N{ARABIC DECIMAL SEPARATOR}", "."),
    **dict.fromkeys("\N{ARABIC THOUSANDS SEPARATOR}", ","),
    **dict.fromkeys("“”„", '"'),
    "\N{SUPERSCRIPT PLUS SIGN}": "+",
    "\N{SUPERSCRIPT MINUS}": "-",
    "\N{HEAVY PLUS SIGN}": "+",
    "\N{HEAVY MINUS SIGN}": "-",
}


class Found(NamedTuple, Generic[T]):
    """A value that was read out of a post, and what it rests on.

    Attributes
    ----------
    value : T
    start, end : int
        The span in the post as it was typed.
    text : str
        ``post[start:end]``.
    """

    value: T
    start: int
    end: int
    text: str

    def shows(self, value: U) -> "Found[U]":
        """The same span as evidence of another value."""
        return Found(value, self.start, self.end, self.text)


class Word(NamedTuple):
    """A run of letters or of digits; its span in the folded post."""

    text: str
    start: int
    end: int


class Post(NamedTuple):
    """A post in two writings, see the module's docstring."""

    text: str
    folded: str
    origin: tuple[tuple[int, int], ...]
    """For each character of ``folded``, the span of ``text`` that it stands for."""
    words: tuple[Word, ...]

    def found(self, value: T, start: int, end: int) -> Found[T]:
        """A value that rests on ``folded[start:end]``, which must not be empty."""
        first, last = self.origin[start][0], self.origin[end - 1][1]
        return Found(value, first, last, self.text[first:last])

    def place(self, found: Found[Any]) -> tuple[int, int]:
        """Where a found value stands in ``folded``."""
        return bisect_left(self.origin, (found.start, 0)), bisect_left(self.origin, (found.end, 0))

    def typed(self, start: int, end: int) -> str:
        """``folded[start:end]`` with its capital letters."""
        return "".join(
            typed if (typed := self.text[self.origin[at][0]]).lower() == self.folded[at] else self.folded[at]
            for at in range(start, end)
        )

    def between(self, start: int, end: int) -> tuple[Word, ...]:
        """The words that lie wholly inside ``folded[start:end]``."""
        return tuple(word for word in self.words if start <= word.start and word.end <= end)


def _fold(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    kind = unicodedata.category(char)
    if kind == "Zs":
        return " "
    if kind == "Cn":
        return " "
    plain = unicodedata.normalize("NFKC", char) if kind[0] in "LNS" and ord(char) > 0x2000 else char
    if plain != char:
        return "".join(_fold(part) for part in plain if part not in " \N{ARABIC TATWEEL}")
    return char if (kind[0] in "PS" and kind != "Sk") or char in "\n\t" else fold_char(char)


class _FoldTable(dict[str, str]):
    """`_fold` as a table, filled as characters are met."""

    def __missing__(self, char: str) -> str:
        folded = self[char] = _fold(char)
        return folded


_TABLE = _FoldTable()
_PLACES = [(at, at + 1) for at in range(4096)]  # made once: most posts are shorter


def read(text: str) -> Post:
    """Fold a post; never raises for a `str`."""
    pieces = [_TABLE[char] for char in text]
    folded = "".join(pieces)
    origin = _PLACES[: len(text)] if len(text) <= len(_PLACES) else [(at, at + 1) for at in range(len(text))]
    dropped = pieces.count("")
    if len(folded) + dropped > len(text):
        origin = [place for place, piece in zip(origin, pieces, strict=True) for _ in piece]
    elif dropped:
        origin = list(compress(origin, pieces))
    for match in reversed(list(_ELONGATION.finditer(folded))):
        start, end = match.span()
        folded = folded[: start + 1] + folded[end:]
        origin[start:end] = [(origin[start][0], origin[end - 1][1])]
    words = tuple([Word(match[0], *match.span()) for match in WORD.finditer(folded)])
    return Post(text, folded, tuple(origin), words)
