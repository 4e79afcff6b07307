"""Whether an ask is still open: what the post says, then its dates, then its age.

The words of the post come first; where it says both («اكتمل العدد … وما زلنا نستقبل») something is open. Words of an
end say that it is open where they are denied, only foreseen or followed by an ask («ما اكتمل العدد», «حتى اكتمال
العدد», «اكتمل التمويل وينقصنا خمسة»). A date that is not past when the post is written, or when it is read, keeps it
open. An ask whose dates are past when it is read is closed.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from evolunteer_nlp.initiatives.dates import When
from evolunteer_nlp.initiatives.lexicon import Cue
from evolunteer_nlp.initiatives.post import Found, Post

AGE = 180
"""Days after which an ask without dates is taken for closed."""

_MOST = 50
"""Words of a status that are looked at: each looks through the rest of the post."""
_NOT_YET = re.compile(
    r"(?<!\w)[وف]?(?:ما|لم|لا|مو|مش|لسا|لسه|قبل|عند|عندما|حين|لحين|لما|اذا|ان|لو|حتي|لحتي|لين|لحد|لغايه|ريثما|بمجرد|متي|"
    r"باش|حد ما|بس)\s+(?:قد\s+)?$"
)
_STILL_WANTED = re.compile(
    r"(?<!\w)(?<!ما )(?<!لا )(?<!مش )(?<!مو )(?<!عاد )(?<!كنا )[وب]?(?:[نمتي]?[نت]حتاج|محتاج|ناقص|نقصنا|"
    r"باقي|بقي|تبقي|فاضل|فضل(?! الله)|نبي(?!ل)|نبغ|نبو|نشتي|نريد|عايزين|عاوزين|بدنا|خاصنا|خصنا|يلزمنا|"
    r"دايرين|نبحث|مطلوب)"
    r"|[يت]نقصن|(?<!\w)(?:لسا|لسه|مازال|ما زال)(?!\w)"
)
_SENTENCE_END = re.compile(r"[.\n!؟]|$")
_BEGINS, _SHORT = 3, 8
"""Words: an end at the very beginning of a post, or in a short first sentence, is news of the ask below it."""
_PROGRESS = re.compile(
    r"\d[^.\n؟!]{0,30}?\s(و(?:نحتاج|باقي|بقي|بقين|تبقي|ينقصنا|ناقصنا|فاضل|مازال|يتبقي)\s+(?:الي\s+)?\d+)"
)
"""«جمعنا 22 ألف ونحتاج 19»: what is still missing of it."""
_DONE_ENDS = re.compile(
    r"(?:\s+\w+){0,3}?\s+(?:كلها|كله|كلهم|كامل\w*|بالكامل)(?!\w)|"
    r"[^\w\n]*(?:\n|$|و?شكرا|و?جزا|و?الله|و?ربنا|و?ربي|و?لله|و?الحمد|و?مشكور|و?يعطيكم|و?بارك)|\s*[^\w\s«\"(/-]"
)
"""«تم بحمد الله» (value ``done``) closes where it is all that is said, not before what was done («تم توزيع السلال»)."""


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
    said = {
        value: post.found(value, cue.start, cue.end)
        for cue in reversed(cues.get("status", ())[:_MOST])
        if (value := _says(post, cue))
    }
    if not said and (part := _PROGRESS.search(post.folded)):
        said["open"] = post.found("open", *part.span(1))
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


def _says(post: Post, cue: Cue) -> str | None:
    """``open`` or ``closed``, or None where the words around a cue take it back."""
    if cue.value == "open":
        return cue.value
    if cue.value == "done" and not _DONE_ENDS.match(post.folded, cue.end):
        return None
    if _NOT_YET.search(post.folded, max(0, cue.start - 20), cue.start):
        return "open"
    end = _SENTENCE_END.search(post.folded, cue.end).end()  # type: ignore[union-attr]  # the end of the post at last
    if cue.first >= _BEGINS and not (cue.first < _SHORT and len(post.between(0, end)) <= _SHORT):
        end = len(post.folded)
    return "open" if _STILL_WANTED.search(post.folded, cue.end, end) else "closed"
