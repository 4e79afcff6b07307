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

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from evolunteer_nlp.initiatives.clock import Time, times
from evolunteer_nlp.initiatives.lexicon import rows
from evolunteer_nlp.initiatives.post import Found, Post, read
from evolunteer_nlp.initiatives.quantities import named


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


class _Day(NamedTuple):
    """A day or range at a place of the folded post."""

    first: date
    last: date | None
    start: int
    end: int
    kind: str
    """``numeric``, ``named``, ``relative``, ``weekday`` (with a word such as «next»: ``next``), ``deadline``."""


class _Context(NamedTuple):
    post: Post
    posted: date | None
    country: str | None


_LINK = r"\s*(?:-|و?الي غايه|و?الي|و?حتي|لين|الين|لحد|لغايه|ل)\s*(?:يوم\s+)?"
_BEFORE_NUMERIC = re.compile(
    r"(?:يوم|تاريخ|بتاريخ|قبل|حتي|لحد|لغايه|لين|من|الي|الموافق|موعد\S*|بدايه|ابتداء|اعتبارا|اخر\s+\S+|ل|[(:،-]|اثنين|"
    r"ثلاثاء?|اربعاء?|خميس|جمعه|سبت|احد)\s*(?:من\s+)?$"
)
_AFTER_NUMERIC = re.compile(
    r"\s*(?:[،,.]?\s*(?:الساعه|بعد (?:صلاه|العصر|المغرب|العشاء?|الظهر)|من (?:الساعه|\d)|ثلاث|اربع)|[،,.)]|$)"
)
_NUMERIC = re.compile(
    r"(?<![\d/.-])(?:(?P<y1>\d{4})[/.-](?P<m1>\d{1,2})[/.-](?P<d1>\d{1,2})"
    r"|(?P<d2>\d{1,2})\s?(?P<by>[/.-])\s?(?P<m2>\d{1,2})(?P=by)\s?(?P<y2>\d{4}|\d{2})"
    r"|(?P<d3>\d{1,2})\s?/\s?(?P<m3>\d{1,2}))(?![\d/]|[.-]\d)(?:\s?(?P<era>ه|م)(?!\w))?"
)
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
_SINCE = re.compile(r"(?<!\w)(?:من|منذ)\s+(?:يوم\s+)?$")
_STARTING = re.compile(
    r"(?:ابتداء|اعتبارا?|بدءا?|انطلاقا?|بدايه)\s+(?:من\s+)?(?:يوم\s+)?$|(?:ابتداء|اعتبارا?|بدءا?)\s*$"
)
_AFTER_TIME = 15
"""Letters by which a day before a time is nearer to it than one after: «غدوة مع 8، وبعد غد»."""
_LONG_PAST = 60
"""Days: a date without a year that is longer past means next year's."""
_BETWEEN = re.compile(
    r"[\s،,:(-]*(?:(?:ال)?(?:قادم|مقبل|جاي|موافق)\w*)?[\s،,:(-]*(?:ال?موافق\w*|و?هو|بتاريخ|يوم|اللي هو|يعني|"
    r"ل)?[\s،,:()-]*"
)


@functools.cache
def _months() -> Mapping[str, tuple[str, int]]:
    return {
        read(name).folded: (calendar, int(month))
        for calendar, month, names in rows("months.tsv")
        for name in names.split(", ")
    }


@functools.cache
def _month() -> str:
    return "|".join(name.replace(" ", r"\s+") for name in sorted(_months(), key=len, reverse=True))


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(template.replace("MONTH", f"(?:{_month()})").replace("LINK", _LINK))


def _calendar(name: str) -> tuple[str, int]:
    return _months()[" ".join(name.split())]


def dates(
    post: Post, posted_at: datetime | None, country: str | None, taken: list[tuple[int, int]] | None = None
) -> tuple[Found[When], ...]:
    """Read all dates that overlap no span of the folded post in ``taken``; their own spans are added to it."""
    taken = [] if taken is None else taken
    context = _Context(post, posted_at.date() if posted_at else None, country)
    clock = times(post, taken)
    days: list[_Day] = []
    busy = list(taken)
    for reader in (_numeric, _named, _relative, _weekdays):
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


