"""The digest: what its page holds, hides and refuses to run, and its other formats."""

import csv
import json
import re
import unicodedata
from base64 import b64decode
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from typer.testing import CliRunner

from evolunteer_nlp.cli import app
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.calendar_file import to_ics
from evolunteer_nlp.initiatives.cards import MOST
from evolunteer_nlp.initiatives.digest import digest_page
from evolunteer_nlp.initiatives.exports import COLUMNS, write_digest
from evolunteer_nlp.initiatives.initiative import Initiative, find_initiatives
from evolunteer_nlp.initiatives.joining import ways, web_link
from evolunteer_nlp.initiatives.legible import legible, line, pieces
from evolunteer_nlp.initiatives.page import FOLDER
from evolunteer_nlp.initiatives.privacy import for_everybody
from evolunteer_nlp.initiatives.timeline import timeline

NOW = datetime(2026, 3, 1, 9)
CHARITY = "جمعية البر الخيرية تدعوكم لتنظيف شاطئ جدة الجمعة القادمة الساعة ٤ العصر، نحتاج ١٥ متطوع، واتساب 0500000012"
PERSON = "عندي مريض يحتاج دم O+ في الرياض، كلموني ٠٥٠ ١٢٣ ٤٥٦٧ أو wa.me/966501234567، حسابي SA0380000000608010167519"
AWARE = "ورشة التوعية بالسكري اكتمل العدد، شكرا لكم"


def ask(text: str, label: str = "volunteer_call", day: int = 26, **fields: object) -> Ask:
    return Ask(text, label, datetime(2026, 2, day, 10), country="SA", **fields)


@pytest.fixture(scope="module")
def found() -> list[Initiative]:
    asks = [
        ask(CHARITY, chat="قناة جدة", link="https://t.me/jeddah/12"),
        ask(CHARITY, day=27, chat="فزعة"),
        ask(
            PERSON, "donation_drive", author="+966 50 123 4567", link="https://x.com/someone/status/1900000000000000001"
        ),
        ask(AWARE, "awareness_campaign"),
    ]
    return find_initiatives(asks, now=NOW)


