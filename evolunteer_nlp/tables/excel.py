"""Excel workbooks as people keep them: several sheets, a title above the header, ids that Excel took for numbers."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.formats import open_bytes
from evolunteer_nlp.tables.read import TEXT_COLUMNS, Rejected, Row, Skipped, Table, refuse_twins


def workbook(path: Path) -> Table:
    """Open an Excel workbook: the rows of all sheets that have a column of posts, or else of the first sheet.

    Raises
    ------
    TableError
        If it is no workbook, or has no names of columns, or two columns of one name.
    """
    import openpyxl

    with open_bytes(path):
        pass  # says what is wrong with the path
    file = path.open("rb")  # openpyxl leaves files that it trips over open
    try:
        with _sound_workbook(path):
            _refuse_bomb(path, file)
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # it may claim more cells than it has
            sheets = [_sheet(sheet) for sheet in book.worksheets]
        chosen = [sheet for sheet in sheets if sheet.has_posts] or sheets[:1]
        columns = list(dict.fromkeys(name for sheet in chosen for name in sheet.columns))
        if not columns:
            raise TableError(f"the first row of {path} has no column names")
        for sheet in chosen:
            refuse_twins(path, sheet.columns)
    except TableError:
        file.close()
        raise
    named = _free_name("sheet", columns) if len(chosen) > 1 else None
    if named:
        columns.append(named)

    def rows() -> Iterator[Row | Rejected | Skipped]:
        with _sound_workbook(path):
            for sheet in sheets:
                if sheet in chosen:
                    yield from _sheet_rows(sheet, columns, named)
                else:
                    reason = f"sheet {sheet.sheet.title!r} has no column that is known to hold posts"
                    yield from (Skipped(number, reason) for number, _ in _filled_rows(sheet.sheet))

    return Table(path, "xlsx", columns, rows(), file.close)


class _Sheet(NamedTuple):
    sheet: Any
    header: int  # its row, counted from 1
    columns: list[str]
    has_posts: bool


_HEADER_WITHIN = 20
"""Rows in which the names of an Excel sheet's columns are looked for: there may be a title and empty rows above."""
_INEXACT = 1e15
"""From here on Excel itself has lost digits of a number, such as the last ones of a long id."""


def _sheet(sheet: Any) -> _Sheet:
    """Find the row with the columns' names: one that names posts, or else the first with several cells, or with any."""
    first = [(number, _names(cells)) for number, cells in islice(_filled_rows(sheet), _HEADER_WITHIN)]
    for number, names in first:
        if any(name.strip().lower() in TEXT_COLUMNS for name in names):
            return _Sheet(sheet, number, names, True)
    several = [found for found in first if sum(map(bool, found[1])) > 1]
    number, names = (several or first or [(1, [])])[0]
    return _Sheet(sheet, number, names, False)


def _names(cells: Sequence[Any]) -> list[str]:
    names = ["" if cell is None else str(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _filled_rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for number, cells in enumerate(sheet.iter_rows(max_row=_MOST_EXCEL_ROWS, values_only=True), 1):
        if any(cell is not None for cell in cells):
            yield number, cells


def _sheet_rows(sheet: _Sheet, columns: Sequence[str], named: str | None) -> Iterator[Row | Rejected | Skipped]:
    width = len(sheet.columns)
    for number, cells in _filled_rows(sheet.sheet):
        if number < sheet.header:
            yield Skipped(number, "above the names of the columns")
        elif any(cell is not None for cell in cells[width:]):
            yield Rejected(number, f"more cells than the {width} columns of the first row", list(cells))
        elif number > sheet.header:
            values = dict.fromkeys(columns) | dict(zip(sheet.columns, map(_cell, cells), strict=False))
            yield Row(number, values | ({named: sheet.sheet.title} if named else {}))


def _cell(value: Any) -> Any:
    if isinstance(value, float) and _INEXACT <= abs(value) < float("inf"):
        return str(int(Decimal(f"{value:.14e}")))  # 15 digits, as Excel shows them
    return value


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


@contextmanager
def _sound_workbook(path: Path) -> Iterator[None]:
    """Turn whatever openpyxl trips over in a damaged or foreign file into a `TableError`."""
    try:
        yield
    except TableError:
        raise
    except Exception as error:
        raise TableError(f"{path} is not an Excel workbook ({error}); old .xls files must be saved as .xlsx") from None


_MOST_EXCEL_ROWS = 1 << 20
_HARMLESS_BYTES = 1 << 26
_MOST_BYTES = 1 << 31
_MOST_RATIO = 100
"""Sheets of posts unpack to three to twenty times their size; a bomb, to a thousand."""


def _refuse_bomb(path: Path, file: BinaryIO) -> None:
    """Refuse a workbook that unpacks to far more than it seems; zipfile reads no more than the sizes it states."""
    parts = zipfile.ZipFile(file).infolist()
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > _MOST_BYTES or unpacked > max(_HARMLESS_BYTES, _MOST_RATIO * packed):
        raise TableError(
            f"{path} would unpack from {packed:,} to {unpacked:,} bytes, as no sheet of posts does; it was not opened. "
            "If you trust it, save it as .csv"
        )
