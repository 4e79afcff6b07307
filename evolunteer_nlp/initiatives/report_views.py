"""A report as a page to pass on, as a table, and as plain values.

The page is a file that needs no network, in Arabic and from right to left. Its plots are tables with bars in them, so
that numbers can be read where pictures cannot.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from evolunteer_nlp.initiatives.legible import line
from evolunteer_nlp.initiatives.names import arabic
from evolunteer_nlp.initiatives.page import render
from evolunteer_nlp.initiatives.report import Report, Row
from evolunteer_nlp.initiatives.sheets import as_json, write_rows, write_text
from evolunteer_nlp.initiatives.wording import MONTHS, VOLUNTEERS, counted, day, ltr
from evolunteer_nlp.labels import arabic_name

SUFFIXES = (".html", ".xlsx", ".csv", ".json")
COLUMNS = ("table", "value", "name", *Row._fields[2:])
TITLE = "ما تحتاج إليه المبادرات"

_CALLS = ("دعوة تطوع مفتوحة واحدة", "دعوتا تطوع مفتوحتان", "دعوات تطوع مفتوحة", "دعوة تطوع مفتوحة", "دعوة تطوع مفتوحة")
_SOME = {1: "واحدة", 2: "اثنتين"}
_IN_CITIES = ("مدينة واحدة", "مدينتين", "مدن", "مدينة", "مدينة")
_INITIATIVES = ("مبادرة واحدة", "مبادرتان", "مبادرات", "مبادرة", "مبادرة")
_IN_POSTS = ("منشور واحد", "منشورين", "منشورات", "منشورا", "منشور")
_OTHER_CITIES = ("مدينة أخرى", "مدينتان أخريان", "مدن أخرى", "مدينة أخرى", "مدينة أخرى")

_TITLES = {"cause": "القضية", "city": "المدينة", "label": "النوع", "mode": "طريقة المشاركة", "organiser": "من يدعو",
           "status": "الحال", "blood_type": "فصيلة الدم"}  # fmt: skip
_HAS = {"contact": "وسيلة تواصل", "date": "موعدا", "place": "مكانا", "volunteers_wanted": "عدد المتطوعين",
        "organiser": "اسم الجهة"}  # fmt: skip
_UNKNOWN = {"", "unknown"}
_MOST_CITIES, _MOST_MONTHS = 12, 12


class Line(NamedTuple):
    """A line of a plot: a name, a row's numbers, and in percent of the longest bar all and open ones."""

    name: str
    row: Row
    percent: float
    open_percent: float


def report_page(report: Report, title: str | None = None, *, now: datetime | None = None) -> str:
    """Make the page of a report.

    Parameters
    ----------
    report : Report
    title : str, optional
    now : datetime, optional
        When the page is made; the time of the call if left out.

    Raises
    ------
    MissingPackageError
        If Jinja2 is not installed.

    Examples
    --------
    >>> from evolunteer_nlp.initiatives.report import report
    >>> page = report_page(report([]), "كسلا تتطوع", now=datetime(2026, 3, 1))
    >>> "كسلا تتطوع" in page, "الأحد 1 مارس 2026" in page
    (True, True)
    """
    cities = report.table("city")
    named = [row for row in cities if row.value]
    seen = report.first_seen, report.last_seen
    values = {
        "title": line(title or TITLE),
        "made": day((now or datetime.now()).date()),
        "span": " و".join(day(at.date()) for at in seen if at) if seen[0] != seen[1] else "",
        "headline": headline(report),
        "total": f"{counted(report.row('all', '').initiatives, _INITIATIVES)} في {counted(report.posts, _IN_POSTS)}",
        "unknown": report.row("status", "unknown").initiatives,
        "plots": [(_TITLES[table], lines(report.table(table))) for table in ("label", "cause")],
        "cities": lines([*named[:_MOST_CITIES], *(row for row in cities if not row.value)]),
        "more_cities": counted(len(named) - _MOST_CITIES, _OTHER_CITIES) if len(named) > _MOST_CITIES else "",
        "months": _months(report.table("month")),
        "others": [(_TITLES[table], lines(report.table(table))) for table in ("mode", "organiser", "status")],
        "sums": [(_name(row), row) for row in report.table("sum")],
        "blood": lines(report.table("blood_type")),
        "has": [(_HAS[row.value], _share(row, report)) for row in report.table("has")],
    }
    return render("report.html", values, styles=["report.css"])


