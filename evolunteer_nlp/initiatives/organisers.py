"""By whom: the organiser that a post names, and of what type it is.

A noun such as «جمعية», «فريق», «بلدية» opens a name, which goes on to the next verb, preposition or sign. A body
organises where it announces («تعلن جمعية …»), opens or signs the post, acts («فريق … يبي متطوعين») or is where to join
or give («انضموا لفريق …»), not where it is mentioned («كلمنا الدفاع المدني وما جا») or is only the place («عند مسجد
١٤»): who organises says whose phone numbers are private. Without
any such noun, words of the first person say whether a person asks («أمي عندها عملية») or a group («احنا عيال الحارة»).

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


_PLACES = {"mosque", "school", "state", "company", "home"}
_TYPES = {"home": "charity"}
"""A home of orphans or of old people is a charity, but as often the place where something is."""
_PLACE_BEFORE = re.compile(
    r"(?:(?<!\w)(?:في|ف|عند|جنب|قدام|امام|قرب|ورا|وراء|خلف|يم|حدا|لدي|داخل|بجوار|من|الي|ع|علي|ساحه|مقر|بمقر|موقف|"
    r"سطح|صاله|قاعه|قدام|باب|حول|اطفال|"
    r"مرضي|طلاب|طلبه|تلاميذ|بناء|لبناء|ترميم|فرش|مريض\w*|حي|شارع|نظافه|تنظيف|لتنظيف|عياده|سور|حضانه|عنبر|قسم|طوارئ|مدخل|بوابه|رواد|مرافق\w*|نزلاء)\s+|"
    r"(?<!\w)[وف]?(?:ب|ل|ع)ال|(?<!\w)[وف]?[بلع])$"
)
_WITHIN = re.compile(r"(?<!\w)(?:في|ف|عند|لدي|بمقر)\s+$|(?<!\w)[وف]?ب$")
_ANNOUNCES = re.compile(
    r"(?<!\w)(?:[وف]?[تي](?:علن|دعو|نظم|طلق|سر|تشرف|هيب|نبه|ذكر|ستقبل|ناشد|قيم|تلقي|فتح|بحث|واصل|حتاج|طلب|رحب|نفذ|"
    r"عتزم|ستعد|ستعين|قدم|تقدم|نادي|كفل|عيد|نعي|علم|لوج|قبل)(?:كم|ك|كن)?|اطلقت?|اعلنت?|نظمت?|فتحت?|للاستفسار|للتواصل|للحجز|لحساب|حساب|باسم|لصالح|"
    r"باشراف|برعايه|بالتعاون مع|بالشراكه مع|انضموا الي|انضم الي|اداره|معكم|معاكم|اخوانكم في|اخوتكم في|"
    r"(?:نحن|احنا|احنه|نحنا|حنا|نا)(?: في| من| ب| ف)?|معا?كم \w+(?:(?: \w+)? من)?|"
    r"(?:اعلان|نداء|مناشده|رساله|بيان|تعميم|توضيح|شكر|دعوه|خدمه|برنامج|منقول)(?: \w+){0,2} من)\s+"
    r"(?:(?:فرع|مكتب|مركز|قسم|اداره|شباب|اسره|متطوعي)\s+)?[«\"(]?$"
)
_ASKS_BEFORE = re.compile(
    r"(?<!\w)[وف]?(?:ال|لل|ل|ب|بال)?(?:[اتيمن]?تطوع\w*|[اتيمن]?تبرع\w*|تسجيل|سجل\w*|[اينت]?نضم\w*|انضمام|انتساب|انخراط|فرصه|"
    r"ساهم\w*|مساهم\w*|ادعم\w*|[نيت]?حتاج|محتاج\w*|مطلوب\w*|عايزين|نبي|نبو|نبغي|بدنا|نشتي|ناقص\w*|خاصنا|شارك\w*|"
    r"سلم\w*|تسليم|حول\w*|تحويل|ابعث\w*|ارسل\w*|هاتوا|جيبوا|ودوا?ها?|[نيت]وصل\w*|يجيب\w*|زور\w*|تواصل\w*|راسل\w*|يستقبل)(?!\w)"
    r"[^.!؟\n؛:]*(?:(?<!\w)(?:في|مع|عند|لدي|الي|عبر|طريق|خلال|ويا|حق|تبع|متاع|بتاع|ديال|ضمن|صندوق|قسم)\s+(?:\w+\s+)?|"
    r"(?<!\w)[بلفع]|(?<!\w)[بل]\w+\s+)$"
)
_OF_IT = re.compile(
    r"(?<!\w)(?:ال|ل|ب)?(?:صندوق|رابط|رقم|مقر|موقع|متجر|فرع|مخزن|متطوعي|متطوعو|صفحه|ايصال|مندوب|تحديث|تقرير|اعضاء|فرقه|"
    r"مع|طريق|يكلم|كلموا|كلمي|يراجع|راجعوا|مراجعه|اتصلوا|احكوا)\s+$"
)
"""«رابط جمعية …», «متطوعو فريق …»: by which it is reached, or who belongs to it."""
_NO_ONE = re.compile(r"(?<!\w)(?:اي|كل|كم|مو|مش|ماشي|ليس\w*|لسنا|بلا|بدون|غير|ولا|لا|مافي|مافيش|ماكو|صار له|هو)\s+$")
_VERBS = (
    "علن|دعو|نظم|طلق|ستقبل|بحث|حتاج|سر|ناشد|طلب|فتح|رحب|واصل|قيم|صل|تلقي|بي|بغ|جمع|سلم|تيح|فتش|دور|شكر|تشرف|هيب|نع|نفذ|"
    "ريد|شتي|ستانف|ستعد|ستعين|وزع|وصل|كفل|قدم|علم|تيح|تقدم|عتزم|نادي|ستغيث|حب|طلع|طبخ|درب|عمل|لوج|نطلق|عرض|ترجم|تمرن|كتب|ستلم|ستقطب"
)
_ACTS = (
    rf"(?:[بك]|كا)?[تين](?:{_VERBS})(?:وا?|ين|ون)?|محتاج\w*|عايز\w*|عاوز\w*|داير\w*|ناقص\w*|فاتح\w*|فتحت?|حاب\w*|مستمر\w*|"
    r"عند(?:ه|ها|هم|و|نا)|معه|معها|خاص(?:ه|ها|هم|نا)|بدها|بدهم|بدو|مفتوح\w*|شغال\w*|اطلقت?|اعلنت?|عم|حاطين|حوجت\w*|نبو|نبي|"
    r"بدات?|وصلت?|ختمت?|قاعد\w*|واقف\w*|واگف\w*|جمعت|لقات?"
)
_ACTS_AFTER = re.compile(rf"(?:\s+[بف]\w+)?[^\w.\n]*(?:{_ACTS})(?!\w)|\s*(?:[:|]|-\s)")
_NEEDS_AFTER = re.compile(
    r"(?:\s+[بف]\w+(?:\s\w+){0,2})?\s+(?:[بتيك]{0,2}(?:حتاج|بحث|دور|عاني|ناشد|قلب|لوج|طلب|ستقطب)\w*|بحاجه|باقيل\w+|بلا|بدون|عندن\w*|عدنا|"
    r"محتاج\w*|ناقص\w*|ينقص\w*|عايز\w*|عاوز\w*|داير\w*|بد[وه]\w*|خاص[وه]\w*|خص[وه]\w*|[يت]ب(?:ي|ا|ون|و)|[يت]شتي|يريد\w*|لازمو|"
    r"يلزم\w*|[يت]فتح باب|[يت]ستقبل متطوع\w*)(?!\w)"
)
_TELLS_AFTER = re.compile(
    r"[^\w.\n]*(?:قال\w*|گال\w*|رفض\w*|وعد\w*|جا|جت|جات|جو|جوا|اجا|اجو|ردت?|ردوا|اعتذر\w*|سحب\w*|بدا|وافق\w*|"
    r"(?:و?ما|لم)\s+(?:جا\w*|جو|رد\w*|قدر\w*|اجا|اجو|وصل\w*|ساعد\w*|عط\w*|عمل\w*|سو\w*|قبل\w*|يرد\w*|ترد\w*))(?!\w)"
)
"""What is told of a body, not what it asks: «الدفاع المدني ما جا»."""
_TAG = re.compile(r"[#@]\S+")
_SIGNS = re.compile(r"(?:[^\w]+\w+){0,6}[^\w]*$")
"""What may follow whoever signs a post: its town, its number."""
_OURS = re.compile(r"^\w+نا(?!\w)|\s(?:متاعنا|تاعنا|ديالنا|حق(?:ت)?نا|بتاع(?:ت)?نا|تبعنا|مالتنا)(?!\w)")
_CLAUSE = re.compile(r"[^\w\s]|\n")
_ONLY_QUOTED = {"دار", "فرق", "حمله", "مجموعه", "منصه", "صفحه", "شله"}
_TITLES = {"حمله", "مبادره", "منصه", "صفحه"}
"""Most often what a thing is called, not who does it: «حملة «فرّج عنهم» لسداد ديون 46 غارمًا»."""
_ONLY_DEFINITE = {"خليه", "شبكه"}
_HOSPITALS = ("مستشف", "مشف", "بنك الدم", "مصرف الدم", "مركز الصح", "المشف", "المستشف")
_STOP = re.compile(
    r"(?:عن|في|ف|علي|الي|من|مع|ل|ب|او|ان|بعد|قبل|حتي|عبر|اليوم|غدا|بكره|بكرا|امبارح|امس|البارح|البارحه|غدوه|يوم|كل|هذا|هذه|هي|هو|لا|"
    r"ما|مش|مو|قد|قاعد|اللي|لي|التي|الذي|وهي|بحاجه|نازل|راح|رح|بدنا|عايز|فارغ|رقم|حساب|مشروع|لسه|لسا|لسع|لسة|مازال\w*|باش|باقي|توا|الان|"
    r"هلق|هسه|ع|حاطين|كان|كانت|حيث|اذا|لو|اسبوعيا|يوميا|المطلوب|مطلوب\w*|متطوع\w*|للتبرع|للتسجيل|للتواصل|للل\w*|"
    r"السبت|الاحد|الاثنين|الثلاثاء|الاربعاء|الجمعه|الخميس|"
    r"طاح|راحت?|صار\w*|طلب(?:ت|نا|و|وا)?|تقول|"
    rf"{_ACTS}|"
    r"ي(?!وسف|اسر|نبع|افا|ونس|حيي|اسين|ثرب|تيم|عقوب|زيد|من|قين|سري|افع|ريم|دا$)\w{2,}|بي(?!روت|ت|ادر|وت|ان|ئ|سان|رزيت|ض|طر)\w{2,}|"
    r"بت(?!ول|را)\w{3,}|بن(?:ست|عمل|جمع|وزع)\w*|كي(?!ان|فان)\w{3,}|كت(?!اب|ب)\w{3,}|"
    r"\w{3,}(?<!مدينت)(?<!حارت)(?<!قريت)(?<!اهل)(?<!شباب)(?<!بلد)(?<!وطن)(?:ها|هم|هن|كم|نا))$"
)
"""Words that end a name: prepositions, times, verbs, and words about someone («صندوقها», «طلبنا»)."""
_NO_NAME = re.compile(
    r"(?:و\w*|(?:تطوعي|خيري|ثاني|تاني|كبير|صغير|جديد|مرخص|رسمي|معروف|موثوق|محلي|عام)ه?|لل\w+|اخري|واحده?|كلها?)$"
)
"""Words after a noun that leave it without a name: «فريق تطوعي», «جمعية ثانية»."""
_ADDRESSED = {"المحسنين", "الاهالي", "المواطنين", "المتبرعين", "المهندسين", "اهل", "باب", "حمله", "برنامج"}
"""After a name these are who or what its verb goes to: «تدعو جمعية البر المحسنين», «تفتح جمعية البر باب التطوع»."""
_PIECE = re.compile(r"[ \t](«[^»\n]{1,40}»|\"[^\"\n]{1,40}\"|[^\W\d_]+)")
_LONGEST_NAME = 5


@functools.cache
def _nouns() -> tuple[re.Pattern[str], Mapping[str, tuple[str, bool]]]:
    kinds: dict[str, tuple[str, bool]] = {}
    for kind, opening, alone in rows("organisers.tsv"):
        for place, listed in enumerate((opening, alone)):
            for noun in filter(None, listed.split(", ")):
                kinds.setdefault(read(noun).folded, (kind, bool(place)))
    nouns = "|".join(noun.replace(" ", r"\s") for noun in sorted(kinds, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?P<clitic>[وف]?(?:لل|ل|ب|ع)?)(?P<noun>{nouns})(?!\w)"), kinds


def organiser(post: Post, cues: Mapping[str, Sequence[Cue]]) -> Found[Organiser] | None:
    """Read who organises; None where nothing shows it."""
    pattern, kinds = _nouns()
    ranked: list[tuple[int, Found[Organiser]]] = []
    for match in pattern.finditer(post.folded):
        kind, alone = kinds[match["noun"]]
        ranked.append(_weigh(post, _Noun(match, kind, alone)))
    spoken = (first_person(post, cues, kind) for kind in ("team", "person"))
    ranked += [(_FIRST_PERSON, words.shows(Organiser(None, words.value))) for words in spoken if words]
    rank, found = max(ranked, key=lambda item: item[0], default=(0, None))
    return found if rank else None


_CALLED = re.compile(r"(?<!\w)يا\s$")
_NOBODYS = re.compile(r"[_#]|\W?(?!والد)[وف]?(?:[بل]?ال(?!والد|اقي|مسؤول|مسوول|مشرف|قا.م|حقوني)|لل)\w")
"""«الأمن الرقمي», «#تطوع_رقمي»: what has an article is nobody's own, but for «الوالد»; «الاقي» has none."""


