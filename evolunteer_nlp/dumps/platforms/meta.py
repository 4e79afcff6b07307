"""Facebook and Instagram: people's own downloads, Messenger and Instagram chats, and CrowdTangle's tables.

In the downloads the UTF-8 bytes of a text are escaped one by one, as if they were Latin-1; times are in UTC.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from evolunteer_nlp.dumps.platforms.post import Item, Shape, Skip, Values, end_of, first, iso_time, post, text_of


def mended(text: str | None) -> str | None:
    r"""Undo the escaping; a text that was not escaped so stays.

    >>> mended("\xd8\xb9\xd9\x88\xd9\x86"), mended("عون"), mended("caf\xe9")
    ('عون', 'عون', 'café')
    """
    try:
        return text.encode("latin-1").decode("utf-8") if text else text
    except UnicodeError:
        return text


def _facebook(item: Item) -> Values | Skip:
    """A post or a comment: its text is one of the objects in ``data``."""
    parts = [part for part in item.get("data") or () if isinstance(part, Mapping)]
    comment: Item = next((part["comment"] for part in parts if isinstance(part.get("comment"), Mapping)), {})
    text = first(comment, "comment") or next((part["post"] for part in parts if part.get("post")), None)
    return post(
        mended(text),
        author=mended(first(comment, "author")),
        time=iso_time(item["timestamp"]),
        chat=mended(first(comment, "group")),
    )


def _is_facebook(item: Item) -> bool:
    data = item.get("data")
    if "timestamp" not in item or not isinstance(data, list):
        return False
    marks = {"post", "comment", "update_timestamp"}
    return "attachments" in item or any(isinstance(part, Mapping) and marks & part.keys() for part in data)


def _instagram(item: Item) -> Values | Skip:
    """A post, story or reel: its text is its title, or that of its first picture."""
    media = [part for part in item.get("media") or () if isinstance(part, Mapping)]
    parts = [item, *media]
    return post(
        mended(next((text for part in parts if (text := first(part, "title"))), None)),
        time=next((time for part in parts if (time := iso_time(part.get("creation_timestamp")))), None),
    )


def _is_instagram(item: Item) -> bool:
    media = item.get("media")
    some = media[0] if isinstance(media, list) and media else item
    return isinstance(some, Mapping) and {"uri", "creation_timestamp"} <= some.keys()


def _instagram_comment(item: Item) -> Values | Skip:
    fields = item["string_map_data"]
    return post(
        mended(first(fields, "Comment.value")),
        time=iso_time((fields.get("Time") or {}).get("timestamp")),
        chat=mended(first(fields, "Media Owner.value")),
    )


def _is_instagram_comment(item: Item) -> bool:
    fields = item.get("string_map_data")
    return isinstance(fields, Mapping) and {"Comment", "Time"} <= fields.keys()


def _message(item: Item) -> Values | Skip:
    if item.get("is_unsent"):
        return Skip("unsent message")
    return post(
        mended(first(item, "content")),
        author=mended(first(item, "sender_name")),
        time=iso_time(item["timestamp_ms"]),
        chat=mended(first(item, "chat")),
    )


def _thread(thread: Item) -> Iterator[Any]:
    """The messages of a chat, which is read whole: its title comes last, and no file holds over 10,000 messages."""
    title = thread.get("title")
    for item in thread["messages"]:
        yield {**item, "chat": title} if isinstance(item, Mapping) else item


def _is_thread(item: Item) -> bool:
    messages = item.get("messages")
    some = messages[0] if isinstance(messages, list) and messages else None
    return "participants" in item and isinstance(some, Mapping) and {"sender_name", "timestamp_ms"} <= some.keys()


def _crowdtangle(item: Item) -> Values | Skip:
    link = text_of(item["URL"])
    page = first(item, "Page Name", "Group Name", "Account", "User Name")
    return post(
        first(item, "Message", "Description", "Link Text", "Image Text"),
        id=end_of(link),
        author=page,
        time=iso_time(item.get("Post Created")),
        chat=page,
        link=link,
    )


def _is_crowdtangle(item: Item) -> bool:
    return {"Post Created", "URL"} <= item.keys() and bool({"Message", "Description"} & item.keys())


SHAPES = (
    Shape("facebook", "Messenger", _is_thread, _message, _thread),
    Shape("facebook", "Facebook download", _is_facebook, _facebook),
    Shape("instagram", "Instagram comments", _is_instagram_comment, _instagram_comment),
    Shape("instagram", "Instagram download", _is_instagram, _instagram),
    Shape("crowdtangle", "CrowdTangle", _is_crowdtangle, _crowdtangle),
)
