"""Matches as people read them in a terminal, as a sheet, and as plain values for programs."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.joining import Way, original, ways
from evolunteer_nlp.initiatives.legible import legible, line
from evolunteer_nlp.initiatives.match import Match, Reason
from evolunteer_nlp.initiatives.sheets import as_json, write_rows, write_text
from evolunteer_nlp.initiatives.wording import ltr, place, when
from evolunteer_nlp.labels import arabic_name

SUFFIXES = (".xlsx", ".csv", ".json")
COLUMNS = ("الملاءمة", "النوع", "النص", "المكان", "المواعيد", "لماذا", "انتبه", "للانضمام", "المعرف")
"""Of a sheet: score, label, text, where, when, reasons, doubts, how to join, id."""
_DOTS = 5
_SHOWN = 160
"""Letters of a post that a terminal shows."""


def write_matches(matches: Sequence[Match], path: Path) -> None:
    """Write matches to a file, by its suffix one of `SUFFIXES`."""
    if path.suffix.lower() == ".json":
        write_text(to_json(matches), path)
    else:
        write_rows([dict(zip(COLUMNS, _row(match), strict=True)) for match in matches], COLUMNS, path)


def as_text(match: Match, number: int) -> str:
    """A block of Arabic lines: how well it fits, what it is, where and when, why, what to ask, and how to join."""
    score, label, _, *facts, _ = _row(match)
    full = round(score * _DOTS)
    first = f"{number}. {'●' * full}{'○' * (_DOTS - full)} {label}: {line(match.initiative.text, _SHOWN)}"
    return "\n".join(
        [first, *(f"   {name}: {words}" for name, words in zip(COLUMNS[3:-1], facts, strict=True) if words)]
    )


def to_json(matches: Iterable[Match]) -> str:
    """Matches for programs, the best first; spans of evidence are in ``text``."""
    return as_json([_values(match) for match in matches])


def _row(match: Match) -> tuple[Any, ...]:
    one = match.initiative
    return (
        match.score,
        " و".join(line(arabic_name(label)) for label in (one.label, one.also) if label),
        legible(one.text),
        line(place(one.details.cities, one.details.districts)),
        "؛ ".join(when(found.value) for found in one.details.dates),
        " • ".join(reason.says for reason in match.reasons),
        " • ".join(doubt.says for doubt in match.doubts),
        _join(one),
        one.id,
    )


def _values(match: Match) -> dict[str, Any]:
    one = match.initiative
    return {
        "id": one.id,
        "score": match.score,
        "label": one.label,
        "also": one.also,
        "status": one.details.status.value,
        "text": one.text,
        "cities": [found.value.name for found in one.details.cities],
        "dates": [found.value._asdict() for found in one.details.dates],
        "reasons": [_reason(reason) for reason in match.reasons],
        "doubts": [_reason(doubt) for doubt in match.doubts],
        "join": [way._asdict() for way in ways(one)],
        "link": original(one),
        "posts": one.count,
        "last_seen": one.last_seen.isoformat() if one.last_seen else None,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    found = reason.evidence
    evidence = {"start": found.start, "end": found.end, "text": found.text} if found else None
    return {"part": reason.part, "points": reason.points, "says": reason.says, "evidence": evidence}


def _join(initiative: Initiative) -> str:
    """Ways to join and the original post; where all of these are hidden, their dots."""
    link = original(initiative)
    named = [_way(way) for way in ways(initiative)] + ([f"المنشور الأصلي {ltr(link)}"] if link else [])
    hidden = [ltr(line(found.text)) for found in (*initiative.details.phones, *initiative.details.emails)]
    return "، ".join(named or hidden)


def _way(way: Way) -> str:
    return f"{way.name} {ltr(way.href if way.kind == 'link' else way.shows)}"
