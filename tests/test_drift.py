"""Drift says whether a model should be trained again, by what it meets in posts."""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import real_posts_folder
from hypothesis import given, settings
from hypothesis import strategies as st

from evolunteer_nlp import load_model
from evolunteer_nlp.corpus.posts import LabelledPost, held_out_files, read_corpus
from evolunteer_nlp.model import Model
from evolunteer_nlp.training.drift import FEWEST, Profile, advice, drift, profile, sample, to_text
from evolunteer_nlp.training.train import train

FARSI = (
    "این یک متن فارسی است که برای آزمایش نوشته شده است و باید دیده شود",
    "امروز هوا بسیار خوب بود و ما به پارک رفتیم تا با دوستانمان بازی کنیم",
    "لطفا برای کمک به کودکان بی سرپرست با ما تماس بگیرید و همراه ما باشید",
)


@pytest.fixture(scope="module")
def held_out() -> list[str]:
    return [post.text for post in read_corpus(held_out_files())][::4]


@pytest.fixture(scope="module")
def words() -> Model:
    return load_model(engine="words")


def shuffled(text: str) -> str:
    rng = random.Random(text)
    return " ".join("".join(rng.sample(word, len(word))) for word in text.split())


def test_posts_like_those_it_learned_from_need_no_training(words: Model, held_out: list[str]):
    assert drift(words, held_out).advice.startswith("No need")


def test_another_language_in_arabic_letters_is_drift(words: Model):
    assert drift(words, FARSI * 40).advice.startswith("Train again")


def test_letters_in_another_order_are_drift(words: Model, held_out: list[str]):
    assert drift(words, [shuffled(text) for text in held_out]).advice.startswith("Train again")


def test_posts_that_are_not_arabic_are_none_for_training(words: Model, held_out: list[str]):
    english = ["Volunteers needed for the beach on Friday"] * len(held_out)
    found = drift(words, held_out + english)
    assert found.found.foreign == pytest.approx(0.5, abs=0.01)
    assert "not Arabic" in found.advice


def test_random_public_posts_need_no_training(words: Model):
    with gzip.open(real_posts_folder() / "unlabelled.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    assert drift(words, random.Random(0).sample(texts, 3000)).advice.startswith("No need")


@pytest.mark.parametrize(
    ("changed", "begins"),
    [
        ({}, "No need"),
        ({"unknown_words": 0.25}, "Measure before trusting: 15 points"),
        ({"unknown_words": 0.31}, "Train again: 31.0 % of words"),
        ({"certain": 0.2}, "Train again: 20.0 % of labels are certain"),
        ({"foreign": 0.2}, "20.0 % of posts are not Arabic"),
        ({"posts": FEWEST - 1}, "99 Arabic posts are too few"),
    ],
)
def test_advice_follows_the_thresholds(changed: dict[str, float], begins: str):
    known = Profile(1000, 0.0, 0.1, 0.9, 0.5, 0.0, {"ask": 0.5, "chat": 0.5})
    assert advice(known._replace(**changed), {"authored": known}).startswith(begins)


def test_training_records_what_posts_out_of_fold_are_like(few_posts: list[LabelledPost], small_model: Path):
    model = load_model(small_model)
    recorded = Profile(**model.info["reference"]["words"]["authored"])
    assert recorded.posts == len(few_posts)
    assert sum(recorded.labels.values()) == pytest.approx(1, abs=1e-3)
    seen = profile(model, [post.text for post in few_posts])
    unseen = profile(model, [post.text for post in read_corpus(held_out_files())])
    assert seen.unknown_words + 0.1 < recorded.unknown_words == pytest.approx(unseen.unknown_words, abs=0.1)
    assert seen.certain > recorded.certain
    assert drift(model, [post.text for post in few_posts]).from_manifest


def test_the_reference_holds_numbers_and_labels_alone(small_model: Path):
    reference = load_model(small_model).info["reference"]
    for figures in (figures for worlds in reference.values() for figures in worlds.values()):
        assert set(figures) == set(Profile._fields)
        assert set(figures["labels"]) == set(load_model(small_model).labels)
        assert all(isinstance(value, int | float) for name, value in figures.items() if name != "labels")


def test_authored_and_public_posts_have_figures_of_their_own(few_posts: list[LabelledPost], tmp_path: Path):
    posts = [replace(post, source="somewhere" if i % 3 else "") for i, post in enumerate(few_posts)]
    reference = train(posts, tmp_path / "model")["reference"]["words"]
    assert {world: figures["posts"] for world, figures in reference.items()} == {"authored": 200, "public": 400}


def test_a_cascade_has_figures_of_each_engine(small_cascade: Path, few_posts: list[LabelledPost]):
    model = load_model(small_cascade)
    reference = model.info["reference"]
    assert reference["words"]["authored"]["read"] == 0
    assert reference["reader"]["authored"]["read"] == 1
    assert 0 < reference["cascade"]["authored"]["read"] < 1
    texts = [post.text for post in few_posts[:50]]
    share = sum(model.reads(text) for text in texts) / len(texts)
    assert profile(model, texts).read == pytest.approx(share)


def test_the_table_has_a_row_a_label(words: Model, held_out: list[str]):
    text = to_text(drift(words, held_out))
    assert all(f"labelled {label}" in text for label in words.labels)
    assert "no reference of its own" in text or "authored" in text


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_figures_are_shares_whatever_the_posts(texts: list[str]):
    found = profile(load_model(engine="words"), texts)
    shares = (found.foreign, found.unknown_words, found.confidence, found.certain, found.read, *found.labels.values())
    assert all(0 <= share <= 1 for share in shares)


def test_a_sample_is_of_all_rows_alike_and_the_same_again(tmp_path: Path):
    file = tmp_path / "posts.jsonl"
    rows = [{"text": f"منشور {i}"} for i in range(1000)] + [{"text": None}]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    drawn = sample(file, 100)
    places = sorted(int(text.split()[1]) for text in drawn)
    assert len(set(places)) == 100
    assert 400 < sum(places) / 100 < 600
    assert sample(file, 100) == drawn
    assert len(sample(file, 5000)) == 1000
