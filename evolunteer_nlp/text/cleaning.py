"""From a post as it was typed to the text that the models read.

`clean` is a pipeline of small rewritings. Those of `REPAIRS` run first, in this order; most posts need none of them,
and each has a sign that is cheap to look for::

    1 mojibake       UTF-8 read as another encoding, by ftfy               «Ø´ÙƒØ±Ø§» -> «شكرا»
    2 entities       HTML left over from a web page                        «&amp;» -> «&»
    3 presentation   decorative and presentation forms, by NFKC            «ﻣﺮﺣﺒﺎ» -> «مرحبا», «𝐀» -> «A»
    4 invisible      bidi marks, joiners, soft hyphens: they would split a phone number
    5 digits         Arabic-Indic and Persian to Western                   «٠٥» -> «05»
    6 angles         < and > are kept for placeholders
    7 placeholders   links, e-mails, mentions, IBANs, dates, times, money, phones, accounts: the shape, not the
                     value, says something about a post                    «واتساب 0500000000» -> «واتساب <phone>»
    8 hashtags       each word of one stays marked as a hashtag's          «#تبرع_بالدم» -> «#تبرع #بالدم»

and then, for every post::

    9 letters        `fold_char`: camel-tools' folding, no tatweel, no tashkeel, lower case; punctuation becomes a
                     space, «!» and «?» stay; emoji stay, without skin tone
    10 elongation    three or more of a kind become one, except digits     «عاااجل» -> «عاجل»
    11 tokens        words, #words, placeholders, and every emoji or sign by itself, joined by one space

>>> clean("عاااجل!! مطلوبة متطوعات 🙏🏽 #ساعد_غيرك")
'عاجل ! ! مطلوبه متطوعات 🙏 #ساعد #غيرك'
>>> clean("للتبرع ٥٠٠ ريال: SA0000000000000000000000 أو واتساب ٠٥٠ ٠٠٠ ٠٠٠٠ قبل ٣٠ رمضان")
'للتبرع <money> <iban> او واتساب <phone> قبل <date>'
>>> clean("3ayzeen motatawe3een bokra 5 PM")
'3ayzeen motatawe3een bokra <time>'

The shapes are matched, not validated: a number that looks like a phone number is one.
"""

import functools
import hashlib
import html
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from evolunteer_nlp.text.letters import FOLD, LOOKALIKES

PLACEHOLDERS = ("link", "email", "mention", "iban", "date", "time", "money", "phone", "account")

