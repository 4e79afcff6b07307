"""The reader that a model is trained with: one that was just taught, or that of another model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

from evolunteer_nlp.corpus.posts import LabelledPost, read_public_labels, text_id
from evolunteer_nlp.corpus.splits import grouped_folds
from evolunteer_nlp.engine.artefact import READER, load_arrays, no_fit, read_reader, take_arrays
from evolunteer_nlp.engine.reader import Head, Reader
from evolunteer_nlp.text.cleaning import behaviour_hash, tokens
from evolunteer_nlp.text.language import is_arabic
from evolunteer_nlp.training.fit import Examples, Floats, Places, Progress, fit_change, post_weights

_FEWEST = 20
"""New posts from which a reader's head is adapted to them."""
_ANCHORS = 1000
"""Posts it learned from that hold an adapted head in place."""
_FOLDS = 5
_PULLS = (3.0, 10.0, 30.0, 100.0, 300.0)
"""How strongly an adapted head may be held to the one it was; cross-validation on the new posts chooses."""


class ReaderFiles(NamedTuple):
    """A reader, and what it thinks of posts that it has not learned from.

    Attributes
    ----------
    network, tokenizer : bytes
        ONNX, and JSON.
    head : Head
    scores : ndarray of float64, shape (n_posts, n_labels)
        Of the examples it was made for, out of fold; rows of NaN where there are none.
    settings : mapping
        How it was taught, for the manifest.
    remembered : dict
        Out-of-fold scores of posts it learned from before, by `text_id` as a number.
    """

    network: bytes
    tokenizer: bytes
    head: Head
    scores: Floats
    settings: Mapping[str, Any]
    remembered: dict[int, Floats] = {}  # noqa: RUF012  # never changed

    def to_arrays(self, posts: Sequence[LabelledPost]) -> dict[str, npt.NDArray[Any]]:
        """What a model keeps beside the files: the head, numbers and out-of-fold scores of posts; no public ones."""
        public = read_public_labels()
        kept = [i for i, post in enumerate(posts) if not (np.isnan(self.scores[i, 0]) or _is_public(post, public))]
        known = self.remembered | {_number(posts[i]): self.scores[i] for i in kept}
        return {
            "head_weights": np.array(self.head.weights, dtype=np.float32),
            "head_bias": np.array(self.head.bias, dtype=np.float64),
            "read_posts": np.array(list(known), dtype=np.uint64),
            "read_scores": np.array(list(known.values()), dtype=np.float32).ravel(),
        }


def kept_reader(given: Examples, folder: Path, progress: Progress = lambda message: None) -> ReaderFiles | None:
    """Take the reader of a trained model, its head adapted to new posts; None if the reader is of no use here.

    Of the posts that a reader learned from, its model remembers out-of-fold scores, save for public ones, of which it
    keeps no trace: they have no scores here, nor have near-duplicates of either. All others are new: they are read, and
    if there are enough, the head is fitted to them, held to what it was; their scores come from heads that were fitted
    to others of them.

    Raises
    ------
    ModelError
        If there is no model in ``folder``, or a damaged one.
    """
    manifest, arrays = load_arrays(folder)
    if READER[0] not in manifest["files"]:
        progress(f"the model in {folder} has no reader; the new one will label by words alone")
        return None
    for fact, mine, what in (
        (manifest["labels"], given.labels, "knows other labels"),
        (manifest["cleaning"], behaviour_hash(), "was taught on texts cleaned in another way"),
    ):
        if fact != mine:
            progress(f"the reader in {folder} {what} and is left out; --reader fine-tune teaches a new one")
            return None
    network, tokenizer = read_reader(folder, manifest)
    head = Head.from_arrays(arrays, len(given.labels))
    remembered = _remembered(arrays, len(given.labels))
    public = read_public_labels()
    nothing = np.full(len(given.labels), np.nan)
    scores = np.array([remembered.get(_number(post), nothing) for post in given.posts])
    learned = ~np.isnan(scores[:, 0]) | np.array([_is_public(post, public) for post in given.posts])
    is_new = ~np.isin(given.group, given.group[learned])
    new = np.flatnonzero(is_new & np.array([is_arabic(tokens(post.text)) for post in given.posts]))
    settings = manifest["settings"].get("reader", {})
    if len(new):
        progress(f"reading {len(new):,} new posts")
        old = np.flatnonzero(~np.isnan(scores[:, 0]))
        old = np.random.default_rng(0).permutation(old)[:_ANCHORS] if len(new) >= _FEWEST else old[:0]
        reader = Reader(lambda: (network, tokenizer), head)
        embeddings = reader.embeddings([given.posts[i].text for i in (*new, *old)])
        head, scores[new] = _adapted(head, embeddings, given.take(np.concatenate([new, old])), len(new))
        settings = {**settings, "adapted_to": settings.get("adapted_to", 0) + len(new)}
    return ReaderFiles(network, tokenizer, head, scores, settings, remembered)


def _remembered(arrays: Mapping[str, memoryview], n_labels: int) -> dict[int, Floats]:
    posts, scores = take_arrays(arrays, {"read_posts": "Q", "read_scores": "f"})
    if len(scores) != len(posts) * n_labels:
        raise no_fit()
    rows = np.reshape(np.asarray(scores, dtype=np.float64), (-1, n_labels))
    return dict(zip(posts.tolist(), rows, strict=True))


def _is_public(post: LabelledPost, public: Mapping[str, object]) -> bool:
    return post.id in public or text_id(post.text) in public


def _number(post: LabelledPost) -> int:
    return int(text_id(post.text), 16)


def _adapted(head: Head, embeddings: Floats, given: Examples, n_new: int) -> tuple[Head, Floats]:
    """A head fitted to new posts, of which there are so many at the beginning, and their scores out of fold."""
    scores = head.scores(embeddings[:n_new])
    if n_new < _FEWEST:
        return head, scores
    weights = post_weights(given.truth, given.weight, len(given.labels))
    places = np.arange(len(weights))
    folds = list(grouped_folds(given.group[:n_new], _FOLDS, seed=0))
    lowest = np.inf
    for pull in _PULLS:
        found = np.zeros_like(scores)
        for _, held in folds:
            kept = np.delete(places, held)
            refitted = refit_head(head, embeddings[kept], given.truth[kept], weights[kept], pull)
            found[held] = refitted.scores(embeddings[held])
        loss = -(weights[:n_new] * log_softmax(found, axis=1)[places[:n_new], given.truth[:n_new]]).sum()
        if loss < lowest:
            lowest, best, scores = loss, pull, found
    return refit_head(head, embeddings, given.truth, weights, best), scores


def refit_head(head: Head, embeddings: Floats, truth: Places, weights: Floats, pull: float) -> Head:
    """Fit a head to posts, held to the one it was; see `evolunteer_nlp.training.fit.fit_change`.

    Parameters
    ----------
    head : Head
    embeddings : ndarray of float64, shape (n_posts, hidden)
    truth : ndarray of intp, shape (n_posts,)
    weights : ndarray of float64, shape (n_posts,)
        What each post weighs.
    pull : float
        What the squared length of the change costs beside a post's loss.
    """
    change = fit_change(head.scores(embeddings), embeddings, truth, weights, pull)
    return Head((np.array(head.weights) + change.values.T.ravel()).tolist(), (head.bias + change.intercept).tolist())
