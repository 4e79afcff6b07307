"""Weekdays: the next one after posting; not «كل جمعة», «الخميس اللي فات», «سوق الجمعة»."""

import functools
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from evolunteer_nlp.initiatives.calendars import LINK, OF_MONTH, Context, Day, next_of_month
from evolunteer_nlp.initiatives.clock import Time
from evolunteer_nlp.initiatives.lexicon import rows
from evolunteer_nlp.initiatives.post import Found, Post, read

_SINCE = re.compile(r"(?<!\w)(?:من|منذ)\s+(?:يوم\s+)?$")

_STARTING = re.compile(
    r"(?:ابتداء|اعتبارا?|بدءا?|انطلاقا?|بدايه)\s+(?:من\s+)?(?:يوم\s+)?$|(?:ابتداء|اعتبارا?|بدءا?)\s*$"
)

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


def _is_week(context: Context, match: re.Match[str]) -> bool:
    """«جمعة» is a week in the Maghreb and a gathering elsewhere, without an article or in «حصتين في الجمعة»."""
    in_it = re.search(r"(?<!\w)(?:في|ف)\s*$", match.string[max(0, match.start() - 4) : match.start()])
    return not match["day"] and (match[0] == "جمعه" or bool(in_it and context.country in {"LY", "TN", "DZ", "MA"}))


def weekdays(context: Context, clock: list[Time]) -> Iterator[Day]:
    """Read weekdays; those that recur are marked so, since what is joined to them recurs too."""
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
            yield Day(posted, None, match.start(), match.end(), "recurring")
            continue
        since = not modifier and _SINCE.search(before) and not _STARTING.search(before)
        timed = any(0 <= time.start - match.end() < 4 for time in clock)
        if since and not timed and not re.match(LINK + r"(?:ال|لل)?\w", text[match.end() :]):
            continue
        day = days[match["free"] or match["bound"]]
        of_month = OF_MONTH.match(text, match.end())
        if (
            of_month
            and not modifier
            and (exact := next_of_month(posted, int(of_month["d"])))
            and exact.weekday() == day
        ):
            yield Day(exact, None, match.start(), of_month.end("d"), "named")
            continue
        ahead = (day - posted.weekday() - 1) % 7 + 1
        if modifier and modifier["over"]:
            ahead += 7
        elif modifier and modifier["week"]:
            ahead = (6 - posted.weekday() - 1) % 7 + 1 + (day + 1) % 7  # weeks begin on Sunday
        end = modifier.end() if modifier else match.end()
        yield Day(posted + timedelta(ahead), None, match.start(), end, "next" if modifier else "weekday")


_EVERY = re.compile(r"(?<!\w)[وف]?(?:كل|ايام)\s+$")
_JOINED = re.compile(r"\s*و?\s*")


def weekly(post: Post) -> list[Found[int]]:
    """The weekdays on which something recurs, 0 is Monday.

    >>> from evolunteer_nlp.initiatives.post import read
    >>> [(found.value, found.text) for found in weekly(read("كل جمعة والسبت، ونرتاح الأحد"))]
    [(4, 'جمعة'), (5, 'والسبت')]
    """
    pattern, days = _weekday()
    found: list[Found[int]] = []
    end = -1
    for match in pattern.finditer(post.folded):
        if match["bound"] in {"احد", "حد", "اربع"} and not (match["article"] or match["day"]):
            continue  # «كل أحد» is anybody
        first = _EVERY.search(post.folded, max(0, match.start() - 12), match.start())
        if first or (end >= 0 and _JOINED.fullmatch(post.folded, end, match.start())):
            found.append(post.found(days[match["free"] or match["bound"]], match.start(), match.end()))
            end = match.end()
    return found
