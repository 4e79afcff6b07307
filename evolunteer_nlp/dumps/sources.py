"""The inputs of one run: what they hold together, and their rows in numbered chunks."""

import glob
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evolunteer_nlp.dumps.exports import open_posts
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.formats import STANDARD_INPUT, format_of
from evolunteer_nlp.tables.read import Rejected, Row, Skipped, Table

if TYPE_CHECKING:
    import pyarrow as pa

Item = Row | Rejected | Skipped


class Chunk(NamedTuple):
    """Rows that are labelled together.

    Attributes
    ----------
    number : int
        From 0, over all inputs.
    file, column : str
        The input, and its column of posts.
    rows : list of Row, Rejected or Skipped; or pyarrow.Table
        A table where the input is Parquet.
    first : int
        The number of the first row of a table in its file.
    """

    number: int
    file: str
    column: str
    rows: "list[Item] | pa.Table"
    first: int = 1


class Reading(NamedTuple):
    """How inputs are read; see `evolunteer_nlp.dumps.stream.Options`."""

    column: str | None = None
    platform: str | None = None
    format: str | None = None
    encoding: str | None = None
    limit: int | None = None


def expand(paths: Sequence[Path]) -> list[Path]:
    """Replace patterns such as ``posts-*.csv`` by the files they match, in order of their names.

    Raises
    ------
    TableError
        If there is no path, or a pattern matches nothing.
    """
    files: list[Path] = []
    for path in paths:
        if path.exists() or not glob.has_magic(str(path)):
            files.append(path)
            continue
        found = sorted(map(Path, glob.glob(str(path), recursive=True)))  # noqa: PTH207  # patterns may be absolute
        if not found:
            raise TableError(f"no file is named like {path}; check the pattern, or run `ls` in its folder")
        files += found
    if not files:
        raise TableError("no input is named; give a file, or - for standard input")
    return files


class Sources:
    """Opened inputs; a context manager that closes them.

    Attributes
    ----------
    tables : list of Table
    columns : list of str
        Of all inputs, in order. Objects of JSON may have more.
    """

    def __init__(self, paths: Sequence[Path], reading: Reading, *, read_through: bool) -> None:
        """Open all inputs; ``read_through`` looks at every object of JSON files for their columns."""
        self.reading = reading
        self.tables: list[Table] = []
        self._columns_of: list[str] = []
        columns: dict[str, None] = {}
        with ExitStack() as stack:
            for path in paths:
                table = stack.enter_context(self._open(path))
                if read_through:
                    table = table._replace(columns=self._all_columns(table))
                self.tables.append(table)
                self._columns_of.append(table.text_column(reading.column))
                columns.update(dict.fromkeys(table.columns))
            self._stack = stack.pop_all()
        self.columns = list(columns)

    def __enter__(self) -> "Sources":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _open(self, path: Path) -> Table:
        reading = self.reading
        return open_posts(path, platform=reading.platform, format=reading.format, encoding=reading.encoding)

    def _all_columns(self, table: Table) -> list[str]:
        if not table.is_open_ended or str(table.path) == STANDARD_INPUT:
            return table.columns
        columns: dict[str, None] = {}
        with self._open(table.path) as again:
            for row in again.rows:
                if isinstance(row, Row):
                    columns.update(dict.fromkeys(row.values))
        return list(columns)

    def schema(self) -> "pa.Schema":
        """Types of the columns: those that Parquet inputs agree on, else text."""
        import pyarrow as pa

        def type_of(name: str) -> "pa.DataType":
            has = [table for table in self.tables if name in table.columns]
            types = {None if table.schema is None else table.schema.field(name).type for table in has}
            return pa.string() if None in types or len(types) > 1 else types.pop()

        return pa.schema([(name, type_of(name)) for name in self.columns])

    def chunks(self, size: int, as_they_come: bool = False) -> Iterator[Chunk]:
        """Yield chunks of up to ``size`` rows, each of one input.

        ``as_they_come`` hands over what has arrived, without waiting for a full chunk: for pipes.
        """
        left = self.reading.limit
        number = 0
        for table, column in zip(self.tables, self._columns_of, strict=True):
            for chunk in self._of(table, column, size, as_they_come):
                if left is not None:
                    chunk = chunk._replace(rows=chunk.rows[:left])
                    left -= len(chunk.rows)
                yield chunk._replace(number=number)
                number += 1
                if left == 0:
                    return

    def _of(self, table: Table, column: str, size: int, as_they_come: bool) -> Iterator[Chunk]:
        file = str(table.path)
        if table.batches is not None:
            first = 1
            for rows in table.batches(size):
                yield Chunk(0, file, column, rows, first)
                first += len(rows)
            return
        rows = iter(table.rows)
        parts = _arrived(rows, size) if as_they_come else iter(lambda: list(islice(rows, size)), [])
        for part in parts:
            yield Chunk(0, file, column, part)


def _arrived(rows: Iterator[Item], size: int) -> Iterator[list[Item]]:
    """Lists of the rows that have arrived so far, at most ``size``, at least one."""
    arrived: queue.Queue[Item | BaseException | None] = queue.Queue(size)

    def fetch() -> None:
        try:
            for row in rows:
                arrived.put(row)
            arrived.put(None)
        except BaseException as error:  # raised again where the rows are used
            arrived.put(error)

    threading.Thread(target=fetch, daemon=True).start()
    last: BaseException | None = None
    going = True
    while going:
        found = [arrived.get()]
        while len(found) < size and not arrived.empty():
            found.append(arrived.get())
        if found[-1] is None or isinstance(found[-1], BaseException):
            last, going = found.pop(), False  # type: ignore[assignment]  # an error, or None
        if found:
            yield found  # type: ignore[misc]  # only the last is no row
    if last:
        raise last


def estimated_rows(paths: Sequence[Path], format: str | None = None) -> int | None:
    """Tell about how many rows inputs have: those of Parquet, the lines of text; None where it takes more to know."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    total = 0
    for path in paths:
        try:
            kind = format_of(path, format)
            if kind == "parquet":
                total += pq.read_metadata(path).num_rows
            elif kind in ("csv", "tsv", "jsonl") and path.suffix in (".csv", ".tsv", ".jsonl", ".ndjson", ".txt"):
                with path.open("rb") as file:
                    total += sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
            else:
                return None
        except (TableError, OSError, pa.ArrowException):
            return None
    return total
