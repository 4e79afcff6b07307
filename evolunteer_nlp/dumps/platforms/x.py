"""X, formerly Twitter: API v2 (single posts, and pages as twarc writes them), API v1.1, and a person's own archive."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from evolunteer_nlp.dumps.platforms.post import Item, Shape, Skip, Values, first, iso_time, post, text_of

ARCHIVE = re.compile(r"\s*window\.YTD\.tweets?\.part\d+\s*=\s*")
"""What stands before the JSON in tweet.js, tweets.js and tweets-partN.js."""


def _v2(item: Item) -> Values | Skip:
    """A post; a retweet is cut short, so it has the text of the post that it passes on."""
    kinds = {str(found.get("type")): found for found in _referenced(item)}
    shared = kinds.get("retweeted", {})
    source = shared if first(shared, "text") else item
    return post(
        _unescaped(first(source, "note_tweet.text", "text")),
        id=item["id"],
        author=first(item, "author.username", "author_id"),
        time=iso_time(item.get("created_at")),
        reply_to=kinds.get("replied_to", {}).get("id"),
        forwarded_from=first(shared, "author.username", "author_id"),
        link=_link(first(item, "author.username"), first(item, "id")),
    )


def _referenced(item: Item) -> list[Item]:
    found = item.get("referenced_tweets")
    return [tweet for tweet in found if isinstance(tweet, Mapping)] if isinstance(found, list) else []


def _page(page: Item) -> Iterator[Any]:
    """The posts of a page, with authors and the posts that they refer to put in."""
    includes = page.get("includes") or {}
    users, tweets = _by_id(includes.get("users")), _by_id(includes.get("tweets"))
    data = page.get("data") or []
    for item in data if isinstance(data, list) else [data]:
        if isinstance(item, Mapping):
            whole = [{**tweets.get(text_of(found.get("id")), {}), **found} for found in _referenced(item)]
            referenced = [_with_author(found, users) for found in whole]
            yield _with_author({**item, "referenced_tweets": referenced}, users)
        else:
            yield item


def _by_id(objects: Any) -> dict[str | None, Item]:
    return {text_of(found.get("id")): found for found in objects or () if isinstance(found, Mapping)}


def _with_author(item: Item, users: Mapping[str | None, Item]) -> Item:
    author = users.get(text_of(item.get("author_id")))
    return {**item, "author": author} if author else item


def _v1(item: Item) -> Values | Skip:
    shared = item.get("retweeted_status")
    source = shared if isinstance(shared, Mapping) else item
    author = first(item, "user.screen_name", "user.id_str")
    id = text_of(item["id_str"])
    return post(
        _unescaped(first(source, "extended_tweet.full_text", "full_text", "text")),
        id=id,
        author=author,
        time=iso_time(item.get("created_at")),
        reply_to=first(item, "in_reply_to_status_id_str", "in_reply_to_status_id"),
        forwarded_from=first(source, "user.screen_name") if source is not item else None,
        link=_link(author, id),
    )


def _archived(record: Item) -> Values | Skip:
    return _v1(record["tweet"])


def _unescaped(text: str | None) -> str | None:
    """X escapes ``&``, ``<`` and ``>`` in texts."""
    return html.unescape(text) if text else text


def _link(author: str | None, id: str | None) -> str | None:
    return f"https://x.com/{author or 'i'}/status/{id}" if id else None


def _is_v2(item: Item) -> bool:
    by_author = "author_id" in item and {"conversation_id", "public_metrics"} & item.keys()
    marks = {"edit_history_tweet_ids", "referenced_tweets", "__twarc"} & item.keys()
    return {"id", "text"} <= item.keys() and bool(marks or by_author)


def _is_v2_page(item: Item) -> bool:
    data = item.get("data")
    some = data[0] if isinstance(data, list) and data else data
    if not isinstance(some, Mapping) or not {"id", "text"} <= some.keys():
        return False
    includes = item.get("includes")
    return _is_v2(some) or "__twarc" in item or (isinstance(includes, Mapping) and "author_id" in some)


def _is_v1(item: Item) -> bool:
    return (
        "id_str" in item
        and bool({"full_text", "text"} & item.keys())
        and isinstance(item.get("user"), Mapping)
        and "screen_name" in item["user"]
    )


def _is_archived(item: Item) -> bool:
    tweet = item.get("tweet")
    return isinstance(tweet, Mapping) and "id_str" in tweet and bool({"full_text", "text"} & tweet.keys())


SHAPES = (
    Shape("x", "X API v2 pages", _is_v2_page, _v2, _page),
    Shape("x", "X API v2", _is_v2, _v2),
    Shape("x", "X API v1.1", _is_v1, _v1),
    Shape("x", "X archive", _is_archived, _archived),
)
