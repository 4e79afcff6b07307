"""Whether an ask is still open: what the post says, then its dates, then its age.

The words of the post come first; where it says both («اكتمل العدد … وما زلنا نستقبل») something is open. A date that
is not past when the post is written, or when it is read, keeps it open. An ask whose dates are past when it is read
is closed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from evolunteer_nlp.initiatives.dates import When
from evolunteer_nlp.initiatives.lexicon import Cue
from evolunteer_nlp.initiatives.post import Found, Post

AGE = 180
"""Days after which an ask without dates is taken for closed."""


class Status(NamedTuple):
    """Open, closed or unknown, and why.

    Attributes
    ----------
    value : str
        ``open``, ``closed`` or ``unknown``.
    reason : str
        ``says`` (words of the post), ``date`` or ``age``; empty where nothing shows it.
    evidence : Found or None
        The words or the date.
    """

    value: str
    reason: str
    evidence: Found[str] | None


def status(
    post: Post,
    cues: Mapping[str, Sequence[Cue]],
    dates: Sequence[Found[When]],
    posted_at: datetime | None,
    now: datetime | None = None,
) -> Status:
    """Judge whether an ask is open, at the time of posting or at ``now``."""
    at = now or posted_at
    said = {cue.value: post.found(cue.value, cue.start, cue.end) for cue in reversed(cues.get("status", ()))}
    last = max(dates, key=lambda found: found.value.end or found.value.start, default=None)
    past = at is not None and last is not None and (last.value.end or last.value.start)[:10] < at.date().isoformat()
    evidence = None if last is None else Found(last.value.start, last.start, last.end, last.text)
    if "closed" in said and "open" not in said:
        return Status("closed", "says", said["closed"])
    if now and past:
        return Status("closed", "date", evidence)
    if "open" in said:
        return Status("open", "says", said["open"])
    if evidence and at and not past:
        return Status("open", "date", evidence)
    if now and posted_at and (now - posted_at).days > AGE:
        return Status("closed", "age", None)
    return Status("unknown", "", None)
