"""What a text table may ask of memory and patience: a stranger's file can unpack to a thousand times its size."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from evolunteer_nlp.errors import TableError

LONGEST_LINE = 2**26
"""Characters of a line of a text table; posts have a few hundred."""
_MOST_SHOWN = 2000


def bounded_lines(path: Path, file: TextIO) -> Iterator[str]:
    """Read the lines of a text; ``path`` is for the message.

    Raises
    ------
    TableError
        At a line that is longer than `LONGEST_LINE`.
    """
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise TableError(f"{path} has a line of more than {LONGEST_LINE:,} characters; is it a table of posts?")
        yield line


def listed(columns: Sequence[str]) -> str:
    """Columns by name, for a message; of very many or very long names the first ones."""
    names = ", ".join(columns[:100])
    return names if len(columns) <= 100 and len(names) <= _MOST_SHOWN else f"{names[:_MOST_SHOWN]}..."
