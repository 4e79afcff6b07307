"""What the posts of all platforms have in common: the same columns, ids that stay whole, times in ISO 8601."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

COLUMNS = ("id", "author", "time", "text", "chat", "reply_to", "forwarded_from", "link")
"""Of every platform: all text or None.

``time`` has an offset only where the zone is known; ``chat`` is the chat, page, group or subreddit; ``reply_to`` the id
of another post; ``forwarded_from`` whoever wrote a post that was passed on.
"""

Item = Mapping[str, Any]
Values = dict[str, str | None]


class Skip(NamedTuple):
    """Why an item is no post by anybody."""

    reason: str


class Shape(NamedTuple):
    """How one kind of record becomes posts.

    Attributes
    ----------
    platform : str
        What ``--platform`` calls it.
    kind : str
        What people call it.
    is_sure : callable
        Whether a record has the keys that only this platform gives.
    post : callable
        One item to its values, or why it is skipped; may raise what looking into foreign data raises.
    items : callable, optional
        The items of a record that holds several, such as a page of an API.
    """

    platform: str
    kind: str
    is_sure: Callable[[Item], bool]
    post: Callable[[Item], Values | Skip]
    items: Callable[[Item], Iterable[Any]] | None = None


def post(text: Any, **others: Any) -> Values | Skip:
    """Values in the order of `COLUMNS`, or a reason to skip what has no text."""
    text = text_of(text)
    if text is None:
        return Skip("no text")
    found = {name: text_of(value) for name, value in others.items()}
    return {name: text if name == "text" else found.get(name) for name in COLUMNS}


def text_of(value: Any) -> str | None:
    """A value as text; None for what is empty or no single value. Whole numbers are never written as floats.

    >>> text_of(1234567890123456789), text_of(12.0), text_of(" "), text_of([1])
    ('1234567890123456789', '12', None, None)
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) if str(value).strip() else None


def first(item: Item, *paths: str) -> str | None:
    """The first of some values that is text; ``a.b`` is ``b`` in ``a``, and a column ``a/b`` or ``a.b``.

    >>> first({"user": {"name": "a"}}, "author", "user.name"), first({"user/name": "b"}, "user.name")
    ('a', 'b')
    """
    return next((found for path in paths if (found := text_of(_at(item, path))) is not None), None)


def _at(item: Item, path: str) -> Any:
    for key in (path, path.replace(".", "/")):
        if key in item:
            return item[key]
    value: Any = item
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


_MONTHS = {
    name: n
    for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}
_X_TIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d:\d\d:\d\d) ([+-]\d{4}) (\d{4})")
_NAMED_ZONE = re.compile(r"(.*\d) ([A-Z]{3,4})")
_ZONES = {"UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_MILLISECONDS = 1e11  # a time in seconds passes this in the year 5138


def iso_time(value: Any) -> str | None:
    """A time in ISO 8601, to the second; None if it is none that is known.

    Numbers are seconds or milliseconds since 1970 in UTC. Without a zone, or with a name of one that is not known, the
    time has no offset.

    >>> iso_time(1700000000), iso_time("1700000000000")
    ('2023-11-14T22:13:20+00:00', '2023-11-14T22:13:20+00:00')
    >>> iso_time("Wed Oct 10 20:19:24 +0000 2018"), iso_time("2021-05-03 14:23:10 EDT")
    ('2018-10-10T20:19:24+00:00', '2021-05-03T14:23:10-04:00')
    >>> iso_time("2024-03-11T18:05:00.000Z"), iso_time("2024-03-11 18:05"), iso_time("yesterday")
    ('2024-03-11T18:05:00+00:00', '2024-03-11T18:05:00', None)
    """
    text = text_of(value) if not isinstance(value, float) else str(value)
    try:
        found = _time(text.strip()) if text else None
    except (ValueError, OverflowError, OSError, KeyError):
        return None
    return found.isoformat(timespec="seconds") if found else None


def _time(text: str) -> datetime:
    if re.fullmatch(r"-?\d+(\.\d+)?", text) and len(text) != 8:  # eight digits may be a date
        seconds = float(text)
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) > _MILLISECONDS else seconds, UTC)
    if by_x := _X_TIME.fullmatch(text):
        month, day, clock, zone, year = by_x.groups()
        return datetime.fromisoformat(f"{year}-{_MONTHS[month]:02}-{day}T{clock}{zone}")
    if named := _NAMED_ZONE.fullmatch(text):
        time, zone = datetime.fromisoformat(named[1]), named[2]
        return time.replace(tzinfo=timezone(timedelta(hours=_ZONES[zone]))) if zone in _ZONES else time
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo is not None and not time.utcoffset() else time


def end_of(link: str | None) -> str | None:
    """The id at the end of a link.

    >>> end_of("https://www.facebook.com/100/posts/200/"), end_of("https://x.example/permalink.php?story_fbid=7&id=1")
    ('200', '7')
    """
    if link is None:
        return None
    by_query = re.search(r"[?&](?:story_fbid|fbid|v)=([^&#]+)", link)
    return by_query[1] if by_query else re.split(r"[?#]", link)[0].rstrip("/").rpartition("/")[2] or None
