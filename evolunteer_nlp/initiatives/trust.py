"""What speaks for an initiative and against it, by the four criteria of e-volunteering, for a person to check.

Credibility (who asks, where the money goes), freshness (is it of today), plausibility (does it add up, or does it
press and promise), ongoing support (does anybody stay with it). A cue quotes the words it rests on where it rests on
words. None of them is a verdict: honest people ask without a licence, and forgers know how to write one.
What each is called is in ``data/names.tsv``, its words are in ``data/cues.tsv``, field ``trust``.

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
from typing import NamedTuple

from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.details import Details
from evolunteer_nlp.initiatives.lexicon import cues, rows
from evolunteer_nlp.initiatives.post import Found, read
from evolunteer_nlp.initiatives.reposts import Conflict

CRITERIA = ("credibility", "freshness", "plausibility", "support")
FRESH = 14
"""Days within which a post is fresh."""
STALE = 45
"""Days after which a post without a date that is still to come is stale."""
_OFFICIAL = re.compile(r"(?:^|[./@])[\w-]+\.(?:gov|gouv|org|edu|mil)\.[a-z]{2}(?![\w.-])|\.(?:gov|org|ngo)(?![\w.-])")
_LICENCE = re.compile(
    r"(?<!\w)(?:(?:ال)?(?:ترخيص|رخصه|تصريح|اشهار|سجل|تسجيل)\s*(?:رسمي\s*)?(?:رقم|برقم|:|#)*|(?:مرخصه?|مشهره?|مسجله?)"
    r"\s+(?:\w+\s+){0,4}?(?:برقم|رقم))[\s:#(]*\d[\d/-]{1,15}"
)


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
    found = [
        *_by_words(text),
        *_by_whom(text, details),
        *_by_contacts(details, posts),
        *_by_time(details, posts, now),
        *_by_sources(posts, conflicts),
    ]
    named = {name for name, _ in found}
    if _asks_for_money(details) and not named & {"follow_up", "ongoing", "named_organisation", "licence"}:
        found.append(("no_follow_up", None))
    first: dict[str, Found[str] | None] = {}
    for name, evidence in found:
        first.setdefault(name, evidence)
    listed = [TrustCue(*_names()[name][:2], name, evidence) for name, evidence in first.items()]
    return tuple(sorted(listed, key=lambda cue: (CRITERIA.index(cue.criterion), cue.speaks == "for")))


_Cue = tuple[str, Found[str] | None]


def _by_words(text: str) -> Iterator[_Cue]:
    post = read(text)
    for cue in cues(post).get("trust", ()):
        yield cue.value, post.found(cue.value, cue.start, cue.end)
    if licence := _LICENCE.search(post.folded):
        yield "licence", post.found("licence", *licence.span())


def _by_whom(text: str, details: Details) -> Iterator[_Cue]:
    organiser = details.organiser
    if organiser and organiser.value.name and organiser.value.type != "person":
        yield "named_organisation", organiser.shows("named_organisation")
    accounts = [*(found.shows("") for found in details.ibans), *details.accounts]
    if organiser and organiser.value.type == "person" and accounts:
        yield "account_of_person", accounts[0].shows("account_of_person")
    for iban in details.ibans:
        yield ("iban_sound" if iban.value.valid else "iban_wrong"), iban.shows("")
    countries = {city.value.country for city in details.cities} - {None}
    for iban in details.ibans:
        if countries and iban.value.iban[:2] not in countries:
            yield "foreign_account", iban.shows("")


def _by_contacts(details: Details, posts: Sequence[Ask]) -> Iterator[_Cue]:
    for link in (*details.links, *details.emails):
        host = re.sub(r"^https?://", "", link.value.lower()).split("/")[0].split("?")[0]
        if _OFFICIAL.search(host):
            yield "official_link", link
    reachable = (details.phones, details.links, details.emails, details.ibans, details.accounts, details.codes)
    if not any(reachable) and not details.cities and not details.districts and not any(ask.link for ask in posts):
        yield "no_contact", None


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
