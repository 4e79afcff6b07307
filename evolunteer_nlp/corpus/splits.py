"""Who may stand on which side of a split."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from evolunteer_nlp.corpus.posts import LabelledPost, read_public_labels, text_id
from evolunteer_nlp.text.near_duplicates import clusters, near_duplicates


def groups(posts: Sequence[LabelledPost]) -> npt.NDArray[np.int64]:
    """Number each post's group, shape (n_posts,): near-duplicates and minimal pairs stay together."""
    links = [(i, j) for i, j, _ in near_duplicates([post.text for post in posts])]
    first: dict[str, int] = {}
    for i, post in enumerate(posts):
        if post.pair:
            links.append((first.setdefault(post.pair, i), i))
    return np.array(clusters(len(posts), iter(links)), dtype=np.int64)


def grouped_folds(
    group: npt.NDArray[np.int64], n_folds: int, seed: int
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Yield ``n_folds`` pairs of places, to fit on and held out; a group is never on both sides."""
    names, member = np.unique(group, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(names)) % n_folds
    for held in range(n_folds):
        yield np.flatnonzero(fold[member] != held), np.flatnonzero(fold[member] == held)


def origins(posts: Sequence[LabelledPost]) -> list[str]:
    """Where each post is from: its source if it is public, else its batch; evaluation leaves one out at a time."""
    return [post.source or post.batch or "own" for post in posts]


def without_dev(posts: Sequence[LabelledPost]) -> tuple[list[LabelledPost], int]:
    """Leave out what may not be trained on: public posts of split dev, and near-duplicates of them.

    Returns
    -------
    kept : list of LabelledPost
    n_left_out : int
    """
    dev = {id for id, label in read_public_labels().items() if label.split == "dev"}
    barred = {i for i, post in enumerate(posts) if post.split == "dev" or {post.id, text_id(post.text)} & dev}
    if barred:
        near = [{i, j} for i, j, _ in near_duplicates([post.text for post in posts])]
        barred |= {i for pair in near if pair & barred for i in pair}
    return [post for i, post in enumerate(posts) if i not in barred], len(barred)
