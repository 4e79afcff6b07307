"""Asks, their reposts, what speaks for and against them, and whose numbers are shown."""

import json
import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from telegram_timeline import CHAT, MESSAGES, NOW, REPOSTS, timeline

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.initiatives.asks import Ask, local_time, read_asks
from evolunteer_nlp.initiatives.details import extract
from evolunteer_nlp.initiatives.initiative import Initiative, find_initiatives
from evolunteer_nlp.initiatives.lexicon import rows
from evolunteer_nlp.initiatives.post import Found
from evolunteer_nlp.initiatives.privacy import hidden, mask
from evolunteer_nlp.initiatives.reposts import PAUSE
from evolunteer_nlp.initiatives.trust import CRITERIA, describe, trust_cues

HERE = Path(__file__).parent
with (HERE / "cases" / "trust.jsonl").open(encoding="utf-8") as file:
    TRUST = [json.loads(line) for line in file]
MARCH = datetime(2026, 3, 2)
AUTHORED = {post.of: post for post in timeline().origin.values() if post.kind == "ask"}
ONE_FRAME = pytest.mark.xfail(strict=True, reason="two calls of one writer in one frame of words are taken for one")


def initiatives(*asks: Ask, now: datetime = NOW) -> list[Initiative]:
    return find_initiatives(asks, now=now)


def an_ask(text: str, day: int = 0, **known: Any) -> Ask:
    return Ask(text, "donation_drive", MARCH + timedelta(days=day), **{"country": "SA", **known})


# The timeline


def test_the_timeline_has_what_a_group_has(telegram_export: Path) -> None:
    export = json.loads(telegram_export.read_text(encoding="utf-8"))
    messages = export["messages"]
    posts = [message for message in messages if message["type"] == "message"]
    assert len(posts) == MESSAGES == len(timeline().origin)
    assert [message["id"] for message in messages] == list(range(1, len(messages) + 1))
    assert [message["date"] for message in messages] == sorted(message["date"] for message in messages)
    assert NOW - timedelta(days=91) < datetime.fromisoformat(messages[0]["date"]) < NOW
    assert datetime.fromisoformat(messages[-1]["date"]) < NOW
    for sign in ("forwarded_from", "reply_to_message_id", "edited", "photo"):
        assert any(sign in post for post in posts)
    assert any(isinstance(post["text"], list) for post in posts)
    once = [origin.text for origin in timeline().origin.values() if origin.kind in {"chatter", "ask"}]
    assert len(set(once)) == len(once) > 1900


def test_a_repost_comes_after_what_it_repeats() -> None:
    asked = {origin.of: number for number, origin in timeline().origin.items() if origin.kind == "ask"}
    later = [(number, origin) for number, origin in timeline().origin.items() if origin.kind not in {"ask", "chatter"}]
    assert len(later) == len(REPOSTS) and all(asked[origin.of] < number for number, origin in later)


# Reposts


@pytest.mark.parametrize(
    "repost",
    [
        pytest.param(repost, id=f"{repost['id']} {repost['kind']}", marks=ONE_FRAME if repost["id"] in frames else ())
        for frames in [{"repost-68", "repost-69"}]
        for repost in REPOSTS
    ],
)
def test_reposts_land_with_their_original_and_lookalikes_do_not(repost: dict[str, str]) -> None:
    post = AUTHORED[repost["of"]]
    asks = [Ask(text, post.label, MARCH, country=post.country) for text in (post.text, repost["text"])]
    found = initiatives(asks[0], asks[1]._replace(posted_at=MARCH + timedelta(days=2)))
    assert len(found) == (2 if repost["kind"] == "lookalike" else 1)
    if repost["kind"] == "other_account":
        assert {conflict.field for conflict in found[0].conflicts} & {"phones", "accounts", "ibans", "codes"}
        assert "other_numbers" in {cue.name for cue in found[0].cues}
    if repost["kind"] in {"copy", "shortened"}:
        assert not found[0].conflicts
    if repost["kind"] == "closed":
        assert found[0].details.status[:2] == ("closed", "says")


def test_a_timeline_gives_each_call_once() -> None:
    """Among 370 asks, only those are together that repeat one ask, but for calls in one frame of words."""
    origin = timeline().origin
    for one in find_initiatives(timeline().asks(), now=NOW):
        sources = [origin[int((ask.id or "").split("/")[1])] for ask in one.posts]
        frames = {repost["text"] for repost in REPOSTS if repost["id"] in {"repost-68", "repost-69"}}
        sources = [source for source in sources if source.text not in frames]
        assert len({source.of for source in sources}) <= 1
        assert len(sources) <= 1 or "lookalike" not in {source.kind for source in sources}


