"""The words engine as a scikit-learn classifier, for those who compare, search and combine models there."""

import os
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted, column_or_1d

from evolunteer_nlp.corpus.posts import LabelledPost, text_id
from evolunteer_nlp.corpus.splits import measured_ids
from evolunteer_nlp.engine.artefact import save_model
from evolunteer_nlp.engine.batches import BatchScorer
from evolunteer_nlp.engine.decision import Columns
from evolunteer_nlp.engine.words import WordsArrays
from evolunteer_nlp.errors import CorpusError, ModelError
from evolunteer_nlp.text.near_duplicates import clusters, near_duplicates
from evolunteer_nlp.training.calibrate import cross_validate, stated_prior, uncalibrated
from evolunteer_nlp.training.fit import Examples, Floats, Settings, label_order, refuse_rare
from evolunteer_nlp.training.matrix import feature_matrix
from evolunteer_nlp.training.train import facts, words_arrays

_POSTS_AT_ONCE = 8192


class PostClassifier(ClassifierMixin, BaseEstimator):
    """What ``evolunteer train --reader none`` trains, as a scikit-learn estimator of posts and any labels.

    Parameters
    ----------
    min_posts, regularisation, word_weight, informative_power, background, background_prior, folds, seed
        As in `evolunteer_nlp.training.fit.Settings`.
    calibrate : bool
        Whether probabilities are calibrated at the stated prior, on scores by cross-validation that keeps
        near-duplicates together. It takes ``folds`` more fits, and 10 posts or more of each label; without it,
        probabilities are those of a logistic regression whose labels weigh by the inverse root of their number.
    n_jobs : int, optional
        Processes for that cross-validation, as joblib takes them; the result is the same.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The labels in sorted order: that of all columns.
    decision_ : evolunteer_nlp.engine.decision.Decision
        How scores become predictions.
    arrays_ : dict of str to ndarray
        The weights, as a model directory keeps them.
    manifest_ : dict or None
        What `save` writes beside them: corpus, settings, out-of-fold scores; None if not calibrated.

    Notes
    -----
    Posts are strings in one dimension, so there is no ``n_features_in_``, as of scikit-learn's own text vectorizers.
    Posts that are not Arabic get the background, or the most probable label where there is none, and the prior.

    Estimators may be pickled and dumped by joblib. Like any pickle, such a file may run what it likes when it is
    loaded, so load only those of people you trust, with the versions that wrote them; `save` writes what cannot
    execute.

    Examples
    --------
    >>> from evolunteer_nlp import PostClassifier
    >>> posts = ["نحتاج متطوعين", "متطوعين للتنظيف", "صباح الخير", "صباح النور"]
    >>> model = PostClassifier(calibrate=False).fit(posts, ["ask", "ask", "chat", "chat"])
    >>> model.predict(["مطلوب متطوعين غدا"]).tolist()
    ['ask']
    """

    def __init__(
        self,
        *,
        min_posts: int = Settings.min_posts,
        regularisation: float = Settings.regularisation,
        word_weight: float = Settings.word_weight,
        informative_power: float = Settings.informative_power,
        background: Any = None,
        background_prior: float = Settings.background_prior,
        calibrate: bool = True,
        folds: int = Settings.folds,
        seed: int = Settings.seed,
        n_jobs: int | None = None,
    ) -> None:
        self.min_posts = min_posts
        self.regularisation = regularisation
        self.word_weight = word_weight
        self.informative_power = informative_power
        self.background = background
        self.background_prior = background_prior
        self.calibrate = calibrate
        self.folds = folds
        self.seed = seed
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # scikit-learn's name
        """Learn from labelled posts.

        Parameters
        ----------
        X : sequence of str, shape (n_posts,)
            A list, array or Series.
        y : sequence, shape (n_posts,)
            Labels, of two kinds or more.
        sample_weight : sequence of float, shape (n_posts,), optional
            What each post weighs beside others of its label; posts of weight 0 are as if they were not there. Numbers
            of posts, of which features' scales and calibration are made, count all others alike.

        Raises
        ------
        TypeError
            If an element of ``X`` is not a string; the message gives its position.
        CorpusError
            A `ValueError`: if a label has too few posts to be calibrated, or there is only one.
        """
        texts = _posts(X)
        y = column_or_1d(y, warn=True)
        check_consistent_length(texts, y)
        check_classification_targets(y)
        weight = _check_sample_weight(sample_weight, texts, dtype=np.float64, ensure_non_negative=True)
        kept = np.flatnonzero(weight)
        if not len(kept):
            raise CorpusError("no post to learn from has a sample weight above 0")
        settings = self._settings()
        given = self._examples([texts[i] for i in kept], y[kept], weight[kept], settings)
        if self.calibrate:
            scores, self.decision_ = cross_validate(given, settings, self.n_jobs)
            self.manifest_: dict[str, Any] | None = facts(given, settings, {"words": self.decision_}, {"words": scores})
            self._n_measured = len(measured_ids().intersection(post.id for post in given.posts))
        else:
            prior = stated_prior(given.labels, given.background, self.background_prior)
            self.decision_ = uncalibrated(given.labels, given.background, prior)
            self.manifest_ = None
        self.arrays_ = words_arrays(given.features.numbers, given.fit(settings))
        return self

    def _settings(self) -> Settings:
        own = {name: value for name, value in self.get_params().items() if name not in ("calibrate", "n_jobs")}
        return Settings(**own | {"background": None if self.background is None else str(self.background)})

    def _examples(self, texts: list[str], y: npt.NDArray[Any], weight: Floats, settings: Settings) -> Examples:
        self.classes_, truth = np.unique(y, return_inverse=True)
        labels = list(map(str, self.classes_))
        posts = [
            LabelledPost(text, labels[place], id=text_id(text), where=f"position {i}")
            for i, (text, place) in enumerate(zip(texts, truth, strict=True))
        ]
        self._refuse_rare(posts, labels)
        _, background = label_order(posts, settings.background)
        n = len(posts)
        group = np.array(clusters(n, [(i, j) for i, j, _ in near_duplicates(texts)]) if self.calibrate else range(n))
        features = feature_matrix(texts, settings.min_posts)
        nothing, firm = np.full(n, -1, dtype=np.intp), np.ones(n, dtype=bool)
        return Examples(posts, labels, background, truth, nothing, firm, weight, group, features, left_out=0)

    def _refuse_rare(self, posts: list[LabelledPost], labels: list[str]) -> None:
        refuse_rare(posts, labels, fewest=1)
        if self.calibrate:
            try:
                refuse_rare(posts, labels)
            except CorpusError as error:
                raise CorpusError(f"{error}, or choose calibrate=False") from None

    def _columns(self, X: Any) -> Columns:
        check_is_fitted(self)
        texts = _posts(X)
        arrays: dict[str, Any] = self.arrays_  # numpy arrays do for memoryviews here
        scorer = BatchScorer(WordsArrays(**arrays))
        scores = [scorer.scores(texts[at : at + _POSTS_AT_ONCE]) for at in range(0, len(texts), _POSTS_AT_ONCE)]
        return self.decision_.predict_many(np.concatenate(scores))

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The label of each post, shape (n_posts,)."""
        places = self._columns(X).labels
        return np.asarray(self.classes_[places])

    def predict_proba(self, X: Any) -> Floats:
        """The probability of each label at the stated prior, shape (n_posts, n_classes)."""
        return self._columns(X).probabilities

    def predict_log_proba(self, X: Any) -> Floats:
        """The logarithms of `predict_proba`."""
        return np.asarray(np.log(np.maximum(self.predict_proba(X), np.finfo(np.float64).tiny)))

    def decision_function(self, X: Any) -> Floats:
        """The logarithms of `predict_proba`, shape (n_posts, n_classes); of two labels the log-odds of the second."""
        logs = self.predict_log_proba(X)
        return np.asarray(logs[:, 1] - logs[:, 0]) if len(self.classes_) == 2 else logs

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a model directory, which `evolunteer_nlp.load_model` and every verb of the command line read.

        Raises
        ------
        ModelError
            If something that is not a model is there, if it is not calibrated, or if it has learned from posts that
            the project keeps for measuring, which would make its card untrue.
        """
        check_is_fitted(self)
        if self.manifest_ is None:
            raise ModelError("a model that is not calibrated is not saved; fit with calibrate=True")
        if self._n_measured:
            raise ModelError(
                f"it has learned from {self._n_measured:,} posts that are kept for measuring; "
                "train on a corpus file with `evolunteer train`, which leaves them out"
            )
        return save_model(path, self.manifest_, self.arrays_)


def _posts(X: Any) -> list[str]:
    if isinstance(X, str | bytes):
        raise ValueError("X is one string; give a sequence of posts")
    if getattr(X, "ndim", 1) != 1:
        raise ValueError(f"X has {X.ndim} dimensions; give one, of posts, such as frame['text']")
    texts = list(X)
    if not texts:
        raise ValueError("X holds no posts; give at least 1 sample")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"the post at position {position} is {type(text).__name__}, not str")
    return texts
