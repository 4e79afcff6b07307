"""Why a post got its scores."""

import math
from collections.abc import Sequence
from dataclasses import replace

from evolunteer_nlp.engine.decision import Decision
from evolunteer_nlp.engine.reader import LONGEST, Reader
from evolunteer_nlp.engine.words import WordsEngine
from evolunteer_nlp.prediction import ByLabel, Part
from evolunteer_nlp.text.language import is_arabic
from evolunteer_nlp.text.spans import tokens_with_spans

_LEAST = 1e-12


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


def explain_reading(
    text: str, parts: Sequence[Part], reader: Reader, decision: Decision
) -> tuple[ByLabel, tuple[Part, ...]]:
    """Read a post as it is and once without each of its tokens (occlusion; Zeiler and Fergus 2014, arXiv:1311.2901).

    Where nothing Arabic is left without a token, the prior stands for what reading would find.

    Returns
    -------
    probabilities : mapping of str to float
        What reading alone finds.
    parts : tuple of Part
        The same parts, with ``reading`` filled in.
    """
    read = parts[:LONGEST]  # a token is a piece or more: what follows is not read
    text = text[: read[-1].end] if len(read) < len(parts) else text
    without = [text[: part.start] + " " + text[part.end :] for part in read]
    columns = decision.predict_many(reader.scores_many([text, *without]))
    whole, *rest = columns.probabilities.tolist()
    labels = decision.labels

    def change(left: Sequence[float]) -> ByLabel:
        return ByLabel(
            labels, tuple(math.log(max(a, _LEAST) / max(b, _LEAST)) for a, b in zip(whole, left, strict=True))
        )

    changes = [change(left) for left in rest] + [change(whole)] * (len(parts) - len(read))
    return ByLabel(labels, tuple(whole)), tuple(
        replace(part, reading=found) for part, found in zip(parts, changes, strict=True)
    )