def test_the_order_of_rows_does_not_matter() -> None:
    asks = timeline().asks()[:120]
    asks += [ask._replace(posted_at=None, id=f"undated-{at}") for at, ask in enumerate(asks[:20])]
    asks += [ask._replace(id=f"again-{at}") for at, ask in enumerate(asks[:20])]
    expected = find_initiatives(asks, now=NOW)
    for seed in range(3):
        assert find_initiatives(random.Random(seed).sample(asks, len(asks)), now=NOW) == expected


def test_ids_are_stable_and_differ() -> None:
    asks = timeline().asks()[:200]
    before = find_initiatives(asks[:100], now=NOW)
    after = find_initiatives(asks, now=NOW + timedelta(days=1))
    assert len({one.id for one in after}) == len(after)
    assert {one.id for one in before} <= {one.id for one in after}  # later posts do not rename a call
    assert all(re.fullmatch("[0-9a-f]{10}", one.id) for one in after)


def test_a_few_words_are_no_part_of_a_longer_call() -> None:
    assert (
        len(initiatives(an_ask("محتاجين متبرعين بالدم"), an_ask("محتاجين متبرعين بالدم لأطفال الثلاسيميا في المستشفى")))
        == 2
    )
    assert len(initiatives(an_ask("؟؟"), an_ask("..."))) == 2


def test_words_without_letters_keep_ids_of_their_own() -> None:
    found = initiatives(an_ask("🩸🩸🩸"), an_ask("🙏"), an_ask("🙏", day=1))
    assert len({one.id for one in found}) == len(found) == 2


@pytest.mark.parametrize(("days", "calls"), [(PAUSE.days, 1), (PAUSE.days + 1, 2), (365, 2)])
def test_a_long_pause_makes_a_new_call(days: int, calls: int) -> None:
    text = "كسوة الشتاء لأطفال المخيم، الطقم بثلاثين ريال والتسليم في المقر"
    found = initiatives(an_ask(text), an_ask(text, day=days), now=MARCH + timedelta(days=days))
    assert len(found) == calls
    assert len({one.id for one in found}) == calls


def test_copies_without_a_time_stay_with_the_last() -> None:
    text = "كسوة الشتاء لأطفال المخيم، الطقم بثلاثين ريال والتسليم في المقر"
    (one,) = initiatives(an_ask(text)._replace(posted_at=None), an_ask(text, day=1), an_ask(text))
    assert [ask.posted_at for ask in one.posts] == [MARCH, MARCH + timedelta(days=1), None]
    assert (one.first_seen, one.last_seen, one.count) == (MARCH, MARCH + timedelta(days=1), 3)


def test_a_copy_that_names_fewer_numbers_contradicts_nobody() -> None:
    long = "عملية الوالدة يوم الخميس والباقي ثلاثة آلاف ريال، للتواصل 0500000012 أو 0550000047 جزاكم الله خير"
    (one,) = initiatives(an_ask(long), an_ask(long.replace(" أو 0550000047", ""), day=1))
    assert one.conflicts == ()


def test_a_later_post_says_whether_it_is_open() -> None:
    text = "نبي متطوعين لتوزيع الفطور كل مغرب في ساحة المسجد الكبير بالحي"
    closed = an_ask("اكتمل العدد. " + text, day=1)
    opened = an_ask("التسجيل مفتوح من جديد. " + text, day=2)
    assert [initiatives(an_ask(text), *later)[0].details.status.value for later in [(closed,), (closed, opened)]] == [
        "closed",
        "open",
    ]
    (again,) = initiatives(an_ask(text), closed, an_ask(text, day=3))
    assert again.details.status.value == "closed"  # passed on by someone who has not heard


def test_a_date_that_was_moved_keeps_a_call_open() -> None:
    text = "تنظيف شاطئ الكورنيش يوم {} مارس من السابعة صباحا والقفازات علينا ومعنا الدفاع المدني والكشافة{}"
    found = initiatives(an_ask(text.format(4, "، حياكم الله جميعا")), an_ask(text.format(28, ""), day=1))
    assert [one.details.status[:2] for one in found] == [("open", "date")]
    assert found[0].details.status.evidence is None  # the date stands in another post than the one shown


