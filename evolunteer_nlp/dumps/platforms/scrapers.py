"""What scrapers write: snscrape, 4CAT, and the many shapes of Apify's actors."""

from collections.abc import Mapping

from evolunteer_nlp.dumps.platforms.post import Item, Shape, Skip, Values, end_of, first, iso_time, post


def _snscrape(item: Item) -> Values | Skip:
    link = first(item, "url")
    shared = item.get("retweetedTweet")
    source = shared if isinstance(shared, Mapping) else item
    return post(
        first(source, "rawContent", "content"),
        id=first(item, "id") or end_of(link),
        author=first(item, "user.username", "author"),
        time=iso_time(item["date"]),
        chat=first(item, "channel.username", "subreddit"),
        reply_to=first(item, "inReplyToTweetId"),
        forwarded_from=first(source, "user.username") if source is not item else first(item, "forwarded.username"),
        link=link,
    )


def _is_snscrape(item: Item) -> bool:
    named = str(item.get("_type", "")).startswith("snscrape.modules.")
    return named or {"rawContent", "url", "date"} <= item.keys()


def _fourcat(item: Item) -> Values | Skip:
    """One of 4CAT's posts; its ``timestamp`` is in UTC."""
    body, subject = first(item, "body"), first(item, "subject")
    time = iso_time(item.get("unix_timestamp")) or iso_time(item.get("timestamp"))
    return post(
        "\n\n".join(part for part in (subject, body) if part and part not in ("[removed]", "[deleted]")),
        id=item["id"],
        author=first(item, "author", "author_name"),
        time=f"{time}+00:00" if time and len(time) == len("2024-01-01T00:00:00") else time,
        chat=first(item, "chat", "group", "subreddit", "channel", "board"),
        reply_to=first(item, "reply_to", "in_reply_to", "message_reply_to"),
        forwarded_from=first(item, "author_forwarded_from_name", "retweeted_user", "forwarded_from"),
        link=first(item, "url", "post_url", "tweet_url", "link"),
    )


def _is_fourcat(item: Item) -> bool:
    return {"id", "thread_id", "body", "timestamp"} <= item.keys()


_APIFY: dict[str, tuple[str, ...]] = {
    "text": ("fullText", "full_text", "text", "caption", "message", "postText", "content", "description"),
    "id": ("postId", "id", "shortCode", "commentId", "feedbackId"),
    "author": (
        "author.userName", "author.name", "ownerUsername", "authorMeta.name", "user.username", "user.name",
        "profileName", "pageName", "author", "username",
    ),
    "time": ("createTimeISO", "createdAt", "timestamp", "time", "date", "publishedAt"),
    "chat": ("groupTitle", "groupName", "pageName", "channelName"),
    "reply_to": ("inReplyToId", "replyToCommentId", "threadId"),
    "forwarded_from": ("retweet.author.userName", "sharedPost.user.name", "forwardedFrom"),
    "link": ("twitterUrl", "webVideoUrl", "commentUrl", "postUrl", "url", "facebookUrl"),
}  # fmt: skip
"""Where the actors keep what; the first that is there counts."""

_APIFY_MARKS = (
    {"facebookUrl", "url"},
    {"facebookUrl", "text"},
    {"shortCode", "ownerUsername"},
    {"twitterUrl", "createdAt"},
    {"webVideoUrl", "createTimeISO"},
)
"""Keys that actors for Facebook, Instagram, X and TikTok give together."""


def _apify(item: Item) -> Values | Skip:
    found = {name: first(item, *paths) for name, paths in _APIFY.items()}
    link = found["link"]
    return post(
        **{
            **found,
            "text": first(item, "retweet.fullText", "retweet.text") or found["text"],
            "id": found["id"] or end_of(link),
            "time": iso_time(found["time"]),
        }
    )


def _is_apify(item: Item) -> bool:
    return any(marks <= item.keys() for marks in _APIFY_MARKS)


SHAPES = (
    Shape("snscrape", "snscrape", _is_snscrape, _snscrape),
    Shape("4cat", "4CAT", _is_fourcat, _fourcat),
    Shape("apify", "Apify", _is_apify, _apify),
)
