"""The words engine: a linear model in which every distinct word is scored once.

Words and the character n-grams inside them depend on a token alone, so a linear model over them gives each token a
fixed row of scores, one a label. A post's score is the sum of its tokens' rows, divided by the square root of their
number (so that a long post is not surer only for being long), plus an intercept. That is a TF-IDF model with inverse
document frequencies folded into the weights; a test holds it equal to scikit-learn's pipeline.

Weights are kept in the order of their features' numbers (`evolunteer_nlp.text.features.number`); ``buckets`` says
where the numbers that share their first `BUCKET_BITS` bits begin. Single posts are scored by the standard library
alone on the mapped file, since importing numpy would take longer than classifying a thousand posts; batches by numpy,
in `evolunteer_nlp.engine.batches`.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

from evolunteer_nlp.engine.artefact import no_fit, take_arrays
from evolunteer_nlp.text import features
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.language import is_arabic

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from evolunteer_nlp.engine.batches import BatchScorer

BUCKET_BITS = 18
_SHIFT = 64 - BUCKET_BITS
_WORDS_KEPT = 1 << 16


class WordsArrays(NamedTuple):
    """The weights of a words engine, as they are stored.

    Attributes
    ----------
    numbers : memoryview of uint64, length n_features
        The features' numbers, ascending.
    buckets : memoryview of uint32, length 2**BUCKET_BITS + 1
        Features whose first bits are ``i`` stand from ``buckets[i]`` up to ``buckets[i + 1]``.
    weights : memoryview of float32, length n_features * n_labels
        Row by row, inverse document frequency included.
    intercept : memoryview of float64, length n_labels
    """

    numbers: memoryview
    buckets: memoryview
    weights: memoryview
    intercept: memoryview


class WordsEngine:
    """Scores of posts by their words.

    Parameters
    ----------
    arrays : WordsArrays
    """

    def __init__(self, arrays: WordsArrays) -> None:
        self.arrays = arrays
        self.n_labels = len(arrays.intercept)
        self.token_scores = functools.lru_cache(maxsize=_WORDS_KEPT)(self._token_scores)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, memoryview], n_labels: int) -> Self:
        """Take the arrays of an artefact, having checked that they belong together.

        Raises
        ------
        ModelError
            If one is missing or their sizes do not fit.
        """
        formats = dict(zip(WordsArrays._fields, "QIfd", strict=True))
        mine = WordsArrays(*take_arrays(arrays, formats))
        fits = (
            len(mine.intercept) == n_labels
            and len(mine.weights) == len(mine.numbers) * n_labels
            and len(mine.buckets) == 2**BUCKET_BITS + 1
            and mine.buckets[0] == 0
            and mine.buckets[-1] == len(mine.numbers)
        )
        if not fits:
            raise no_fit()
        return cls(mine)

    def scores(self, text: str) -> tuple[float, ...] | None:
        """The score of each label for one post; None for a post that is not Arabic."""
        found = tokens(text)
        if not is_arabic(found):
            return None
        root = math.sqrt(len(found))
        try:
            columns = zip(*map(self.token_scores, found), strict=True)
        except IndexError:  # a bucket beyond the end; looking at all of them would double the time of a first post
            raise no_fit() from None
        scores = tuple(start + sum(column) / root for start, column in zip(self.arrays.intercept, columns, strict=True))
        if not math.isfinite(sum(scores)):
            raise no_fit()
        return scores

    def _token_scores(self, token: str) -> tuple[float, ...]:
        """What one token adds to the score of each label, before division by the root of their number."""
        totals = [0.0] * self.n_labels
        known, buckets, weights, _ = self.arrays
        for number in features.numbers(token):
            bucket = number >> _SHIFT
            for row in range(buckets[bucket], buckets[bucket + 1]):  # one feature or two, mostly none
                if known[row] == number:
                    at = row * self.n_labels
                    for label in range(self.n_labels):
                        totals[label] += weights[at + label]
        return tuple(totals)

    @functools.cached_property
    def _batches(self) -> "BatchScorer":
        from evolunteer_nlp.engine.batches import BatchScorer

        return BatchScorer(self.arrays)

    def scores_many(self, texts: Sequence[str]) -> "npt.NDArray[np.float64]":
        """Return the scores of many posts, shape (n_posts, n_labels); rows of posts that are not Arabic are NaN."""
        return self._batches.scores(texts)
