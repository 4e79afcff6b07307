"""The report: counts that add up, a page with nothing of anybody in it, a tidy table."""

import json
import random
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from evolunteer_nlp.cli import app
from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.initiative import Initiative, find_initiatives
from evolunteer_nlp.initiatives.report import TABLES, OpenCalls, Report, Row, report
from evolunteer_nlp.initiatives.report_views import COLUMNS, headline, lines, report_page

NOW = datetime(2026, 3, 5, 12)
PRIVATE = "0501234567"
ASKS = [
    Ask("نحتاج ٢٠ شاب لتنظيف الشاطئ بجدة يوم ٢٠ مارس، كلموني " + PRIVATE, "volunteer_call", datetime(2026, 3, 2)),
    Ask("نحتاج ٢٠ شاب لتنظيف الشاطئ بجدة يوم ٢٠ مارس، كلموني " + PRIVATE, "volunteer_call", datetime(2026, 3, 4)),
    Ask("نحتاج ٥ ممرضات في الرياض وجدة للأيتام", "volunteer_call", datetime(2026, 2, 10)),
    Ask("اكتمل العدد، كنا نحتاج ٣٠ متطوع بالدمام", "volunteer_call", datetime(2026, 2, 11)),
    Ask("كفالة اليتيم ٣٠٠ ريال سعودي", "donation_drive", datetime(2026, 1, 3)),
    Ask("باقي ٢٠٠٠ ريال سعودي من علاج الطفلة، والسهم ٥٠ ريال سعودي", "donation_drive", datetime(2026, 1, 4)),
    Ask("نجمع ٥٠٠ جنيه مصري لسلة رمضان", "donation_drive", datetime(2026, 1, 5)),
    Ask("مطلوب متبرع O سالب", "donation_drive"),
    Ask("اغسلوا أيديكم", "awareness_campaign", datetime(2025, 12, 30)),
]
FOUND = find_initiatives(ASKS, now=NOW)


def rows_of(found: Report, table: str) -> dict[str, tuple[int, int, int]]:
    return {row.value: (row.initiatives, row.open, row.volunteers_wanted) for row in found.table(table)}


def test_initiatives_are_counted_by_what_they_say() -> None:
    found = report(FOUND)
    assert found.posts == 9
    assert rows_of(found, "all") == {"": (8, 1, 25)}
    assert rows_of(found, "label") == {
        "volunteer_call": (3, 1, 25), "donation_drive": (4, 0, 0), "awareness_campaign": (1, 0, 0),
    }  # fmt: skip
    assert rows_of(found, "city") == {"": (5, 0, 0), "جدة": (2, 1, 25), "الدمام": (1, 0, 0), "الرياض": (1, 0, 5)}
    assert rows_of(found, "month") == {
        "": (1, 0, 0), "2025-12": (1, 0, 0), "2026-01": (3, 0, 0), "2026-02": (2, 0, 5), "2026-03": (1, 1, 20),
    }  # fmt: skip
    assert rows_of(found, "status") == {"unknown": (6, 0, 5), "closed": (1, 0, 0), "open": (1, 1, 20)}
    assert rows_of(found, "blood_type") == {"O-": (1, 0, 0)}
    assert found.row("has", "contact").initiatives == 1
    assert found.open_calls == OpenCalls(calls=1, cities=1, numbered=1, volunteers_wanted=20)


def test_sums_of_currencies_are_never_added() -> None:
    found = {row.currency: (row.initiatives, row.sum, row.median) for row in report(FOUND).table("sum")}
    assert found == {"SAR": (2, 2300, 1150), "EGP": (1, 500, 500)}


def test_sums_of_an_unknown_currency_are_counted_only() -> None:
    (row,) = report(find_initiatives([Ask("نجمع ٥٠٠ ريال للسلة", "donation_drive")], now=NOW)).table("sum")
    assert (row.currency, row.initiatives, row.sum) == ("", 1, None)


def test_the_order_of_initiatives_changes_nothing() -> None:
    assert report(random.Random(1).sample(FOUND, len(FOUND))) == report(FOUND)


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        (OpenCalls(0, 0, 0, 0), "لا دعوة تطوع هنا يتبين أنها مفتوحة الآن"),
        (OpenCalls(1, 1, 1, 1), "دعوة تطوع مفتوحة واحدة، في مدينة واحدة، يُطلب فيها متطوع واحد"),
        (OpenCalls(2, 2, 1, 2), "دعوتا تطوع مفتوحتان، في مدينتين، يُطلب في واحدة منها وحدها متطوعان"),
        (OpenCalls(7, 3, 2, 8), "7 دعوات تطوع مفتوحة، في 3 مدن، يُطلب في اثنتين منها وحدها 8 متطوعين"),
        (OpenCalls(34, 12, 34, 215), "34 دعوة تطوع مفتوحة، في 12 مدينة، يُطلب فيها 215 متطوعا"),
        (OpenCalls(100, 0, 0, 0), "100 دعوة تطوع مفتوحة"),
    ],
)
def test_the_headline_agrees_with_its_numbers(calls: OpenCalls, says: str) -> None:
    assert headline(Report(0, calls, None, None, ())) == says


