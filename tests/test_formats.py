"""Models that earlier versions wrote: they label as they did, or are refused with the command that helps."""

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

from evolunteer_nlp import ModelError, classify, classify_many, load_model
from evolunteer_nlp.engine.artefact import FORMAT

ARTEFACTS = Path(__file__).parent / "artefacts"
RECORDED = {
    "نحتاج متطوعين لتنظيف الحديقة يوم الجمعة": (
        "volunteer_call",
        False,
        [0.99598446, 0.00019661, 0.00022365, 0.00359528],
    ),
    "تبرعوا لأهلنا في غزة، الحساب في البايو": ("unrelated", False, [0.01890566, 0.42932611, 0.05831516, 0.49345306]),
    "اغسلوا أيديكم قبل الأكل وبعده": ("unrelated", False, [0.01005684, 0.03851023, 0.10828337, 0.84314956]),
    "صباح الخير يا غاليين": ("unrelated", False, [0.01424968, 0.01657924, 0.00484023, 0.96433085]),
    "hello": ("unrelated", False, [0.13333333, 0.13333333, 0.13333333, 0.6]),
}
"""What the version that wrote the model said: label, certain, and the probability of each label."""


@pytest.fixture
def format_2(tmp_path: Path) -> Path:
    shutil.copy(ARTEFACTS / "format-2" / "manifest.json", tmp_path)
    packed = (ARTEFACTS / "format-2" / "arrays.safetensors.gz").read_bytes()
    (tmp_path / "arrays.safetensors").write_bytes(gzip.decompress(packed))
    return tmp_path


def test_every_format_is_kept():
    kept = {folder: json.loads((folder / "manifest.json").read_text("utf-8")) for folder in ARTEFACTS.glob("format-*")}
    assert sorted(manifest["format"] for manifest in kept.values()) == list(range(1, FORMAT + 1))
    assert sum(file.stat().st_size for file in ARTEFACTS.rglob("*") if file.is_file()) < 200_000


@pytest.mark.parametrize("post", RECORDED)
def test_a_model_of_format_2_labels_as_it_did(format_2, post):
    found = classify(post, model=format_2)
    label, certain, probabilities = RECORDED[post]
    assert (found.label, found.certain) == (label, certain)
    assert list(found.probabilities.values()) == pytest.approx(probabilities, abs=1e-6)


def test_many_posts_are_labelled_as_one(format_2):
    found = classify_many([*RECORDED] * 6, model=load_model(format_2))
    assert [one.label for one in found] == [label for label, *_ in RECORDED.values()] * 6


def test_a_model_of_format_1_is_refused_with_the_command_that_trains_it_again():
    with pytest.raises(
        ModelError, match=re.escape("has format 1, this version reads format 2; train it again with `evolunteer train`")
    ):
        load_model(ARTEFACTS / "format-1")
