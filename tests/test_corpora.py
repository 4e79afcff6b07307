import gzip
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from evolunteer_nlp import CorpusError, TableError, label_frame
from evolunteer_nlp.corpus import hydrate as hydration
from evolunteer_nlp.corpus.checks import check_corpus
from evolunteer_nlp.corpus.posts import LabelledPost, PublicLabel, read_corpus, read_public_labels, text_id
from evolunteer_nlp.corpus.splits import grouped_folds, trainable
from evolunteer_nlp.labels import Label

LABELS = [str(label) for label in Label]
POST = "نحتاج متطوعين لتنظيف حديقة الحي صباح السبت القادم، أحضر قفازك معك"


def findings(*posts: LabelledPost) -> list[tuple[str, str]]:
    return [(finding.kind, finding.where) for finding in check_corpus(posts, LABELS, "unrelated")]


def test_the_authored_corpora_are_clean():
    assert check_corpus(read_corpus(["authored"]), LABELS, "unrelated") == []


def test_each_kind_of_trouble_is_found_where_it_is():
    post = LabelledPost(POST, "volunteer_call", where="a, row 1")
    assert findings(post, replace(post, where="a, row 2")) == [("duplicate", "a, row 2")]
    assert findings(post, replace(post, label="unrelated", where="a, row 2")) == [("conflict", "a, row 2")]
    assert findings(post, replace(post, text=POST + " شكرا", where="a, row 2")) == [("near_duplicate", "a, row 2")]
    assert findings(replace(post, pair="p"), replace(post, text=POST + " شكرا", pair="p")) == []
    assert findings(replace(post, text=" . ")) == [("empty", "a, row 1")]
    assert findings(replace(post, label="prayer")) == [("unknown_label", "a, row 1")]
    assert findings(replace(post, also="unrelated")) == [("unknown_label", "a, row 1")]
    kinds = {kind for kind, _ in findings(replace(post, batch="b", cause="x"))}
    assert kinds == {"unknown_key"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "a"}', "row 2: no label"),
        ('{"label": "unrelated"}', "row 2: no text"),
        ("{", "row 2: not JSON"),
        ('{"text": 5, "label": "unrelated"}', "row 2: no text"),
    ],
)
def test_a_bad_row_of_a_corpus_is_named(tmp_path: Path, line: str, message: str):
    (tmp_path / "a.jsonl").write_text('{"text": "a", "label": "unrelated"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        read_corpus([tmp_path / "a.jsonl"])


def test_a_folder_without_corpus_files_is_refused(tmp_path: Path):
    with pytest.raises(CorpusError, match="no corpus files"):
        read_corpus([tmp_path])


def test_groups_are_never_split(authored: list[LabelledPost]):
    kept = trainable(authored[:2000])
    for fitted, held in grouped_folds(kept.groups, 5, seed=3):
        assert not set(kept.groups[fitted]) & set(kept.groups[held])
        assert len(fitted) + len(held) == len(kept.posts)
    pairs: dict[str, set[int]] = {}
    for post, group in zip(kept.posts, kept.groups.tolist(), strict=True):
        if post.pair:
            pairs.setdefault(post.pair, set()).add(group)
    assert pairs
    assert all(len(groups) == 1 for groups in pairs.values())


def test_posts_kept_for_measuring_and_their_likes_are_left_out(monkeypatch: pytest.MonkeyPatch):
    other = LabelledPost("صباح الخير يا جماعة الخير والسعادة", "unrelated")
    known = LabelledPost("شكرا لكل من حضر معنا اليوم في الملعب", "unrelated")
    label = PublicLabel(text_id(known.text), "dev", "unrelated", "", "true", "s", "twitter", "false", "")
    monkeypatch.setattr("evolunteer_nlp.corpus.splits.read_public_labels", lambda: {label.id: label})
    dev = LabelledPost(POST, "volunteer_call", split="dev")
    kept = trainable([dev, replace(dev, split="", text=POST + " شكرا"), known, other])
    assert (kept.posts, kept.left_out) == ([other], 3)


def test_public_labels_hold_no_text():
    labels = read_public_labels()
    assert len(labels) > 10_000
    assert {label.split for label in labels.values()} == {"train", "dev"}
    assert all(len(id) == 16 and label.label in LABELS for id, label in labels.items())


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "a.csv", "a.tsv", "a.txt", "deep/er/a.jsonl"])
@pytest.mark.parametrize("by_id", [True, False])
def test_public_texts_are_found_by_id_or_by_their_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, by_id: bool
):
    if by_id and name == "a.txt":
        pytest.skip("text files have no ids")
    id = "0123456789abcdef" if by_id else text_id(POST)
    label = PublicLabel(id, "train", "volunteer_call", "", "true", "s", "twitter", "false", "")
    missing = PublicLabel("f" * 16, "train", "unrelated", "", "true", "s", "twitter", "false", "")
    monkeypatch.setattr(hydration, "read_public_labels", lambda: {label.id: label, missing.id: missing})
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    row = {"id": id if by_id else "other", "text": POST}
    content = {
        ".jsonl": json.dumps(row),
        ".gz": json.dumps(row),
        ".json": json.dumps([row]),
        ".csv": f'id,text\n{row["id"]},"{POST}"\n',
        ".tsv": f"id\ttext\n{row['id']}\t{POST}\n",
        ".txt": POST + "\n",
    }[(tmp_path / name).suffix].encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    found = hydration.hydrate([tmp_path])
    assert [(post["text"], post["label"]) for post in found.posts] == [(POST, "volunteer_call")]
    assert (found.n_labels, found.unread) == (2, [])


def test_a_file_that_cannot_be_read_is_told_and_the_rest_is_searched(tmp_path: Path):
    (tmp_path / "a.json").write_text("{")
    assert len(hydration.hydrate([tmp_path]).unread) == 1
    with pytest.raises(TableError, match="there is no folder"):
        hydration.hydrate([tmp_path / "missing"])


def test_a_frame_keeps_its_index_order_and_columns():
    df = pd.DataFrame({"post": [POST, None, "صباح الخير"], "label": [1, 2, 3]}, index=[7, 3, 5])
    found = label_frame(df, "post")
    assert found.index.tolist() == [7, 3, 5]
    assert found["label_input"].tolist() == [1, 2, 3]
    assert found["label"].tolist() == ["volunteer_call", "unrelated", "unrelated"]
    assert found["probability"].between(0, 1).all()
    assert found["certain"].dtype == bool
    assert df.columns.tolist() == ["post", "label"]
    assert label_frame(df.iloc[:0], "post").columns.tolist()[-4:] == ["label", "probability", "also", "certain"]


def test_a_frame_with_the_wrong_column_or_values_is_refused():
    with pytest.raises(KeyError, match="the columns are: text"):
        label_frame(pd.DataFrame({"text": [POST]}), "post")
    with pytest.raises(TypeError, match="index 1"):
        label_frame(pd.DataFrame({"text": [POST, 5]}))
