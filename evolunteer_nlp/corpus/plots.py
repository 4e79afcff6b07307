"""Plots as SVG, those of the authored corpora first; they need matplotlib (``pip install 'evolunteer_nlp[plots]'``)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evolunteer_nlp.corpus.keys import CAUSES, DIALECTS
from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.errors import MissingPackageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#999999")
"""Okabe and Ito's, which colour-blind readers tell apart (https://jfly.uni-koeln.de/color/); the last for no ask."""
_MOST_WORDS = 100


def draw_corpora(posts: Sequence[LabelledPost], labels: Sequence[str], folder: Path) -> list[Path]:
    """Draw ``dialects.svg``, ``causes.svg`` and ``lengths.svg`` into a folder; the same posts give the same bytes.

    Raises
    ------
    MissingPackageError
        If matplotlib is not installed.
    """
    plots = {"dialects": (3.2, _dialects), "causes": (10.5, _causes), "lengths": (3.0, _lengths)}
    return draw({name: (inches, partial(plot, posts, labels)) for name, (inches, plot) in plots.items()}, folder)


def draw(plots: Mapping[str, tuple[float, Callable[["Axes"], None]]], folder: Path) -> list[Path]:
    """Write plots to ``NAME.svg`` in a folder, seven inches wide; the same plots give the same bytes.

    Parameters
    ----------
    plots : mapping of str to tuple
        By name, the height in inches and what draws on the axes.
    folder : Path

    Raises
    ------
    MissingPackageError
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackageError("plots need matplotlib; pip install 'evolunteer_nlp[plots]'") from error
    files = []
    with mpl.rc_context({"svg.hashsalt": "evolunteer", "svg.fonttype": "none", "font.size": 9}):
        for name, (height, plot) in plots.items():
            figure = Figure(figsize=(7, height), layout="constrained")
            axes = figure.subplots()
            plot(axes)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False)
            files.append(folder / f"{name}.svg")
            figure.savefig(files[-1], metadata={"Date": None})
    return files


def _dialects(posts: Sequence[LabelledPost], labels: Sequence[str], axes: "Axes") -> None:
    _bars(axes, [post.dialect for post in posts], posts, labels, list(DIALECTS))
    axes.set_yticks(range(len(DIALECTS)), DIALECTS.values())


def _causes(posts: Sequence[LabelledPost], labels: Sequence[str], axes: "Axes") -> None:
    counts = Counter(post.cause for post in posts)
    _bars(axes, [post.cause for post in posts], posts, labels, sorted(CAUSES, key=lambda cause: -counts[cause]))


def _bars(
    axes: "Axes", values: Sequence[str], posts: Sequence[LabelledPost], labels: Sequence[str], order: Sequence[str]
) -> None:
    counts = Counter(zip(values, (post.label for post in posts), strict=True))
    left = np.zeros(len(order))
    for label, colour in zip(labels, COLOURS, strict=True):
        width = np.array([counts[value, label] for value in order])
        axes.barh(order, width, left=left, color=colour, label=label)
        left += width
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlabel("posts")


def _lengths(posts: Sequence[LabelledPost], labels: Sequence[str], axes: "Axes") -> None:
    for label, colour in zip(labels, COLOURS, strict=True):
        words = np.sort([len(post.text.split()) for post in posts if post.label == label])
        axes.plot(words, np.arange(1, len(words) + 1) / len(words), color=colour, label=label)
    axes.set_xlim(0, _MOST_WORDS)
    axes.set_xlabel("words")
    axes.set_ylabel("share of posts that are no longer")
