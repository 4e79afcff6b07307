"""Days that count from the day of posting: «بكرة», «بعد غد», «اليوم» beside a time, «نهاية الأسبوع», «خلال ٣ أيام»."""

import re
from collections.abc import Iterator
from datetime import timedelta

from evolunteer_nlp.initiatives.calendars import Context, Day
from evolunteer_nlp.initiatives.clock import Time
from evolunteer_nlp.initiatives.quantities import named

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


def relative(context: Context, clock: list[Time]) -> Iterator[Day]:
    """Read days that count from the day of posting."""
    text, posted = context.post.folded, context.posted
    if not posted:
        return
    for match in _RELATIVE.finditer(text):
        if not ("غدا" in match[0] and _MEAL.search(text, max(0, match.start() - 12), match.start())):
            yield Day(posted + timedelta(2 if match["after"] else 1), None, match.start(), match.end(), "relative")
    for match in _finditer(_TODAY, text, "اليوم", "هاليوم", "نهارد", "ليل", "youm", "naharda"):
        here = text[max(0, match.start() - 30) : match.end() + 35]
        near = any(abs(time.start - match.end()) < 40 or abs(match.start() - time.end) < 30 for time in clock)
        if (near or _BY_TODAY.search(here)) and not re.search(r"(?:كل|طول|من|نفس)\s*$", text[: match.start()][-6:]):
            yield Day(posted, None, match.start(), match.end(), "relative")
    for match in _NOW_UNTIL.finditer(text):
        yield Day(posted, None, match.start(), match.end(), "relative")
    for match in _finditer(_END_OF_TODAY, text, "الليل", "اليوم", "الدوام"):
        yield Day(posted, None, match.start("end"), match.end(), "deadline")
    for match in _finditer(_WEEKEND, text, "اسبوع", "اند", "weekend"):
        first = 5 if context.country in {"AE", "MA", "TN", "LB", "MR"} else 4
        start = posted + timedelta((first - posted.weekday() - 1) % 7 + 1)
        yield Day(start, start + timedelta(1), match.start(), match.end(), "relative")
    for match in _finditer(_WITHIN, text, "يوم", "ايام", "اسبوع", "اسابيع", "ساعه"):
        days = days_in(match["n"], match["unit"])
        if days:
            kind = "relative" if match["how"] in {"بعد", "عقب"} else "deadline"
            yield Day(posted + timedelta(days), None, match.start(), match.end(), kind)


def days_in(count: str | None, unit: str | None) -> int | None:
    """Days in «٣ أيام», «يومين», «أسبوع», «48 ساعة»."""
    number = int(count) if count and count.isdecimal() else int((named(count) or (0,))[0]) if count else None
    if unit in {"يومين", "اسبوعين"} and count is None:
        return 2 if unit == "يومين" else 14
    if unit == "ساعه":
        return number // 24 if number and number % 24 == 0 else None
    if unit in {"اسبوع", "اسابيع"}:
        return 7 * (number or 1) if number != 0 else None
    return number if number and number < 100 else None
