"""What all initiatives together ask for: counts by cause, city, month and more, helpers wanted, sums asked.

Nothing of a post gets into a report but what can be counted: no text, no name, no number of anybody. It is one tidy
table, a row a value, and everything else is read out of that.

>>> from evolunteer_nlp.initiatives.asks import Ask
>>> from evolunteer_nlp.initiatives.initiative import find_initiatives
>>> asks = [
...     Ask("نحتاج ٢٠ شاب لتنظيف الشاطئ بجدة يوم ٢٠ مارس", "volunteer_call", datetime(2026, 3, 2)),
...     Ask("كفالة يتيم ٣٠٠ ريال سعودي شهريا", "donation_drive", datetime(2026, 2, 4)),
... ]
>>> found = report(find_initiatives(asks, now=datetime(2026, 3, 5)))
>>> [(row.value, row.initiatives, row.open, row.volunteers_wanted) for row in found.table("cause")]
[('environment', 1, 1, 20), ('orphans', 1, 0, 0)]
>>> [(row.currency, row.sum) for row in found.table("sum")]
[('SAR', 300)]
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import NamedTuple

from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.quantities import plain
from evolunteer_nlp.labels import Label


class Row(NamedTuple):
    """What is known of the initiatives that share a value.

    Attributes
    ----------
    table : str
        One of `TABLES`, ``sum`` or ``all``.
    value : str
        As in `evolunteer_nlp.initiatives.details.Details`; a month is ``2026-03``, empty where it is unknown.
        An initiative with two causes or cities is in the rows of both.
    initiatives, open : int
        All, and those that are shown to be open.
    volunteers_wanted : int
        By those that are not closed and name a number.
    currency : str or None
        ISO 4217, in the table ``sum`` only; empty where it is unknown.
    sum : float or None
        In the table ``sum`` only: of the drives for donations that are not closed, the largest sum that each names in
        this currency. Sums of an unknown currency are counted, not added.
    median : float or None
        Of what was added: one post that names billions does not move it.
    """

    table: str
    value: str
    initiatives: int
    open: int
    volunteers_wanted: int
    currency: str | None = None
    sum: float | None = None
    median: float | None = None


class OpenCalls(NamedTuple):
    """Calls for volunteers that are shown to be open.

    Attributes
    ----------
    calls, cities : int
        How many, and in how many cities.
    numbered, volunteers_wanted : int
        Those that say how many helpers they want, and how many all of these want.
    """

    calls: int
    cities: int
    numbered: int
    volunteers_wanted: int


_HAS: dict[str, Callable[[Initiative], object]] = {
    "contact": lambda one: one.details.has_contact,
    "date": lambda one: one.details.dates,
    "place": lambda one: one.details.cities or one.details.districts,
    "volunteers_wanted": lambda one: one.details.volunteers_wanted,
    "organiser": lambda one: one.details.organiser and one.details.organiser.value.name,
}

TABLES: dict[str, Callable[[Initiative], Iterable[str]]] = {
    "label": lambda one: [label for label in (one.label, one.also) if label],
    "cause": lambda one: [found.value for found in one.details.causes] or [""],
    "city": lambda one: [found.value.name for found in one.details.cities] or [""],
    "month": lambda one: [one.first_seen.isoformat()[:7] if one.first_seen else ""],
    "status": lambda one: [one.details.status.value],
    "mode": lambda one: [one.details.mode.value if one.details.mode else ""],
    "organiser": lambda one: [one.details.organiser.value.type if one.details.organiser else ""],
    "blood_type": lambda one: [found.value for found in one.details.blood_types],
    "has": lambda one: [name for name, has in _HAS.items() if has(one)],
}
"""The tables of a report, and to which of its rows an initiative belongs; ``has`` is what posts tell at all."""


@dataclass(frozen=True, slots=True)
class Report:
    """Counts of initiatives.

    Attributes
    ----------
    posts : int
        Copies and all.
    open_calls : OpenCalls
    first_seen, last_seen : datetime or None
    rows : tuple of Row
        Table after table; months in order, in other tables the most frequent value first.
    """

    posts: int
    open_calls: OpenCalls
    first_seen: datetime | None
    last_seen: datetime | None
    rows: tuple[Row, ...]

    def table(self, name: str) -> tuple[Row, ...]:
        """The rows of a table."""
        return tuple(row for row in self.rows if row.table == name)

    def row(self, table: str, value: str) -> Row:
        """One row; zeros where there is none."""
        return next((row for row in self.table(table) if row.value == value), Row(table, value, 0, 0, 0))


def report(initiatives: Iterable[Initiative]) -> Report:
    """Count initiatives, as `evolunteer_nlp.initiatives.initiative.find_initiatives` gives them, in any order."""
    found = list(initiatives)
    rows = [_row("all", "", found)]
    for table, values_of in TABLES.items():
        groups: defaultdict[str, list[Initiative]] = defaultdict(list)
        for one in found:
            for value in dict.fromkeys(values_of(one)):
                groups[value].append(one)
        counted = sorted(_row(table, value, group) for value, group in groups.items())
        rows += counted if table == "month" else sorted(counted, key=lambda row: -row.initiatives)
    seen = [ask.posted_at for one in found for ask in one.posts if ask.posted_at]
    posts = sum(one.count for one in found)
    return Report(posts, _open_calls(found), min(seen, default=None), max(seen, default=None), (*rows, *_sums(found)))


def _open_calls(initiatives: Sequence[Initiative]) -> OpenCalls:
    calls = [
        one
        for one in initiatives
        if Label.VOLUNTEER_CALL in {one.label, one.also} and one.details.status.value == "open"
    ]
    cities = {found.value for one in calls for found in one.details.cities}
    wanted = [one.details.volunteers_wanted.value for one in calls if one.details.volunteers_wanted]
    return OpenCalls(len(calls), len(cities), len(wanted), sum(wanted))


def _row(table: str, value: str, group: Sequence[Initiative]) -> Row:
    wanted = (one.details.volunteers_wanted for one in group if not _is_closed(one))
    is_open = sum(one.details.status.value == "open" for one in group)
    return Row(table, value, len(group), is_open, sum(found.value for found in wanted if found))


def _is_closed(one: Initiative) -> bool:
    return one.details.status.value == "closed"


def _sums(initiatives: Sequence[Initiative]) -> list[Row]:
    """What is asked, by currency; most often named first."""
    asked: defaultdict[str, list[tuple[Initiative, float]]] = defaultdict(list)
    for one in initiatives:
        if Label.DONATION_DRIVE in {one.label, one.also} and not _is_closed(one):
            largest: dict[str, float] = {}
            for found in one.details.amounts:
                currency = found.value.currency or ""
                largest[currency] = max(found.value.value, largest.get(currency, 0))
            for currency, value in largest.items():
                asked[currency].append((one, value))
    rows = []
    for currency, drives in sorted(asked.items()):
        row = _row("sum", currency, [one for one, _ in drives])._replace(currency=currency)
        values = [value for _, value in drives]
        rows.append(row._replace(sum=plain(sum(values)), median=plain(median(values))) if currency else row)
    return sorted(rows, key=lambda row: -row.initiatives)
