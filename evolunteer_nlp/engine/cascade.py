"""The cascade: words answer what they are sure of, the reader reads the rest.

Words are sure of a post when they give its background label nearly all probability: chatter, of which streams mostly
consist. Every other post is read too, and its probabilities are the mean of what the two find, each calibrated on
posts it had not seen. What comes out is calibrated once more, as any engine's scores are, since a mean of two
calibrated forecasts is not quite calibrated (Ranjan and Gneiting 2010, https://doi.org/10.1111/j.1467-9868.2009.00726.x).
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from evolunteer_nlp.engine.decision import Decision
from evolunteer_nlp.engine.reader import Reader
from evolunteer_nlp.engine.words import WordsEngine

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_LEAST = 1e-12
"""Probabilities below are taken for this, so that they have a logarithm."""


class Cascade(NamedTuple):
    """Two engines and the rule between them.

    Attributes
    ----------
    words, reader : WordsEngine, Reader
    words_decision, reader_decision : Decision
        Their own calibration.
    read_from : float
        Posts are read if words leave this probability, or more, to other labels than the background.
    """

    words: WordsEngine
    reader: Reader
    words_decision: Decision
    reader_decision: Decision
    read_from: float

    def scores(self, text: str) -> tuple[float, ...] | None:
        """The score of each label for one post, a log-probability; None for a post that is not Arabic."""
        scores = self.words.scores(text)
        if scores is None:
            return None
        found = self.words_decision.probabilities(scores)
        if self._is_read(found) and (read := self.reader.scores(text)) is not None:
            found = tuple((a + b) / 2 for a, b in zip(found, self.reader_decision.probabilities(read), strict=True))
        return tuple(math.log(max(_LEAST, share)) for share in found)

    def reads(self, text: str) -> bool:
        """Whether a post is read."""
        scores = self.words.scores(text)
        return scores is not None and self._is_read(self.words_decision.probabilities(scores))

    def _is_read(self, found: Sequence[float]) -> bool:
        background = self.words_decision.background
        return background is None or 1 - found[self.words_decision.labels.index(background)] >= self.read_from

    def scores_many(self, texts: Sequence[str]) -> "npt.NDArray[np.float64]":
        """Return the scores of many posts, shape (n_posts, n_labels); rows of posts that are not Arabic are NaN."""
        import numpy as np

        found = self.words_decision.probabilities_many(self.words.scores_many(texts))
        read = np.flatnonzero(are_read(found, self.words_decision, self.read_from))
        scores = np.full_like(found, np.nan)
        if len(read):
            scores[read] = self.reader.scores_many([texts[i] for i in read.tolist()])
        return combined(found, self.reader_decision.probabilities_many(scores))


def are_read(found: "npt.NDArray[np.float64]", decision: Decision, read_from: float) -> "npt.NDArray[np.bool_]":
    """Which posts a cascade reads, shape (n_posts,), by what their words say; not those that are not Arabic."""
    import numpy as np

    if decision.background is None:
        return ~np.isnan(found[:, 0])
    return np.asarray(1 - found[:, decision.labels.index(decision.background)] >= read_from)


def combined(words: "npt.NDArray[np.float64]", read: "npt.NDArray[np.float64]") -> "npt.NDArray[np.float64]":
    """Scores of a cascade from probabilities by words and by reading; rows of NaN in the latter were not read."""
    import numpy as np

    return np.asarray(np.log(np.maximum(_LEAST, np.where(np.isnan(read), words, (words + read) / 2))))
