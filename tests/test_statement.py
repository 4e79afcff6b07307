"""The data statement beside the corpora is the one their posts give."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from evolunteer_nlp.corpus.plots import draw_corpora
from evolunteer_nlp.corpus.posts import LabelledPost, authored_folder, read_corpus, read_public_labels
from evolunteer_nlp.corpus.statement import statement
from evolunteer_nlp.labels import Label

CORPORA = Path(__file__).parent.parent / "corpora"
LABELS = [str(label) for label in Label]


@pytest.fixture(scope="module")
def everything() -> list[LabelledPost]:
    return read_corpus([authored_folder()])


@pytest.mark.slow
def test_the_data_statement_is_true(everything):
    text = statement(everything, list(read_public_labels().values()), LABELS)
    assert (CORPORA / "README.md").read_text(encoding="utf-8") == text, "run: evolunteer corpus stats --write corpora"


def test_its_plots_and_links_are_there():
    for target in re.findall(r"\]\(([^)#]+)\)", (CORPORA / "README.md").read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (CORPORA / target).exists(), target


def test_plots_are_whole_and_the_same_every_time(everything, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (draw_corpora(everything[:500], LABELS, tmp_path / name) for name in "ab")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        words = " ".join(ET.parse(one).getroot().itertext())
        assert all(label in words for label in LABELS)
