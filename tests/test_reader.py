"""The reader: its numbers, and that they depend on nothing but the post."""

import json
import multiprocessing
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from scipy.special import erf, softmax
from tiny_reader import EPSILON, HEADS, HIDDEN, LAYERS, State, tiny_head, tiny_network, tiny_state, tiny_tokenizer

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.engine.reader import LONGEST, Head, Reader, open_tokenizer, tokenize
from evolunteer_nlp.errors import ModelError
from evolunteer_nlp.text.cleaning import clean
from evolunteer_nlp.training.readers import refit_head

Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def texts(authored: list[LabelledPost]) -> list[str]:
    return [post.text for post in authored[:100]] + ["hello world", "", "12345", "نعم"]


@pytest.fixture(scope="module")
def tokenizer(texts: list[str]) -> bytes:
    return tiny_tokenizer(texts)


@pytest.fixture(scope="module")
def state(tokenizer: bytes) -> State:
    return tiny_state(len(json.loads(tokenizer)["model"]["vocab"]))


@pytest.fixture
def reader(state: State, tokenizer: bytes) -> Reader:
    network = tiny_network(state)
    return Reader(lambda: (network, tokenizer), tiny_head(4))


def normed(x: Floats, state: State, name: str) -> Floats:
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + EPSILON)
    return x * state[f"{name}.weight"] + state[f"{name}.bias"]


def plain(ids: list[int], state: State) -> Floats:
    """A transformer encoder as textbooks have it."""

    def linear(x: Floats, name: str) -> Floats:
        return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    x = normed(state["word.weight"][ids] + state["position.weight"][: len(ids)], state, "norm")
    for layer in range(LAYERS):
        at = f"layers.{layer}"
        heads = linear(x, f"{at}.qkv").reshape(len(ids), 3, HEADS, HIDDEN // HEADS)
        q, k, v = heads.transpose(1, 2, 0, 3)
        attended = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(HIDDEN // HEADS), -1) @ v
        attended = attended.transpose(1, 0, 2).reshape(len(ids), HIDDEN)
        x = normed(x + linear(attended, f"{at}.attention_out"), state, f"{at}.attention_norm")
        feed = linear(x, f"{at}.feed_in")
        x = normed(x + linear(feed * (1 + erf(feed / np.sqrt(2))) / 2, f"{at}.feed_out"), state, f"{at}.feed_norm")
    head = tiny_head(4)
    return np.reshape(head.weights, (4, HIDDEN)) @ x.mean(0) + head.bias


def test_scores_are_those_of_a_plain_transformer_up_to_rounding_to_8_bits(
    reader: Reader, state: State, tokenizer: bytes, texts: list[str]
) -> None:
    ids = tokenize(open_tokenizer(tokenizer), [clean(text) for text in texts[:30]])
    expected = np.array([plain(post, state) for post in ids])
    found = reader.scores_many(texts[:30])
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.999
    assert np.abs(found - expected).max() < 0.1 * expected.std()


def test_a_post_has_the_same_scores_alone_and_in_any_batch(reader: Reader, texts: list[str]) -> None:
    together = reader.scores_many(texts)
    for text, row in zip(texts, together, strict=True):
        alone = reader.scores(text)
        if alone is None:
            assert np.isnan(row).all()
        else:
            assert np.abs(row - np.array(alone)).max() < 1e-5
    assert np.nanmax(np.abs(reader.scores_many(texts[::-1])[::-1] - together)) < 1e-5


def test_posts_that_are_not_arabic_are_not_read(reader: Reader) -> None:
    assert reader.scores("hello world") is None
    assert np.isnan(reader.scores_many(["hello", "12345"])).all()
    assert reader.scores_many([]).shape == (0, 4)


def test_a_long_post_is_read_to_its_limit(reader: Reader) -> None:
    words = "نحتاج متطوعين " * LONGEST
    assert reader.scores(words) == reader.scores(words + "والحمد لله")


def test_a_reader_opens_nothing_before_the_first_post() -> None:
    def refuse() -> tuple[bytes, bytes]:
        raise AssertionError

    assert Reader(refuse, tiny_head(4)).scores("hello") is None


def test_threads_share_a_reader(reader: Reader, texts: list[str]) -> None:
    expected = reader.scores_many(texts[:40])
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: reader.scores_many(texts[:40]), range(8)):
            assert (found == expected).all()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("reads", [True, False])
def test_a_forked_process_reads_too_and_ends(reader: Reader, texts: list[str], tmp_path: Path, reads: bool) -> None:
    expected = reader.scores_many(texts[:40])
    time.sleep(0.2)  # the parent's threads have gone to sleep, and would never answer a child
    context = multiprocessing.get_context("fork")

    def work() -> None:
        if reads:
            (tmp_path / "scores").write_bytes(pickle.dumps(reader.scores_many(texts[:40])))

    child = context.Process(target=work)
    child.start()
    child.join(60)
    exitcode = child.exitcode
    child.kill()
    assert exitcode == 0
    if reads:
        assert (pickle.loads((tmp_path / "scores").read_bytes()) == expected).all()


def broken_networks(network: bytes, secret: Path) -> dict[str, bytes]:
    proto = onnx.ModelProto.FromString(network)
    for constant in proto.graph.initializer:
        if constant.name == "position":
            constant.ClearField("raw_data")
            constant.data_location = onnx.TensorProto.EXTERNAL
            constant.external_data.add(key="location", value=str(secret))
    return {"outside": proto.SerializeToString(), "garbage": b"PK" + bytes(100), "empty": b"", "cut": network[:-100]}


@pytest.mark.parametrize("kind", ["outside", "garbage", "empty", "cut", "tokenizer", "head"])
def test_a_foreign_reader_opens_nothing_and_that_is_told(
    state: State, tokenizer: bytes, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "secret").write_bytes(bytes(LONGEST * HIDDEN * 4))
    network = tiny_network(state)
    content = broken_networks(network, tmp_path / "secret").get(kind, network)
    head = Head([0.0] * 4 * (HIDDEN + 1), [0.0] * 4) if kind == "head" else tiny_head(4)
    reader = Reader(lambda: (content, b"{" if kind == "tokenizer" else tokenizer), head)
    with pytest.raises(ModelError, match="reader cannot be opened"):
        reader.scores("نحتاج متطوعين")


def test_an_adapted_head_learns_new_posts_and_is_held_to_what_it_was() -> None:
    rng = np.random.default_rng(0)
    embeddings, truth, even = rng.normal(size=(60, HIDDEN)), rng.integers(0, 4, 60), np.ones(60)
    old = tiny_head(4)

    def right(head: Head) -> float:
        scores = embeddings @ np.reshape(head.weights, (4, HIDDEN)).T + head.bias
        return float((scores.argmax(axis=1) == truth).mean())

    free, held = (refit_head(old, embeddings, truth, even, pull) for pull in (0.01, 1e6))
    assert right(old) < 0.6
    assert right(free) > 0.95
    assert np.allclose(held.weights, old.weights, atol=1e-3)
    assert refit_head(old, embeddings[:0], truth[:0], even[:0], 1.0) == old
