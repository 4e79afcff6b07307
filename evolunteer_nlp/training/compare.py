"""Is one model better than another? Both on the same posts, label by label, with the interval of the difference."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from evolunteer_nlp.corpus.posts import LabelledPost, places
from evolunteer_nlp.errors import CorpusError
from evolunteer_nlp.model import Model
from evolunteer_nlp.training.evaluate import macro_f1, paired_difference
from evolunteer_nlp.training.fit import Places


class Comparison(NamedTuple):
    """Two models on the same posts.

    Attributes
    ----------
    posts : int
    old, new : dict of str to float
        F1 of each label that occurs.
    old_macro_f1, new_macro_f1 : float
    gain, low, high : float
        By how much the new model's macro-F1 is higher, and the 95 % interval of that, from a paired bootstrap.
    only_old_right, only_new_right : int
        Posts that one labels rightly and the other does not.
    """

    posts: int
    old: dict[str, float]
    new: dict[str, float]
    old_macro_f1: float
    new_macro_f1: float
    gain: float
    low: float
    high: float
    only_old_right: int
    only_new_right: int

    @property
    def is_worse(self) -> bool:
        """Whether the new model is significantly worse."""
        return self.high < 0

    @property
    def verdict(self) -> str:
        """The comparison in a sentence."""
        found = "neither better nor worse, as far as these can tell"
        if self.is_worse:
            found = "worse"
        elif self.low > 0:
            found = "better"
        return (
            f"the new model is {found}: {100 * self.gain:+.1f} points of macro-F1 "
            f"(95 % {100 * self.low:+.1f} to {100 * self.high:+.1f})"
        )

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain values, for JSON."""
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in self._asdict().items()}

    def to_text(self) -> str:
        """The comparison as a text table, and the verdict."""
        width = max(len("macro-F1"), *map(len, self.old))
        rows = [(label, self.old[label], self.new[label]) for label in self.old]
        rows.append(("macro-F1", self.old_macro_f1, self.new_macro_f1))
        lines = [f"{self.posts:,} posts".ljust(width) + "    old    new   gain"]
        lines += [f"{name:{width}}  {100 * a:5.1f}  {100 * b:5.1f}  {100 * (b - a):+5.1f}" for name, a, b in rows]
        lines.append(
            f"right only by the old model {self.only_old_right:,}, only by the new one {self.only_new_right:,}"
        )
        return "\n".join([*lines, self.verdict])


def compare_models(old: Model, new: Model, posts: Sequence[LabelledPost]) -> Comparison:
    """Compare two models on labelled posts, which neither should have learned from.

    Raises
    ------
    CorpusError
        If the models have different labels, or a post has another.
    """
    if set(old.labels) != set(new.labels):
        raise CorpusError(f"the models have different labels: {', '.join(old.labels)}; and {', '.join(new.labels)}")
    truth, _ = places(posts, old.labels)
    texts = [post.text for post in posts]
    order = np.array([old.labels.index(label) for label in new.labels])
    return compare(truth, old.columns(texts).labels, order[new.columns(texts).labels], old.labels)


def compare(truth: Places, old: Places, new: Places, labels: Sequence[str]) -> Comparison:
    """Compare what two models say.

    Parameters
    ----------
    truth, old, new : ndarray of intp, shape (n_posts,)
        Places among ``labels``.
    labels : sequence of str
    """
    k = len(labels)
    occurring = np.unique(truth).tolist()
    gain, low, high = paired_difference(truth, new, old, k)
    return Comparison(
        len(truth),
        {labels[i]: macro_f1(truth, old, k, [i]) for i in occurring},
        {labels[i]: macro_f1(truth, new, k, [i]) for i in occurring},
        macro_f1(truth, old, k),
        macro_f1(truth, new, k),
        gain,
        low,
        high,
        int(((old == truth) & (new != truth)).sum()),
        int(((old != truth) & (new == truth)).sum()),
    )