def first_person(post: Post, cues: Mapping[str, Sequence[Cue]], kind: str) -> Found[str] | None:
    """Words by which a writer speaks of himself and his own (``person``: «كلموني») or of his group (``team``)."""
    for cue in cues.get(kind, ()):
        before = post.folded[: cue.start]
        if before.count("«") > before.count("»") or _CALLED.search(before[-4:]):
            continue  # «قالت: «أنا ولدك»», «يا خوي»
        if kind == "team" and post.folded[cue.start] == "ل":
            continue  # «بحكي لشباب الحي»
        if kind == "person" and _NOBODYS.match(post.folded, max(0, cue.start - 1)):
            continue
        if cue.value == "opens" and not _wants(post, cue):
            continue
        return post.found(kind, cue.start, cue.end)
    return None


def _wants(post: Post, cue: Cue) -> bool:
    """Whether a post opens with what its writer wants: «عايز ١٠ رجالة», and not «عايز تتطوع؟» or «الحي محتاج»."""
    after = post.words[cue.last + 1].text if cue.last + 1 < len(post.words) else ""
    return cue.first <= 1 and not after.startswith("ت") and not post.folded.startswith("؟", cue.end)


_ANNOUNCED, _NAMED, _FIRST_PERSON, _MAYBE, _NOT = 4, 3, 2, 1, 0