def _touches(time: Time, days: list[_Day]) -> bool:
    return any(time.start < day.end and day.start < time.end and day.kind in {"numeric", "named"} for day in days)


def _day(calendar: str, year: int | None, month: int, day: int, posted: date | None) -> date | None:
    """A date of either calendar; without a year the nearest one that is not long past, None if there is none."""
    if year is None:
        if not posted:
            return None
        this = posted.year if calendar == "gregorian" else _hijri_year(posted)
        found = [_day(calendar, this + shift, month, day, None) for shift in (-1, 0, 1)]
        return next((each for each in found if each and (each - posted).days >= -_LONG_PAST), None)
    try:
        if calendar == "gregorian":
            return date(year + 2000 if year < 100 else year, month, day)
        from hijridate import Hijri

        return date(*Hijri(year, month, day).to_gregorian().datetuple())
    except (ValueError, OverflowError):
        return None


def _hijri_year(day: date) -> int:
    from hijridate import Gregorian

    try:
        return int(Gregorian(day.year, day.month, day.day).to_hijri().year)
    except (ValueError, OverflowError):
        return 0


def _month_end(calendar: str, year: int | None, month: int, posted: date | None) -> date | None:
    first = _day(calendar, year, month, 1, posted)
    if not first:
        return None
    written = first.year if calendar == "gregorian" else _hijri_year(first)
    return next((end for n in (31, 30, 29, 28) if (end := _day(calendar, written, month, n, None))), None)


def _numeric(context: _Context, clock: list[Time]) -> Iterator[_Day]:
    text = context.post.folded
    if not any(sign in text for sign in "/-."):
        return
    for match in _NUMERIC.finditer(text):
        day, month = (int(match["d1"] or match["d2"] or match["d3"]), int(match["m1"] or match["m2"] or match["m3"]))
        year = int(match["y1"] or match["y2"] or 0) or None
        if not year:
            before = _BEFORE_NUMERIC.search(text, max(0, match.start() - 20), match.start())
            if not before and not _AFTER_NUMERIC.match(text, match.end()):
                continue
            if not before and (day, month) in {(24, 7), (1, 2), (1, 3), (1, 4), (50, 50)}:
                continue
        calendar = "hijri" if match["era"] == "ه" or (year and 1300 < year < 1500) else "gregorian"
        found = _day(calendar, year, month, day, context.posted)
        if found and (not year or abs(found.year - (context.posted or found).year) <= 2):
            yield _Day(found, None, match.start(), match.end(), "numeric")


def _named(context: _Context, clock: list[Time]) -> Iterator[_Day]:
    text, posted = context.post.folded, context.posted
    year = r"(?:[\s,]*(?:سنه|عام|لعام|لسنه)?\s*(?P<y>(?:14|20)\d\d)(?!\d))?(?:\s?(?:ه|م)(?!\w))?"
    both = _pattern(
        r"(?:(?<!\w)(?:من|بين|يومي|ايام)\s*)?(?<![\d.,/:])(?P<d1>\d{1,2})(?:LINK|"
        r"\s*و\s*)(?P<d2>\d{1,2})\s*(?:من\s+)?(?:شهر\s+)?"
        r"(?P<month>MONTH)(?!\w)" + year
    )
    one = _pattern(
        r"(?<![\d.,/:])(?P<d>\d{1,2})\s{0,2}(?:-|/|من)?\s{0,2}(?:شهر\s+)?(?P<month>MONTH)(?!\w)"
        + year
        + r"|(?<!\w)(?:من )?(?:ال)?(?P<dw>[ء-ي]{2,10})\s+(?:من\s+)?(?:شهر\s+)?(?P<monthw>MONTH)(?!\w)"
        + year.replace("<y>", "<yw>")
    )
    if re.search(_month(), text):
        for match in both.finditer(text):
            calendar, month = _calendar(match["month"])
            written = int(match["y"]) if match["y"] else None
            first = _day(calendar, written, month, int(match["d1"]), posted)
            last = _day(calendar, written, month, int(match["d2"]), posted)
            if first and last and first < last:
                yield _Day(first, last, match.start(), match.end(), "named")
        for match in one.finditer(text):
            day = int(match["d"]) if match["d"] else _ordinal(match["dw"])
            if day:
                calendar, month = _calendar(match["month"] or match["monthw"])
                typed = match["y"] or match["yw"]
                found = _day(calendar, int(typed) if typed else None, month, day, posted)
                if found:
                    yield _Day(found, None, match.start(), match.end(), "named")
        yield from _parts_of_months(context)
    yield from _this_month(context)


