"""By whom: the organiser that a post names, and of what type it is.

A noun such as «جمعية», «فريق», «بلدية» opens a name, which goes on to the next verb, preposition or sign. Where a mosque, a
school or a hospital is only the place («عند مسجد ١٤») it organises nothing. Without any such noun, words of the first
person say whether a person asks («أمي عندها عملية») or a group («احنا عيال الحارة»).

>>> from evolunteer_nlp.initiatives.lexicon import cues
>>> from evolunteer_nlp.initiatives.post import read
>>> post = read("تعلن جمعية البر الخيرية عن حملتها قرب مسجد النور")
>>> organiser(post, cues(post)).value
Organiser(name='جمعية البر الخيرية', type='charity')
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evolunteer_nlp.initiatives.lexicon import Cue, rows
from evolunteer_nlp.initiatives.post import Found, Post, read


class Organiser(NamedTuple):
    """Who asks: a name where the text gives one, and charity, team, state, person, mosque, company or school."""

    name: str | None
    type: str


class _Noun(NamedTuple):
    match: re.Match[str]
    type: str
    alone: bool


_PLACES = {"mosque", "school", "state", "company"}
_PLACE_BEFORE = re.compile(
    r"(?:(?<!\w)(?:في|ف|عند|جنب|قدام|امام|قرب|ورا|وراء|خلف|يم|حدا|لدي|داخل|بجوار|من|الي|ع|علي|ساحه|مقر|بمقر|موقف|سطح|صاله|قاعه|قدام|باب|حول|اطفال|"
    r"مرضي|طلاب|طلبه|تلاميذ|بناء|لبناء|ترميم|فرش|مريض\w*|حي|شارع|نظافه|تنظيف|لتنظيف|عياده|سور)\s+|(?<!\w)[وف]?(?:ب|ل|ع)ال|(?<!\w)[وف]?[بلع])$"
)
_SPEAKS = re.compile(
    r"(?:^|[.\n!؟:،*]\s*|(?<!\w)(?:[وف]?(?:[تي](?:علن|دعو|نظم|طلق|سر|تشرف|هيب|نبه|ذكر|ستقبل|ناشد|قيم|تلقي|فتح|بحث|واصل|حتاج|طلب|رحب|نفذ|عتزم)|حساب|لحساب|باسم|بحساب|مع|اداره|تحت|"
    r"باشراف|بالتعاون|بالشراكه|ندعوكم|انضموا|يعلن|شباب|اخوكم))\s+(?:مع\s+|الي\s+)?)$"
)
_STOP = re.compile(
    r"(?:عن|في|ف|علي|الي|من|مع|ل|ب|او|ان|بعد|قبل|حتي|عبر|اليوم|غدا|بكره|يوم|هذا|هذه|هي|هو|لا|ما|قد|كل|اللي|التي|الذي|وهي|راح|رح|بدنا|نحتاج|محتاج\w*|عايز\w*|"
    r"بدو|بدها|عنده\w*|عندنا|حاطين|فارغ|رقم|حساب|التطوعي[هة]? |[تي](?:علن|دعو|نظم|طلق|ستقبل|بحث|حتاج|سر|ناشد|طلب|فتح|رحب|واصل|قيم|صل|تلقي)\w*|"
    r"مطلوب\w*|للتبرع|للتسجيل|للتواصل|لل\w{4,}|وال\w+ة|كان|كانت|حيث|اذا|لو|اسبوعيا|يوميا|تقول|ترحب|المطلوب|السبت|الاحد|الجمعه|الخميس)$"
)
_PIECE = re.compile(r"\s(«[^»\n]{1,40}»|\"[^\"\n]{1,40}\"|[^\W\d_]+)")
_LONGEST_NAME = 5


@functools.cache
def _nouns() -> tuple[re.Pattern[str], Mapping[str, tuple[str, bool]]]:
    kinds: dict[str, tuple[str, bool]] = {}
    for kind, opening, alone in rows("organisers.tsv"):
        for place, listed in enumerate((opening, alone)):
            for noun in listed.split(", "):
                kinds.setdefault(read(noun).folded, (kind, bool(place)))
    nouns = "|".join(noun.replace(" ", r"\s") for noun in sorted(kinds, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?P<clitic>[وف]?(?:لل|ل|ب|ع)?)(?P<noun>{nouns})(?!\w)"), kinds


def organiser(post: Post, cues: Mapping[str, Sequence[Cue]]) -> Found[Organiser] | None:
    """Read who organises; None where nothing shows it."""
    pattern, kinds = _nouns()
    best: tuple[int, Found[Organiser]] | None = None
    for match in pattern.finditer(post.folded):
        kind, alone = kinds[match["noun"]]
        noun = _Noun(match, kind, alone)
        rank, found = _weigh(post, noun)
        if rank and (not best or rank > best[0]):
            best = rank, found
    if best:
        return best[1]
    for kind in ("team", "person"):
        for cue in cues.get(kind, ()):
            return post.found(Organiser(None, kind), cue.start, cue.end)
    return None


def _weigh(post: Post, noun: _Noun) -> tuple[int, Found[Organiser]]:
    """How likely a noun opens the organiser (0: it does not), and what it would be."""
    start, end = noun.match.start("noun"), noun.match.end()
    words = [] if noun.alone else _name(post, end)
    stop = end + sum(map(len, words))
    name = " ".join(post.found("", start, stop).text.split()) if words else None
    found = post.found(Organiser(name, noun.type), start, stop)
    before = post.folded[max(0, noun.match.start() - 30) : noun.match.start()]
    speaks = bool(_SPEAKS.search(before + noun.match["clitic"]))
    place = bool(_PLACE_BEFORE.search(before + noun.match["clitic"]))
    if speaks and not place and (name or noun.alone):
        return 4, found
    if noun.type in _PLACES and (place or not speaks):
        last = re.search(r"[.\n،]\s*$", before) and not re.search(r"\w", post.folded[stop : stop + 25])
        return (3 if last and name else 0), found
    if place and not noun.alone and noun.type != "charity":
        return 0, found
    return (2 if name else 1 if noun.alone else 0), found


def _name(post: Post, end: int) -> list[str]:
    """The pieces of a name after its noun."""
    pieces: list[str] = []
    while len(pieces) < _LONGEST_NAME and (match := _PIECE.match(post.folded, end)):
        if match[0].startswith((" «", ' "')):
            pieces.append(match[0])
            end = match.end()
            if len(pieces) == 1:
                following = _PIECE.match(post.folded, end)
                if following and following[1].startswith(("ال",)):
                    pieces.append(following[0])
            break
        if _STOP.match(match[1]):
            break
        pieces.append(match[0])
        end = match.end()
    return pieces
