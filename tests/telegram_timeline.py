"""A Telegram group as one finds it: 2,000 messages of chatter, asks, and asks that are passed on.

Chatter and asks are authored posts, each once; reposts are those of ``cases/reposts.jsonl``, later than what they
repeat. Times, writers and who replies to whom are drawn with one seed: all tests read the same 90 days before `NOW`.

>>> made = timeline()
>>> [message["type"] for message in made.export["messages"]].count("message"), len(made.origin), made.origin[2].kind
(2000, 2000, 'chatter')
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from evolunteer_nlp.corpus.posts import LabelledPost, read_corpus
from evolunteer_nlp.initiatives.asks import Ask

NOW = datetime(2026, 3, 5, 12, 0)
"""When the timeline is read, by the clock of the computer that exported it."""
DAYS, MESSAGES, ASKS = 90, 2000, 300
CHAT = 1000000007
_CLOCK = timezone(timedelta(hours=3))
_HOURS = (7, 8, 9, 10, 12, 13, 15, 16, 17, 18, 19, 20, 20, 21, 21, 21, 22, 22, 23)
_WRITERS = (
    "هدى", "سالم العتيبي", "أم يوسف", "Ahmed Samir", "مصطفى 🇸🇩", "نور الهدى", "أبو ليان", "كريم ب.", "رانيا", "د. منال",
    "حسين الكربلائي", "فاطمة الزهراء", "Youssef", "لجين", "الحاج رمضان", "عمر", "مريم ت", "بدر", "سعاد", "علي جبار",
    "ابو فهد", "زينب", "Omar K", "إيناس", "حمزة", "وليد", "شيماء", "ياسر", "بلقيس", "محمد ولد أحمد", "أروى", "طارق",
)  # fmt: skip
_CHANNELS = ("قناة فزعة", "صوت الخير", "مبادرات بلادي", "أخبار التطوع", "من القلب للقلب", "كلنا أهل")
_ENTITIES = re.compile(
    r"(?P<link>https?://\S+)|(?P<hashtag>#\w+)|(?P<phone>(?<![\d٠-٩])\+?[\d٠-٩](?:[ -]?[\d٠-٩]){7,})"
)

with (Path(__file__).parent / "cases" / "reposts.jsonl").open(encoding="utf-8") as _file:
    REPOSTS: list[dict[str, str]] = [json.loads(line) for line in _file]
"""Reposts written by hand: id, ``of`` (the id of an authored post), text, kind.

Kinds are ``copy``, ``shortened``, ``edited``, ``other_account``, ``closed``, ``extended``, and ``lookalike``, which is
another call on the same matter.
"""


class Origin(NamedTuple):
    """Where a message comes from.

    Attributes
    ----------
    kind : str
        ``chatter``, ``ask``, or the kind of a repost.
    of : str
        The authored post's id; of a repost, that of what it repeats.
    text, label, country : str
        Of a repost, label and country are those of the authored post.
    """

    kind: str
    of: str
    text: str
    label: str
    country: str


class Timeline(NamedTuple):
    """An export, and where each of its messages comes from, by the message's id."""

    export: dict[str, Any]
    origin: dict[int, Origin]

    def asks(self) -> list[Ask]:
        """All but the chatter, with the labels that the authored posts have, as if a model had found them."""
        return [
            Ask(
                origin.text,
                origin.label,
                datetime.fromisoformat(message["date"]),
                author=message["from"],
                chat=self.export["name"],
                forwarded_from=message.get("forwarded_from"),
                country=origin.country,
                id=f"{CHAT}/{message['id']}",
            )
            for message in self.export["messages"]
            if (origin := self.origin.get(message["id"])) and origin.kind != "chatter"
        ]


