"""Calls that a volunteer cannot join: closed, elsewhere, on other days, from home only, or for others.

Only what is sure leaves a call out: no city, no day and no mode mean that it may fit.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from evolunteer_nlp.initiatives.dates import When
from evolunteer_nlp.initiatives.details import extract
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.places import City
from evolunteer_nlp.initiatives.post import Found, read
from evolunteer_nlp.initiatives.profile import Profile
from evolunteer_nlp.initiatives.weekdays import weekly
from evolunteer_nlp.labels import Label

_LEFT_OUT = {
    "closed": "closed",
    "elsewhere": "elsewhere",
    "online": "online only",
    "other_days": "on other days",
    "gender": "for the other gender",
}
# Words that may as well name those who are helped («أمهات») do not count.
_WOMEN = "نساء|نسا|بنات|سيدات|اخوات|متطوعات|صبايا|فتيات|نسوان|اناث"
_WOMEN_ONLY = re.compile(rf"(?<!\w)(?:لل|ال)?(?:{_WOMEN})\s*(?:فقط|بس|حصرا|حصريا)(?!\w)|نسائي\s+بحت")
_MEN_ONLY = re.compile(r"(?<!\w)(?:لل(?:رجال|شباب|ذكور)|رجال|ذكور)\s*(?:فقط|بس|حصرا|حصريا)(?!\w)")
_VOLUNTEERS_F = re.compile(r"(?<!\w)(?:ال|لل)?متطوعات(?!\w)")
_VOLUNTEERS_M = re.compile(r"(?<!\w)\w{0,3}متطوع(?:ين|ون|ا)?(?!\w)|شباب|شبان|شاب|رجال")


def misfit(profile: Profile, initiative: Initiative, now: datetime) -> str | None:
    """Why a volunteer cannot join, or None: no_call, closed, elsewhere, online, other_days or gender."""
    if Label.VOLUNTEER_CALL not in {initiative.label, initiative.also}:
        return "no_call"
    if initiative.details.status.value == "closed":
        return "closed"
    call = as_call(initiative)
    if mode_of(call) == "online" and profile.online is False:
        return "online"
    if _is_elsewhere(profile, call):
        return "elsewhere"
    if _is_on_other_days(profile, call, now.date()):
        return "other_days"
    only_for = _only_for(call)
    return "gender" if profile.gender and only_for and only_for != profile.gender else None


def left_out(profile: Profile, initiatives: Iterable[Initiative], *, now: datetime | None = None) -> dict[str, int]:
    """How many calls do not fit, by why, in words."""
    now = now or datetime.now()
    counts = Counter(misfit(profile, one, now) for one in initiatives)
    return {words: counts[why] for why, words in _LEFT_OUT.items() if counts[why]}


def as_call(initiative: Initiative) -> Initiative:
    """What asks for gifts too: how one helps is read again, as in a call for volunteers."""
    if initiative.also != Label.VOLUNTEER_CALL:
        return initiative
    first = initiative.posts[0]
    read_again = extract(initiative.text, first.posted_at, first.country, label=Label.VOLUNTEER_CALL.value)
    return replace(initiative, details=replace(initiative.details, mode=read_again.mode, kinds=read_again.kinds))


def mode_of(initiative: Initiative) -> str | None:
    """``online``, ``on_site``, ``both`` or None."""
    mode = initiative.details.mode
    return mode.value if mode else None


def _is_elsewhere(profile: Profile, initiative: Initiative) -> bool:
    if mode_of(initiative) in {"online", "both"}:
        return False
    cities = initiative.details.cities
    if profile.cities and cities and not any(is_home(profile, found.value) for found in cities):
        return True
    named = {found.value.country for found in cities} - {None}
    countries = named or {ask.country for ask in initiative.posts} - {None}
    home = {city.country for city in profile.cities} | {profile.country} - {None}
    return bool(home and countries) and not home & countries


def is_home(profile: Profile, city: City) -> bool:
    """Whether a city is one of the volunteer's, as far as its country is known."""
    return any(home.name == city.name and city.country in {None, home.country} for home in profile.cities)


def events(initiative: Initiative, today: date) -> list[tuple[Found[When], date, date]]:
    """Dates that are still to come, other than deadlines, with their first and last day."""
    coming = []
    for found in initiative.details.dates:
        first, last = (date.fromisoformat(at[:10]) for at in (found.value.start, found.value.end or found.value.start))
        if found.value.role == "event" and last >= today:
            coming.append((found, max(first, today), last))
    return coming


def _on(days: Sequence[int], first: date, last: date) -> list[int]:
    """Those of the weekdays that lie between two days."""
    between = {(first + timedelta(n)).weekday() for n in range(min(7, (last - first).days + 1))}
    return [day for day in days if day in between]


def _is_on_other_days(profile: Profile, initiative: Initiative, today: date) -> bool:
    return bool(profile.days and events(initiative, today)) and not any(joined_days(profile, initiative, today))


def joined_days(profile: Profile, initiative: Initiative, today: date) -> Iterator[tuple[int, When | None, Found[Any]]]:
    """Days of the volunteer's on which a call takes place, with their dates; without for those of every week."""
    for found, first, last in events(initiative, today):
        for day in _on(profile.days, first, last):
            yield day, found.value, found
    for every in weekly(read(initiative.text)) if profile.days else ():
        if every.value in profile.days:
            yield every.value, None, every


def _only_for(initiative: Initiative) -> str | None:
    """``woman`` or ``man`` where the words leave no doubt that others are not asked."""
    text = read(initiative.text).folded
    if _WOMEN_ONLY.search(text) or (_VOLUNTEERS_F.search(text) and not _VOLUNTEERS_M.search(text)):
        return "woman"
    return "man" if _MEN_ONLY.search(text) else None
