"""Initiatives as files: the page, a sheet, plain data, lines for a chat, a calendar.

::

    .html  digest.digest_page           .xlsx .csv  to_rows, names of columns in Arabic
    .json  to_json                      .md         to_markdown, for a chat
    .ics   calendar_file.to_ics, of what is dated and open
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from evolunteer_nlp.errors import TableError
from evolunteer_nlp.initiatives.calendar_file import to_ics
from evolunteer_nlp.initiatives.cards import Card, card
from evolunteer_nlp.initiatives.details import Details
from evolunteer_nlp.initiatives.digest import TITLE, page_of
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.legible import legible, line
from evolunteer_nlp.initiatives.post import Found
from evolunteer_nlp.initiatives.privacy import as_shown
from evolunteer_nlp.initiatives.sheets import as_json, write_rows, write_text
from evolunteer_nlp.initiatives.trust import describe
from evolunteer_nlp.initiatives.wording import day, ltr
from evolunteer_nlp.labels import arabic_name
from evolunteer_nlp.tables.write import refuse_to_replace

FORMATS = ("html", "xlsx", "csv", "json", "md", "ics")
_FACTS = (
    "المواعيد", "المكان", "فصيلة الدم", "المطلوب", "مبالغ مذكورة", "المهارات", "المشاركة", "لمن", "المجال",
    "الجهة", "عاجل",
)  # fmt: skip
COLUMNS = (
    "الدعوة", "النوع", "الحال", "السبب", "عدد المتطوعين", *_FACTS, "الهواتف", "الروابط", "البريد", "الحسابات", "النص",
    "مرات الظهور", "أول ظهور", "آخر ظهور", "المصادر", "اختلاف النسخ", "يدعم", "يستدعي السؤال",
    "المنشور الأصلي", "المعرف",
)  # fmt: skip
"""The columns of a sheet: what is asked, its kind, status and so on."""
_CHAT_TEXT = 220
_PLAIN = str.maketrans("<>[]*`", "‹›()∗'")
"""What a chat or Markdown would take for a sign, and what looks like it."""


class Written(NamedTuple):
    """How many initiatives a file has, and of how many contacts were masked."""

    initiatives: int
    masked: int


def format_of(path: Path, format: str | None = None) -> str:
    """The format of a digest, by its name or as it is given.

    Raises
    ------
    TableError
        If it is none of `FORMATS`.
    """
    found = (format or path.suffix.lstrip(".")).lower()
    if found not in FORMATS:
        raise TableError(
            f"{path}: a digest is not written as {found or 'a file without a suffix'}; choose .{', .'.join(FORMATS)}"
        )
    return found


def write_digest(
    initiatives: Iterable[Initiative],
    path: Path,
    *,
    format: str | None = None,
    title: str | None = None,
    now: datetime | None = None,
    show_contacts: bool = False,
    closed: bool = False,
    force: bool = False,
) -> Written:
    """Write initiatives to a file, whole or not at all.

    Parameters
    ----------
    initiatives : iterable of Initiative
    path : Path
    format : str, optional
        One of `FORMATS`; by the suffix of ``path`` if left out.
    title : str, optional
        Of a page, or of lines for a chat.
    now : datetime, optional
        When it is made; the time of the call if left out.
    show_contacts : bool
        Show numbers that may be private persons' too.
    closed : bool
        Write closed ones too; a page has them in any case, folded away, and a calendar never.
    force : bool
        Replace what is at ``path``.

    Raises
    ------
    TableError
        If the format is not known, something is there already, or it cannot be written.
    MissingPackageError
        If a package of the extra ``discover`` is not installed.
    """
    format, now = format_of(path, format), now or datetime.now()
    if not force:
        refuse_to_replace(path)
    chosen = [one for one in initiatives if _belongs(one, format, closed)]
    pairs = as_shown(chosen, show_contacts)
    shown, masked = [one for one, _ in pairs], [is_masked for _, is_masked in pairs]
    if format == "html":
        write_text(page_of(pairs, title, now), path)
    elif format == "json":
        write_text(as_json(to_json(shown, masked)), path)
    elif format == "md":
        write_text(to_markdown(shown, now, title=title), path)
    elif format == "ics":
        write_text(to_ics(shown, now).decode(), path)
    else:
        write_rows(to_rows(shown, now), COLUMNS, path, format)
    return Written(len(shown), sum(masked))


def _belongs(one: Initiative, format: str, closed: bool) -> bool:
    status = one.details.status.value
    if format == "ics":
        return status == "open" and bool(one.details.dates)
    return closed or format == "html" or status != "closed"


def to_rows(initiatives: Iterable[Initiative], now: datetime) -> list[dict[str, Any]]:
    """One row an initiative, with the columns `COLUMNS`, in Arabic words."""
    return [dict(zip(COLUMNS, _row(one, card(one, now)), strict=True)) for one in initiatives]


def _row(one: Initiative, words: Card) -> tuple[Any, ...]:
    facts = dict(words.facts)
    wanted = one.details.volunteers_wanted
    reach = {kind: "، ".join(way.shows for way in words.ways if way.kind == kind) for kind in ("call", "mail")}
    seen = [at.strftime("%Y-%m-%d %H:%M") if at else None for at in (one.first_seen, one.last_seen)]
    return (
        words.headline,
        "، ".join(words.label_names),
        words.status_name,
        words.reason,
        wanted.value if wanted else None,
        *(facts.get(name) for name in _FACTS),
        reach["call"],
        " ".join(way.href for way in words.ways if way.kind == "link"),
        reach["mail"],
        "، ".join(f"{number.name} {number.shows}" for number in words.numbers),
        legible(one.text),
        one.count,
        *seen,
        "، ".join(map(line, one.sources)),
        "؛ ".join(words.conflicts),
        *("؛ ".join(_quoted(cue.says, cue.quote) for cue in cues) for cues in (words.supports, words.check)),
        words.original,
        one.id,
    )


def _quoted(says: str, quote: str) -> str:
    return f"{says} «{quote}»" if quote else says


def to_json(initiatives: Iterable[Initiative], masked: Iterable[bool]) -> list[dict[str, Any]]:
    """Initiatives as plain data.

    Returns
    -------
    list of dict
        Keys ``id``, ``label``, ``label_arabic``, ``also``, ``probability``, ``certain``, ``masked``, ``text``;
        ``status``: ``value``, ``reason``, ``evidence``; ``details``: the fields of
        `evolunteer_nlp.initiatives.details.Details`; ``count``, ``first_seen``, ``last_seen``, ``sources``;
        ``posts``: ``posted_at``, ``author``, ``chat``, ``forwarded_from``, ``link``; ``conflicts``: ``field``,
        ``values``; ``cues``: ``criterion``, ``speaks``, ``name``, ``arabic``, ``english``, ``evidence``. Whatever was
        read has ``value``, ``start``, ``end`` and ``text``, which is ``text[start:end]`` of the initiative's text.
    """
    return [_plain(one, hidden) for one, hidden in zip(initiatives, masked, strict=True)]


def _plain(one: Initiative, masked: bool) -> dict[str, Any]:
    status = one.details.status
    return {
        "id": one.id,
        "label": one.label,
        "label_arabic": arabic_name(one.label),
        "also": one.also,
        "probability": one.probability,
        "certain": one.certain,
        "masked": masked,
        "text": one.text,
        "status": {"value": status.value, "reason": status.reason, "evidence": _data(status.evidence)},
        "details": {field.name: _data(getattr(one.details, field.name)) for field in fields(Details)[:-1]},
        "count": one.count,
        "first_seen": one.first_seen and one.first_seen.isoformat(),
        "last_seen": one.last_seen and one.last_seen.isoformat(),
        "sources": one.sources,
        "posts": [
            {
                "posted_at": ask.posted_at and ask.posted_at.isoformat(),
                "author": ask.author,
                "chat": ask.chat,
                "forwarded_from": ask.forwarded_from,
                "link": ask.link,
            }
            for ask in one.posts
        ],
        "conflicts": [conflict._asdict() for conflict in one.conflicts],
        "cues": [
            {
                **cue._asdict(),
                "evidence": _data(cue.evidence),
                "arabic": describe(cue.name)[0],
                "english": describe(cue.name)[1],
            }
            for cue in one.cues
        ],
    }


def _data(value: Any) -> Any:
    if isinstance(value, Found):
        return {**value._asdict(), "value": _data(value.value)}
    if hasattr(value, "_asdict"):
        return value._asdict()
    return [_data(each) for each in value] if isinstance(value, tuple) else value


def to_markdown(initiatives: Sequence[Initiative], now: datetime, *, title: str | None = None) -> str:
    """Lines to paste into a chat: stars make bold in WhatsApp and stress in Markdown."""
    parts = [f"*{_chat(title or TITLE)}*\n{day(now.date())}"]
    for number, one in enumerate(initiatives, 1):
        words = card(one, now)
        lines = [f"*{number}. {_chat(words.headline)}* ({_chat('، '.join(words.label_names))}، {words.status_name})"]
        lines += [f"- {name}: {_chat(value)}" for name, value in words.facts]
        lines.append(f"- «{_chat(line(one.text, _CHAT_TEXT))}»")
        lines += [f"- {number.name}: {ltr(number.shows)} {number.warns}".rstrip() for number in words.numbers]
        lines += [f"- {way.name}: {ltr(way.shows if way.kind in {'call', 'mail'} else way.href)}" for way in words.ways]
        lines += [f"- المنشور الأصلي: {words.original}"] if words.original else []
        lines += [f"- تحقق: {_chat(_quoted(cue.says, cue.quote))}" for cue in words.check]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _chat(text: str) -> str:
    return text.translate(_PLAIN)
