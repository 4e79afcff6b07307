"""Clock times: «الساعة 5»، «٩ الصبح»، «من ٤ ل ٦»، «الثامنة والنصف مساء».

A bare hour is meant as people mean it: from 1 to 6 in the afternoon, from 7 to 12 before it. Prayer times are no clock
times, they move with the sun.

>>> from evolunteer_nlp.initiatives.post import read
>>> [(t.start_at, t.end_at) for t in times(read("الجمعة من ٩ الصبح لـ ١ الظهر، والسبت الساعة الخامسة والنصف عصرا"))]
[('09:00', '13:00'), ('17:30', None)]
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from evolunteer_nlp.initiatives.post import Post


class Time(NamedTuple):
    """A clock time, ``HH:MM``, perhaps with an end, and its span in the folded post."""

    start_at: str
    end_at: str | None
    start: int
    end: int


_HOURS = {
    word: hour
    for hour, words in {
        1: "واحده, وحده",
        2: "ثنتين, تنتين, ثانيه, تانيه",
        3: "ثلاثه, ثلاث, تلاته, ثالثه, تالته",
        4: "اربعه, اربع, رابعه",
        5: "خمسه, خمس, خامسه",
        6: "سته, ست, سادسه",
        7: "سبعه, سبع, سابعه",
        8: "ثمانيه, تمانيه, تمنيه, ثمان, ثامنه, تامنه",
        9: "تسعه, تسع, تاسعه",
        10: "عشره, عشر, عاشره",
        11: "حداشر, حاديه عشره, حاديه عشر, احدعش",
        12: "اتناشر, طنعش, اثنعش, ثانيه عشره, ثانيه عشر",
    }.items()
    for word in words.split(", ")
}
_MINUTES = {"ونص": 30, "ونصف": 30, "والنصف": 30, "وربع": 15, "والربع": 15, "الا ربع": -15, "الا الربع": -15,
            "وثلث": 20, "والثلث": 20, "وتلت": 20, "الا ثلث": -20}  # fmt: skip
_MORNING = r"صباحا?|الصباح|الصبح|صبح|ص|فجرا|الفجر|الضحي|ضحي|am"
_NOON = r"ظهرا|الظهر|ظهر|الضهر|ضهر"
_EVENING = r"عصرا|العصر|مساءا?|المساء?|م|المغرب|العشيه|عشيه|العشا|العشاء|بعد الظهر|pm"
_NIGHT = r"ليلا|الليل|بالليل|بليل|فالليل"
_PART = rf"(?:{_MORNING}|{_NOON}|{_EVENING}|{_NIGHT})"
_WORDS = "|".join(sorted(_HOURS, key=len, reverse=True))
_TIME = (
    r"(?:ال\s?)?(?P<h{n}>(?<![\d.,/])(?:2[0-3]|1\d|0?\d)(?![\d/%٪])|(?:" + _WORDS + r")(?!\w))"
    r"(?:[:.](?P<m{n}>[0-5]\d)(?!\d))?(?:\s*(?P<f{n}>" + "|".join(_MINUTES) + r")(?!\w))?"
    r"(?:\s*(?:ديال|تاع|متاع|بتاع|في|ف)?\s*(?P<p{n}>" + _PART + r")(?!\w))?"
)
_CLOCK = r"(?:(?:ال)?ساع[هة]|الس)\s*:?\s*(?:ال\s?)?"
_TO = r"\s*(?:-|و?الي|و?حتي|لين|لحد|لغايه|ل)\s*(?:ال\s?)?(?:(?:ال)?ساعه\s*)?"
_RANGE = re.compile(
    rf"(?<![\w/+.])(?P<from>(?:من|"
    rf"بين)\s*)?(?P<clock>{_CLOCK})?{_TIME.replace('{n}', '1')}{_TO}{_TIME.replace('{n}', '2')}(?![\w/])"
)
_SINGLE = re.compile(rf"(?<![\w/+.])(?:[بل])?(?P<clock>{_CLOCK})?{_TIME.replace('{n}', '1')}(?![\w/])")
_AFTER_BARE = re.compile(r"\s*(?:$|[،,.؛\n!?؟)-]|(?:في|ف|ب\w+|قدام|عند|و\w+|يوم|كل|مساء|بمقر|بالضبط|جنب)(?!\w))")
_FIRST_WORDS = {hour.split()[0] for hour in _HOURS}
_DIGIT = re.compile(r"\d")


def _hour_word(word: str) -> bool:
    return word.removeprefix("ل").removeprefix("ال") in _FIRST_WORDS


def times(post: Post, taken: Sequence[tuple[int, int]] = ()) -> list[Time]:
    """Read all clock times that do not touch ``taken`` spans of the folded post."""
    if not (_DIGIT.search(post.folded) or any(_hour_word(word.text) for word in post.words)):
        return []
    found: list[Time] = []
    taken = list(taken)
    for match in [*_RANGE.finditer(post.folded), *_SINGLE.finditer(post.folded)]:
        if any(match.start() < end and start < match.end() for start, end in taken):
            continue
        time = _range(match) if "h2" in match.groupdict() else _single(match)
        if time:
            found.append(time)
            taken.append(match.span())
    return sorted(found, key=lambda time: time.start)


def _range(match: re.Match[str]) -> Time | None:
    said = any(match[name] for name in ("clock", "m1", "m2", "p1", "p2"))
    if not said and not (match["from"] and _AFTER_BARE.match(match.string, match.end())):
        return None
    first = _minutes(match["h1"], match["m1"], match["f1"], match["p1"])
    second = _minutes(match["h2"], match["m2"], match["f2"], match["p2"])
    if match["p2"] and not match["p1"]:
        same = _minutes(match["h1"], match["m1"], match["f1"], match["p2"])
        first = same if same < second else first
    if second <= first and not match["p2"]:
        second += 12 * 60
    return Time(_shown(first), _shown(second), *match.span())


def _single(match: re.Match[str]) -> Time | None:
    half = match["f1"] and re.match(r"[وبل]?ال\s?\d", match[0])
    if not (match["clock"] or match["p1"] or half or (match["m1"] and ":" in match[0])):
        return None
    return Time(_shown(_minutes(match["h1"], match["m1"], match["f1"], match["p1"])), None, *match.span())


def _shown(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _minutes(hour: str, minute: str | None, fraction: str | None, part: str | None) -> int:
    """Minutes since midnight."""
    h = _HOURS[hour] if hour in _HOURS else int(hour)
    if part and re.fullmatch(_MORNING, part):
        h = 0 if h == 12 else h
    elif part and re.fullmatch(_NOON, part):
        h += 12 if h < 10 else 0
    elif part and re.fullmatch(_NIGHT, part):
        h = 0 if h == 12 else h + 12 if 5 < h < 12 else h
    elif (part or h < 7) and h < 12:
        h += 12
    return h * 60 + int(minute or 0) + _MINUTES.get(fraction or "", 0)
