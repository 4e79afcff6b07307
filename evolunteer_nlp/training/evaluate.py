"""How good labels are: a scorecard with intervals, for people and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evolunteer_nlp.corpus.posts import LabelledPost, places
from evolunteer_nlp.engine.decision import Columns
from evolunteer_nlp.model import Model

RESAMPLES = 1000
_BINS = 15

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class LabelScore:
    """Precision, recall and F1 of one label, 0 to 1, F1's 95 % interval, and how many posts truly have it."""

    precision: float
    recall: float
    f1: float
    f1_interval: tuple[float, float]
    posts: int


@dataclass(frozen=True)
class Scorecard:
    """Scores of predictions against the truth.

    Attributes
    ----------
    posts : int
    macro_f1 : float
        The mean F1 of all labels that occur.
    macro_f1_interval : tuple of float
        95 %, from a bootstrap over posts.
    labels : dict of str to LabelScore
    confusion : dict of dict of int
        ``confusion[truth][given]``.
    calibration_error : float
        Mean distance of confidence and accuracy over 15 bins of equal mass.
    coverage : dict of str to float
        Macro-F1 on the surest 100, 95, 90 and 80 % of posts.
    certain_share : float
        How many posts are called certain.
    certain_accuracy : float or None
        How many of these are right.
    slices : dict of dict
        For each field, for each value with at least 20 posts: posts, macro-F1, the ends of its 95 % interval
        (``macro_f1_low``, ``macro_f1_high``) and accuracy.
    """

    posts: int
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    labels: dict[str, LabelScore]
    confusion: dict[str, dict[str, int]]
    calibration_error: float
    coverage: dict[str, float]
    certain_share: float
    certain_accuracy: float | None
    slices: dict[str, dict[str, dict[str, float]]]

    def to_dict(self) -> dict[str, Any]:
        """The scorecard as plain values, for JSON."""
        return asdict(self)


def evaluate(model: Model, posts: Sequence[LabelledPost]) -> Scorecard:
    """Measure a model on labelled posts, in all and by dialect, platform and origin.

    Raises
    ------
    CorpusError
        If a post has a label that the model does not know.
    """
    truth, _ = places(posts, model.labels)
    slices = {
        "dialect": [post.dialect for post in posts],
        "platform": [post.platform for post in posts],
        "origin": [post.source or post.batch for post in posts],
    }
    return scorecard(truth, model.columns([post.text for post in posts]), model.labels, slices)


def scorecard(
    truth: Places,
    columns: Columns,
    labels: Sequence[str],
    slices: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
) -> Scorecard:
    """Compare predictions with the truth.

    Parameters
    ----------
    truth : ndarray of intp, shape (n_posts,)
        Places among ``labels``.
    columns : Columns
        What was predicted.
    labels : sequence of str
    slices : mapping of str to sequence of str, optional
        Fields to break scores down by, a value a post; empty values are left out.
    seed : int
        Of the bootstrap.
    """
    given, k = columns.labels, len(labels)
    confusion = _confusion(truth, given, k)
    precision, recall, f1 = label_scores(confusion)
    confidence = columns.probabilities[np.arange(len(truth)), given]
    right = given == truth
    macro_interval, intervals = f1_intervals(truth, given, k, seed)
    return Scorecard(
        posts=len(truth),
        macro_f1=macro_f1(truth, given, k),
        macro_f1_interval=macro_interval,
        labels={
            label: LabelScore(
                float(precision[i]), float(recall[i]), float(f1[i]), intervals[i], int(confusion[i].sum())
            )
            for i, label in enumerate(labels)
        },
        confusion={label: dict(zip(labels, confusion[i].tolist(), strict=True)) for i, label in enumerate(labels)},
        calibration_error=calibration_error(confidence, right),
        coverage={
            str(share): macro_f1(truth[kept], given[kept], k)
            for share in (100, 95, 90, 80)
            for kept in [surest(confidence, share)]
        },
        certain_share=float(columns.certain.mean()),
        certain_accuracy=float(right[columns.certain].mean()) if columns.certain.any() else None,
        slices={field: _slices(truth, given, k, values, seed) for field, values in (slices or {}).items()},
    )


def _confusion(truth: Places, given: Places, k: int) -> npt.NDArray[np.intp]:
    return np.bincount(truth * k + given, minlength=k * k).reshape(k, k)


