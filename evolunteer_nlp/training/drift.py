"""Whether posts have moved away from what a model learned: figures of a dump beside those of posts it had not seen.

Labels cannot be checked without readers, so what is compared is what a model meets: words that are not among its
features, and how often it is sure. `train` writes the same figures of its own posts, out of fold, into the manifest
under ``reference``: numbers alone, of which no post can be told.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from evolunteer_nlp.corpus.posts import held_out_files, read_corpus
from evolunteer_nlp.corpus.splits import grouped_folds
from evolunteer_nlp.dumps.exports import open_posts
from evolunteer_nlp.engine.cascade import are_read
from evolunteer_nlp.engine.decision import Columns, Decision
from evolunteer_nlp.model import Model
from evolunteer_nlp.tables.read import Row
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.features import bare, is_word, number
from evolunteer_nlp.text.language import is_arabic
from evolunteer_nlp.training.fit import Examples, Floats, Settings

FEWEST = 100
"""Arabic posts; of fewer, a share of unknown words is uncertain by two points and more."""
MOST_FOREIGN = 0.1
"""Share of posts that are not Arabic; in 51 public sources of 100 Arabic posts or more it is below 0.0005."""
MANY_UNKNOWN = 0.2
"""By how much the share of unknown words may exceed the reference's. Held-out posts have 0.115; of those sources
the most is 0.308 (Tunisian comments, 0.19 more); a few sentences of Urdu and Farsi have 0.41 and 0.45, held-out
posts of shuffled letters 0.68. Where
letters of some held-out words are shuffled until 0.18 more are unknown, macro-F1 falls from 84 to 66."""
SOME_UNKNOWN = 0.1
"""The same, from which measuring is worth the labels: there macro-F1 has fallen by 7 points."""
LEAST_CERTAIN = 0.5
"""Share of the reference's certain posts below which a model is at a loss; held-out appeals keep 0.8 of them when
macro-F1 has fallen by 10 points, and public sources, mostly chatter, have more than the reference."""

_POSTS_AT_ONCE = 8192


class Profile(NamedTuple):
    """What a model meets in some posts; all but the first two figures are of those that are Arabic.

    Attributes
    ----------
    posts : int
    foreign : float
        The share that is not Arabic.
    unknown_words : float
        The share of words, as often as they occur, that are not among the model's features.
    confidence : float
        The mean probability of the label.
    certain : float
        The share of certain labels.
    read : float
        The share read by the reader.
    labels : mapping of str to float
        The share of each label.
    """

    posts: int
    foreign: float
    unknown_words: float
    confidence: float
    certain: float
    read: float
    labels: Mapping[str, float]

    @classmethod
    def of(
        cls,
        decision: Decision,
        columns: Columns,
        words: Sequence[Sequence[str] | None],
        unknown: float,
        read: npt.NDArray[np.bool_],
    ) -> Self:
        """Put figures together.

        Parameters
        ----------
        columns : Columns
            Predictions of the posts.
        words : sequence
            The words of each post, None where it is not Arabic.
        unknown : int
            How many of them the model does not know.
        read : ndarray of bool, shape (n_posts,)
        """
        arabic = np.array([post is not None for post in words])
        n = max(1, arabic.sum())
        n_words = sum(len(post) for post in words if post is not None)
        counts = np.bincount(columns.labels[arabic], minlength=len(decision.labels))
        shares = {
            "foreign": 1 - arabic.mean(),
            "unknown_words": unknown / max(1, n_words),
            "confidence": columns.probabilities[np.arange(len(arabic)), columns.labels][arabic].sum() / n,
            "certain": columns.certain[arabic].sum() / n,
            "read": read[arabic].sum() / n,
        }
        rounded = {name: round(float(share), 4) for name, share in shares.items()}
        labels = dict(zip(decision.labels, (counts / n).round(4).tolist(), strict=True))
        return cls(posts=len(words), **rounded, labels=labels)


class Drift(NamedTuple):
    """A dump beside the reference.

    Attributes
    ----------
    found : Profile
    reference : dict of str to Profile
        By kind of posts.
    from_manifest : bool
        Whether the reference is what the model recorded in training, or of the held-out authored posts.
    advice : str
        Whether to train again, and why.
    """

    found: Profile
    reference: dict[str, Profile]
    from_manifest: bool
    advice: str

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain values, for JSON."""
        reference = {name: known._asdict() for name, known in self.reference.items()}
        return {**self._asdict(), "found": self.found._asdict(), "reference": reference}


def drift(model: Model, texts: Sequence[str]) -> Drift:
    """Compare posts with those a model was trained on.

    A model that was trained before there were references is compared with the held-out authored posts.
    """
    recorded = model.info.get("reference", {}).get(model.using)
    if recorded:
        reference = {name: Profile(**figures) for name, figures in recorded.items()}
    else:
        reference = {"held-out authored": profile(model, [post.text for post in read_corpus(held_out_files())])}
    found = profile(model, texts)
    return Drift(found, reference, bool(recorded), advice(found, reference))


def profile(model: Model, texts: Sequence[str]) -> Profile:
    """What a model meets in posts."""
    words = [_words(text) for text in texts]
    counts = Counter(chain.from_iterable(post for post in words if post))
    numbers = np.array([number("=" + bare(word)) for word in counts], dtype=np.uint64)
    known = np.isin(numbers, np.frombuffer(model.engines.words.arrays.numbers, dtype=np.uint64))
    unknown = sum(count for count, is_known in zip(counts.values(), known, strict=True) if not is_known)
    read = np.array([model.reads(text) for text in texts])
    parts = [model.columns(texts[at : at + _POSTS_AT_ONCE]) for at in range(0, len(texts), _POSTS_AT_ONCE)]
    columns = Columns(*(np.concatenate(field) for field in zip(*parts, strict=True)))
    return Profile.of(model.decision, columns, words, unknown, read)


