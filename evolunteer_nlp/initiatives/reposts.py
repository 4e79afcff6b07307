"""One initiative, many posts: copies, forwards and small changes of one appeal.

Posts are copies where they are near-duplicates (`evolunteer_nlp.text.near_duplicates`; numbers do not count, so that
one appeal with two account numbers is found), or where nearly all of one is in the other, as with what was cut off with
«…» or sent on with a long greeting; and not more than `PAUSE` apart: the same words a year later are another call. Two
calls in one frame of words («كسوة العيد لأطفال مخيم …») are taken for one; the numbers in which they differ are shown.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.details import Details
from evolunteer_nlp.text.near_duplicates import clusters, near_duplicates, shingles

PAUSE = timedelta(days=60)
"""The longest pause between two copies of one call."""
_PART = 0.85
"""Share of a text that a longer one must hold; no two different ones of 9,192 written asks reach it."""
_LONGER = 3.3
"""How many times as long the longer one may be."""
_SHORT = 30
"""5-grams below which a text is no part of another: a few words are in many texts."""


class Conflict(NamedTuple):
    """Copies of one post that name different numbers.

    Attributes
    ----------
    field : str
        ``phones``, ``ibans``, ``accounts``, ``codes``, ``amounts`` or ``dates``.
    values : tuple of str
        As they stand in the posts, each once, the first seen first.
    """

    field: str
    values: tuple[str, ...]


def gather(asks: Sequence[Ask]) -> list[list[Ask]]:
    """Put the copies of each call together, oldest first; those of unknown time last. Their order does not matter."""
    texts = sorted({ask.text for ask in asks})
    root = dict(zip(texts, clusters(len(texts), _copies(texts)), strict=True))
    copies: defaultdict[int, list[Ask]] = defaultdict(list)
    for ask in sorted(asks, key=_age):
        copies[root[ask.text]].append(ask)
    return [run for group in copies.values() for run in _runs(group)]


def _copies(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of copies among distinct texts."""
    for i, j, _ in near_duplicates(texts):
        yield i, j
    yield from _parts([shingles(text) for text in texts])


def _parts(sets: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Pairs of which the first is a part of the second: what holds most of a text holds one of its rarest 5-grams."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for at, members in enumerate(sets):
        for shingle in members:
            holders[shingle].append(at)
    for i, mine in enumerate(sets):
        if len(mine) < _SHORT:
            continue
        rarest = sorted(mine, key=lambda shingle: (len(holders[shingle]), shingle))
        met = {j for shingle in rarest[: int((1 - _PART) * len(mine)) + 1] for j in holders[shingle]}
        for j in met - {i}:
            if len(mine) <= len(sets[j]) <= _LONGER * len(mine) and len(mine & sets[j]) >= _PART * len(mine):
                yield i, j


def _age(ask: Ask) -> tuple[datetime, str]:
    """What asks are sorted by; their words decide where their times do not."""
    return ask.posted_at or datetime.max, repr(ask)


def _runs(group: Sequence[Ask]) -> list[list[Ask]]:
    runs: list[list[Ask]] = [[]]
    last: datetime | None = None
    for ask in group:
        if last and ask.posted_at and ask.posted_at - last > PAUSE:
            runs.append([])
        runs[-1].append(ask)
        last = ask.posted_at or last
    return runs


_COMPARED: dict[str, Callable[[Details], dict[object, str]]] = {
    "phones": lambda details: {found.value: found.text for found in details.phones},
    "ibans": lambda details: {found.value.iban: found.text for found in details.ibans},
    "accounts": lambda details: {found.value: found.text for found in details.accounts},
    "codes": lambda details: {found.value: found.text for found in details.codes},
    "amounts": lambda details: {found.value: found.text for found in details.amounts},
    "dates": lambda details: {found.value.start[:10]: found.text for found in details.dates},
}


def conflicts(versions: Sequence[Details]) -> tuple[Conflict, ...]:
    """Find the fields in which two copies name only different values. A copy that names fewer contradicts nobody."""
    found = []
    for field, values_of in _COMPARED.items():
        named = [values for version in versions if (values := values_of(version))]
        if any(not one.keys() & other.keys() for at, one in enumerate(named) for other in named[:at]):
            shown: dict[object, str] = {}
            for values in named:
                shown = {**values, **shown}
            ordered = dict.fromkeys(shown[value] for values in named for value in values)
            found.append(Conflict(field, tuple(ordered)))
    return tuple(found)
