"""Classifying posts: a model, the default one, one post or many."""

import functools
import importlib.resources
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from evolunteer_nlp.engine.artefact import READER, load_arrays, read_reader
from evolunteer_nlp.engine.cascade import Cascade
from evolunteer_nlp.engine.decision import Columns, Decision
from evolunteer_nlp.engine.explain import explain_reading, explain_words
from evolunteer_nlp.engine.reader import Head, Reader
from evolunteer_nlp.engine.words import WordsEngine
from evolunteer_nlp.errors import ModelError
from evolunteer_nlp.prediction import ByLabel, Explanation, Prediction
from evolunteer_nlp.text.cleaning import behaviour_hash, tokens
from evolunteer_nlp.text.language import is_arabic

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Threshold = Mapping[str, float] | None

ENGINES = ("words", "reader", "cascade")
"""What scores posts: their words alone; reading every post; reading those of which words are not sure."""
_MANIFEST = "manifest.json"
_SINGLY = 16
"""Up to so many posts, one by one is faster than importing numpy and pyarrow."""


class Engine(Protocol):
    """What gives posts their scores, alone or together."""

    def scores(self, text: str) -> tuple[float, ...] | None:
        """The score of each label for one post; None for a post that is not Arabic."""

    def scores_many(self, texts: Sequence[str]) -> "npt.NDArray[np.float64]":
        """Return the scores of many posts, shape (n_posts, n_labels); rows of posts that are not Arabic are NaN."""


class Engines(NamedTuple):
    """The engines of a model; those that need a reader are None where there is none.

    Attributes
    ----------
    words
        Scores posts by their words.
    reader
        Reads every post.
    cascade
        Reads those posts that words are not sure of.
    """

    words: WordsEngine
    reader: Reader | None = None
    cascade: Cascade | None = None


class Model:
    """A loaded model; `load_model` makes one, `classify` and its kin use it.

    Attributes
    ----------
    engines : Engines
    decisions : mapping of str to Decision
        How the scores of each engine become predictions.
    using : str
        The name of the engine that is used.
    info : mapping
        The manifest: labels, prior, how and on what it was trained, the scores it reached. Read-only.
    labels : tuple of str
    path : Path
        The directory it was loaded from. Pickling a model keeps this path, prior and engine, so it can be sent to other
        processes of the machine; each reads the directory once.
    """

    def __init__(
        self,
        path: Path,
        engines: Engines,
        decisions: Mapping[str, Decision],
        info: Mapping[str, Any],
        using: str | None = None,
    ) -> None:
        self.path = path
        self.engines = engines
        self.decisions = MappingProxyType(dict(decisions))
        self.using = list(decisions)[-1] if using is None else using
        if self.using not in decisions:
            raise ValueError(f"the model has no engine {str(using)!r}; it has {', '.join(decisions)}")
        self.engine: Engine = getattr(engines, self.using)
        self.decision = decisions[self.using]
        self.info = MappingProxyType(dict(info))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of all probabilities."""
        return self.decision.labels

    @property
    def files(self) -> tuple[Path, ...]:
        """Those files of its directory that the engine in use needs."""
        arrays, *reader = self.info["files"]
        return tuple(self.path / name for name in (_MANIFEST, arrays, *(() if self.using == "words" else reader)))

    def __reduce__(self) -> tuple[Any, ...]:
        return reopened, (self.path, dict(self.decisions), self.info["files"], self.using)

    def __repr__(self) -> str:
        return f"<Model of {', '.join(self.labels)} by {self.using}>"

    def with_engine(self, using: str | None) -> "Model":
        """The same model using another engine, or itself if None.

        Raises
        ------
        ValueError
            If the model lacks it.
        """
        return self if using in (None, self.using) else Model(self.path, self.engines, self.decisions, self.info, using)

    def reads(self, text: str) -> bool:
        """Whether a post's label rests on reading it, or on its words alone."""
        if isinstance(self.engine, Cascade):
            return self.engine.reads(text)
        return isinstance(self.engine, Reader) and is_arabic(tokens(text))

    def columns(self, texts: Sequence[str], *, threshold: Threshold = None, prefer: str | None = None) -> Columns:
        """Predictions of many posts as arrays; see `classify` for ``threshold`` and ``prefer``."""
        return self.decision.with_thresholds(threshold, prefer).predict_many(self.engine.scores_many(texts))