def _weigh(post: Post, noun: _Noun) -> tuple[int, Found[Organiser]]:
    """How likely a noun opens the organiser, and what it would be."""
    start, end = noun.match.start("noun"), noun.match.end()
    words = [] if noun.alone else _name(post, end, " " in noun.match["noun"])
    stop = end + sum(map(len, words))
    proper = noun.alone and " " in noun.match["noun"]
    name = " ".join(post.found("", start, stop).text.split()) if words or proper else None
    found = post.found(Organiser(name, _TYPES.get(noun.type, noun.type)), start, stop)
    before = _TAG.sub("", post.folded[max(0, noun.match.start() - 70) : noun.match.start()]) + noun.match["clitic"]
    quoted = bool(words) and words[0].lstrip().startswith(("«", '"'))
    definite = any(word.startswith((" ال", " ازمه")) for word in words)
    if noun.match["noun"] in _ONLY_QUOTED and not quoted:
        return _NOT, found  # «حملة تنظيف» says what, not who
    if noun.match["noun"] in _ONLY_DEFINITE and not definite:
        return _NOT, found  # «خليه عندك», «شبكة صيد»
    if _NO_ONE.search(before) or _TELLS_AFTER.match(post.folded, stop):
        return _NOT, found
    if _ANNOUNCES.search(before) and (name or noun.type not in _PLACES):
        located = noun.type in _PLACES and _WITHIN.search(before)  # «احنا في مستشفى …»
        return (_NOT if located else _ANNOUNCED if name or noun.alone else _MAYBE), found
    if not name and not noun.alone:
        return _NOT, found
    if noun.type not in _PLACES:
        return _weigh_body(post, noun, before, (stop, quoted, proper)), found
    rank = _weigh_place(post, noun, before, (stop, quoted, proper))
    nameless = found.shows(found.value._replace(name=None))
    return rank, nameless if rank == _MAYBE else found  # without a name it does not vouch for numbers


