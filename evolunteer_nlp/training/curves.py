"""Curves of how far a model's probabilities can be trusted, as SVG, drawn as the plots of the corpora are."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evolunteer_nlp.corpus.plots import COLOURS, draw
from evolunteer_nlp.engine.decision import Columns
from evolunteer_nlp.training.evaluate import macro_f1, reliability, surest
from evolunteer_nlp.training.fit import Places

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHARES = range(20, 101, 2)


def draw_curves(truth: Places, columns: Mapping[str, Columns], folder: Path) -> list[Path]:
    """Draw ``calibration.svg`` and ``coverage.svg`` into a folder; the same predictions give the same bytes.

    Parameters
    ----------
    truth : ndarray of intp, shape (n_posts,)
        Places among the labels.
    columns : mapping of str to Columns
        What each engine predicted.
    folder : Path

    Raises
    ------
    MissingPackageError
        If matplotlib is not installed.
    """
    plots = {"calibration": (4.0, partial(_calibration, truth, columns))}
    return draw({**plots, "coverage": (3.0, partial(_coverage, truth, columns))}, folder)


def _calibration(truth: Places, columns: Mapping[str, Columns], axes: "Axes") -> None:
    axes.plot([0, 1], [0, 1], color="#999999", linestyle=":", label="calibrated")
    for (engine, found), colour in zip(columns.items(), COLOURS, strict=False):
        bins = reliability(found.probabilities.max(axis=1), found.labels == truth)
        axes.plot(*zip(*(bin[1:] for bin in bins), strict=True), color=colour, marker=".", label=engine)
    axes.set_xlabel("probability of the label given")
    axes.set_ylabel("share that is right")


def _coverage(truth: Places, columns: Mapping[str, Columns], axes: "Axes") -> None:
    for (engine, found), colour in zip(columns.items(), COLOURS, strict=False):
        kept = [surest(found.probabilities.max(axis=1), share) for share in _SHARES]
        k = found.probabilities.shape[1]
        scores = [100 * macro_f1(truth[posts], found.labels[posts], k) for posts in kept]
        axes.plot(np.array(_SHARES), scores, color=colour, label=engine)
    axes.set_xlabel("per cent of posts that are labelled, the surest first")
    axes.set_ylabel("macro-F1")
