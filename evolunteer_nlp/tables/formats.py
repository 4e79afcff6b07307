"""Which format a file has, and how to open its bytes as text."""

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO

from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.encoding import encoding_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
PACKED = (".gz", ".zst")
"""Suffixes after that of the format; whether a file is packed is known by its first bytes."""
STANDARD_INPUT = "-"
LOOKED_AT = 1 << 20
"""Bytes at the beginning of a file by which its encoding, and what it is, are known."""
_LONGEST_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 31}  # dumps of Reddit are packed so


def format_of(path: Path, given: str | None = None) -> str:
    """Name the format of a file by its suffix (before that of `PACKED`, if there is one), unless it is given.

    Raises
    ------
    TableError
        If the suffix is none of `FORMATS`.
    """
    if path.is_dir():
        raise TableError(f"{path} is a directory; name a file in it")
    if given is not None:
        if given not in FORMATS.values():
            raise TableError(f"unknown format {given!r}; known are {', '.join(sorted(set(FORMATS.values())))}")
        return given
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] in PACKED else "".join(suffixes[-1:])
    if suffix not in FORMATS:
        raise TableError(
            f"the name of {path} does not tell its format; give --format, or rename it to one of {', '.join(FORMATS)}"
        )
    return FORMATS[suffix]


def open_bytes(path: Path) -> io.BufferedReader:
    """Open a file, or standard input for ``-``, unpacking gzip and zstd.

    Returns
    -------
    io.BufferedReader
        Its ``peek()`` shows the first `LOOKED_AT` bytes, or all there are; of standard input, those that have arrived.

    Raises
    ------
    TableError
        If there is no such file, or it is a directory or cannot be read.
    """
    if str(path) == STANDARD_INPUT:
        piped = sys.stdin.buffer
        return _unpacked(piped if isinstance(piped, io.BufferedReader) else ahead(piped))
    try:
        return _unpacked(ahead(path.open("rb")))
    except FileNotFoundError:
        raise TableError(f"there is no file {path}; check the name, or run `ls` in its folder") from None
    except IsADirectoryError:
        raise TableError(f"{path} is a directory; name a file in it") from None
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}") from None


def _unpacked(file: io.BufferedReader) -> io.BufferedReader:
    mark = file.peek(4)
    if mark.startswith(b"\x1f\x8b"):
        return ahead(gzip.GzipFile(fileobj=file), file)
    if mark.startswith(b"\x28\xb5\x2f\xfd"):
        return ahead(zstd.ZstdFile(file, options=_LONGEST_WINDOW), file)
    return file


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """As files do."""

    def close(self) -> None:
        """As files do."""


class _Filling(io.RawIOBase):
    """Fills every buffer that it is given, so that one look ahead shows a whole buffer."""

    def __init__(self, *files: Readable) -> None:
        self.files = files

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # whatever bytes can be put into
        part = self.files[0].read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        for file in self.files:
            file.close()
        super().close()


def ahead(file: Readable, *packed: Readable) -> io.BufferedReader:
    """Let a binary file be looked ahead into by ``peek()``, `LOOKED_AT` bytes far.

    Closing it closes the file, and the packed ones that it is the content of, which gzip and zstd leave open.
    """
    return io.BufferedReader(_Filling(file, *packed), LOOKED_AT)


def as_text(file: io.BufferedReader, path: Path, encoding: str | None = None) -> TextIO:
    """Decode a binary file: as ``encoding``, or as what its first bytes are.

    In UTF-8, bytes that do not belong there become lone surrogates (see `undecodable`), so that they cost one row.

    Raises
    ------
    TableError
        If there is no such encoding, or none is named and the first bytes are in none that is known.
    """
    try:
        if encoding is None:
            with readable(path):
                encoding = encoding_of(file.peek())
        name = codecs.lookup(encoding).name
        errors = "surrogateescape" if name in ("utf-8", "utf-8-sig") else "strict"
        # a file that is UTF-8 by name may begin with a byte order mark too
        return io.TextIOWrapper(file, "utf-8-sig" if name == "utf-8" else name, errors=errors, newline="")
    except TableError:
        file.close()
        raise
    except LookupError:
        file.close()
        raise TableError(
            f"there is no encoding {encoding!r}; Arabic files are mostly utf-8, cp1256 or utf-16"
        ) from None


def undecodable(text: str) -> bool:
    """Whether a text decoded by `as_text` holds bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def shown(text: str) -> str:
    r"""The beginning of a text, with such bytes and halves of emoji written out.

    >>> print(shown("caf\udce9 \ud83d"))
    caf\xe9 \ud83d
    """
    halves = re.sub("[\ud800-\udc7f\udd00-\udfff]", lambda half: f"\\u{ord(half[0]):x}", text[:1000])
    return halves.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what may go wrong while a text file is read into a `TableError`."""
    try:
        yield
    except UnicodeError as error:
        encoding = getattr(error, "encoding", "utf-8")
        reason = getattr(error, "reason", error)
        raise TableError(
            f"{path} is not {encoding} ({reason}); older Arabic files are mostly Windows-1256: try --encoding cp1256"
        ) from None
    except (EOFError, gzip.BadGzipFile, zlib.error, zstd.ZstdError) as error:
        raise TableError(f"{path} is damaged or cut off ({error}); copy it again") from None
