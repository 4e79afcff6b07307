"""Initiatives: what labelled posts ask for, each once, with its details and what speaks for and against it.

::

    Ask ──┐
    Ask ──┼─ reposts.gather ──▶ Initiative: text, details, posts, conflicts, cues
    Ask ──┘                       │
                                  ├─▶ digest   a page, a sheet, a calendar
                                  ├─▶ match    a volunteer's profile against open calls
                                  └─▶ report   counts by cause, city and month

>>> from evolunteer_nlp.initiatives.asks import Ask
>>> text = "جمعية البر تدعوكم لتنظيف شاطئ جدة الجمعة القادمة، للتسجيل 0500000012"
>>> asks = [Ask(text, "volunteer_call", datetime(2026, 3, day), country="SA") for day in (2, 4)]
>>> found = find_initiatives(asks, now=datetime(2026, 3, 5))
>>> [(one.details.status.value, one.count, one.details.dates[0].value.start) for one in found]
[('open', 2, '2026-03-06')]
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.details import Details, extract
from evolunteer_nlp.initiatives.reposts import Conflict, conflicts, gather
from evolunteer_nlp.initiatives.status import Status
from evolunteer_nlp.initiatives.trust import TrustCue, trust_cues
from evolunteer_nlp.text.cleaning import clean


@dataclass(frozen=True, slots=True)
class Initiative:
    """One call, however often it was posted.

    Attributes
    ----------
    id : str
        Ten hex digits, of the first post's cleaned words and its day: the same posts give the same id.
    label : str
    also : str or None
        A second label.
    probability : float or None
    certain : bool
        Of the post that shows the text.
    text : str
        The fullest of its posts; the spans of ``details`` are in it.
    details : Details
        Dates resolved against the first post; status by all posts at the time of reading, without evidence where that
        is in another post than the one shown.
    posts : tuple of Ask
        Its posts, oldest first.
    conflicts : tuple of Conflict
        Numbers in which its posts differ.
    cues : tuple of TrustCue
        What speaks for and against it, for a person to check.
    """

    id: str
    label: str
    also: str | None
    probability: float | None
    certain: bool
    text: str
    details: Details
    posts: tuple[Ask, ...]
    conflicts: tuple[Conflict, ...] = ()
    cues: tuple[TrustCue, ...] = ()

    @property
    def count(self) -> int:
        """How many posts there are of it."""
        return len(self.posts)

    @property
    def first_seen(self) -> datetime | None:
        """When it was first posted."""
        return self.posts[0].posted_at

    @property
    def last_seen(self) -> datetime | None:
        """When it was last posted."""
        return max((ask.posted_at for ask in self.posts if ask.posted_at), default=None)

    @property
    def sources(self) -> tuple[str, ...]:
        """Chats, or else authors, that posted it; each once."""
        return tuple(dict.fromkeys(name for ask in self.posts if (name := ask.chat or ask.author)))

    @property
    def is_private(self) -> bool:
        """Whether its numbers may be a private person's.

        They may where no body is named as asking, where the writer speaks of himself («كلموني») although one is, and
        where the account is a person's.
        """
        organiser = self.details.organiser
        named = organiser is not None and organiser.value.name is not None
        return not named or bool(self.details.personal) or any(cue.name == "account_of_person" for cue in self.cues)


def find_initiatives(
    asks: Sequence[Ask], *, now: datetime | None = None, progress: Callable[[int], object] = lambda done: None
) -> list[Initiative]:
    """Read the details of asks, one initiative for all copies of a post.

    Parameters
    ----------
    asks : sequence of Ask
    now : datetime, optional
        When they are read, by the same clock as their times; the time of the call if left out.
    progress : callable
        Called with the number of initiatives read so far.

    Returns
    -------
    list of Initiative
        Open ones first, then those of unknown status, then closed ones; in each the last seen first.
    """
    now = now or datetime.now()
    found = []
    for done, posts in enumerate(gather(asks), 1):
        found.append(_initiative(posts, now))
        progress(done)
    found.sort(key=lambda one: one.id)
    found.sort(key=lambda one: one.last_seen or datetime.min, reverse=True)
    return sorted(found, key=lambda one: ("open", "unknown", "closed").index(one.details.status.value))


def _initiative(posts: Sequence[Ask], now: datetime) -> Initiative:
    first, fullest = posts[0], max(posts, key=lambda ask: len(ask.text))
    texts = {ask.text: ask for ask in posts}  # of equal texts the last
    versions = {
        text: extract(text, first.posted_at, ask.country, label=fullest.label, now=now) for text, ask in texts.items()
    }
    differing = conflicts(list(versions.values()))
    details = replace(versions[fullest.text], status=_status(versions, fullest.text))
    day = first.posted_at.date().isoformat() if first.posted_at else ""
    return Initiative(
        hashlib.sha256(f"{day} {clean(first.text) or first.text}".encode("utf-8", "replace")).hexdigest()[:10],
        fullest.label,
        fullest.also,
        fullest.probability,
        fullest.certain,
        fullest.text,
        details,
        tuple(posts),
        differing,
        trust_cues(fullest.text, details, posts, differing, now),
    )


def _status(versions: dict[str, Details], shown: str) -> Status:
    """What the last post says that says something; else by the last post with a date; else that of the post shown.

    A version that is repeated word for word is as old as its first post: who passes it on late has not heard the news.
    """
    for reason in ("says", "date"):
        found = [(text, version.status) for text, version in versions.items() if version.status.reason == reason]
        if found:
            text, status = found[-1]
            return status if text == shown else status._replace(evidence=None)
    return versions[shown].status