def load_model(
    path: str | os.PathLike[str] | None = None,
    *,
    prior: Mapping[str, float] | None = None,
    engine: str | None = None,
) -> Model:
    """Load a model directory.

    Parameters
    ----------
    path : path, optional
        A directory that ``evolunteer train`` wrote; the shipped model if left out.
    prior : mapping of str to float, optional
        The share of each label among your posts, such as ``{"volunteer_call": 0.001, "donation_drive": 0.002,
        "awareness_campaign": 0.01, "unrelated": 0.987}`` for a random timeline; probabilities, and with them labels,
        are corrected for it. ``model.decision.prior`` is what they mean.
    engine : {"words", "reader", "cascade"}, optional
        ``cascade``, the default where the model has a reader, reads the posts that words are not sure of; ``words``
        reads none, ``reader`` reads all. The reader's files are opened at the first post that is read.

    Raises
    ------
    ModelError
        If the directory is missing, damaged, foreign, of another format, or cleans text in another way.
    ValueError
        If the prior names unknown labels or lacks some, or the model lacks the engine.
    """
    folder = (default_model() if path is None else Path(path)).absolute()
    manifest, arrays = load_arrays(folder)
    if manifest.get("cleaning") != behaviour_hash():
        raise ModelError(
            f"the model in {folder} was trained on texts cleaned in another way than this version (or this Python) "
            "cleans them; train it again with `evolunteer train`"
        )
    names = Engines._fields if READER[0] in manifest["files"] else Engines._fields[:1]
    decisions = {name: Decision.from_manifest(manifest, name) for name in names}
    engines = _engines(folder, manifest, arrays, decisions)
    if prior is not None:
        decisions = {name: decision.with_prior(prior) for name, decision in decisions.items()}
    return Model(folder, engines, decisions, manifest, engine)


def _engines(
    folder: Path, manifest: Mapping[str, Any], arrays: Mapping[str, memoryview], decisions: Mapping[str, Decision]
) -> Engines:
    n_labels = len(decisions["words"].labels)
    words = WordsEngine.from_arrays(arrays, n_labels)
    if "reader" not in decisions:
        return Engines(words)
    read_from = manifest.get("read_from")
    if not isinstance(read_from, float) or not 0 <= read_from <= 1:
        raise ModelError("the model's manifest lacks or garbles 'read_from'; copy or train the model again")
    reader = Reader(functools.partial(read_reader, folder, manifest), Head.from_arrays(arrays, n_labels))
    return Engines(words, reader, Cascade(words, reader, decisions["words"], decisions["reader"], read_from))


def default_model() -> Path:
    """The directory of the shipped model."""
    return shipped("models") / "default"


def shipped(folder: str) -> Path:
    """A folder that comes with the library: inside the package when installed, beside it in a checkout."""
    package = Path(str(importlib.resources.files("evolunteer_nlp")))
    inside = package / "_shipped" / folder
    return inside if inside.is_dir() else package.parent / folder


def classify(
    text: str,
    *,
    model: Model | str | os.PathLike[str] | None = None,
    engine: str | None = None,
    threshold: Threshold = None,
    prefer: str | None = None,
) -> Prediction:
    """Label one post.

    Parameters
    ----------
    text : str
        The post as it was typed.
    model : Model or path, optional
        The shipped model if left out.
    engine : {"words", "reader", "cascade"}, optional
        See `load_model`.
    threshold : mapping of str to float, optional
        Give a label wherever, and only where, its probability reaches this number.
    prefer : {"recall"}, optional
        Rather flag too many posts than miss a rare call.

    Raises
    ------
    TypeError
        If ``text`` is not a string.

    Examples
    --------
    >>> from evolunteer_nlp import classify
    >>> classify("نحتاج متطوعين لتنظيف الشاطئ يوم الجمعة، سجل معنا").label
    'volunteer_call'
    """
    if not isinstance(text, str):
        raise TypeError(f"classify takes one post as a str, not {type(text).__name__}; see classify_many for several")
    model = resolve_model(model, engine)
    return model.decision.with_thresholds(threshold, prefer).predict(model.engine.scores(text))


