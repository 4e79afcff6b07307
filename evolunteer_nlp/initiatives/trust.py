"""What speaks for an initiative and against it, by the four criteria of e-volunteering, for a person to check.

Credibility (who asks, where the money goes), freshness (is it of today), plausibility (does it add up, or does it
press and promise), ongoing support (does anybody stay with it). A cue quotes the words it rests on where it rests on
words. None of them is a verdict: honest people ask without a licence, and forgers know how to write one.
What each is called is in ``data/trust.tsv``, its words are in ``data/cues.tsv``, field ``trust``.

>>> from evolunteer_nlp.initiatives.details import extract
>>> text = "انشرها ولك الأجر، حالة محتاجة، حول على حساب باسم سعد الفلاني 1234567890123456"
>>> for cue in trust_cues(text, extract(text, country="SA"), now=datetime(2026, 3, 5)):
...     print(cue.criterion, cue.speaks, cue.name, cue.evidence and cue.evidence.text)
credibility against account_of_person حساب باسم
plausibility against reward انشرها ولك الأجر
support against no_follow_up None
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.details import Details
from evolunteer_nlp.initiatives.lexicon import Cue, cues, rows
from evolunteer_nlp.initiatives.post import Found, Post, read
from evolunteer_nlp.initiatives.reposts import Conflict
from evolunteer_nlp.labels import Label

CRITERIA = ("credibility", "freshness", "plausibility", "support")
FRESH = 14
"""Days within which a post is fresh."""
STALE = 45
"""Days after which a post without a date that is still to come is stale."""
_OFFICIAL = re.compile(r"(?:^|[./@])[\w-]+\.(?:gov|gouv|org|edu|mil)\.[a-z]{2}(?![\w.-])|\.(?:gov|org|ngo)(?![\w.-])")
_LICENCE = re.compile(
    r"(?<!\w)[وبل]?(?:(?:ال)?(?:ترخيص|رخصه|تصريح|اشهار)(?:ها|نا|ه|و)?(?:\s?(?:رسمي|رقم|برقم|:|#)){0,3}"
    r"|(?:ال)?(?:سجل|تسجيل|قيد)\s?(?:تجاري\s|خيري\s)?(?:رقم|برقم|#)"
    r"|(?:مرخص|مشهر|مسجل)(?:ه|ين|ون)?\s(?:\w{1,20}\s){0,4}?(?:برقم|رقم|تحت رقم))"
    r"[\s:#(]{0,3}\d[\d/-]{1,15}(?!\s?(?:ارقام|ايام|يوم|شهر|سن[هي]))"
)
_MONEY_NEAR = 60
"""Letters between the words for an account and its number: room for a holder's and a bank's name."""
_LINE = 200
"""Letters before a cue in which a quotation may begin."""
_LONG = re.compile(r"\d(?:[ -]?\d){6}")
_BODIES = re.compile(
    r"(?<!\w)[وفبلع]?(?:ال|لل)?(?:جمعي|موسس|منظم|لجن|صندوق|مركز|مستشف|مشف|مسجد|جامع|مدرس|معهد|نادي|فريق|مبادر|بلدي|وزار"
    r"|هيي|هيئ|اداره|شرك|بقال|صيدلي|محل|دكان|متجر|مخبز|عداد|فاتور|فواتير|ملف|سداد|كنيس|حسيني|تكي|غرف|فرع|محكم|تنفيذ)\w*"
)
"""Who else an account may belong to, or what else a number may be of."""
_NEGATED = re.compile(
    r"(?<!\w)[وف]?(?:لا|ما|مو|مش|موش|ماشي|ماهو|مهو|مب|ماهوش|ليس|ليست|بدون|بلا|ماكو|مافي|مافيه|مفيش|ماكاينش|اياك|"
    r"احذر\w*)\s+(?:\w+\s+){0,2}[وفبلع]?(?:علي|الي|في|ف|عند|من|ل|ب)?\s*$"
)
_REACHABLE = "reachable"
"""A value of ``data/cues.tsv`` that is no cue of its own: words for other ways to answer than a number."""
_DOUBTED = frozenset({"account_of_person", "certain_gain", "pressure", "reward"})
"""What is only held against an ask that says it itself, neither denies nor quotes it."""
_SELDOM_AWARE = frozenset({"ongoing", "account_of_person", "documented", "follow_up"})
"""Words that in awareness posts speak of the reader's life («افحص كل شهر»), not of the ask."""