def test_open_calls_come_first_and_the_last_seen_before() -> None:
    found = find_initiatives(timeline().asks(), now=NOW)
    order = [(one.details.status.value, one.last_seen) for one in found]
    assert [value for value, _ in order] == sorted(
        (value for value, _ in order), key=("open", "unknown", "closed").index
    )
    open_ = [seen for value, seen in order if value == "open"]
    assert open_ == sorted(open_, reverse=True)


def test_progress_and_nothing() -> None:
    done: list[int] = []
    find_initiatives([an_ask("تبرعوا بالدم"), an_ask("محتاجين سائقين للقافلة")], now=NOW, progress=done.append)
    assert done == [1, 2]
    assert find_initiatives([], now=NOW) == []


# Trust


@pytest.mark.parametrize("case", TRUST, ids=[case["why"] for case in TRUST])
def test_trust_case(case: dict[str, Any]) -> None:
    details = extract(case["text"], MARCH, case["country"], label=case["label"], now=NOW)
    ask = Ask(case["text"], case["label"], MARCH, country=case["country"])
    names = {cue.name for cue in trust_cues(case["text"], details, [ask], now=NOW)}
    assert set(case["shows"]) <= names
    assert not set(case["hides"]) & names


def test_every_cue_has_a_case_a_near_miss_and_words_for_it() -> None:
    by_posts = {"other_numbers", "forwarded", "fresh", "stale", "several_sources"}
    names = {row[0] for row in rows("trust.tsv")}
    assert names - by_posts == {name for case in TRUST for name in case["shows"]}
    assert names - by_posts == {name for case in TRUST for name in case["hides"]}
    for name, criterion, speaks, *_ in rows("trust.tsv"):
        assert criterion in CRITERIA and speaks in {"for", "against"}
        assert all(describe(name))


@pytest.mark.parametrize(
    ("days_ago", "name"), [(0, "fresh"), (14, "fresh"), (15, None), (45, None), (46, "stale"), (400, "stale")]
)
def test_age(days_ago: int, name: str | None) -> None:
    (one,) = initiatives(an_ask("محتاجين بطاطين للعائلات")._replace(posted_at=NOW - timedelta(days=days_ago)))
    assert {cue.name for cue in one.cues} & {"fresh", "stale"} == ({name} if name else set())


def test_sources_and_forwards() -> None:
    text = "محتاجين بطاطين للعائلات اللي في المدرسة القديمة قبل نزلة البرد"
    forwards = [an_ask(text, day=day, author=f"كاتب {day}", forwarded_from="قناة") for day in range(2)]
    (one,) = initiatives(*forwards)
    assert {"forwarded", "several_sources"} <= {cue.name for cue in one.cues}
    assert one.sources == ("كاتب 0", "كاتب 1")
    (one,) = initiatives(*forwards, an_ask(text, day=2, author="كاتب 0"))
    assert "forwarded" not in {cue.name for cue in one.cues}


def test_whoever_writes_a_post_can_be_asked_and_who_passes_it_on_cannot() -> None:
    for known, missing in [({}, True), ({"author": "هدى"}, False), ({"author": "هدى", "forwarded_from": "قناة"}, True)]:
        (one,) = initiatives(an_ask("محتاجين كراسي متحركة ٣ ضروري", **known))
        assert ("no_contact" in {cue.name for cue in one.cues}) is missing


def test_honest_calls_are_seldom_held_to_press_or_to_promise(authored: list[LabelledPost]) -> None:
    """Of a thousand written asks, which are honest or warn of others, next to none is suspected by its words."""
    asks = [post for post in random.Random(0).sample(authored, 1600) if post.label != "unrelated"]
    suspected = []
    for post in asks:
        details = extract(post.text, None, post.country or None, label=post.label)
        cues = trust_cues(post.text, details, [Ask(post.text, post.label, country=post.country or None)])
        suspected += [cue.name for cue in cues if cue.name in {"pressure", "reward", "certain_gain"}]
    assert len(suspected) <= len(asks) * 0.003


PIECES = [*(case["text"] for case in TRUST), *(repost["text"] for repost in REPOSTS[::5])]
TEXT = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(" ".join),
    st.text(st.sampled_from(sorted({*"".join(PIECES), *'ـًّ\u200f\u200e٠۱²ﷺﻻ«»#"\n'})), min_size=1),
    st.text(min_size=1),
)
ASKS = st.builds(
    Ask,
    text=TEXT,
    label=st.sampled_from(["volunteer_call", "donation_drive", "awareness_campaign", "mine"]),
    posted_at=st.none() | st.datetimes(datetime(2026, 1, 1), NOW),
    author=st.none() | TEXT,
    forwarded_from=st.none() | st.just("قناة"),
    country=st.sampled_from([None, "SA", "EG", "YE", "MA"]),
)