def label_scores(confusion: npt.NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of each label, 0 where undefined."""
    hits = np.diag(confusion).astype(float)
    given, true = confusion.sum(axis=0), confusion.sum(axis=1)
    precision = np.divide(hits, given, out=np.zeros_like(hits), where=given > 0)
    recall = np.divide(hits, true, out=np.zeros_like(hits), where=true > 0)
    total = given + true
    return precision, recall, np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)


def macro_f1(truth: Places, given: Places, k: int, among: Sequence[int] | None = None) -> float:
    """The mean F1 of the labels that occur in the truth, or of those at the places ``among``."""
    confusion = _confusion(truth, given, k)
    f1 = label_scores(confusion)[2]
    places = np.flatnonzero(confusion.sum(axis=1)) if among is None else np.array(among)
    return float(f1[places].mean())


Interval = tuple[float, float]


def f1_intervals(truth: Places, given: Places, k: int, seed: int = 0) -> tuple[Interval, list[Interval]]:
    """95 % intervals of macro-F1 and of each label's F1, from a bootstrap over posts.

    Posts drawn with replacement fall into the cells of the confusion matrix by a multinomial distribution, so the cells
    are drawn: the same, and a hundred times faster.
    """
    cells = _confusion(truth, given, k).ravel()
    drawn = np.random.default_rng(seed).multinomial(len(truth), cells / len(truth), RESAMPLES).reshape(-1, k, k)
    hits, true = np.diagonal(drawn, axis1=1, axis2=2), drawn.sum(axis=2)
    total = true + drawn.sum(axis=1)
    f1 = np.divide(2 * hits, total, out=np.zeros(total.shape), where=total > 0)
    occurs = true > 0
    macro = (f1 * occurs).sum(axis=1) / occurs.sum(axis=1)
    low, high = np.quantile(np.column_stack([macro, f1]), [0.025, 0.975], axis=0).tolist()
    whole, *labels = zip(low, high, strict=True)
    return whole, labels


def paired_difference(
    truth: Places, one: Places, other: Places, k: int, among: Sequence[int] | None = None, seed: int = 0
) -> tuple[float, float, float]:
    """How much better ``one`` is than ``other``, in macro-F1, with its 95 % interval from a paired bootstrap."""
    rng = np.random.default_rng(seed)
    differences = [
        macro_f1(truth[take], one[take], k, among) - macro_f1(truth[take], other[take], k, among)
        for take in rng.integers(0, len(truth), (RESAMPLES, len(truth)))
    ]
    low, high = np.quantile(differences, [0.025, 0.975])
    return macro_f1(truth, one, k, among) - macro_f1(truth, other, k, among), float(low), float(high)


def calibration_error(confidence: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over 15 bins of equal mass (Nixon et al. 2019, https://arxiv.org/abs/1904.01685)."""
    gaps = [count * abs(mean - accuracy) for count, mean, accuracy in reliability(confidence, right)]
    return float(sum(gaps) / len(confidence))


def reliability(confidence: Floats, right: npt.NDArray[np.bool_]) -> list[tuple[int, float, float]]:
    """15 bins of equal mass, the least sure first: how many posts, their mean confidence, the share that is right."""
    bins = np.array_split(np.argsort(confidence, kind="stable"), min(_BINS, len(confidence)))
    return [(len(members), float(confidence[members].mean()), float(right[members].mean())) for members in bins]


def surest(confidence: Floats, share: int) -> Places:
    """The places of so many per cent of posts, the surest; at least one."""
    order = np.argsort(-confidence, kind="stable")
    return order[: max(1, len(order) * share // 100)]


def _slices(truth: Places, given: Places, k: int, values: Sequence[str], seed: int) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    column = np.array(values)
    for value in sorted(set(values) - {""}):
        kept = column == value
        if kept.sum() >= 20:
            low, high = f1_intervals(truth[kept], given[kept], k, seed)[0]
            found[value] = {
                "posts": int(kept.sum()),
                "macro_f1": macro_f1(truth[kept], given[kept], k),
                "macro_f1_low": low,
                "macro_f1_high": high,
                "accuracy": float((truth[kept] == given[kept]).mean()),
            }
    return found


def to_text(card: Scorecard) -> str:
    """A scorecard as text tables."""
    low, high = card.macro_f1_interval
    width = max(11, *map(len, card.labels))
    lines = [
        f"{card.posts:,} posts, macro-F1 {card.macro_f1:.3f} (95 % {low:.3f}–{high:.3f})",
        "",
        f"{'':{width}}  precision  recall     F1         95 %   posts",
    ]
    for label, score in card.labels.items():
        low, high = score.f1_interval
        figures = (
            f"{score.precision:9.3f}  {score.recall:6.3f}  {score.f1:5.3f}  {low:.3f}–{high:.3f}  {score.posts:6,}"
        )
        lines.append(f"{label:{width}}  {figures}")
    lines += ["", f"{'true, given':{width}}" + "".join(f"  {label:>{width}}" for label in card.labels)]
    for label, row in card.confusion.items():
        lines.append(f"{label:{width}}" + "".join(f"  {count:{width},}" for count in row.values()))
    surest = ", ".join(f"{share} % {value:.3f}" for share, value in card.coverage.items())
    lines += [
        "",
        f"calibration error {card.calibration_error:.3f}",
        f"macro-F1 on the surest: {surest}",
        f"certain: {100 * card.certain_share:.0f} % of posts"
        + ("" if card.certain_accuracy is None else f", {100 * card.certain_accuracy:.1f} % of them right"),
    ]
    for field, slices in card.slices.items():
        if slices:
            longest = max(map(len, slices))
            lines += ["", f"by {field:{longest}}  posts  macro-F1         95 %  accuracy"]
            for value, found in slices.items():
                interval = f"{found['macro_f1_low']:.3f}–{found['macro_f1_high']:.3f}"
                scores = f"{found['macro_f1']:8.3f}  {interval}  {found['accuracy']:8.3f}"
                lines.append(f"   {value:{longest}} {found['posts']:6,}  {scores}")
    return "\n".join(lines)
