"""Reddit: submissions and comments, one object a line, as its dumps and its API give them."""

import html
import re
from typing import Any

from evolunteer_nlp.dumps.platforms.post import Item, Shape, Skip, Values, first, iso_time, post

_REMOVED = ("[removed]", "[deleted]", "[deleted by user]", "[ removed by reddit ]")


def _post(item: Item) -> Values | Skip:
    parts = [first(item, "title"), first(item, "selftext", "body")]
    if any(part is not None and part.strip().lower() in _REMOVED for part in parts):
        return Skip("removed or deleted")
    author = first(item, "author")
    permalink = first(item, "permalink")
    return post(
        html.unescape("\n\n".join(part for part in parts if part)),
        id=first(item, "id", "name"),
        author=None if author in _REMOVED else author,
        time=iso_time(item["created_utc"]),
        chat=first(item, "subreddit"),
        reply_to=re.sub("^t[0-9]_", "", first(item, "parent_id") or ""),
        forwarded_from=_original(item.get("crosspost_parent_list")),
        link=f"https://www.reddit.com{permalink}" if permalink else None,
    )


def _original(parents: Any) -> str | None:
    return first(parents[0], "author") if isinstance(parents, list) and parents else None


def _is_sure(item: Item) -> bool:
    return {"subreddit", "created_utc"} <= item.keys() and bool({"selftext", "body"} & item.keys())


SHAPES = (Shape("reddit", "Reddit", _is_sure, _post),)