def headline(report: Report) -> str:
    """What is wanted, in a sentence to recruit by.

    >>> from evolunteer_nlp.initiatives.report import OpenCalls
    >>> for calls in (OpenCalls(2, 1, 0, 0), OpenCalls(34, 12, 34, 215), OpenCalls(100, 0, 1, 2)):
    ...     print(headline(Report(0, calls, None, None, ())))
    دعوتا تطوع مفتوحتان، في مدينة واحدة
    34 دعوة تطوع مفتوحة، في 12 مدينة، يُطلب فيها 215 متطوعا
    100 دعوة تطوع مفتوحة، يُطلب في واحدة منها وحدها متطوعان
    """
    calls, cities, numbered, wanted = report.open_calls
    if not calls:
        return "لا دعوة تطوع هنا يتبين أنها مفتوحة الآن"
    parts = [counted(calls, _CALLS)]
    if cities:
        parts.append(f"في {counted(cities, _IN_CITIES)}")
    if wanted:
        where = "فيها" if numbered == calls else f"في {_SOME.get(numbered, numbered)} منها وحدها"
        parts.append(f"يُطلب {where} {counted(wanted, VOLUNTEERS)}")
    return "، ".join(parts)


def lines(rows: Sequence[Row]) -> list[Line]:
    """The lines of a plot; what is not known comes last and has no bar, which would dwarf the others."""
    known = [row for row in rows if row.value not in _UNKNOWN]
    percent = 100 / max((row.initiatives for row in known), default=1)
    shown = [Line(_name(row), row, round(row.initiatives * percent, 1), round(row.open * percent, 1)) for row in known]
    return shown + [Line(_name(row), row, 0, 0) for row in rows if row.value in _UNKNOWN]


def to_rows(report: Report) -> list[dict[str, Any]]:
    """The tidy table, with Arabic names of values."""
    return [{**row._asdict(), "name": _name(row)} for row in report.rows]


def write_report(report: Report, path: Path, *, title: str | None = None, now: datetime | None = None) -> None:
    """Write a report to a file, by its suffix one of `SUFFIXES`."""
    suffix = path.suffix.lower()
    if suffix == ".html":
        write_text(report_page(report, title, now=now), path)
    elif suffix == ".json":
        write_text(as_json([{name: row[name] for name in COLUMNS} for row in to_rows(report)]), path)
    else:
        write_rows(to_rows(report), COLUMNS, path)


def _name(row: Row) -> str:
    """What a value is called by people."""
    table, value = row.table, row.value
    if table == "all":
        return "الكل"
    if not value:
        return "عملة لم تتبين" if table == "sum" else "لم يتبين"
    if table == "label":
        return line(arabic_name(value))
    if table == "month":
        return f"{MONTHS[int(value[5:]) - 1]} {value[:4]}"
    if table == "blood_type":
        return ltr(value)
    if table == "has":
        return _HAS[value]
    return arabic("currency" if table == "sum" else table, value)


def _months(rows: Iterable[Row]) -> list[tuple[str, str, Line]]:
    """Number and year of the last months with their lines; a year is named where it begins."""
    shown: list[tuple[str, str, Line]] = []
    for each in lines([row for row in rows if row.value][-_MOST_MONTHS:]):
        year, month = each.row.value.split("-")
        shown.append((str(int(month)), year if not shown or month == "01" else "", each))
    return shown


def _share(row: Row, report: Report) -> int:
    return round(100 * row.initiatives / report.row("all", "").initiatives)
