"""Finding the texts of public posts; the posts here are made up, so their labels stand in for ours."""

import gzip
import json

import pytest

from evolunteer_nlp.corpus.hydrate import hydrate
from evolunteer_nlp.corpus.posts import PublicLabel, read_corpus, read_public_labels, text_id
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.write import Layout, open_writer

BY_ID = "نحتاج متطوعين لتوزيع الوجبات"
BY_HASH = "تبرعوا بالدم، أنقذوا حياة"
LABELS = {
    "1234567890123456789": PublicLabel(
        "1234567890123456789", "train", "volunteer_call", "donation_drive", "true", "set_a", "twitter", "false", ""
    ),
    text_id(BY_HASH): PublicLabel(
        text_id(BY_HASH), "dev", "donation_drive", "", "false", "set_b", "facebook", "true", "blood"
    ),
    "nowhere": PublicLabel("nowhere", "train", "unrelated", "", "true", "set_b", "twitter", "false", ""),
}
ROWS = [
    {"id": "1234567890123456789", "text": BY_ID},
    {"id": "another", "text": BY_HASH},
    {"id": "x", "text": "صباح الخير"},
]


@pytest.fixture(autouse=True)
def labels(monkeypatch):
    monkeypatch.setattr("evolunteer_nlp.corpus.hydrate.read_public_labels", lambda: LABELS)


def written(kind: str, rows: list[dict]) -> bytes:
    if kind == "json":
        return json.dumps(rows).encode()
    if kind == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    between = "\t" if kind == "tsv" else ","
    return "".join(between.join(line) + "\n" for line in [rows[0], *(row.values() for row in rows)]).encode()


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "a.json", "a.jsonl", "a.jsonl.gz", "A.JSONL"])
def test_texts_are_found_by_id_or_by_hash(tmp_path, name):
    content = written(name.lower().removesuffix(".gz").rpartition(".")[2], ROWS)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = hydrate([tmp_path])
    assert [(post["text"], post["label"]) for post in found.posts] == [
        (BY_ID, "volunteer_call"),
        (BY_HASH, "donation_drive"),
    ]
    assert (len(found.posts), found.n_labels, found.unread) == (2, 3, [])


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_every_line_of_a_text_file_is_a_post(tmp_path, name):
    content = f"سطر\r\n{BY_HASH}\r\n".encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert [post["text"] for post in hydrate([tmp_path]).posts] == [BY_HASH]


def test_a_post_has_the_fields_of_its_label(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(written("jsonl", ROWS))
    first, second = hydrate([tmp_path]).posts
    assert first == {
        "id": "1234567890123456789",
        "text": BY_ID,
        "label": "volunteer_call",
        "also": "donation_drive",
        "firm": True,
        "split": "train",
        "source": "set_a",
        "platform": "twitter",
        "stream": False,
    }
    assert (second["also"], second["firm"], second["split"], second["stream"]) == (None, False, "dev", True)


def test_what_is_found_is_a_corpus(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(written("jsonl", ROWS))
    with open_writer(tmp_path / "found.jsonl", Layout("jsonl")) as writer:
        writer.write(hydrate([tmp_path]).posts)
    assert [(post.label, post.split, post.firm) for post in read_corpus([tmp_path / "found.jsonl"])] == [
        ("volunteer_call", "train", True),
        ("donation_drive", "dev", False),
    ]


def test_a_numeric_id_is_an_id(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(written("jsonl", [{"id": 1234567890123456789, "text": "نص آخر"}]))
    assert [post["text"] for post in hydrate([tmp_path]).posts] == ["نص آخر"]


@pytest.mark.parametrize("column", ["tweet", "Text", "النص"])
def test_the_text_may_be_in_any_known_column(tmp_path, column):
    (tmp_path / "a.csv").write_bytes(written("csv", [{column: BY_HASH}]))
    assert len(hydrate([tmp_path]).posts) == 1


def test_folders_are_searched_to_the_bottom_and_files_can_be_named(tmp_path):
    deep = tmp_path / "one" / "two"
    deep.mkdir(parents=True)
    (deep / "a.csv").write_bytes(written("csv", ROWS[:1]))
    (tmp_path / "b.csv").write_bytes(written("csv", ROWS[1:]))
    assert len(hydrate([tmp_path / "one", tmp_path / "b.csv"]).posts) == 2


def test_a_post_met_twice_is_one_post(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(written("csv", ROWS))
    assert len(hydrate([tmp_path]).posts) == 2


def test_other_files_are_passed_by(tmp_path):
    (tmp_path / "a.pdf").write_bytes(written("csv", ROWS))
    assert hydrate([tmp_path]) == ([], 3, [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("0.csv", b""),
        ("0.json", b"{"),
        ("0.txt", "عربي".encode("cp1256")),
        ("0.csv", "text\nعربي\n".encode("cp1256")),
        ("0.xlsx", b"no workbook"),
        ("0.jsonl.gz", gzip.compress(written("jsonl", ROWS * 5000))[:-9]),
    ],
    ids=["empty", "broken", "txt-cp1256", "csv-cp1256", "excel", "cut"],
)
def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_read(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "1.csv").write_bytes(written("csv", ROWS))
    found = hydrate([tmp_path])
    assert len(found.posts) == 2
    assert len(found.unread) == 1
    assert name in found.unread[0]


def test_bad_rows_do_not_hide_good_ones(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": \n[1]\n{"text": null, "id": "nowhere"}\n' + written("jsonl", ROWS))
    assert len(hydrate([tmp_path]).posts) == 2


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(TableError, match="nowhere"):
        hydrate([tmp_path / "nowhere"])


def test_our_labels_of_public_posts_hold_no_texts():
    for id, label in read_public_labels().items():
        assert label.id == id
        assert label.split in ("train", "dev")
        assert len(label.reason) < 100
