"""Blood types in every writing: «O-», «+A», «AB سالب», «فصيلة أو موجب», «او نيجاتيف».

A letter alone is a type only after a word such as «فصيلة»: «أو» means "or", and «B» is a vitamin too.

>>> from evolunteer_nlp.initiatives.post import read
>>> [(found.value, found.text) for found in blood_types(read("محتاجين O سالب أو فصيلة أو موجب، أو -AB للدم"))]
[('O-', 'O سالب'), ('O+', 'أو موجب'), ('AB-', '-AB')]
"""

import re

from evolunteer_nlp.initiatives.post import Found, Post

_ARABIC = "ايه بي|اي بي|ا ب|اب|ايه|اي|او|اوه|بي|ا|ب"
_POSITIVE = "موجب[هة]?|بوزيتيف|بوزتيف|بوسيتيف|بوزيتف|ايجابي[هة]?|positive?|pos|\\+"
_NEGATIVE = "سالب[هة]?|نيجاتيف|نيجاتف|نيقاتيف|نيغاتيف|نقاتيف|سلبي[هة]?|negative?|neg|-"
_WORD_SIGN = rf"(?:{_POSITIVE}|{_NEGATIVE})".replace("|\\+", "").replace("|-", "")
_GROUP = (
    r"(?:فصيل[هةتي]\w*|فصايل|فصائل|زمر[هةت]\w*|فئ[هة]\s+الدم|نوع\s+ال?دم|ال?دم|groupe?|sanguin|type)\s*(?:دم\w*|"
    r"الدم)?\s*[:(«\"]?\s*"
)
_CONTEXT = re.compile(
    r"دم(?!\w)|دمك|بالدم|للدم|فصيل|فصايل|فصائل|زمر|متبرع|صفا[يئ]ح|بلازما|وحد[هة]|وحدات|وحدتين|كيس|اكياس|"
    r"قرب[هة]?(?!\w)|مستشف|مشف|"
    r"مريض|عملي|sang|blood|دمو|كلي|سبيطار|mosta?shfa|yetbar+a3|\\bchu\\b|\\bdam\\b"
)
_LATIN_SIGNED = re.compile(
    rf"(?<![\w+-])(?P<before>[+-])?(?P<letter>ab|a|b|o|0)(?:\s?\(?\s?(?P<after>[+-]|"
    rf"{_WORD_SIGN})\)?(?!\w))?(?![a-z0-9])"
)
_ARABIC_SIGNED = re.compile(rf"(?<!\w)(?P<letter>{_ARABIC})\s?\(?(?P<after>[+-]|{_WORD_SIGN})\)?(?!\w)")
_ARABIC_NAMED = re.compile(
    rf"(?:فصيل[هةتي]\w*|زمر[هةت]\w*)\s+(?:دم\w*\s+|الدم\s+)?(?P<letter>{_ARABIC})(?=\s*(?:[،,.\n]|$))"
)
_LETTERS = {"ايه بي": "AB", "اي بي": "AB", "ا ب": "AB", "اب": "AB", "ايه": "A", "اي": "A", "ا": "A", "بي": "B",
            "ب": "B", "او": "O", "اوه": "O", "0": "O"}  # fmt: skip
_AFTER_GROUP = re.compile(_GROUP + "$")


def blood_types(post: Post) -> tuple[Found[str], ...]:
    """Read the blood types that are asked for: A, B, AB or O with + or -, or without where no sign is written."""
    text = post.folded
    if not re.search(rf"[abo0](?![a-z0-9])|{_WORD_SIGN}|فصيل|زمر", text):
        return ()
    about = bool(_CONTEXT.search(text))
    found: dict[str, Found[str]] = {}
    for match in sorted(
        [*_LATIN_SIGNED.finditer(text), *_ARABIC_SIGNED.finditer(text), *_ARABIC_NAMED.finditer(text)],
        key=lambda match: match.start(),
    ):
        groups = match.groupdict()
        letter, sign = groups["letter"], groups.get("after") or groups.get("before")
        named = bool(_AFTER_GROUP.search(text, max(0, match.start() - 25), match.start())) or match.re is _ARABIC_NAMED
        symbol = sign in {"+", "-"}
        if (not sign and (not named or letter == "0")) or (symbol and not (about or named or letter in {"o", "ab"})):
            continue
        if letter in {"ا", "ب", "اي", "اب"} and symbol and not named:
            continue
        if match.re is not _ARABIC_NAMED and letter in _LETTERS and letter != "0" and sign is None:
            continue
        value = _LETTERS.get(letter, letter.upper()) + _sign(sign)
        start = match.start("letter") if match.re is _ARABIC_NAMED else match.start()
        found.setdefault(value, post.found(value, start, match.end()))
    return tuple(found.values())


def _sign(sign: str | None) -> str:
    if not sign:
        return ""
    return "+" if re.fullmatch(_POSITIVE, sign) else "-"
