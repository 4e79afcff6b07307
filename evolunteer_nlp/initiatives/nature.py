"""What an ask is for and how one helps: causes, mode, kinds of help. All rest on the table of cues.

A cue of a cause is strong («يتيم») or weak («مدرسة» may be only where people meet); weak ones count where no strong one
was met. A post about blood has patients and hospitals in it, and is about blood.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from evolunteer_nlp.initiatives.lexicon import Cue
from evolunteer_nlp.initiatives.post import Found, Post

Cues = Mapping[str, Sequence[Cue]]


def _firsts(post: Post, cues: Sequence[Cue]) -> dict[str, Found[str]]:
    """The first cue of each value."""
    return {cue.value: post.found(cue.value, cue.start, cue.end) for cue in reversed(cues)}


def named(post: Post, cues: Cues, field: str) -> tuple[Found[str], ...]:
    """Each value of a field that a post shows, in the order of the text."""
    return tuple(sorted(_firsts(post, cues.get(field, ())).values(), key=lambda found: found.start))


def mentions(post: Post, cues: Cues, field: str) -> tuple[Found[str], ...]:
    """Each distinct word of a field, as it was typed; the longer of two that overlap."""
    found: dict[str, Found[str]] = {}
    end = -1
    for cue in sorted(cues.get(field, ()), key=lambda cue: (cue.start, -cue.end)):
        if cue.start >= end:
            text = post.found("", cue.start, cue.end).text
            found.setdefault(text, post.found(text, cue.start, cue.end))
            end = cue.end
    return tuple(found.values())


_OFFERED = re.compile(r"\s*(?:\w+\s+)?(?:علينا|عليا|علي حسابنا|متوفر\w*|كاين\w*|مجانا)(?!\w)")
_OFFERING = re.compile(r"(?:يتوفر|تتوفر|نوفر|يوفر|متوفر\w*)\s+(?:\w+\s+)?و?(?:ال)?$")


def _is_offered(post: Post, cue: Cue) -> bool:
    """Whether it is what helpers get («والفطور علينا»), not what the ask is for."""
    before = post.folded[max(0, cue.start - 25) : cue.start]
    return bool(_OFFERED.match(post.folded, cue.end) or _OFFERING.search(before))


def causes(post: Post, cues: Cues, blood: Sequence[Found[str]]) -> tuple[Found[str], ...]:
    """The causes of a post; empty where nothing shows one."""
    strong = _firsts(post, [cue for cue in cues.get("cause", ()) if not _is_offered(post, cue)])
    if blood:
        strong.setdefault("blood", blood[0].shows("blood"))
    if "blood" in strong:
        strong.pop("health", None)
    if not strong:
        weak = [cue for cue in cues.get("cause_weak", ()) if not _is_offered(post, cue)]
        if weak:
            most = Counter(cue.value for cue in weak).most_common(1)[0][0]
            strong = {most: _firsts(post, weak)[most]}
    return tuple(sorted(strong.values(), key=lambda found: found.start))


_ASIDE = re.compile(
    r"(?<!\w)(?:و?(?:ال|لل?|بال)?(?:تسجيل|تقديم|استماره|حجز|مقابل(?:ه|ات)|لقاء|تعريف\w*|تعريفيه?)|سجلوا?|احجزوا?)"
    r"\s+(?:\w+\s+){0,2}$"
)
_TRAINING = re.compile(r"(?<!\w)(?:و?(?:ال|لل?|بال)?(?:تدريب\w*|دور(?:ه|ات)|كورس|محاضر(?:ه|ات)))\s+(?:\w+\s+){0,2}$")
_BROUGHT = re.compile(
    r"(?<!\w)[وف]?(?:جيب\w*|تجيب\w*|يجيب\w*|هات\w*|خذ\w*|خد\w*|احضر\w*|قريب\w*|معك|معاك|ناخد\w*|نجيك|نمرك)\s+(?:\w+\s+){0,3}$"
)


def _far(post: Post, cues: Cues, near: bool) -> tuple[Found[str], ...]:
    """What shows help from afar: not where one signs up or is trained, nor where things are fetched."""
    told = []
    for cue in cues.get("online", ()):
        before = post.folded[max(0, cue.start - 40) : cue.start] + " " * (cue.start == 0)
        words = post.folded[cue.start : cue.end]
        if near and "منصه" in words:
            continue  # where one signs up
        home = "من " in words
        if not (_ASIDE.search(before) or (near and _TRAINING.search(before)) or (home and _BROUGHT.search(before))):
            told.append(cue)
    return named(post, {"online": told}, "online")


def mode(
    post: Post, cues: Cues, label: str | None, gives: Mapping[str, Found[str]], where: Sequence[Found[str]]
) -> Found[str] | None:
    """Where the help takes place: ``online``, ``on_site`` or ``both``; None where nothing shows it.

    Parameters
    ----------
    gives : mapping of str to Found
        What of ``money``, ``goods``, ``blood`` and ``contact`` was read, with what shows it.
    where : sequence of Found
        The places and days that the post names.
    """
    near = named(post, cues, "on_site")
    far = _far(post, cues, bool(near or where or cues.get("field")))
    if label == "donation_drive":
        return _mode_of_giving(gives) or next(
            iter((*near, *far, *(found.shows("online") for found in named(post, cues, "give")))), None
        )
    if label == "awareness_campaign":
        return far[0] if far else near[0] if near and where else None
    if far and near:
        said = any("حضور" in post.folded[cue.start : cue.end] for cue in cues["on_site"])
        return far[0].shows("both") if said or "مقر" in post.folded else far[0]
    if cues.get("digital") and not (far or near):
        return None
    there = ("field", "contact", "on_site_weak")
    shown = [*far, *near, *where] or [found for field in there for found in named(post, cues, field)]
    return shown[0].shows("online" if far else "on_site") if shown else None


def _mode_of_giving(gives: Mapping[str, Found[str]]) -> Found[str] | None:
    """Blood and goods are brought; money is sent; where only a link or a phone is left, it is sent too."""
    come, pay = gives.get("blood") or gives.get("goods"), gives.get("money")
    if come:
        return come.shows("both" if pay and "blood" not in gives else "on_site")
    sent = pay or gives.get("contact")
    return sent.shows("online") if sent else None


def kinds(post: Post, cues: Cues) -> tuple[Found[str], ...]:
    """Kinds of help in a call for volunteers: ``technical``, ``contact``, ``field``."""
    return tuple(found for kind in ("technical", "contact", "field") for found in named(post, cues, kind))
