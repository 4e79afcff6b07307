"""Money that is asked for, needed or remaining, and prices of shares; not what is already collected.

A number is money where a currency stands beside it, or where thousands are named next to a word about money («الكلفة
٣٧٥ ألف»). The same word names currencies of several countries: an adjective decides («ريال يمني»), else the account's
country, else the currency is unknown.

>>> from evolunteer_nlp.initiatives.post import read
>>> [found.value for found in amounts(read("السهم بـ٥٠ ريالا أو دينارين كويتيين"), "SA")]
[Amount(value=50, currency='SAR'), Amount(value=2, currency='KWD')]
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evolunteer_nlp.initiatives.lexicon import Cue, rows
from evolunteer_nlp.initiatives.post import Found, Post, read
from evolunteer_nlp.initiatives.quantities import Number, numbers, plain


class Amount(NamedTuple):
    """A sum of money; the currency is an ISO 4217 code, or None where it cannot be known."""

    value: float
    currency: str | None


class _Currency(NamedTuple):
    iso: str
    countries: tuple[str, ...]
    adjective: str
    parts: float
    """Of one unit; below 1 where a word of the street names many («باكو», a thousand), only in its own countries."""


_LINKED = re.compile(r"\s*(?:-|الي|ل|او|و|،|,|/|حتي)\s*")
_OF_ALL = re.compile(r"(?:من اصل|من اجمالي)\s*$")
_OF = re.compile(r"\s*(?:من|من اصل)\s*")
_APART = re.compile(r"[،,.؛\n!?؟\d]")
_COUNTED = re.compile(r"(?:رقم|عدد)\s*$")
_CLAUSE = re.compile(r"[،,.؛\n!?؟]")
_PER = re.compile(
    r"\s*(?:شهريا|سنويا|شهري|سنوي|بالشهر|في الشهر|بالسن|للسهم|للفرد|للواحد|للشخص|للوحد[ها]|للواحده|للراس|للكيس|للمتر|"
    r"للعيله|للعائله|للاسره|للطفل|لليتيم|عن كل|لكل|بالواحد|الواحد|الوحده|بس\b|فقط|لا غير|كامل)"
)
_ENDS = re.compile(r"\s*(?:$|[،,.؛\n!?؟)]|(?:من|لو|او|و\w+|جمعنا|لمينا|علي|في|عشان|اذا|لل\w+|لـ?\w+)(?!\w))")
_ONE_BY_ONE = re.compile(r"(?:دينار|ريال|درهم|جنيه|دولار|شيكل|ليره)\s$")
_BACK = 5
"""Words before a number in which a word about money, or about money collected, speaks of it."""


@functools.cache
def _currencies() -> Mapping[str, tuple[_Currency, ...]]:
    """Currencies by the words that may name them."""
    found: dict[str, tuple[_Currency, ...]] = {}
    for iso, countries, adjective, parts, words in rows("currencies.tsv"):
        currency = _Currency(iso, tuple(countries.split(",")), adjective, float(parts))
        for word in words.split(", "):
            folded = read(word).folded
            found[folded] = (*found.get(folded, ()), currency)
    return found


@functools.cache
def _beside() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A currency after a number, with an adjective; one before it; one or two without («بدينار», «دينارين»)."""
    words = sorted(_currencies(), key=len, reverse=True)
    any_word = "|".join(map(re.escape, words))
    adjectives = "|".join({row[2] for row in rows("currencies.tsv")})
    after = rf"\s{{0,2}}[(]?({any_word})\.?(?!\w)(?:\s+(?:ال)?({adjectives})(?:ه|ا|ين)?(?!\w))?"
    signs = "|".join(re.escape(word) for word in words if not re.search("[ء-ي]", word))
    units = "ريال|درهم|دينار|جنيه|دولار|شيكل|شيقل|ليره"
    few = (
        rf"(?<!\w)(?:[بلو]?(?P<two>{units})(?:ين|ان)|"
        rf"ب(?P<one>{units})(?!\s+مدريد))(?!\w)(?:\s+(?:ال)?({adjectives})(?:ه|ا|ين)?(?!\w))?"
    )
    return re.compile(after), re.compile(rf"(?<![a-z])({signs})\s?$"), re.compile(few)


def _named(word: str, adjective: str | None, country: str | None) -> _Currency | None:
    """The currency that a word means; its code is empty where several are possible, None where it is none there."""
    options = [option for option in _currencies()[word] if option.parts >= 1 or country in option.countries]
    if not options:
        return None
    for option in options:
        if adjective == option.adjective:
            return option
    return next(
        (option for option in options if country in option.countries),
        options[0] if len({option.iso for option in options}) == 1 else _Currency("", (), "", 1),
    )


def currency_of(country: str | None) -> str | None:
    """The currency of a country."""
    return next((iso for iso, countries, *_ in rows("currencies.tsv") if country in countries.split(",")), None)