_ORDINALS = {"اول": 1, "غره": 1, "واحد": 1, "ثاني": 2, "ثالث": 3, "رابع": 4, "خامس": 5, "سادس": 6, "سابع": 7, "ثامن": 8,
             "تاسع": 9, "عاشر": 10, "منتصف": 15, "نص": 15, "نصف": 15}  # fmt: skip


def _ordinal(word: str) -> int | None:
    if word in _ORDINALS:
        return _ORDINALS[word]
    number = named(word)
    return int(number[0]) if number and number[0] in {10, 20, 30} and not number[1] else None


def _parts_of_months(context: _Context) -> Iterator[_Day]:
    """«نهاية شعبان», «قبل جويلية», «طول رمضان»."""
    for match in _pattern(
        r"(?<!\w)[وفبل]?(?P<part>اخر|نهايه|اواخر|اخر يوم من|اخر يوم في|قبل|طول|طوال|"
        r"طيله)\s+(?:شهر\s+)?(?P<month>MONTH)(?!\w)"
        r"(?:\s*(?P<y>(?:14|20)\d\d))?"
    ).finditer(context.post.folded):
        calendar, month = _calendar(match["month"])
        year = int(match["y"]) if match["y"] else None
        end = _month_end(calendar, year, month, context.posted)
        first = _day(calendar, year, month, 1, context.posted)
        part = match["part"]
        if part == "قبل" and first:
            yield _Day(first, None, match.start("month"), match.end(), "deadline")
        elif part.startswith("ط") and first and end:
            yield _Day(first, end, match.start(), match.end(), "named")
        elif part.startswith(("ا", "ن")) and end:
            yield _Day(end, None, match.start(), match.end(), "deadline")


def _this_month(context: _Context) -> Iterator[_Day]:
    """«قبل ١٥ الشهر», «آخر الشهر», «يوم 20 الشهر الجاي»."""
    if not context.posted:
        return
    for match in re.finditer(r"(?<!\w)[وفلب]?(?:يوم|نهار)" + _OF_MONTH.pattern, context.post.folded):
        if found := _next_of_month(context.posted, int(match["d"])):
            yield _Day(found, None, match.start(), match.end(), "named")
    if "شهر" not in context.post.folded:
        return
    for match in re.finditer(
        r"(?<!\w)(?:(?P<d>\d{1,2})\s*(?:من\s+|في\s+|ف\s*|ب)?|(?P<end>[وبل]?(?:اخر|نهايه|اواخر)\s+)|"
        r"(?P<first>[وبل]?(?:اول|بدايه|مطلع)\s+))"
        r"(?:هذا\s+)?(?:ال|ها?ل)شهر(?!\w)(?P<next>\s+(?:القادم|الجاي|المقبل|الجي|الياي|اللي جاي))?",
        context.post.folded,
    ):
        month = context.posted.replace(day=1)
        if match["next"] or (match["first"] and not match["d"]):
            month = (month + timedelta(31)).replace(day=1)
        if match["end"]:
            end = _month_end("gregorian", month.year, month.month, None)
            if end:
                yield _Day(end, None, match.start(), match.end(), "deadline")
            continue
        found = _day("gregorian", month.year, month.month, int(match["d"] or 1), None)
        if found:
            yield _Day(found, None, match.start(), match.end(), "named")


