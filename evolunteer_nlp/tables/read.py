"""Tables of posts, row by row: CSV, TSV, JSON, JSON Lines, Parquet and Excel."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TextIO

from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.bounds import bounded_lines, listed
from evolunteer_nlp.tables.formats import as_text, format_of, open_bytes, readable, shown, undecodable
from evolunteer_nlp.tables.json_stream import JsonStream

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


class Skipped(NamedTuple):
    """A row that is no post by anybody, such as a service message or a picture without words, with the reason."""

    number: int
    reason: str


class Table(NamedTuple):
    """An opened table; a context manager that closes it.

    Attributes
    ----------
    path : Path
    format : str
    columns : list of str
        For JSON, those of the first objects.
    rows : iterator of Row, Rejected or Skipped
        In order; each file row once.
    schema : pyarrow.Schema or None
        The types of a Parquet file's columns.
    batches : callable or None
        The rows of a Parquet file as tables of up to so many rows, without making objects of them.
    kind : str
        What the file was recognised as, for people: "CSV", or a platform's name.
    encoding : str or None
        That of the text; None for Parquet and Excel.
    """

    path: Path
    format: str
    columns: list[str]
    rows: Iterator[Row | Rejected | Skipped]
    close: Callable[[], object]
    schema: "pa.Schema | None" = None
    batches: "Callable[[int], Iterator[pa.Table]] | None" = None
    kind: str = ""
    encoding: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def is_open_ended(self) -> bool:
        """Whether later rows may have other columns: objects of plain JSON may."""
        return self.kind in (KINDS["json"], KINDS["jsonl"])

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
            raise TableError(f"{self.path} has no column {wanted!r}; its columns are: {listed(self.columns)}")
        for name in TEXT_COLUMNS:
            for column in self.columns:
                if column.strip().lower() == name:
                    return column
        raise TableError(
            f"no column of {self.path} is known to hold posts; name it with --column. Its columns are: "
            f"{listed(self.columns)}"
        )


TEXT_COLUMNS = (
    "text", "full_text", "tweet", "tweet_text", "post", "content", "message", "body", "caption", "comment",
    "description", "النص", "نص", "المنشور", "منشور", "التغريدة", "تغريدة", "المحتوى", "الرسالة", "التعليق",
)  # fmt: skip
"""Names of text columns, most likely first; compared without case."""


KINDS = {
    "csv": "CSV",
    "tsv": "TSV",
    "jsonl": "JSON Lines",
    "json": "JSON",
    "parquet": "Parquet",
    "xlsx": "Excel",
}
"""What people call the formats."""
BAD_BYTES = "bytes that are not UTF-8; mend them, or name the file's --encoding"
_PEEKED = 1000
"""Objects of a JSON file whose keys are looked at, at most."""
_ROWS_AT_ONCE = 8192


def open_table(path: Path, *, format: str | None = None, encoding: str | None = None) -> Table:
    """Open a table of posts.

    Parameters
    ----------
    path : Path
        ``-`` is standard input.
    format : str, optional
        One of `evolunteer_nlp.tables.formats.FORMATS`; by the suffix if left out.
    encoding : str, optional
        Of text formats; by what the first bytes look like if left out.

    Raises
    ------
    TableError
        If the file is missing, a directory, empty, of no known format, or not what its name says. An encoding that
        does not fit may show only while rows are read.
    """
    format = format_of(path, format)
    if format == "parquet":
        return _parquet(path)._replace(kind=KINDS[format])
    if format == "xlsx":
        from evolunteer_nlp.tables.excel import workbook

        return workbook(path)._replace(kind=KINDS[format])
    return text_table(path, format, as_text(open_bytes(path), path, encoding))


def text_table(path: Path, format: str, file: TextIO) -> Table:
    """Read a table from an opened text, as `open_table` does; ``path`` is for messages."""
    try:
        with readable(path):
            if format in ("csv", "tsv"):
                table = _csv(path, format, file)
            else:
                table = _json(path, file) if format == "json" else _jsonl(path, file)
    except TableError:
        file.close()
        raise
    return table._replace(kind=KINDS[format], encoding=encoding_name(file))


def encoding_name(file: TextIO) -> str:
    """The encoding of an opened text, as people know it."""
    return file.encoding.removesuffix("-sig")


def read_texts(path: Path) -> list[str]:
    """All posts of a table, without the rows that have none.

    Raises
    ------
    TableError
        If the table cannot be read or has no column of posts.
    """
    with open_table(path) as table:
        column = table.text_column()
        posts = (row.values.get(column) for row in table.rows if isinstance(row, Row))
        return [post for post in posts if isinstance(post, str)]


def _csv(path: Path, format: str, file: TextIO) -> Table:
    text = bounded_lines(path, file)
    first = next(text, "")
    if not first.strip():
        raise TableError(f"{path} is empty")
    delimiter = "\t" if format == "tsv" else max(",;\t", key=first.count)
    record: list[str] = []  # the lines of the row being read

    def lines() -> Iterator[str]:
        record.append(first)
        yield first
        for line in text:
            record.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter)
    columns = next(reader)
    if undecodable(first):
        raise TableError(f"the first row of {path} holds {BAD_BYTES}")
    refuse_twins(path, columns)

    def rows() -> Iterator[Row | Rejected]:
        while True:
            number = reader.line_num + 1
            record.clear()
            try:
                with readable(path):
                    fields = next(reader)
            except StopIteration:
                file.close()
                return
            except csv.Error as error:
                yield Rejected(number, f"not a CSV row ({error}); is a quote never closed?", None)
                continue
            if not fields:
                continue  # a blank line is not a row
            if any(map(undecodable, record)):
                yield Rejected(number, BAD_BYTES, shown("".join(record)))
            elif "\n" in fields[-1] and sum(line.count('"') for line in record) % 2:
                yield Rejected(number, "a quote is never closed, and takes in the rest of the file", "".join(record))
            elif len(fields) != len(columns):
                yield Rejected(number, f"{len(fields)} fields where the header has {len(columns)}", fields)
            else:
                yield Row(number, dict(zip(columns, fields, strict=True)))

    return Table(path, format, columns, rows(), file.close)


def refuse_twins(path: Path, columns: list[str]) -> None:
    """Complain about two columns of one name."""
    if len(set(columns)) < len(columns):
        raise TableError(f"two columns of {path} have the same name; rename one of: {listed(columns)}")


def _jsonl(path: Path, file: TextIO) -> Table:
    def rows() -> Iterator[Row | Rejected]:
        with readable(path):
            for number, line in enumerate(bounded_lines(path, file), 1):
                if line.strip():
                    yield _line(number, line)
        file.close()

    return _peek(path, "jsonl", rows(), file)


def _line(number: int, line: str) -> Row | Rejected:
    try:
        return json_row(number, json.loads(line), line)
    except (ValueError, RecursionError) as error:
        return Rejected(number, f"not JSON: {error}", shown(line.rstrip("\n")))


def _json(path: Path, file: TextIO) -> Table:
    stream = JsonStream(file)
    with sound_json(path):
        if stream.peek() == "{":
            raise TableError(f"{path} holds one object, no list of posts; a file with one object a line is .jsonl")
        if stream.peek() != "[":
            stream.value()
            raise TableError(f"{path} holds no list of posts")

    def rows() -> Iterator[Row | Rejected]:
        with sound_json(path):
            for number, values in enumerate(stream.items(), 1):
                yield json_row(number, values, stream.raw)
            stream.end()
        file.close()

    return _peek(path, "json", rows(), file)


@contextmanager
def sound_json(path: Path) -> Iterator[None]:
    """Turn what may go wrong while a `JsonStream` is read into a `TableError`."""
    with readable(path):
        try:
            yield
        except UnicodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise TableError(f"{path} is not JSON ({error}); a file with one object a line is .jsonl") from None


def json_row(number: int, values: Any, raw: str) -> Row | Rejected:
    """A row of what was read from JSON, or rejected if it is no object or holds what no file can hold."""
    if undecodable(raw):
        return Rejected(number, BAD_BYTES, shown(raw.strip()))
    try:
        if "\\u" in raw:
            json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Rejected(number, "half of an emoji (a lone surrogate), which no file can hold", raw.strip()[:1000])
    return Row(number, values) if isinstance(values, dict) else Rejected(number, "not a JSON object", values)


def _peek(path: Path, format: str, rows: Iterator[Row | Rejected], file: TextIO) -> Table:
    """Look at the first rows: their keys are the columns, until one is a known column of posts."""
    seen: list[Row | Rejected] = []
    columns: dict[str, None] = {}
    for row in islice(rows, _PEEKED):
        seen.append(row)
        if isinstance(row, Row):
            columns.update(dict.fromkeys(row.values))
        if any(name.strip().lower() in TEXT_COLUMNS for name in columns):
            break
    if not seen:
        raise TableError(f"{path} is empty")
    return Table(path, format, list(columns), chain(seen, rows), file.close)


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_bytes(path):
        pass  # says what is wrong with the path
    damaged = (pa.ArrowException, OSError)
    try:
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)  # else it keeps all that it has read
    except damaged as error:
        raise TableError(f"{path} is not a Parquet file, or a damaged one ({error})") from None
    columns = file.schema_arrow.names
    if len(set(columns)) < len(columns):
        file.close()
        refuse_twins(path, columns)

    def batches(size: int) -> Iterator[pa.Table]:
        number = 0
        try:
            for batch in file.iter_batches(size):
                yield pa.Table.from_batches([batch])
                number += len(batch)
        except damaged as error:
            raise TableError(f"{path} is damaged after row {number} ({error}); copy it again") from None

    def rows() -> Iterator[Row]:
        values = chain.from_iterable(batch.to_pylist() for batch in batches(_ROWS_AT_ONCE))
        return (Row(number, row) for number, row in enumerate(values, 1))

    return Table(path, "parquet", columns, rows(), file.close, file.schema_arrow, batches)
