"""Posts as rows of a sparse matrix of features, computed word by word."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from evolunteer_nlp.errors import CorpusError
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.features import features, number


class FeatureMatrix(NamedTuple):
    """Feature counts of posts, each row divided by the root of the post's number of tokens.

    Attributes
    ----------
    values : csr_array of float64, shape (n_posts, n_features)
    names : list of str
    numbers : ndarray of uint64, shape (n_features,)
        See `evolunteer_nlp.text.features.number`; no two are equal.
    """

    values: sp.csr_array
    names: list[str]
    numbers: npt.NDArray[np.uint64]


def feature_matrix(texts: Sequence[str], min_posts: int = 1, names: Sequence[str] | None = None) -> FeatureMatrix:
    """Count the features of posts.

    Parameters
    ----------
    texts : sequence of str
    min_posts : int
        Features that fewer posts have are left out.
    names : sequence of str, optional
        Count these features, whatever their frequency; all that occur if left out.

    Raises
    ------
    CorpusError
        If two features share a number, which is expected once in some ten million corpora.
    """
    word_ids: dict[str, int] = {}
    posts_words = [Counter(word_ids.setdefault(token, len(word_ids)) for token in tokens(text)) for text in texts]
    feature_ids: dict[str, int] = {name: i for i, name in enumerate(names or ())}
    words_features = [
        Counter(feature_ids.setdefault(name, len(feature_ids)) for name in features(word)) for word in word_ids
    ]
    counts = _csr(posts_words, len(word_ids)) @ _csr(words_features, len(feature_ids))
    kept = np.flatnonzero(counts.count_nonzero(axis=0) >= min_posts) if names is None else np.arange(len(names))
    every = list(feature_ids)
    names = [every[i] for i in kept.tolist()]
    numbers = np.array([number(name) for name in names], dtype=np.uint64)
    if len(np.unique(numbers)) < len(numbers):
        raise CorpusError("two features share a number; change MULTIPLIER in evolunteer_nlp/text/features.py")
    n_tokens = np.array([max(1, words.total()) for words in posts_words])
    return FeatureMatrix(sp.csr_array(sp.diags_array(1 / np.sqrt(n_tokens)) @ counts[:, kept]), names, numbers)


def _csr(rows: Sequence[Counter[int]], n_columns: int) -> sp.csr_array:
    lengths = [len(row) for row in rows]
    columns = np.fromiter((column for row in rows for column in row), dtype=np.int64, count=sum(lengths))
    values = np.fromiter((value for row in rows for value in row.values()), dtype=np.float64, count=sum(lengths))
    return sp.csr_array((values, columns, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(rows), n_columns))
