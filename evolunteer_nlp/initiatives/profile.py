"""A volunteer's profile: what the details of calls can answer, and nothing else of a person.

A profile is a YAML file, in Arabic or English, each line of which may be left out::

    المدينة: الرياض، الدرعية
    الأيام: الجمعة، السبت
    المهارات: [تمريض، ترجمة]
    القضايا: الصحة
    نوع المساعدة: ميداني
    عن بعد: نعم
    الجنس: أنثى

>>> profile_of({"المدينة": "رياض", "days": ["friday", "السبت"], "عن بعد": "نعم"})
Profile(cities=(City(name='الرياض', country='SA'),), country='SA', days=(4, 5), skills=(), causes=(), kinds=(), \
online=True, gender=None)
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from evolunteer_nlp.errors import MissingPackageError, ProfileError
from evolunteer_nlp.initiatives.lexicon import rows
from evolunteer_nlp.initiatives.places import City, cities_named, city_names
from evolunteer_nlp.initiatives.post import read
from evolunteer_nlp.initiatives.wording import WEEKDAYS

_LARGEST = 1 << 16
_SEPARATORS = re.compile(r"[,،;؛\n]")


@dataclass(frozen=True, slots=True)
class Profile:
    """Who wants to help, where, when and with what; nothing is asked of what is left empty.

    Attributes
    ----------
    cities : tuple of City
        All that the volunteer can get to: the city, the governorate around it, neighbours.
    country : str or None
        ISO 3166; that of the first city.
    days : tuple of int
        Weekdays, 0 is Monday.
    skills : tuple of str
        As they were written.
    causes, kinds : tuple of str
        As in `evolunteer_nlp.initiatives.details.Details`.
    online : bool or None
        True: likes to help from home too; False: on site only.
    gender : str or None
        ``woman`` or ``man``: some calls are for one of them only.
    """

    cities: tuple[City, ...] = ()
    country: str | None = None
    days: tuple[int, ...] = ()
    skills: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    online: bool | None = None
    gender: str | None = None


def read_profile(path: Path | None, **changes: object) -> Profile:
    """Read a profile from a YAML file.

    Parameters
    ----------
    path : Path or None
        Without a file the profile is ``changes``.
    **changes
        Fields of `Profile` as a file might have them, which replace those of the file; None replaces nothing.

    Raises
    ------
    ProfileError
        If the file cannot be read, or says something that is not understood; the message says what would be.
    MissingPackageError
        If PyYAML is not installed.
    """
    written = _yaml(path) if path else {}
    try:
        values = _fields(written)
        if changes.get("cities") is not None:
            values.pop("country", None)  # it follows from the city
        return profile_of(values | {field: value for field, value in changes.items() if value is not None})
    except ProfileError as error:
        raise ProfileError(f"{path}: {error}" if path else str(error)) from None


def profile_of(values: Mapping[str, object]) -> Profile:
    """Make a profile of fields and values in words, in Arabic or English.

    Raises
    ------
    ProfileError
        If one is not understood; the message says what would be.
    """
    given = {field: _items(value) for field, value in _fields(values).items()}
    country = _one(given, "country")
    cities = tuple(dict.fromkeys(_city(name, country) for name in given.get("cities", ())))
    online = _one(given, "online")
    return Profile(
        cities,
        country or (cities[0].country if cities else None),
        tuple(sorted(int(day) for day in _several(given, "days"))),
        tuple(dict.fromkeys(given.get("skills", ()))),
        _several(given, "causes"),
        _several(given, "kinds"),
        None if online is None else online == "yes",
        _one(given, "gender"),
    )


def _yaml(path: Path) -> Mapping[str, object]:
    try:
        import yaml
    except ImportError as error:
        raise MissingPackageError("profiles need PyYAML; pip install 'evolunteer-nlp[discover]'") from error
    try:
        with path.open("rb") as file:
            written = file.read(_LARGEST + 1)
    except OSError as error:
        raise ProfileError(f"{path} cannot be read: {error.strerror}") from None
    if len(written) > _LARGEST:
        raise ProfileError(f"{path} is no profile: it has more than {_LARGEST:,} bytes")
    try:
        values = yaml.safe_load(written.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ProfileError(f"{path} is not in UTF-8; save it so") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ProfileError(f"{path}{where} is no YAML; write lines such as «المدينة: الرياض»") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ProfileError(f"{path} has no fields; write lines such as «المدينة: الرياض», with a space after the colon")
    return values


def _fields(values: Mapping[str, object]) -> dict[str, object]:
    """Values by the names of fields."""
    found: dict[str, object] = {}
    for name, value in values.items():
        field = _known("field").get(_fold(str(name)))
        if field is None:
            raise ProfileError(f"«{name}» is no field of a profile{_advice(str(name), 'field')}")
        if field in found:
            raise ProfileError(f"«{name}» says again what another line says; keep one of them")
        found[field] = value
    return found


def _items(value: object) -> list[str]:
    """The single values of a text such as «الجمعة، السبت» or of a list; yes and no as YAML has them."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [item for part in value if not isinstance(part, list | tuple | dict) for item in _items(part)]
    text = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return [item for part in _SEPARATORS.split(text) if (item := part.strip())]


