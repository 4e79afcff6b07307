"""Labelling the posts of a data frame."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evolunteer_nlp.model import Model, resolve_model

if TYPE_CHECKING:
    import os

    import pandas as pd

_ROWS_AT_ONCE = 8192


def label_frame(
    df: "pd.DataFrame",
    column: str = "text",
    *,
    model: "Model | str | os.PathLike[str] | None" = None,
    engine: str | None = None,
    threshold: Mapping[str, float] | None = None,
    prefer: str | None = None,
) -> "pd.DataFrame":
    """Return a copy of a frame with the columns ``label``, ``probability``, ``also`` and ``certain``.

    Parameters
    ----------
    df : pandas.DataFrame
        Its own columns of these names, if any, are kept as ``NAME_input``.
    column : str
        The column of posts. Missing values are labelled like empty posts.
    model, engine, threshold, prefer
        As for `evolunteer_nlp.classify`.

    Returns
    -------
    pandas.DataFrame
        Same index and order. ``label`` and ``also`` are strings (``also`` missing where there is none), ``probability``
        float64, ``certain`` bool.

    Raises
    ------
    KeyError
        If there is no such column; the message lists those there are.
    ValueError
        If several columns have this name.
    TypeError
        If a value is neither a string nor missing; the message gives its index.
    """
    import numpy as np
    import pandas as pd

    from evolunteer_nlp.dumps.columns import COLUMNS, kept_names

    if column not in df.columns:
        raise KeyError(f"no column {column!r}; the columns are: {', '.join(map(str, df.columns))}")
    if list(df.columns).count(column) > 1:
        raise ValueError(f"several columns are named {column!r}; rename all but one")
    texts = df[column].astype(object).where(df[column].notna(), "").tolist()
    for index, text in zip(df.index, texts, strict=True):
        if not isinstance(text, str):
            raise TypeError(f"the value at index {index!r} of column {column!r} is {type(text).__name__}, not str")
    model = resolve_model(model, engine)
    parts = [
        model.columns(texts[at : at + _ROWS_AT_ONCE], threshold=threshold, prefer=prefer)
        for at in range(0, max(1, len(texts)), _ROWS_AT_ONCE)
    ]
    labels = np.concatenate([part.labels for part in parts])
    also = np.concatenate([part.also for part in parts])
    probabilities = np.concatenate([part.probabilities for part in parts])
    names = np.array([*model.labels, None], dtype=object)
    labelled = df.rename(columns=kept_names(list(df.columns), COLUMNS))
    labelled["label"] = pd.Series(names[labels], index=df.index, dtype="str")
    labelled["probability"] = probabilities[np.arange(len(labels)), labels]
    labelled["also"] = pd.Series(names[also], index=df.index, dtype="str")
    labelled["certain"] = np.concatenate([part.certain for part in parts])
    return labelled
