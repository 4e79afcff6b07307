"""The model card of the shipped model is the one its manifest and the held-out posts give."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from evolunteer_nlp import load_model
from evolunteer_nlp.model import default_model
from evolunteer_nlp.training.card import card
from evolunteer_nlp.training.train import train

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_shipped_card_is_true():
    text = (default_model() / "README.md").read_text(encoding="utf-8")
    assert text == card(load_model()), "run: evolunteer card --write"


def test_every_label_and_dialect_is_scored(small_model):
    text = card(load_model(small_model))
    for name in (*load_model().labels, "MSA", "SDN", "MGR"):
        assert f"\n| {name} |" in text


def test_other_label_sets_have_a_card_too(few_posts, tmp_path):
    posts = [replace(post, label="ask" if post.label != "unrelated" else "chat", also=None) for post in few_posts]
    train(posts, tmp_path / "two")
    text = card(load_model(tmp_path / "two"))
    assert "\n| chat |" in text
    assert "writers who wrote nothing" not in text


@pytest.mark.parametrize("page", ["models/default/README.md", "corpora/README.md"])
def test_rows_of_a_table_have_the_same_number_of_cells(page):
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    for line, after in pairwise(lines):
        if line.startswith("|") and after.startswith("|"):
            assert line.count("|") == after.count("|"), line
