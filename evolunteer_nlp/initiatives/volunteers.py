"""How many helpers are wanted: a number beside helpers, after a word such as «نحتاج»; sums of a pair.

>>> from evolunteer_nlp.initiatives.lexicon import cues
>>> from evolunteer_nlp.initiatives.post import read
>>> post = read("بدنا عشر صبايا وعشر شباب يساعدوا ٤٠ طفل")
>>> volunteers_wanted(post, cues(post))
Found(value=20, start=5, end=24, text='عشر صبايا وعشر شباب')
"""

import re
from collections.abc import Mapping, Sequence

from evolunteer_nlp.initiatives.lexicon import Cue
from evolunteer_nlp.initiatives.post import Found, Post
from evolunteer_nlp.initiatives.quantities import Number, numbers

_CLAUSE = re.compile(r"[،,.؛\n!?؟]")
_SEATS = re.compile(
    r"(?:العدد|المقاعد|الاماكن|عدد\w*|الشواغر)(?:\s+(?:المطلوب\w*|المتاح\w*|المتبقي\w*|متطوعين|المتطوعين))?\s*:?\s*$"
)
_ALONE = re.compile(r"\s*(?:$|[،,.؛\n!?؟(]|زيهم|علي الاقل|بس|فقط|اخرين|ل\w+|من|يـ?\w+و|ye\w+)")
_DUAL = re.compile(
    r"(?<!\w)(شابين|شخصين|معلمتين|ممرضتين|بنتين|دكتورين|مصممين اثنين|سايقين|سواقين اثنين|متطوعتين|مدرستين|رجالين)(?!\w)"
)
_MOST = 100_000


def volunteers_wanted(
    post: Post, cues: Mapping[str, Sequence[Cue]], taken: Sequence[tuple[int, int]] = ()
) -> Found[int] | None:
    """Read how many helpers are wanted; numbers in ``taken`` spans (phones, dates, money) do not count."""
    total, first, last = 0, -1, -1
    for number in numbers(post):
        if any(number.start < end and start < number.end for start, end in taken):
            continue
        span = _helpers(post, number, cues, joined=0 <= number.start - last < 3)
        if span and 0 < number.value < _MOST and number.value == int(number.value):
            if first >= 0 and number.start - last > 3:
                break
            total, first, last = total + int(number.value), span[0] if first < 0 else first, span[1]
    if first >= 0:
        return post.found(total, first, last)
    dual = _DUAL.search(post.folded)
    if dual and _wanted(post, dual.start(), cues):
        return post.found(2, *dual.span())
    return None


def _wanted(post: Post, start: int, cues: Mapping[str, Sequence[Cue]]) -> bool:
    """Whether something is wanted shortly before, in the same clause."""
    return any(
        cue.end <= start and len(post.between(cue.end, start)) <= 4 and not _CLAUSE.search(post.folded, cue.end, start)
        for cue in cues.get("want", ())
    )


def _helpers(post: Post, number: Number, cues: Mapping[str, Sequence[Cue]], joined: bool) -> tuple[int, int] | None:
    """The span of a number of helpers and their name, or None where it counts something else."""
    helpers = cues.get("helper", ())
    of = number.last + 1 < len(post.words) and post.words[number.last + 1].text in {"ديال", "من", "بتوع", "تاع"}
    after = next((cue for cue in helpers if cue.first == number.last + 1 + of), None)
    before = next((cue for cue in helpers if 1 <= number.first - cue.last <= 3 and cue.last < number.first), None)
    seats = _SEATS.search(post.folded, max(0, number.start - 40), number.start)
    if seats:
        return number.start, after.end if after else number.end
    if after and (joined or _wanted(post, number.start, cues)):
        return number.start, after.end
    if not after and _ALONE.match(post.folded, number.end):
        nearest = [cue for cue in cues.get("want", ()) if cue.last == number.first - 1]
        if nearest and (before or cues.get("volunteer") or helpers) and number.value < 1000 and not number.scaled:
            return number.start, number.end
        clause = before and not re.search(r"[.؛\n!?؟]", post.folded[before.end : number.start])
        if before and clause and number.value < 100 and _wanted(post, before.start + 1, cues):
            return before.start, number.end
    return None
