"""A model adapted to new posts gains there, keeps what it knew, and is not written if it got worse."""

import json
from pathlib import Path

import pytest

from evolunteer_nlp.corpus.posts import LabelledPost, held_out_files, read_corpus
from evolunteer_nlp.errors import CorpusError, RegressionError
from evolunteer_nlp.model import load_model
from evolunteer_nlp.training.adapt import adapt
from evolunteer_nlp.training.compare import compare_models


def new_domain(n: int) -> list[LabelledPost]:
    """Posts of an invented domain, which the model gets wrong."""
    posts = []
    for i in range(n):
        word = "".join(chr(ord("ا") + 2 + (i * k) % 20) for k in (3, 7, 11, 13))
        posts.append(LabelledPost(f"زقنبوط {word} سبكلا {i}", "volunteer_call", id=f"a{i}"))
        posts.append(LabelledPost(f"قرمشاط {word} دنبوش {i}", "donation_drive", id=f"b{i}"))
    return posts


@pytest.fixture(scope="module")
def base(small_model) -> Path:
    return small_model


@pytest.fixture(scope="module")
def old(few_posts) -> list[LabelledPost]:
    return list(few_posts)


def test_new_posts_are_learned_and_old_ones_kept(tmp_path, base, old):
    new = new_domain(40)
    adapted = adapt(new, base, tmp_path / "mine", old=old)
    before, after = load_model(base), load_model(tmp_path / "mine")
    assert adapted.new_posts.posts == 80
    assert adapted.new_posts.low > 0.2
    assert compare_models(before, after, old).high > -0.02
    unseen = [LabelledPost(post.text.replace("سبكلا", "x").replace("دنبوش", "y"), post.label) for post in new[:20]]
    assert compare_models(before, after, unseen).low > 0.2
    assert "better" in adapted.new_posts.verdict


def test_the_manifest_says_what_was_added(tmp_path, base, old):
    adapt(new_domain(20), base, tmp_path / "once", old=old, weight=2)
    added = load_model(tmp_path / "once").info["added"]
    assert (added["posts"], added["weight"]) == (40, 2)
    assert added["labels"] == {"donation_drive": 20, "volunteer_call": 20}
    assert added["new_posts"]["posts"] == 40
    adapt(new_domain(25), tmp_path / "once", tmp_path / "twice", old=old)
    assert load_model(tmp_path / "twice").info["added_before"] == [added]


def test_training_again_gives_the_same_bytes(tmp_path, base, old):
    for name in ("a", "b"):
        adapt(new_domain(20), base, tmp_path / name, old=old)
    assert (tmp_path / "a/arrays.safetensors").read_bytes() == (tmp_path / "b/arrays.safetensors").read_bytes()


def wrong(posts: list[LabelledPost]) -> list[LabelledPost]:
    """Held-out posts with their labels turned around: learning them harms."""
    other = {"volunteer_call": "unrelated", "unrelated": "volunteer_call", "donation_drive": "awareness_campaign"}
    return [LabelledPost(f"{post.text} .", other.get(post.label, "donation_drive")) for post in posts]


@pytest.mark.slow
def test_a_model_that_got_worse_is_not_written_without_a_reason(tmp_path, base, old, monkeypatch):
    monkeypatch.setattr("evolunteer_nlp.training.adapt.held_out_files", lambda: held_out_files()[:1])
    harmful = wrong(old)
    with pytest.raises(RegressionError, match=r"(?s)worse on held_out.*--allow-regression") as error:
        adapt(harmful, base, tmp_path / "mine", old=old, weight=20)
    assert "macro-F1" in str(error.value)
    assert not (tmp_path / "mine").exists()
    adapt(harmful, base, tmp_path / "mine", old=old, weight=20, allow_regression="a test of it")
    assert load_model(tmp_path / "mine").info["added"]["allowed_regression"] == "a test of it"


def test_too_few_posts_and_unknown_labels_are_said(tmp_path, base, old):
    with pytest.raises(CorpusError, match=r"18 new posts.*20 or more"):
        adapt(new_domain(9), base, tmp_path / "mine", old=old)
    with pytest.raises(CorpusError, match=r"new\.csv, row 3: the model has no label 'legal_aid'"):
        adapt([LabelledPost("نص", "legal_aid", where="new.csv, row 3")], base, tmp_path / "mine", old=old)


def test_a_comparison_as_text_and_values(base):
    posts = read_corpus(held_out_files()[:1])[:100]
    found = compare_models(load_model(base), load_model(engine="words"), posts)
    assert found.only_new_right > found.only_old_right
    assert json.loads(json.dumps(found.to_dict()))["posts"] == 100
    lines = found.to_text().splitlines()
    assert lines[0].split() == ["100", "posts", "old", "new", "gain"]
    assert "the new model is better" in lines[-1]


@pytest.mark.slow
def test_two_hundred_posts_of_a_new_domain_cost_less_than_two_points_elsewhere(tmp_path):
    model = tmp_path / "mine"
    adapted = adapt(new_domain(100), load_model().path, model)
    assert adapted.held_out.low > -0.02
    assert adapted.new_posts.low > 0
    found = compare_models(load_model(), load_model(model), read_corpus(held_out_files()))
    assert found.low > -0.02
