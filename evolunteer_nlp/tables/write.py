"""Writing tables: whole or not at all."""

import csv
import datetime
import gzip
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol, TextIO

from evolunteer_nlp.errors import TableError

if TYPE_CHECKING:
    import pyarrow as pa


class Writer(Protocol):
    """Takes rows, in order."""

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows; every row has every column, except in JSON Lines. Parquet takes a pyarrow.Table too."""


def refuse_to_replace(path: Path) -> None:
    """Refuse a path at which something stands already.

    Raises
    ------
    TableError
        That says how to go on.
    """
    if path.exists():
        raise TableError(f"{path} is there already and may hold labels; name another --output, or use --force")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path to write to that takes the name ``path`` when the block ends well, and vanishes otherwise."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TableError(f"{path} cannot be written: {error.strerror} ({error.filename})") from None
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class Layout(NamedTuple):
    """What a table looks like.

    Attributes
    ----------
    format : str
    columns : sequence of str
    schema : pyarrow.Schema, optional
        Types of the columns, for Parquet; all text if left out. In columns of text, other values become text.
    mark : bool
        CSV and TSV begin with a byte order mark, by which Excel knows UTF-8.
    inert : bool
        No cell of CSV and TSV is taken for a formula: an apostrophe goes before those that begin like one (CWE-1236).
        In Excel files, texts are never formulas.
    right_to_left : bool
        Excel shows the first column at the right, and the names of columns stay in sight.
    """

    format: str
    columns: Sequence[str] = ()
    schema: "pa.Schema | None" = None
    mark: bool = False
    inert: bool = False
    right_to_left: bool = False


@contextmanager
def open_writer(path: Path, layout: Layout, *, header: bool = True) -> Iterator[Writer]:
    """Open a table for writing; ``-`` is standard output, for text formats. ``header`` is for CSV and TSV."""
    format = layout.format
    if str(path) == "-":
        if format not in _TEXT:
            raise TableError(f"{format} cannot be written to a terminal; name a file with -o")
        yield _TEXT[format](sys.stdout, layout, header)
        return
    with written_whole(path) as draft:
        if format in _TEXT:
            with _open_text(draft, packed=path.suffix == ".gz") as file:
                yield _TEXT[format](file, layout, header)
        elif format == "parquet":
            with _Parquet(draft, layout) as parquet:
                yield parquet
        elif format == "xlsx":
            excel = _Excel(layout)
            try:
                yield excel
            finally:
                excel.sheet.close()
            excel.book.save(draft)
        else:
            raise TableError(f"cannot write {format}; choose .csv, .tsv, .jsonl, .parquet or .xlsx")


def as_cell(value: Any) -> Any:
    """A value as one cell of a table: nothing for null, true and false in lower case, JSON for what is nested."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


def inert(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe before what begins like one."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_LIKE_FORMULAS) else cell


@contextmanager
def open_binary(path: Path, packed: bool) -> Iterator[BinaryIO]:
    """Open a file for writing, packed by gzip or not; the same content gives the same bytes."""
    with path.open("wb") as file:
        if not packed:
            yield file
            return
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as stream:  # no name and time in the archive
            yield stream  # type: ignore[misc]  # it writes like a file


@contextmanager
def _open_text(path: Path, packed: bool) -> Iterator[TextIO]:
    with open_binary(path, packed) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        yield text


class _Csv:
    delimiter = ","

    def __init__(self, file: TextIO, layout: Layout, header: bool) -> None:
        self.file, self.layout = file, layout
        dialect: dict[str, Any] = {"delimiter": self.delimiter, "lineterminator": "\n"}
        self.sparing = csv.writer(file, **dialect)
        self.quoting = csv.writer(file, **dialect, quoting=csv.QUOTE_ALL)
        if header:
            if layout.mark:
                file.write("\N{BYTE ORDER MARK}")
            self._write([self._cell(name) for name in layout.columns])

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self._write([self._cell(row[column]) for column in self.layout.columns])
        self.file.flush()

    def _write(self, cells: Sequence[Any]) -> None:
        # Python quotes no carriage return, which every reader takes for the end of a row
        bare = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (self.quoting if bare else self.sparing).writerow(cells)

    def _cell(self, value: Any) -> Any:
        return inert(as_cell(value)) if self.layout.inert else as_cell(value)


class _Tsv(_Csv):
    delimiter = "\t"


class _Jsonl:
    def __init__(self, file: TextIO, layout: Layout, header: bool) -> None:
        self.file = file

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        self.file.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
        self.file.flush()


class _Parquet:
    def __init__(self, path: Path, layout: Layout) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.schema = layout.schema or pa.schema([(column, pa.string()) for column in layout.columns])
        self.texts = [field.name for field in self.schema if field.type == pa.string()]
        self.file = pq.ParquetWriter(path, self.schema)

    def __enter__(self) -> "_Parquet":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def write(self, rows: "Iterable[dict[str, Any]] | pa.Table") -> None:
        import pyarrow as pa

        if isinstance(rows, pa.Table):
            self.file.write_table(rows)
            return
        texts = [{**row, **{name: _as_text(row[name]) for name in self.texts}} for row in rows]
        self.file.write_table(pa.Table.from_pylist(texts, schema=self.schema))


def _as_text(value: Any) -> str | None:
    return None if value is None else str(as_cell(value))


class _Excel:
    def __init__(self, layout: Layout) -> None:
        import openpyxl

        self.columns = layout.columns
        self.book = openpyxl.Workbook(write_only=True)
        self.sheet = self.book.create_sheet("posts")
        if layout.right_to_left:
            self.sheet.sheet_view.rightToLeft = True
            self.sheet.freeze_panes = "A2"
        self.sheet.append([self._cell(name) for name in self.columns])

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self.sheet.append([self._cell(as_cell(row[column])) for column in self.columns])

    def _cell(self, value: Any) -> Any:
        from openpyxl.cell import WriteOnlyCell

        if isinstance(value, int) and abs(value) >= _EXACT_IN_EXCEL:
            value = str(value)
        if not isinstance(value, str):
            known = value is None or (isinstance(value, _EXCEL_TYPES) and getattr(value, "tzinfo", None) is None)
            return value if known else str(value)
        cell = WriteOnlyCell(self.sheet, excel_text(value))
        cell.data_type = "s"  # a post that begins with "=" is a text, not a formula
        return cell


def excel_text(text: str) -> str:
    """A text as an Excel cell holds it: characters that XML forbids become spaces.

    Raises
    ------
    TableError
        If it is longer than a cell may be.
    """
    if len(text) > LONGEST_CELL["xlsx"]:
        raise TableError(f"a cell has {len(text):,} characters, Excel holds {LONGEST_CELL['xlsx']:,}; write .csv")
    return _NOT_IN_XML.sub(" ", text)


_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LIKE_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_EXACT_IN_EXCEL = 10**15
LONGEST_CELL = {"xlsx": 32_767}
"""Characters that a cell of a format holds, where there is a limit."""
_EXCEL_TYPES = (int, float, datetime.date, datetime.time)

_TEXT: dict[str, Callable[[TextIO, Layout, bool], Writer]] = {"csv": _Csv, "tsv": _Tsv, "jsonl": _Jsonl}
