"""The words engine for many posts at once: the sums of `evolunteer_nlp.engine.words`, as array operations."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evolunteer_nlp.engine.artefact import no_fit
from evolunteer_nlp.engine.words import WordsArrays
from evolunteer_nlp.text import features
from evolunteer_nlp.text.chunks import TokenChunk, tokenize_chunk
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.language import is_arabic

_BUCKET_BITS = 20
_SHIFT = np.uint64(64 - _BUCKET_BITS)
_WORDS_AT_ONCE = 1 << 14
_WORDS_KEPT = 1 << 18
_POWERS = np.array(features.POWERS, dtype=np.uint64)


class BatchScorer:
    """Scores of many posts; keeps the scores of up to 262,144 words between batches (about 10 MB)."""

    def __init__(self, arrays: WordsArrays) -> None:
        self.intercept = np.frombuffer(arrays.intercept, dtype=np.float64)
        self.n_labels = len(self.intercept)
        self.weights = np.frombuffer(arrays.weights, dtype=np.float32).reshape(-1, self.n_labels)
        if not (np.isfinite(self.weights).all() and np.isfinite(self.intercept).all()):
            raise no_fit()
        numbers = np.frombuffer(arrays.numbers, dtype=np.uint64)
        self.numbers = np.append(numbers, np.uint64(0))  # one more, so that a look behind the last is harmless
        counts = np.bincount((numbers >> _SHIFT).astype(np.intp), minlength=2**_BUCKET_BITS)
        self.inhabited = counts > 0
        self.buckets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.known = np.zeros(0, dtype=np.uint64), np.zeros((0, self.n_labels))  # words in order, and their scores

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """See `WordsEngine.scores_many`."""
        chunk = tokenize_chunk(texts)
        distinct, inverse, words = distinct_tokens(chunk)
        rows = self._scores_of_words(chunk, distinct, words)
        n_tokens = np.diff(chunk.bounds)
        posts = np.repeat(np.arange(len(texts)), n_tokens)
        roots = np.sqrt(np.maximum(n_tokens, 1))
        scores = np.empty((len(texts), self.n_labels))
        for label in range(self.n_labels):
            scores[:, label] = np.bincount(posts, weights=rows[inverse, label], minlength=len(texts)) / roots
        scores += self.intercept
        for post in np.flatnonzero(~chunk.has_arabic_letter()).tolist():
            if not is_arabic(tokens(texts[post])):
                scores[post] = np.nan
        return scores

    def _scores_of_words(
        self, chunk: TokenChunk, which: npt.NDArray[np.int64], words: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.float64]:
        """The scores of the tokens ``which`` of a chunk, whose numbers are ``words``; shape (len(which), n_labels)."""
        known, scores = self.known  # read once: other threads may put larger ones there
        at = np.searchsorted(known, words)
        new = np.ones(len(words), dtype=bool)
        inside = at < len(known)
        new[inside] = known[at[inside]] != words[inside]
        rows = np.empty((len(which), self.n_labels))
        rows[~new] = scores[at[~new]]
        rows[new] = self._compute(chunk, which[new])
        if len(known) + new.sum() <= _WORDS_KEPT:
            merged = np.concatenate([known, words[new]])
            order = np.argsort(merged, kind="stable")
            self.known = merged[order], np.concatenate([scores, rows[new]])[order]
        return rows

    def _compute(self, chunk: TokenChunk, which: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        rows = np.zeros((len(which), self.n_labels))
        for at in range(0, len(which), _WORDS_AT_ONCE):
            block = which[at : at + _WORDS_AT_ONCE]
            owners, numbers = feature_numbers(chunk, block)
            places, found = self._find(numbers)
            owners = owners[places]
            for label in range(self.n_labels):
                weights = self.weights[found, label]
                rows[at : at + len(block), label] = np.bincount(owners, weights=weights, minlength=len(block))
        return rows

    def _find(self, numbers: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
        """Places of those numbers that are features of the model, and the features' rows."""
        bucket = (numbers >> _SHIFT).astype(np.intp)
        inhabited = np.flatnonzero(self.inhabited[bucket])  # a small table, and half of all n-grams are not in it
        bucket, numbers = bucket[inhabited], numbers[inhabited]
        rows, ends = self.buckets[bucket], self.buckets[bucket + 1]
        hit = self.numbers[rows] == numbers
        places, found = [np.flatnonzero(hit)], [rows[hit]]
        rest = np.flatnonzero(~hit & (rows + 1 < ends))  # buckets of several features
        while len(rest):
            rows[rest] += 1
            hit = self.numbers[rows[rest]] == numbers[rest]
            places.append(rest[hit])
            found.append(rows[rest[hit]])
            rest = rest[~hit & (rows[rest] + 1 < ends[rest])]
        return inhabited[np.concatenate(places)], np.concatenate(found)


