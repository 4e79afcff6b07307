"""Posts as people have them: a table, or what a platform lets its users download.

What a file is shows inside it, not in its name: each platform has keys that nobody else gives together. A file in which
none is found is a plain table.
"""

import codecs
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from evolunteer_nlp.dumps.platforms import meta, reddit, scrapers, telegram, whatsapp, x
from evolunteer_nlp.dumps.platforms.post import COLUMNS, Shape
from evolunteer_nlp.dumps.platforms.rows import Outcome, member_rows, page_rows, shaped, telegram_rows, whatsapp_rows
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.formats import STANDARD_INPUT, ahead, as_text, format_of, open_bytes, readable
from evolunteer_nlp.tables.json_stream import JsonStream
from evolunteer_nlp.tables.read import KINDS, Row, Table, encoding_name, open_table, text_table

_SHAPES: tuple[Shape, ...] = (*x.SHAPES, *reddit.SHAPES, *scrapers.SHAPES, *meta.SHAPES)
PLATFORMS = ("plain", "telegram", "whatsapp", *dict.fromkeys(shape.platform for shape in _SHAPES))
"""What a file may be called by ``platform``; ``plain`` is a table as it stands."""

_PEEKED = 20
"""Rows by which a table of a platform is known; more than half of them must be sure."""


def open_posts(
    path: Path, *, platform: str | None = None, format: str | None = None, encoding: str | None = None
) -> Table:
    """Open a platform's export, or a plain table.

    Parameters
    ----------
    path : Path
        A file, perhaps packed by gzip or zstd, or a ``.zip`` that a platform gave; ``-`` is standard input.
    platform : str, optional
        One of `PLATFORMS`; what the file looks like if left out. Standard input of a known format is plain if left out:
        to look ahead into it would keep the first posts waiting.
    format, encoding : str, optional
        As for `evolunteer_nlp.tables.read.open_table`.

    Returns
    -------
    Table
        Of a platform: ``columns`` is `evolunteer_nlp.dumps.platforms.post.COLUMNS`, ``kind`` says what it is, and rows
        that no person wrote are `Skipped`. Several rows have one number where a line holds a page of posts.

    Raises
    ------
    TableError
        As `open_table` does; if there is no such platform, or the file is not of the one that is named.
    """
    if platform is not None and platform not in PLATFORMS:
        raise TableError(f"unknown platform {platform!r}; known are {', '.join(PLATFORMS)}")
    plain, problem = _plain_format(path, format)
    live = str(path) == STANDARD_INPUT and format is not None and platform is None
    as_it_stands = platform == "plain" or live
    if as_it_stands and problem:
        raise problem
    if as_it_stands:
        return open_table(path, format=format, encoding=encoding)
    if plain in ("parquet", "xlsx"):
        table = _by_shape(open_table(path, format=plain), platform)
    else:
        file = open_bytes(path)
        if str(path) == STANDARD_INPUT:
            file = ahead(file)
        if plain is None and _begins(file, path, b"PK\x03\x04"):
            file.close()
            return _archive(path, platform, encoding)
        table = _opened(path, path.name, as_text(file, path, encoding), plain, platform)
    if platform is not None and table.kind in KINDS.values():
        table.close()
        raise TableError(f"{path} does not look like an export of {platform}; leave --platform out, or say plain")
    return table


def _plain_format(path: Path, format: str | None) -> tuple[str | None, TableError | None]:
    """The format by the name of the file, or why there is none."""
    try:
        return format_of(path, format), None
    except TableError as problem:
        if format is not None or path.is_dir():
            raise
        return None, problem


def _begins(file: io.BufferedReader, path: Path, mark: bytes) -> bool:
    try:
        with readable(path):
            return file.peek().startswith(mark)
    except TableError:
        file.close()
        raise


def _opened(path: Path, name: str, text: TextIO, plain: str | None, platform: str | None) -> Table:
    """Recognise what an opened text is, by its beginning; ``plain`` is the format that its name tells, if it does."""
    try:
        return _recognised(path, name, text, plain, platform)
    except TableError:
        text.close()
        raise


def _recognised(path: Path, name: str, text: TextIO, plain: str | None, platform: str | None) -> Table:
    beginning = _beginning(path, text)
    if prefix := x.ARCHIVE.match(beginning):
        text.read(prefix.end())
        return _by_shape(text_table(path, "json", text), platform)
    named = platform == "whatsapp"
    if (named or plain is platform is None) and whatsapp.is_sure(beginning, anywhere=named):
        return _table(path, "txt", whatsapp.KIND, text, whatsapp_rows(path, text, whatsapp.chat_name(name)))
    opening, guess = beginning.lstrip()[:1], plain
    if opening == "{" and plain in (None, "json"):
        if _is_lines(beginning):
            guess = "jsonl"
        elif found := _document(path, text, _glimpse(beginning), platform):
            return found
    elif opening == "[" and plain is None:
        guess = "json"
    if guess is None:
        raise TableError(f"nothing in {path} tells what it is; give --format if it is a table")
    table = _by_shape(text_table(path, guess, text), platform)
    if guess != plain and table.kind in KINDS.values():
        raise TableError(f"nothing in {path} tells what it is; give --format {guess} if it is a table")
    return table


