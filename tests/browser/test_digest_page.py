"""The digest's page as a reader uses it, in a headless Chromium that is cut off from every network."""

import random
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, Page, sync_playwright

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.digest import digest_page
from evolunteer_nlp.initiatives.initiative import find_initiatives
from evolunteer_nlp.initiatives.search import folded

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]

NOW = datetime(2026, 3, 1, 9)
POSTS = {
    "beach": (
        "جمعية البر الخيرية تدعوكم لتنظيف شاطئ جدّة الجمعة القادمة، نحتاج ١٥ متطوع، واتساب 0500000012",
        "volunteer_call",
    ),
    "blood": ("جمعية شريان: مريض يحتاج متبرعين بالدم O+ في الرياض اليوم، 0500000023", "donation_drive"),
    "orphans": ("إغاثة أيتام الأُبيّض مستمرة، تبرعوا لهم وما زال الباب مفتوحا", "donation_drive"),
    "private": ("محتاج ناس يساعدوني في النقل، كلموني 0501234567", "volunteer_call"),
    "full": ("متطوعو المهرجان في جدة: اكتمل العدد، شكرا لكم", "volunteer_call"),
}
HOSTILE = [
    "<script>window.ran = true; alert(1)</script>",
    '</p><img src="http://a.example/x.png" onerror="window.ran = true; alert(1)">',
    '" autofocus onfocus="window.ran = true" x="',
    "</script><script>window.ran = true</script>",
    "javascript:window.ran=true",
    "https://a.example/'><svg/onload=window.ran=true>",
    "عكس \N{RIGHT-TO-LEFT OVERRIDE}مقلوب",
    "كلمة_طويلة_" * 400,
    "سطر\n" * 3000,
    "ز" + "\N{COMBINING GRAVE ACCENT}" * 900,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium here; apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Opened:
    """A page, what it asked of the network, and what it complained of."""

    def __init__(self, browser: Browser, file: Path, width: int, height: int, scheme: str) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.context.clock.set_fixed_time(NOW)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append("a dialog"), dialog.dismiss()))
        self.page.goto(file.as_uri())

    def shown(self) -> list[str]:
        """The first words of the cards that are shown."""
        return self.page.eval_on_selector_all(
            ".card", "cards => cards.filter(c => c.checkVisibility()).map(c => c.querySelector('.text').textContent)"
        )

    def settle(self) -> list[str]:
        self.page.wait_for_timeout(250)  # the search waits for the end of a word
        return self.shown()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    pages: list[Opened] = []

    def open_page(html: str, width: int = 1280, height: int = 800, scheme: str = "light", hash: str = "") -> Opened:
        file = tmp_path / f"digest{len(pages)}.html"
        file.write_text(html, encoding="utf-8")
        pages.append(Opened(browser, file, width, height, scheme))
        if hash:
            pages[-1].page.goto(f"{file.as_uri()}#{hash}")
            pages[-1].page.reload()
        return pages[-1]

    yield open_page
    for page in pages:
        assert all(url.startswith(("file:", "data:")) for url in page.requests), "it asked something of a network"
        assert not page.complaints
        page.context.close()


@pytest.fixture(scope="module")
def html() -> str:
    asks = [
        Ask(text, label, NOW - timedelta(days=1), country="SA", chat="قناة", link="https://t.me/example/1")
        for text, label in POSTS.values()
    ]
    return digest_page(find_initiatives(asks, now=NOW), now=NOW)


def titles(shown: list[str]) -> set[str]:
    return {name for name, (text, _) in POSTS.items() if any(text[:15] == words[:15] for words in shown)}


def test_open_and_unknown_ones_are_shown_first_and_closed_ones_on_demand(opened, html):
    opened = opened(html)
    assert titles(opened.shown()) == {"beach", "blood", "orphans", "private"}
    opened.page.locator("label.chip", has_text="مغلق").click()
    assert titles(opened.settle()) == set(POSTS)
    assert opened.page.locator("#count").text_content() == "المعروض 5 من 5"


@pytest.mark.parametrize(
    ("name", "choice", "cards"),
    [("cause", "blood", {"blood"}), ("city", "جدة", {"beach"}), ("mode", "on_site", {"beach", "blood", "private"}),
     ("date", "week", {"beach"}), ("date", "dated", {"beach"}), ("cue", "named_organisation", {"beach"})],
)  # fmt: skip
def test_lists_filter(opened, html, name, choice, cards):
    opened = opened(html)
    opened.page.select_option(f"select[name={name}]", choice)
    shown = titles(opened.settle())
    assert cards <= shown if name in {"cue", "mode"} else cards == shown
    option = opened.page.locator(f"select[name={name}] option[value='{choice}']").text_content()
    assert option.endswith(f"({len(shown)})")