_MONTHS = (
    # Gregorian as in Egypt and the Gulf, in the Levant and Iraq, in Tunisia and Algeria, in Morocco; Hijri
    "يناير|فبراير|مارس|[أاإ]بريل|مايو|يوني[وة]|يولي[وة]|[أا]غسطس|سبتمبر|[أا]كتوبر|نوفمبر|ديسمبر"
    "|كانون ال[أا]ول|كانون الثاني|شباط|[آاأ]ذار|نيسان|[أا]يار|حزيران|تموز|[آا]ب|[أا]يلول|تشرين ال[أا]ول|تشرين الثاني"
    "|جانفي|فيفري|[أا]فريل|ماي|جوان|جويلي[ةه]|[أا]وت|غشت|شتنبر|نونبر|دجنبر"
    "|محرم|صفر|ربيع ال[أا]ول|ربيع ال(?:ثاني|[آا]خر)|جماد[ىي] (?:ال[أا]ول[ىي]|الثاني[ةه]|ال[آا]خر[ةه])"
    "|رجب|شعبان|رمضان|شوال|ذ[يو] القعد[ةه]|ذ[يو] الحج[ةه]"
).replace(" ", r"\s")
_CURRENCIES = (
    r"ريال(?:ات|ا)?|درهما?|دراهم|دينارا?|دنانير|جنيها?ت?|جني[ةه]|لير[ةه]|ليرات|شي[كق]ل|دولار(?:ات)?|يورو|دورو|مليم|[أا]وقي[ةه]"
    r"|ر\.س|د\.ك|د\.[إا]|ج\.م|ج\.س|ل\.س|ل\.ل|د\.ع|د\.ل|د\.ت|د\.ج|SAR|AED|KWD|QAR|OMR|BHD|EGP|SDG|JOD|LBP|SYP|IQD|YER|LYD|MAD|DZD|TND"
    r"|USD|EUR|[Dd][Hh]|[Dd][Aa]|[Dd][Tt]|[Ss][Rr]|[Kk][Dd]|[$€£﷼]"
)
_NUMBER = r"\d+(?:[.,٬٫]\d+)*"
_HOUR_WORDS = r"صباحا?|مساءا?|ظهرا|عصرا|ليلا|[صم]|[aApP]\.?[mM]"
_ARAB_COUNTRY_CODES = "20|21[2368]|222|249|253|96[1-8]|97[0-4]"

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MENTION = re.compile(r"@[\w.]+")
_LINK = re.compile(r"(?:[hH][tT][tT][pP][sS]?:/|[wW]{3}\.)\S+")
_BARE_LINK = re.compile(r"(?<![\w.-])[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}(?:/\S*)?")
_QUANTITY = re.compile(
    rf"""
    (?=[\d$€£+A-Z])  # a quick look at the first character
    (?: (?P<iban>\b[A-Z]{{2}}\d{{2}}(?:[ -]?[A-Z0-9]{{4}}){{2,7}}(?:[ -]?[A-Z0-9]{{1,3}})?\b)
    | (?P<date>
          \b\d{{1,4}}(?P<separator>[/.-])\d{{1,2}}(?P=separator)\d{{1,4}}(?!(?P=separator)?\d)(?:\s?[هم]ـ?\b)?
        | \b\d{{1,2}}/\d{{1,2}}\b
        | \b\d{{1,2}}\s{{0,3}}(?:من\s{{1,3}})?(?:شهر\s{{1,3}})?(?:{_MONTHS})\b(?:\s{{0,3}}\d{{4}}\s?(?:[هم]ـ?\b)?)?)
    | (?P<time>\b\d{{1,2}}[:٫]\d{{2}}(?::\d{{2}})?(?:\s{{0,3}}(?:{_HOUR_WORDS})\b)?
        | (?<=ساع[ةه]\s)\d{{1,2}}\b | (?!3am\b)\b\d{{1,2}}\s{{0,3}}(?:{_HOUR_WORDS})\b)
    | (?P<money>[$€£]\s?{_NUMBER}
        | (?<!\d)(?<!\d[.,٬٫]){_NUMBER}\s{{0,3}}
          (?:[أا]لف|آلاف|الاف|ملايين|مليون|[kKmM](?=\s?[$€£]))?\s{{0,3}}(?:{_CURRENCIES})(?!\w))
    | (?P<phone>(?<![\w.])(?:(?:\+|00)\d(?:[ ()-]{{0,2}}\d){{7,14}} | (?:{_ARAB_COUNTRY_CODES})(?:[ -]?\d){{7,10}}
        | 0\d(?:[ -]?\d){{7,9}} | \d{{2,4}}(?:[ -]\d{{2,4}}){{2,3}} | \d{{8}})(?![\w.]))
    | (?P<account>(?<![\w.])\d(?:[ -]?\d){{8,}}(?!\w)) )
    """,
    re.VERBOSE,
)

# What ftfy may call mojibake contains at least one of these; a test holds that against ftfy's own heuristic.
_MOJIBAKE_SIGN = re.compile("[\x80-\x9f¡-ª¬-¶¸-º¼-ҐʼˆˇΆ-ӿ†‡‰⁄₠-⃏№™←-◿\ufb01\ufb02\ufffd]")
# All that NFKC changes is among these, but for «…» and wide spaces, which separate words as they are.
_PRESENTATION = re.compile(
    "[^\x00-\xa0\u0600-\u0652\u0656-\u0674\u0679-\u06ff\u2007-\u2010\u2012-\u2016\u2018-\u2023\u2026\u2600-\u27bf\U0001f300-\U0001faff\\s]"
)
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_OTHER_DIGIT = re.compile(r"[^\W\D0-9]")
ELONGATION = re.compile(r"(\D)\1{2,}")
TOKEN = re.compile(r"<[a-z]+>|#?\w+|[^\w\s#<>]")


class Repair(NamedTuple):
    """One rewriting of a text, and a cheap sign without which it changes nothing."""

    trigger: Callable[[str], object]
    pattern: re.Pattern[str]
    replacement: Callable[[re.Match[str]], str]


def _always(text: str) -> bool:
    return True  # to look for a sign would take as long as the rewriting


def _fix_encoding(match: re.Match[str]) -> str:
    from ftfy import fix_encoding  # 0.1 s to import, and few posts need it

    return fix_encoding(match[0])


