"""A volunteer's profile against open calls: which fit, how well, why, and what to ask first.

What is impossible is left out (`evolunteer_nlp.initiatives.misfit`). The rest gets points that add up, each with its
reason in words::

    place   3  a city of the volunteer's; 2 from home where the volunteer likes to; 1 from home, or the country only;
               -1 if it is from home and names a place elsewhere
    day     2  a day of the volunteer's, by date or every week
    skill   3  a skill of the volunteer's is wanted; 1 if it is only named; 0.5 for each further one;
               -1 if only other skills are wanted
    cause   2  a cause of the volunteer's
    kind    1  a kind of help that the volunteer likes
    fresh   1  shown to be open, or posted within two weeks; 0.5 within six
    label      -0.5 if the label is not certain
    gender     -0.5 if a man is asked and it speaks of women
    trust      -0.5 for each cue against it, other than its age

The score is the sum, divided by what a call can get from this profile. Reasons and doubts quote the words they rest on.

>>> from evolunteer_nlp.initiatives.asks import Ask
>>> from evolunteer_nlp.initiatives.initiative import find_initiatives
>>> from evolunteer_nlp.initiatives.profile import profile_of
>>> now = datetime(2026, 3, 5)
>>> calls = find_initiatives([Ask("نحتاج ممرضات الجمعة بجدة", "volunteer_call", datetime(2026, 3, 4))], now=now)
>>> (found,) = match(profile_of({"المدينة": "جدة", "المهارات": "تمريض"}), calls, now=now)
>>> found.score, [reason.says for reason in found.reasons]
(1.0, ['في مدينتك جدة: «بجدة»', 'تطلب مهارتك تمريض: «ممرضات»', 'موعده لم يمض: «الجمعة»'])
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from evolunteer_nlp.initiatives.crafts import crafts, mentions
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.legible import line
from evolunteer_nlp.initiatives.misfit import as_call, events, is_home, joined_days, misfit, mode_of
from evolunteer_nlp.initiatives.names import arabic
from evolunteer_nlp.initiatives.post import Found
from evolunteer_nlp.initiatives.profile import Profile
from evolunteer_nlp.initiatives.trust import FRESH, STALE, describe
from evolunteer_nlp.initiatives.wording import WEEKDAYS, counted, country, status_reason, when

POINTS = {"place": 3.0, "day": 2.0, "skill": 3.0, "cause": 2.0, "kind": 1.0, "fresh": 1.0}
"""The most that each part of the score can give."""
_GLADLY_ONLINE, _ONLINE, _SAME_COUNTRY, _NAMED, _UNLIKELY, _LITTLE = 2.0, 1.0, 1.0, 1.0, -1.0, -0.5

_VERBS = {True: "تطلب", False: "تذكر"}
_DAYS = ("يوم واحد", "يومين", "أيام", "يوما", "يوم")


class Reason(NamedTuple):
    """Why a call fits, or does not quite.

    Attributes
    ----------
    part : str
        A part of the score, see the module's docstring.
    points : float
        More than 0 for reasons; for doubts 0 or less.
    says : str
        An Arabic sentence.
    evidence : Found or None
        The words it quotes; None where it rests on when and where something was posted, or on what is missing.
    """

    part: str
    points: float
    says: str
    evidence: Found[Any] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A call that a volunteer could join.

    Attributes
    ----------
    initiative : Initiative
    score : float
        From 0 to 1; 1 is all that such a profile can ask for.
    reasons, doubts : tuple of Reason
    """

    initiative: Initiative
    score: float
    reasons: tuple[Reason, ...]
    doubts: tuple[Reason, ...]


def match(profile: Profile, initiatives: Iterable[Initiative], *, now: datetime | None = None) -> list[Match]:
    """Rank the calls that a volunteer could join.

    Parameters
    ----------
    profile : Profile
    initiatives : iterable of Initiative
        Their order does not matter.
    now : datetime, optional
        The time of reading that initiatives were found with; the time of the call if left out.

    Returns
    -------
    list of Match
        The best first; of equal ones the last seen first.
    """
    now = now or datetime.now()
    found = [_match(profile, one, now) for one in initiatives if not misfit(profile, one, now)]
    return sorted(found, key=_rank)


def _rank(found: Match) -> tuple[float, float, str, str]:
    seen = found.initiative.last_seen
    age = (datetime.max - seen).total_seconds() if seen else float("inf")
    return -_sum(found.reasons + found.doubts), age, found.initiative.id, found.initiative.text


def _sum(reasons: Iterable[Reason]) -> float:
    return sum(reason.points for reason in reasons)


def _match(profile: Profile, initiative: Initiative, now: datetime) -> Match:
    call = as_call(initiative)
    parts = (
        *_place(profile, call),
        *_day(profile, call, now.date()),
        *_skill(profile, call),
        *_liked(profile, call),
        *_fresh(call, now),
        *_doubts(profile, call),
    )
    score = max(0.0, min(1.0, _sum(parts) / _possible(profile)))
    reasons = tuple(part for part in parts if part.points > 0)
    return Match(initiative, round(score, 3), reasons, tuple(part for part in parts if part.points <= 0))


