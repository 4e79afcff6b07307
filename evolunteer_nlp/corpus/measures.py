"""What betrays a template: openings that repeat, few distinct words, labels that can be told without reading.

Figures mean something only beside those of real posts, so `PUBLIC` keeps the same figures of the labelled public posts,
whose texts are not here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from types import MappingProxyType
from typing import Any
from unicodedata import category

import numpy as np
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_sample_weight

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.text.cleaning import tokens

OVERALL = "all"
"""Where the measures of all batches together stand."""
PUBLIC_POSTS = "public posts"
"""Where those of public posts stand."""
OPENING_WORDS = 3
REPEATED_FROM = 5
"""An opening is repeated if more than three *other* posts have it."""
MOST_REPEATED = 0.02
MOST_LEAKAGE = 0.05
_WINDOW = 5000
_DRAWS = 20
_FEWEST = 20
_LABELS = 4
"""With fewer labels chance is higher, and nothing to compare with."""
CHANCE = 1 / _LABELS


@dataclass(frozen=True)
class Measures:
    """How varied some posts are, and how far their labels can be told without reading them.

    Attributes
    ----------
    posts : int
    repeated_openings : float
        The share of posts whose first three words occur in more than three others.
    type_token_ratio, distinct_2 : float
        Distinct words to words, and distinct pairs of words to pairs (Li et al. 2016,
        https://aclanthology.org/N16-1014), among 5,000 words of random posts, so that corpora of all sizes compare.
    leakage : mapping of str to float
        Macro-F1, with labels weighing equally, of a decision tree on length, emoji, platform or dialect alone, and on
        the first three together; out of fold. Empty where one of the four labels has fewer than 20 posts.
    """

    posts: int
    repeated_openings: float
    type_token_ratio: float
    distinct_2: float
    leakage: Mapping[str, float]


PUBLIC = Measures(
    posts=13718,
    repeated_openings=0.0233,
    type_token_ratio=0.640,
    distinct_2=0.948,
    leakage=MappingProxyType({"length": 0.341, "emoji": 0.188, "platform": 0.241, "all but dialect": 0.402}),
)
"""The public posts of split train, as ``evolunteer corpus check --reference public-posts.jsonl`` measures them."""


def measure(posts: Sequence[LabelledPost]) -> Measures:
    """Measure one or more posts."""
    words = [tokens(post.text) for post in posts]
    openings = Counter(tuple(post[:OPENING_WORDS]) for post in words if len(post) >= OPENING_WORDS)
    repeated = sum(count for count in openings.values() if count >= REPEATED_FROM)
    ratios = np.mean(list(_ratios(words)), axis=0)
    return Measures(len(posts), repeated / len(posts), float(ratios[0]), float(ratios[1]), _leakage(posts))


def measure_batches(posts: Sequence[LabelledPost]) -> dict[str, Measures]:
    """Measure authored posts by the file they were written for, and all together; nothing if none is authored."""
    batches: defaultdict[str, list[LabelledPost]] = defaultdict(list)
    for post in posts:
        if post.batch:
            batches[post.batch].append(post)
    if batches:
        batches[OVERALL] = list(chain.from_iterable(batches.values()))
    return {name: measure(members) for name, members in batches.items()}


def to_text(measured: Mapping[str, Measures]) -> str:
    """Measures as text tables, a row a name; `PUBLIC` stands below unless ``measured`` has public posts of its own."""
    rows = {**measured, PUBLIC_POSTS: measured.get(PUBLIC_POSTS, PUBLIC)}
    width = max(map(len, rows))
    lines = [f"{'':{width}}  posts  openings repeated  distinct-2  type-token ratio"]
    for name, row in rows.items():
        repeated = f"{100 * row.repeated_openings:.1f} %"
        lines.append(
            f"{name:{width}} {row.posts:6,}  {repeated:>17}  {row.distinct_2:10.3f}  {row.type_token_ratio:16.3f}"
        )
    lines.append("labels told without reading, macro-F1")
    for name, row in rows.items():
        if row.leakage:
            lines.append(f"{name:{width}} " + ", ".join(f"{by} {score:.3f}" for by, score in row.leakage.items()))
    return "\n".join(lines)


def shared_vocabulary(posts: Sequence[LabelledPost], others: Sequence[LabelledPost]) -> float:
    """The share of the words of ``posts``, as often as they occur, that occur in ``others`` at all."""
    known = set(chain.from_iterable(tokens(post.text) for post in others))
    words = list(chain.from_iterable(tokens(post.text) for post in posts))
    return sum(word in known for word in words) / len(words)


def _ratios(posts: Sequence[Sequence[str]]) -> Iterator[tuple[float, float]]:
    rng = np.random.default_rng(0)
    for _ in range(_DRAWS):
        words: list[str] = []
        together: list[tuple[str, str]] = []
        for i in rng.permutation(len(posts)):
            words += posts[i]
            together += pairwise(posts[i])
            if len(words) >= _WINDOW:
                break
        yield len(set(words)) / max(1, len(words)), len(set(together)) / max(1, len(together))


def _leakage(posts: Sequence[LabelledPost]) -> dict[str, float]:
    labels = [post.label for post in posts]
    counts = Counter(labels)
    if len(counts) != _LABELS or min(counts.values()) < _FEWEST:
        return {}
    columns: dict[str, list[Any]] = {
        "length": [[len(post.text.split()) for post in posts], [len(post.text) for post in posts]],
        "emoji": [[sum(category(char) == "So" for char in post.text) for post in posts]],
        "platform": _indicators([post.platform for post in posts]),
        "dialect": _indicators([post.dialect for post in posts]),
    }
    columns["all but dialect"] = columns["length"] + columns["emoji"] + columns["platform"]
    weight = compute_sample_weight("balanced", labels)
    tree = DecisionTreeClassifier(max_depth=5, min_samples_leaf=10, class_weight="balanced", random_state=0)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return {
        name: float(
            f1_score(
                labels,
                cross_val_predict(tree, np.array(values, dtype=float).T, labels, cv=folds),
                average="macro",
                sample_weight=weight,
                zero_division=0,
            )
        )
        for name, values in columns.items()
        if values
    }


def _indicators(values: Sequence[str]) -> list[list[bool]]:
    """A column a value; none where nothing is known, as of the dialects of public posts."""
    return [[value == one for value in values] for one in sorted(set(values) - {""})]