def evidence(one: Initiative) -> Iterator[Found[Any]]:
    values = [getattr(one.details, field.name) for field in fields(one.details)]
    values += [(one.details.status.evidence,), tuple(cue.evidence for cue in one.cues)]
    for value in values:
        for found in value if isinstance(value, tuple) and not hasattr(value, "_fields") else (value,):
            if isinstance(found, Found):
                yield found


@settings(max_examples=150, deadline=None)
@given(st.lists(ASKS, min_size=1, max_size=4))
def test_any_posts_make_initiatives_whose_cues_quote_them(asks: list[Ask]) -> None:
    found = find_initiatives(asks, now=NOW)
    assert sorted(map(repr, asks)) == sorted(repr(ask) for one in found for ask in one.posts)
    for one in found:
        assert one.text in {ask.text for ask in one.posts}
        assert len({cue.name for cue in one.cues}) == len(one.cues)
        assert [cue.criterion for cue in one.cues] == sorted((cue.criterion for cue in one.cues), key=CRITERIA.index)
        for shown in (one, mask(one)):
            assert len(shown.text) == len(one.text)
            for quote in evidence(shown):
                assert 0 <= quote.start < quote.end <= len(shown.text)
                assert quote.text == shown.text[quote.start : quote.end]


# Privacy


def western(text: str) -> str:
    return "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in text)


