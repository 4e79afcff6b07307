"""How well details are read: precision, recall and F1 of each field on annotated posts.

An annotated post is a mapping with ``text``, ``label``, ``country``, ``posted_at`` and ``details`` as in
``corpora/details/*.jsonl``. A field is the set of its values in a post (of a date its first day, of a place its name
with letters folded); sets are counted over all posts. Where the annotation says "unknown" there is no value: so a
mode that is read where none is shown costs precision.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from evolunteer_nlp.initiatives.details import Details, extract
from evolunteer_nlp.initiatives.post import read

Row = Mapping[str, Any]


class Score(NamedTuple):
    """Counts of one field: values read rightly, read wrongly, and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of values read that are right; 1 where none was read."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of annotated values that were read; 1 where there are none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 1 where there is nothing to read and nothing was read."""
        total = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / total if total else 1.0

    @property
    def rates(self) -> tuple[float, float, float]:
        """Precision, recall and F1."""
        return self.precision, self.recall, self.f1


def _folded(values: Iterable[str | None]) -> set[object]:
    return {"".join(read(value).folded.split()) for value in values if value}


def _known(value: str | None) -> set[object]:
    return set() if value in {None, "unknown"} else {value}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _values(field: str) -> Callable[[Details], set[object]]:
    return lambda details: {found.value for found in getattr(details, field)}


def _same(field: str) -> Callable[[Row], set[object]]:
    return lambda gold: set(gold[field])


FIELDS: Mapping[str, tuple[Callable[[Row], set[object]], Callable[[Details], set[object]]]] = {
    **{
        field: (_same(field), _values(field))
        for field in ("phones", "links", "emails", "accounts", "codes", "blood_types", "kinds", "audience")
    },
    "ibans": (
        lambda gold: {(iban["iban"], iban["valid"]) for iban in gold["ibans"]},
        lambda details: {tuple(found.value) for found in details.ibans},
    ),
    "amounts": (
        lambda gold: {(float(amount["value"]), amount["currency"]) for amount in gold["amounts"]},
        lambda details: {(float(found.value.value), found.value.currency) for found in details.amounts},
    ),
    "dates": (
        lambda gold: {when["start"][:10] for when in gold["dates"]},
        lambda details: {found.value.start[:10] for found in details.dates},
    ),
    "dates, time and role": (
        lambda gold: {(when["start"], when["end"], when["role"]) for when in gold["dates"]},
        lambda details: {tuple(found.value) for found in details.dates},
    ),
    "city": (
        lambda gold: _folded(_list(gold["city"])),
        lambda details: _folded(found.value.name for found in details.cities),
    ),
    "district": (
        lambda gold: _folded(_list(gold["district"])),
        lambda details: _folded(found.value for found in details.districts),
    ),
    "causes": (
        lambda gold: set(gold["causes"]),
        lambda details: {found.value for found in details.causes} or {"other"},
    ),
    "mode": (lambda gold: _known(gold["mode"]), lambda details: {details.mode.value} if details.mode else set()),
    "organiser type": (
        lambda gold: _known(gold["organiser"]["type"]),
        lambda details: {details.organiser.value.type} if details.organiser else set(),
    ),
    "organiser name": (
        lambda gold: _folded([gold["organiser"]["name"]]),
        lambda details: _folded([details.organiser.value.name]) if details.organiser else set(),
    ),
    "volunteers_wanted": (
        lambda gold: set(_list(gold["volunteers_wanted"])),
        lambda details: {details.volunteers_wanted.value} if details.volunteers_wanted else set(),
    ),
    "goods": (lambda gold: _folded(gold["goods"]), lambda details: _folded(found.value for found in details.goods)),
    "skills": (lambda gold: _folded(gold["skills"]), lambda details: _folded(found.value for found in details.skills)),
    "urgent": (
        lambda gold: {"urgent"} if gold["urgent"] else set(),
        lambda details: {"urgent"} if details.urgent else set(),
    ),
    "status": (lambda gold: _known(gold["status"]), lambda details: _known(details.status.value)),
}
"""For each field, the values of an annotation and those that were read."""


def measure(rows: Iterable[Row], labels: bool = True) -> dict[str, Score]:
    """Score every field over annotated posts.

    Parameters
    ----------
    rows : iterable of mapping
    labels : bool
        Whether the annotated label is given to `extract`, as it is to posts of a labelled dump.

    Returns
    -------
    dict of str to Score
        In the order of `FIELDS`.
    """
    counts = {field: [0, 0, 0] for field in FIELDS}
    for row in rows:
        details = extract(row["text"], row["posted_at"], row["country"], label=row["label"] if labels else None)
        for field, (gold, read_out) in FIELDS.items():
            wanted, got = gold(row["details"]), read_out(details)
            for place, values in enumerate((wanted & got, got - wanted, wanted - got)):
                counts[field][place] += len(values)
    return {field: Score(*numbers) for field, numbers in counts.items()}
