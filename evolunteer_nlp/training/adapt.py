"""A trained model, adapted to new posts: what it knew stays, and what they teach is added.

A model knows public posts whose texts the user does not have, so it cannot be trained again from scratch without losing
them. Its words' weights are kept as they are, and a second set of weights is learned on top of them, from the new posts
and from authored ones that hold it in place: logistic regression whose L2 penalty is on the change (a Gaussian prior
around the old weights; Chelba and Acero 2004, https://aclanthology.org/W04-3237). The reader's head is adapted in the
same way, by `evolunteer_nlp.training.readers.kept_reader`. Calibration and thresholds stay those of the old model: they
rest on far more posts than the new ones.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from evolunteer_nlp.corpus.posts import LabelledPost, held_out_files, read_corpus
from evolunteer_nlp.corpus.splits import grouped_folds
from evolunteer_nlp.engine.artefact import load_arrays, model_target, save_model
from evolunteer_nlp.engine.cascade import are_read, combined
from evolunteer_nlp.errors import CorpusError, RegressionError
from evolunteer_nlp.model import Model, load_model
from evolunteer_nlp.training.compare import Comparison, compare, compare_models
from evolunteer_nlp.training.fit import (
    Examples,
    Floats,
    Places,
    Progress,
    Settings,
    Weights,
    examples,
    fit_change,
    post_weights,
)
from evolunteer_nlp.training.readers import ReaderFiles, kept_reader
from evolunteer_nlp.training.train import words_arrays

PULL = 0.3
"""How strongly words are held to what they were, chosen as ``docs/design.md`` says."""
_FOLDS = 5
FEWEST = 20
"""New posts without which there is nothing to adapt to, or to compare by."""


class Adapted(NamedTuple):
    """What came of it.

    Attributes
    ----------
    new_posts : Comparison
        Old and new model on the new posts; the new one's labels come from fits that had not seen the post or its like.
    held_out : Comparison or None
        Both on the held-out authored posts, where the model has their labels.
    """

    new_posts: Comparison
    held_out: Comparison | None


def adapt(
    new: Sequence[LabelledPost],
    base: Path,
    output: Path,
    *,
    old: Sequence[LabelledPost] | None = None,
    weight: float = 1.0,
    allow_regression: str | None = None,
    progress: Progress = lambda message: None,
) -> Adapted:
    """Adapt a model to new posts, compare the two, and write the new one unless it is worse.

    Parameters
    ----------
    new : sequence of LabelledPost
        Of labels that the model knows.
    base, output : path
        Model directories.
    old : sequence of LabelledPost, optional
        Posts that the model has learned from, to hold it in place; the authored corpora if left out.
    weight : float
        What a new post weighs beside an old one.
    allow_regression : str, optional
        Why a model that is significantly worse is written all the same; kept in its manifest.
    progress : callable, optional
        Told what is being done.

    Raises
    ------
    CorpusError
        If fewer than `FEWEST` new posts remain once those are left out that are kept for measuring, or one has a label
        that the model does not know.
    ModelError
        If there is no model at ``base``, or something else at ``output``.
    RegressionError
        If the new model's macro-F1 is worse, the 95 % interval of the difference excluding 0, on new or held-out posts.
    """
    model_target(output)
    before = load_model(base)
    given, is_new = _examples(new, read_corpus(["authored"]) if old is None else old, before, progress)
    progress("adapting words")
    words = _Words(given, is_new, before, weight)
    files = kept_reader(given, base, progress) if before.engines.reader else None
    progress("comparing with the old model")
    at = np.flatnonzero(is_new)
    texts = [given.posts[i].text for i in at]
    found = _predicted(before, words.out_of_fold(), files.scores[at] if files else None)
    on_new = compare(given.truth[at], before.columns(texts).labels, found, given.labels)
    manifest, arrays = _parts(base, words, files, given, is_new, weight)
    reader = (files.network, files.tokenizer) if files else ()
    with TemporaryDirectory() as folder:
        after = load_model(save_model(Path(folder) / "model", manifest, arrays, reader))
        measured = read_corpus(held_out_files())
        known = {post.label for post in measured} <= set(given.labels)
        on_held_out = compare_models(before, after, measured) if known else None
    adapted = Adapted(on_new, on_held_out)
    worse = [name for name, found in adapted._asdict().items() if found is not None and found.is_worse]
    if worse and not allow_regression:
        raise RegressionError(
            f"the new model is worse on {' and '.join(worse)} and is not written:\n{to_text(adapted)}\n"
            'bring more posts, check their labels (evolunteer corpus audit), or say --allow-regression "why"'
        )
    manifest["added"] |= {name: found.to_dict() for name, found in adapted._asdict().items() if found is not None}
    if worse:
        manifest["added"]["allowed_regression"] = allow_regression
    save_model(output, manifest, arrays, reader)
    return adapted


def to_text(adapted: Adapted) -> str:
    """Both comparisons as text tables, and a verdict."""
    parts = [f"new posts, out of fold\n{adapted.new_posts.to_text()}"]
    if adapted.held_out is not None:
        parts.append(f"held-out authored posts\n{adapted.held_out.to_text()}")
    return "\n\n".join(parts)


def _examples(
    new: Sequence[LabelledPost], old: Sequence[LabelledPost], model: Model, progress: Progress
) -> tuple[Examples, npt.NDArray[np.bool_]]:
    unknown = next((post for post in (*new, *old) if post.label not in model.labels), None)
    if unknown:
        raise CorpusError(
            f"{unknown.where}: the model has no label {unknown.label!r}; its labels are {', '.join(model.labels)}. "
            "For other labels train a model of their own, with --corpus"
        )
    given = examples([*old, *new], Settings(), progress)
    added = set(map(id, new))
    is_new = np.array([id(post) in added for post in given.posts])
    if is_new.sum() < FEWEST:
        raise CorpusError(f"{is_new.sum()} new posts to learn from; label {FEWEST} or more")
    if tuple(given.labels) != model.labels:
        raise CorpusError(
            f"the old posts lack a label of the model; name its corpora with --corpus: {', '.join(model.labels)}"
        )
    return given, is_new


class _Words:
    """The change of a model's words: features of the new posts, as counts stretched like those of `fit_weights`."""

    def __init__(self, given: Examples, is_new: npt.NDArray[np.bool_], model: Model, weight: float) -> None:
        settings = Settings()
        self.given, self.is_new = given, is_new
        self.base = np.nan_to_num(model.engines.words.scores_many([post.text for post in given.posts]))
        everywhere = given.features.values
        self.columns = np.flatnonzero(everywhere[np.flatnonzero(is_new)].count_nonzero(axis=0))
        n_posts = len(given.posts)
        frequency = everywhere.count_nonzero(axis=0)[self.columns]
        scale = 1 + np.log((1 + n_posts) / (1 + frequency))
        scale *= [settings.word_weight if given.features.names[i][0] in "=<" else 1.0 for i in self.columns]
        scaled = sp.csr_array(everywhere[:, self.columns] @ sp.diags_array(scale))
        size = np.sqrt(scaled.multiply(scaled).sum() / n_posts)
        self.scale, self.counts = scale / size, sp.csr_array(scaled / size)
        self.weights = post_weights(given.truth, given.weight, len(given.labels))
        self.weights[is_new] *= weight

    def fit(self, kept: Places) -> Weights:
        """The change that some posts teach; its values are for plain counts."""
        found = fit_change(self.base[kept], self.counts[kept], self.given.truth[kept], self.weights[kept], PULL)
        return Weights(found.values * self.scale[:, None], found.intercept)

    def out_of_fold(self) -> Floats:
        """Scores of the new posts by changes that had not seen them or their like, shape (n_new, n_labels)."""
        at = np.flatnonzero(self.is_new)
        scores = np.zeros((len(at), len(self.given.labels)))
        for _, held in grouped_folds(self.given.group[at], _FOLDS, seed=0):
            away = np.isin(self.given.group, self.given.group[at[held]])
            found = self.fit(np.flatnonzero(~away))
            scores[held] = self.base[at[held]] + found.scores(self.given.features.values[at[held]][:, self.columns])
        return scores

    def arrays(self, before: Mapping[str, memoryview]) -> dict[str, npt.NDArray[Any]]:
        """The old weights with the change that all posts teach."""
        found = self.fit(np.arange(len(self.given.posts)))
        old = np.asarray(before["weights"], dtype=np.float64).reshape(-1, len(self.given.labels))
        numbers = np.concatenate([np.asarray(before["numbers"]), self.given.features.numbers[self.columns]])
        numbers, inverse = np.unique(numbers, return_inverse=True)
        values = np.zeros((len(numbers), old.shape[1]))
        np.add.at(values, inverse, np.vstack([old, found.values]))
        return words_arrays(numbers, Weights(values, np.asarray(before["intercept"]) + found.intercept))


