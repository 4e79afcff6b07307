"""Writing tables: whole or not at all."""

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from evolunteer_nlp.errors import TableError

if TYPE_CHECKING:
    import pyarrow as pa


class Writer(Protocol):
    """Takes rows, in order."""

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows; every row has every column, except in JSON Lines."""


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a path to write to that takes the name ``path`` when the block ends well, and vanishes otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def open_writer(path: Path, format: str, columns: Sequence[str], schema: "pa.Schema | None" = None) -> Iterator[Writer]:
    """Open a table for writing; ``-`` is standard output, for text formats.

    Parameters
    ----------
    path : Path
    format : str
    columns : sequence of str
    schema : pyarrow.Schema, optional
        Types of the columns, for Parquet; all strings, as JSON where they are not, if left out.
    """
    if str(path) == "-":
        if format not in _TEXT:
            raise TableError(f"{format} cannot be written to a terminal; name a file with -o")
        yield _TEXT[format](sys.stdout, columns)
        sys.stdout.flush()
        return
    with written_whole(path) as draft:
        if format in _TEXT:
            with draft.open("w", encoding="utf-8", newline="") as file:
                yield _TEXT[format](file, columns)
        elif format == "parquet":
            with _Parquet(draft, columns, schema) as parquet:
                yield parquet
        elif format == "xlsx":
            excel = _Excel(columns)
            yield excel
            excel.save(draft)
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


class _Csv:
    delimiter = ","

    def __init__(self, file: TextIO, columns: Sequence[str]) -> None:
        self.columns = columns
        self.writer = csv.writer(file, delimiter=self.delimiter, lineterminator="\n")
        self.writer.writerow(columns)

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        self.writer.writerows([as_cell(row[column]) for column in self.columns] for row in rows)


class _Tsv(_Csv):
    delimiter = "\t"


class _Jsonl:
    def __init__(self, file: TextIO, columns: Sequence[str]) -> None:
        self.file = file

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        self.file.writelines(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)


class _Parquet:
    def __init__(self, path: Path, columns: Sequence[str], schema: "pa.Schema | None") -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.as_strings = schema is None
        self.schema = schema or pa.schema([(column, pa.string()) for column in columns])
        self.file = pq.ParquetWriter(path, self.schema)

    def __enter__(self) -> "_Parquet":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        import pyarrow as pa

        if self.as_strings:
            rows = [
                {name: None if value is None else str(as_cell(value)) for name, value in row.items()} for row in rows
            ]
        self.file.write_table(pa.Table.from_pylist(list(rows), schema=self.schema))


class _Excel:
    def __init__(self, columns: Sequence[str]) -> None:
        import openpyxl

        self.columns = columns
        self.book = openpyxl.Workbook(write_only=True)
        self.sheet = self.book.create_sheet("posts")
        self.sheet.append(list(columns))

    def write(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self.sheet.append([self._cell(as_cell(row[column])) for column in self.columns])

    def _cell(self, value: Any) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        if not isinstance(value, str):
            return value
        cell = WriteOnlyCell(self.sheet, ILLEGAL_CHARACTERS_RE.sub(" ", value))
        cell.data_type = "s"  # a post that begins with "=" is a text, not a formula
        return cell

    def save(self, path: Path) -> None:
        self.book.save(path)


_TEXT: dict[str, Callable[[TextIO, Sequence[str]], Writer]] = {"csv": _Csv, "tsv": _Tsv, "jsonl": _Jsonl}
