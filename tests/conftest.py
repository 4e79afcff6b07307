"""What the tests share: real posts where there are any, authored posts, a small trained model."""

import gzip
import json
import os
import random
from pathlib import Path

import pytest
from telegram_timeline import write_export
from tiny_reader import tiny_reader

from evolunteer_nlp.corpus.posts import LabelledPost, read_corpus
from evolunteer_nlp.training.train import train


def real_posts_folder() -> Path:
    """A folder with ``unlabelled.jsonl.gz``, ``train.jsonl`` and ``dev.jsonl``, or a skip that says what is missing."""
    folder = os.environ.get("EVOLUNTEER_REAL_POSTS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no real posts here; set EVOLUNTEER_REAL_POSTS to a folder that holds them")
    return Path(folder)


@pytest.fixture(scope="session")
def real_texts() -> list[str]:
    """50,000 real posts, drawn at random."""
    with gzip.open(real_posts_folder() / "unlabelled.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    return random.Random(0).sample(texts, 50_000)


@pytest.fixture(scope="session")
def authored() -> list[LabelledPost]:
    """All authored posts."""
    return read_corpus(["authored"])


@pytest.fixture(scope="session")
def few_posts(authored: list[LabelledPost]) -> list[LabelledPost]:
    """Enough posts to train on in seconds."""
    return random.Random(0).sample(authored, 600)


@pytest.fixture(scope="session")
def small_model(few_posts: list[LabelledPost], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a model trained on ``few_posts``."""
    directory = tmp_path_factory.mktemp("models") / "small"
    train(few_posts, directory)
    return directory


@pytest.fixture(scope="session")
def small_cascade(few_posts: list[LabelledPost], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a model with a reader, a tiny one of random weights."""
    directory = tmp_path_factory.mktemp("models") / "cascade"
    train(few_posts, directory, reader=tiny_reader)
    return directory


@pytest.fixture(scope="session")
def telegram_export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``result.json`` of a Telegram group with 2,000 messages; ``telegram_timeline`` says where each is from."""
    return write_export(tmp_path_factory.mktemp("telegram"))
