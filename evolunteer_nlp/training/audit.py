"""Which labels of a corpus a model that has not seen them disputes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.training.calibrate import cross_validate
from evolunteer_nlp.training.fit import Progress, Settings, examples


class Dispute(NamedTuple):
    """A post whose label is disputed.

    Attributes
    ----------
    post : LabelledPost
    suggested : str
        The label the post would get.
    probability, given_probability : float
        Of the suggested label and of the given one, out of fold and calibrated at the stated prior.
    """

    post: LabelledPost
    suggested: str
    probability: float
    given_probability: float


def audit(
    posts: Sequence[LabelledPost],
    min_probability: float = 0.8,
    settings: Settings | None = None,
    *,
    jobs: int = 1,
    progress: Progress = lambda message: None,
) -> list[Dispute]:
    """Cross-validate on labelled posts and list those whose label is disputed, the most confident dispute first.

    Parameters
    ----------
    posts : sequence of LabelledPost
        Public posts of split dev are left out, as `evolunteer_nlp.training.train.train` does.
    min_probability : float
        A dispute needs this probability for another label; neither the label nor the second label of the post.
    settings : Settings, optional
    jobs : int
        Processes, -1 for all cores.
    progress : callable, optional
        Told what is being done.
    """
    settings = settings or Settings()
    given = examples(posts, settings, progress)
    scores, decision = cross_validate(given, settings, jobs, progress)
    probabilities = decision.predict_many(scores).probabilities
    best = probabilities.argmax(axis=1)
    highest = probabilities.max(axis=1)
    disputed = np.flatnonzero((best != given.truth) & (best != given.also) & (highest >= min_probability))
    return [
        Dispute(given.posts[i], given.labels[best[i]], float(highest[i]), float(probabilities[i, given.truth[i]]))
        for i in disputed[np.argsort(-highest[disputed], kind="stable")]
    ]
