"""The model card of the shipped model is the one its manifest, its files and the held-out posts give."""

import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from evolunteer_nlp import Model, classify, load_model
from evolunteer_nlp.corpus.posts import LabelledPost, held_out_files, read_corpus
from evolunteer_nlp.corpus.statement import agreement
from evolunteer_nlp.model import default_model
from evolunteer_nlp.training.card import FAILURES, card, write_card
from evolunteer_nlp.training.compare import compare
from evolunteer_nlp.training.train import train

ROOT = Path(__file__).parent.parent
INTERVAL = r"\d+\.\d \((\d+\.\d)-(\d+\.\d)\)"


@pytest.fixture(scope="module")
def text(small_model: Path) -> str:
    return card(load_model(small_model))


@pytest.fixture
def copied(small_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_model, tmp_path / "model"))


@pytest.mark.slow
def test_the_shipped_card_is_true():
    text = (default_model() / "README.md").read_text(encoding="utf-8")
    assert text == card(load_model()), "run: evolunteer card --write"


def test_what_the_shipped_card_shows_is_there():
    shown = re.findall(r"!\[.+\]\((.+)\)", (default_model() / "README.md").read_text(encoding="utf-8"))
    assert shown == ["calibration.svg", "coverage.svg"]
    for name in shown:
        words = " ".join(ET.parse(default_model() / name).getroot().itertext())
        assert all(engine in words for engine in load_model().decisions)


def test_every_label_and_dialect_is_scored_with_an_interval(text):
    for name in (*load_model().labels, "MSA", "SDN", "MGR"):
        (low, high) = re.search(rf"\n\| {name} \|.*{INTERVAL}", text).groups()
        assert 0 <= float(low) < float(high) <= 100


def test_other_label_sets_have_a_card_too(few_posts, tmp_path):
    posts = [replace(post, label="ask" if post.label != "unrelated" else "chat", also=None) for post in few_posts]
    train(posts, tmp_path / "two")
    assert write_card(load_model(tmp_path / "two")) == [tmp_path / "two" / "README.md"]
    text = (tmp_path / "two" / "README.md").read_text(encoding="utf-8")
    assert "\n| chat |" in text
    assert "writers who wrote nothing" not in text
    assert ".svg" not in text


def test_writing_again_gives_the_same_bytes_and_the_model_loads(copied, text):
    files = write_card(load_model(copied))
    first = [file.read_bytes() for file in files]
    assert [file.name for file in files] == ["README.md", "calibration.svg", "coverage.svg"]
    assert [file.read_bytes() for file in write_card(load_model(copied))] == first
    assert first[0].decode() == text


def test_failures_are_posts_that_the_model_gets_wrong(text, small_model):
    lines = re.findall(r"\n\* (\S+) \((\d\.\d\d)\), truly (\S+) \(\w+\): (.+)", text)
    assert len(lines) == FAILURES
    assert [line[1] for line in lines] == sorted((line[1] for line in lines), reverse=True)
    texts = {" ".join(post.text.split()): post for post in read_corpus(held_out_files())}
    for given, probability, truly, shown in lines:
        start = shown.replace("\\", "").removesuffix("…")
        assert len(start) <= 120
        (post,) = (post for text, post in texts.items() if text.startswith(start))
        found = classify(post.text, model=small_model)
        assert (found.label, f"{found.probability:.2f}", post.label) == (given, probability, truly)
        assert given not in (truly, post.also)


def test_sizes_are_those_of_the_files(text, small_model):
    for name in ("manifest.json", "arrays.safetensors"):
        assert f"| {name} | {(small_model / name).stat().st_size / 1e6:.2f} |" in text


def test_agreement_counts_first_choices_of_posts_read_twice():
    labels = [("a", "a", ""), ("b", "b", ""), ("a", "b", ""), ("b", "b", "a"), ("a", "", "")]
    posts = [LabelledPost("x", label, second_label=second, first_label=first) for label, second, first in labels]
    assert agreement(posts)[:2] == (4, 0.5)
    assert agreement(posts).kappa == pytest.approx(0.2)
    assert agreement(posts[:1]).cells() == ("1", "100.0 %", "")


def adapted(model: Model) -> Model:
    """The same model, of which the manifest says that posts were added to it, with harm."""
    truth, old, new = np.array([0, 1, 2, 3] * 20), np.array([0, 1, 2, 3] * 20), np.array([0, 1, 2, 0] * 20)
    found = compare(truth, old, new, model.labels).to_dict()
    added = {"posts": 80, "labels": {"unrelated": 80}, "weight": 1.5, "new_posts": found, "held_out": found}
    added["allowed_regression"] = "a | b <b>"
    return Model(model.path, model.engines, model.decisions, {**model.info, "added": added, "added_before": [{}]})


def test_a_card_says_what_was_added_and_what_it_cost(small_model, text):
    page = card(adapted(load_model(small_model)))
    assert "80 posts were added" in page
    assert page.count("the new model is worse") == 2
    assert "| unrelated | 100.0 | 0.0 |" in page
    assert r"a \| b \<b\>" in page
    assert "Before, 1 time, posts were added" in page
    assert "from before posts were added" in page
    assert "was added" not in text
    assert_whole_tables(page)


def assert_whole_tables(page: str) -> None:
    for line, after in pairwise(page.splitlines()):
        if line.startswith("|") and after.startswith("|"):
            assert line.count("|") == after.count("|"), line


@pytest.mark.parametrize("page", ["models/default/README.md", "corpora/README.md"])
def test_rows_of_a_table_have_the_same_number_of_cells(page):
    assert_whole_tables((ROOT / page).read_text(encoding="utf-8"))
