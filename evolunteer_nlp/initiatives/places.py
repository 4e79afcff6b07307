"""Where: the cities, governorates and districts of the Arab world that a post names.

``data/places.tsv`` is a small gazetteer, written by hand. A name may carry a preposition or a conjunction («بالرياض»,
«فبغداد»). Names that are also other words («الخبر», «صور») count only after a preposition, «مدينة» or another cue,
and only where the account is of their country.
A name of several countries' places («طرابلس») is meant as the country that follows it says, else as the account's
does, else its country is unknown. A city is never inferred from a district.

>>> from evolunteer_nlp.initiatives.post import read
>>> found = places(read("التوزيع بالرياض وفي صور وطرابلس لبنان، حي السويدي"), "OM")
>>> [place.value for place in found.cities]
[City(name='الرياض', country='SA'), City(name='صور', country='OM'), City(name='طرابلس', country='LB')]
>>> [place.value for place in found.districts]
['حي السويدي']
"""

import functools
import re
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from evolunteer_nlp.initiatives.lexicon import rows, stems
from evolunteer_nlp.initiatives.post import Found, Post, read


class City(NamedTuple):
    """A city or governorate by its usual Arabic name, and its country's ISO code where it can be known."""

    name: str
    country: str | None


class Places(NamedTuple):
    """The places of a post, in the order of the text, each once."""

    cities: tuple[Found[City], ...]
    districts: tuple[Found[str], ...]


class _Entry(NamedTuple):
    name: str
    country: str
    kind: str
    rest: tuple[str, ...]
    guard: str
    """``?`` or ``!`` where the name is also another word: see ``data/places.tsv``."""


_PREPOSITIONS = {
    "في", "ف", "ب", "ل", "من", "الي", "علي", "ع", "مدينه", "محافظه", "ولايه", "منطقه", "اهل", "اهالي", "شباب", "بنات",
    "ناس", "ريف", "وفي", "بمدينه", "بمحافظه", "لمدينه", "مركز", "ناحيه", "قضاء", "بناحيه", "بقضاء", "اقليم", "باقليم",
    "داخل", "قرب", "جماعه", "بريف", "ولاد", "اولاد", "عيال", "f", "fi", "men", "l", "b", "d", "شمال", "جنوب", "شرق",
    "غرب", "مخيم", "مخيمات", "قباله", "بتاعه", "عند", "جهه", "لمخيمات", "بلديه", "عمالة",
}  # fmt: skip
_NOT_AFTER = {"شارع", "شوارع", "طريقه", "بشارع", "قناه", "نادي", "منتخب", "دوري", "مطعم", "اكتوبر", "وكاله", "صحيفه"}
_PREPOSITION_CLITICS = {"ب", "ل", "ف", "ع", "وب", "ول", "فب", "لل", "بال", "عال", "وبال", "فال", "ولل", "هال"}
_KIND = (
    r"حي|بحي|حاره|بحاره|مخيم|بمخيم|لمخيم|عزبه|بعزبه|كفر|قريه|بقريه|لقريه|نجع|ضاحيه|بضاحيه|حومه|بحومه|منطقه|بمنطقه|"
    r"دوار|بدوار|بلده|ببلده|"
    r"حله|معسكر|هجره|بهجره|ناحيه"
)
_DISTRICT = re.compile(
    rf"(?<!\w)(?P<kind>و?(?:{_KIND}))\s+(?P<name>(?:(?:ابو|ابن|بني|ام|الشيخ|عين|سيدي|باب|راس|بن|بئر|"
    rf"تل)\s)?(?!ال?\w*ين\s)[ء-ي]{{2,}}(?:\s+(?:الشرقي|الغربي|الشمالي|الجنوبي|الجديد|الجديده)ه?)?)"
)
_GENERIC = re.compile(
    r"(?:ال)?(?:كامل|بعيد\w*|نائيه|متضرر\w*|كلها|كله|فقير\w*|صغير\w*|مجاور\w*|محتاج\w*|قريب\w*|شعبي\w*|عشوائي\w*|"
    r"نازح\w*|نزوح|ايواء|لاجئ\w*|صيفي|"
    r"شتوي|تطوعي|طبي|كشفي|ربيعي|شمال|جنوب|شرق|غرب|في|من|علي|عن|و\w*|اللي|التي|الي|كان|هذا|واحد\w*|نظيف\w*|عنا|"
    r"عندنا|بتاع\w*|ديال\w*|لا|يا|كبير\w*|تعليمي|تدريبي|"
    r"سكني\w*|صناعي\w*|كل|جم[بن]|جنب|قدام|ورا|نفس\w*|يوم|فيها|فيه|مي|ميت|ثاني\w*|تاني\w*|نموذجي\w*|اكثر\w*|احتياج\w*)$"
)


@functools.cache
def _index() -> Mapping[str, list[_Entry]]:
    index: defaultdict[str, list[_Entry]] = defaultdict(list)
    for name, country, kind, variants in rows("places.tsv"):
        for written in [name, *variants.split(", ")]:
            folded = read(written.rstrip("?!")).folded.split()
            if folded:
                entry = _Entry(
                    name.rstrip("?!"), country, kind, tuple(folded[1:]), written[len(written.rstrip("?!")) :]
                )
                index[folded[0]].append(entry)
    return index


