"""Dates of initiatives as a calendar (iCalendar, RFC 5545), for the calendars of phones; by ``icalendar``.

Times are written without a zone: they are those of the clock at the place. Deadlines are days.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from evolunteer_nlp.errors import MissingPackageError
from evolunteer_nlp.initiatives.dates import When
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.joining import original, ways
from evolunteer_nlp.initiatives.legible import line
from evolunteer_nlp.initiatives.summary import headline
from evolunteer_nlp.initiatives.wording import ltr, place

if TYPE_CHECKING:
    from icalendar import Event

_TEXT = 200
"""Characters of a post in an event of a whole calendar."""


def to_ics(initiatives: Iterable[Initiative], now: datetime, *, texts: bool = True) -> bytes:
    """Write the dates of initiatives as one calendar; the same initiatives give the same bytes.

    Parameters
    ----------
    initiatives : iterable of Initiative
        As they may be shown: numbers that are to be masked are masked (`evolunteer_nlp.initiatives.privacy.mask`).
    now : datetime
        When it is made.
    texts : bool
        Put the beginning of each post into its events.

    Raises
    ------
    MissingPackageError
        If icalendar is not installed.
    """
    try:
        from icalendar import Calendar
    except ImportError as error:
        raise MissingPackageError("calendars need icalendar; pip install 'evolunteer-nlp[discover]'") from error
    calendar = Calendar()
    calendar.add("prodid", "-//evolunteer_nlp//digest//AR")
    calendar.add("version", "2.0")
    for initiative in initiatives:
        for event in _events(initiative, now, texts):
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(initiative: Initiative, now: datetime, texts: bool) -> Iterator["Event"]:
    from icalendar import Event

    details = initiative.details
    reach = [f"{way.name}: {ltr(way.shows if way.kind == 'call' else way.href)}" for way in ways(initiative)]
    link = original(initiative)
    for at, found in enumerate(details.dates):
        event = Event()
        event.add("uid", f"{initiative.id}-{at}@evolunteer")
        event.add("dtstamp", now.replace(tzinfo=UTC))
        event.add("summary", _summary(initiative, found.value))
        start, end = _span(found.value)
        event.add("dtstart", start)
        event.add("dtend", end)
        if where := place(details.cities, details.districts):
            event.add("location", line(where))
        text = [line(initiative.text, _TEXT)] if texts else []
        if text or reach:
            event.add("description", "\n".join([*text, *reach]))
        if link:
            event.add("url", link)
        yield event


def _summary(initiative: Initiative, when: When) -> str:
    return f"آخر موعد: {headline(initiative)}" if when.role == "deadline" else headline(initiative)


def _span(when: When) -> tuple[date, date]:
    """First moment and the one after the last; a time without an end lasts an hour."""
    first, last = datetime.fromisoformat(when.start), datetime.fromisoformat(when.end or when.start)
    if "T" not in when.start or when.role == "deadline":
        return first.date(), max(first, last).date() + timedelta(days=1)
    if "T" not in (when.end or when.start):
        last = last.replace(hour=first.hour, minute=first.minute) + timedelta(hours=1)
    return first, last if last > first else first + timedelta(hours=1)
