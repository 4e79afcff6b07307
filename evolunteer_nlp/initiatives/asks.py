"""Labelled posts as people pass them on: which ask for something, who wrote them, when and where."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from evolunteer_nlp.dumps.platforms.post import iso_time, text_of
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.initiatives.lexicon import rows
from evolunteer_nlp.labels import Label, label_key
from evolunteer_nlp.tables.bounds import listed
from evolunteer_nlp.tables.read import Row, Table, open_table

_COLUMNS = {
    "label": ("label", "التصنيف"),
    "id": ("id", "id_str", "post_id"),
    "time": ("time", "posted_at", "created_at", "timestamp", "datetime", "date", "التاريخ", "الوقت"),
    "author": ("author", "username", "user", "from", "الكاتب"),
    "chat": ("chat", "channel", "page", "group"),
    "link": ("link", "url", "permalink", "الرابط"),
    "forwarded_from": ("forwarded_from",),
    "country": ("country", "البلد"),
    "also": ("also",),
    "probability": ("probability",),
    "certain": ("certain",),
}
"""Names of columns besides that of the posts, most likely first; compared without case."""


class Ask(NamedTuple):
    """A post that asks for something; None is what is not known.

    Attributes
    ----------
    text, label : str
    posted_at : datetime or None
        In the account's time, without an offset where its country is known.
    also : str or None
        A second label.
    probability : float or None
    certain : bool
    author, chat, forwarded_from, link : str or None
    country : str or None
        The account's, ISO 3166.
    id : str or None
    """

    text: str
    label: str
    posted_at: datetime | None = None
    also: str | None = None
    probability: float | None = None
    certain: bool = True
    author: str | None = None
    chat: str | None = None
    forwarded_from: str | None = None
    link: str | None = None
    country: str | None = None
    id: str | None = None


class Asks(NamedTuple):
    """What was read of labelled posts.

    Attributes
    ----------
    asks : list of Ask
    posts : int
        Rows read, asks and others.
    undated : int
        Asks whose time is missing or is none that is known.
    unreadable : int
        Rows that could not be read or have no text.
    """

    asks: list[Ask]
    posts: int
    undated: int
    unreadable: int


def read_asks(
    paths: Iterable[Path],
    *,
    country: str | None = None,
    column: str | None = None,
    background: str = Label.UNRELATED.value,
) -> Asks:
    """Read what ``evolunteer label`` wrote, or a table like it.

    Parameters
    ----------
    paths : iterable of Path
        Tables with a column of posts and a column ``label``. Of the others, those that platforms' exports give are
        known by their names: id, author, time, chat, forwarded_from, link; and country, also, probability, certain.
    country : str, optional
        ISO 3166, of accounts whose country the table does not say.
    column : str, optional
        The column of posts; found by its name if left out.
    background : str
        The label of posts that ask nothing, which are left out.

    Raises
    ------
    TableError
        If a file cannot be read, or has no labels; the message says what to do.
    """
    found = Asks([], 0, 0, 0)
    for path in paths:
        with open_table(path) as table:
            found = _read(table, found, country, column, background)
    return found


def _read(table: Table, found: Asks, country: str | None, column: str | None, background: str) -> Asks:
    text_column = table.text_column(column)
    names = {name: _column(table.columns, known) for name, known in _COLUMNS.items()}
    if names["label"] is None:
        raise TableError(
            f"{table.path} has no column label; label it first: evolunteer label {table.path} -o labelled.csv. "
            f"Its columns are: {listed(table.columns)}"
        )
    _, posts, undated, unreadable = found
    for row in table.rows:
        posts += 1
        text = row.values.get(text_column) if isinstance(row, Row) else None
        if not isinstance(row, Row) or not isinstance(text, str) or not text.strip():
            unreadable += 1
            continue
        values = {name: row.values.get(at) if at is not None else None for name, at in names.items()}
        label = label_key(str(values["label"] or background))
        if label != background:
            ask = _ask(text, label, values, country)
            found.asks.append(ask)
            undated += ask.posted_at is None
    return Asks(found.asks, posts, undated, unreadable)


def _column(columns: Sequence[str], known: Sequence[str]) -> str | None:
    return next((column for name in known for column in columns if column.strip().lower() == name), None)


def _ask(text: str, label: str, values: dict[str, Any], country: str | None) -> Ask:
    where = text_of(values["country"]) or country
    also = text_of(values["also"])
    return Ask(
        text,
        label,
        posted_at=local_time(values["time"], where),
        also=label_key(also) if also else None,
        probability=_number(values["probability"]),
        certain=str(values["certain"]).strip().lower() not in {"false", "0", "0.0"},
        author=text_of(values["author"]),
        chat=text_of(values["chat"]),
        forwarded_from=text_of(values["forwarded_from"]),
        link=text_of(values["link"]),
        country=where.upper() if where else None,
        id=text_of(values["id"]),
    )


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def local_time(value: Any, country: str | None) -> datetime | None:
    """A time as the clock of a country shows it, without an offset; «بكرة» is said by that clock.

    >>> local_time("2025-03-05T22:30:00+00:00", "SA"), local_time("2025-03-05 22:30", None)
    (datetime.datetime(2025, 3, 6, 1, 30), datetime.datetime(2025, 3, 5, 22, 30))
    """
    text = iso_time(value.isoformat() if hasattr(value, "isoformat") else value)
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    zone = _zones().get((country or "").upper())
    return (time.astimezone(ZoneInfo(zone)) if zone and time.tzinfo else time).replace(tzinfo=None)


@cache
def _zones() -> dict[str, str]:
    return {country: zone for country, zone, _ in rows("countries.tsv")}
