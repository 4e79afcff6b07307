"""Numbers of private persons are not shown to everybody who gets a page.

Masking keeps the length of a text, so that spans stay right.

>>> hidden("واتساب ٠٥٠٠٠٠٠٠١٢ أو a.b@mail.example")
'واتساب ••••••••١٢ أو •••@mail.example'
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.contacts import Iban
from evolunteer_nlp.initiatives.details import Details, extract
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.post import Found
from evolunteer_nlp.initiatives.reposts import Conflict

DOT = "\N{BULLET}"
_LONG = 7
"""Digits from which a number may lead to a person, whatever stands around it, unless it is a sum."""
_YEAR = r"(?:1[34]|20)\d\d"
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = rf"{_DAY}(?P<to_year>[-./]){_MONTH}(?P=to_year){_YEAR}|{_YEAR}(?P<from_year>[-./]){_MONTH}(?P=from_year){_DAY}"
_DASHES = "\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}\N{MIDDLE DOT}\N{ARABIC TATWEEL}"
_MARKS = (
    "\N{ZERO WIDTH SPACE}-\N{RIGHT-TO-LEFT MARK}\N{LEFT-TO-RIGHT EMBEDDING}-\N{RIGHT-TO-LEFT OVERRIDE}\N{WORD JOINER}"
)
_ISOLATES = (
    "\N{LEFT-TO-RIGHT ISOLATE}-\N{POP DIRECTIONAL ISOLATE}\N{ARABIC LETTER MARK}\N{SOFT HYPHEN}"
    "\N{ZERO WIDTH NO-BREAK SPACE}"
)
_KEYCAP = "\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}"
_GAP = rf"(?:[^\S\n]|[-.()_/*{_DASHES}{_MARKS}{_ISOLATES}{_KEYCAP}]){{0,5}}"
_NUMBER = re.compile(rf"(?P<date>(?<!\d)(?:{_DATE})(?!\d))|\d(?:{_GAP}\d){{{_LONG - 1},}}")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+(?=@[\w-]+\.)")


def hidden(text: str) -> str:
    """A text with dots for the digits of long numbers, but the last two, and for who an e-mail goes to."""
    return _hidden(text, [], [])


def _hidden(text: str, named: Sequence[tuple[int, int]], sums: Sequence[tuple[int, int]]) -> str:
    """A text without its long numbers but sums, and without those that are named; what overlaps is one number."""
    found = [
        (start, end)
        for start, end in (match.span() for match in _NUMBER.finditer(_western(text)) if not match["date"])
        if not any(first <= start and end <= last for first, last in sums)
    ]
    spans: list[tuple[int, int]] = []
    for start, end in sorted([*found, *named]):
        if spans and start < spans[-1][1]:
            start, end = spans[-1][0], max(end, spans.pop()[1])
        spans.append((start, end))
    return _EMAIL.sub(lambda match: DOT * len(match[0]), _dots(text, spans))


def _western(text: str) -> str:
    """Digits of all scripts as 0 to 9, each in its place."""
    return "".join(char if char.isascii() or not char.isdigit() else str(unicodedata.digit(char)) for char in text)


def _dots(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text with dots for the digits of each span, but the last two."""
    chars = list(text)
    for start, end in spans:
        digits = [at for at in range(start, end) if text[at].isdigit()]
        for at in digits[:-2]:
            chars[at] = DOT
    return "".join(chars)


def mask(initiative: Initiative) -> Initiative:
    """An initiative without private numbers, if it may be a private person's; else the same.

    Every text is hidden: its posts', what values rest on, the values themselves, who wrote the posts and where. Phones,
    accounts and IBANs that details name are hidden however short; other numbers but sums from seven digits on.
    """
    if not initiative.is_private:
        return initiative
    text = _masked(initiative.text, initiative.posts[0].country)
    return replace(
        initiative,
        text=text,
        details=_details(initiative.details, text),
        posts=tuple(
            _anonymous(ask)._replace(text=_masked(ask.text, ask.country), link=ask.link and _link(ask.link))
            for ask in initiative.posts
        ),
        conflicts=tuple(map(_conflict, initiative.conflicts)),
        cues=tuple(cue._replace(evidence=cue.evidence and _found(cue.evidence, text)) for cue in initiative.cues),
    )