class TrustCue(NamedTuple):
    """Something that speaks for an initiative or against it.

    Attributes
    ----------
    criterion : str
        One of `CRITERIA`.
    speaks : str
        ``for`` or ``against``.
    name : str
        What it is; `describe` has it in words.
    evidence : Found[str] or None
        The words it rests on; None for what is missing, or was seen in other posts.
    """

    criterion: str
    speaks: str
    name: str
    evidence: Found[str] | None


@cache
def _names() -> dict[str, tuple[str, str, str, str]]:
    """Criterion, side, Arabic and English of each cue."""
    return {name: (criterion, side, arabic, english) for name, criterion, side, arabic, english in rows("trust.tsv")}


def describe(name: str) -> tuple[str, str]:
    """A cue in words, in Arabic and English: what it is, and what to check."""
    _, _, arabic, english = _names()[name]
    return arabic, english


def trust_cues(
    text: str,
    details: Details,
    posts: Sequence[Ask] = (),
    conflicts: Sequence[Conflict] = (),
    now: datetime | None = None,
) -> tuple[TrustCue, ...]:
    """List what speaks for an initiative and against it, in the order of `CRITERIA`.

    Parameters
    ----------
    text : str
    details : Details
        As `evolunteer_nlp.initiatives.details.extract` reads them from ``text``.
    posts : sequence of Ask
        All posts of it, oldest first; without them nothing is said about age and sources.
    conflicts : sequence of Conflict
        Numbers in which its posts differ.
    now : datetime, optional
        When it is read.
    """
    aware = bool(posts) and posts[0].label == Label.AWARENESS_CAMPAIGN
    post = read(text)
    words = cues(post).get("trust", ())
    found = [
        *_by_words(post, words, details, aware),
        *_by_whom(post, details),
        *_by_links(details),
        *_by_country(details, posts),
        *_by_time(details, posts, now),
        *_by_sources(posts, conflicts),
    ]
    named = {name for name, _ in found}
    if not aware and not _reachable(details, words, posts):
        found.append(("no_contact", None))
    if not aware and _asks_for_money(details) and not named & _ANSWERS and not _has_body(details):
        found.append(("no_follow_up", None))
    first: dict[str, Found[str] | None] = {}
    for name, evidence in found:
        first.setdefault(name, evidence)
    listed = [TrustCue(*_names()[name][:2], name, evidence) for name, evidence in first.items()]
    return tuple(sorted(listed, key=lambda cue: (CRITERIA.index(cue.criterion), cue.speaks == "for")))


_Cue = tuple[str, Found[str] | None]
_ANSWERS = {"follow_up", "ongoing", "named_organisation", "licence", "supervised", "official_link", "documented"}


def _by_words(post: Post, words: Sequence[Cue], details: Details, aware: bool) -> Iterator[_Cue]:
    for cue in words:
        if cue.value == _REACHABLE or (aware and cue.value in _SELDOM_AWARE):
            continue
        if cue.value in _DOUBTED and _is_denied(post, cue):
            continue
        if cue.value == "supervised" and _NEGATED.search(post.folded[max(0, cue.start - 30) : cue.start]):
            continue
        if cue.value == "account_of_person" and not _is_of_person(post, cue, details):
            continue
        yield cue.value, post.found(cue.value, cue.start, cue.end)
    phones = [post.place(found) for found in details.phones]
    for licence in _LICENCE.finditer(post.folded):
        if not any(start < licence.end() and licence.start() < end for start, end in phones):
            yield "licence", post.found("licence", *licence.span())


def _is_denied(post: Post, cue: Cue) -> bool:
    """Whether a cue is quoted, a hashtag, or follows a word that denies it («لا تحول على حساب شخصي»)."""
    before = post.folded[max(0, cue.start - _LINE) : cue.start].rpartition("\n")[2]
    quoted = before.rfind("«") > before.rfind("»") or before.count('"') % 2 == 1
    return quoted or before.endswith("#") or bool(_NEGATED.search(before[-40:]))


