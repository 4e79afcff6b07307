"""Who may stand on which side of a split."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evolunteer_nlp.corpus.posts import LabelledPost, held_out_files, read_corpus, read_public_labels, text_id
from evolunteer_nlp.text.near_duplicates import clusters, near_duplicates


class Trainable(NamedTuple):
    """Posts that may be trained on.

    Attributes
    ----------
    posts : list of LabelledPost
    groups : ndarray of int64, shape (n_posts,)
        Near-duplicates and minimal pairs share a number.
    left_out : int
        Posts that may not: public posts of split dev, held-out authored ones, and near-duplicates of either.
    """

    posts: list[LabelledPost]
    groups: npt.NDArray[np.int64]
    left_out: int


def trainable(posts: Sequence[LabelledPost]) -> Trainable:
    """Leave out what is kept for measuring, and group the rest."""
    measured = measured_ids()
    links = [(i, j) for i, j, _ in near_duplicates([post.text for post in posts])]
    barred = {i for i, post in enumerate(posts) if post.split == "dev" or {post.id, text_id(post.text)} & measured}
    barred |= {i for pair in links if barred.intersection(pair) for i in pair}
    first: dict[str, int] = {}
    links += [(first.setdefault(post.pair, i), i) for i, post in enumerate(posts) if post.pair]
    kept = [i for i in range(len(posts)) if i not in barred]
    group = np.array(clusters(len(posts), links), dtype=np.int64)[kept]
    return Trainable([posts[i] for i in kept], group, len(barred))


def measured_ids() -> frozenset[str]:
    """The ids of the project's posts that are kept for measuring: public ones of split dev, held-out authored ones."""
    public = {id for id, label in read_public_labels().items() if label.split == "dev"}
    return frozenset(public | {post.id for post in read_corpus(held_out_files())})


def grouped_folds(
    group: npt.NDArray[np.int64], n_folds: int, seed: int
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Yield ``n_folds`` pairs of places, to fit on and held out; a group is never on both sides."""
    names, member = np.unique(group, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(names)) % n_folds
    for held in range(n_folds):
        yield np.flatnonzero(fold[member] != held), np.flatnonzero(fold[member] == held)


def left_out_folds(
    names: Sequence[str], group: npt.NDArray[np.int64], n_folds: int
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Leave out whole batches or sources, the ``n``-th of every ``n_folds`` together.

    Parameters
    ----------
    names : sequence of str
        The batch or source of each post; posts without one (empty) are only ever fitted on.
    group : ndarray of int64, shape (n_posts,)
        Posts of a group with a held-out one are not fitted on.
    n_folds : int
        At least the number of names leaves one out at a time.

    Yields
    ------
    fitted, held : ndarray of intp
        Places.
    """
    of = np.array(names)
    distinct = sorted(set(names) - {""})
    for fold in range(min(n_folds, len(distinct))):
        held = np.isin(of, distinct[fold::n_folds])
        yield np.flatnonzero(~np.isin(group, group[held])), np.flatnonzero(held)