def _beginning(path: Path, text: TextIO) -> str:
    with readable(path):
        first = text.buffer.peek()  # type: ignore[attr-defined]  # formats.as_text wraps a BufferedReader
    return codecs.getincrementaldecoder(text.encoding)("replace").decode(first)


def _table(path: Path, format: str, kind: str, text: TextIO, rows: Iterator[Outcome]) -> Table:
    return Table(path, format, list(COLUMNS), rows, text.close, kind=kind, encoding=encoding_name(text))


# JSON


def _is_lines(beginning: str) -> bool:
    """Whether a JSON object is followed by another."""
    stream = JsonStream(io.StringIO(beginning))
    try:
        stream.value()
        return stream.peek() == "{"
    except (ValueError, RecursionError):
        return False


def _glimpse(beginning: str) -> dict[str, Any]:
    """A JSON object as far as its beginning goes."""
    found: list[Any] = []
    with suppress(ValueError, RecursionError):  # it is cut off somewhere
        _look(JsonStream(io.StringIO(beginning)), found.append)
    return found[0] if found and isinstance(found[0], dict) else {}


def _look(stream: JsonStream, put: Callable[[Any], object]) -> None:
    """Read a value into a place, what it holds after it, so that what was read before the end stays."""
    opening = stream.peek()
    if opening == "{":
        members: dict[str, Any] = {}
        put(members)
        for name in stream.members():
            _look(stream, lambda value, name=name: members.__setitem__(name, value))  # type: ignore[misc]  # mypy infers no lambda with a default
    elif opening == "[":
        values: list[Any] = []
        put(values)
        for _ in stream.elements():
            _look(stream, values.append)
    else:
        put(stream.value())


def _document(path: Path, text: TextIO, glimpse: dict[str, Any], platform: str | None) -> Table | None:
    """A JSON object that is a platform's: Telegram's, a page, or one with a list of records."""
    if platform in (None, "telegram") and telegram.is_sure(glimpse):
        return _table(path, "json", telegram.KIND, text, telegram_rows(path, text))
    for shape in _shapes(platform):
        if shape.is_sure(glimpse):
            return _table(path, "json", shape.kind, text, page_rows(path, text, shape))
    for name, values in glimpse.items():
        for shape in _shapes(platform):
            if isinstance(values, list) and values and isinstance(values[0], dict) and shape.is_sure(values[0]):
                return _table(path, "json", shape.kind, text, member_rows(path, text, name, shape))
    return None


def _shapes(platform: str | None) -> Iterable[Shape]:
    return (shape for shape in _SHAPES if platform in (None, shape.platform))


# Tables


def _by_shape(table: Table, platform: str | None) -> Table:
    """Read a table's rows as a platform's records, if that is what they are."""
    seen = list(islice(table.rows, _PEEKED))
    records = [row.values for row in seen if isinstance(row, Row)]
    rows = chain(seen, table.rows)
    for shape in _shapes(platform):
        if 2 * sum(map(shape.is_sure, records)) > len(records):
            posts = (post for row in rows for post in (shaped(row, shape) if isinstance(row, Row) else [row]))
            return table._replace(columns=list(COLUMNS), rows=posts, kind=shape.kind, schema=None, batches=None)
    return table._replace(rows=rows)


# Archives

_IN_ARCHIVES = (".json", ".js", ".txt")


def _archive(path: Path, platform: str | None, encoding: str | None) -> Table:
    """All files of an archive that hold posts, one after the other; row numbers start anew in each."""
    if str(path) == STANDARD_INPUT:
        raise TableError("a .zip cannot be read from standard input; name the file")
    with _sound_archive(path):
        archive = zipfile.ZipFile(path)
        names = [name for name in archive.namelist() if name.lower().endswith(_IN_ARCHIVES)]
    found = []
    for name in sorted(names, key=lambda name: (len(name), name)):  # part2 before part10
        try:
            with _member(archive, path, name, platform, encoding) as table:
                if table.kind not in KINDS.values():
                    found.append((name, table))
        except TableError:
            continue  # a file of settings, say
    if not found:
        archive.close()
        raise TableError(
            f"no file in {path} holds posts of a platform that is known; unpack it and name one of its files"
        )

    def rows() -> Iterator[Outcome]:
        for name, _ in found:
            with _sound_archive(path), _member(archive, path, name, platform, encoding) as table:
                yield from table.rows
        archive.close()

    kinds = dict.fromkeys(table.kind for _, table in found)
    return found[0][1]._replace(path=path, rows=rows(), close=archive.close, kind=", ".join(kinds))


def _member(archive: zipfile.ZipFile, path: Path, name: str, platform: str | None, encoding: str | None) -> Table:
    with _sound_archive(path):
        file = ahead(archive.open(name))
    within = path / name
    # iPhones name the archive after the chat, and the file in it _chat.txt
    named = name if whatsapp.chat_name(name) else path.name
    return _opened(within, named, as_text(file, within, encoding), None, platform)


@contextmanager
def _sound_archive(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise TableError(f"{path} is damaged, or not to be opened without a password ({error})") from None