def _nfkc(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _split_hashtag(match: re.Match[str]) -> str:
    return " ".join(f"#{word}" for word in match[1].split("_") if word)


REPAIRS = (
    Repair(_MOJIBAKE_SIGN.search, re.compile(r"(?s).+"), _fix_encoding),
    Repair(
        lambda text: "&" in text,
        re.compile(r"&#?\w{1,32};(?:\w{1,32};)?"),
        lambda match: html.unescape(html.unescape(match[0])),
    ),
    Repair(_PRESENTATION.search, re.compile(rf"\S?[\u064b-\u0652]{{0,4}}(?:{_PRESENTATION.pattern})+"), _nfkc),
    Repair(_always, _INVISIBLE, lambda match: ""),
    Repair(_always, _OTHER_DIGIT, lambda match: str(unicodedata.digit(match[0]))),
    Repair(lambda text: "<" in text or ">" in text, re.compile("[<>]"), lambda match: " "),
    Repair(lambda text: "@" in text, _EMAIL, lambda match: " <email> "),
    Repair(lambda text: "@" in text, _MENTION, lambda match: " <mention> "),
    Repair(lambda text: ":/" in text or "w." in text or "W." in text, _LINK, lambda match: " <link> "),
    Repair(lambda text: "." in text, _BARE_LINK, lambda match: " <link> "),
    Repair(re.compile("[0-9]").search, _QUANTITY, lambda match: f" <{match.lastgroup}> "),
    Repair(lambda text: "_" in text, re.compile(r"#(\w*_\w*)"), _split_hashtag),
)


def repair(text: str) -> str:
    """Steps 1-8 of the pipeline: each repair whose sign is there."""
    for trigger, pattern, replacement in REPAIRS:
        if trigger(text):
            text = pattern.sub(replacement, text)
    return text


def may_need_repair(char: str) -> bool:
    """Say whether a text with this character may need `repair`.

    A text without any such character, nor a full stop next to a Latin letter, is its own repair.
    """
    return (
        char in "&<>@_/"
        or _MOJIBAKE_SIGN.match(char) is not None
        or char.isdecimal()
        or _PRESENTATION.match(char) is not None
    )


def fold_char(char: str) -> str:
    """Step 9 for one character: its folded form, a space for what separates, nothing for what is dropped."""
    if char in FOLD:
        return FOLD[char]
    if char in LOOKALIKES:
        return LOOKALIKES[char]
    if char in "<>#!?":
        return char
    if char == "\N{ARABIC QUESTION MARK}":
        return "?"
    if char == "\N{ARABIC TATWEEL}":
        return ""
    kind = unicodedata.category(char)
    if kind[0] == "L":
        return char.lower() if len(char.lower()) == 1 else char
    if kind == "Nd":
        return str(unicodedata.digit(char))
    if kind == "Cn" and not 0x1F000 <= ord(char) < 0x1FC00:  # newer emoji than this Python knows are emoji all the same
        return ""
    if kind[0] == "M" or kind in {"Cf", "Co", "Cs", "Sk"}:
        return ""
    if kind[0] in "PZ" or kind in {"Cc", "Sm"}:
        return " "
    return char


class _FoldTable(dict[int, str]):
    """`fold_char` as a table for `str.translate`, filled as characters are met."""

    def __missing__(self, code_point: int) -> str:
        folded = self[code_point] = fold_char(chr(code_point))
        return folded


_FOLD_TABLE = _FoldTable()


def fold(text: str) -> list[str]:
    """Steps 9-11: the tokens of a repaired text."""
    return TOKEN.findall(ELONGATION.sub(r"\1", text.translate(_FOLD_TABLE)))


def tokens(text: str) -> list[str]:
    """The tokens of a post as typed: steps 1-8, then 9-11."""
    return fold(repair(text))


def clean(text: str) -> str:
    """Return the tokens of a post, joined by one space; see the module's docstring for the steps.

    Never raises for a `str`; a text without a single token gives an empty string.
    """
    return " ".join(tokens(text))


@functools.cache
def behaviour_hash() -> str:
    """A hash of what cleaning does to a fixed list of texts.

    Models keep it, so that none is fed texts cleaned in another way than those it learned from. Mojibake is not among
    the texts: ftfy takes longer to import than a post to classify.
    """
    content = "\n".join(map(clean, _BEHAVIOUR))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


_BEHAVIOUR = (
    "عاااجل!! مطلوبة متطوعات 🙏🏽 #ساعد_غيرك ؟",
    "للتبرع ٥٠٠ ريال: SA0000000000000000000000 أو واتساب ٠٥٠ ٠٠٠ ٠٠٠٠ قبل ٣٠ رمضان",
    "&lt;ﻣﺮﺣﺒﺎ&gt; 𝐀𝐛𝐜 ﷺ آللہ یوم",
    "RT @USER: https://t.co/x www.a.com bit.ly/x a@b.com الساعة 5 — 7:30 م",
    "2020/03/12 ١٢ شعبان 00966500000000 123456789012 20$ ۱۲",
    "مُحَمَّـــدٌ\u200f ٱلْإِحْسَان أإآى ة ؤ ئ گ چ پ ڤ",
    "3ayzeen motatawe3een bokra هههههه 😂😂😂 ♥️ (سلام) «قول» 100%",
)
