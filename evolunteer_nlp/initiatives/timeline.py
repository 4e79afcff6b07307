"""How many posts there were a day, a week or a month: as few bars as a small picture can show."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from evolunteer_nlp.initiatives.wording import MONTHS, POSTS, counted, day

_MOST_BARS = 32
_WEEKDAYS_TO_SATURDAY = 5


class Bar(NamedTuple):
    """A period: its first day, its name, how many posts, and its height in percent of the highest."""

    first: date
    name: str
    posts: int
    percent: int

    @property
    def says(self) -> str:
        """The bar in words."""
        return f"{self.name}: {counted(self.posts, POSTS) if self.posts else 'لا شيء'}"


class Timeline(NamedTuple):
    """Bars from the first period to the last, none left out; ``unit`` is one of them, in Arabic."""

    unit: str
    bars: tuple[Bar, ...]


class _Unit(NamedTuple):
    name: str
    first: Callable[[date], date]
    following: Callable[[date], date]
    words: Callable[[date], str]


_UNITS = (
    _Unit("اليوم", lambda of: of, lambda of: of + timedelta(1), day),
    _Unit(  # weeks begin on Saturday, as in most Arab countries
        "الأسبوع",
        lambda of: of - timedelta((of.weekday() - _WEEKDAYS_TO_SATURDAY) % 7),
        lambda of: of + timedelta(7),
        lambda of: f"أسبوع {day(of)}",
    ),
    _Unit(
        "الشهر",
        lambda of: of.replace(day=1),
        lambda of: (of.replace(day=1) + timedelta(32)).replace(day=1),
        lambda of: f"{MONTHS[of.month - 1]} {of.year}",
    ),
    _Unit(
        "السنة",
        lambda of: of.replace(month=1, day=1),
        lambda of: of.replace(year=of.year + 1, month=1, day=1),
        lambda of: str(of.year),
    ),
)


def timeline(days: Iterable[date]) -> Timeline | None:
    """Count days by the shortest unit that gives few bars; None without days. What is 32 years older is left out.

    >>> found = timeline([date(2026, 1, 3), date(2026, 1, 5), date(2026, 1, 5)])
    >>> found.unit, [(bar.first.day, bar.posts, bar.percent) for bar in found.bars]
    ('اليوم', [(3, 1, 50), (4, 0, 0), (5, 2, 100)])
    """
    counts = Counter(day for day in days if date.min.year < day.year < date.max.year)
    if not counts:
        return None
    last = max(counts)
    first = max(min(counts), date(max(2, last.year - _MOST_BARS + 1), 1, 1))
    for unit in _UNITS:
        starts = _starts(unit, first, last)
        if len(starts) <= _MOST_BARS:
            break
    by_start: Counter[date] = Counter()
    for of, count in counts.items():
        by_start[unit.first(of)] += count
    most = max(by_start.values())
    bars = (Bar(at, unit.words(at), by_start[at], round(100 * by_start[at] / most)) for at in starts)
    return Timeline(unit.name, tuple(bars))


def _starts(unit: _Unit, first: date, last: date) -> list[date]:
    starts = [unit.first(first)]
    while len(starts) <= _MOST_BARS and (following := unit.following(starts[-1])) <= last:
        starts.append(following)
    return starts