class Elements(HTMLParser):
    """All tags of a page with their attributes, and its text outside of style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] and self.tags[-1][0] not in {"style", "script"}:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def calendars(page: str) -> list[str]:
    return [b64decode(data).decode() for data in re.findall(r'href="data:text/calendar[^,]*,([^"]*)"', page)]


def digits(text: str) -> str:
    """All digits of a text, Western, whatever stands between them."""
    return "".join(str(unicodedata.digit(char)) for char in unquote(text) if char.isdecimal())


# What a page holds


def test_the_page_is_arabic_from_right_to_left_and_asks_nothing_of_a_network(found):
    page = Elements(digest_page(found, now=NOW))
    assert page.all("html") == [{"lang": "ar", "dir": "rtl"}]
    assert not page.all("link") and not page.all("img") and not page.all("iframe")
    assert all("src" not in attributes for _, attributes in page.tags)
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv")]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert not re.search(r"url\(|@import|fetch|XMLHttp", "".join(file.read_text() for file in FOLDER.glob("*.[cj]s*")))


def test_a_card_says_what_is_asked_when_where_and_by_whom(found):
    text = Elements(digest_page(found, now=NOW)).text
    for words in (
        "دعوة تطوع",
        "مطلوب 15 متطوعا",
        "الجمعة 27 فبراير 2026، الساعة 4 مساء",
        "جدة، السعودية",
        "جمعية البر الخيرية (جمعية)",
        "شوهد مرتين، من الخميس 26 فبراير 2026 إلى الجمعة 27 فبراير 2026؛ في: قناة جدة، فزعة",
        "مطلوب متبرعون بالدم",
        "المنشور يقول إنه اكتمل أو انتهى",
    ):
        assert words in text


def test_the_words_that_details_rest_on_are_marked(found):
    marked = re.findall("<mark>(.*?)</mark>", digest_page(found, now=NOW))
    assert {"الجمعة القادمة", "جمعية البر الخيرية", "١٥ متطوع", "0500000012"} <= set(marked)


def test_one_can_call_write_and_open_the_post(found):
    hrefs = [link["href"] for link in Elements(digest_page(found, now=NOW)).all("a")]
    assert {"tel:+966500000012", "https://wa.me/966500000012", "https://t.me/jeddah/12"} <= set(hrefs)


def test_every_control_has_a_name_and_every_choice_its_count(found):
    page = digest_page(found, now=NOW)
    elements = Elements(page)
    labelled = {label["for"] for label in elements.all("label") if "for" in label}
    assert {field["id"] for field in elements.all("input") if field.get("type") == "search"} <= labelled
    counts = dict(re.findall(r'name="label" value="(\w+)".*?<span>.*?<small>(\d+)</small>', page))
    assert counts == {"volunteer_call": "1", "donation_drive": "1", "awareness_campaign": "1"}
    checked = [box["value"] for box in elements.all("input") if box.get("name") == "status" and "checked" in box]
    assert "closed" not in checked


def test_cues_are_in_words_for_and_against_and_judge_nobody(found):
    text = Elements(digest_page(found, now=NOW)).text
    assert "جهة مذكورة باسمها" in text and "يطلب مالا ولا يذكر جهة" in text
    assert not re.search("احتيال|نصب|مزيف|كاذب", text)


def test_an_empty_digest_is_a_page_too():
    assert "0 من" not in digest_page([], now=NOW)


# What it hides


def everything(page: str) -> str:
    return "\n".join([page, *calendars(page)])


@pytest.mark.parametrize("number", ["0501234567", "966501234567", "501234567", "0380000000608010167519"])
def test_private_numbers_are_nowhere_in_a_masked_file(found, number):
    page = everything(digest_page(found, now=NOW))
    assert number not in digits(page)
    assert number in digits(everything(digest_page(found, now=NOW, show_contacts=True)))


@pytest.mark.parametrize(
    "written",
    ["0501234567", "٠٥٠١٢٣٤٥٦٧", "۰۵۰۱۲۳۴۵۶۷", "050-123-4567", "٠٥٠ ١٢٣ ٤٥٦٧",
     "0\N{COMBINING ENCLOSING KEYCAP}501234567",
     "050\N{LEFT-TO-RIGHT MARK}1234567", "050\N{EN DASH}123\N{EN DASH}4567", "05ـ0123ـ4567", "https://wa.me/966501234567",
     "+966 50 123 4567", "t.me/+966501234567", "(050) 123 4567", "050*1234567"],
)  # fmt: skip
def test_numbers_are_hidden_however_they_are_written(written):
    text = f"محتاجين متطوعين معي غدا، كلموني {written} يا ناس"
    (one,) = find_initiatives([ask(text, author=written, chat=written, link=f"https://a.example/{written}")], now=NOW)
    page = digest_page([one], now=NOW)
    assert "501234567" not in digits(everything(page))
    assert "أُخفيت أرقام" in page


def test_short_accounts_are_hidden_too(tmp_path):
    (one,) = find_initiatives([ask("ساعدوني، حساب بنكي ١٢٣٤٥٦٧", "donation_drive")], now=NOW)
    for name in ("a.html", "a.json", "a.md", "a.csv"):
        write_digest([one], tmp_path / name, now=NOW)
        assert "1234567" not in digits((tmp_path / name).read_text(encoding="utf-8"))


def test_where_contacts_are_masked_the_card_says_so_and_leads_to_the_post(found):
    page = digest_page(found, now=NOW)
    card = next(card for card in page.split("<article")[1:] if "مطلوب متبرعون" in card)
    assert "أُخفيت أرقام قد تكون لفرد" in card and 'href="https://x.com/someone/status/1900000000000000001"' in card
    assert "tel:" not in card and "https://wa.me" not in card and "data-copy" not in card
    shown = digest_page(found, now=NOW, show_contacts=True)
    assert "أُخفيت" not in shown and "tel:+966501234567" in shown and 'data-copy="SA0380000000608010167519"' in shown


def test_members_of_a_chat_are_not_named_by_their_numbers_even_for_a_charity():
    (one,) = find_initiatives([ask(CHARITY, author="+966 55 555 5555")], now=NOW)
    assert "555555" not in digits(digest_page([one], now=NOW))


# What it refuses

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "javascript:alert(1)//a.example",
    'https://a.example/"onclick="alert(1)',
    "https://a.example/'><svg/onload=alert(1)>",
    "data:text/html,<b>",
    "https://bank.example@evil.example/x",
    "عكس \N{RIGHT-TO-LEFT OVERRIDE}مقلوب",
    "ز" + "\N{COMBINING GRAVE ACCENT}" * 500,
    "نص\x00فارغ \ud83d",
    "{{ 7 * 7 }}{% raw %}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_posts_become_text(text):
    fields = {"author": text, "chat": text, "link": text}
    found = find_initiatives([ask(f"نحتاج متطوعين {text}", label="volunteer_call", **fields)], now=NOW)
    page = digest_page(found, title=text, now=NOW, show_contacts=True)
    plain = Elements(digest_page(find_initiatives([ask("نحتاج متطوعين")], now=NOW), now=NOW))
    elements = Elements(page)
    assert len(elements.all("script")) == len(plain.all("script")) and not elements.all("img")
    assert all(not name.startswith("on") and name != "style" for _, attributes in elements.tags for name in attributes)
    for link in elements.all("a"):
        assert re.match(
            r"#cards$|https?://[\w.]+(?:/[^\"'<>\s]*)?$|tel:\+\d+$|mailto:|data:text/calendar", link["href"]
        )
        assert not re.match("https?:.*bank.example", link["href"])
    assert not set(page) & set("\N{RIGHT-TO-LEFT OVERRIDE}\x00\ud83d") and "\N{COMBINING GRAVE ACCENT}" * 4 not in page


@pytest.mark.slow
def test_a_huge_post_costs_some_kilobytes():
    found = find_initiatives([ask("نحتاج متطوعين " * 70_000)], now=NOW)
    grown = len(digest_page(found, now=NOW)) - len(digest_page(find_initiatives([ask("نحتاج")], now=NOW), now=NOW))
    assert MOST < grown < 3 * MOST


@given(text=st.text(max_size=80), title=st.text(max_size=20))
@settings(deadline=None, max_examples=40)
def test_any_text_gives_a_page_that_can_be_written(text, title):
    found = find_initiatives([ask(f"نحتاج متطوعين {text}", author=text or None, link=text or None)], now=NOW)
    page = digest_page(found, title=title, now=NOW)
    assert len(Elements(page).all("article")) == 1
    page.encode()


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=[])))
def test_links_lead_to_the_web_and_nowhere_else(typed):
    for link in (web_link(typed), web_link(f"https://a.example/{typed}")):
        assert link is None or re.fullmatch(r"https?://[\w.-]+(:\d+)?[^\s\"'<>\x00-\x1f]*", link)


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_what_is_shown_can_be_written_and_turns_nothing_around(text):
    shown = legible(text)
    assert legible(shown) == shown
    assert not any(
        unicodedata.bidirectional(char) in {"LRO", "RLO", "LRE", "RLE", "LRI", "RLI", "FSI"} for char in shown
    )
    assert len(line(text, 20)) <= 21
    shown.encode()


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=5))
def test_pieces_are_the_text(text, spans):
    letters = re.sub(r"[^a-zء-ي]", "", text)
    assert "".join(piece.text for piece in pieces(letters, spans, 0, len(letters))) == letters


# How it looks


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#\w{6});", css))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3."""

    def luminance(colour: str) -> float:
        shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_by_day_and_by_night(scheme):
    light, dark = (FOLDER / "base.css").read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    found = colours(light) | (colours(dark.split("@media")[0]) if scheme == "dark" else {})
    for on in ("paper", "card"):
        for of in ("ink", "soft", "accent", "green", "amber", "blue", "red"):
            assert contrast(found[of], found[on]) >= 4.5, (of, on)
    assert contrast(found["on-accent"], found["accent"]) >= 4.5
    assert contrast(found["ink"], found["mark"]) >= 4.5


