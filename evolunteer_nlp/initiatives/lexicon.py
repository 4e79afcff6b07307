"""Words that show something: one table, looked up word by word.

``data/cues.tsv`` holds a field, a value and its cues on each line. Cues are folded as posts are; ``word*`` stands for
all words that begin so, ``{a|b}c`` for «ac» and «bc», and words of a phrase may take an article. Articles,
prepositions and conjunctions that are written together with the first word are taken off it. Looking words up in a
table takes a post a few microseconds for all fields together; an alternation of all these cues would try each at every
word.

>>> from evolunteer_nlp.initiatives.post import read
>>> post = read("نحتاج للمسنين وكبار السن من النازحين")
>>> [(cue.value, post.folded[cue.start:cue.end]) for cue in cues(post)["cause"]]
[('elderly', 'للمسنين'), ('elderly', 'كبار السن'), ('relief', 'النازحين')]
"""

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import chain, product
from typing import NamedTuple

from evolunteer_nlp.initiatives.post import Post, read

# Longest first; «لل» stands for «ل» and an article.
_CLITICS = (
    "وبال", "فبال", "وعال", "وهال", "وال", "فال", "بال", "كال", "عال", "هال", "ولل", "فلل", "لل", "مال", "دال",
    "ال", "وب", "ول", "فب", "و", "ف", "ب", "ل",
)  # fmt: skip


class Cue(NamedTuple):
    """A cue that was met: what it shows, and its span in the folded post and in its words."""

    field: str
    value: str
    start: int
    end: int
    first: int
    last: int


class _Entry(NamedTuple):
    field: str
    value: str
    rest: tuple[str, ...]


@functools.cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a table of this package; lines that begin with # are comments."""
    lines = (files("evolunteer_nlp.initiatives") / "data" / name).read_text("utf-8").splitlines()
    return tuple(tuple(line.split("\t")) for line in lines if line and not line.startswith("#"))


@functools.lru_cache(maxsize=1 << 16)  # a dump's words repeat; cut off, lest hostile ones fill the memory
def stems(word: str) -> tuple[tuple[str, str], ...]:
    """A word, and what is left of it without what may be written together with it, each with what was taken off."""
    found = [(word, "")]
    for clitic in _CLITICS:
        rest = word[len(clitic) :]
        if word.startswith(clitic) and len(rest) >= 2:
            found.append((rest, clitic))
            if clitic.endswith("لل"):
                found.append(("ال" + rest, clitic))
    return tuple(found)


def _spelled_out(cue: str) -> Iterator[str]:
    """A cue with each choice of its alternatives: «{ام|اخت}ي» is «امي» and «اختي»."""
    parts = [part.split("|") for part in re.split(r"[{}]", cue)]
    return map("".join, product(*parts))


@functools.cache
def _index() -> tuple[Mapping[str, list[_Entry]], Mapping[str, list[_Entry]]]:
    """Entries by their first word: whole ones, and beginnings."""
    whole: defaultdict[str, list[_Entry]] = defaultdict(list)
    beginnings: defaultdict[str, list[_Entry]] = defaultdict(list)
    for field, value, listed in rows("cues.tsv"):
        for cue in chain.from_iterable(map(_spelled_out, listed.split(","))):
            first, *rest = (read(word).folded for word in cue.split())
            table = beginnings if first.endswith("*") else whole
            table[first.rstrip("*")].append(_Entry(field, value, tuple(rest)))
    return whole, beginnings


class _Begun(NamedTuple):
    """What a word begins: cues of it alone, and phrases by their second word, «*» for the beginning of one.

    Each comes with the letters of the word that only join it to what went before (و).
    """

    alone: tuple[tuple[_Entry, int], ...]
    phrases: Mapping[str, Sequence[tuple[_Entry, int]]]


@functools.lru_cache(maxsize=1 << 16)
def _begun(word: str) -> _Begun:
    whole, beginnings = _index()
    found: dict[_Entry, int] = {}
    for stem, clitic in stems(word):
        joined = int(clitic.startswith("و"))
        for entry in whole.get(stem, ()):
            if len(stem) > 2 or entry.rest or not clitic:
                found.setdefault(entry, joined)
        for end in range(3, len(stem) + 1):
            for entry in beginnings.get(stem[:end], ()):
                found.setdefault(entry, joined)
    phrases: defaultdict[str, list[tuple[_Entry, int]]] = defaultdict(list)
    for entry, joined in found.items():
        if entry.rest:
            phrases["*" if entry.rest[0].endswith("*") else entry.rest[0]].append((entry, joined))
    return _Begun(tuple(item for item in found.items() if not item[0].rest), dict(phrases))


def _is(word: str, wanted: str) -> bool:
    word = word.removeprefix("ال") if not wanted.startswith("ال") else word
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


def _met(post: Post) -> Iterator[Cue]:
    words = post.words
    for at, word in enumerate(words):
        alone, phrases = _begun(word.text)
        for entry, joined in alone:
            yield Cue(entry.field, entry.value, word.start + joined, word.end, at, at)
        if not phrases or at + 1 == len(words):
            continue
        second = words[at + 1].text
        for key in dict.fromkeys((second, second.removeprefix("ال"), "*")):
            for entry, joined in phrases.get(key, ()):
                last = at + len(entry.rest)
                if last < len(words) and all(_is(words[at + 1 + n].text, each) for n, each in enumerate(entry.rest)):
                    yield Cue(entry.field, entry.value, word.start + joined, words[last].end, at, last)


def cues(post: Post) -> Mapping[str, list[Cue]]:
    """All cues of a post by field, in the order of the text."""
    found: defaultdict[str, list[Cue]] = defaultdict(list)
    for cue in _met(post):
        found[cue.field].append(cue)
    return found
