"""What is wrong with a corpus, with file and row."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from evolunteer_nlp.corpus.keys import CAUSES, DIALECTS, PLATFORMS, VOICES
from evolunteer_nlp.corpus.measures import CHANCE, MOST_LEAKAGE, MOST_REPEATED, OVERALL, PUBLIC, Measures
from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.text.cleaning import clean
from evolunteer_nlp.text.near_duplicates import near_duplicates

_ENOUGH_POSTS = 1000


class Finding(NamedTuple):
    """One thing found: its kind, where, and in words."""

    kind: str
    where: str
    message: str


def check_corpus(posts: Sequence[LabelledPost], labels: Sequence[str], background: str | None) -> list[Finding]:
    """Look for empty posts, unknown labels and keys, duplicates and contradictions.

    Parameters
    ----------
    posts : sequence of LabelledPost
    labels : sequence of str
        The labels there may be.
    background : str or None
        The label of posts that ask nothing; it cannot be a second label.

    Returns
    -------
    list of Finding
        Kinds are ``empty``, ``unknown_label``, ``unknown_key``, ``conflict`` (the same text with two labels),
        ``duplicate`` (the same text twice) and ``near_duplicate``; posts of one minimal pair may be near-duplicates.
    """
    return [*_values(posts, labels, background), *_same_text(posts), *_nearly_same_text(posts)]


def check_templates(measured: Mapping[str, Measures]) -> list[Finding]:
    """Look for signs of templates in the measures of batches, and of all of them under `OVERALL`.

    Returns
    -------
    list of Finding
        Kinds are ``openings`` (too many repeat) and ``leakage`` (labels can be told without reading, far better than
        those of public posts). Leakage is judged over all batches, and from 1,000 posts: in fewer it is mostly noise.
    """
    found = []
    for name, measures in measured.items():
        if measures.repeated_openings > MOST_REPEATED:
            message = f"{100 * measures.repeated_openings:.1f} % of posts open as more than three others do"
            found.append(Finding("openings", name, message))
    overall = measured.get(OVERALL)
    for feature, score in overall.leakage.items() if overall and overall.posts >= _ENOUGH_POSTS else ():
        most = PUBLIC.leakage.get(feature, CHANCE) + MOST_LEAKAGE  # nothing is known of the dialects of public posts
        if score > most:
            message = f"{feature} alone tells labels with macro-F1 {score:.3f}; at most {most:.3f} may be"
            found.append(Finding("leakage", OVERALL, message))
    return found


def _values(posts: Sequence[LabelledPost], labels: Sequence[str], background: str | None) -> list[Finding]:
    found = []
    for post in posts:
        if not clean(post.text):
            found.append(Finding("empty", post.where, "the post has no words"))
        if post.label not in labels:
            found.append(Finding("unknown_label", post.where, f"{post.label!r} is none of {', '.join(labels)}"))
        if post.also is not None and (post.also not in labels or post.also in (post.label, background)):
            found.append(Finding("unknown_label", post.where, f"{post.also!r} cannot be a second label here"))
        if post.batch:
            keys = (("cause", CAUSES), ("voice", VOICES), ("dialect", DIALECTS), ("platform", PLATFORMS))
            for name, known in keys:
                if getattr(post, name) not in known:
                    found.append(Finding("unknown_key", post.where, f"{name} {getattr(post, name)!r}"))
    return found


def _same_text(posts: Sequence[LabelledPost]) -> list[Finding]:
    same: defaultdict[str, list[LabelledPost]] = defaultdict(list)
    for post in posts:
        same[clean(post.text)].append(post)
    found = []
    for text, twins in same.items():
        for first, second in pairwise(twins):
            if text and first.label != second.label:
                message = f"{second.label} here, {first.label} in {first.where}, and the same text"
                found.append(Finding("conflict", second.where, message))
            elif text:
                found.append(Finding("duplicate", second.where, f"the same text as {first.where}"))
    return found


def _nearly_same_text(posts: Sequence[LabelledPost]) -> list[Finding]:
    return [
        Finding("near_duplicate", posts[j].where, f"{100 * similarity:.0f} % like {posts[i].where}")
        for i, j, similarity in unpaired_near_duplicates(posts)
        if similarity < 1
    ]


def unpaired_near_duplicates(posts: Sequence[LabelledPost]) -> list[tuple[int, int, float]]:
    """The near-duplicates of `near_duplicates` that are no minimal pair."""
    return [
        (i, j, similarity)
        for i, j, similarity in near_duplicates([post.text for post in posts])
        if not (posts[i].pair and posts[i].pair == posts[j].pair)
    ]
