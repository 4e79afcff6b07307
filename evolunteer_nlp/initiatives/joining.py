"""How to join: what a reader can press, made of what a post names. Nothing else a post says becomes a link.

>>> web_link("forms.gle/abc?q='x'"), web_link("javascript:alert(1)//a.example"), web_link("https://bank.example@evil.example")
('https://forms.gle/abc?q=%27x%27', None, None)
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from evolunteer_nlp.errors import MissingPackageError
from evolunteer_nlp.initiatives.details import Details
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.post import read
from evolunteer_nlp.initiatives.privacy import DOT

MOST = 4
"""Ways of one kind that are shown; a post that names more names them in its text."""
_LONGEST = 500
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_HOST = re.compile(r"(?:\w(?:[\w-]*\w)?\.)+[^\W\d_]{2,}\.?")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}", re.ASCII)
_WHATSAPP = re.compile(r"واتس|وتس|واتاب|whats|wa\.me")
_BEFORE = 30
"""Letters before a number in which a word such as «واتساب» names it."""
_WHATSAPP_NUMBER = re.compile(r"(?:wa\.me/|whatsapp\.com/send/?\?phone=)\+?\d", re.IGNORECASE)
_SITES = {
    "chat.whatsapp.com": "مجموعة واتساب",
    "t.me": "تيليجرام",
    "telegram.me": "تيليجرام",
    "forms.gle": "نموذج التسجيل",
    "forms.office.com": "نموذج التسجيل",
}


class Way(NamedTuple):
    """Something to press.

    Attributes
    ----------
    kind : str
        ``call``, ``whatsapp``, ``link`` or ``mail``.
    name : str
        What it does, in Arabic.
    href : str
        Of the scheme https, http, tel or mailto.
    shows : str
        The number, address or host that it leads to.
    """

    kind: str
    name: str
    href: str
    shows: str


def ways(initiative: Initiative) -> tuple[Way, ...]:
    """What an initiative offers to join by: calls and WhatsApp, links, e-mails; none for what is masked."""
    details = initiative.details
    links = [way for found in details.links if (way := _link(found.value, details))]
    mails = [
        Way("mail", "راسل", f"mailto:{found.value}", found.value)
        for found in details.emails
        if _MAIL.fullmatch(found.value)
    ]
    return (*_numbers(initiative), *links[:MOST], *mails[:MOST])


def original(initiative: Initiative) -> str | None:
    """A link to one of its posts: of the one that is shown, or else of the last one that has any."""
    links = [
        (ask.text == initiative.text, at, link)
        for at, ask in enumerate(initiative.posts)
        if ask.link and (link := web_link(ask.link))
    ]
    return max(links)[-1] if links else None


def web_link(typed: str) -> str | None:
    """A link of a stranger as an address that leads to the web and nowhere else, or None."""
    if len(typed) > _LONGEST or DOT in typed or re.search(r"[\s\x00-\x1f\x7f\\]", typed):
        return None
    address = typed if _SCHEME.match(typed) else f"https://{typed}"
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme.lower() not in {"http", "https"} or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    rest = address.split(parts.netloc, 1)[1]
    return f"{parts.scheme.lower()}://{host}{port}{quote(rest, safe='/?#&=%:+,;@!$*~.-_', errors='replace')}"


def host(link: str) -> str:
    """The host of a link that `web_link` gave, without www."""
    return (urlsplit(link).hostname or "").removeprefix("www.")


def _link(typed: str, details: Details) -> Way | None:
    link = web_link(typed)
    if not link or (_WHATSAPP_NUMBER.search(link) and details.phones):
        return None  # its number is among the phones
    where = host(link)
    form = where == "docs.google.com" and "/forms/" in link
    return Way("link", "نموذج التسجيل" if form else _SITES.get(where, "افتح الرابط"), link, where)


def _numbers(initiative: Initiative) -> Iterator[Way]:
    folded = read(initiative.text[: max((found.end for found in initiative.details.phones), default=0)])
    for found in initiative.details.phones[:MOST]:
        if DOT in found.value:
            continue
        mobile, shows = _phone(found.value)
        start, end = folded.place(found)
        yield Way("call", "اتصل", f"tel:{found.value}", shows)
        if mobile or _WHATSAPP.search(folded.folded[max(0, start - _BEFORE) : end]):
            yield Way("whatsapp", "واتساب", f"https://wa.me/{found.value.lstrip('+')}", shows)


def _phone(e164: str) -> tuple[bool, str]:
    """Whether a number may be a mobile phone's, and how people write it."""
    try:
        import phonenumbers as numbers
    except ImportError as error:
        raise MissingPackageError("phones need phonenumbers; pip install 'evolunteer-nlp[discover]'") from error
    parsed = numbers.parse(e164)
    mobile = numbers.number_type(parsed) in {
        numbers.PhoneNumberType.MOBILE,
        numbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    return mobile, numbers.format_number(parsed, numbers.PhoneNumberFormat.INTERNATIONAL)
