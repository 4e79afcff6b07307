"""Tables of posts, row by row: CSV, TSV, JSON, JSON Lines, Parquet and Excel."""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TextIO

from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.formats import as_text, format_of, open_bytes, undecodable

if TYPE_CHECKING:
    import pyarrow as pa


class Row(NamedTuple):
    """One row: where it is in the file (line or row, counted from 1) and its values by column."""

    number: int
    values: dict[str, Any]


class Rejected(NamedTuple):
    """A row that cannot be read, with the reason and what can be shown of it."""

    number: int
    reason: str
    content: Any


class Table(NamedTuple):
    """An opened table; a context manager that closes it.

    Attributes
    ----------
    path : Path
    format : str
    columns : list of str
        For JSON, those of the first object.
    rows : iterator of Row or Rejected
        In order; each file row once.
    schema : pyarrow.Schema or None
        The types of a Parquet file's columns.
    """

    path: Path
    format: str
    columns: list[str]
    rows: Iterator[Row | Rejected]
    close: Callable[[], object]
    schema: "pa.Schema | None" = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def text_column(self, wanted: str | None = None) -> str:
        """Name the column that holds the posts.

        Raises
        ------
        TableError
            If there is no such column; the message lists those there are.
        """
        if wanted is not None:
            if wanted in self.columns:
                return wanted
            raise TableError(f"{self.path} has no column {wanted!r}; its columns are: {', '.join(self.columns)}")
        for name in TEXT_COLUMNS:
            for column in self.columns:
                if column.strip().lower() == name:
                    return column
        raise TableError(
            f"no column of {self.path} is known to hold posts; name it with --column. Its columns are: "
            f"{', '.join(self.columns)}"
        )


TEXT_COLUMNS = (
    "text", "full_text", "tweet", "tweet_text", "post", "content", "message", "body", "caption", "comment",
    "description", "النص", "نص", "المنشور", "منشور", "التغريدة", "تغريدة", "المحتوى", "الرسالة", "التعليق",
)  # fmt: skip
"""Names of text columns, most likely first; compared without case."""


def open_table(path: Path, *, format: str | None = None, encoding: str | None = None) -> Table:
    """Open a table of posts.

    Parameters
    ----------
    path : Path
        ``-`` is standard input.
    format : str, optional
        One of `evolunteer_nlp.tables.formats.FORMATS`; by the suffix if left out.
    encoding : str, optional
        Of text formats; by byte order mark or UTF-8 if left out.

    Raises
    ------
    TableError
        If the file is missing, a directory, empty, of no known format, or not what its name says. An encoding that
        does not fit may show only while rows are read.
    """
    format = format_of(path, format)
    if format == "parquet":
        return _parquet(path)
    if format == "xlsx":
        return _excel(path)
    text = as_text(open_bytes(path), path, encoding)
    try:
        if format in ("csv", "tsv"):
            return _csv(path, format, text)
        return _json(path, text) if format == "json" else _jsonl(path, text)
    except UnicodeError as error:
        text.close()
        raise undecodable(path, error) from None
    except TableError:
        text.close()
        raise


def _csv(path: Path, format: str, file: TextIO) -> Table:
    first = file.readline()
    if not first.strip():
        raise TableError(f"{path} is empty")
    delimiter = "\t" if format == "tsv" else max(",;\t", key=first.count)

    def lines() -> Iterator[str]:
        yield first
        yield from file

    reader = csv.reader(lines(), delimiter=delimiter)
    columns = next(reader)

    def rows() -> Iterator[Row | Rejected]:
        while True:
            number = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Rejected(number, f"not a CSV row ({error}); is a quote never closed?", None)
                continue
            except UnicodeError as error:
                raise undecodable(path, error) from None
            if not fields:
                continue  # a blank line is not a row
            if len(fields) != len(columns):
                yield Rejected(number, f"{len(fields)} fields where the header has {len(columns)}", fields)
            else:
                yield Row(number, dict(zip(columns, fields, strict=True)))

    if len(set(columns)) < len(columns):
        raise TableError(f"two columns of {path} have the same name; rename one of: {', '.join(columns)}")
    return Table(path, format, columns, rows(), file.close)


def _jsonl(path: Path, file: TextIO) -> Table:
    def rows() -> Iterator[Row | Rejected]:
        try:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    values = json.loads(line)
                except ValueError as error:
                    yield Rejected(number, f"not JSON: {error}", line.rstrip("\n")[:1000])
                    continue
                yield _object(number, values)
        except UnicodeError as error:
            raise undecodable(path, error) from None

    return _peek(path, "jsonl", rows(), file)


def _json(path: Path, file: TextIO) -> Table:
    try:
        content = json.load(file)
    except UnicodeError:
        raise
    except ValueError as error:
        raise TableError(f"{path} is not JSON ({error}); a file with one object a line is .jsonl") from None
    if not isinstance(content, list):
        raise TableError(f"{path} holds no list of posts")
    return _peek(path, "json", (_object(number, values) for number, values in enumerate(content, 1)), file)


def _object(number: int, values: Any) -> Row | Rejected:
    if isinstance(values, dict):
        return Row(number, values)
    return Rejected(number, "not a JSON object", values)


def _peek(path: Path, format: str, rows: Iterator[Row | Rejected], file: TextIO) -> Table:
    """Look for the first good row, whose keys are the columns."""
    seen: list[Row | Rejected] = []
    for row in rows:
        seen.append(row)
        if isinstance(row, Row):
            break
    if not seen:
        raise TableError(f"{path} is empty")
    last = seen[-1]
    columns = list(last.values) if isinstance(last, Row) else []

    def again() -> Iterator[Row | Rejected]:
        yield from seen
        yield from rows

    return Table(path, format, columns, again(), file.close)


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_bytes(path):
        pass  # says what is wrong with the path
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{path} is not a Parquet file, or a damaged one ({error})") from None

    def rows() -> Iterator[Row | Rejected]:
        number = 0
        for batch in file.iter_batches():
            for values in batch.to_pylist():
                number += 1
                yield Row(number, values)

    return Table(path, "parquet", file.schema_arrow.names, rows(), file.close, file.schema_arrow)


def _excel(path: Path) -> Table:
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    with open_bytes(path):
        pass
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet = book.worksheets[0]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        raise TableError(f"{path} is not an Excel workbook ({error}); old .xls files must be saved as .xlsx") from None
    lines = sheet.iter_rows(values_only=True)
    columns = ["" if name is None else str(name) for name in next(lines, ())]
    while columns and not columns[-1]:
        columns.pop()
    if not columns or len(set(columns)) < len(columns):
        book.close()
        problem = "two columns have the same name; rename one of" if columns else "the first row has no column names"
        raise TableError(f"{path}: {problem} {', '.join(columns)}".rstrip())

    def rows() -> Iterator[Row | Rejected]:
        for number, cells in enumerate(lines, 2):
            if any(cell is not None for cell in cells):
                padded = (*cells, *[None] * len(columns))
                yield Row(number, dict(zip(columns, padded, strict=False)))

    return Table(path, "xlsx", columns, rows(), book.close)
