"""A reader with random weights: as small as one can be, and of the same make as the shipped one."""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evolunteer_nlp.engine.reader import LONGEST, Head, Reader
from evolunteer_nlp.text.cleaning import clean, tokens
from evolunteer_nlp.training.export import to_onnx
from evolunteer_nlp.training.fit import Examples
from evolunteer_nlp.training.readers import ReaderFiles

HIDDEN, HEADS, LAYERS, FEED_FORWARD, EPSILON = 32, 4, 2, 64, 1e-12
State = dict[str, npt.NDArray[np.float32]]


def tiny_tokenizer(texts: Sequence[str]) -> bytes:
    """Words that occur often, and single letters, in the format of the base encoder's tokenizer."""
    counts = Counter(token for text in texts for token in tokens(text))
    words = ["▁" + word for word, _ in counts.most_common(300)]
    letters = sorted({"▁", *(letter for text in texts for letter in clean(text))})
    pieces = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0]]
    pieces += [[piece, -3.0] for piece in words] + [[piece, -8.0] for piece in letters if piece not in words]
    special = [
        {"id": i, "content": name, "special": True, "single_word": False, "lstrip": False, "rstrip": False}
        | {"normalized": False}
        for i, (name, _) in enumerate(pieces[:4])
    ]
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    ends = [{"SpecialToken": {"id": name, "type_id": 0}} for name in ("<s>", "</s>")]
    template = {
        "type": "TemplateProcessing",
        "single": [ends[0], {"Sequence": {"id": "A", "type_id": 0}}, ends[1]],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {name: {"id": name, "ids": [i], "tokens": [name]} for i, name in ((0, "<s>"), (2, "</s>"))},
    }
    parts = {
        "version": "1.0",
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": space,
        "post_processor": template,
        "decoder": space,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
    }
    return json.dumps(parts, ensure_ascii=False).encode()


def tiny_state(vocabulary: int) -> State:
    """Random weights, named as training names them."""
    rng = np.random.default_rng(0)

    def random(*shape: int) -> npt.NDArray[np.float32]:
        return (rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)

    state = {"word.weight": random(vocabulary, HIDDEN), "position.weight": random(LONGEST, HIDDEN)}
    linear = {"qkv": (3 * HIDDEN, HIDDEN), "attention_out": (HIDDEN, HIDDEN)}
    linear |= {"feed_in": (FEED_FORWARD, HIDDEN), "feed_out": (HIDDEN, FEED_FORWARD)}
    for layer in range(LAYERS):
        for name, shape in linear.items():
            state[f"layers.{layer}.{name}.weight"] = random(*shape)
            state[f"layers.{layer}.{name}.bias"] = random(shape[0])
        for name in ("attention_norm", "feed_norm"):
            state[f"layers.{layer}.{name}.weight"] = 1 + random(HIDDEN)
            state[f"layers.{layer}.{name}.bias"] = random(HIDDEN)
    state |= {"norm.weight": 1 + random(HIDDEN), "norm.bias": random(HIDDEN)}
    return state


def tiny_head(n_labels: int) -> Head:
    rng = np.random.default_rng(1)
    return Head(rng.normal(size=n_labels * HIDDEN).tolist(), rng.normal(size=n_labels).tolist())


def tiny_network(state: State) -> bytes:
    names = ("qkv", "attention_out", "feed_in", "feed_out")
    ranges = {}
    for name in (f"layers.{layer}.{name}" for layer in range(LAYERS) for name in names):
        channels = np.ones(state[f"{name}.weight"].shape[1])
        ranges[name] = -5 * channels, 5 * channels
    return to_onnx(state, ranges, HEADS, LAYERS, EPSILON)


def tiny_reader(given: Examples) -> ReaderFiles:
    """A reader that knows nothing, for examples."""
    texts = [post.text for post in given.posts]
    tokenizer = tiny_tokenizer(texts)
    network = tiny_network(tiny_state(len(json.loads(tokenizer)["model"]["vocab"])))
    head = tiny_head(len(given.labels))
    scores = Reader(lambda: (network, tokenizer), head).scores_many(texts)
    return ReaderFiles(network, tokenizer, head, scores, {"layers": LAYERS})