def test_what_is_unknown_has_no_bar() -> None:
    rows = [Row("cause", "", 90, 9, 0), Row("cause", "food", 4, 1, 0), Row("cause", "health", 2, 0, 0)]
    assert [(line.name, line.percent, line.open_percent) for line in lines(rows)] == [
        ("الغذاء", 100, 25), ("الصحة", 50, 0), ("لم يتبين", 0, 0),
    ]  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))


def test_the_page_holds_counts_and_needs_nothing_else() -> None:
    page = report_page(report(FOUND), "مبادرات جدة", now=NOW)
    found = Tags(page).tags
    assert found[0] == ("html", {"lang": "ar", "dir": "rtl"})
    assert not [tag for tag, _ in found if tag in {"script", "link", "img", "iframe", "a"}]
    assert not [attributes for _, attributes in found if {"style", "src", "href", "onclick"} & attributes.keys()]
    assert "<h1>مبادرات جدة</h1>" in page
    for says in ("دعوة تطوع مفتوحة واحدة", "جدة", "ريال سعودي", "2,300", "البيئة", "مارس 2026"):
        assert says in page
    for image in (attributes for tag, attributes in found if tag == "svg"):
        assert image.get("aria-hidden") == "true" or image.get("aria-label")


def test_nothing_of_a_post_is_in_the_page() -> None:
    page = report_page(report(FOUND), now=NOW)
    assert PRIVATE not in page
    assert "كلموني" not in page
    assert not re.search(r"\d{7}", re.sub(r"sha256-\S+", "", page))


HOSTILE = [
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "\N{RIGHT-TO-LEFT OVERRIDE}غدا",
    "\ud83d\x00{{7*7}}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_and_titles_are_inert(text: str) -> None:
    page = report_page(report(find_initiatives([Ask(text + " نحتاج متطوعين", text)], now=NOW)), text, now=NOW)
    assert not {"script", "img"} & {tag for tag, _ in Tags(page).tags}
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page
    assert "49" not in page.split("<body>")[1]
    page.encode()


TEXTS = st.one_of(st.sampled_from([ask.text for ask in ASKS]), st.text(min_size=1))
TIMES = st.one_of(st.none(), st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1)))
LABELS = st.sampled_from(["volunteer_call", "donation_drive"])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.builds(Ask, TEXTS, LABELS, TIMES, also=st.none(), country=st.none()), max_size=4))
def test_any_posts_can_be_reported(asks: list[Ask]) -> None:
    initiatives: list[Initiative] = find_initiatives(asks, now=NOW)
    found = report(initiatives)
    for table in ("status", "month"):
        assert sum(row.initiatives for row in found.table(table)) == len(initiatives)
    assert {row.table for row in found.rows} <= {*TABLES, "all", "sum"}
    report_page(found, now=NOW)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    rows = [{"text": ask.text, "label": ask.label, "time": ask.posted_at and ask.posted_at.isoformat()} for ask in ASKS]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"text": "=نعم", "label": "=1+1"}]), "utf-8")
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["report", *map(str, arguments), "--now", "2026-03-05"])


def test_the_verb_writes_a_page(tmp_path: Path, labelled: Path) -> None:
    output = tmp_path / "report.html"
    result = run(labelled, "-o", output, "--title", "جدة")
    assert result.exit_code == 0, result.output
    assert "<h1>جدة</h1>" in output.read_text("utf-8")
    assert "is there already" in str(run(labelled, "-o", output).exception)
    assert run(labelled, "-o", output, "--force").exit_code == 0
    assert "choose one of .html" in str(run(labelled, "-o", tmp_path / "report.pdf").exception)


def test_the_table_is_tidy_in_every_format(tmp_path: Path, labelled: Path) -> None:
    for suffix in (".json", ".csv", ".xlsx"):
        assert run(labelled, "-o", tmp_path / f"report{suffix}").exit_code == 0
    rows = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert all(tuple(row) == COLUMNS for row in rows)
    assert {"table": "sum", "value": "SAR", "name": "ريال سعودي", "initiatives": 2, "open": 0, "volunteers_wanted": 0,
            "currency": "SAR", "sum": 2300, "median": 1150} in rows  # fmt: skip
    sheet = load_workbook(tmp_path / "report.xlsx").active
    table = [dict(zip(COLUMNS, cells, strict=True)) for cells in sheet.iter_rows(min_row=2, values_only=True)]
    assert [(row["table"], row["initiatives"]) for row in table] == [(row["table"], row["initiatives"]) for row in rows]
    csv = (tmp_path / "report.csv").read_text("utf-8")
    assert "label,'=1+1," in csv
