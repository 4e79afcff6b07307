import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evolunteer_nlp import CorpusError, ModelError, classify, classify_many, load_model
from evolunteer_nlp.corpus.posts import LabelledPost, read_corpus
from evolunteer_nlp.training.evaluate import evaluate, f1_intervals, macro_f1, to_text
from evolunteer_nlp.training.train import train

SAMPLE = Path(__file__).parent.parent / "corpora/sample/labelled.jsonl"


def test_training_again_gives_the_same_bytes(few_posts: list[LabelledPost], small_model: Path, tmp_path: Path):
    train(few_posts, tmp_path / "again")
    for file in ("manifest.json", "arrays.safetensors"):
        assert (tmp_path / "again" / file).read_bytes() == (small_model / file).read_bytes()


def test_a_manifest_has_no_time_and_no_path(small_model: Path):
    text = (small_model / "manifest.json").read_text(encoding="utf-8")
    assert "202" not in json.dumps(json.loads(text)["settings"])
    assert str(Path.home()) not in text
    assert str(small_model) not in text


def test_a_new_model_classifies_and_replaces_the_old_one(
    few_posts: list[LabelledPost], small_model: Path, tmp_path: Path
):
    target = tmp_path / "mine"
    train(few_posts[:400], target)
    before = (target / "manifest.json").read_bytes()
    assert classify("نحتاج متطوعين", model=target).label in load_model(target).labels
    train(few_posts, target)
    assert (target / "manifest.json").read_bytes() != before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_training_never_overwrites_what_is_no_model(few_posts: list[LabelledPost], tmp_path: Path):
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(ModelError, match="not a model directory"):
        train(few_posts, tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_other_label_sets_train_and_serve(few_posts: list[LabelledPost], tmp_path: Path):
    renamed = {"volunteer_call": "time", "donation_drive": "money", "awareness_campaign": "time", "unrelated": "money"}
    posts = [replace(post, label=renamed[post.label], also=None) for post in few_posts]
    manifest = train(posts, tmp_path / "two")
    assert manifest["labels"] == ["money", "time"]
    assert manifest["background"] is None
    model = load_model(tmp_path / "two")
    found = list(classify_many([post.text for post in posts[:50]], model=model))
    assert np.mean([p.label == post.label for p, post in zip(found, posts, strict=False)]) > 0.9
    assert classify("", model=model).certain is False


def test_too_few_posts_of_a_label_are_refused(few_posts: list[LabelledPost], tmp_path: Path):
    drives = [post for post in few_posts if post.label == "donation_drive"]
    posts = [post for post in few_posts if post.label != "donation_drive"] + drives[:9]
    with pytest.raises(CorpusError, match="donation_drive"):
        train(posts, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_an_unknown_second_label_is_refused_with_its_row(few_posts: list[LabelledPost], tmp_path: Path):
    posts = [replace(few_posts[0], also="prayer", where="mine.csv, row 7"), *few_posts[1:]]
    with pytest.raises(CorpusError, match=r"mine\.csv, row 7.*prayer"):
        train(posts, tmp_path / "no")


def test_posts_kept_for_measuring_are_never_trained_on(few_posts: list[LabelledPost], tmp_path: Path):
    dev = replace(few_posts[0], split="dev", source="somewhere")
    twin = replace(few_posts[0], text=few_posts[0].text + " .", id="other")
    manifest = train([dev, twin, *few_posts[1:]], tmp_path / "model")
    assert manifest["corpus"]["left_out_for_dev"] == 2
    assert manifest["corpus"]["posts"] == len(few_posts) - 1


def test_the_shipped_model_keeps_its_quality_on_the_sample():
    """A floor that only rises: the sample is by a writer who wrote nothing that was trained on."""
    card = evaluate(load_model(), read_corpus([SAMPLE]))
    assert card.posts == 200
    assert card.macro_f1 >= 0.88


def test_the_shipped_model_was_not_trained_on_the_sample(authored: list[LabelledPost]):
    assert not {post.id for post in authored} & {post.id for post in read_corpus([SAMPLE])}


def test_a_scorecard_agrees_with_scikit_learn():
    from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

    posts = read_corpus([SAMPLE])
    model = load_model()
    card = evaluate(model, posts)
    truth = [post.label for post in posts]
    given = [p.label for p in classify_many([post.text for post in posts])]
    labels = list(model.labels)
    assert card.macro_f1 == pytest.approx(f1_score(truth, given, labels=labels, average="macro"))
    expected = precision_recall_fscore_support(truth, given, labels=labels)
    for i, score in enumerate(card.labels.values()):
        assert [score.precision, score.recall, score.f1, score.posts] == pytest.approx(
            [column[i] for column in expected]
        )
    counts = np.array([list(row.values()) for row in card.confusion.values()])
    assert (counts == confusion_matrix(truth, given, labels=labels)).all()
    low, high = card.macro_f1_interval
    assert low < card.macro_f1 < high
    assert "volunteer_call" in to_text(card)


def test_intervals_are_those_of_posts_drawn_with_replacement():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 150)
    given = np.where(rng.random(150) < 0.7, truth, rng.integers(0, 3, 150))
    macro, labels = f1_intervals(truth, given, 4)
    drawn = [macro_f1(truth[take], given[take], 4) for take in rng.integers(0, 150, (2000, 150))]
    assert macro == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.015)
    first = [macro_f1(truth[take], given[take], 4, [0]) for take in rng.integers(0, 150, (2000, 150))]
    assert labels[0] == pytest.approx(np.quantile(first, [0.025, 0.975]), abs=0.02)
    assert labels[3] == (0, 0)
