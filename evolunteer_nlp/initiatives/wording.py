"""Details in Arabic words: days, sums, numbers of people, why an ask is open or closed.

>>> from evolunteer_nlp.initiatives.dates import When
>>> when(When("2026-03-06T16:30", None, "event")), when(When("2026-03-06", "2026-03-08", "event"))
('الجمعة 6 مارس 2026، الساعة 4:30 مساء', 'من الجمعة 6 مارس إلى الأحد 8 مارس 2026')
>>> counted(1, TIMES), counted(2, TIMES), counted(7, TIMES), counted(15, TIMES), counted(200, TIMES)
('مرة واحدة', 'مرتين', '7 مرات', '15 مرة', '200 مرة')
"""

from collections.abc import Sequence
from datetime import date, datetime, time

from evolunteer_nlp.initiatives.amounts import Amount
from evolunteer_nlp.initiatives.dates import When
from evolunteer_nlp.initiatives.lexicon import rows
from evolunteer_nlp.initiatives.names import arabic
from evolunteer_nlp.initiatives.organisers import Organiser
from evolunteer_nlp.initiatives.places import City
from evolunteer_nlp.initiatives.post import Found
from evolunteer_nlp.initiatives.status import AGE, Status

WEEKDAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
MONTHS = (
    "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
)  # fmt: skip

TIMES = ("مرة واحدة", "مرتين", "مرات", "مرة", "مرة")
VOLUNTEERS = ("متطوع واحد", "متطوعان", "متطوعين", "متطوعا", "متطوع")
POSTS = ("منشور واحد", "منشوران", "منشورات", "منشورا", "منشور")
"""A noun after one, two, 3 to 10, 11 to 99, and round hundreds."""

_REASONS = {
    ("open", "says"): "المنشور يقول إنه مفتوح",
    ("open", "date"): "موعده لم يمض",
    ("closed", "says"): "المنشور يقول إنه اكتمل أو انتهى",
    ("closed", "date"): "موعده مضى",
    ("closed", "age"): f"مضى على نشره أكثر من {AGE} يوما بلا موعد",
    ("unknown", ""): "لا موعد ولا عبارة تبين هل ما زال قائما؛ اسأل",
}


def counted(number: int, noun: Sequence[str]) -> str:
    """A number and what it counts, in the form that Arabic asks for."""
    if number in (1, 2):
        return noun[number - 1]
    rest = number % 100
    return f"{number:,} {noun[2] if 3 <= rest <= 10 else noun[3] if rest > 10 else noun[4]}"


def ltr(text: str) -> str:
    """A number or address that keeps its order in a line of Arabic: «O+» would become «+O»."""
    return f"\N{LEFT-TO-RIGHT ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def day(of: date, *, year: bool = True) -> str:
    """A weekday and a date."""
    return f"{WEEKDAYS[of.weekday()]} {of.day} {MONTHS[of.month - 1]}" + (f" {of.year}" if year else "")


def clock(at: time) -> str:
    """A time of day, on the clock of twelve hours.

    >>> clock(time(0, 5)), clock(time(12)), clock(time(20))
    ('12:05 ليلا', '12 ظهرا', '8 مساء')
    """
    part = "ليلا" if at.hour < 4 else "صباحا" if at.hour < 12 else "ظهرا" if at.hour == 12 else "مساء"
    return f"{at.hour % 12 or 12}{f':{at.minute:02}' if at.minute else ''} {part}"


def when(of: When) -> str:
    """A day, a range of days or a deadline."""
    first, last = _parts(of.start), _parts(of.end) if of.end else None
    if last and last[0] != first[0]:
        words = f"من {day(first[0], year=first[0].year != last[0].year)} إلى {day(last[0])}"
    else:
        words = day(first[0])
    if first[1]:
        until = last[1] if last else None
        words += f"، من {clock(first[1])} إلى {clock(until)}" if until else f"، الساعة {clock(first[1])}"
    return f"آخر موعد: {words}" if of.role == "deadline" else words


def _parts(iso: str) -> tuple[date, time | None]:
    at = datetime.fromisoformat(iso)
    return at.date(), at.time() if "T" in iso else None


def money(of: Amount) -> str:
    """A sum and its currency.

    >>> money(Amount(2500.5, "SDG")), money(Amount(100, None))
    ('2,500.5 جنيه سوداني', '100')
    """
    number = f"{of.value:,.2f}".rstrip("0").rstrip(".")
    return f"{number} {arabic('currency', of.currency)}" if of.currency else number


def status_reason(status: Status) -> str:
    """Why an ask is taken for open or closed."""
    return _REASONS[status.value, status.reason]


def country(iso: str | None) -> str:
    """The Arabic name of an Arab country, or nothing."""
    return next((names.split(", ")[0] for known, _, names in rows("countries.tsv") if known == iso), "")


def place(cities: Sequence[Found[City]], districts: Sequence[Found[str]]) -> str:
    """Cities with their country, and districts."""
    countries = list(dict.fromkeys(found.value.country for found in cities))
    names = [*dict.fromkeys([*(found.value.name for found in cities), *(found.value for found in districts)])]
    return "، ".join([*names, *filter(None, map(country, countries))])


def who(organiser: Organiser) -> str:
    """An organiser by name, or by what it is."""
    kind = arabic("organiser", organiser.type)
    return f"{organiser.name} ({kind})" if organiser.name else kind