def test_labels_add_up_and_other_filters_narrow(opened, html):
    opened = opened(html)
    opened.page.locator("label.chip", has_text="حملة تبرع").click()
    assert titles(opened.settle()) == {"blood", "orphans"}
    opened.page.locator("label.chip", has_text="دعوة تطوع").click()
    assert titles(opened.settle()) == {"beach", "blood", "orphans", "private"}
    opened.page.select_option("select[name=city]", "الرياض")
    assert titles(opened.settle()) == {"blood"}
    opened.page.click("#clear")
    assert titles(opened.settle()) == {"beach", "blood", "orphans", "private"}


@pytest.mark.parametrize(
    ("typed", "cards"),
    [("جده", {"beach"}), ("اغاثه الابيض", {"orphans"}), ("إغـــاثةُ", {"orphans"}), ("15 متطوع", {"beach"}),
     ("٠٥٠٠٠٠٠٠٢٣", {"blood"}), ("o+", {"blood"}), ("لا يوجد هذا", set())],
)  # fmt: skip
def test_search_folds_letters(opened, html, typed, cards):
    opened = opened(html)
    opened.page.fill("#q", typed)
    assert titles(opened.settle()) == cards
    assert opened.page.locator("#none").is_visible() == (not cards)
    assert opened.page.locator("#count").text_content() == f"المعروض {len(cards)} من 5"


def test_the_page_folds_as_python_does(opened, html, authored: list[LabelledPost]):
    texts = [post.text for post in random.Random(1).sample(authored, 3000)]
    texts += [
        "ﻣﺮﺣﺒﺎ ،؛؟ ﷼ ½ ٣٫٥ ۴۵۶ گچپڤ کیہ آأإٱ ىئؤة ًٌٍَُِّْٰ ـــ Ünïcode ß 👍🏽 \u200f\u200d\u2066",
        "<a>&amp; #هاشتاق_كبير!",
    ]
    page = opened(html).page
    assert page.evaluate("texts => texts.map(foldForSearch)", texts) == [folded(text) for text in texts]


def test_the_address_keeps_the_state_and_brings_it_back(opened, html):
    one = opened(html)
    one.page.fill("#q", "جدة")
    one.page.locator("label.chip", has_text="مغلق").click()
    assert titles(one.settle()) == {"beach", "full"}
    state = one.page.evaluate("location.hash").lstrip("#")
    other = opened(html, hash=state)
    assert titles(other.shown()) == {"beach", "full"}
    assert other.page.input_value("#q") == "جدة"


def test_joining(opened, html):
    opened = opened(html)
    hrefs = opened.page.eval_on_selector_all(".join a", "links => links.map(a => a.href)")
    assert {"tel:+966500000012", "https://wa.me/966500000012", "https://t.me/example/1"} <= set(hrefs)
    assert not any("501234567" in href for href in hrefs)
    assert "أُخفيت" in opened.page.locator(".masked").first.text_content()
    with opened.page.expect_download() as download:
        opened.page.locator("a.ics").first.click()
    assert download.value.suggested_filename.endswith(".ics")
    (event,) = Calendar.from_ical(Path(download.value.path()).read_bytes()).walk("VEVENT")
    assert event.decoded("DTSTART").year == 2026


