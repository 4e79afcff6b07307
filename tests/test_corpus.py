"""Reading corpora, checking them, and keeping apart what must not meet."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evolunteer_nlp.corpus.checks import check_corpus
from evolunteer_nlp.corpus.posts import (
    LabelledPost,
    authored_folder,
    held_out_files,
    places,
    read_corpus,
    read_public_labels,
    text_id,
)
from evolunteer_nlp.corpus.splits import grouped_folds, trainable
from evolunteer_nlp.errors import CorpusError, TableError
from evolunteer_nlp.labels import Label

LABELS = [str(label) for label in Label]
CALL = "نحتاج متطوعين لتنظيف شاطئ المدينة يوم الجمعة القادم من الصباح حتى الظهر"
NEARLY = "نحتاج متطوعين لتنظيف شاطئ المدينة يوم الجمعة القادم من الصباح حتى العصر"
CHAT = "شربت القهوة اليوم مع أصدقائي في المقهى الجديد"
POSTS = [LabelledPost(CALL, "volunteer_call", where="a.jsonl, row 1"), LabelledPost(CHAT, "unrelated", where="b")]


def findings(*posts: LabelledPost) -> list[tuple[str, str]]:
    return [(found.kind, found.where) for found in check_corpus(posts, LABELS, "unrelated")]


def corpus(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


# Reading


def test_a_corpus_needs_only_texts_and_labels(tmp_path):
    path = corpus(tmp_path / "a.jsonl", {"text": CALL, "label": "volunteer_call"})
    assert read_corpus([path]) == [
        LabelledPost(CALL, "volunteer_call", id=text_id(CALL), where=f"{path}, row 1"),
    ]


def test_all_fields_of_a_post_are_read(tmp_path):
    fields = {
        "id": "7", "text": CALL, "label": "volunteer_call", "also": "donation_drive", "source": "s", "batch": "b",
        "split": "train", "pair": "p", "dialect": "GLF", "platform": "twitter", "country": "SA", "cause": "cleaning",
        "voice": "charity", "firm": False, "stream": True,
    }  # fmt: skip
    [post] = read_corpus([corpus(tmp_path / "a.jsonl", fields)])
    assert {name: getattr(post, name) for name in fields} == fields


@pytest.mark.parametrize(("word", "firm"), [("true", True), ("1", True), ("false", False), ("", False), ("0", False)])
def test_truth_in_a_table_is_a_word(tmp_path, word, firm):
    (tmp_path / "a.csv").write_text(f"text,label,also,firm\n{CALL},volunteer_call,,{word}\n", encoding="utf-8")
    [post] = read_corpus([tmp_path / "a.csv"])
    assert (post.firm, post.also) == (firm, None)


def test_a_folder_is_all_its_files_in_order_of_names(tmp_path):
    corpus(tmp_path / "b.jsonl", {"text": CHAT, "label": "unrelated"})
    corpus(tmp_path / "a.jsonl", {"text": CALL, "label": "volunteer_call"})
    (tmp_path / "README.md").write_text("no posts")
    assert [post.text for post in read_corpus([tmp_path])] == [CALL, CHAT]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"text": None, "label": "unrelated"}, "no text"),
        ({"text": 5, "label": "unrelated"}, "no text"),
        ({"label": "unrelated"}, "no text"),
        ({"text": CHAT}, "no label"),
        ({"text": CHAT, "label": ""}, "no label"),
        ({"text": CHAT, "label": 1}, "no label"),
        ([CHAT], "not a JSON object"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_row(tmp_path, row, problem):
    path = corpus(tmp_path / "a.jsonl", {"text": CALL, "label": "volunteer_call"}, row)
    with pytest.raises(CorpusError, match=rf"a\.jsonl, row 2: {problem}"):
        read_corpus([path])


def test_a_corpus_without_posts_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="no corpus files"):
        read_corpus([tmp_path])
    (tmp_path / "a.csv").write_text("text,label\n")
    with pytest.raises(CorpusError, match="no posts"):
        read_corpus([tmp_path])


def test_a_corpus_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(TableError, match="there is no file"):
        read_corpus([tmp_path / "a.jsonl"])
    with pytest.raises(TableError, match="columns are: label"):
        read_corpus([corpus(tmp_path / "b.jsonl", {"label": "unrelated"})])


@pytest.mark.parametrize("change", [{"label": "spam"}, {"also": "spam"}])
def test_an_unknown_label_is_refused_with_file_and_row(change):
    with pytest.raises(CorpusError, match=r"a\.jsonl, row 1: unknown label 'spam'; known are volunteer_call"):
        places([replace(POSTS[0], **change)], LABELS)


def test_an_id_is_the_start_of_the_sha1_of_the_text():
    assert text_id("abc") == "a9993e364706816a"
    assert len(text_id("half an emoji \ud83d")) == 16


# Checks


def test_a_good_corpus_has_no_findings():
    assert findings(*POSTS) == []


@pytest.mark.parametrize("text", ["", "  \n", "\N{ARABIC TATWEEL}", "\N{RIGHT-TO-LEFT MARK}"])
def test_a_post_without_words_is_found(text):
    assert findings(*POSTS, LabelledPost(text, "unrelated", where="here")) == [("empty", "here")]


@pytest.mark.parametrize(
    ("label", "also"),
    [
        ("spam", None),
        ("volunteer_call", "spam"),
        ("volunteer_call", "volunteer_call"),
        ("volunteer_call", "unrelated"),
    ],
)
def test_labels_that_cannot_be_are_found(label, also):
    assert findings(LabelledPost(CALL, label, also, where="here")) == [("unknown_label", "here")]


@pytest.mark.parametrize("name", ["cause", "voice", "dialect", "platform"])
def test_unknown_keys_of_authored_posts_are_found(name):
    keys = {"cause": "cleaning", "voice": "charity", "dialect": "MSA", "platform": "twitter"}
    post = LabelledPost(CALL, "volunteer_call", batch="msa_1", where="here", **keys)
    assert findings(post) == []
    assert findings(replace(post, **{name: "xyz"})) == [("unknown_key", "here")]
    assert findings(replace(post, **{name: "xyz"}, batch="")) == []


def test_the_same_text_again_is_found():
    again = LabelledPost(f"{CALL}!".replace("ة", "ه").replace("!", "."), "volunteer_call", where="there")
    assert findings(*POSTS, again) == [("duplicate", "there")]


def test_the_same_text_with_another_label_is_found():
    assert findings(*POSTS, LabelledPost(CALL, "unrelated", where="there")) == [("conflict", "there")]


def test_nearly_the_same_text_is_found_except_in_a_minimal_pair():
    nearly = LabelledPost(NEARLY, "volunteer_call", where="there")
    assert findings(*POSTS, nearly) == [("near_duplicate", "there")]
    assert findings(replace(POSTS[0], pair="p1"), replace(nearly, pair="p1")) == []
    assert findings(replace(POSTS[0], pair="p1"), replace(nearly, pair="p2")) == [("near_duplicate", "there")]


def test_a_finding_says_where_the_other_post_is():
    [found] = check_corpus([*POSTS, LabelledPost(CALL, "unrelated", where="there")], LABELS, "unrelated")
    assert "a.jsonl, row 1" in found.message


@pytest.mark.slow
def test_the_authored_corpora_have_no_findings():
    assert check_corpus(read_corpus([authored_folder()]), LABELS, "unrelated") == []


def test_authored_posts_for_measuring_are_not_for_training(authored):
    held_out = {post.batch for post in read_corpus([authored_folder()])} - {post.batch for post in authored}
    assert held_out
    assert all(batch.startswith("heldout") for batch in held_out)


# Splits


def test_near_duplicates_and_minimal_pairs_share_a_group():
    posts = [
        *POSTS,
        LabelledPost(NEARLY, "volunteer_call", pair="p1"),
        LabelledPost("دورة مجانية في الإسعافات الأولية", "awareness_campaign", pair="p1"),
    ]
    first, other, near, partner = trainable(posts).groups
    assert first == near == partner != other


def test_a_group_is_never_on_both_sides_of_a_fold():
    group = np.random.default_rng(0).integers(0, 40, 200)
    held_out = []
    for fitted, held in grouped_folds(group, 5, seed=1):
        assert not set(group[fitted]) & set(group[held])
        assert len(fitted) + len(held) == 200
        held_out += held.tolist()
    assert sorted(held_out) == list(range(200))


def test_folds_follow_the_seed():
    group = np.arange(50)

    def held(seed: int) -> list[list[int]]:
        return [held.tolist() for _, held in grouped_folds(group, 5, seed)]

    assert held(1) == held(1) != held(2)


def test_posts_of_split_dev_and_near_duplicates_of_them_are_not_trained_on():
    posts = [*POSTS, LabelledPost(NEARLY, "volunteer_call", split="dev")]
    left = trainable(posts)
    assert (left.posts, left.left_out) == ([POSTS[1]], 2)
    assert len(left.groups) == 1


def test_a_post_with_the_id_of_a_dev_post_is_not_trained_on():
    dev = next(id for id, label in read_public_labels().items() if label.split == "dev")
    assert trainable([replace(POSTS[0], id=dev), POSTS[1]]).posts == [POSTS[1]]


def test_a_post_with_the_text_of_a_dev_post_is_not_trained_on(monkeypatch):
    label = next(label for label in read_public_labels().values() if label.split == "dev")
    # the texts of real dev posts cannot stand here, so a made-up one joins them
    monkeypatch.setattr("evolunteer_nlp.corpus.splits.read_public_labels", lambda: {text_id(CALL): label})
    assert trainable([replace(POSTS[0], id="renamed"), POSTS[1]]).posts == [POSTS[1]]


def test_posts_of_split_train_are_trained_on():
    posts = [replace(post, split="train") for post in POSTS]
    assert trainable(posts).posts == posts


def test_held_out_posts_are_never_trained_on(authored):
    everything = read_corpus([authored_folder()])
    held_out = read_corpus(held_out_files())
    assert 0.05 < len(held_out) / len(everything) < 0.2
    kept = trainable([*everything[::20], *held_out[::20]]).posts
    assert kept
    assert not {post.id for post in kept} & {post.id for post in held_out}
