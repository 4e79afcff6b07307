"""WhatsApp's exported chats: lines that begin with a date, in the order and the digits of the phone that wrote them.

Nothing in the file tells its zone, nor whether 3/4 is in March or April: that is inferred from all dates together.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import PurePath
from typing import NamedTuple

from evolunteer_nlp.dumps.platforms.post import Skip, Values, post

KIND = "WhatsApp"

_MARKS = (
    "[\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}\N{ARABIC LETTER MARK}"
    "\N{LEFT-TO-RIGHT EMBEDDING}-\N{RIGHT-TO-LEFT OVERRIDE}"
    "\N{LEFT-TO-RIGHT ISOLATE}-\N{POP DIRECTIONAL ISOLATE}\N{ZERO WIDTH NO-BREAK SPACE}]*"
)
_TOKENS = {
    "number": r"(\d{1,2})",  # \d and int() know Arabic digits
    "year_or_day": r"(\d{4}|\d{1,2})",
    "point": r"\s?[./-]\s?",
    "half": r"(?:(?P<half>[AaPp])\.?\s?[Mm]\.?|(?P<half_ar>ص|م|صباحًا|مساءً|صباحا|مساء)(?!\w))?",
}
_DATE = "{M}{year_or_day}{M}{point}{M}{number}{M}{point}{M}{year_or_day}{M}[,،]?{M}\\s+{M}"
_CLOCK = "{number}{M}:{M}(\\d\\d)(?:{M}:{M}(\\d\\d))?{M}\\s*{M}{half}{M}"


def _header(before: str, after: str) -> re.Pattern[str]:
    return re.compile((before + _DATE + _CLOCK + after + "{M}(?P<rest>.*)").format(M=_MARKS, **_TOKENS), re.DOTALL)


_HEADERS = (_header(r"{M}\[", r"\s*\]\s?"), _header("", r"\s+[-–]\s"))
"""Of iPhones, and of Android."""

_SENDER = re.compile(r"(?P<sender>[^\n]{1,100}?):(?:\s|$)(?P<text>.*)", re.DOTALL)
_EDITED = re.compile(rf"{_MARKS}<(?:This message was edited|تم تعديل هذه الرسالة)>")
_MEDIA = re.compile(
    rf"^{_MARKS}(?:<(?:Media omitted|تم استبعاد الوسائط)>"
    r"|(?:image|video|audio|GIF|sticker|document|contact card|Contact card) omitted"
    r"|[^\n]* document omitted"
    r"|تم استبعاد (?:الصورة|الفيديو|مقطع الفيديو|الصوت|الملصق|المستند|جهة الاتصال)"
    r"|(?:صورة|ملصق) مستبعدة?|[^\n]+ \((?:file attached|الملف مرفق)\))" + _MARKS + r"[ \t]*$"
    rf"|{_MARKS}<(?:attached|مرفق|المرفق): [^>\n]*>",
    re.MULTILINE,
)
_DELETED = re.compile(
    "(?:This message was deleted|You deleted this message|تم حذف هذه الرسالة"
    "|لقد حذفت (?:أنت )?هذه الرسالة|حذفت هذه الرسالة"
    "|Missed (?:voice|video) call|مكالمة (?:صوتية|فيديو|مرئية) فائتة|Waiting for this message)[^\n]*"
)
_SYSTEM = re.compile(
    "end-to-end encrypted|created (?:this )?group|changed (?:the|this) (?:group|subject)|changed their phone number"
    "|مشفرة|مشفّرة|التشفير التام|(?:أنشأ|أنشأت|قام بإنشاء) .*المجموعة|(?:غيّر|غيَّر|غيرت|قام بتغيير) .*(?:المجموعة|الموضوع)"
)

_BY_APP = re.compile("[\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}]")
"""What iPhones put before texts that WhatsApp wrote."""


class Message(NamedTuple):
    """A message as it stands in the file.

    Attributes
    ----------
    line : int
        Counted from 1.
    date : tuple of int
        As they are written.
    clock : tuple of int
        Hour (of 24), minute, second.
    body : str
        All after the header, of all its lines.
    """

    line: int
    date: tuple[int, int, int]
    clock: tuple[int, int, int]
    body: str


class Stray(NamedTuple):
    """A line above the first message."""

    line: int
    text: str


def is_sure(beginning: str, anywhere: bool = False) -> bool:
    """Whether the first line that is not blank (or any) begins as an exported message does."""
    lines = [line for line in beginning.splitlines() if line.strip()]
    return any(_parsed(header, 1, line) for line in lines[: None if anywhere else 1] for header in _HEADERS)


def messages(text: str) -> Iterator[Message | Stray]:
    """Find the messages; lines without a date go on with the one above. The first date tells which phone it was."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    header = next((header for line in lines for header in _HEADERS if _parsed(header, 1, line)), _HEADERS[0])
    last: Message | None = None
    body: list[str] = []
    for number, line in enumerate(lines, 1):
        found = _parsed(header, number, line)
        if found:
            if last:
                yield last._replace(body="\n".join(body))
            last, body = found, [found.body]
        elif last:
            body.append(line)
        elif line.strip():
            yield Stray(number, line)
    if last:
        yield last._replace(body="\n".join(body))


