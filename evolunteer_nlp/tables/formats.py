"""Which format a file has, and how to open its bytes as text."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from evolunteer_nlp.errors import TableError

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
STANDARD_INPUT = "-"


def format_of(path: Path, given: str | None = None) -> str:
    """Name the format of a file by its suffix (before ``.gz``, if that is there), unless it is given.

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
    suffix = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else "".join(suffixes[-1:])
    if suffix not in FORMATS:
        raise TableError(
            f"the name of {path} does not tell its format; give --format, or rename it to one of {', '.join(FORMATS)}"
        )
    return FORMATS[suffix]


def open_bytes(path: Path) -> BinaryIO:
    """Open a file, or standard input for ``-``, unpacking gzip.

    Raises
    ------
    TableError
        If there is no such file, or it is a directory or cannot be read.
    """
    if str(path) == STANDARD_INPUT:
        return sys.stdin.buffer
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]  # both read alike
    except FileNotFoundError:
        raise TableError(f"there is no file {path}; check the name, or run `ls` in its folder") from None
    except IsADirectoryError:
        raise TableError(f"{path} is a directory; name a file in it") from None
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}") from None


def as_text(file: BinaryIO, path: Path, encoding: str | None = None) -> TextIO:
    """Decode a binary file: as ``encoding``, or by its byte order mark, or as strict UTF-8."""
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)  # type: ignore[type-var]  # it reads like a raw file
    if encoding is None:
        with readable(path):
            mark = buffered.peek(4)[:4]
        encoding = "utf-16" if mark.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return io.TextIOWrapper(buffered, encoding=encoding, errors="strict", newline="")
    except LookupError:
        buffered.close()
        raise TableError(
            f"there is no encoding {encoding!r}; Arabic files are mostly utf-8, cp1256 or utf-16"
        ) from None


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
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TableError(f"{path} is damaged or cut off ({error}); copy it again") from None
