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
    """Precision, recall and F1 of one label, 0 to 1, and how many posts truly have it."""

    precision: float
    recall: float
    f1: float
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
        For each field, for each value with at least 20 posts: posts, macro-F1 and accuracy.
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
    order = np.argsort(-confidence, kind="stable")
    right = given == truth
    rng = np.random.default_rng(seed)
    resampled = [macro_f1(truth[take], given[take], k) for take in rng.integers(0, len(truth), (RESAMPLES, len(truth)))]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Scorecard(
        posts=len(truth),
        macro_f1=macro_f1(truth, given, k),
        macro_f1_interval=(float(low), float(high)),
        labels={
            label: LabelScore(float(precision[i]), float(recall[i]), float(f1[i]), int(confusion[i].sum()))
            for i, label in enumerate(labels)
        },
        confusion={label: dict(zip(labels, confusion[i].tolist(), strict=True)) for i, label in enumerate(labels)},
        calibration_error=calibration_error(confidence, right),
        coverage={
            str(share): macro_f1(truth[kept], given[kept], k)
            for share in (100, 95, 90, 80)
            for kept in [order[: max(1, len(order) * share // 100)]]
        },
        certain_share=float(columns.certain.mean()),
        certain_accuracy=float(right[columns.certain].mean()) if columns.certain.any() else None,
        slices={field: _slices(truth, given, k, values) for field, values in (slices or {}).items()},
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
    bins = np.array_split(np.argsort(confidence, kind="stable"), min(_BINS, len(confidence)))
    gaps = [len(members) * abs(confidence[members].mean() - right[members].mean()) for members in bins]
    return float(sum(gaps) / len(confidence))


def _slices(truth: Places, given: Places, k: int, values: Sequence[str]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    column = np.array(values)
    for value in sorted(set(values) - {""}):
        kept = column == value
        if kept.sum() >= 20:
            found[value] = {
                "posts": int(kept.sum()),
                "macro_f1": macro_f1(truth[kept], given[kept], k),
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
        f"{'':{width}}  precision  recall     F1   posts",
    ]
    for label, score in card.labels.items():
        lines.append(f"{label:{width}}  {score.precision:9.3f}  {score.recall:6.3f}  {score.f1:5.3f}  {score.posts:6,}")
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
            lines += ["", f"by {field:{longest}}  posts  macro-F1  accuracy"]
            for value, figures in slices.items():
                macro, accuracy = figures["macro_f1"], figures["accuracy"]
                lines.append(f"   {value:{longest}} {figures['posts']:6,}  {macro:8.3f}  {accuracy:8.3f}")
    return "\n".join(lines)
