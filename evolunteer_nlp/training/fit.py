"""From labelled posts to a model directory."""

import hashlib
import importlib.metadata
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from evolunteer_nlp.corpus.posts import LabelledPost, places
from evolunteer_nlp.corpus.splits import grouped_folds, trainable
from evolunteer_nlp.engine.artefact import save_model
from evolunteer_nlp.engine.decision import Decision
from evolunteer_nlp.engine.words import BUCKET_BITS
from evolunteer_nlp.errors import CorpusError
from evolunteer_nlp.labels import Label
from evolunteer_nlp.text.cleaning import behaviour_hash
from evolunteer_nlp.training.calibrate import calibrate
from evolunteer_nlp.training.evaluate import macro_f1
from evolunteer_nlp.training.matrix import FeatureMatrix, feature_matrix

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Progress = Callable[[str], None]

_FEWEST = 10
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
    background_prior : float
        The share of the background label in the stated prior; the other labels share the rest equally.
    folds, seed : int
    """

    min_posts: int = 2
    regularisation: float = 100.0
    word_weight: float = 1.5
    informative_power: float = 0.5
    unfirm_weight: float = 0.4
    background_prior: float = 0.6
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


def label_order(posts: Sequence[LabelledPost]) -> tuple[list[str], str | None]:
    """The labels of a corpus, and its background label: the shipped four in their order, other sets by name."""
    found = {post.label for post in posts}
    shipped = [str(label) for label in Label]
    labels = shipped if found <= set(shipped) else sorted(found)
    return labels, str(Label.UNRELATED) if Label.UNRELATED in labels else None


def fit_weights(
    features: FeatureMatrix, truth: Places, firm: npt.NDArray[np.bool_], n_labels: int, settings: Settings
) -> Weights:
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
    weight = 1 / np.sqrt(np.bincount(truth, minlength=n_labels))[truth]
    weight *= np.where(firm, 1.0, settings.unfirm_weight)
    model = LogisticRegression(C=settings.regularisation, max_iter=1000)
    with threadpool_limits(1):  # sums in another order would give other bytes
        model.fit(sp.csr_matrix(scaled / size), truth, sample_weight=weight * n_posts / weight.sum())
    values, intercept = model.coef_, model.intercept_
    if n_labels == 2:  # scikit-learn keeps one row for two labels
        values, intercept = np.vstack([-values / 2, values / 2]), np.concatenate([-intercept / 2, intercept / 2])
    return Weights(values.T * (scale / size)[:, None], intercept)


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
    features: FeatureMatrix,
    truth: Places,
    firm: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int64],
    n_labels: int,
    settings: Settings,
    jobs: int = 1,
    progress: Progress = lambda message: None,
) -> Floats:
    """Score every post with a model that has seen neither it nor its group, shape (n_posts, n_labels)."""
    folds = list(grouped_folds(group, settings.folds, settings.seed))
    progress(f"cross-validation, {settings.folds} folds")
    # scipy puts sparse rows in order in place, which memory-mapped arrays would not let it
    fits = Parallel(n_jobs=jobs, return_as="generator", max_nbytes=None)(
        delayed(fit_weights)(
            features._replace(values=features.values[fitted]), truth[fitted], firm[fitted], n_labels, settings
        )
        for fitted, _ in folds
    )
    scores = np.zeros((len(truth), n_labels))
    for fold, ((_, held), weights) in enumerate(zip(folds, fits, strict=True), 1):
        scores[held] = weights.scores(features.values[held])
        progress(f"cross-validation, {fold} of {settings.folds} folds done")
    return scores


def train(
    posts: Sequence[LabelledPost],
    output: str | Path,
    settings: Settings | None = None,
    *,
    jobs: int = 1,
    progress: Progress = lambda message: None,
) -> dict[str, Any]:
    """Train a model and write its directory.

    Parameters
    ----------
    posts : sequence of LabelledPost
        Public posts of split dev, and near-duplicates of them, are left out.
    output : path
        The model directory; an existing model is replaced once the new one is complete.
    settings : Settings, optional
    jobs : int
        Processes for cross-validation, -1 for all cores; the model is the same.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    CorpusError
        If a label is unknown or has fewer posts than there are folds.
    ModelError
        If something that is not a model stands at ``output``.
    """
    settings = settings or Settings()
    progress("looking for near-duplicates")
    posts, group, n_left_out = trainable(posts)
    labels, background = label_order(posts)
    truth, also = places(posts, labels)
    _refuse_rare(posts, labels)
    firm = np.array([post.firm for post in posts])
    progress("counting features")
    features = feature_matrix([post.text for post in posts], settings.min_posts)
    scores = out_of_fold_scores(features, truth, firm, group, len(labels), settings, jobs, progress)
    prior = _prior(labels, background, settings.background_prior)
    decision = calibrate(scores, truth, also, labels, background, prior)
    progress("fitting on all posts")
    weights = fit_weights(features, truth, firm, len(labels), settings)
    manifest = {
        **decision.to_manifest(),
        "cleaning": behaviour_hash(),
        "corpus": _corpus_facts(posts, n_left_out),
        "settings": asdict(settings),
        "scores": _scores(posts, decision, scores, truth),
        "versions": _versions(),
    }
    authored = np.array([not post.source for post in posts])
    if authored.any() and not authored.all():
        progress("measuring what authored posts teach alone")
        manifest["scores"]["authored_posts_alone"] = _authored_alone(
            posts, features, truth, group, decision, settings, jobs
        )
    save_model(output, manifest, to_arrays(features, weights))
    return manifest


def _refuse_rare(posts: Sequence[LabelledPost], labels: Sequence[str]) -> None:
    if len(labels) < 2:
        raise CorpusError(f"all posts are labelled {labels[0]!r}; a model needs two labels or more")
    counts = Counter(post.label for post in posts)
    for label in labels:
        if counts[label] < _FEWEST:
            first = next((f" (one is {post.where})" for post in posts if post.label == label), "")
            raise CorpusError(
                f"{counts[label]} posts are labelled {label!r}{first}; correct the label, or bring at least {_FEWEST}"
            )


def to_arrays(features: FeatureMatrix, weights: Weights) -> dict[str, npt.NDArray[Any]]:
    """Order weights by their features' numbers, as `evolunteer_nlp.engine.words.WordsArrays` wants them."""
    order = np.argsort(features.numbers)
    numbers = features.numbers[order]
    starts = np.arange(2**BUCKET_BITS, dtype=np.uint64) << np.uint64(64 - BUCKET_BITS)
    return {
        "numbers": numbers,
        "buckets": np.append(np.searchsorted(numbers, starts), len(numbers)).astype(np.uint32),
        "weights": weights.values[order].astype(np.float32),
        "intercept": weights.intercept.astype(np.float64),
    }