def _possible(profile: Profile) -> float:
    parts = {
        "day": profile.days,
        "skill": profile.skills,
        "cause": profile.causes,
        "kind": profile.kinds,
        "fresh": True,
    }
    place = POINTS["place"] if profile.cities else _GLADLY_ONLINE if profile.online else _SAME_COUNTRY
    return place + sum(POINTS[part] for part, asked in parts.items() if asked)


def _place(profile: Profile, initiative: Initiative) -> Iterator[Reason]:
    details, mode = initiative.details, mode_of(initiative)
    home = next((found for found in details.cities if is_home(profile, found.value)), None)
    if mode == "online" or (mode == "both" and not home):
        yield _quoting("place", _GLADLY_ONLINE if profile.online else _ONLINE, "تُنجز عن بعد", details.mode)
        if details.cities and not home:
            yield _quoting("place", _UNLIKELY, "تذكر مكانا؛ اسأل هل تكفي المشاركة عن بعد", details.cities[0])
    elif home:
        yield _quoting("place", POINTS["place"], f"في مدينتك {home.value.name}", home)
        if home.value.country is None:
            yield Reason("place", 0, f"في أكثر من بلد مدينة اسمها {home.value.name}؛ اسأل أيها المقصود")
    else:
        yield from _country(profile, initiative)


def _country(profile: Profile, initiative: Initiative) -> Iterator[Reason]:
    details = initiative.details
    if profile.country:
        named = next((found for found in details.cities if found.value.country == profile.country), None)
        if named:
            yield _quoting("place", _SAME_COUNTRY, f"في بلدك {country(profile.country)}", named)
        elif profile.country in {ask.country for ask in initiative.posts}:
            yield Reason("place", _SAME_COUNTRY, f"من حساب في بلدك {country(profile.country)}")
    if details.cities:
        yield _quoting("place", 0, "ليس في ملفك مدينة، ومكانها", details.cities[0])
    elif details.districts:
        yield _quoting("place", 0, "لا تذكر مدينة، بل", details.districts[0])
    else:
        yield Reason("place", 0, "لا تذكر مدينة")


def _day(profile: Profile, initiative: Initiative, today: date) -> Iterator[Reason]:
    for day, at, found in joined_days(profile, initiative, today):
        says = f"{WEEKDAYS[day]} من أيامك" + (f" ({when(at)})" if at else "، وتتكرر كل أسبوع")
        yield _quoting("day", POINTS["day"], says, found)
        return
    if not events(initiative, today) and initiative.details.status.value == "open":
        yield Reason("day", 0, "لا تذكر يوم العمل")


def _skill(profile: Profile, initiative: Initiative) -> Iterator[Reason]:
    named = crafts(initiative.text)
    mine = [(skill, met[0]) for skill in profile.skills if (met := mentions(skill, named))]
    for n, (skill, found) in enumerate(sorted(mine, key=lambda each: not each[1].value)):
        points = -_LITTLE if n else POINTS["skill"] if found.value else _NAMED
        yield _quoting("skill", points, f"{_VERBS[found.value]} مهارتك {line(skill)}", found)
    others = () if mine else tuple(found for found in named.named if named.wanted(found))
    if others:
        yield _quoting("skill", _UNLIKELY, "تطلب مهارة ليست في ملفك", others[0])


def _liked(profile: Profile, initiative: Initiative) -> Iterator[Reason]:
    details = initiative.details
    cause = next((found for found in details.causes if found.value in profile.causes), None)
    kind = next((found for found in details.kinds if found.value in profile.kinds), None)
    if cause:
        yield _quoting("cause", POINTS["cause"], f"في قضية تهمك، {arabic('cause', cause.value)}", cause)
    if kind:
        yield _quoting("kind", POINTS["kind"], f"فيها {arabic('kind', kind.value)} كما تفضل", kind)


def _fresh(initiative: Initiative, now: datetime) -> Iterator[Reason]:
    status, seen = initiative.details.status, initiative.last_seen
    if status.value == "open":
        yield _quoting("fresh", POINTS["fresh"], status_reason(status), status.evidence)
        return
    age = max(0, (now - seen).days) if seen else STALE + 1
    if age <= STALE:
        points = POINTS["fresh"] if age <= FRESH else POINTS["fresh"] / 2
        yield Reason("fresh", points, f"نُشرت قبل {counted(age, _DAYS)}" if age else "نُشرت في آخر يوم")
    yield Reason("fresh", 0, status_reason(status))


def _doubts(profile: Profile, initiative: Initiative) -> Iterator[Reason]:
    if not initiative.certain:
        yield Reason("label", _LITTLE, "لم تتيقن القراءة الآلية من أنها دعوة تطوع")
    women = next((found for found in initiative.details.audience if found.value == "women"), None)
    if profile.gender == "man" and women:
        yield _quoting("gender", _LITTLE, "تذكر النساء؛ اسأل هل هي لهن", women)
    for cue in initiative.cues:
        if cue.speaks == "against" and cue.criterion != "freshness":
            yield _quoting("trust", _LITTLE, describe(cue.name)[0], cue.evidence)


def _quoting(part: str, points: float, says: str, evidence: Found[Any] | None) -> Reason:
    return Reason(part, points, f"{says}: «{line(evidence.text)}»" if evidence else says, evidence)
