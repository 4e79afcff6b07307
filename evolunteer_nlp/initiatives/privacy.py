"""Numbers of private persons are not shown to everybody who gets a page.

Masking keeps the length of a text, so that spans stay right.

>>> hidden("واتساب ٠٥٠٠٠٠٠٠١٢ أو a.b@mail.example")
'واتساب ••••••••١٢ أو •••@mail.example'
"""

import re
from dataclasses import fields, replace
from typing import Any

from evolunteer_nlp.initiatives.contacts import Iban
from evolunteer_nlp.initiatives.details import Details
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.post import Found
from evolunteer_nlp.initiatives.trust import TrustCue

DOT = "\N{BULLET}"
_LONG = 8
"""Digits from which a number may lead to a person."""
_DATE = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}(?!\d)")
_NUMBER = re.compile(rf"(?:[A-Za-z]{{2}} ?)?\+?\d(?:[^\S\n]?[-.()_/]{{0,2}}[^\S\n]?\d){{{_LONG - 1},}}")
_EMAIL = re.compile(r"[\w.+-]+(?=@[\w-]+\.)")


def hidden(text: str) -> str:
    """A text with dots for the digits of long numbers, but the last two, and for who an e-mail goes to."""
    text = _NUMBER.sub(lambda match: match[0] if _DATE.fullmatch(match[0]) else _dots(match[0]), text)
    return _EMAIL.sub(lambda match: DOT * len(match[0]), text)


def _dots(number: str) -> str:
    shown = [at for at, char in enumerate(number) if char.isdigit()][-2:]
    return "".join(DOT if char.isdigit() and at not in shown else char for at, char in enumerate(number))


def mask(initiative: Initiative) -> Initiative:
    """An initiative without private numbers, if it may be a private person's; else the same.

    Every text is hidden: its posts', what values rest on, the values themselves, who wrote the posts and where.
    """
    if not initiative.is_private:
        return initiative
    return replace(
        initiative,
        text=hidden(initiative.text),
        details=_details(initiative.details),
        posts=tuple(
            ask._replace(
                text=hidden(ask.text),
                author=ask.author and hidden(ask.author),
                chat=ask.chat and hidden(ask.chat),
                forwarded_from=ask.forwarded_from and hidden(ask.forwarded_from),
            )
            for ask in initiative.posts
        ),
        conflicts=tuple(
            conflict._replace(values=tuple(map(hidden, conflict.values))) for conflict in initiative.conflicts
        ),
        cues=tuple(_cue(cue) for cue in initiative.cues),
    )


def _cue(cue: TrustCue) -> TrustCue:
    return cue._replace(evidence=_found(cue.evidence)) if cue.evidence else cue


def _details(details: Details) -> Details:
    changed: dict[str, Any] = {}
    for field in fields(details):
        value = getattr(details, field.name)
        if isinstance(value, Found):
            changed[field.name] = _found(value)
        elif isinstance(value, tuple) and not hasattr(value, "_fields"):
            changed[field.name] = tuple(map(_found, value))
    return replace(details, **changed)


def _found(found: Found[Any]) -> Found[Any]:
    value = found.value
    if isinstance(value, str):
        value = hidden(value)
    elif isinstance(value, Iban):
        value = value._replace(iban=hidden(value.iban))
    return found._replace(value=value, text=hidden(found.text))
