"""By whom: the organiser that a post names, and of what type it is.

A noun such as «جمعية», «فريق», «بلدية» opens a name, which goes on to the next verb, preposition or sign. Where a
mosque, a school or a hospital is only the place («عند مسجد ١٤») it organises nothing. Without any such noun, words of
the first person say whether a person asks («أمي عندها عملية») or a group («احنا عيال الحارة»).

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
    r"(?:(?<!\w)(?:في|ف|عند|جنب|قدام|امام|قرب|ورا|وراء|خلف|يم|حدا|لدي|داخل|بجوار|من|الي|ع|علي|ساحه|مقر|بمقر|موقف|"
    r"سطح|صاله|قاعه|قدام|باب|حول|اطفال|"
    r"مرضي|طلاب|طلبه|تلاميذ|بناء|لبناء|ترميم|فرش|مريض\w*|حي|شارع|نظافه|تنظيف|لتنظيف|عياده|سور)\s+|"
    r"(?<!\w)[وف]?(?:ب|ل|ع)ال|(?<!\w)[وف]?[بلع])$"
)
_ANNOUNCES = re.compile(
    r"(?<!\w)(?:[وف]?[تي](?:علن|دعو|نظم|طلق|سر|تشرف|هيب|نبه|ذكر|ستقبل|ناشد|قيم|تلقي|فتح|بحث|واصل|حتاج|طلب|رحب|نفذ|"
    r"عتزم|ستعد|قدم)|لحساب|حساب|باسم|"
    r"باشراف|بالتعاون مع|بالشراكه مع|انضموا الي|انضم الي|اداره|معكم|اخوانكم في|نحن في|احنا في|نحن|احنا|نا في)\s+$"
)
_ONLY_QUOTED = {"حمله", "مجموعه"}
_HOSPITALS = ("مستشف", "مشف", "بنك الدم", "مصرف الدم", "مركز الصح", "المشف", "المستشف")
_STOP = re.compile(
    r"(?:عن|في|ف|علي|الي|من|مع|ل|ب|او|ان|بعد|قبل|حتي|عبر|اليوم|غدا|بكره|يوم|هذا|هذه|هي|هو|لا|ما|قد|كل|اللي|التي|"
    r"الذي|وهي|راح|رح|بدنا|نحتاج|محتاج\w*|عايز\w*|"
    r"بدو|بدها|عنده\w*|عندنا|حاطين|فارغ|رقم|حساب|التطوعي[هة]? |[تي](?:علن|دعو|نظم|طلق|ستقبل|بحث|حتاج|سر|ناشد|طلب|"
    r"فتح|رحب|واصل|قيم|صل|تلقي)\w*|"
    r"مطلوب\w*|للتبرع|للتسجيل|للتواصل|لل\w{4,}|وال\w+ة|كان|كانت|حيث|اذا|لو|اسبوعيا|يوميا|تقول|ترحب|المطلوب|السبت|"
    r"الاحد|الجمعه|الخميس)$"
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


def organiser(post: Post, cues: Mapping[str, Sequence[Cue]], label: str | None = None) -> Found[Organiser] | None:
    """Read who organises; None where nothing shows it. A person's words in an awareness post organise nothing."""
    pattern, kinds = _nouns()
    ranked: list[tuple[int, Found[Organiser]]] = []
    for match in pattern.finditer(post.folded):
        kind, alone = kinds[match["noun"]]
        ranked.append(_weigh(post, _Noun(match, kind, alone)))
    for kind in ("team", "person") if label != "awareness_campaign" else ():
        ranked += [
            (_FIRST_PERSON, post.found(Organiser(None, kind), cue.start, cue.end)) for cue in cues.get(kind, ())[:1]
        ]
    rank, found = max(ranked, key=lambda item: item[0], default=(0, None))
    return found if rank else None


_ANNOUNCED, _NAMED, _FIRST_PERSON, _MAYBE, _NOT = 4, 3, 2, 1, 0


def _weigh(post: Post, noun: _Noun) -> tuple[int, Found[Organiser]]:
    """How likely a noun opens the organiser, and what it would be."""
    start, end = noun.match.start("noun"), noun.match.end()
    words = [] if noun.alone else _name(post, end)
    stop = end + sum(map(len, words))
    proper = noun.alone and " " in noun.match["noun"]
    name = " ".join(post.found("", start, stop).text.split()) if words or proper else None
    found = post.found(Organiser(name, noun.type), start, stop)
    before = post.folded[max(0, noun.match.start() - 30) : noun.match.start()] + noun.match["clitic"]
    quoted = bool(words) and words[0].lstrip().startswith(("«", '"'))
    if noun.match["noun"] in _ONLY_QUOTED and not quoted:
        return _NOT, found  # «حملة تنظيف» says what, not who
    if not name and not noun.alone:
        return _NOT, found
    if _ANNOUNCES.search(before):
        return _ANNOUNCED, found
    place = bool(_PLACE_BEFORE.search(before))
    if noun.type in _PLACES:
        closes = re.search(r"[.\n]\s*$", before) and not re.search(r"\w", post.folded[stop : stop + 25])
        if noun.match["noun"].startswith(_HOSPITALS):
            return _NOT, found
        if closes:
            return _NAMED, found
        opens = not before.strip() or proper
        return (_NAMED if opens and noun.type == "state" else _MAYBE if opens and not place else _NOT), found
    if place:
        return (_MAYBE if noun.type in {"team", "charity"} else _NOT), found
    return (_NAMED if name else _MAYBE), found


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
