"""The reader: a small transformer encoder that reads a post's words in their order, by ONNX Runtime.

It is a hundred times slower than words and knows what they cannot: tense, negation, who is addressed. Weights and
activations are integers of 8 bits with fixed scales, so a post's scores do not depend on the posts it is read with.

Threads: a process opens one session, at the first post it reads, and any number of threads may use it; ONNX Runtime
spreads each call over as many cores as ``OMP_NUM_THREADS`` says, else over two at most. A process that was forked opens
its own; one made by a bare ``os.fork`` should leave by ``os._exit``, as with any library that has threads.
"""

import math
import os
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from evolunteer_nlp.engine.artefact import no_fit, take_arrays
from evolunteer_nlp.errors import ModelError
from evolunteer_nlp.text.cleaning import clean, tokens
from evolunteer_nlp.text.language import is_arabic

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from tokenizers import Tokenizer

Tokens = list[int]

LONGEST = 192
"""Tokens of a post that are read."""
PADDING = 1
"""The id of the padding piece; the network leaves it out."""
_AT_ONCE = 32

_readers: "weakref.WeakSet[Reader]" = weakref.WeakSet()
_of_parents: list[object] = []
"""What was open when this process was forked: ending it here would wait for threads that are not here."""


class Head(NamedTuple):
    """What turns a post's embedding into scores: a linear model.

    Attributes
    ----------
    weights : list of float, length n_labels * hidden
        Label by label.
    bias : list of float, length n_labels
    """

    weights: list[float]
    bias: list[float]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, memoryview], n_labels: int) -> Self:
        """Take the arrays of an artefact, having checked that they belong together.

        Raises
        ------
        ModelError
            If one is missing or their sizes do not fit.
        """
        weights, bias = take_arrays(arrays, {"head_weights": "f", "head_bias": "d"})
        if len(bias) != n_labels or len(weights) % n_labels or not math.isfinite(sum(weights) + sum(bias)):
            raise no_fit()
        return cls(list(map(float, weights)), list(map(float, bias)))

    def scores(self, embeddings: "npt.NDArray[np.float64]") -> "npt.NDArray[np.float64]":
        """Scores of posts, shape (n_posts, n_labels), from embeddings, (n_posts, hidden)."""
        import numpy as np

        return np.asarray(embeddings @ np.reshape(self.weights, (len(self.bias), -1)).T + self.bias)


class Reader:
    """Scores of posts by reading them.

    Parameters
    ----------
    files : callable
        Called at the first post; returns the bytes of the network (ONNX) and of the tokenizer (JSON).
    head : Head
    """

    def __init__(self, files: Callable[[], tuple[bytes, bytes]], head: Head) -> None:
        self._files = files
        self._head = head
        self._lock = threading.Lock()
        self._opened: tuple[Any, Tokenizer] | None = None
        _readers.add(self)

    def scores(self, text: str) -> tuple[float, ...] | None:
        """The score of each label for one post; None for a post that is not Arabic."""
        row = self.scores_many([text])[0].tolist()
        return None if row[0] != row[0] else tuple(row)

    def scores_many(self, texts: Sequence[str]) -> "npt.NDArray[np.float64]":
        """Return the scores of many posts, shape (n_posts, n_labels); rows of posts that are not Arabic are NaN."""
        import numpy as np

        scores = np.full((len(texts), len(self._head.bias)), np.nan)
        arabic = [i for i, text in enumerate(texts) if is_arabic(tokens(text))]
        if arabic:
            scores[arabic] = self._head.scores(self.embeddings([texts[i] for i in arabic]))
        return scores

    def embeddings(self, texts: Sequence[str]) -> "npt.NDArray[np.float64]":
        """Means of the last layer over a post's tokens, shape (n_posts, hidden); one post or more, all Arabic.

        Raises
        ------
        ModelError
            If the model's reader is not one that this library wrote.
        """
        import numpy as np

        session, tokenizer = self._open()
        try:
            found = self._embedded(session, tokenizer, texts)
        except Exception as error:  # onnxruntime and tokenizers raise whatever they please
            raise ModelError(f"the model's reader cannot read ({error}); copy it again") from error
        if found.shape != (len(texts), len(self._head.weights) // len(self._head.bias)) or not np.isfinite(found).all():
            raise ModelError("the model's reader gives no embeddings that fit its head; copy it again")
        return found

    def _embedded(self, session: Any, tokenizer: "Tokenizer", texts: Sequence[str]) -> "npt.NDArray[np.float64]":
        import numpy as np

        ids = tokenize(tokenizer, [clean(text) for text in texts])
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))  # so that little is padded
        found = []
        for start in range(0, len(order), _AT_ONCE):
            members = order[start : start + _AT_ONCE]
            batch = np.full((len(members), len(ids[members[-1]])), PADDING, dtype=np.int64)
            for row, i in enumerate(members):
                batch[row, : len(ids[i])] = ids[i]
            found += session.run(["embedding"], {"ids": batch})
        return np.asarray(np.concatenate(found)[np.argsort(order)], dtype=np.float64)

    def _open(self) -> "tuple[Any, Tokenizer]":
        with self._lock:
            if self._opened is None:
                network, tokenizer = self._files()
                try:
                    session = _session(network)
                    hidden = session.get_outputs()[0].shape[-1]
                    if hidden * len(self._head.bias) != len(self._head.weights):
                        raise ValueError(f"embeddings of {hidden} numbers, which its head does not fit")
                    self._opened = session, open_tokenizer(tokenizer)
                except Exception as error:  # onnxruntime and tokenizers raise whatever they please
                    raise ModelError(f"the model's reader cannot be opened ({error}); copy it again") from error
            return self._opened


def _session(network: bytes) -> Any:
    import onnxruntime

    # weights in other files, named by this key, would let a foreign model read any file there is
    if b"location" in network or network[4:8] == b"ORTM":
        raise ValueError("it is not a network that this library wrote")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _threads()
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", "1")  # the same sums on processors without VNNI
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


def open_tokenizer(content: bytes) -> "Tokenizer":
    """The tokenizer that a reader was taught with."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(content.decode())
    tokenizer.enable_truncation(LONGEST)
    return tokenizer


def tokenize(tokenizer: "Tokenizer", cleaned: Sequence[str]) -> list[Tokens]:
    """The ids of cleaned posts, one by one: the library's own threads do not outlive a fork."""
    return [tokenizer.encode(text).ids for text in cleaned]


def _threads() -> int:
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted):
        return int(wanted)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(2, cores)


def _after_fork() -> None:
    for reader in _readers:
        _of_parents.append(reader._opened)
        reader._lock = threading.Lock()
        reader._opened = None


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_after_fork)
