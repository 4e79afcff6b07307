"""Where in the post as it was typed each token comes from."""

from collections.abc import Callable
from difflib import SequenceMatcher
from re import Match, Pattern

from evolunteer_nlp.text import cleaning

Span = tuple[int, int]
_LONG = 250_000
"""Texts whose lengths multiply to more are not compared letter by letter, which would take seconds."""


def tokens_with_spans(text: str) -> list[tuple[str, Span]]:
    """The tokens of a post, as `cleaning.tokens` gives them, each with the slice of ``text`` that it rests on.

    >>> text = "📣 عااااجل: #ساعد_غيرك"
    >>> [(token, text[start:end]) for token, (start, end) in tokens_with_spans(text)]
    [('📣', '📣'), ('عاجل', 'عااااجل'), ('#ساعد', '#ساعد'), ('#غيرك', '_غيرك')]
    """
    spans = [(at, at + 1) for at in range(len(text))]
    for trigger, pattern, replacement in cleaning.REPAIRS:
        if trigger(text):
            text, spans = _rewrite(text, spans, pattern, replacement)
    folded = [(cleaning.fold_char(char), span) for char, span in zip(text, spans, strict=True)]
    text, spans = "".join(char for char, _ in folded), [span for char, span in folded if char]
    text, spans = _rewrite(text, spans, cleaning.ELONGATION, lambda match: match[1])
    found = []
    for match in cleaning.TOKEN.finditer(text):
        covered = [span for span in spans[match.start() : match.end()] if span[0] < span[1]]
        found.append((match[0], (covered[0][0], covered[-1][1]) if covered else spans[match.start()]))
    return found


def _rewrite(
    text: str, spans: list[Span], pattern: Pattern[str], replacement: Callable[[Match[str]], str]
) -> tuple[str, list[Span]]:
    """``pattern.sub(replacement, text)``, and the span of each of its characters."""
    pieces: list[str] = []
    kept: list[Span] = []
    done = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = replacement(match)
        pieces += [text[done:start], new]
        kept += spans[done:start] + _align(match[0], new, spans[start:end])
        done = end
    return "".join([*pieces, text[done:]]), kept + spans[done:]


def _align(old: str, new: str, spans: list[Span]) -> list[Span]:
    """Spans for the characters of ``new``: their own where they stand in ``old``, else those of what they replace."""
    placeholder = new.startswith(" <")
    if spans and (placeholder or len(old) * len(new) > _LONG):  # rests on all that it stands for
        return [(spans[0][0], spans[-1][1])] * len(new)
    aligned: list[Span] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            aligned += spans[start:end]
        elif kind == "insert":
            at = spans[start - 1][1] if start else spans[0][0]
            aligned += [(at, at)] * (new_end - new_start)
        else:
            aligned += [(spans[start][0], spans[end - 1][1])] * (new_end - new_start)
    return aligned