@pytest.mark.parametrize(
    ("days", "unit", "bars"),
    [([date(2026, 1, 1), date(2026, 1, 20)], "اليوم", 20), ([date(2026, 1, 1), date(2026, 5, 1)], "الأسبوع", 18),
     ([date(2025, 1, 1), date(2026, 5, 1)], "الشهر", 17), ([date(1900, 1, 1), date(2026, 1, 1)], "السنة", 32)],
)  # fmt: skip
def test_the_timeline_has_few_bars_and_all_days(days, unit, bars):
    found = timeline(days)
    assert (found.unit, len(found.bars)) == (unit, bars)
    assert sum(bar.posts for bar in found.bars) == sum(day.year > 1994 for day in days)


# Other formats


def test_a_calendar_parses_back(found):
    one = next(one for one in found if one.details.dates)
    events = Calendar.from_ical(to_ics([one], NOW)).walk("VEVENT")
    assert [(event.decoded("DTSTART"), event.decoded("DTEND")) for event in events] == [
        (datetime(2026, 2, 27, 16), datetime(2026, 2, 27, 17))
    ]
    assert str(events[0]["SUMMARY"]) == "مطلوب 15 متطوعا" and str(events[0]["LOCATION"]) == "جدة، السعودية"
    assert "966 50 000 0012" in events[0]["DESCRIPTION"]