def _parsed(header: re.Pattern[str], number: int, line: str) -> Message | None:
    found = header.match(line)
    if not found:
        return None
    a, b, c, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    half = found["half"] or {"ص": "a", "م": "p"}.get((found["half_ar"] or "")[:1], "")
    if half:
        hour = hour % 12 + 12 * (half in "Pp")
    if hour > 23 or minute > 59 or second > 59:
        return None
    return Message(number, (a, b, c), (hour, minute, second), found["rest"])


def date_order(dates: Sequence[tuple[int, int, int]]) -> str:
    """Infer the order of year, month and day: the one in which every date exists and time runs on, most closely.

    Where that does not tell, days come first, as in all Arabic settings.

    >>> date_order([(3, 14, 2024)]), date_order([(3, 4, 2024), (4, 4, 2024)]), date_order([(3, 4, 2024), (3, 5, 2024)])
    ('mdy', 'dmy', 'mdy')
    """
    distinct = list(dict.fromkeys(dates))

    def strangeness(order: str) -> tuple[int, int, int]:
        days = [_date(date, order) for date in distinct]
        known = [day.toordinal() for day in days if day]
        steps = [later - sooner for sooner, later in pairwise(known)]
        return days.count(None), sum(step < 0 for step in steps), sum(map(abs, steps))

    return min(("dmy", "mdy", "ymd"), key=strangeness)


def _date(date: tuple[int, int, int], order: str, clock: tuple[int, int, int] = (0, 0, 0)) -> datetime | None:
    parts = dict(zip(order, date, strict=True))
    year = parts["y"] + 2000 if parts["y"] < 100 else parts["y"]
    try:
        return datetime(year, parts["m"], parts["d"], *clock)  # no zone is known
    except ValueError:
        return None


def message_values(message: Message, order: str, chat: str | None) -> Values | Skip:
    """The values of a message; what nobody wrote is skipped."""
    found = _SENDER.match(message.body)
    if not found or _SYSTEM.search(found["sender"]) or (_BY_APP.match(found["text"]) and _SYSTEM.search(found["text"])):
        return Skip("system message")
    text = _EDITED.sub("", found["text"])
    if _DELETED.fullmatch(_bare(text)):
        return Skip("deleted message or missed call")
    written = _MEDIA.sub("", text)
    if _bare(written) in ("", "null") and _bare(text):  # null is what Android writes for a poll, or a picture seen once
        return Skip("media without text")
    time = _date(message.date, order, message.clock)
    return post(
        written.strip(),
        author=_bare(found["sender"]).removeprefix("~").strip(),
        time=time.isoformat() if time else None,
        chat=chat,
    )


def _bare(text: str) -> str:
    return re.sub(f"^{_MARKS}|{_MARKS}$", "", text).strip()


_CHAT_FILE = re.compile(r"(?:WhatsApp Chat (?:with|-)|(?:دردشة|محادثة) (?:واتساب|WhatsApp) (?:مع|-)) ?(?P<chat>.+)")


def chat_name(name: str) -> str | None:
    """The chat's name, from that of its file.

    >>> chat_name("WhatsApp Chat with فريق العون.txt"), chat_name("_chat.txt")
    ('فريق العون', None)
    """
    found = _CHAT_FILE.fullmatch(PurePath(name).name.removesuffix(".txt").removesuffix(".zip"))
    return found["chat"].strip() if found else None
