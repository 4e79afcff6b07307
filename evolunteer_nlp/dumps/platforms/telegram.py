"""Telegram Desktop's ``result.json``: one chat, or all chats of an account."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from evolunteer_nlp.dumps.platforms.post import Item, Skip, Values, first, iso_time, post, text_of
from evolunteer_nlp.tables.json_stream import JsonStream

KIND = "Telegram"


class Message(NamedTuple):
    """An item of a chat's ``messages``, whatever it is, and the chat's own fields."""

    item: Any
    chat: Item


def messages(stream: JsonStream) -> Iterator[Message]:
    """Read the messages of one chat, or of ``chats`` and ``left_chats``, without keeping them."""
    chat: dict[str, Any] = {}
    for name in stream.members():
        if name == "messages" and stream.peek() == "[":
            for item in stream.items():
                yield Message(item, chat)
        elif name in ("chats", "left_chats") and stream.peek() == "{":
            for inner in stream.members():
                if inner == "list" and stream.peek() == "[":
                    for _ in stream.elements():
                        yield from messages(stream)
                else:
                    stream.value()
        else:
            chat[name] = stream.value()


def message_values(item: Item, chat: Item) -> Values | Skip:
    """The values of a message; its id is ``CHATID/ID``, since ids count from 1 in every chat."""
    if item["type"] != "message":
        return Skip(f"{item['type']} message")
    return post(
        _text(item.get("text")),
        id=_id(chat, item["id"]),
        author=first(item, "from", "author", "from_id"),
        time=iso_time(item.get("date_unixtime")) or iso_time(item.get("date")),
        chat=first(chat, "name", "id"),
        reply_to=_id(chat, item.get("reply_to_message_id")),
        forwarded_from=first(item, "forwarded_from", "saved_from"),
    )


def _text(text: Any) -> str:
    """A text is a string, or a list of strings and of entities such as links, which are objects with a text."""
    parts = text if isinstance(text, list) else [text]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(part for part in texts if isinstance(part, str))


def _id(chat: Item, id: Any) -> str | None:
    own, within = text_of(id), first(chat, "id")
    return f"{within}/{own}" if own and within else own


def is_sure(document: Item) -> bool:
    """Whether a JSON object begins as Telegram's do."""
    if "messages" in document:
        chats = [document]
    else:
        found = document.get("chats") or document.get("left_chats")
        chats = found.get("list") or [] if isinstance(found, dict) else []
    return any(_is_chat(chat) for chat in chats)


def _is_chat(chat: Any) -> bool:
    if (
        not isinstance(chat, dict)
        or not {"type", "id", "messages"} <= chat.keys()
        or not isinstance(chat["messages"], list)
    ):
        return False
    some = next(iter(chat["messages"]), {"type": "", "id": "", "date": ""})
    return isinstance(some, dict) and {"type", "id", "date"} <= some.keys()
