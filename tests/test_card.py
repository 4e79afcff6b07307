"""The model card of the shipped model is the one its manifest and the held-out posts give."""

from evolunteer_nlp import load_model
from evolunteer_nlp.model import default_model
from evolunteer_nlp.training.card import card


def test_the_shipped_card_is_true():
    text = (default_model() / "README.md").read_text(encoding="utf-8")
    assert text == card(load_model()), "run: evolunteer card --write"


def test_every_label_and_dialect_is_scored(small_model):
    text = card(load_model(small_model))
    for name in (*load_model().labels, "MSA", "SDN", "MGR"):
        assert f"\n| {name} |" in text
