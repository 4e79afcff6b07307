"""What annotators call labels: keys, Arabic names, and short names that can mean one label only."""

from collections.abc import Mapping, Sequence

from evolunteer_nlp.labels import arabic_name
from evolunteer_nlp.text.cleaning import clean

SHORT_NAMES = {
    "volunteer_call": ("تطوع", "دعوة للتطوع", "نداء تطوع", "volunteer", "volunteering"),
    "donation_drive": ("تبرع", "تبرعات", "حملة تبرعات", "جمع تبرعات", "donation", "donations", "donate"),
    "awareness_campaign": ("توعية", "توعوي", "حملة توعوية", "awareness"),
    "unrelated": ("غير متعلق", "غير مرتبط", "لا علاقة", "ليس ذا صلة", "not related", "irrelevant"),
}
"""Numbers are not here: some tools count from 0 and some from 1."""


def names_of_labels(labels: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Which label each name, as `folded` gives it, stands for.

    Parameters
    ----------
    labels : sequence of str
        The labels there are.
    given : mapping of str to str, optional
        Further names and what they stand for, by any known name; these win.

    Raises
    ------
    ValueError
        If a given name stands for none of the labels.

    Examples
    --------
    >>> names = names_of_labels(["volunteer_call", "unrelated"], {"1": "volunteer_call"})
    >>> [names[folded(name)] for name in ("Volunteer-Call", "دعوة تطوّع", "تطوع", "1", "غير ذي صلة")]
    ['volunteer_call', 'volunteer_call', 'volunteer_call', 'volunteer_call', 'unrelated']
    """
    names = {folded(name): label for label in labels for name in SHORT_NAMES.get(label, ())}
    names |= {folded(arabic_name(label)): label for label in labels}
    names |= {folded(label): label for label in labels}
    for name, label in (given or {}).items():
        if folded(label) not in names:
            raise ValueError(f"{name}={label}: {label!r} is no label; known are {', '.join(labels)}")
    return names | {folded(name): names[folded(label)] for name, label in (given or {}).items()}


def folded(name: str) -> str:
    """A name without what people type in several ways: case, letters' variants, marks, underscores."""
    return clean(name) or name.strip()