def distinct_tokens(
    chunk: TokenChunk,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Tell the different tokens of a chunk.

    Returns
    -------
    distinct : ndarray of int64, shape (n_distinct,)
        The first of each kind of token.
    inverse : ndarray of int64, shape (n_tokens,)
        For every token, the place of its like in ``distinct``.
    words : ndarray of uint64, shape (n_distinct,)
        The number of each distinct token, as a string.
    """
    encoded = pa.array(word_numbers(chunk.codes, chunk.starts, chunk.lengths)).dictionary_encode()
    inverse = encoded.indices.to_numpy().astype(np.int64)
    words = encoded.dictionary.to_numpy()
    distinct = np.zeros(len(words), dtype=np.int64)
    distinct[inverse[::-1]] = np.arange(len(inverse))[::-1]  # of equal tokens the first is written last
    return distinct, inverse, words


def word_numbers(
    codes: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """The numbers of slices of ``codes`` as strings; of long ones, only the letters that count are read."""
    letters, places, firsts = _slices(codes, starts, np.minimum(lengths, features.MAX_WORD + 1))
    return np.add.reduceat(letters * _POWERS[places], firsts) if len(firsts) else np.zeros(0, dtype=np.uint64)


def _slices(
    codes: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Slices of an array one after the other; the place of each element in its slice, and where each slice begins."""
    firsts = np.cumsum(lengths) - lengths
    places = np.arange(lengths.sum()) - np.repeat(firsts, lengths)
    return codes[np.repeat(starts, lengths) + places].astype(np.uint64), places, firsts


def feature_numbers(
    chunk: TokenChunk, which: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """The features of the tokens ``which`` of a chunk, as `features.numbers` lists them, in another order.

    Returns
    -------
    owners : ndarray of int64, shape (n_features,)
        Whose feature it is: a place in ``which``.
    numbers : ndarray of uint64, shape (n_features,)
    """
    starts, lengths, is_word = chunk.starts[which], chunk.lengths[which], chunk.is_word[which]
    tagged = chunk.codes[starts] == ord("#")
    starts, lengths = starts + tagged, np.minimum(lengths - tagged, features.MAX_WORD)

    words = word_numbers(chunk.codes, starts, lengths)
    owners = [np.arange(len(which)), np.flatnonzero(tagged), np.flatnonzero(tagged)]
    numbers = [
        np.uint64(features.number("=")) + words * _POWERS[0],
        np.uint64(features.number("=#")) + words[tagged] * _POWERS[1],
        np.full(tagged.sum(), features.number(features.HASHTAG), dtype=np.uint64),
    ]

    owner = np.flatnonzero(is_word)
    letters, _, _ = _slices(chunk.codes, starts[owner], lengths[owner])
    widths = lengths[owner] + 2
    padded = np.full(widths.sum(), ord(" "), dtype=np.uint64)
    padded[np.arange(len(letters)) + 2 * np.repeat(np.arange(len(owner)), lengths[owner]) + 1] = letters
    left = np.repeat(np.cumsum(widths), widths) - np.arange(len(padded))  # letters from here to the end of the word
    whose = np.repeat(owner, widths)
    ngrams = padded * _POWERS[0]
    for n in range(2, features.MAX_NGRAM + 1):
        ngrams = ngrams[: len(padded) - n + 1] + padded[n - 1 :] * _POWERS[n - 1]
        whole = np.flatnonzero(left[: len(ngrams)] >= n)
        owners.append(whose[whole])
        numbers.append(ngrams[whole])
    return np.concatenate(owners), np.concatenate(numbers)