_TOMORROW = (
    r"بكر[هاي]|بوكرا|غدا|غد|غدو[هيا]|الغد|با[چج]ر|باكر|bokra|bukra|bokrah|ghodwa|ghadwa|ghedda|ghadda|demain|tomorrow"
)
_RELATIVE = re.compile(
    rf"(?<!\w)[وفلب]?(?:(?P<after>بعد|عقب)\s+)?(?:يوم\s+)?(?:{_TOMORROW})(?!\w)(?!\s+(?:الظهر|عشا)\s*[ي])"
)
_MEAL = re.compile(r"(?:وجب\w+|عزوم\w+|فطور|عشا|طبخ\w*)\s+(?:و)?$")
_TODAY = re.compile(
    r"(?<!\w)(?P<word>[وفل]?(?:اليوم|النهارده|انهارده|النهاردا|الليله|هالليله|الليله دي|اليله|هاليوم|lyoum|"
    r"elnaharda|el naharda))(?!\w)"
    r"(?!\s+ال(?!خميس|جمعه|سبت|احد|اثنين|ثلاثاء|اربعاء|ساعه|عصر|مغرب|عشاء?|ظهر|صبح|مسا)\w+)"
)
_BY_TODAY = re.compile(
    r"(?:الساعه|العصر|عصرا|المغرب|مغرب|العشا|العشاء|الظهر|ظهرا|مساء|صباحا|الصبح|المسا|الليل|الفجر|التراويح|الان|"
    r"فقط|اخر يوم)(?!\w)"
)
_NOW_UNTIL = re.compile(
    r"(?<!\w)(?:من\s+)?(?:دلوقتي|دلوقت|هسه|الحين|توا|الان|هلا|هلق|ذحين)\s+(?:لحد|لين|حتي|لغايه|الي|ل)(?!\w)"
)
_END_OF_TODAY = re.compile(
    r"(?<!\w)(?:قبل|لحد|حتي)\s+(?P<end>الليل|نهايه اليوم|اخر اليوم|منتصف الليل|نهايه الدوام)(?!\w)"
)
_WEEKEND = re.compile(
    r"(?<!\w)(?<!كل )[وبف]?(?:(?:نهايه|اخر|عطله|عطله نهايه)\s+(?:ها?ل|ال|هذا ال)اسبوع|ال?ويك\s?اند|weekend)(?!\w)"
)
_WITHIN = re.compile(
    r"(?<!\w)[وف]?(?P<how>خلال|في غضون|في ظرف|بعد|عقب)\s+(?:(?P<n>\d{1,2}|[ء-ي]+)\s+)?"
    r"(?P<unit>يومين|اسبوعين|ايام|يوما?|اسبوع|اسابيع|ساعه)(?!\w)"
)


def _finditer(pattern: re.Pattern[str], text: str, *signs: str) -> Iterator[re.Match[str]]:
    """Matches in a text that has one of the signs without which there are none: looking for them is cheaper."""
    return pattern.finditer(text) if any(sign in text for sign in signs) else iter(())


def _relative(context: _Context, clock: list[Time]) -> Iterator[_Day]:
    text, posted = context.post.folded, context.posted
    if not posted:
        return
    for match in _RELATIVE.finditer(text):
        if not ("غدا" in match[0] and _MEAL.search(text, max(0, match.start() - 12), match.start())):
            yield _Day(posted + timedelta(2 if match["after"] else 1), None, match.start(), match.end(), "relative")
    for match in _finditer(_TODAY, text, "اليوم", "هاليوم", "نهارد", "ليل", "youm", "naharda"):
        here = text[max(0, match.start() - 30) : match.end() + 35]
        near = any(abs(time.start - match.end()) < 40 or abs(match.start() - time.end) < 30 for time in clock)
        if (near or _BY_TODAY.search(here)) and not re.search(r"(?:كل|طول|من|نفس)\s*$", text[: match.start()][-6:]):
            yield _Day(posted, None, match.start(), match.end(), "relative")
    for match in _NOW_UNTIL.finditer(text):
        yield _Day(posted, None, match.start(), match.end(), "relative")
    for match in _finditer(_END_OF_TODAY, text, "الليل", "اليوم", "الدوام"):
        yield _Day(posted, None, match.start("end"), match.end(), "deadline")
    for match in _finditer(_WEEKEND, text, "اسبوع", "اند", "weekend"):
        first = 5 if context.country in {"AE", "MA", "TN", "LB", "MR"} else 4
        start = posted + timedelta((first - posted.weekday() - 1) % 7 + 1)
        yield _Day(start, start + timedelta(1), match.start(), match.end(), "relative")
    for match in _finditer(_WITHIN, text, "يوم", "ايام", "اسبوع", "اسابيع", "ساعه"):
        days = _span(match["n"], match["unit"])
        if days:
            kind = "relative" if match["how"] in {"بعد", "عقب"} else "deadline"
            yield _Day(posted + timedelta(days), None, match.start(), match.end(), kind)