def _weigh_place(post: Post, noun: _Noun, before: str, shape: tuple[int, bool, bool]) -> int:
    """A mosque, a school, an office or a shop, most often only where something is."""
    stop, _, proper = shape
    if _NEEDS_AFTER.match(post.folded, stop) and not _PLACE_BEFORE.search(before):
        return _MAYBE if noun.alone and not proper else _NAMED
    if noun.match["noun"].startswith(_HOSPITALS):
        return _NOT
    if re.search(r"[.\n]\s*$", before) and _SIGNS.match(post.folded, stop):
        return _NAMED
    if noun.type == "home" and (noun.match["clitic"].endswith("ل") or _ACTS_AFTER.match(post.folded, stop)):
        return _MAYBE
    first = not re.search(r"\w", before)
    opens = first or (proper and not re.search(r"\w", _clause(before)))
    acts = bool(_ACTS_AFTER.match(post.folded, stop))
    if proper and acts:
        return _MAYBE
    if opens and noun.type == "state":
        return _NAMED if acts or first else _NOT
    if acts and first:
        return _NAMED
    return _MAYBE if opens and not _PLACE_BEFORE.search(before) else _NOT


def _weigh_body(post: Post, noun: _Noun, before: str, shape: tuple[int, bool, bool]) -> int:
    """A charity or a team: it asks where it opens or signs the post, acts, or is where to join."""
    stop, quoted, proper = shape
    if noun.alone and not proper:
        if _OURS.search(post.folded[noun.match.start("noun") : stop + 8]):
            return _NAMED
        return _NOT if noun.type == "team" and _WITHIN.search(before) else _MAYBE  # «كلمونا في القروب»
    titled = noun.match["noun"] in _TITLES
    if not titled and (_ASKS_BEFORE.search(before) or _OF_IT.search(before)):
        return _NAMED
    if _ACTS_AFTER.match(post.folded, stop) or (quoted and not titled):
        return _MAYBE if _PLACE_BEFORE.search(before) else _NAMED
    if noun.match["noun"] == "حمله":
        return _NOT
    if not proper and _WITHIN.search(before):
        return _NAMED
    if re.search(r"\w", _clause(before)):
        return _NOT
    return _NAMED if _SIGNS.match(post.folded, stop) or not re.search(r"\w", before.rpartition("\n")[2]) else _MAYBE


