"""Why a post got its scores."""

import math

from evolunteer_nlp.engine.words import WordsEngine
from evolunteer_nlp.prediction import ByLabel, Part
from evolunteer_nlp.text.language import is_arabic
from evolunteer_nlp.text.spans import tokens_with_spans


def explain_words(text: str, engine: WordsEngine, labels: tuple[str, ...]) -> tuple[ByLabel, tuple[Part, ...]]:
    """Take the scores of `WordsEngine.scores` apart, exactly.

    Returns
    -------
    intercept : mapping of str to float
    parts : tuple of Part
        One a token; none for a post that is not Arabic.
    """
    intercept = ByLabel(labels, tuple(engine.arrays.intercept))
    found = tokens_with_spans(text)
    if not is_arabic(token for token, _ in found):
        return intercept, ()
    root = math.sqrt(len(found))
    return intercept, tuple(
        Part(start, end, token, ByLabel(labels, tuple(score / root for score in engine.token_scores(token))))
        for token, (start, end) in found
    )