def _predicted(model: Model, by_words: Floats, by_reading: Floats | None) -> Places:
    """The labels that scores of words, and of the reader, give under a model's decisions."""
    if by_reading is None or model.engines.cascade is None:
        return model.decisions["words"].predict_many(by_words).labels
    words, reader = model.decisions["words"], model.decisions["reader"]
    found = words.probabilities_many(by_words)
    read = np.where(are_read(found, words, model.engines.cascade.read_from)[:, None], by_reading, np.nan)
    return model.decisions["cascade"].predict_many(combined(found, reader.probabilities_many(read))).labels


def _parts(
    base: Path, words: _Words, files: ReaderFiles | None, given: Examples, is_new: npt.NDArray[np.bool_], weight: float
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Manifest and arrays of the new model."""
    manifest, before = load_arrays(base)
    labels = Counter(post.label for post, added in zip(given.posts, is_new, strict=True) if added)
    added = {"posts": int(is_new.sum()), "labels": dict(sorted(labels.items())), "weight": weight, "pull": PULL}
    earlier = [*manifest.get("added_before", []), *([manifest["added"]] if "added" in manifest else [])]
    manifest = {name: value for name, value in manifest.items() if name not in ("format", "files")}
    manifest |= {"added": added} | ({"added_before": earlier} if earlier else {})
    arrays = words.arrays(before) | (files.to_arrays(given.posts) if files else {})
    return manifest, arrays