def classify_many(
    texts: Iterable[str],
    *,
    model: Model | str | os.PathLike[str] | None = None,
    engine: str | None = None,
    batch_size: int = 8192,
    threshold: Threshold = None,
    prefer: str | None = None,
) -> Iterator[Prediction]:
    """Label many posts, in order, one prediction a post.

    Parameters
    ----------
    texts : iterable of str
        Read lazily, ``batch_size`` posts at a time.
    model, engine, threshold, prefer
        As for `classify`.
    batch_size : int
        Posts scored together; more need more memory (about 3 KB each).

    Raises
    ------
    TypeError
        At once, if ``texts`` is a single string; while iterating, if one of them is not a string (the message gives
        its position, counted from 0).
    ValueError
        At once, for a batch size below 1, a bad threshold or preference.
    """
    if isinstance(texts, str | bytes):
        raise TypeError(
            "classify_many takes several posts, not one string; use classify(text) or classify_many([text])"
        )
    if batch_size < 1:
        raise ValueError(f"batch_size is at least 1, not {batch_size}")
    model = resolve_model(model, engine)
    decision = model.decision.with_thresholds(threshold, prefer)
    return _predictions(iter(texts), model.engine, decision, batch_size)


def _predictions(texts: Iterator[str], engine: Engine, decision: Decision, batch_size: int) -> Iterator[Prediction]:
    done = 0
    while batch := list(islice(texts, batch_size)):
        for position, text in enumerate(batch, done):
            if not isinstance(text, str):
                raise TypeError(f"the text at position {position} is {type(text).__name__}, not str")
        done += len(batch)
        if len(batch) <= _SINGLY:
            yield from (decision.predict(engine.scores(text)) for text in batch)
        else:
            yield from to_predictions(decision.labels, decision.predict_many(engine.scores_many(batch)))


def to_predictions(labels: tuple[str, ...], columns: Columns) -> Iterator[Prediction]:
    """The rows of `Columns` as `Prediction` objects."""
    names = (*labels, None)  # also is -1 where there is none
    for label, also, certain, values in zip(
        columns.labels.tolist(),
        columns.also.tolist(),
        columns.certain.tolist(),
        columns.probabilities.tolist(),
        strict=True,
    ):
        yield Prediction(labels[label], names[also], certain, ByLabel(labels, values))


def explain(
    text: str, *, model: Model | str | os.PathLike[str] | None = None, engine: str | None = None
) -> Explanation:
    """Say why a post gets its label: what each of its tokens adds to each label's score.

    Parameters
    ----------
    text : str
    model : Model or path, optional
    engine : {"words", "reader", "cascade"}, optional
        See `load_model`.

    Returns
    -------
    Explanation
        What words say is exact: ``intercept`` and ``parts`` add up to their scores before calibration. Where the post
        was read, each part also has what changes for the reader without it. A post that is not Arabic has no parts.

    Raises
    ------
    TypeError
        If ``text`` is not a string.
    """
    model = resolve_model(model, engine)
    prediction = classify(text, model=model)
    intercept, parts = explain_words(text, model.engines.words, model.labels)
    if model.engines.reader is None or not model.reads(text):
        return Explanation(prediction, intercept, parts)
    reading, parts = explain_reading(text, parts, model.engines.reader, model.decisions["reader"])
    return Explanation(prediction, intercept, parts, reading)


def resolve_model(model: Model | str | os.PathLike[str] | None, engine: str | None = None) -> Model:
    """Take a model, a directory, or nothing for the shipped model; directories are loaded once."""
    return _resolved(model).with_engine(engine)


def _resolved(model: Model | str | os.PathLike[str] | None) -> Model:
    if model is None:
        return _shipped_model()
    if isinstance(model, Model):
        return model
    manifest = Path(model) / _MANIFEST
    return _cached_model(Path(model), manifest.stat().st_mtime_ns if manifest.is_file() else 0)


def reopened(path: Path, decisions: Mapping[str, Decision], files: Mapping[str, str], using: str) -> Model:
    """A model that was loaded in another process, from its directory here.

    Parameters
    ----------
    path : Path
        Its directory; one that was opened before is not read again.
    decisions, files, using
        What it had there: its decisions, the hashes of its files (``info["files"]``), its engine.

    Raises
    ------
    ModelError
        If there is no model here, or another one by now.
    """
    found = _resolved(path)
    if found.info["files"] != files:
        raise ModelError(f"the model in {path} was replaced since it was loaded; load it again")
    return Model(path, found.engines, decisions, found.info, using)


@functools.cache
def _shipped_model() -> Model:
    return load_model()


@functools.lru_cache(maxsize=4)
def _cached_model(folder: Path, written: int) -> Model:
    return load_model(folder)