def _one(given: Mapping[str, Sequence[str]], field: str) -> str | None:
    found = _several(given, field)
    if len(found) > 1:
        raise ProfileError(f"{field} has several values: {'، '.join(given[field])}; keep one")
    return found[0] if found else None


def _several(given: Mapping[str, Sequence[str]], field: str) -> tuple[str, ...]:
    """The values of a field by their keys, each once."""
    known, found = _known(field), []
    for item in given.get(field, ()):
        if (value := known.get(_fold(item))) is None:
            raise ProfileError(f"«{item}» is not understood as {field}{_advice(item, field)}")
        found.append(value)
    return tuple(dict.fromkeys(found))


def _city(name: str, country: str | None) -> City:
    found = cities_named(name)
    if not found:
        by_fold = {read(city).folded: city for city in city_names()}
        near = get_close_matches(read(name).folded, by_fold, 3, 0.6)
        advice = f"did you mean {' or '.join(by_fold[city] for city in near)}? " if near else ""
        raise ProfileError(f"«{name}» is no city that is known; {advice}Give the city, not a district of it")
    meant = [city for city in found if country in {None, city.country}]
    if len(meant) != 1:
        countries = " and of ".join(str(city.country) for city in found)
        advice = f"the profile's country is {country}" if country else f"add which, such as «البلد: {found[0].country}»"
        raise ProfileError(f"«{name}» is a city of {countries}; {advice}")
    return meant[0]


def _fold(name: str) -> str:
    """A name as it is compared: letters folded, without articles and «يوم»."""
    words = [word.text.removeprefix("ال") for word in read(name).words]
    return " ".join(words[1:] if len(words) > 1 and words[0] == "يوم" else words)


@cache
def _known(field: str) -> Mapping[str, str]:
    """The values of a field by all their names, folded."""
    return {_fold(name): value for value, name in _names(field)}


def _advice(given: str, field: str) -> str:
    """What might be meant, and what there is: of each value the first name."""
    by_fold = {_fold(name): name for _, name in reversed(_names(field))}
    first = dict(reversed(_names(field)))
    near = get_close_matches(_fold(given), by_fold, 1, 0.6)
    hint = f"; did you mean «{by_fold[near[0]]}»?" if near else "."
    return f"{hint} There are: {'، '.join(first[value] for value in dict.fromkeys(_known(field).values()))}"


def _names(field: str) -> list[tuple[str, str]]:
    """Each value of a field with each of its names, the usual one first."""
    listed: list[tuple[str, str]] = []
    if field == "days":
        for day, *names in rows("weekdays.tsv"):
            listed += [(day, name) for name in (WEEKDAYS[int(day)], *", ".join(names).split(", ")) if name]
    elif field == "country":
        for iso, _, written in rows("countries.tsv"):
            listed += [(iso, name) for name in (*written.split(", "), iso)]
    else:
        for what, value, arabic, english in rows("names.tsv"):
            if f"{what}s" == field and value != "other":
                listed += [(value, name) for name in (arabic, english, value)]
        for what, value, written in rows("profile.tsv"):
            listed += [(value, name) for name in written.split(", ") if what == field]
    return listed
