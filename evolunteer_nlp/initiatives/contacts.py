"""How to join or give: links, e-mails, phones, IBANs, bank accounts, numbers to send a message to.

Each kind is looked for where an earlier one was not: an IBAN is no phone, a phone no account. Phone numbers are
validated by ``phonenumbers`` (Google's libphonenumber), IBANs by ``python-stdnum`` (registry of SWIFT, ISO 13616);
both take a tenth of a millisecond a number, so only runs of digits of the right length get there.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from evolunteer_nlp.errors import MissingPackageError
from evolunteer_nlp.initiatives.lexicon import Cue
from evolunteer_nlp.initiatives.post import Found, Post

T = TypeVar("T")


class Iban(NamedTuple):
    """An IBAN without spaces, and whether length and checksum are right."""

    iban: str
    valid: bool


class Contacts(NamedTuple):
    """The contacts of a post, each kind in the order of the text and without repetitions."""

    phones: tuple[Found[str], ...]
    links: tuple[Found[str], ...]
    emails: tuple[Found[str], ...]
    ibans: tuple[Found[Iban], ...]
    accounts: tuple[Found[str], ...]
    codes: tuple[Found[str], ...]


_EMAIL = re.compile(r"(?<![\w.+-])[a-z0-9][a-z0-9.+_-]{0,63}@[a-z0-9-]+(?:\.[a-z0-9-]+){0,8}\.[a-z]{2,}")
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>«»،؛\"]+"
    r"|(?<![\w.@/-])[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+){0,8}\.[a-z]{2,}(?![\w.-]*@)(?::\d+)?(?:/[^\s<>«»،؛\"ء-ي]*)?(?![\w@])"
)
_TRAILING = ".,:;!?؟)]}*_'…"
_LINK_PHONE = re.compile(r"(?:wa\.me/|whatsapp\.com/send/?\?phone=)\+?(\d{8,15})")
_IBAN = re.compile(
    r"(?<![a-z0-9])[a-z]{2} ?\d{2}(?:[ -]{0,2}(?:\d[a-z0-9]{0,29}|[a-z]{4}(?![a-z])[a-z0-9]{0,26})){2,}(?!\w)"
)
_DIGITS = re.compile(r"(?<![\da-z@_])(?:\+ ?)?\(?\d(?:[ .()\-]{0,3}\d){4,29}(?!\d)\+?")
_DATE = re.compile(r"\d{1,2}([-.])\d{1,2}\1\d{2,4}|\d{4}([-.])\d{1,2}\2\d{1,2}")
_TO = r"(?<!\w)(?:(?:الي|علي|عل|ع|ل)\s?(?:ال)?(?:رقم)?|للرقم|رقم)[\s:«(\"]{0,3}(\d{4,6})(?![\d٪%]|[.,:/-]\d)"
_CODE = re.compile(
    r"(?:ا?رسال\w*|ارسل\w*|رسل\w*|ابعت\w*|ابعث\w*|رسائل|sms|صيفط\w*|طرش\w*|كلم[هة]|حرف)[^؛\n]{0,45}?" + _TO
)
_CODE_MESSAGE = re.compile(
    r"(?:رسال[هة]|sms)\s+(?:نصيه\s+)?(?:فارغه\s+)?(?:ل|علي|الي)?\s?(\d{4,6})(?![\d٪%]|[.,:/-]\d)"
)
_CODE_AGAIN = re.compile(r"(?<!\w)(?:او|و)[^.؛\n]{0,35}?" + _TO)
_ARAB_CODES = re.compile(r"(?:20|21[12368]|222|249|252|253|269|96[1-8]|97[0-4])\d{7,10}")
_NEAR = 45
"""Letters between a word such as «حساب» and its number: room for a bank's or a holder's name."""
_ACCOUNT_DIGITS = range(5, 28)
_LONG = 14
"""Digits from which a number that is no phone is an account though nothing says so."""


def contacts(post: Post, country: str | None, cues: Sequence[Cue] = ()) -> Contacts:
    """Read all contacts.

    Parameters
    ----------
    post : Post
    country : str or None
        ISO code; says how phone numbers without a country's code are meant. Without it they are left out.
    cues : sequence of Cue
        Words that say what a number is: ``phone``, ``account``, ``bank`` or ``reference``.
    """
    taken: list[tuple[int, int]] = []
    emails = _emails(post, taken) if "@" in post.folded else []
    links, phones = _links(post, taken) if "." in post.folded or ":/" in post.folded else ([], [])
    ibans, codes = _ibans(post, taken), _codes(post, taken)
    accounts: list[Found[str]] = []
    for start, end in _digit_runs(post, taken):
        kind = _kind(start, cues)
        found = [] if kind in {"account", "reference"} else list(_phones(post, start, end, country))
        phones += found
        digits = re.sub(r"\D", "", post.folded[start:end])
        is_account = kind in {"account", "bank"} or (kind != "reference" and len(digits) >= _LONG)
        if not found and is_account and len(digits) in _ACCOUNT_DIGITS:
            accounts.append(post.found(digits, start, end))
    return Contacts(
        _distinct(phones), _distinct(links), _distinct(emails), _distinct(ibans), _distinct(accounts), _distinct(codes)
    )


def _distinct(found: Sequence[Found[T]]) -> tuple[Found[T], ...]:
    """The first of each value."""
    first: dict[T, Found[T]] = {}
    for item in sorted(found, key=lambda item: item.start):
        first.setdefault(item.value, item)
    return tuple(first.values())


def _emails(post: Post, taken: list[tuple[int, int]]) -> list[Found[str]]:
    spans = [match.span() for match in _EMAIL.finditer(post.folded)]
    taken += spans
    return [post.found(post.typed(*span), *span) for span in spans]


def _links(post: Post, taken: list[tuple[int, int]]) -> tuple[list[Found[str]], list[Found[str]]]:
    """Links as they were typed, and the phone numbers in links to WhatsApp."""
    links, phones = [], []
    for match in _LINK.finditer(post.folded):
        start, end = match.start(), match.start() + len(match[0].rstrip(_TRAILING))
        if _overlaps(start, end, taken):
            continue
        taken.append((start, end))
        links.append(post.found(post.typed(start, end), start, end))
        number = _LINK_PHONE.search(match[0])
        if number and (phone := _phone("+" + number[1], None)):
            phones.append(post.found(phone, start + number.start(1), start + number.end(1)))
    return links, phones


def _overlaps(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start < there and here < end for here, there in taken)


def _ibans(post: Post, taken: list[tuple[int, int]]) -> list[Found[Iban]]:
    found = []
    for match in _IBAN.finditer(post.folded):
        start, whole = match.start(), match[0]
        if _overlaps(start, match.end(), taken):
            continue
        ends = [at for at in range(len(whole), 15, -1) if at == len(whole) or whole[at] in " -"]
        valid = next((at for at in ends if _is_iban(_compact(whole[:at]))), None)
        iban = _compact(whole[: valid or len(whole)])
        if not 15 <= len(iban) <= 34:
            continue
        taken.append((start, start + (valid or len(whole))))
        found.append(post.found(Iban(iban, valid is not None), *taken[-1]))
    return found


def _compact(typed: str) -> str:
    return re.sub("[ -]", "", typed).upper()


def _is_iban(iban: str) -> bool:
    try:
        from stdnum import iban as registry
    except ImportError as error:
        raise MissingPackageError("IBANs need python-stdnum; pip install 'evolunteer-nlp[discover]'") from error
    return bool(registry.is_valid(iban))


def _codes(post: Post, taken: list[tuple[int, int]]) -> list[Found[str]]:
    found = []
    for match in [*_CODE.finditer(post.folded), *_CODE_MESSAGE.finditer(post.folded)]:
        if _overlaps(*match.span(1), taken):
            continue  # read as the next of an earlier one
        matches: list[re.Match[str]] = [match]
        while again := _CODE_AGAIN.match(post.folded, matches[-1].end() + 1):
            matches.append(again)
        for each in matches:
            if not _overlaps(*each.span(1), taken):
                taken.append(each.span(1))
                found.append(post.found(each[1], *each.span(1)))
    return found


def _digit_runs(post: Post, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for match in _DIGITS.finditer(post.folded):
        if not _overlaps(*match.span(), taken) and not _DATE.fullmatch(match[0]):
            yield match.span()


def _kind(start: int, cues: Sequence[Cue]) -> str | None:
    """What the nearest word before a number says that it is."""
    before = [cue for cue in cues if cue.end <= start <= cue.end + _NEAR]
    return max(before, key=lambda cue: (cue.end, cue.start)).value if before else None


def _phones(post: Post, start: int, end: int, country: str | None) -> Iterator[Found[str]]:
    """Phone numbers in a run of digits: the longest groups that are one, from the left."""
    groups = [match.span() for match in re.finditer(r"\+? ?\(?\d+\)?\+?", post.folded[start:end])]
    at = 0
    while at < len(groups):
        for last in range(min(len(groups), at + 8), at, -1):
            here, there = start + groups[at][0], start + groups[last - 1][1]
            phone = _phone(re.sub(r"[^\d+]", "", post.folded[here:there]), country)
            if phone:
                yield post.found(phone, here, there)
                at = last - 1
                break
        at += 1


@functools.lru_cache(maxsize=1 << 12)
def _phone(number: str, country: str | None) -> str | None:
    """A valid number in E.164, or None."""
    digits = number.strip("+")
    if not 7 <= len(digits) <= 16:
        return None
    if "+" in number:
        return _valid("+" + digits, None)
    if digits.startswith("00"):
        return _valid("+" + digits[2:], None)
    local = _valid(digits, country) if country else None
    return local or (_valid("+" + digits, None) if _ARAB_CODES.fullmatch(digits) else None)


def _valid(number: str, country: str | None) -> str | None:
    try:
        import phonenumbers
    except ImportError as error:
        raise MissingPackageError("phones need phonenumbers; pip install 'evolunteer-nlp[discover]'") from error
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
