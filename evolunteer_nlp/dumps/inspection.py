"""What a file of posts is seen as, before anything is done with it."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from evolunteer_nlp.dumps.exports import open_posts
from evolunteer_nlp.dumps.platforms.post import COLUMNS, first
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.read import Rejected, Row, Skipped

ROWS = 10_000
"""Rows that are looked at."""
_SHOWN = 3


@dataclass(frozen=True)
class Inspection:
    """What was seen.

    Attributes
    ----------
    kind, format : str
        What people call it, and the plain format.
    encoding : str or None
    columns : list of str
    text_column : str or None
        The column of posts; None if none is known.
    rows : int
        Rows with values, among the first `ROWS` of the file.
    rejected, skipped : Counter of str
        How many rows there were of each reason, the first one first.
    whole : bool
        Whether the file has no more rows.
    posts : list of dict
        Id, author, time and text of the first posts, where they are known.
    """

    kind: str
    format: str
    encoding: str | None
    columns: list[str]
    text_column: str | None
    rows: int
    rejected: Counter[str]
    skipped: Counter[str]
    whole: bool
    posts: list[dict[str, str | None]]


def inspect(
    path: Path, *, platform: str | None = None, format: str | None = None, encoding: str | None = None
) -> Inspection:
    """Look at the first rows of a file, with the options of `evolunteer_nlp.dumps.exports.open_posts`.

    Raises
    ------
    TableError
        If the file cannot be read.
    """
    with open_posts(path, platform=platform, format=format, encoding=encoding) as table:
        try:
            column = table.text_column()
        except TableError:
            column = None
        seen = list(islice(table.rows, ROWS))
        whole = next(table.rows, None) is None
    rows = [row.values for row in seen if isinstance(row, Row)]
    return Inspection(
        table.kind,
        table.format,
        table.encoding,
        table.columns,
        column,
        len(rows),
        Counter(row.reason for row in seen if isinstance(row, Rejected)),
        Counter(row.reason for row in seen if isinstance(row, Skipped)),
        whole,
        [_post(values, column) for values in rows[:_SHOWN]],
    )


def _post(values: dict[str, Any], column: str | None) -> dict[str, str | None]:
    shown = {name: first(values, name) for name in COLUMNS[:3]}
    return {**shown, "text": first(values, column) if column else None}