def test_everything_can_be_reached_and_used_by_keyboard(opened, html):
    opened = opened(html)
    page = opened.page
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        names.append(page.evaluate("(e => e.name || e.id || e.className)(document.activeElement)"))
        width = page.evaluate(
            "(e => parseFloat(getComputedStyle(e.type === 'checkbox' ? e.nextSibling : e).outlineWidth))"
            "(document.activeElement)"
        )
        assert width >= 2 or names[-1] in {"", "cards"}, f"no focus is seen on {names[-1]}"
    assert {"skip", "q", "label", "status", "cause", "city", "mode", "date", "cue", "clear", "print"} <= set(names)
    assert any("call" in name for name in names)
    page.locator("input[value=donation_drive]").focus()
    page.keyboard.press("Space")
    assert titles(opened.settle()) == {"blood", "orphans"}
    page.locator(".card:not([hidden]) summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".trust[open]").count() == 1


def test_readers_without_sight_are_told_what_things_are(opened, html):
    page = opened(html).page
    assert page.locator("#count").get_attribute("aria-live") == "polite"
    unnamed = page.eval_on_selector_all(
        "input, select, button", "all => all.filter(e => !(e.labels?.length || e.textContent))"
    )
    assert unnamed == []
    assert page.get_by_role("search").count() == 1 and page.get_by_role("article").count() == 4
    assert page.get_by_role("img").get_attribute("aria-label").startswith("المنشورات حسب")


@pytest.mark.parametrize("width", [320, 360, 390, 768, 1280])
def test_no_width_scrolls_sideways_and_all_text_runs_from_right_to_left(opened, html, width):
    page = opened(html, width=width).page
    if width < 1000:
        page.click("#more")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    left = page.eval_on_selector_all(
        "body *", "all => all.filter(e => getComputedStyle(e).direction !== 'rtl').map(e => e.tagName + e.textContent)"
    )
    assert all(re.fullmatch(r"BDI[\x20-\x7e•]*", text) for text in left), left


def test_by_night_it_is_dark(opened, html):
    for scheme, dark in (("light", False), ("dark", True)):
        page = opened(html, scheme=scheme).page
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", colour)[:3])) < 150) == dark


def test_only_what_is_shown_is_printed_black_on_white_without_controls(opened, html):
    opened = opened(html, scheme="dark")
    page = opened.page
    page.fill("#q", "جدة")
    opened.settle()
    page.emulate_media(media="print", color_scheme="dark")
    assert titles(opened.shown()) == {"beach"}
    assert not page.locator("#controls").is_visible() and not page.locator(".ics").first.is_visible()
    assert page.locator("a.call bdi").first.is_visible()
    colours = page.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).breakInside") == "avoid"
    assert pages_of(page.pdf()) == 1


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_it_can_be_read_without_scripts(browser, html, tmp_path):
    (tmp_path / "a.html").write_text(html, encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / "a.html").as_uri())
    assert page.get_by_role("article").count() == 4
    assert not page.locator("#controls").is_visible()
    page.locator("#closed > summary").click()
    assert page.get_by_role("article").count() == 5
    context.close()


def test_what_went_by_since_the_page_was_made_is_said(browser, html, tmp_path):
    (tmp_path / "a.html").write_text(html, encoding="utf-8")
    context = browser.new_context()
    context.clock.set_fixed_time(NOW + timedelta(days=30))
    page = context.new_page()
    page.goto((tmp_path / "a.html").as_uri())
    assert "مضى موعده منذ أُعدت" in page.locator(".card", has_text="شاطئ").text_content()
    context.close()


def test_hostile_posts_are_inert(opened):
    asks = [
        Ask(f"نحتاج متطوعين {n} {text}", "volunteer_call", NOW, country="SA", author=text, chat=text, link=text)
        for n, text in enumerate(HOSTILE)
    ]
    found = find_initiatives(asks, now=NOW)
    opened = opened(digest_page(found, now=NOW, show_contacts=True), width=390)
    page = opened.page
    for details in page.locator(".card details").all():
        details.evaluate("details => details.open = true")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.locator(".card img, .card script, .card svg").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert len(opened.shown()) == len(found) > 7
    hrefs = page.eval_on_selector_all("a", "links => links.map(a => a.href)")
    assert not [
        href for href in hrefs if not href.startswith(("file:", "http://", "https://", "tel:", "data:text/calendar"))
    ]


def test_five_thousand_cards_are_filtered_and_searched_within_a_second(opened, authored: list[LabelledPost]):
    posts = [post for post in authored if post.label != "unrelated"][:5000]
    asks = [
        Ask(f"{post.text}", post.label, NOW - timedelta(hours=n), country=post.country) for n, post in enumerate(posts)
    ]
    found = find_initiatives(asks, now=NOW)
    html = digest_page(found, now=NOW)
    started = perf_counter()
    opened = opened(html, width=390, height=844)
    loaded = perf_counter() - started
    cards = opened.page.locator(".card").count()
    timed = opened.page.evaluate(
        """async () => {
          const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          const q = document.querySelector("#q"), city = document.querySelector("select[name=city]");
          const times = {};
          for (const [name, change] of [
            ["search", () => { q.value = "دم"; q.dispatchEvent(new Event("input", { bubbles: true })); }],
            ["clear", () => { q.value = ""; q.dispatchEvent(new Event("input", { bubbles: true })); }],
            ["city", () => { city.selectedIndex = 2; city.dispatchEvent(new Event("input", { bubbles: true })); }],
          ]) {
            const count = document.querySelector("#count").textContent, before = performance.now();
            change();
            while (document.querySelector("#count").textContent === count) await frame();
            await frame();
            times[name] = performance.now() - before;
          }
          return times;
        }"""
    )
    print(f"{cards} cards, {len(html.encode()) / cards:,.0f} bytes a card, loaded in {loaded:.2f} s; {timed}")
    assert cards > 4500
    assert loaded < 8
    assert all(0 < milliseconds < 1000 for milliseconds in timed.values())