def _prior(labels: Sequence[str], background: str | None, share: float) -> dict[str, float]:
    if background is None:
        return {label: 1 / len(labels) for label in labels}
    return {label: share if label == background else (1 - share) / (len(labels) - 1) for label in labels}


def _corpus_facts(posts: Sequence[LabelledPost], n_left_out: int) -> dict[str, Any]:
    content = hashlib.sha256()
    for post in sorted((post.id, post.label, post.also or "") for post in posts):
        content.update("\t".join(post).encode() + b"\n")
    authored = Counter(post.label for post in posts if not post.source)
    public = Counter(post.label for post in posts if post.source)
    return {
        "posts": len(posts),
        "authored": dict(sorted(authored.items())),
        "public": dict(sorted(public.items())),
        "left_out_for_dev": n_left_out,
        "sha256": content.hexdigest(),
    }


def _scores(posts: Sequence[LabelledPost], decision: Decision, scores: Floats, truth: Places) -> dict[str, Any]:
    """Out-of-fold macro-F1 on authored posts and on public ones, at the stated prior."""
    given = decision.predict_many(scores).labels
    found: dict[str, Any] = {"method": "grouped cross-validation, out of fold"}
    for name, kept in (
        ("authored", np.array([not post.source for post in posts])),
        ("public", np.array([bool(post.source) and post.firm for post in posts])),
    ):
        if kept.any():
            found[name] = _f1(truth[kept], given[kept], decision.labels)
    return found


def _f1(truth: Places, given: Places, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "posts": len(truth),
        "macro_f1": round(macro_f1(truth, given, len(labels)), 4),
        "f1": {label: round(macro_f1(truth, given, len(labels), [i]), 4) for i, label in enumerate(labels)},
    }


def _authored_alone(
    posts: Sequence[LabelledPost],
    features: FeatureMatrix,
    truth: Places,
    group: npt.NDArray[np.int64],
    decision: Decision,
    settings: Settings,
    jobs: int,
) -> dict[str, Any]:
    """The same scores for a model that only authored posts teach, which is what a user without public texts trains."""
    authored = np.flatnonzero([not post.source for post in posts])
    firm = np.array([post.firm for post in posts])
    public = np.flatnonzero([bool(post.source) and post.firm for post in posts])
    k = len(decision.labels)
    mine = features._replace(values=features.values[authored])
    scores = out_of_fold_scores(mine, truth[authored], firm[authored], group[authored], k, settings, jobs)
    prior = dict(zip(decision.labels, decision.prior, strict=True))
    none = np.full(len(authored), -1)
    alone = calibrate(scores, truth[authored], none, decision.labels, decision.background, prior)
    on_public = fit_weights(mine, truth[authored], firm[authored], k, settings).scores(features.values[public])
    return {
        "authored": _f1(truth[authored], alone.predict_many(scores).labels, decision.labels),
        "public": _f1(truth[public], alone.predict_many(on_public).labels, decision.labels),
    }


def _versions() -> dict[str, str]:
    names = ("evolunteer-nlp", "numpy", "scipy", "scikit-learn", "ftfy")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}
