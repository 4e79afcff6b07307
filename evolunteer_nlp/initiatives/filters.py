"""What a page's cards can be chosen by: the values of each filter, with how many cards have them."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from evolunteer_nlp.initiatives.cards import Card
from evolunteer_nlp.initiatives.names import arabic
from evolunteer_nlp.initiatives.trust import describe
from evolunteer_nlp.labels import arabic_name

ORDER = {"status": ("open", "unknown", "closed"), "mode": ("online", "on_site", "unknown")}
_NOTHING_AGAINST = "لا شيء مما فُحص يستدعي السؤال"


class Choice(NamedTuple):
    """A value of a filter: what links call it, its place among all choices, its Arabic name, how many cards."""

    value: str
    number: int
    name: str
    cards: int


class Filter(NamedTuple):
    """A filter and its choices, the most frequent first."""

    key: str
    name: str
    choices: tuple[Choice, ...]


_NAMES = {
    "status": "الحال",
    "label": "نوع الدعوة",
    "cause": "المجال",
    "city": "المدينة",
    "mode": "طريقة المشاركة",
    "cue": "إشارات التحقق",
}


def filters(cards: Sequence[Card]) -> dict[str, Filter]:
    """The filters of a page by their keys; choices are numbered across all of them."""
    found: dict[str, Filter] = {}
    number = 0
    for key, name in _NAMES.items():
        counts = Counter(value for card in cards for value in card.facets[key])
        values = (
            [value for value in ORDER[key] if counts[value]] if key in ORDER else [v for v, _ in counts.most_common()]
        )
        if key == "cue" and "nothing_against" in values:
            values.insert(0, values.pop(values.index("nothing_against")))
        choices = [Choice(value, number + at, _name(key, value), counts[value]) for at, value in enumerate(values)]
        found[key] = Filter(key, name, tuple(choices))
        number += len(choices)
    return found


def _name(key: str, value: str) -> str:
    if key == "label":
        return arabic_name(value)
    if key == "city":
        return value or "بلا مدينة مذكورة"
    if key == "cue":  # what to check about it is said on the cards
        return _NOTHING_AGAINST if value == "nothing_against" else describe(value)[0].split("؛")[0]
    return arabic(key, value)


def numbers(cards: Sequence[Card], of: dict[str, Filter]) -> list[str]:
    """For each card the numbers of its choices, separated by spaces."""
    known = {(key, choice.value): str(choice.number) for key, filter in of.items() for choice in filter.choices}
    return [
        " ".join(known[key, value] for key, values in card.facets.items() for value in dict.fromkeys(values))
        for card in cards
    ]
