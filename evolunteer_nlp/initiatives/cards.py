"""A card: all that a page says of one initiative, in Arabic words and safe links; the template only places it."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import NamedTuple

from evolunteer_nlp.initiatives import wording
from evolunteer_nlp.initiatives.calendar_file import to_ics
from evolunteer_nlp.initiatives.details import Details
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.joining import Way, original, ways
from evolunteer_nlp.initiatives.legible import Piece, legible, line, pieces, word_end
from evolunteer_nlp.initiatives.names import arabic
from evolunteer_nlp.initiatives.post import Found
from evolunteer_nlp.initiatives.summary import headline
from evolunteer_nlp.initiatives.trust import CRITERIA, describe
from evolunteer_nlp.labels import arabic_name

SHOWN = 420
"""Characters of a post that are shown at once; what is little longer is shown whole."""
MOST = 4000
"""Characters of a post that a page holds at all."""
_ARTICLE = re.compile("^و?(?:ال)?")
_LISTED = 12
_DAY_ZERO = date(1970, 1, 1).toordinal()


class Cue(NamedTuple):
    """What speaks for an initiative or against it, in words, and the words of the post."""

    criterion: str
    says: str
    quote: str


class Number(NamedTuple):
    """A number to copy: what it is, as it is read, as it is copied, and a warning."""

    name: str
    shows: str
    copies: str
    warns: str


class Card(NamedTuple):
    """One initiative as a page shows it; texts are legible, and not yet escaped.

    Attributes
    ----------
    facets : dict of str to tuple of str
        By what the card can be found: values of each filter (`evolunteer_nlp.initiatives.filters`).
    days : tuple of (int, int)
        First and last day of each date, in days since 1970.
    facts : tuple of (str, str)
        What is asked, when, where and so on: a name and words.
    text, rest : tuple of Piece
        The beginning of the post, and what follows it.
    cut : bool
        Whether the post goes on after ``rest``.
    ics : str
        Its dates as a calendar, in base64; empty without dates.
    """

    id: str
    label: str
    label_names: tuple[str, ...]
    certain: bool
    status: str
    status_name: str
    reason: str
    headline: str
    facts: tuple[tuple[str, str], ...]
    numbers: tuple[Number, ...]
    text: tuple[Piece, ...]
    rest: tuple[Piece, ...]
    cut: bool
    seen: str
    conflicts: tuple[str, ...]
    supports: tuple[Cue, ...]
    check: tuple[Cue, ...]
    ways: tuple[Way, ...]
    original: str | None
    masked: bool
    ics: str
    facets: dict[str, tuple[str, ...]]
    days: tuple[tuple[int, int], ...]


def card(initiative: Initiative, now: datetime, *, masked: bool = False) -> Card:
    """Put an initiative into words.

    Parameters
    ----------
    initiative : Initiative
        As it may be shown, see `evolunteer_nlp.initiatives.privacy.for_everybody`.
    now : datetime
        When the page is made.
    masked : bool
        Whether numbers of it were hidden.
    """
    details = initiative.details
    text = initiative.text
    end = min(len(text), MOST)
    first = end if end <= 1.3 * SHOWN else word_end(text, SHOWN)
    spans = list(_spans(initiative))
    cues = {side: tuple(_cues(initiative, side)) for side in ("for", "against")}
    labels = tuple(filter(None, (initiative.label, initiative.also)))
    return Card(
        initiative.id,
        initiative.label,
        tuple(line(arabic_name(label)) for label in labels),
        initiative.certain,
        details.status.value,
        arabic("status", details.status.value),
        wording.status_reason(details.status),
        headline(initiative),
        tuple(_facts(details)),
        tuple(_numbers(details)),
        pieces(text, spans, 0, first),
        pieces(text, spans, first, end),
        end < len(text),
        _seen(initiative),
        tuple(_conflicts(initiative)),
        cues["for"],
        cues["against"],
        ways(initiative),
        original(initiative),
        masked,
        b64encode(to_ics([initiative], now, texts=False)).decode() if details.dates else "",
        _facets(initiative, labels),
        tuple(_days(details)),
    )


def _spans(initiative: Initiative) -> Iterator[tuple[int, int]]:
    """The words that details and cues rest on."""
    details = initiative.details
    for field in fields(Details):
        value = getattr(details, field.name)
        for found in (value,) if isinstance(value, Found) else value or ():
            if isinstance(found, Found):
                yield found.start, found.end
    for evidence in (details.status.evidence, *(cue.evidence for cue in initiative.cues)):
        if evidence:
            yield evidence.start, evidence.end


def _facts(details: Details) -> Iterator[tuple[str, str]]:
    def names(field: str, found: Iterable[Found[str]]) -> Iterator[str]:
        return (arabic(field, each.value) for each in found)

    mode = [details.mode] if details.mode else []
    rows: tuple[tuple[str, str, Iterable[str]], ...] = (
        ("المواعيد", "؛ ", (wording.when(found.value) for found in details.dates)),
        ("المكان", "، ", [line(wording.place(details.cities, details.districts), 200)]),
        ("فصيلة الدم", "، ", (wording.ltr(found.value) for found in details.blood_types)),
        ("المطلوب", "، ", _distinct(details.goods)),
        ("مبالغ مذكورة", "، ", (wording.money(found.value) for found in details.amounts)),
        ("المهارات", "، ", _distinct(details.skills)),
        ("المشاركة", "؛ ", [*names("mode", mode), *names("kind", details.kinds)]),
        ("لمن", "، ", names("audience", details.audience)),
        ("المجال", "، ", names("cause", details.causes)),
        ("الجهة", "، ", [line(wording.who(details.organiser.value))] if details.organiser else []),
    )
    for name, between, values in rows:
        if words := between.join(dict.fromkeys(filter(None, values))):
            yield name, words
    if details.urgent:
        yield "عاجل", line(details.urgent.text)


def _distinct(words: Iterable[Found[str]]) -> list[str]:
    """Words as they were typed, each with or without an article or «و» once."""
    first: dict[str, str] = {}
    for found in words:
        first.setdefault(_ARTICLE.sub("", found.value), line(found.value, 40))
    return list(first.values())[:_LISTED]


def _numbers(details: Details) -> Iterator[Number]:
    for iban in details.ibans:
        typed, wrong = iban.value.iban, "" if iban.value.valid else "لا يطابق رقم التحقق"
        yield Number("آيبان", " ".join(typed[at : at + 4] for at in range(0, len(typed), 4)), typed, wrong)
    for name, founds in (("حساب", details.accounts), ("أرسل رسالة إلى", details.codes)):
        for found in founds:
            yield Number(name, found.value, found.value, "")


def _seen(initiative: Initiative) -> str:
    first, last = initiative.first_seen, initiative.last_seen
    if initiative.count == 1:
        seen = f"نُشر {wording.day(first.date())}" if first else "تاريخ النشر غير معروف"
    else:
        days = [wording.day(each.date()) for each in (first, last) if each]
        seen = "، ".join([f"شوهد {wording.counted(initiative.count, wording.TIMES)}", *_period(days)])
    sources = [line(name, 40) for name in initiative.sources]
    more = f" و{len(sources) - 3:,} غيرها" if len(sources) > 3 else ""
    return f"{seen}؛ في: {'، '.join(sources[:3])}{more}" if sources else seen


def _period(days: Sequence[str]) -> list[str]:
    """From the first of days to the last, of as many as there are."""
    return [f"من {days[0]} إلى {days[-1]}"] if len(set(days)) > 1 else list(days[:1])


def _conflicts(initiative: Initiative) -> Iterator[str]:
    for conflict in initiative.conflicts:
        values = " / ".join(wording.ltr(line(value, 40)) for value in conflict.values[:4])
        yield f"{arabic('number', conflict.field)}: {values}"


def _cues(initiative: Initiative, side: str) -> Iterator[Cue]:
    for cue in sorted(initiative.cues, key=lambda cue: CRITERIA.index(cue.criterion)):
        if cue.speaks == side:
            quote = line(cue.evidence.text) if cue.evidence else ""
            yield Cue(arabic("criterion", cue.criterion), describe(cue.name)[0], quote)


def _facets(initiative: Initiative, labels: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    details = initiative.details
    mode = details.mode.value if details.mode else "unknown"
    named = tuple(cue.name for cue in initiative.cues)
    return {
        "label": labels,
        "status": (details.status.value,),
        "cause": tuple(found.value for found in details.causes) or ("other",),
        "city": tuple(dict.fromkeys(legible(found.value.name) for found in details.cities)) or ("",),
        "mode": ("online", "on_site") if mode == "both" else (mode,),
        "cue": named if any(cue.speaks == "against" for cue in initiative.cues) else ("nothing_against", *named),
    }


def _days(details: Details) -> Iterator[tuple[int, int]]:
    for found in details.dates:
        yield _day(found.value.start), _day(found.value.end or found.value.start)


def _day(iso: str) -> int:
    return date.fromisoformat(iso[:10]).toordinal() - _DAY_ZERO
