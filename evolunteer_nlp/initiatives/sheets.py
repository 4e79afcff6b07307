"""Small tables written whole, by suffix: CSV and Excel for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.write import LONGEST_CELL, Layout, open_writer, refuse_to_replace, written_whole


def check_output(path: Path, suffixes: Sequence[str], *, force: bool = False) -> None:
    """Refuse an output of another suffix, or one that is there already, before any work is done.

    Raises
    ------
    TableError
        That says what to choose.
    """
    if path.suffix.lower() not in suffixes:
        raise TableError(f"{path}: this is not written as {path.suffix or 'a file without a suffix'}; choose one of "
                         f"{', '.join(suffixes)}")  # fmt: skip
    if not force:
        refuse_to_replace(path)


def write_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], path: Path, format: str | None = None
) -> None:
    """Write rows to CSV or Excel; both are for people, so no cell is a formula and texts are cut where Excel would.

    The suffix of ``path`` says which of them, unless ``format`` does.
    """
    cells = ({name: _cell(row[name]) for name in columns} for row in rows)
    format = format or path.suffix.lower().removeprefix(".")
    with open_writer(path, Layout(format, columns, mark=True, inert=True, right_to_left=True)) as writer:
        writer.write(cells)


def as_json(values: Any) -> str:
    """Plain values as JSON; halves of emoji are replaced."""
    return json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8", "replace").decode()


def write_text(text: str, path: Path) -> None:
    """Write a text whole or not at all."""
    with written_whole(path) as draft:
        draft.write_bytes(text.encode("utf-8", "replace"))


def _cell(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode()[: LONGEST_CELL["xlsx"]] if isinstance(value, str) else value
