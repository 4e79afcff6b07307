"""From out-of-fold scores to probabilities and thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

from evolunteer_nlp.engine.decision import Decision
from evolunteer_nlp.training.fit import Examples, Floats, Places, Progress, Settings, out_of_fold_scores

CERTAIN_PRECISION = 0.95
RECALL_WANTED = 0.9
_NEVER = 2.0
_ENOUGH = 20
"""Fewer posts than this prove no precision."""


def cross_validate(
    given: Examples, settings: Settings, jobs: int | None = 1, progress: Progress = lambda message: None
) -> tuple[Floats, Decision]:
    """Out-of-fold scores of examples by words, and the decision that is calibrated on them at the stated prior."""
    scores = out_of_fold_scores(given, settings, jobs, progress)
    return scores, decide(given, scores, settings)


def decide(given: Examples, scores: Floats, settings: Settings) -> Decision:
    """The decision that is calibrated on examples at the stated prior; those whose row is NaN are left out."""
    kept = ~np.isnan(scores[:, 0])
    prior = stated_prior(given.labels, given.background, settings.background_prior)
    return calibrate(scores[kept], given.truth[kept], given.also[kept], given.labels, given.background, prior)


def read_threshold(given: Examples, found: Floats, recall: float) -> float:
    """From which probability of any ask, by words, a post must be read for this share of all asks to be read.

    Parameters
    ----------
    found : ndarray of float64, shape (n_posts, n_labels)
        Out-of-fold probabilities by words.
    """
    if given.background is None:
        return 0.0
    background = given.labels.index(given.background)
    return float(np.quantile(1 - found[given.truth != background, background], 1 - recall))


def calibrate(
    scores: Floats,
    truth: Places,
    also: Places,
    labels: Sequence[str],
    background: str | None,
    prior: Mapping[str, float],
) -> Decision:
    """Fit a `Decision` on posts that the scores were not trained on.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_posts, n_labels)
        Out-of-fold scores.
    truth, also : ndarray of intp, shape (n_posts,)
        Places of each post's labels; ``also`` is -1 where there is none.
    labels, background, prior
        As in `Decision`.

    Notes
    -----
    One scale and one shift a label minimise log loss (Platt 1999, for several classes; one scale keeps their order per
    label as learned), each label's posts weighing as much as its share in the prior.
    """
    shares = np.array([prior[label] for label in labels])
    shares = shares / shares.sum()
    weights = (shares / np.bincount(truth, minlength=len(labels)))[truth]

    def loss(parameters: Floats) -> float:
        logits = parameters[0] * scores + parameters[1:]
        return float(-(weights * log_softmax(logits, axis=1)[np.arange(len(truth)), truth]).sum())

    fitted = minimize(loss, np.concatenate([[1.0], np.log(shares)]), method="L-BFGS-B").x
    decision = replace(
        uncalibrated(labels, background, prior),
        scale=float(fitted[0]),
        shift=tuple((fitted[1:] - fitted[1:].mean()).tolist()),
    )
    columns = decision.predict_many(scores)
    asks = [label != background for label in labels]
    also_from = _also_threshold(columns.probabilities, columns.labels, truth, also, np.array(asks))
    return replace(
        decision,
        also_from=tuple(also_from if ask else _NEVER for ask in asks),
        certain_from=tuple(
            _certain_threshold(columns.probabilities[:, i], columns.labels == i, truth == i, weights)
            for i in range(len(labels))
        ),
        recall_from=tuple(
            float(np.quantile(columns.probabilities[truth == i, i], 1 - RECALL_WANTED)) if ask else _NEVER
            for i, ask in enumerate(asks)
        ),
    )


def uncalibrated(labels: Sequence[str], background: str | None, prior: Mapping[str, float]) -> Decision:
    """The decision that takes scores for log-probabilities, and is never certain."""
    total = sum(prior[label] for label in labels)
    never = (_NEVER,) * len(labels)
    return Decision(
        labels=tuple(labels),
        background=background,
        prior=tuple(prior[label] / total for label in labels),
        scale=1.0,
        shift=(0.0,) * len(labels),
        also_from=never,
        certain_from=never,
        recall_from=never,
    )


def stated_prior(labels: Sequence[str], background: str | None, share: float) -> dict[str, float]:
    """The background's share as given, the rest in equal parts; all equal where there is no background."""
    if background is None:
        return {label: 1 / len(labels) for label in labels}
    return {label: share if label == background else (1 - share) / (len(labels) - 1) for label in labels}


def _certain_threshold(
    probability: Floats, given: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_], weights: Floats
) -> float:
    """The lowest probability from which a label that is given is right often enough, on at least `_ENOUGH` posts."""
    order = np.flatnonzero(given)[np.argsort(-probability[given], kind="stable")]
    mass, hits = np.cumsum(weights[order]), np.cumsum(weights[order] * right[order])
    enough = np.flatnonzero(hits / mass >= CERTAIN_PRECISION)
    return float(probability[order[enough[-1]]]) if len(enough) and enough[-1] + 1 >= _ENOUGH else _NEVER


def _also_threshold(
    probabilities: Floats, given: Places, truth: Places, also: Places, asks: npt.NDArray[np.bool_]
) -> float:
    """The probability of the second label that finds second asks with the best F1."""
    posts = np.arange(len(truth))
    others = np.where(asks, probabilities, -1.0)
    others[posts, given] = -1.0
    second = others.argmax(axis=1)
    possible = asks[given] & (others[posts, second] > 0)
    wanted = (also >= 0).sum()
    right = ((given == truth) & (second == also)) | ((given == also) & (second == truth))
    order = np.flatnonzero(possible)[np.argsort(-others[posts, second][possible], kind="stable")]
    if not wanted or not len(order):
        return _NEVER
    f1 = 2 * np.cumsum(right[order]) / (np.arange(1, len(order) + 1) + wanted)
    return float(others[order[f1.argmax()], second[order[f1.argmax()]]])