def _is_of_person(post: Post, cue: Cue, details: Details) -> bool:
    """Whether a number follows the words soon, or stands right before them, and no body's name between."""
    named: list[Found[Any]] = [*details.phones, *details.accounts, *details.ibans]
    numbers = [post.place(found) for found in named]
    after = [start for start, _ in numbers if cue.end <= start <= cue.end + _MONEY_NEAR]
    if not after and (unnamed := _LONG.search(post.folded, cue.end, cue.end + _MONEY_NEAR)):
        after = [unnamed.start()]
    before = [end for _, end in numbers if cue.start - 15 <= end <= cue.start]
    names_holder = "باسم" in post.folded[cue.start : cue.end]  # it may follow its number
    if not after and not (before and names_holder):
        return False
    until = min(after, default=cue.end + _MONEY_NEAR // 2)
    return not _BODIES.search(post.folded, cue.start, until)


def _by_whom(post: Post, details: Details) -> Iterator[_Cue]:
    organiser = details.organiser
    if organiser and organiser.value.name and organiser.value.type != "person":
        yield "named_organisation", organiser.shows("named_organisation")
    accounts = [*(found.shows("") for found in details.ibans), *details.accounts]
    if organiser and organiser.value.type == "person" and accounts and not _BODIES.search(post.folded):
        yield "account_of_person", accounts[0].shows("account_of_person")
    for iban in details.ibans:
        yield ("iban_sound" if iban.value.valid else "iban_wrong"), iban.shows("")


def _by_country(details: Details, posts: Sequence[Ask]) -> Iterator[_Cue]:
    """An account elsewhere than the call; not where the poster lives there, as those abroad collect for home."""
    countries = {city.value.country for city in details.cities} - {None}
    homes = countries | {ask.country for ask in posts}
    for iban in details.ibans:
        if countries and iban.value.iban[:2] not in homes:
            yield "foreign_account", iban.shows("")


def _by_links(details: Details) -> Iterator[_Cue]:
    for link in (*details.links, *details.emails):
        host = re.sub(r"^https?://", "", link.value.lower()).split("/")[0].split("?")[0]
        if _OFFICIAL.search(host):
            yield "official_link", link


def _reachable(details: Details, words: Sequence[Cue], posts: Sequence[Ask]) -> bool:
    """Whether the post says how or where to join, or is where its writer can be asked."""
    return (
        details.has_contact
        or bool(details.cities or details.districts)
        or any(cue.value == _REACHABLE for cue in words)
        or _has_body(details)
        or any(ask.link or (ask.author and not ask.forwarded_from) for ask in posts)
    )


def _by_time(details: Details, posts: Sequence[Ask], now: datetime | None) -> Iterator[_Cue]:
    status = details.status
    if status.reason == "says":
        yield ("says_closed" if status.value == "closed" else "says_open"), status.evidence
    elif status.reason == "date":
        yield ("date_past" if status.value == "closed" else "date_to_come"), status.evidence
    times = [ask.posted_at for ask in posts if ask.posted_at]
    if not times or now is None:
        return
    age = (now - max(times)).days
    if age <= FRESH:
        yield "fresh", None
    elif age > STALE and status.reason != "date":
        yield "stale", None


def _by_sources(posts: Sequence[Ask], conflicts: Sequence[Conflict]) -> Iterator[_Cue]:
    sources = {name for ask in posts if (name := ask.chat or ask.author)}
    if len(sources) > 1:
        yield "several_sources", None
    if posts and all(ask.forwarded_from for ask in posts):
        yield "forwarded", None
    for conflict in conflicts:
        if conflict.field in {"ibans", "accounts", "phones", "codes"}:
            yield "other_numbers", None


def _asks_for_money(details: Details) -> bool:
    return bool(details.amounts or details.ibans or details.accounts)


def _has_body(details: Details) -> bool:
    """Whether there is somebody beside a single person who asks, even if a name is missing («الجمعية»)."""
    organiser = details.organiser
    return bool(
        organiser and organiser.value.type != "person" and (organiser.value.name or organiser.value.type != "team")
    )
