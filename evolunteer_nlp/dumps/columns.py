"""The columns that labelling adds to a table."""

from collections.abc import Sequence

COLUMNS = ("label", "probability", "also", "certain")


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
