"""The columns that labelling adds to a table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from evolunteer_nlp.model import Model

_ROWS_AT_ONCE = 8192


class Added(NamedTuple):
    """The added columns of many posts.

    Attributes
    ----------
    label : ndarray of object, shape (n_posts,)
        Strings.
    probability : ndarray of float64, shape (n_posts,)
    also : ndarray of object, shape (n_posts,)
        Strings, None where there is no second label.
    certain : ndarray of bool, shape (n_posts,)
    """

    label: "npt.NDArray[np.object_]"
    probability: "npt.NDArray[np.float64]"
    also: "npt.NDArray[np.object_]"
    certain: "npt.NDArray[np.bool_]"


COLUMNS = Added._fields


def label_some(
    texts: Sequence[str], model: "Model", threshold: Mapping[str, float] | None, prefer: str | None
) -> tuple[Added, "npt.NDArray[np.float64]"]:
    """The added columns of some thousand posts, and all probabilities, shape (n_posts, n_labels); see `label_texts`."""
    import numpy as np

    found = model.columns(texts, threshold=threshold, prefer=prefer)
    names = np.array([*model.labels, None], dtype=object)  # also is -1 where there is none
    probability = found.probabilities[np.arange(len(texts)), found.labels]
    return Added(names[found.labels], probability, names[found.also], found.certain), found.probabilities


def label_texts(
    texts: Sequence[str], model: "Model", threshold: Mapping[str, float] | None, prefer: str | None
) -> Added:
    """The added columns of posts, some thousands at a time; ``threshold`` and ``prefer`` as for `classify`."""
    import numpy as np

    starts = range(0, max(1, len(texts)), _ROWS_AT_ONCE)
    parts = [label_some(texts[at : at + _ROWS_AT_ONCE], model, threshold, prefer)[0] for at in starts]
    return Added(*map(np.concatenate, zip(*parts, strict=True)))


def check_column(columns: Sequence[object], column: str) -> None:
    """Find the column of posts.

    Raises
    ------
    KeyError
        If there is no such column; the message lists those there are.
    ValueError
        If several columns have this name.
    """
    if column not in columns:
        raise KeyError(f"no column {column!r}; the columns are: {', '.join(map(str, columns))}")
    if list(columns).count(column) > 1:
        raise ValueError(f"several columns are named {column!r}; rename all but one")


def added_columns(labels: Sequence[str], probabilities: bool, prefix: str) -> list[str]:
    """The names of all columns that labelling adds, one more a label if ``probabilities``."""
    extra = [f"probability_{label}" for label in labels] if probabilities else []
    return [prefix + name for name in (*COLUMNS, *extra)]


def kept_names(columns: Sequence[str], added: Sequence[str]) -> dict[str, str]:
    """New names for columns that bear the name of an added one: ``NAME_input``, or ``NAME_input_2`` and so on.

    >>> kept_names(["id", "text", "label"], ["label", "also"])
    {'label': 'label_input'}
    """
    renamed = {}
    taken = {*columns, *added}
    for name in columns:
        if name in added:
            new, n = f"{name}_input", 2
            while new in taken:
                new, n = f"{name}_input_{n}", n + 1
            taken.add(new)
            renamed[name] = new
    return renamed