def write_export(directory: Path) -> Path:
    """Write ``result.json`` as Telegram Desktop does, with one space before each level."""
    path = directory / "result.json"
    path.write_text(json.dumps(timeline().export, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


@cache
def timeline() -> Timeline:
    """Build the timeline; it is the same whenever it is built."""
    rng = random.Random(7)
    timed = sorted(_posted(rng, read_corpus(["authored"])), key=lambda item: (item[0], item[1].text))
    messages: list[dict[str, Any]] = [_service(1, timed[0][0] - timedelta(minutes=5), "create_group", rng)]
    origin: dict[int, Origin] = {}
    for posted_at, post in timed:
        if rng.random() < 0.01:
            messages.append(_service(len(messages) + 1, posted_at, "join_group_by_link", rng))
        origin[len(messages) + 1] = post
        messages.append(_message(len(messages) + 1, posted_at, post, messages, rng))
    export = {"name": "أهل الخير والتطوع", "type": "public_supergroup", "id": CHAT, "messages": messages}
    return Timeline(export, origin)


def _posted(rng: random.Random, posts: Sequence[LabelledPost]) -> Iterator[tuple[datetime, Origin]]:
    """All posts with their times; a repost comes hours or days after what it repeats."""
    repeated = {repost["of"] for repost in REPOSTS}
    originals = [post for post in posts if post.id in repeated]
    others = [post for post in _distinct(rng, posts, originals) if post.label != "unrelated"]
    chatter = [post for post in _distinct(rng, posts, ()) if post.label == "unrelated"]
    asks = originals + others[: ASKS - len(originals)]
    times: dict[str, datetime] = {}
    for post in asks + chatter[: MESSAGES - ASKS - len(REPOSTS)]:
        latest = 12 if post.id in repeated else 0
        times[post.id] = _moment(rng, NOW - timedelta(days=rng.randint(latest + 1, DAYS)))
        kind = "chatter" if post.label == "unrelated" else "ask"
        yield times[post.id], Origin(kind, post.id, post.text, post.label, post.country)
    known = {post.id: post for post in originals}
    for repost in REPOSTS:
        post = known[repost["of"]]
        later = _moment(rng, times[post.id] + timedelta(days=rng.randint(1, 10)))
        yield later, Origin(repost["kind"], post.id, repost["text"], post.label, post.country)


def _distinct(
    rng: random.Random, posts: Sequence[LabelledPost], taken: Sequence[LabelledPost]
) -> Iterator[LabelledPost]:
    """Posts in a random order; of a minimal pair one, since the two are written to look alike."""
    seen = {name for post in taken for name in (post.text, post.pair) if name}
    for post in rng.sample(posts, len(posts)):
        if not seen & {post.text, post.pair}:
            seen |= {name for name in (post.text, post.pair) if name}
            yield post


def _moment(rng: random.Random, day: datetime) -> datetime:
    return day.replace(hour=rng.choice(_HOURS), minute=rng.randrange(60), second=rng.randrange(60))


def _stamp(name: str, moment: datetime) -> dict[str, str]:
    """A local time and seconds since 1970, as every date of an export is given."""
    return {name: moment.isoformat(), f"{name}_unixtime": str(int(moment.replace(tzinfo=_CLOCK).timestamp()))}


def _service(number: int, posted_at: datetime, action: str, rng: random.Random) -> dict[str, Any]:
    writer = rng.randrange(len(_WRITERS))
    return {
        "id": number,
        "type": "service",
        **_stamp("date", posted_at),
        "actor": _WRITERS[writer],
        "actor_id": f"user{700 + writer}",
        "action": action,
        "text": "",
        "text_entities": [],
    }


def _message(
    number: int, posted_at: datetime, post: Origin, before: Sequence[dict[str, Any]], rng: random.Random
) -> dict[str, Any]:
    writer = rng.randrange(len(_WRITERS))
    message: dict[str, Any] = {"id": number, "type": "message", **_stamp("date", posted_at)}
    if rng.random() < 0.04:
        message |= _stamp("edited", posted_at + timedelta(minutes=rng.randint(1, 40)))
    message |= {"from": None if rng.random() < 0.01 else _WRITERS[writer], "from_id": f"user{700 + writer}"}
    if post.kind not in {"chatter", "ask", "lookalike"}:
        message["forwarded_from"] = rng.choice(_CHANNELS)
    elif post.kind == "chatter" and rng.random() < 0.2:
        message["reply_to_message_id"] = rng.choice(before[-15:])["id"]
    if post.kind != "chatter" and rng.random() < 0.15:
        message |= {
            "photo": "(File not included. Change data exporting settings to download.)",
            "width": 960,
            "height": 1280,
        }
    return message | {"text": _text(post.text), "text_entities": list(_parts(post.text))}


def _text(text: str) -> str | list[str | dict[str, str]]:
    """A string, or strings and objects where there is a link, a hashtag or a phone number."""
    parts: list[str | dict[str, str]] = [part["text"] if part["type"] == "plain" else part for part in _parts(text)]
    return parts if any(isinstance(part, dict) for part in parts) else text


def _parts(text: str) -> Iterator[dict[str, str]]:
    at = 0
    for match in _ENTITIES.finditer(text):
        if match.start() > at:
            yield {"type": "plain", "text": text[at : match.start()]}
        yield {"type": match.lastgroup or "plain", "text": match[0]}
        at = match.end()
    if at < len(text):
        yield {"type": "plain", "text": text[at:]}
