"""Joining the parts of a table that `evolunteer_nlp.tables.write.open_writer` wrote one by one."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.write import Layout, open_binary, open_writer

if TYPE_CHECKING:
    import pyarrow as pa

MOST_EXCEL_ROWS = 1_048_575
"""Rows that an Excel sheet holds below its header."""
_ROWS_IN_GROUP = 1 << 17


def join_parts(parts: Sequence[Path], output: Path, layout: Layout, *, packed: bool = False) -> None:
    """Write one table from its parts, of which text formats have a header in the first alone, and Excel in each.

    Raises
    ------
    TableError
        If an Excel sheet cannot hold them.
    """
    if layout.format == "parquet":
        with open_writer(output, layout) as writer:
            for group in _groups(parts):
                writer.write(group)
    elif layout.format == "xlsx":
        with open_writer(output, layout) as writer:
            writer.write(_excel_rows(parts, layout.columns))
    else:
        with open_binary(output, packed) as file:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, file, 1 << 20)


def _groups(parts: Sequence[Path]) -> "Iterator[pa.Table]":
    """The rows of Parquet parts in groups large enough to be read fast later."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(pq.read_table(part))
        if sum(map(len, waiting)) >= _ROWS_IN_GROUP:
            yield pa.concat_tables(waiting)
            waiting = []
    yield pa.concat_tables(waiting) if waiting else pq.read_table(parts[0]).slice(0, 0)


def _excel_rows(parts: Sequence[Path], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    import openpyxl

    written = 0
    for part in parts:
        book = openpyxl.load_workbook(part, read_only=True)
        lines = book.worksheets[0].iter_rows(min_row=2, values_only=True)
        for cells in lines:
            written += 1
            if written > MOST_EXCEL_ROWS:
                raise TableError(f"an Excel sheet holds {MOST_EXCEL_ROWS:,} rows and there are more; write .csv")
            padded = (*cells, *[None] * len(columns))
            yield dict(zip(columns, padded, strict=False))
        book.close()
