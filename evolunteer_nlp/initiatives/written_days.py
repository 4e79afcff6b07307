"""Days that are written with numbers or names of months: «12/3», «من 5 إلى 9 مايو», «١٥ شعبان», «آخر الشهر»."""

import re
from collections.abc import Iterator
from datetime import timedelta

from evolunteer_nlp.initiatives.calendars import (
    OF_MONTH,
    Context,
    Day,
    calendar,
    first_words,
    month_end,
    next_of_month,
    pattern,
    resolve,
)
from evolunteer_nlp.initiatives.clock import Time
from evolunteer_nlp.initiatives.quantities import named

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


def numeric(context: Context, clock: list[Time]) -> Iterator[Day]:
    """Read days in numbers, day before month."""
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
        kind = "hijri" if match["era"] == "ه" or (year and 1300 < year < 1500) else "gregorian"
        found = resolve(kind, year, month, day, context.posted)
        if found and (not year or abs(found.year - (context.posted or found).year) <= 2):
            yield Day(found, None, match.start(), match.end(), "numeric")


_YEAR = r"(?:[\s,]*(?:سنه|عام|لعام|لسنه)?\s*(?P<y>(?:14|20)\d\d)(?!\d))?(?:\s?(?:ه|م)(?!\w))?"
_RANGE = (
    r"(?:(?<!\w)(?:من|بين|يومي|ايام)\s*)?(?<![\d.,/:])(?P<d1>\d{1,2})(?:LINK|\s*و\s*)(?P<d2>\d{1,2})"
    r"\s*(?:من\s+)?(?:شهر\s+)?(?P<month>MONTH)(?!\w)" + _YEAR
)
_DAY = r"(?<![\d.,/:])(?P<d>\d{1,2})\s{0,2}(?:-|/|من)?\s{0,2}(?:شهر\s+)?(?P<month>MONTH)(?!\w)" + _YEAR
_DAY_IN_WORDS = r"(?<!\w)(?:من )?(?:ال)?(?P<d>[ء-ي]{2,10})\s+(?:من\s+)?(?:شهر\s+)?(?P<month>MONTH)(?!\w)" + _YEAR


def named_days(context: Context, clock: list[Time]) -> Iterator[Day]:
    """Read days with names of months, and days of the month of posting."""
    if any(word.text in first_words() for word in context.post.words):
        yield from _ranges(context)
        yield from _single_days(context)
        yield from _parts_of_months(context)
    yield from days_of_this_month(context)


def _ranges(context: Context) -> Iterator[Day]:
    for match in pattern(_RANGE).finditer(context.post.folded):
        kind, month = calendar(match["month"])
        year = int(match["y"]) if match["y"] else None
        first, last = (resolve(kind, year, month, int(match[day]), context.posted) for day in ("d1", "d2"))
        if first and last and first < last:
            yield Day(first, last, match.start(), match.end(), "named")


def _single_days(context: Context) -> Iterator[Day]:
    text = context.post.folded
    for match in [*pattern(_DAY).finditer(text), *pattern(_DAY_IN_WORDS).finditer(text)]:
        day = int(match["d"]) if match["d"].isdecimal() else _ordinal(match["d"])
        if day:
            kind, month = calendar(match["month"])
            found = resolve(kind, int(match["y"]) if match["y"] else None, month, day, context.posted)
            if found:
                yield Day(found, None, match.start(), match.end(), "named")


_ORDINALS = {"اول": 1, "غره": 1, "واحد": 1, "ثاني": 2, "ثالث": 3, "رابع": 4, "خامس": 5, "سادس": 6, "سابع": 7, "ثامن": 8,
             "تاسع": 9, "عاشر": 10, "منتصف": 15, "نص": 15, "نصف": 15}  # fmt: skip


def _ordinal(word: str) -> int | None:
    if word in _ORDINALS:
        return _ORDINALS[word]
    number = named(word)
    return int(number[0]) if number and number[0] in {10, 20, 30} and not number[1] else None


def _parts_of_months(context: Context) -> Iterator[Day]:
    """«نهاية شعبان», «قبل جويلية», «طول رمضان»."""
    for match in pattern(
        r"(?<!\w)[وفبل]?(?P<part>اخر|نهايه|اواخر|اخر يوم من|اخر يوم في|قبل|طول|طوال|"
        r"طيله)\s+(?:شهر\s+)?(?P<month>MONTH)(?!\w)"
        r"(?:\s*(?P<y>(?:14|20)\d\d))?"
    ).finditer(context.post.folded):
        kind, month = calendar(match["month"])
        year = int(match["y"]) if match["y"] else None
        end = month_end(kind, year, month, context.posted)
        first = resolve(kind, year, month, 1, context.posted)
        part = match["part"]
        if part == "قبل" and first:
            yield Day(first, None, match.start("month"), match.end(), "deadline")
        elif part.startswith("ط") and first and end:
            yield Day(first, end, match.start(), match.end(), "named")
        elif part.startswith(("ا", "ن")) and end:
            yield Day(end, None, match.start(), match.end(), "deadline")


def days_of_this_month(context: Context) -> Iterator[Day]:
    """«قبل ١٥ الشهر», «آخر الشهر», «يوم 20 الشهر الجاي»."""
    if not context.posted:
        return
    for match in re.finditer(r"(?<!\w)[وفلب]?(?:يوم|نهار)" + OF_MONTH.pattern, context.post.folded):
        if found := next_of_month(context.posted, int(match["d"])):
            yield Day(found, None, match.start(), match.end(), "named")
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
            end = month_end("gregorian", month.year, month.month, None)
            if end:
                yield Day(end, None, match.start(), match.end(), "deadline")
            continue
        found = resolve("gregorian", month.year, month.month, int(match["d"] or 1), None)
        if found:
            yield Day(found, None, match.start(), match.end(), "named")
