"""Labelling the posts of a data frame, of pandas or of polars."""

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from evolunteer_nlp.model import Model, resolve_model

if TYPE_CHECKING:
    import os

    import pandas as pd
    import polars as pl

Frame = TypeVar("Frame", "pd.DataFrame", "pl.DataFrame")


def label_frame(
    df: Frame,
    column: str = "text",
    *,
    model: "Model | str | os.PathLike[str] | None" = None,
    engine: str | None = None,
    threshold: Mapping[str, float] | None = None,
    prefer: str | None = None,
) -> Frame:
    """Return a copy of a frame with the columns ``label``, ``probability``, ``also`` and ``certain``.

    Parameters
    ----------
    df : pandas.DataFrame or polars.DataFrame
        Its own columns of these names, if any, are kept as ``NAME_input``.
    column : str
        The column of posts. Missing values are labelled like empty posts.
    model, engine, threshold, prefer
        As for `evolunteer_nlp.classify`.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        As it was given; same order, same index. ``label`` and ``also`` are strings (``also`` missing where there is
        none), ``probability`` float64, ``certain`` bool; of polars String, Float64 and Boolean.

    Raises
    ------
    KeyError
        If there is no such column; the message lists those there are.
    ValueError
        If several columns have this name.
    TypeError
        If a value is neither a string nor missing (the message gives its index, of polars the row, counted from 0), or
        ``df`` is something else, such as a LazyFrame.
    """
    from evolunteer_nlp.dumps.columns import COLUMNS, check_column, kept_names, label_texts

    frame: Any = df
    in_polars = _is_polars(frame)
    check_column(list(frame.columns), column)
    values = frame[column].to_list() if in_polars else frame[column].astype(object).where(frame[column].notna(), "")
    texts = _texts(values, range(len(frame)) if in_polars else frame.index, column)
    found = label_texts(texts, resolve_model(model, engine), threshold, prefer)
    renamed = kept_names(list(frame.columns), COLUMNS)
    if in_polars:
        import polars as pl

        kinds = (pl.String, pl.Float64, pl.String, pl.Boolean)
        added = [pl.Series(name, new.tolist(), kind) for name, new, kind in zip(COLUMNS, found, kinds, strict=True)]
        labelled: Any = frame.rename(renamed).with_columns(added)
    else:
        import pandas as pd

        labelled = frame.rename(columns=renamed)
        for name, new, kind in zip(COLUMNS, found, ("str", "float64", "str", "bool"), strict=True):
            labelled[name] = pd.Series(new, index=frame.index, dtype=kind)
    return labelled  # type: ignore[no-any-return]  # of the kind that was given


def _is_polars(df: object) -> bool:
    """Whether a frame is one of polars, or else of pandas."""
    polars: Any = sys.modules.get("polars")  # whoever has such a frame has imported it
    if polars and isinstance(df, polars.DataFrame):
        return True
    if polars and isinstance(df, polars.LazyFrame):
        raise TypeError("label_frame takes frames that are read; call .collect() on the LazyFrame first")
    import pandas as pd

    if not isinstance(df, pd.DataFrame):
        raise TypeError(
            f"label_frame takes a DataFrame of pandas or polars, not {type(df).__module__}.{type(df).__name__}; "
            "for Spark there is evolunteer_nlp.dumps.spark.label_column"
        )
    return False


def _texts(values: Iterable[object], places: Iterable[object], column: str) -> list[str]:
    texts = []
    for place, value in zip(places, values, strict=True):
        if not isinstance(value, str | None):
            raise TypeError(f"the value at index {place!r} of column {column!r} is {type(value).__name__}, not str")
        texts.append(value or "")
    return texts
