"""One initiative, many posts: copies, forwards and small changes of one appeal.

Posts are copies where they are near-duplicates (`evolunteer_nlp.text.near_duplicates`; numbers do not count, so that
one appeal with two account numbers is found) and not more than `PAUSE` apart: the same words a year later are another
call.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.details import Details
from evolunteer_nlp.text.near_duplicates import clusters, near_duplicates

PAUSE = timedelta(days=60)
"""The longest pause between two copies of one call."""


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
    """Put the copies of each call together, oldest first; those of unknown time last."""
    root = clusters(len(asks), ((i, j) for i, j, _ in near_duplicates([ask.text for ask in asks])))
    copies: defaultdict[int, list[Ask]] = defaultdict(list)
    for at, ask in enumerate(asks):
        copies[root[at]].append(ask)
    return [run for group in copies.values() for run in _runs(group)]


def _runs(group: Sequence[Ask]) -> list[list[Ask]]:
    runs: list[list[Ask]] = [[]]
    last: datetime | None = None
    for ask in sorted(group, key=lambda ask: ask.posted_at or datetime.max):
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
