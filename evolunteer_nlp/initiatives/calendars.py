"""Days by the calendars that posts use: Gregorian, in all regions' month names, and Hijri (Umm al-Qura).

Hijri dates are converted by ``hijridate``.
"""

import functools
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from evolunteer_nlp.errors import MissingPackageError
from evolunteer_nlp.initiatives.lexicon import rows
from evolunteer_nlp.initiatives.post import Post, read


class Day(NamedTuple):
    """A day or range at a place of the folded post."""

    first: date
    last: date | None
    start: int
    end: int
    kind: str
    """``numeric``, ``named``, ``relative``, ``weekday`` (with a word such as «next»: ``next``), ``deadline``."""


class Context(NamedTuple):
    """What days are resolved against: the post, the day it was written, the account's country."""

    post: Post
    posted: date | None
    country: str | None


LINK = r"\s*(?:-|و?الي غايه|و?الي|و?حتي|لين|الين|لحد|لغايه|ل)\s*(?:يوم\s+)?"

OF_MONTH = re.compile(
    r"\s+(?P<d>\d{1,2})(?![\d:٪%]|[/.-]\d|\s*(?:ص|م|صباح\w*|مساء\w*|الصبح|العصر|الظهر|المغرب|ايام|ساعات|اشخاص)(?!\w))"
)

_LONG_PAST = 60
"""Days: a date without a year that is longer past means next year's."""


@functools.cache
def _months() -> Mapping[str, tuple[str, int]]:
    return {
        read(name).folded: (calendar, int(month))
        for calendar, month, names in rows("months.tsv")
        for name in names.split(", ")
    }


@functools.cache
def _month_names() -> str:
    """An alternation of all names of months, the longest first."""
    return "|".join(name.replace(" ", r"\s+") for name in sorted(_months(), key=len, reverse=True))


@functools.cache
def first_words() -> frozenset[str]:
    """The words with which names of months begin: a post without any names none."""
    return frozenset(name.split()[0] for name in _months())


@functools.cache
def pattern(template: str) -> re.Pattern[str]:
    """Compile a template in which MONTH stands for any month and LINK for what joins the ends of a range."""
    return re.compile(template.replace("MONTH", f"(?:{_month_names()})").replace("LINK", LINK))


def calendar(name: str) -> tuple[str, int]:
    """The calendar of a month's name, ``gregorian`` or ``hijri``, and its number."""
    return _months()[" ".join(name.split())]


def resolve(calendar: str, year: int | None, month: int, day: int, posted: date | None) -> date | None:
    """A date of either calendar; without a year the nearest one that is not long past, None if there is none."""
    if year is None:
        if not posted:
            return None
        this = posted.year if calendar == "gregorian" else _hijri_year(posted)
        found = [resolve(calendar, this + shift, month, day, None) for shift in (-1, 0, 1)]
        return next((each for each in found if each and (each - posted).days >= -_LONG_PAST), None)
    try:
        if calendar == "gregorian":
            return date(year + 2000 if year < 100 else year, month, day)
        return date(*_hijridate().Hijri(year, month, day).to_gregorian().datetuple())
    except (ValueError, OverflowError):
        return None


def _hijridate() -> Any:
    try:
        import hijridate
    except ImportError as error:
        raise MissingPackageError("Hijri dates need hijridate; pip install 'evolunteer-nlp[discover]'") from error
    return hijridate


def _hijri_year(day: date) -> int:
    try:
        return int(_hijridate().Gregorian(day.year, day.month, day.day).to_hijri().year)
    except (ValueError, OverflowError):
        return 0


def month_end(calendar: str, year: int | None, month: int, posted: date | None) -> date | None:
    """The last day of a month."""
    first = resolve(calendar, year, month, 1, posted)
    if not first:
        return None
    written = first.year if calendar == "gregorian" else _hijri_year(first)
    return next((end for n in (31, 30, 29, 28) if (end := resolve(calendar, written, month, n, None))), None)


def next_of_month(posted: date, day: int) -> date | None:
    """The next day of that number in this month or the next."""
    following = (posted.replace(day=1) + timedelta(31)).replace(day=1)
    for month in (posted, following):
        found = resolve("gregorian", month.year, month.month, day, None)
        if found and found >= posted:
            return found
    return None
