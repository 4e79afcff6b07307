"""Which labels of a corpus a model that has not seen them disputes, and the words behind each dispute.

A label is disputed by confident learning (Northcutt et al. 2021, https://doi.org/10.1613/jair.1.12125), as cleanlab
finds it: another label's probability reaches the mean that it has among posts of that label, so that labels of which
the model is never sure are held to less.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.engine.explain import explain_words
from evolunteer_nlp.engine.words import WordsArrays, WordsEngine
from evolunteer_nlp.training.calibrate import cross_validate
from evolunteer_nlp.training.fit import Examples, Places, Progress, Settings, examples
from evolunteer_nlp.training.train import words_arrays

_WORDS_SHOWN = 5


class Dispute(NamedTuple):
    """A post whose label is disputed.

    Attributes
    ----------
    post : LabelledPost
    suggested : str
        The label the post would get.
    probability, given_probability : float
        Of the suggested label and of the given one, out of fold and calibrated at the stated prior.
    words : tuple of str
        Up to five words of the post that speak most for the suggested label rather than the given one, the strongest
        first, to a model of the posts that are not disputed.
    """

    post: LabelledPost
    suggested: str
    probability: float
    given_probability: float
    words: tuple[str, ...]


def audit(
    posts: Sequence[LabelledPost],
    settings: Settings | None = None,
    *,
    jobs: int = 1,
    progress: Progress = lambda message: None,
) -> list[Dispute]:
    """Cross-validate on labelled posts and list those whose label is disputed, the most confident dispute first.

    Parameters
    ----------
    posts : sequence of LabelledPost
        Public posts of split dev are left out, as `evolunteer_nlp.training.train.train` does. A second label of a post
        is never disputed.
    settings : Settings, optional
    jobs : int
        Processes, -1 for all cores.
    progress : callable, optional
        Told what is being done.
    """
    from cleanlab.filter import find_label_issues

    settings = settings or Settings()
    given = examples(posts, settings, progress)
    scores, decision = cross_validate(given, settings, jobs, progress)
    found = decision.probabilities_many(scores)
    best = found.argmax(axis=1)
    disputed = find_label_issues(
        given.truth,
        found,
        filter_by="confident_learning",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    disputed = disputed[best[disputed] != given.also[disputed]]
    progress("looking for the words behind disputes")
    engine = _undisputed_words(given, disputed, settings)
    return [
        Dispute(
            given.posts[i],
            given.labels[best[i]],
            float(found[i, best[i]]),
            float(found[i, given.truth[i]]),
            _words(given.posts[i], given.labels[best[i]], engine, tuple(given.labels)),
        )
        for i in disputed
    ]


def _undisputed_words(given: Examples, disputed: Places, settings: Settings) -> WordsEngine:
    """A words engine that has not learned from disputed labels, unless a label has no other posts."""
    kept = np.setdiff1d(np.arange(len(given.truth)), disputed)
    if len(np.unique(given.truth[kept])) == len(given.labels):
        given = given.take(kept)
    arrays = words_arrays(given.features.numbers, given.fit(settings))
    typed = zip(WordsArrays._fields, "QIfd", strict=True)
    return WordsEngine(WordsArrays(*(arrays[name].ravel().astype(code).data for name, code in typed)))


def _words(post: LabelledPost, suggested: str, engine: WordsEngine, labels: tuple[str, ...]) -> tuple[str, ...]:
    _, parts = explain_words(post.text, engine, labels)
    strength: dict[str, float] = {}
    for part in parts:
        word = post.text[part.start : part.end]
        strength[word] = strength.get(word, 0) + part.log_odds[suggested] - part.log_odds[post.label]
    strongest = sorted(strength, key=lambda word: -strength[word])[:_WORDS_SHOWN]
    return tuple(word for word in strongest if strength[word] > 0)