@functools.cache
def _countries() -> Mapping[str, str]:
    return {read(name).folded: country for country, _, names in rows("countries.tsv") for name in names.split(", ")}


@functools.cache
def city_names() -> tuple[str, ...]:
    """The usual names of all cities of the gazetteer."""
    return tuple(dict.fromkeys(name.rstrip("?!") for name, _, kind, _ in rows("places.tsv") if kind == "city"))


def cities_named(name: str) -> tuple[City, ...]:
    """The cities that a name by itself means, one a country; «رياض» and «مدينة الرياض» are «الرياض».

    >>> cities_named("جده"), [city.country for city in cities_named("طرابلس")]
    ((City(name='جدة', country='SA'),), ['LB', 'LY'])
    """
    words = read(name).folded.split() or [""]
    first, *rest = words[1:] if len(words) > 1 and words[0] in {"مدينه", "محافظه", "ولايه"} else words
    entries = [*_index().get(first, ()), *_index().get("ال" + first, ())]
    named = (entry for entry in entries if entry.kind == "city" and entry.rest == tuple(rest))
    return tuple(dict.fromkeys(City(entry.name, entry.country) for entry in named))


@functools.lru_cache(maxsize=1 << 16)
def _entries(word: str) -> tuple[tuple[_Entry, str], ...]:
    index = _index()
    options = [(stem, clitic) for stem, clitic in stems(word) if not clitic or clitic in _PREPOSITION_CLITICS | {"و"}]
    articled = [("ال" + stem, clitic) for stem, clitic in options if clitic.endswith("ال")]
    return tuple((entry, clitic) for stem, clitic in [*options, *articled] for entry in index.get(stem, ()))


def places(post: Post, country: str | None) -> Places:
    """Read cities, governorates and districts; ``country`` is the ISO code of the account's country."""
    met: dict[tuple[int, int], list[_Entry]] = {}
    for at, word in enumerate(post.words):
        for entry, clitic in _entries(word.text):
            last = at + len(entry.rest)
            if last >= len(post.words) or tuple(each.text for each in post.words[at + 1 : last + 1]) != entry.rest:
                continue
            if _counts(post, at, clitic, entry, country):
                met.setdefault((at, last), []).append(entry)
    cities: dict[str, Found[City]] = {}
    districts: dict[str, Found[str]] = {}
    named = list(_named_districts(post))
    for (at, last), entries in sorted(met.items()):
        if any(first <= at and last <= end and (first, end) != (at, last) for first, end in met):
            continue  # «مصر الجديدة» is not «الجديدة»
        start, end = post.words[at].start, post.words[last].end
        inside = any(there.start <= post.origin[start][0] < there.end for there in named)
        entry = _meant(post, last, entries, country)
        if entry.kind == "district" and not inside:
            districts.setdefault(entry.name, post.found(entry.name, start, end))
        elif entry.kind == "city" and not inside:
            known = (
                entry.country
                if len({each.country for each in entries}) == 1 or _agrees(entry, post, last, country)
                else None
            )
            cities.setdefault(entry.name, post.found(City(entry.name, known), start, end))
    for found in named:
        districts.setdefault(found.value, found)
    return Places(tuple(cities.values()), tuple(districts.values()))


def _counts(post: Post, at: int, clitic: str, entry: _Entry, country: str | None) -> bool:
    """Whether a name that was met is the place."""
    before = post.words[at - 1].text if at else ""
    if before in _NOT_AFTER or (entry.kind == "district" and country and country != entry.country):
        return False
    if not entry.guard:
        return True
    if country and country != entry.country:
        return _after(post, at + len(entry.rest)) == entry.country
    if country and entry.guard == "!":
        return True
    if clitic in _PREPOSITION_CLITICS - {"ف"} or before.removeprefix("و") in _PREPOSITIONS:
        return True
    listed = clitic == "و" or "،" in post.folded[post.words[at - 1].end : post.words[at].start] if at else False
    return listed and any(each.kind == "city" for each, _ in _entries(before))


def _after(post: Post, last: int) -> str | None:
    """The country whose name follows."""
    for word in post.words[last + 1 : last + 2]:
        if post.folded[post.words[last].end : word.start].strip(" -،,(") == "":
            return _countries().get(word.text.removeprefix("ب"))
    return None


def _meant(post: Post, last: int, entries: list[_Entry], country: str | None) -> _Entry:
    wanted = _after(post, last) or country
    cities = [entry for entry in entries if entry.kind == "city"] or entries
    return next(
        (entry for entry in cities if entry.country == wanted),
        next((entry for entry in entries if entry.country == wanted), cities[0]),
    )


def _agrees(entry: _Entry, post: Post, last: int, country: str | None) -> bool:
    return entry.country in {_after(post, last), country}


def _named_districts(post: Post) -> list[Found[str]]:
    """«حي السويدي», «مخيم بلاطة»: a kind of place and its name."""
    found = []
    for match in _DISTRICT.finditer(post.folded):
        name = match["name"].strip()
        if _GENERIC.match(name) or (match["kind"].endswith(("منطقه", "حله", "ناحيه")) and not name.startswith("ال")):
            continue
        start = match.start("kind") + len(match["kind"]) - len(match["kind"].lstrip("وبل"))
        typed = " ".join(post.found("", start, match.end("name")).text.split())
        found.append(post.found(typed, start, match.end("name")))
    return found
