"""What an ask is for and how one helps: causes, mode, kinds of help. All rest on the table of cues.

A cue of a cause is strong («يتيم») or weak («مدرسة» may be only where people meet); weak ones count where no strong one
was met. A post about blood has patients and hospitals in it, and is about blood.
"""

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


def causes(post: Post, cues: Cues, blood: bool) -> tuple[Found[str], ...]:
    """The causes of a post; empty where nothing shows one."""
    strong = _firsts(post, cues.get("cause", ()))
    if blood or "blood" in strong:
        strong.pop("health", None)
    if not strong:
        weak = cues.get("cause_weak", ())
        if weak:
            most = Counter(cue.value for cue in weak).most_common(1)[0][0]
            strong = {most: _firsts(post, weak)[most]}
    return tuple(sorted(strong.values(), key=lambda found: found.start))


def mode(post: Post, cues: Cues, label: str | None, gives: Mapping[str, Found[str]], where: bool) -> Found[str] | None:
    """Where the help takes place: ``online``, ``on_site`` or ``both``; None where nothing shows it.

    Parameters
    ----------
    gives : mapping of str to Found
        What of ``money``, ``goods``, ``blood`` and ``link`` was read, with what shows it.
    where : bool
        Whether the post names a place or a day.
    """
    far, near = named(post, cues, "online"), named(post, cues, "on_site")
    if label == "donation_drive":
        come = gives.get("blood") or gives.get("goods")
        pay = gives.get("money") or (None if come else gives.get("link"))
        if pay and come:
            return pay._replace(value="on_site" if "blood" in gives else "both")
        if pay or come:
            found = pay or come
            assert found
            return found._replace(value="online" if pay else "on_site")
        return (far or near or (None,))[0]
    if label == "awareness_campaign":
        return far[0] if far else near[0] if near and where else None
    if far and near:
        said = any(cue.value == "on_site" and "حضور" in post.folded[cue.start : cue.end] for cue in cues["on_site"])
        return far[0]._replace(value="both") if said or "مقر" in post.folded else far[0]
    return (far or near or (None,))[0]


def kinds(post: Post, cues: Cues) -> tuple[Found[str], ...]:
    """Kinds of help in a call for volunteers: ``technical``, ``contact``, ``field``."""
    return tuple(found for kind in ("technical", "contact", "field") for found in named(post, cues, kind))
