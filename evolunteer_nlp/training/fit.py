"""From labelled posts to weights, and to scores of posts that weights have not seen."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from joblib import Parallel, delayed
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from evolunteer_nlp.corpus.posts import LabelledPost, places
from evolunteer_nlp.corpus.splits import grouped_folds, trainable
from evolunteer_nlp.errors import CorpusError
from evolunteer_nlp.labels import Label
from evolunteer_nlp.training.matrix import FeatureMatrix, feature_matrix

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Progress = Callable[[str], None]

FEWEST_POSTS = 10
"""Posts of a label from which it can be learned and cross-validated at all."""


@dataclass(frozen=True)
class Settings:
    """What may be chosen about training; the defaults were chosen by cross-validation, see ``docs/design.md``.

    Attributes
    ----------
    min_posts : int
        A feature that fewer posts have is left out.
    regularisation : float
        Inverse strength ``C`` of the logistic regression's L2 penalty.
    word_weight : float
        How much whole words count beside the character n-grams inside them.
    informative_power : float
        How strongly features are stretched by how much they tell labels apart (see `fit_weights`); 0 for not at all.
    unfirm_weight : float
        What a post on which careful readers could disagree weighs beside a firm one.
    background : str, optional
        The label of posts that ask nothing: ``unrelated``, if there are posts of it, where left out.
    background_prior : float
        The share of the background label in the stated prior; the other labels share the rest equally.
    read_recall : float
        The share of asks that a cascade must read; the fewer, the faster it is.
    folds, seed : int
    """

    min_posts: int = 2
    regularisation: float = 100.0
    word_weight: float = 1.5
    informative_power: float = 0.5
    unfirm_weight: float = 0.4
    background: str | None = None
    background_prior: float = 0.6
    read_recall: float = 0.97
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True)
class Weights:
    """A fitted linear model on feature counts: ``values`` of shape (n_features, n_labels) and ``intercept``."""

    values: Floats
    intercept: Floats

    def scores(self, counts: sp.csr_array) -> Floats:
        """Scores of posts, shape (n_posts, n_labels)."""
        return np.asarray(counts @ self.values) + self.intercept


def label_order(posts: Sequence[LabelledPost], background: str | None = None) -> tuple[list[str], str | None]:
    """The labels of a corpus, and its background label: shipped labels first, in their order, others by name.

    Raises
    ------
    CorpusError
        If no post has the background label that was asked for.
    """
    shipped = [str(label) for label in Label]
    found = {post.label for post in posts}
    labels = [*(label for label in shipped if label in found), *sorted(found - set(shipped))]
    if background is not None and background not in labels:
        raise CorpusError(f"no post is labelled {background!r}, the background; the labels are {', '.join(labels)}")
    return labels, background or (str(Label.UNRELATED) if Label.UNRELATED in labels else None)


class Examples(NamedTuple):
    """Posts ready to be learned from.

    Attributes
    ----------
    posts : list of LabelledPost
    labels : list of str
    background : str or None
        The label of posts that ask nothing.
    truth, also : ndarray of intp, shape (n_posts,)
        Places of each post's labels; ``also`` is -1 where there is none.
    firm : ndarray of bool, shape (n_posts,)
    weight : ndarray of float64, shape (n_posts,)
        What each post weighs beside others of its label.
    group : ndarray of int64, shape (n_posts,)
        Near-duplicates and minimal pairs share a number.
    features : FeatureMatrix
    left_out : int
        Posts that are kept for measuring, or nearly equal to such.
    """

    posts: list[LabelledPost]
    labels: list[str]
    background: str | None
    truth: Places
    also: Places
    firm: npt.NDArray[np.bool_]
    weight: Floats
    group: npt.NDArray[np.int64]
    features: FeatureMatrix
    left_out: int

    def take(self, kept: Places) -> "Examples":
        """The examples at some places."""
        return self._replace(
            posts=[self.posts[i] for i in kept],
            truth=self.truth[kept],
            also=self.also[kept],
            firm=self.firm[kept],
            weight=self.weight[kept],
            group=self.group[kept],
            features=self.features._replace(values=self.features.values[kept]),
        )

    def fit(self, settings: Settings) -> Weights:
        """Weights fitted on all of them.

        Raises
        ------
        CorpusError
            If there is no post of a label, as where nearly equal ones are all held out together.
        """
        absent = np.flatnonzero(np.bincount(self.truth, minlength=len(self.labels)) == 0)
        if len(absent):
            raise CorpusError(
                f"nearly all posts labelled {self.labels[absent[0]]!r} are near-duplicates, so that cross-validation "
                "holds them out together; bring different ones"
            )
        return fit_weights(self.features, self.truth, self.weight, len(self.labels), settings)


def examples(posts: Sequence[LabelledPost], settings: Settings, progress: Progress = lambda message: None) -> Examples:
    """Leave out what is kept for measuring, group the rest, count features.

    Raises
    ------
    CorpusError
        If a label is unknown or has too few posts.
    """
    progress("looking for near-duplicates")
    kept, group, left_out = trainable(posts)
    labels, background = label_order(kept, settings.background)
    truth, also = places(kept, labels)
    refuse_rare(kept, labels)
    firm = np.array([post.firm for post in kept])
    weight = np.where(firm, 1.0, settings.unfirm_weight)
    progress("counting features")
    features = feature_matrix([post.text for post in kept], settings.min_posts)
    return Examples(kept, labels, background, truth, also, firm, weight, group, features, left_out)


def refuse_rare(posts: Sequence[LabelledPost], labels: Sequence[str], fewest: int = FEWEST_POSTS) -> None:
    """Refuse posts of no label or one, and labels with fewer posts than ``fewest``."""
    if not posts:
        raise CorpusError("all posts are kept for measuring, or nearly equal to such; bring others to train on")
    if len(labels) < 2:
        raise CorpusError(f"all posts have one class, {labels[0]!r}; a model needs two labels or more")
    counts = Counter(post.label for post in posts)
    for label in labels:
        if counts[label] < fewest:
            first = next(f" (one is {post.where})" for post in posts if post.label == label)
            raise CorpusError(
                f"{counts[label]} posts are labelled {label!r}{first}; correct the label, or bring at least {fewest}"
            )


def fit_weights(features: FeatureMatrix, truth: Places, weight: Floats, n_labels: int, settings: Settings) -> Weights:
    """Fit logistic regression on stretched TF-IDF, and fold all scaling of features into its weights.

    Features are stretched by the largest absolute log-ratio of their frequency inside and outside a label, as in NB-SVM
    (Wang and Manning 2012, https://aclanthology.org/P12-2018), so that regularisation spares those that tell labels
    apart. A label's posts weigh by the inverse root of their number: authored posts hold many asks and public ones few,
    and neither mix is that of the posts to be labelled. The stated prior is put in by calibration.
    """
    counts = features.values
    n_posts = counts.shape[0]
    frequency = counts.count_nonzero(axis=0)
    scale = np.where(frequency >= settings.min_posts, 1 + np.log((1 + n_posts) / (1 + frequency)), 0)
    scale *= _informativeness(counts, truth, n_labels) ** settings.informative_power
    scale *= np.array([settings.word_weight if name[0] in "=<" else 1.0 for name in features.names])
    scaled = counts @ sp.diags_array(scale)
    size = np.sqrt(scaled.multiply(scaled).sum() / n_posts)  # so that C means the same for every corpus
    model = LogisticRegression(C=settings.regularisation, max_iter=1000)
    with threadpool_limits(1):  # sums in another order would give other bytes
        model.fit(sp.csr_matrix(scaled / size), truth, sample_weight=post_weights(truth, weight, n_labels))
    values, intercept = model.coef_, model.intercept_
    if n_labels == 2:  # scikit-learn keeps one row for two labels
        values, intercept = np.vstack([-values / 2, values / 2]), np.concatenate([-intercept / 2, intercept / 2])
    return Weights(values.T * (scale / size)[:, None], intercept)


def fit_change(base: Floats, inputs: sp.csr_array | Floats, truth: Places, weights: Floats, pull: float) -> Weights:
    """Learn what to add to a linear model's weights so that posts get their labels, changing them as little as need be.

    This is logistic regression whose L2 penalty is on the change.

    Parameters
    ----------
    base : ndarray of float64, shape (n_posts, n_labels)
        Scores by the old weights.
    inputs : csr_array or ndarray of float64, shape (n_posts, n_inputs)
    truth : ndarray of intp, shape (n_posts,)
    weights : ndarray of float64, shape (n_posts,)
        What each post weighs.
    pull : float
        What the squared length of the change costs beside a post's loss.
    """
    shape = (inputs.shape[1] + 1, base.shape[1])
    targets = np.eye(shape[1])[truth]
    transposed = inputs.T

    def loss(flat: Floats) -> tuple[float, Floats]:
        change = flat.reshape(shape)
        scores = base + inputs @ change[:-1] + change[-1]
        cost = -(weights[:, None] * targets * log_softmax(scores, axis=1)).sum() + pull / 2 * (flat**2).sum()
        error = weights[:, None] * (softmax(scores, axis=1) - targets)
        return float(cost), (np.vstack([transposed @ error, error.sum(axis=0)]) + pull * change).ravel()

    with threadpool_limits(1):  # sums in another order would give other bytes
        change = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B").x.reshape(shape)
    return Weights(change[:-1], change[-1])


def post_weights(truth: Places, weight: Floats, n_labels: int) -> Floats:
    """What posts weigh in all: ``weight`` times the inverse root of their label's number; 1 on average."""
    weights = weight / np.sqrt(np.bincount(truth, minlength=n_labels))[truth]
    return np.asarray(weights * len(truth) / weights.sum())


def _informativeness(counts: sp.csr_array, truth: Places, n_labels: int) -> Floats:
    """The largest absolute log-ratio of each feature's share of posts inside and outside a label."""
    present = counts.astype(bool).astype(np.float64)
    largest = np.zeros(counts.shape[1])
    for label in range(n_labels):
        inside = 1 + present[truth == label].sum(axis=0)
        outside = 1 + present[truth != label].sum(axis=0)
        ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
        largest = np.maximum(largest, np.abs(ratio))
    return largest


def out_of_fold_scores(
    examples: Examples, settings: Settings, jobs: int | None = 1, progress: Progress = lambda message: None
) -> Floats:
    """Score every post with weights that have seen neither it nor its group, shape (n_posts, n_labels)."""
    folds = list(grouped_folds(examples.group, settings.folds, settings.seed))
    progress(f"cross-validation, {settings.folds} folds")
    # scipy puts sparse rows in order in place, which memory-mapped arrays would not let it
    fits = Parallel(n_jobs=jobs, return_as="generator", max_nbytes=None)(
        delayed(Examples.fit)(examples.take(fitted)._replace(posts=[]), settings) for fitted, _ in folds
    )
    scores = np.zeros((len(examples.truth), len(examples.labels)))
    for fold, ((_, held), weights) in enumerate(zip(folds, fits, strict=True), 1):
        scores[held] = weights.scores(examples.features.values[held])
        progress(f"cross-validation, {fold} of {settings.folds} folds done")
    return scores
