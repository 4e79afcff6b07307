"""From labelled posts to a model directory."""

import hashlib
import importlib.metadata
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.engine.artefact import model_target, save_model
from evolunteer_nlp.engine.cascade import are_read, combined
from evolunteer_nlp.engine.decision import Decision
from evolunteer_nlp.engine.words import BUCKET_BITS
from evolunteer_nlp.text.cleaning import behaviour_hash
from evolunteer_nlp.training.calibrate import cross_validate, decide, read_threshold
from evolunteer_nlp.training.drift import reference
from evolunteer_nlp.training.evaluate import macro_f1
from evolunteer_nlp.training.fit import (
    FEWEST_POSTS,
    Examples,
    Floats,
    Places,
    Progress,
    Settings,
    Weights,
    examples,
)
from evolunteer_nlp.training.readers import ReaderFiles


def train(
    posts: Sequence[LabelledPost],
    output: str | Path,
    settings: Settings | None = None,
    *,
    reader: Callable[[Examples], ReaderFiles | None] | None = None,
    out_of_fold: str | Path | None = None,
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
    reader : callable, optional
        Gives the reader for the examples, or None: `evolunteer_nlp.training.fine_tune.fine_tune` teaches one,
        `evolunteer_nlp.training.readers.kept_reader` takes that of another model; bind their other arguments by
        `functools.partial`. Words alone if left out.
    out_of_fold : path, optional
        Where to write, in numpy's ``.npz`` format, the ids of all examples and each engine's scores of them, of shape
        (n_posts, n_labels).
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
    model_target(output)
    given = examples(posts, settings, progress)
    files = _usable(reader(given) if reader else None, given, progress)
    scores, words = cross_validate(given, settings, jobs, progress)
    progress("fitting on all posts")
    arrays = words_arrays(given.features.numbers, given.fit(settings))
    decisions, scores_by = {"words": words}, {"words": scores}
    read_from = None
    if files:
        found = words.probabilities_many(scores)
        read_from = read_threshold(given, found, settings.read_recall)
        read = np.where(are_read(found, words, read_from)[:, None], files.scores, np.nan)
        scores_by["reader"] = files.scores
        decisions["reader"] = decide(given, files.scores, settings)
        both = combined(found, decisions["reader"].probabilities_many(read))
        scores_by["cascade"] = np.where(np.isnan(files.scores), np.nan, both)
        decisions["cascade"] = decide(given, scores_by["cascade"], settings)
        arrays |= files.to_arrays(given.posts)
    manifest = facts(given, settings, decisions, scores_by, read_from)
    if files:
        manifest["settings"]["reader"] = dict(files.settings)
    authored = _authored(given)
    if not authored.all() and _enough(given, authored):
        progress("measuring what authored posts teach alone")
        manifest["authored_posts_alone"] = _authored_alone(given, authored, settings, jobs)
    save_model(output, manifest, arrays, (files.network, files.tokenizer) if files else ())
    if out_of_fold:
        kept: dict[str, Any] = {"ids": np.array([post.id for post in given.posts]), **scores_by}
        with Path(out_of_fold).open("wb") as file:
            np.savez_compressed(file, **kept)
    return manifest


def _usable(files: ReaderFiles | None, given: Examples, progress: Progress) -> ReaderFiles | None:
    """The reader, if it has out-of-fold scores of enough posts of each label to be calibrated."""
    if files is None:
        return None
    scored = np.bincount(given.truth[~np.isnan(files.scores[:, 0])], minlength=len(given.labels))
    if scored.min() >= FEWEST_POSTS:
        return files
    label = given.labels[scored.argmin()]
    progress(f"the reader is left out: of {label!r} it has not learned from too few posts here ({scored.min()})")
    return None


def facts(
    given: Examples,
    settings: Settings,
    decisions: Mapping[str, Decision],
    scores_by: Mapping[str, Floats],
    read_from: float | None = None,
) -> dict[str, Any]:
    """What a manifest says of a model: its labels, each engine's decision, its corpus, settings and scores.

    Parameters
    ----------
    decisions, scores_by
        Of each engine; scores are out of fold, of shape (n_posts, n_labels).
    read_from : float, optional
        From which probability of an ask a cascade reads.
    """
    authored = _authored(given)
    return {
        "labels": given.labels,
        "background": given.background,
        **({} if read_from is None else {"read_from": read_from}),
        "decisions": {name: decision.to_manifest() for name, decision in decisions.items()},
        "cleaning": behaviour_hash(),
        "corpus": _corpus_facts(given),
        "settings": asdict(settings),
        "scores": {name: _scores(given, authored, decisions[name], scores_by[name]) for name in decisions},
        "reference": reference(given, settings, decisions, scores_by, read_from),
        "versions": _versions(),
    }


def _authored(given: Examples) -> npt.NDArray[np.bool_]:
    return np.array([not post.source for post in given.posts])


def _enough(given: Examples, among: npt.NDArray[np.bool_]) -> bool:
    """Whether some of the posts could be trained on alone."""
    return bool(np.bincount(given.truth[among], minlength=len(given.labels)).min() >= FEWEST_POSTS)


def words_arrays(numbers: npt.NDArray[np.uint64], weights: Weights) -> dict[str, npt.NDArray[Any]]:
    """Order weights by their features' numbers, as `evolunteer_nlp.engine.words.WordsArrays` wants them."""
    order = np.argsort(numbers)
    numbers = numbers[order]
    starts = np.arange(2**BUCKET_BITS, dtype=np.uint64) << np.uint64(64 - BUCKET_BITS)
    return {
        "numbers": numbers,
        "buckets": np.append(np.searchsorted(numbers, starts), len(numbers)).astype(np.uint32),
        "weights": weights.values[order].astype(np.float32),
        "intercept": weights.intercept.astype(np.float64),
    }


def _corpus_facts(given: Examples) -> dict[str, Any]:
    posts = given.posts
    content = hashlib.sha256()
    for post in sorted((post.id, post.label, post.also or "") for post in posts):
        content.update("\t".join(post).encode() + b"\n")
    authored = Counter(post.label for post in posts if not post.source)
    public = Counter(post.label for post in posts if post.source)
    return {
        "posts": len(posts),
        "authored": dict(sorted(authored.items())),
        "public": dict(sorted(public.items())),
        "left_out_for_dev": given.left_out,
        "sha256": content.hexdigest(),
    }


def _scores(examples: Examples, authored: npt.NDArray[np.bool_], decision: Decision, scores: Floats) -> dict[str, Any]:
    """Out-of-fold F1 on authored posts and on firm public ones, at the stated prior, where there are scores."""
    scored = ~np.isnan(scores[:, 0])
    given = decision.predict_many(scores).labels
    worlds = {"authored": authored & scored, "public": ~authored & examples.firm & scored}
    return {
        name: _f1(examples.truth[kept], given[kept], decision.labels) for name, kept in worlds.items() if kept.any()
    }


def _f1(truth: Places, given: Places, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "posts": len(truth),
        "macro_f1": round(macro_f1(truth, given, len(labels)), 4),
        "f1": {label: round(macro_f1(truth, given, len(labels), [i]), 4) for i, label in enumerate(labels)},
    }


def _authored_alone(
    examples: Examples, authored: npt.NDArray[np.bool_], settings: Settings, jobs: int
) -> dict[str, Any]:
    """The same scores for a model that only authored posts teach, which is what a user without public texts trains."""
    mine = examples.take(np.flatnonzero(authored))
    public = examples.take(np.flatnonzero(~authored & examples.firm))
    scores, alone = cross_validate(mine, settings, jobs)
    on_public = mine.fit(settings).scores(public.features.values)
    return {
        "authored": _f1(mine.truth, alone.predict_many(scores).labels, mine.labels),
        "public": _f1(public.truth, alone.predict_many(on_public).labels, mine.labels),
    }


def _versions() -> dict[str, str]:
    names = ("evolunteer-nlp", "numpy", "scipy", "scikit-learn", "ftfy", "onnxruntime", "tokenizers")
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}