def _span(count: str | None, unit: str | None) -> int | None:
    """Days in «٣ أيام», «يومين», «أسبوع», «48 ساعة»."""
    number = int(count) if count and count.isdecimal() else int((named(count) or (0,))[0]) if count else None
    if unit in {"يومين", "اسبوعين"} and count is None:
        return 2 if unit == "يومين" else 14
    if unit == "ساعه":
        return number // 24 if number and number % 24 == 0 else None
    if unit in {"اسبوع", "اسابيع"}:
        return 7 * (number or 1) if number != 0 else None
    return number if number and number < 100 else None


_BEFORE_RECURRING = re.compile(
    r"(?:(?<!\w)(?:كل|عدا|سوق|صلاه|خطبه|ايام|باستثناء|غير|جامع|مسجد|حد|الا)\s+(?:يوم\s+|نهار\s+)?|كل\s+\w+\s+و)$"
)
_PAST = re.compile(
    r"\s+(?:(?:اللي|الي)\s+)?(?:فات|فاتت|لفات|الماضي|الماضيه|الفايت|الفايته|المنصرم|السابق|راح|مضي|الفارط|"
    r"الفارطه)(?!\w)"
)
_NEXT = re.compile(
    r"\s*(?P<next>(?:ال|اللي\s+|الي\s+|el |ely )?(?:جاي|جايه|جي|جيه|ياي|يايه|قادم|قادمه|مقبل|مقبله|gaya|gay|jaye|"
    r"jey)|هذا|هذي|هاي|هاد|هادا|ده|دي)(?!\w)"
    r"|\s+(?P<week>(?:من\s+)?(?:ال)?اسبوع\s+(?:القادم|الجاي|المقبل))|\s+(?P<over>بعد\s+(?:الجاي|الجايه|القادم|القادمه))"
)


@functools.cache
def _weekday() -> tuple[re.Pattern[str], Mapping[str, int]]:
    free: list[str] = []
    bound: list[str] = []
    days: dict[str, int] = {}
    for day, *names in rows("weekdays.tsv"):
        for place, listed in zip((free, bound), names, strict=False):
            for name in filter(None, (read(name).folded for name in listed.split(", "))):
                place.append(name)
                days[name] = int(day)
    free_words, bound_words = ("|".join(sorted(words, key=len, reverse=True)) for words in (free, bound))
    return re.compile(
        rf"(?<!\w)(?P<day>[وفبل]?(?:يوم|نهار|ليله|هاد|نهاره)\s+)?(?:(?:وال|فال|بال|عال|لل|ال|el |il |"
        rf"l)?(?P<free>{free_words})"
        rf"|(?P<article>وال|فال|بال|لل|ال)?(?P<bound>{bound_words}))(?!\w)"
    ), days


def _weekdays(context: _Context, clock: list[Time]) -> Iterator[_Day]:
    pattern, days = _weekday()
    text, posted = context.post.folded, context.posted
    if not posted:
        return
    for match in pattern.finditer(text):
        article = match["article"] or match["day"]
        if match["bound"] and (not article or (match["bound"] in {"حد", "اربع"} and not match["day"])):
            continue
        if match["free"] == "جمعه" and _is_week(context, match):
            continue
        modifier = _NEXT.match(text, match.end())
        if _PAST.match(text, match.end()):
            continue
        before = text[max(0, match.start() - 22) : match.start()]
        if _BEFORE_RECURRING.search(before):
            yield _Day(posted, None, match.start(), match.end(), "recurring")
            continue
        since = not modifier and _SINCE.search(before) and not _STARTING.search(before)
        timed = any(0 <= time.start - match.end() < 4 for time in clock)
        if since and not timed and not re.match(_LINK + r"(?:ال|لل)?\w", text[match.end() :]):
            continue
        day = days[match["free"] or match["bound"]]
        of_month = _OF_MONTH.match(text, match.end())
        if (
            of_month
            and not modifier
            and (exact := _next_of_month(posted, int(of_month["d"])))
            and exact.weekday() == day
        ):
            yield _Day(exact, None, match.start(), of_month.end("d"), "named")
            continue
        ahead = (day - posted.weekday() - 1) % 7 + 1
        if modifier and modifier["over"]:
            ahead += 7
        elif modifier and modifier["week"]:
            ahead = (6 - posted.weekday() - 1) % 7 + 1 + (day + 1) % 7  # weeks begin on Sunday
        end = modifier.end() if modifier else match.end()
        yield _Day(posted + timedelta(ahead), None, match.start(), end, "next" if modifier else "weekday")