def test_deadlines_and_ranges_end_with_their_last_day():
    text = "نحتاج متطوعين من ٥ إلى ٩ مايو، آخر موعد للتسجيل ٢ مايو"
    (one,) = find_initiatives([ask(text)], now=NOW)
    events = Calendar.from_ical(to_ics([one], NOW)).walk("VEVENT")
    spans = {str(event["SUMMARY"])[:8]: (event.decoded("DTSTART"), event.decoded("DTEND")) for event in events}
    assert spans["آخر موعد"] == (date(2026, 5, 2), date(2026, 5, 3))
    assert (date(2026, 5, 5), date(2026, 5, 10)) in spans.values()


def test_every_dated_card_has_its_calendar(found):
    page = digest_page(found, now=NOW)
    assert [str(Calendar.from_ical(text).walk("VEVENT")[0]["SUMMARY"]) for text in calendars(page)] == [
        "مطلوب 15 متطوعا"
    ]


@pytest.mark.parametrize("format", ["html", "xlsx", "csv", "json", "md", "ics"])
def test_every_format_is_written_whole_and_not_over_another(found, tmp_path, format):
    path = tmp_path / "digest"
    write_digest(found, path, format=format, now=NOW)
    assert path.stat().st_size and [file.name for file in tmp_path.iterdir()] == ["digest"]
    with pytest.raises(TableError, match="--force"):
        write_digest(found, path, format=format, now=NOW)
    write_digest(found, path, format=format, now=NOW, force=True)


def test_sheets_have_a_row_an_initiative_and_closed_ones_where_asked(found, tmp_path):
    write_digest(found, tmp_path / "a.csv", now=NOW)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        open_ones = list(csv.DictReader(file))
    assert tuple(open_ones[0]) == COLUMNS
    written = write_digest(found, tmp_path / "a.xlsx", now=NOW, closed=True)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet.sheet_view.rightToLeft and sheet.max_row == 1 + len(found) == 1 + written.initiatives
    assert len(open_ones) == sum(one.details.status.value != "closed" for one in found) < len(found)


def test_spans_in_json_are_in_its_text(found, tmp_path):
    write_digest(found, tmp_path / "a.json", now=NOW, closed=True)
    for one in json.loads((tmp_path / "a.json").read_text(encoding="utf-8")):
        for value in one["details"].values():
            for read in value if isinstance(value, list) else filter(None, [value]):
                assert one["text"][read["start"] : read["end"]] == read["text"]


def test_lines_for_a_chat_hold_no_marks_of_strangers(tmp_path):
    found = find_initiatives([ask("نحتاج متطوعين *عاجل* <b>الآن</b> [هنا](javascript:x)\n# عنوان")], now=NOW)
    write_digest(found, tmp_path / "a.md", now=NOW)
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert text.count("*") == 4 and not set(text) & set("<>[]`") and not re.search(r"^#", text, re.MULTILINE)


def test_unknown_formats_are_refused(found, tmp_path):
    with pytest.raises(TableError, match=r"choose \.html, \.xlsx"):
        write_digest(found, tmp_path / "a.pdf")


def test_masking_keeps_what_an_organisation_published(found):
    shown = for_everybody(next(one for one in found if "جمعية" in one.text and one.details.phones))
    assert [way.kind for way in ways(shown)] == ["call", "whatsapp"]


# The command


def test_the_command_reads_labelled_posts_and_says_what_it_found(tmp_path: Path):
    rows = [
        {"text": CHARITY, "label": "volunteer_call", "time": "2026-02-26T10:00", "country": "SA"},
        {"text": PERSON, "label": "donation_drive", "country": "SA"},
        {"text": "صباح الخير", "label": "unrelated"},
    ]
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    output = tmp_path / "digest.html"
    command = ["digest", str(labelled), "-o", str(output), "--now", "2026-02-26", "--title", "جدة تتطوع"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "3 posts read, 2 asks, 2 initiatives" in done.output
    assert "1 open, 1 unknown, 0 closed" in done.output
    assert "1 asks are undated: their status and relative dates are unknown" in done.output
    assert "contacts of 1 masked" in done.output
    assert "جدة تتطوع" in output.read_text(encoding="utf-8")
    assert isinstance(CliRunner().invoke(app, command).exception, TableError)
    assert CliRunner().invoke(app, [*command, "--force", "--show-contacts"]).exit_code == 0
    assert "tel:+966501234567" in output.read_text(encoding="utf-8")


def test_a_missing_package_says_what_to_install(monkeypatch, found):
    from evolunteer_nlp.errors import MissingPackageError
    from evolunteer_nlp.initiatives import page

    page._environment.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'evolunteer-nlp\[discover\]'"):
        digest_page(found, now=NOW)
