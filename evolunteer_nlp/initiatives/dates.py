"""When: days and ranges of days, resolved against the day on which the post was written.

Looked for in this order, each where nothing was found before::

    numeric      2026-03-12, ١٢/٣/٢٠٢٦, 12/3 (day before month) after a word that a date follows
    named        «٢٥ ديسمبر», «من 5 إلى 9 مايو», «١٥ شعبان ١٤٤٧», «نهاية شعبان», «قبل جويلية», «قبل ١٥ الشهر»
    relative     «بكرة، غدوة، باچر، بعد غد»; «اليوم» where a time stands by it; «نهاية الأسبوع»; «خلال ٣ أيام»
    weekdays     «الجمعة الجاية»: the next one after posting; not «كل جمعة», «الخميس اللي فات», «سوق الجمعة»

Months are those of Egypt and the Gulf, the Levant and Iraq, the Maghreb, and the Hijri ones (Umm al-Qura, by
``hijridate``). A date without a year is the one nearest to the posting that is not long past. Whatever stays
ambiguous is left out: recurring days, feasts, months by themselves, and everything relative in a post whose own date
is unknown.

>>> from datetime import datetime
>>> from evolunteer_nlp.initiatives.post import read
>>> post = read("من ٥ إلى ٩ مايو، والتسجيل لين الجمعة الجاية الساعة ٨ مساء")
>>> for found in dates(post, datetime(2025, 4, 20), "AE"):
...     print(found.value, found.text)
When(start='2025-05-05', end='2025-05-09', role='event') من ٥ إلى ٩ مايو
When(start='2025-04-25T20:00', end=None, role='deadline') الجمعة الجاية
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from evolunteer_nlp.initiatives.calendars import LINK, Context, Day
from evolunteer_nlp.initiatives.clock import Time, times
from evolunteer_nlp.initiatives.post import Found, Post
from evolunteer_nlp.initiatives.relative_days import days_in, relative
from evolunteer_nlp.initiatives.weekdays import weekdays
from evolunteer_nlp.initiatives.written_days import named_days, numeric


class When(NamedTuple):
    """A day or a range of days.

    Attributes
    ----------
    start, end : str
        ISO 8601: a date, or a date and time where a clock time is given; ``end`` is None for a single moment.
    role : str
        ``event``, or ``deadline`` for the last day of something.
    """

    start: str
    end: str | None
    role: str


_DURATION = re.compile(
    r"(?:لمده|مده\s+\w+|مدتها|مدته|علي مدي|علي مدار|دوره من|تستمر|يستمر)\s+(?P<n>\w+)(?:\s+(?P<unit>ايام|يوم\w?|"
    r"اسابيع))?(?!\w)"
)

_DAYS_NEXT = re.compile(r"[\s،,]*(?:لمده\s+)?(?P<n>\w+)\s+(?P<unit>ايام)(?!\w)")

_DEADLINE = re.compile(
    r"(?<!\w)(?:[وفل]?قبل(?!\w)[^.،,؛\n!?؟]{0,20}|(?:[وفل]?(?:حتي|لحد|لغايه|لغايت|لين|الين|الي غايه)|[وف]?(?:اخر|"
    r"اقصي)\s+(?:موعد|يوم|اجل|مهله|فرصه)|ب?اجل اقصاه|"
    r"موعد اقصاه|اقصاه|[ويتس]?[يت]نتهي|ينتهي|تنتهي|انتهاء|[يت]غلق|اغلاق|[يت]قفل|يسكر|بيسكر|المهله|الموعد النهايي|"
    r"لن نقبل)"
    r"(?!\w)[^.؛\n!?؟]{0,32})$"
)

_AFTER_TIME = 15
"""Letters by which a day before a time is nearer to it than one after: «غدوة مع 8، وبعد غد»."""

_BETWEEN = re.compile(
    r"[\s،,:(-]*(?:(?:ال)?(?:قادم|مقبل|جاي|موافق)\w*)?[\s،,:(-]*(?:ال?موافق\w*|و?هو|بتاريخ|يوم|اللي هو|يعني|"
    r"ل)?[\s،,:()-]*"
)


def dates(
    post: Post, posted_at: datetime | None, country: str | None, taken: list[tuple[int, int]] | None = None
) -> tuple[Found[When], ...]:
    """Read all dates that overlap no span of the folded post in ``taken``; their own spans are added to it."""
    taken = [] if taken is None else taken
    context = Context(post, posted_at.date() if posted_at else None, country)
    clock = times(post, taken)
    days: list[Day] = []
    busy = list(taken)
    for reader in (numeric, named_days, relative, weekdays):
        for day in reader(context, clock):
            if not any(day.start < end and start < day.end for start, end in busy):
                days.append(day)
                busy.append((day.start, day.end))
    days = _merge(post, sorted(days, key=lambda day: day.start))
    days = [_lasting(post, day, len(days)) for day in days if day.kind != "recurring"]
    whens = _with_times(post, days, [time for time in clock if not _touches(time, days)])
    taken += [(day.start, day.end) for day in days] + [(time.start, time.end) for time in clock]
    first: dict[str, Found[When]] = {}
    for day, when in zip(days, whens, strict=True):
        first.setdefault(when.start, post.found(when, day.start, day.end))
    return tuple(first.values())


def _touches(time: Time, days: list[Day]) -> bool:
    return any(time.start < day.end and day.start < time.end and day.kind in {"numeric", "named"} for day in days)


def _merge(post: Post, days: list[Day]) -> list[Day]:
    """One day for a weekday and the date beside it; one range for «من … إلى …»."""
    merged: list[Day] = []
    for day in days:
        if not merged:
            merged.append(day)
            continue
        last = merged[-1]
        between = post.folded[last.end : day.start]
        loose = {"weekday", "next"}
        joined = between.isspace() and post.folded.startswith("و", day.start)
        if joined and last.kind in loose and day.kind in loose and (day.first - last.first).days == 1 and not last.last:
            merged[-1] = Day(last.first, day.first, last.start, day.end, "next")
        elif (
            _links(post, between, day)
            and not last.last
            and last.first < day.first
            and (between.strip() == "-" or _opens(post, last))
        ):
            weekly = last.kind == day.kind == "weekday" and _WEEKLY.search(post.folded)
            kind = "recurring" if weekly or "recurring" in {last.kind, day.kind} else "named"
            merged[-1] = Day(last.first, day.last or day.first, last.start, day.end, kind)
        elif (
            (last.kind in loose) != (day.kind in loose)
            and "recurring" not in {last.kind, day.kind}
            and (_BETWEEN.fullmatch(between))
        ):
            sure = day if last.kind in loose else last
            merged[-1] = sure._replace(start=last.start, end=day.end)
        elif "موافق" in between and len(between) < 20 and abs((day.first - last.first).days) <= 2:
            sure = day if day.kind == "numeric" else last
            merged[-1] = sure._replace(start=last.start, end=day.end)
        elif last.kind == "recurring" and between.strip() in {"و", ""} and day.kind == "weekday":
            merged[-1] = last._replace(end=day.end)
        else:
            merged.append(day)
    return merged


_WEEKLY = re.compile(r"يوميا|اسبوعيا|(?<!\w)كل(?!\w)|الدوام|دوام|مواعيد|ساعات|اوقات|طول السنه|دايما")


def _links(post: Post, between: str, day: Day) -> bool:
    """Whether a range goes on: «إلى», «-», or the «ل» of «للخميس»."""
    return bool(between.strip() and re.fullmatch(LINK, between)) or (
        between.isspace() and re.match(r"ل(?:ل|يوم|ا?ل)", post.folded[day.start :]) is not None
    )


def _opens(post: Post, day: Day) -> bool:
    return bool(
        re.search(
            r"(?<!\w)(?:من|بين|ابتداء|اعتبارا|الفتره|يوم)\s*:?\s*(?:يوم\s+)?$",
            post.folded[max(0, day.start - 18) : day.start],
        )
    ) or (post.folded.startswith("من", day.start))


def _lasting(post: Post, day: Day, count: int) -> Day:
    """A day with its end where the post says for how many days."""
    match = _DAYS_NEXT.match(post.folded, day.end) or (_DURATION.search(post.folded) if count < 3 else None)
    if (
        not match
        or day.last
        or day.kind == "deadline"
        or _DEADLINE.search(post.folded, max(0, day.start - 40), day.start)
    ):
        return day
    groups: Callable[[str], str | None] = match.groupdict().get
    if not groups("unit") and groups("n") not in {"يومين", "اسبوعين", "اسبوع"}:
        return day
    days = days_in(groups("n"), groups("unit")) if groups("unit") else days_in(None, groups("n"))
    return day._replace(last=day.first + timedelta(days - 1)) if days and 1 < days <= 31 else day


def _with_times(post: Post, days: list[Day], clock: list[Time]) -> list[When]:
    """Roles, and each clock time with the nearest single day."""
    timed: dict[int, Time] = {}
    for time in clock:
        near = [
            (time.start - day.end if day.end <= time.start else abs(day.start - time.end) + _AFTER_TIME, n)
            for n, day in enumerate(days)
            if not day.last and n not in timed
        ]
        distance, n = min(near, default=(1000, 0))
        if distance <= (30 if _is_deadline(post, days[n] if near else None) else 80):
            timed[n] = time
    return [_when(post, day, timed.get(n)) for n, day in enumerate(days)]


def _is_deadline(post: Post, day: Day | None) -> bool:
    if not day:
        return False
    match = _DEADLINE.search(post.folded, max(0, day.start - 45), day.start)
    return day.kind == "deadline" or bool(match and not day.last)


def _when(post: Post, day: Day, time: Time | None) -> When:
    deadline = _is_deadline(post, day)
    if not time:
        return When(
            day.first.isoformat(), day.last.isoformat() if day.last else None, "deadline" if deadline else "event"
        )
    until = re.search(r"(?:قبل|حتي|لحد|لغايه|لين)\s*$", post.folded[max(0, time.start - 8) : time.start])
    start = f"{day.first}T{time.start_at}"
    if time.end_at and not deadline:
        night = time.end_at <= time.start_at
        return When(start, f"{day.first + timedelta(night)}T{time.end_at}", "event")
    return When(start, None, "deadline" if deadline or until else "event")
