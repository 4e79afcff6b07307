"""What the values of details are called by people.

>>> arabic("cause", "orphans"), english("criterion", "support")
('الأيتام', 'ongoing support')
"""

from functools import cache

from evolunteer_nlp.initiatives.lexicon import rows


@cache
def _names() -> dict[tuple[str, str], tuple[str, str]]:
    return {(field, value): (arabic, english) for field, value, arabic, english in rows("names.tsv")}


def values(field: str) -> tuple[str, ...]:
    """The values of a field of ``data/names.tsv``, such as cause or mode."""
    return tuple(value for named, value in _names() if named == field)


def arabic(field: str, value: str) -> str:
    """The Arabic name of a value, or the value itself where it has none."""
    return _names().get((field, value), (value, value))[0]


def english(field: str, value: str) -> str:
    """The English name of a value, or the value itself where it has none."""
    return _names().get((field, value), (value, value))[1]