def strings(value: Any) -> Iterator[str]:
    """All strings anywhere in a value."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from strings(item)
    elif isinstance(value, (int, float)):
        yield str(value)


DIGITS = st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９"])
GAPS = st.sampled_from(
    ["", "", " ", "-", "\N{EN DASH}", "\N{NON-BREAKING HYPHEN}", " - ", ".", "\N{NO-BREAK SPACE}",
     "\N{NARROW NO-BREAK SPACE}", "/", "\N{LEFT-TO-RIGHT MARK}", "\N{ARABIC TATWEEL}",
     "\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}"]
)  # fmt: skip
NUMBERS = st.sampled_from(
    [
        ("SA", "0512345678"),
        ("SA", "00966512345678"),
        ("EG", "01012345678"),
        ("YE", "771234567"),
        ("SD", "0912345678"),
        ("TN", "20123456"),
        ("MA", "0612345678"),
        ("LB", "03123456"),
        ("SA", "SA0380000000608010167519"),
        ("JO", "JO94CBJO0010000000000131000302"),
        ("EG", "EG380019000500000000263180002"),
        ("SD", "1234567890123456"),
    ]
)
PLACES = st.sampled_from(
    [
        "ساعدوني بعلاج أمي، الرقم {}",
        "انا محتاج دوا الوالد\nواتساب {} الله يجزاكم خير",
        "حول على حسابي {} وأمانة في رقبتك",
        "كلموني {}",
        "{} ضروري جدا أبوي بالعناية",
    ]
)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str, str]:
    """A country, the digits of a number, and the number as somebody writes it."""
    country, number = draw(NUMBERS)
    gap, digits, size = draw(GAPS), draw(DIGITS), draw(st.integers(2, 4))
    groups = [number[at : at + size] for at in range(0, len(number), size)]
    if "\N{COMBINING ENCLOSING KEYCAP}" in gap:
        groups = list(number)
    typed = gap.join(groups).translate(str.maketrans("0123456789", digits))
    return country, re.sub(r"\D", "", number), typed


def shown_digits(initiative: Initiative) -> list[str]:
    return [re.sub(r"\D", "", western(text)) for text in strings(initiative)]


@settings(max_examples=250, deadline=None)
@given(written(), written(), PLACES)
def test_no_number_of_a_private_person_survives(
    first: tuple[str, str, str], second: tuple[str, str, str], place: str
) -> None:
    asks = [
        an_ask(place.format(typed), day=day, country=country, author=typed, chat=f"خاص {typed}", forwarded_from=typed)
        for day, (country, _, typed) in enumerate([first, second])
    ]
    for one in find_initiatives(asks, now=NOW):
        masked = mask(one)
        assert one.is_private and masked != one
        for digits in shown_digits(masked):
            if digits != re.sub(r"\D", "", masked.id):
                assert not any(
                    number[at : at + 5] in digits for _, number, _ in (first, second) for at in range(len(number) - 4)
                )


@pytest.mark.parametrize(
    "text",
    [
        "ساعدوني بعلاج أمي https://wa.me/966512345678",
        "ساعدوني بعلاج أمي https://api.whatsapp.com/send?phone=966512345678&text=hi",
        "ساعدوني بعلاج أمي، ايميلي 966512345678@mail.example.com",
        "انا اختكم ام سعد، بنكك باسم سعد 6512345",
        "انا اختكم ام سعد، كريمي باسم سعد ٦٥١٢٣٤٥",
        "أمي تحتاج ٣٠٠ ريال، رقم الحساب 651234",
    ],
)
def test_links_mail_and_short_accounts_are_hidden(text: str) -> None:
    (one,) = initiatives(an_ask(text, link="https://wa.me/966512345678", country="YE"))
    masked = mask(one)
    assert not [part for part in strings(masked) if "6512" in western(part) or "5123" in western(part)]


def test_a_link_to_a_post_still_leads_there() -> None:
    link = "https://facebook.example/groups/1234567890123/posts/9876543210987"
    (one,) = initiatives(an_ask("ساعدوني بعلاج أمي 0512345678", link=link))
    assert mask(one).posts[0].link == link


@pytest.mark.parametrize(
    "text",
    [
        "جمعية البر بالخبر تستقبل زكاتكم، 0512345678 آيبان SA03 8000 0000 6080 1016 7519",
        "تعلن بلدية المنطقة الجنوبية عن تنظيف الساحل، للتواصل ١٧٠٠٠٠٠٠",
        "فريق «عكازة» بدو ١٠ شباب يوم السبت، واتس 0790000000",
    ],
)
def test_numbers_of_organisations_stay(text: str) -> None:
    (one,) = initiatives(an_ask(text))
    assert not one.is_private and mask(one) is one


@pytest.mark.parametrize(
    "text",
    [
        "محتاجين دم O سالب 0512345678",
        "انا ابو خالد وعلي ديون، 0512345678",
        "احنا عيال الحارة بنلم للجيران 0512345678",
        "جمعية البر تشكركم، والتبرع لهذه الحالة بنكك باسم سعد الفلاني 6512345",
        "مستشفى النو محتاج كيبلات وفلاتر، اللي عنده يكلمني 0512345678",
        "نزور دار المسنين الجمعة، مين معنا؟ 0512345678",
        "احنا ٣ بنات نطبخ للجيران 0512345678",
        "احنا في مستشفى الملك فهد محتاجين دم 0512345678",
        "مستشفى الثورة نحتاج دم 0512345678",
        "محافظة إب نحتاج دقيق للبيت 0512345678",
        "محتاجين دم، غرفة الطوارئ مستشفى النو 0512345678",
        "رحنا دار الأيتام وما عطونا شي، محتاجين حليب 0512345678",
        "باقي خمسة آلاف في منصة تيسير، 0512345678",
        "مرت قافلة الخير وما عطونا، محتاجين خيمة 0512345678",
        "بيتنا جنب كنيسة مار جرجس محتاجين غسالة 0512345678",
        "المجلس البلدي وعدنا، نحتاج مضخة 0512345678",
        "طالبة في الجامعة محتاجة رسوم 0512345678",
        "السهم ٢٠٠ جنيه، حساب بنك مصر 1000000000023",
        "زيارة لدار المسنين الجمعة، مين معنا؟ 0512345678",
        "الجمعية ما ردت علينا، نجمع للأسرة على 0512345678",
        "تبرعوا عبر منصة «عون» أو لأم سالم 0512345678",
        "حملة «دفا» لأطفال الحارة، البطانيات عند 0512345678",
    ],
)
def test_who_only_seems_an_organisation_is_private(text: str) -> None:
    (one,) = initiatives(an_ask(text))
    assert one.is_private


@pytest.mark.parametrize(
    "text",
    ["الموعد 22/3/2026 - 29/3/2026", "من 2026-03-06 18:30", "المبلغ 1,200,000 والباقي ١٥٬٧٠٠", "أرسل 1 إلى 90000"],
)
def test_dates_sums_and_short_codes_are_no_numbers_of_a_person(text: str) -> None:
    assert hidden(text) == text


@settings(max_examples=300, deadline=None)
@given(TEXT)
@example("0️⃣5️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣")
@example("²²²²²²²²²²²²")
def test_hiding_keeps_length_and_is_done_once(text: str) -> None:
    masked = hidden(text)
    assert len(masked) == len(text)
    assert hidden(masked) == masked
    assert not re.search(r"\d{9,}", western(masked))


# Reading labelled tables


def test_a_table_without_labels_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("text,time\nتبرعوا,2026-03-01\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"no column label; label it first: evolunteer label .*posts\.csv.*text, time"):
        read_asks([tmp_path / "posts.csv"])


def test_asks_without_a_time_are_counted(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(
        "text,label,date\nتبرعوا بالدم,donation_drive,\nنحتاج سائقين,volunteer_call,بكرة\n"
        "صباح الخير,unrelated,\n,donation_drive,2026-03-01\nتبرعوا بالدواء,donation_drive,2026-03-01\n",
        encoding="utf-8",
    )
    found = read_asks([tmp_path / "posts.csv"])
    assert (found.posts, found.undated, found.unreadable) == (5, 2, 1)
    assert [ask.posted_at for ask in found.asks] == [None, None, datetime(2026, 3, 1)]


def test_arabic_headers_and_labels(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(
        "النص,التصنيف,التاريخ,الكاتب,البلد,الرابط\n"
        "نحتاج سائقين للقافلة,دعوة تطوع,2026-03-01T22:30:00+00:00,هدى,sa,x.example/1\n"
        "صباح الخير,غير ذي صلة,2026-03-01,سالم,,\n",
        encoding="utf-8",
    )
    found = read_asks([tmp_path / "posts.csv"], column="النص")
    assert [ask[:3] for ask in found.asks] == [("نحتاج سائقين للقافلة", "volunteer_call", datetime(2026, 3, 2, 1, 30))]
    assert (found.asks[0].author, found.asks[0].country, found.asks[0].link) == ("هدى", "SA", "x.example/1")


def test_excel_with_dates(tmp_path: Path) -> None:
    table = {"text": ["تبرعوا بالدم"], "label": ["donation_drive"], "created_at": [datetime(2026, 3, 1, 22, 30)]}
    pd.DataFrame(table).to_excel(tmp_path / "posts.xlsx", index=False)
    (ask,) = read_asks([tmp_path / "posts.xlsx"], country="SA").asks
    assert ask.posted_at == datetime(2026, 3, 1, 22, 30)  # a time without a zone is the account's own


@pytest.mark.parametrize(
    ("time", "country", "day"),
    [("22:30:00+00:00", "SA", "2026-03-03"), ("22:30:00+00:00", "MA", "2026-03-02"), ("22:30:00", "SA", "2026-03-02")],
)
def test_tomorrow_is_said_by_the_clock_of_the_country(tmp_path: Path, time: str, country: str, day: str) -> None:
    (tmp_path / "posts.jsonl").write_text(
        json.dumps({"text": "نحتاج متطوعين بكرة", "label": "volunteer_call", "time": f"2026-03-01T{time}"}),
        encoding="utf-8",
    )
    (one,) = find_initiatives(read_asks([tmp_path / "posts.jsonl"], country=country).asks, now=datetime(2026, 3, 2))
    assert [found.value.start for found in one.details.dates] == [day]


def test_local_time_of_what_is_no_time() -> None:
    assert [local_time(value, "SA") for value in (None, "", "أمس", float("nan"), [])] == [None] * 5


def test_own_background_and_labels(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(
        "text,label,also,probability,certain\nتعالوا ننظف الشاطئ,نظافة,,0.91,true\nصباح الخير,سوالف,,0.99,True\n"
        "وزعوا الماء,سقيا,نظافة,x,False\n",
        encoding="utf-8",
    )
    found = read_asks([tmp_path / "posts.csv"], background="سوالف").asks
    assert [(ask.label, ask.also, ask.probability, ask.certain) for ask in found] == [
        ("نظافة", None, 0.91, True),
        ("سقيا", "نظافة", None, False),
    ]


def test_several_tables_are_read_as_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("text,label\nتبرعوا بالدم,donation_drive\n", encoding="utf-8")
    found = read_asks([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert (len(found.asks), found.posts) == (2, 2)


def test_ids_of_a_chat_name_the_chat() -> None:
    assert all((ask.id or "").startswith(f"{CHAT}/") for ask in timeline().asks())