def for_everybody(initiative: Initiative) -> Initiative:
    """An initiative as everybody may see it: `mask`, and no numbers by which chats name whoever wrote to them.

    Links to posts are kept but for those that hold a number that was masked.
    """
    masked = mask(initiative)
    texts = "\n".join(ask.text for ask in initiative.posts) if initiative.is_private else ""
    secrets = {_digits(match[0])[-_LONG:] for match in _NUMBER.finditer(_western(texts)) if not match["date"]}
    posts = tuple(
        _anonymous(ask)._replace(
            link=ask.link if ask.link and not any(number in _digits(ask.link) for number in secrets) else None
        )
        for ask in masked.posts
    )
    return replace(masked, posts=posts)


def as_shown(initiatives: Iterable[Initiative], show_contacts: bool = False) -> list[tuple[Initiative, bool]]:
    """Initiatives as a file has them, each with whether a number or an address of it was taken away."""
    if show_contacts:
        return [(one, False) for one in initiatives]
    return [(shown, _hides_contacts(one, shown)) for one in initiatives for shown in [for_everybody(one)]]


def _hides_contacts(before: Initiative, after: Initiative) -> bool:
    names = ("phones", "links", "emails", "ibans", "accounts")
    return before.text != after.text or any(
        getattr(before.details, name) != getattr(after.details, name) for name in names
    )


def _anonymous(ask: Ask) -> Ask:
    """A post without numbers by which chats name who wrote it, where, or whose it was."""
    return ask._replace(
        author=ask.author and hidden(ask.author),
        chat=ask.chat and hidden(ask.chat),
        forwarded_from=ask.forwarded_from and hidden(ask.forwarded_from),
    )


def _digits(text: str) -> str:
    return "".join(char for char in _western(unquote(text)) if char.isdecimal())


@lru_cache(maxsize=1 << 10)  # copies of a call are often the same words
def _masked(text: str, country: str | None) -> str:
    details = extract(text, country=country)
    named: list[Found[Any]] = [*details.phones, *details.accounts, *details.ibans]
    sums = [(found.start, found.end) for found in details.amounts]
    return _hidden(text, [(found.start, found.end) for found in named], sums)


def _link(link: str) -> str:
    """A link to a chat by a number is hidden; one to a post is not, though its number is long."""
    return hidden(link) if re.search(r"wa\.me|whatsapp|t\.me/\+|tel:", link.lower()) else link


def _conflict(conflict: Conflict) -> Conflict:
    if conflict.field in {"phones", "ibans", "accounts"}:
        return conflict._replace(values=tuple(_dots(value, [(0, len(value))]) for value in conflict.values))
    return conflict._replace(values=tuple(map(hidden, conflict.values)))


def _details(details: Details, text: str) -> Details:
    """Details whose words are those of a masked text."""
    evidence = details.status.evidence
    changed: dict[str, Any] = {"status": details.status._replace(evidence=evidence and _found(evidence, text))}
    for field in fields(details):
        value = getattr(details, field.name)
        if isinstance(value, Found):
            changed[field.name] = _found(value, text)
        elif isinstance(value, tuple) and not hasattr(value, "_fields"):
            short = field.name in {"phones", "accounts"}
            changed[field.name] = tuple(_found(found, text, always=short) for found in value)
    return replace(details, **changed)


def _found(found: Found[Any], text: str, *, always: bool = False) -> Found[Any]:
    value = found.value
    if isinstance(value, str):
        value = _dots(value, [(0, len(value))]) if always else hidden(value)
    elif isinstance(value, Iban):
        value = value._replace(iban=_dots(value.iban, [(0, len(value.iban))]))
    return found._replace(value=value, text=text[found.start : found.end])
