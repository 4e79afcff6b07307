"""Nothing hard-codes four labels: a corpus of others trains, serves and is measured the same way."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evolunteer_nlp import CorpusError, classify, explain, load_model
from evolunteer_nlp.cli import app
from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.training.audit import audit
from evolunteer_nlp.training.fit import Settings, label_order
from evolunteer_nlp.training.train import train

LABELS = ["animals", "in_kind", "legal_aid", "money", "other"]


def own_label(post: LabelledPost) -> str | None:
    by_cause = {"rights": "legal_aid", "animals": "animals"}
    if post.label == "unrelated":
        return "other"
    if post.label == "donation_drive" and post.cause in ("winter_clothing", "food_aid"):
        return "in_kind"
    if post.label == "donation_drive" and post.cause in ("treatment", "debts"):
        return "money"
    return by_cause.get(post.cause)


@pytest.fixture(scope="session")
def own_posts(authored: list[LabelledPost]) -> list[LabelledPost]:
    """Forty posts of each of five labels."""
    shuffled = random.Random(0).sample(authored, len(authored))
    return [
        replace(post, label=label, also=None)
        for label in LABELS
        for post in [post for post in shuffled if own_label(post) == label][:40]
    ]


@pytest.fixture(scope="session")
def own_corpus(own_posts: list[LabelledPost], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("own") / "posts.jsonl"
    rows = [json.dumps({"text": post.text, "label": post.label}, ensure_ascii=False) for post in own_posts]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def own_model(own_posts: list[LabelledPost], tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models") / "own"
    train(own_posts, directory, Settings(background="other"))
    return directory


@pytest.fixture
def run() -> Callable[..., str]:
    def run(*arguments: object) -> str:
        done = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_a_model_serves_its_own_labels(own_model: Path, own_posts: list[LabelledPost]):
    model = load_model(own_model, prior=dict.fromkeys(LABELS[:-1], 0.05))
    assert model.labels == tuple(LABELS)
    assert model.decision.background == "other"
    assert model.decision.prior[-1] == pytest.approx(0.8)
    assert classify("volunteers wanted", model=model).label == "other"
    post = own_posts[0]
    assert classify(post.text, model=model).label == post.label == explain(post.text, model=model).prediction.label


def test_the_command_line_trains_labels_and_measures(own_corpus: Path, tmp_path: Path, run: Callable[..., str]):
    model = tmp_path / "model"
    run("train", "--corpus", own_corpus, "-o", model, "--background", "other", "--jobs", 1)
    assert load_model(model).decision.background == "other"
    assert load_model(model).engines.reader is None
    run("label", own_corpus, "--model", model, "-o", tmp_path / "out.jsonl", "--probabilities")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["label"] for row in rows} == set(LABELS)
    assert all(f"probability_{label}" in rows[0] for label in LABELS)


def test_the_other_verbs_know_its_labels(own_corpus: Path, own_model: Path, tmp_path: Path, run: Callable[..., str]):
    evaluated = json.loads(run("evaluate", own_model, own_corpus, "--json"))
    assert list(evaluated["labels"]) == LABELS
    card = run("card", "--model", own_model)
    assert all(f"\n| {label} | 40 | 0 |" in card for label in LABELS)
    assert "volunteer_call" not in card + run("info", "--model", own_model)
    assert "legal_aid" in run("classify", "محام متطوع", "--model", own_model, "--threshold", "legal_aid=0.01")
    assert "labelled in_kind" in run("drift", own_corpus, "--model", own_model)
    run("review", "pick", own_corpus, "--model", own_model, "-o", tmp_path / "tasks.jsonl")
    run(
        "corpus", "check", own_corpus, "--background", "other", *(part for name in LABELS for part in ("--label", name))
    )


def test_labels_are_audited(own_posts: list[LabelledPost]):
    wrong = replace(own_posts[0], label="money")
    assert {dispute.suggested for dispute in audit([wrong, *own_posts[1:]], 0.0)} <= set(LABELS)


@pytest.mark.parametrize(
    ("found", "labels", "background"),
    [
        (["unrelated", "volunteer_call"], ["volunteer_call", "unrelated"], "unrelated"),
        (["money", "unrelated", "books"], ["unrelated", "books", "money"], "unrelated"),
        (["money", "books"], ["books", "money"], None),
    ],
)
def test_labels_are_those_there_are(found: list[str], labels: list[str], background: str | None):
    assert label_order([LabelledPost("نص", label) for label in found]) == (labels, background)


def test_a_background_that_no_post_has_is_refused(own_posts: list[LabelledPost], tmp_path: Path):
    with pytest.raises(CorpusError, match="'unrelated', the background; the labels are animals, in_kind"):
        train(own_posts, tmp_path / "no", Settings(background="unrelated"))


def test_few_authored_posts_beside_named_sources_are_no_obstacle(own_posts: list[LabelledPost], tmp_path: Path):
    posts = [replace(post, source="mine" if post.label != "money" else "") for post in own_posts]
    assert "authored_posts_alone" not in train(posts, tmp_path / "model")