def amounts(
    post: Post,
    country: str | None,
    cues: Mapping[str, Sequence[Cue]] | None = None,
    taken: Sequence[tuple[int, int]] = (),
    label: str | None = None,
) -> tuple[Found[Amount], ...]:
    """Read all amounts; numbers that touch ``taken`` spans of the folded post (phones, dates) are none.

    An awareness post asks for no money: prices in it are those of shops. A call for volunteers rarely does, so that
    numbers in it are money only beside a currency.
    """
    if label == "awareness_campaign":
        return ()
    cues = cues or {}
    values = [
        number for number in numbers(post) if not any(number.start < end and start < number.end for start, end in taken)
    ]
    found: dict[int, tuple[Amount, int, int]] = {}
    following: tuple[Number, Amount] | None = None
    for number in reversed(values):
        beside = _beside_number(post, number, country)
        if not beside and following and _LINKED.fullmatch(post.folded, number.end, following[0].start):
            beside = Amount(number.value, following[1].currency), number.start, number.end
        if beside:
            following = number, beside[0]
            found[number.first] = beside
        else:
            following = None
    last: str | None = next((amount.currency for amount, *_ in found.values()), None) or currency_of(country)
    for at, number in enumerate(values):
        of_all = at and _is_whole(post, values[at - 1], number, values[at - 1].first in found, cues)
        if number.first in found:
            continue
        asks = label == "donation_drive"
        if of_all or (label != "volunteer_call" and _is_money(post, number, cues, asks, listed=bool(found))):
            found[number.first] = Amount(number.value, last), number.start, number.end
    kept = [found[at] for at in sorted(found) if not _collected(post, found[at][1], cues)]
    return (*(post.found(amount, start, end) for amount, start, end in kept), *_few(post, country))


def _beside_number(post: Post, number: Number, country: str | None) -> tuple[Amount, int, int] | None:
    if post.folded.startswith("واحد", number.start):
        return None  # «شي واحد درهم»
    after, before, _ = _beside()
    match = after.match(post.folded, number.end)
    if match:
        currency = _named(match[1], match[2], country)
        if not currency or (currency.parts < 1 and not _ENDS.match(post.folded, match.end())):
            return None
        return Amount(plain(number.value / currency.parts), currency.iso or None), number.start, match.end()
    match = before.search(post.folded, max(0, number.start - 6), number.start)
    if match and (currency := _named(match[1], None, country)):
        return Amount(number.value, currency.iso or None), match.start(), number.end
    return None


def _is_whole(post: Post, part: Number, whole: Number, is_money: bool, cues: Mapping[str, Sequence[Cue]]) -> bool:
    """Whether a number is the sum of which another is a part: «٣٠٠ دينار من اصل ٩٠٠», «وصلنا ٤١٠ من ١٣٠٠»."""
    if is_money:
        return bool(_OF_ALL.search(post.folded, 0, whole.start))
    if _COUNTED.search(post.folded, 0, part.start):
        return False
    reached = _OF.fullmatch(post.folded, part.end, whole.start) and _ENDS.match(post.folded, whole.end)
    return bool(reached and whole.value > part.value >= 100 and _collected(post, part.start, cues))


def _is_money(post: Post, number: Number, cues: Mapping[str, Sequence[Cue]], asks: bool, *, listed: bool) -> bool:
    """Say whether a number without a currency is money all the same.

    ``asks`` is true of a donation drive, and ``listed`` where the post names other sums.
    """
    if any(
        cue.first == number.last + 1
        and not post.folded.startswith("ال", cue.start)
        and not _CLAUSE.search(post.folded, number.end, cue.start)
        for cue in cues.get("counted", ())
    ):
        return False  # «ألف نازح», but «١٨ ألف المتر»
    if _COUNTED.search(post.folded, 0, number.start):
        return False  # «السهم رقم 312»
    about = [cue for cue in cues.get("money", ()) if cue.value == "price"]
    beside = any(
        0 < number.first - cue.last <= _BACK and not _APART.search(post.folded, cue.end, number.start) for cue in about
    )
    priced = bool(re.search(r"(?<!\w)[وف]?ب\s?$", post.folded[max(0, number.start - 4) : number.start])) or (
        post.folded[number.start] == "ب"
    )
    if number.scaled:
        told = re.match(r"\s+(?:منك|من غيرك|شهريا)", post.folded[number.end : number.end + 20]) or re.search(
            r"(?<!\w)[وف]?لو\s$", post.folded[max(0, number.start - 6) : number.start]
        )
        if number.first == number.last and number.value == 1000 and not (priced or beside or told):
            return False  # «ألف شكر», «ألفّ عليهم»
        ends = asks and _ENDS.match(post.folded, number.end)
        return number.value >= 1000 and bool(beside or priced or told or ends or cues.get("money"))
    if number.value < 10 or post.folded[number.start] == "0" or (1900 < number.value < 2100 and not beside):
        return False
    per = _PER.match(post.folded, number.end)
    if asks and priced and (listed or _ENDS.match(post.folded, number.end)):
        return True
    return bool(per and (priced or (cues.get("money") and per[0].strip() in {"شهريا", "سنويا"}))) or (
        beside and bool(_ENDS.match(post.folded, number.end) or _PER.match(post.folded, number.end))
    )


def _collected(post: Post, start: int, cues: Mapping[str, Sequence[Cue]]) -> bool:
    return any(
        cue.end <= start
        and len(post.between(cue.end, start)) < _BACK
        and not _CLAUSE.search(post.folded, cue.end, start)
        and not re.search(r"با?قي|متبقي|نحتاج|ناقص|\d\s*من(?: اصل)? $", post.folded[cue.end : start])
        for cue in cues.get("collected", ())
    )


def _few(post: Post, country: str | None) -> list[Found[Amount]]:
    """Amounts without a number: «ولو بدينار», «دينارين»."""
    found = []
    for match in _beside()[2].finditer(post.folded):
        currency = _named(match["two"] or match["one"], match[3], country)
        if not currency or _ONE_BY_ONE.search(post.folded, max(0, match.start() - 8), match.start()):
            continue
        start = match.start("two") if match["two"] else match.start("one")
        found.append(post.found(Amount(2 if match["two"] else 1, currency.iso or None), start, match.end()))
    return found
