"""Rows of a platform's posts, from a table's rows, from a JSON document, from a chat's lines: nothing is lost.

Every item becomes a `Row`, is `Skipped` as nobody's post, or `Rejected` with what was wrong.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from evolunteer_nlp.dumps.platforms import telegram, whatsapp
from evolunteer_nlp.dumps.platforms.post import Item, Shape, Skip, Values
from evolunteer_nlp.tables.formats import readable, shown, undecodable
from evolunteer_nlp.tables.json_stream import JsonStream
from evolunteer_nlp.tables.read import BAD_BYTES, Rejected, Row, Skipped, json_row, sound_json

Outcome = Row | Rejected | Skipped

_FOREIGN = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What looking into data of another shape than promised raises."""


def shaped(row: Row, shape: Shape) -> Iterator[Outcome]:
    """The posts of a record."""
    if shape.items is None:
        yield _row(row, shape.kind, shape.post)
        return
    try:
        items = list(shape.items(row.values))
    except _FOREIGN as error:
        yield _refused(row, shape.kind, error)
        return
    if not items:
        yield Skipped(row.number, "a page without posts")
    for item in items:
        yield _row(Row(row.number, item), shape.kind, shape.post)


def _row(row: Row, kind: str, values_of: Callable[..., Values | Skip], *context: Item) -> Outcome:
    if not isinstance(row.values, Mapping):
        return Rejected(row.number, "not a JSON object", _safe(row.values))
    try:
        found = values_of(row.values, *context)
    except _FOREIGN as error:
        return _refused(row, kind, error)
    if isinstance(found, Skip):
        return Skipped(row.number, found.reason)
    if any(value is not None and undecodable(value) for value in found.values()):
        return Rejected(row.number, f"{BAD_BYTES} (or half of an emoji)", _safe(row.values))
    return Row(row.number, found)


def _refused(row: Row, kind: str, error: Exception) -> Rejected:
    what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return Rejected(row.number, f"no post as in {kind}: {what}", _safe(row.values))


def _safe(content: Any) -> Any:
    """What can be written to a file."""
    written = json.dumps(content, ensure_ascii=False, default=str)
    return shown(written) if undecodable(written) else content


def telegram_rows(path: Path, text: TextIO) -> Iterator[Outcome]:
    """The messages of Telegram's ``result.json``, counted over all chats."""
    stream = JsonStream(text)
    with sound_json(path):
        for number, message in enumerate(telegram.messages(stream), 1):
            row = json_row(number, message.item, stream.raw)
            yield _row(row, telegram.KIND, telegram.message_values, message.chat) if isinstance(row, Row) else row
        stream.end()
    text.close()


def page_rows(path: Path, text: TextIO, shape: Shape) -> Iterator[Outcome]:
    """The posts of a page, which is read whole: what they refer to comes last."""
    stream = JsonStream(text)
    with sound_json(path):
        page = stream.value()
        stream.end()
    for number, row in enumerate(shaped(Row(1, page), shape), 1):
        yield row._replace(number=number)
    text.close()


def member_rows(path: Path, text: TextIO, member: str, shape: Shape) -> Iterator[Outcome]:
    """The posts of the records in one member of a JSON object."""
    stream = JsonStream(text)
    with sound_json(path):
        for name in stream.members():
            if name != member:
                stream.value()
                continue
            for number, values in enumerate(stream.items(), 1):
                row = json_row(number, values, stream.raw)
                yield from shaped(row, shape) if isinstance(row, Row) else [row]
        stream.end()
    text.close()


def whatsapp_rows(path: Path, text: TextIO, chat: str | None) -> Iterator[Outcome]:
    """The messages of a chat, which is read whole: the order of day and month shows in all dates together."""
    with readable(path):
        found = list(whatsapp.messages(text.read()))
    text.close()
    order = whatsapp.date_order([message.date for message in found if isinstance(message, whatsapp.Message)])
    for message in found:
        if isinstance(message, whatsapp.Stray):
            yield Rejected(message.line, "no date, and no message above that it could go on with", shown(message.text))
            continue
        values = whatsapp.message_values(message, order, chat)
        if isinstance(values, Skip):
            yield Skipped(message.line, values.reason)
        elif undecodable(message.body):
            yield Rejected(message.line, BAD_BYTES, shown(message.body))
        else:
            yield Row(message.line, values)