def advice(found: Profile, reference: Mapping[str, Profile]) -> str:
    """Say in a sentence whether to train again; the thresholds say how they were chosen."""
    more = found.unknown_words - max(known.unknown_words for known in reference.values())
    least = LEAST_CERTAIN * min(known.certain for known in reference.values())
    arabic = round(found.posts * (1 - found.foreign))
    if found.foreign > MOST_FOREIGN:
        return f"{_percent(found.foreign)} of posts are not Arabic: no training helps them; take them out first."
    if arabic < FEWEST:
        return f"{arabic:,} Arabic posts are too few to judge by; bring {FEWEST} or more."
    if more > MANY_UNKNOWN:
        return (
            f"Train again: {_percent(found.unknown_words)} of words are unknown to the model, {_points(more)} points "
            "more than in the reference; beyond 20, labels are often wrong. Label some of these posts: "
            "evolunteer review pick."
        )
    if found.certain < least:
        return (
            f"Train again: {_percent(found.certain)} of labels are certain, less than half as many as in the "
            "reference. Label some of these posts: evolunteer review pick."
        )
    if more > SOME_UNKNOWN:
        return (
            f"Measure before trusting: {_points(more)} points more words are unknown than in the reference. Label a "
            "few hundred of these posts (evolunteer review pick) and evaluate the model on them."
        )
    return "No need to train again: the model knows these words, and is as sure, as in the reference."


def reference(
    given: Examples,
    settings: Settings,
    decisions: Mapping[str, Decision],
    scores_by: Mapping[str, Floats],
    read_from: float | None = None,
) -> dict[str, dict[str, Any]]:
    """The figures of a corpus out of fold, by engine and kind of posts, for a model's manifest.

    A word is known to a post if enough posts outside its fold have it, the rule by which features are kept.
    """
    words = [_words(post.text) for post in given.posts]
    unknown = np.zeros(len(words))
    for fitted, held in grouped_folds(given.group, settings.folds, settings.seed):
        posts_with = Counter(chain.from_iterable(set(words[i] or ()) for i in fitted))
        unknown[held] = [sum(posts_with[word] < settings.min_posts for word in words[i] or ()) for i in held]
    authored = np.array([not post.source for post in given.posts])
    found: dict[str, dict[str, Any]] = {}
    for engine, decision in decisions.items():
        scores = scores_by[engine]
        scored = ~np.isnan(scores[:, 0])
        read = _read(engine, decisions["words"].probabilities_many(scores_by["words"]), decisions["words"], read_from)
        worlds = {"authored": np.flatnonzero(authored & scored), "public": np.flatnonzero(~authored & scored)}
        found[engine] = {
            world: Profile.of(
                decision, decision.predict_many(scores[kept]), [words[i] for i in kept], unknown[kept].sum(), read[kept]
            )._asdict()
            for world, kept in worlds.items()
            if len(kept)
        }
    return found


def _read(engine: str, found: Floats, words: Decision, read_from: float | None) -> npt.NDArray[np.bool_]:
    if engine == "cascade" and read_from is not None:
        return are_read(found, words, read_from)
    return np.full(len(found), engine == "reader")


def _words(text: str) -> list[str] | None:
    """The words of a post, bare of hashtag marks; None where it is not Arabic."""
    found = tokens(text)
    return [bare(token) for token in found if is_word(token)] if is_arabic(found) else None


def sample(path: Path, n: int, column: str | None = None, seed: int = 0) -> list[str]:
    """Draw up to ``n`` posts of a table or an export at random, reading it once (Vitter 1985, https://doi.org/10.1145/3147.3165).

    Raises
    ------
    TableError
        If the table cannot be read or has no column of posts.
    """
    rng = random.Random(seed)  # noqa: S311  # a sample, not a secret
    drawn: list[str] = []
    with open_posts(path) as table:
        column = table.text_column(column)
        values = (row.values.get(column) for row in table.rows if isinstance(row, Row))
        for seen, text in enumerate(value for value in values if isinstance(value, str)):
            if seen < n:
                drawn.append(text)
            elif (place := rng.randrange(seen + 1)) < n:
                drawn[place] = text
    return drawn


def to_text(compared: Drift) -> str:
    """The comparison as a text table, and the advice."""
    columns = {"these posts": compared.found, **compared.reference}
    rows: dict[str, list[str]] = {"posts": [f"{column.posts:,}" for column in columns.values()]}
    for name, field in _ROWS.items():
        rows[name] = [_percent(getattr(column, field)) for column in columns.values()]
    for label in compared.found.labels:
        rows[f"labelled {label}"] = [_percent(column.labels[label]) for column in columns.values()]
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"  {name:>11}" for name in columns)]
    for name, cells in rows.items():
        shown = (f"  {cell:>{max(11, len(column))}}" for cell, column in zip(cells, columns, strict=True))
        lines.append(f"{name:{width}}" + "".join(shown))
    if not compared.from_manifest:
        lines.append("The model has no reference of its own; beside are held-out authored posts, which ask more often.")
    return "\n".join([*lines, "", compared.advice])


_ROWS = {
    "not Arabic": "foreign",
    "words unknown": "unknown_words",
    "mean confidence": "confidence",
    "certain": "certain",
    "read": "read",
}


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{100 * share:.0f}"