_OF_MONTH = re.compile(
    r"\s+(?P<d>\d{1,2})(?![\d:٪%]|[/.-]\d|\s*(?:ص|م|صباح\w*|مساء\w*|الصبح|العصر|الظهر|المغرب|ايام|ساعات|اشخاص)(?!\w))"
)


def _next_of_month(posted: date, day: int) -> date | None:
    """The next day of that number in this month or the next."""
    following = (posted.replace(day=1) + timedelta(31)).replace(day=1)
    for month in (posted, following):
        found = _day("gregorian", month.year, month.month, day, None)
        if found and found >= posted:
            return found
    return None


def _is_week(context: _Context, match: re.Match[str]) -> bool:
    """«جمعة» is a week in the Maghreb and a gathering elsewhere, without an article or in «حصتين في الجمعة»."""
    in_it = re.search(r"(?<!\w)(?:في|ف)\s*$", match.string[max(0, match.start() - 4) : match.start()])
    return not match["day"] and (match[0] == "جمعه" or bool(in_it and context.country in {"LY", "TN", "DZ", "MA"}))


def _merge(post: Post, days: list[_Day]) -> list[_Day]:
    """One day for a weekday and the date beside it; one range for «من … إلى …»."""
    merged: list[_Day] = []
    for day in days:
        if not merged:
            merged.append(day)
            continue
        last = merged[-1]
        between = post.folded[last.end : day.start]
        loose = {"weekday", "next"}
        joined = between.isspace() and post.folded.startswith("و", day.start)
        if joined and last.kind in loose and day.kind in loose and (day.first - last.first).days == 1 and not last.last:
            merged[-1] = _Day(last.first, day.first, last.start, day.end, "next")
        elif (
            _links(post, between, day)
            and not last.last
            and last.first < day.first
            and (between.strip() == "-" or _opens(post, last))
        ):
            weekly = last.kind == day.kind == "weekday" and _WEEKLY.search(post.folded)
            kind = "recurring" if weekly or "recurring" in {last.kind, day.kind} else "named"
            merged[-1] = _Day(last.first, day.last or day.first, last.start, day.end, kind)
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


def _links(post: Post, between: str, day: _Day) -> bool:
    """Whether a range goes on: «إلى», «-», or the «ل» of «للخميس»."""
    return bool(between.strip() and re.fullmatch(_LINK, between)) or (
        between.isspace() and re.match(r"ل(?:ل|يوم|ا?ل)", post.folded[day.start :]) is not None
    )


def _opens(post: Post, day: _Day) -> bool:
    return bool(
        re.search(
            r"(?<!\w)(?:من|بين|ابتداء|اعتبارا|الفتره|يوم)\s*:?\s*(?:يوم\s+)?$",
            post.folded[max(0, day.start - 18) : day.start],
        )
    ) or (post.folded.startswith("من", day.start))


def _lasting(post: Post, day: _Day, count: int) -> _Day:
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
    days = _span(groups("n"), groups("unit")) if groups("unit") else _span(None, groups("n"))
    return day._replace(last=day.first + timedelta(days - 1)) if days and 1 < days <= 31 else day


def _with_times(post: Post, days: list[_Day], clock: list[Time]) -> list[When]:
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


def _is_deadline(post: Post, day: _Day | None) -> bool:
    if not day:
        return False
    match = _DEADLINE.search(post.folded, max(0, day.start - 45), day.start)
    return day.kind == "deadline" or bool(match and not day.last)


def _when(post: Post, day: _Day, time: Time | None) -> When:
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
