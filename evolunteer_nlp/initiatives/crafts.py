"""Skills by their families: «ممرضة» in a profile is «تمريض» in a call.

Families are the rows ``craft`` of ``data/cues.tsv``; ``craft_name`` has names that a volunteer may give, and that say
little in a call («انقطعت الكهرباء»). A skill of no family is looked for by its own words, without what is written
together with them.

>>> text = "نحتاج ممرضات ومن يجيد التطريز او الخزف. شكرا للأطباء"
>>> [(found.text, found.value) for skill in ("تمريض", "خزف", "طبيب") for found in mentions(skill, crafts(text))]
[('ممرضات', True), ('الخزف', True), ('للأطباء', False)]
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from evolunteer_nlp.initiatives.lexicon import Cue, cues, stems
from evolunteer_nlp.initiatives.post import Found, Post, read

_SENTENCE = re.compile(r"[.!?؟؛\n]")
_WHO_CAN = re.compile(
    r"(?<!\w)(?:اللي|الي|لي|من كان|من لديه|مين|لو|اذا|ان كنت|[يت]جيد\w*|[يت]عرف\w*|[يت]تقن\w*|خبره|خبرات|متخصص\w*)"
    r"(?!\w)[^.!?؟؛\n]{0,25}$"
)
_NOT_NEEDED = re.compile(
    r"(?<!\w)[وف]?(?:بدون|دون|بلا|بغير|ما ?يحتاج\w*|لا [يت]حتاج\w*|لا [يت]شترط\w*)(?!\w)[^،.!?؟؛\n]{0,25}$"
)
_NEAR = 70
"""Letters between a word such as «نحتاج» and a skill that is wanted."""


class Crafts(NamedTuple):
    """A post, the crafts it names, each with its family, and where it says that something is wanted."""

    post: Post
    named: tuple[Found[str], ...]
    wants: tuple[Cue, ...]

    def wanted(self, found: Found[Any]) -> bool:
        """Whether what was found is wanted, as far as the words around it show."""
        start, end = self.post.place(found)
        text = self.post.folded
        if _NOT_NEEDED.search(text, max(0, start - _NEAR), start):
            return False
        if _WHO_CAN.search(text, max(0, start - _NEAR), start):
            return True
        return any(
            not _SENTENCE.search(text, min(cue.end, end), max(cue.start, start))
            and max(cue.start, start) - min(cue.end, end) <= _NEAR
            for cue in self.wants
        )


def crafts(text: str) -> Crafts:
    """Read the crafts that a text names; of two that overlap the longer one."""
    post = read(text)
    met = cues(post)
    named = (post.found(cue.value, cue.start, cue.end) for cue in _longest(met.get("craft", ())))
    return Crafts(post, tuple(named), (*met.get("want", ()), *met.get("volunteer", ())))


def mentions(skill: str, of: Crafts) -> tuple[Found[bool], ...]:
    """Where a text names a skill, or another word of its family, and whether it is wanted; wanted ones first."""
    wanted = _families(skill)
    if wanted:
        found = [each for each in of.named if each.value in wanted]
    else:
        words, sought = of.post.words, [_stems(word.text) for word in read(skill).words]
        found = [
            of.post.found(skill, words[at].start, words[at + len(sought) - 1].end)
            for at in range(len(words) - len(sought) + 1)
            if sought and all(_stems(words[at + n].text) & stem for n, stem in enumerate(sought))
        ]
    return tuple(sorted((each.shows(of.wanted(each)) for each in found), key=lambda each: not each.value))


def _longest(met: Sequence[Cue]) -> list[Cue]:
    kept: list[Cue] = []
    for cue in sorted(met, key=lambda cue: (cue.start, -cue.end)):
        if not kept or cue.end > kept[-1].end or (cue.start, cue.end) == (kept[-1].start, kept[-1].end):
            kept.append(cue)
    return kept


@lru_cache(maxsize=1 << 10)
def _families(skill: str) -> frozenset[str]:
    """The families that a skill of a profile belongs to."""
    met = cues(read(skill))
    return frozenset(cue.value for cue in _longest([*met.get("craft", ()), *met.get("craft_name", ())]))


@lru_cache(maxsize=1 << 16)
def _stems(word: str) -> frozenset[str]:
    return frozenset(stem for stem, _ in stems(word) if len(stem) > 2) or frozenset({word})