def _clause(before: str) -> str:
    """What stands before a noun in its clause."""
    return _CLAUSE.split(before)[-1]


def _name(post: Post, end: int, begun: bool) -> list[str]:
    """The pieces of a name after its noun, which may have ``begun`` it («جمعية آباء وأولياء …»)."""
    pieces: list[str] = []
    while len(pieces) < _LONGEST_NAME and (match := _PIECE.match(post.folded, end)):
        quoted = match[1].startswith(("«", '"'))
        if not quoted and (_STOP.match(match[1]) or (_NO_NAME.match(match[1]) and not _joins(pieces, match[1], begun))):
            break
        if pieces and (match[1] in _ADDRESSED or match[1].isascii()):
            break
        pieces.append(match[0])
        end = match.end()
        if quoted:
            following = _PIECE.match(post.folded, end)
            if len(pieces) == 1 and following and following[1].startswith("ال") and not _STOP.match(following[1]):
                pieces.append(following[0])
            break
    return pieces


def _joins(pieces: list[str], word: str, begun: bool) -> bool:
    """Whether a word goes on with a name that has begun: «الشباب والرياضة», «عطاء وأمل»."""
    if not word.startswith("و"):
        return bool(pieces)
    return word.startswith("وال") == pieces[-1].startswith(" ال") if pieces else begun
