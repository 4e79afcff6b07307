"""Opening what platforms let people download: every fixture, every WhatsApp header, and files of nonsense."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evolunteer_nlp.dumps.exports import PLATFORMS, open_posts
from evolunteer_nlp.dumps.inspection import inspect
from evolunteer_nlp.dumps.platforms.post import COLUMNS
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.formats import zstd
from evolunteer_nlp.tables.read import Rejected, Row, Skipped

HERE = Path(__file__).parent
FIXTURES = HERE / "fixtures" / "platforms"


def cases(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / "cases" / name).read_text(encoding="utf-8").splitlines()]


CASES = cases("platforms.jsonl")
"""Of each fixture: what is recognised, rows (values that are there), skipped and rejected ones, with numbers."""
BY_FILE = {case["file"]: case for case in CASES}


def outcomes(path: Path, **options: str) -> list[Row | Rejected | Skipped]:
    with open_posts(path, **options) as table:
        return list(table.rows)


def values(path: Path, **options: str) -> list[list[Any]]:
    rows = [row for row in outcomes(path, **options) if isinstance(row, Row)]
    return [[row.number, {name: value for name, value in row.values.items() if value is not None}] for row in rows]


# Fixtures


def test_every_fixture_has_a_case():
    assert {path.name for path in FIXTURES.iterdir()} == set(BY_FILE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_fixture_gives_the_rows_it_should(case):
    with open_posts(FIXTURES / case["file"]) as table:
        rows = list(table.rows)
    assert (table.kind, table.format, table.encoding) == (case["kind"], case["format"], "utf-8")
    assert values(FIXTURES / case["file"]) == case["rows"]
    assert [[row.number, row.reason] for row in rows if isinstance(row, Skipped)] == case["skipped"]
    assert [[row.number, row.reason] for row in rows if isinstance(row, Rejected)] == case["rejected"]


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] != "CSV"], ids=lambda case: case["file"])
def test_all_platforms_have_the_same_columns_of_text(case):
    with open_posts(FIXTURES / case["file"]) as table:
        assert table.columns == list(COLUMNS)
        assert table.text_column() == "text"
        for row in table.rows:
            if isinstance(row, Row):
                assert list(row.values) == list(COLUMNS)
                assert all(value is None or isinstance(value, str) for value in row.values.values())


@pytest.mark.parametrize("file", [case["file"] for case in CASES])
@pytest.mark.parametrize(("pack", "suffix"), [(gzip.compress, ".gz"), (zstd.compress, ".zst")])
def test_packed_exports_are_read_the_same(tmp_path, file, pack, suffix):
    (tmp_path / (file + suffix)).write_bytes(pack((FIXTURES / file).read_bytes()))
    read = values(tmp_path / (file + suffix))
    if "WhatsApp" in file:  # the chat's name is in that of the file
        assert [row["text"] for _, row in read] == [row["text"] for _, row in BY_FILE[file]["rows"]]
    else:
        assert read == BY_FILE[file]["rows"]


@pytest.mark.parametrize("name", ["RC_2024-03.zst", "reddit.json"])
def test_json_lines_of_a_platform_need_no_suffix(tmp_path, name):
    content = (FIXTURES / "reddit.jsonl").read_bytes()
    (tmp_path / name).write_bytes(zstd.compress(content) if name.endswith("zst") else content)
    assert values(tmp_path / name) == BY_FILE["reddit.jsonl"]["rows"]


def test_lines_of_twarc_hold_whole_pages(tmp_path):
    page = json.loads((FIXTURES / "x_v2_page.json").read_bytes())
    empty = {"meta": {"result_count": 0}}
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, [page, page, empty])), encoding="utf-8")
    rows = outcomes(tmp_path / "a.jsonl")
    once = [row["id"] for _, row in BY_FILE["x_v2_page.json"]["rows"]]
    assert [row.values["id"] for row in rows if isinstance(row, Row)] == once * 2
    assert [row.number for row in rows] == [1] * 4 + [2] * 4 + [3]
    assert rows[-1] == Skipped(3, "a page without posts")


# Archives


def archive(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_an_archive_of_x_gives_all_parts_in_order(tmp_path):
    tweet = {"id_str": "1", "full_text": "أ", "created_at": "Sun Mar 10 10:00:00 +0000 2024"}
    parts = {
        f"data/tweets{part}.js": "window.YTD.tweets.part0 = " + json.dumps([{"tweet": {**tweet, "id_str": id}}])
        for part, id in (("", "1"), ("-part10", "11"), ("-part2", "3"))
    }
    path = archive(tmp_path / "x.zip", **parts, **{"data/like.js": 'window.YTD.like.part0 = [{"like": {}}]'})
    assert [row["id"] for _, row in values(path)] == ["1", "3", "11"]


def test_a_chat_in_an_archive_is_named_by_it(tmp_path):
    path = archive(tmp_path / "WhatsApp Chat - العون.zip", **{"_chat.txt": "[13/03/2024, 18:05:12] هدى: نعم"})
    assert values(path)[0][1]["chat"] == "العون"


def test_an_archive_without_posts_is_refused(tmp_path):
    path = archive(tmp_path / "a.zip", **{"a.txt": "صباح الخير", "b.json": "[1]"})
    with pytest.raises(TableError, match=r"no file in .*a\.zip"):
        outcomes(path)


def test_a_damaged_archive_is_refused(tmp_path):
    path = archive(tmp_path / "a.zip", **{"_chat.txt": "[13/03/2024, 18:05:12] هدى: نعم"})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(TableError, match=r"a\.zip is damaged"):
        outcomes(path)


# WhatsApp


@pytest.mark.parametrize("case", cases("whatsapp.jsonl"), ids=lambda case: case["comment"])
def test_a_message_of_whatsapp_is_read(tmp_path, case):
    (tmp_path / "a.txt").write_text(case["line"], encoding="utf-8")
    (row,) = outcomes(tmp_path / "a.txt")
    if "skipped" in case:
        assert row == Skipped(1, case["skipped"])
    else:
        assert [row.values[name] for name in ("time", "author", "text")] == [case["time"], case["author"], case["text"]]


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["3/4/2024", "13/4/2024"], "2024-04-03"),
        (["3/4/2024", "3/14/2024"], "2024-03-04"),
        (["3/4/2024", "4/4/2024", "5/4/2024"], "2024-04-03"),
        (["3/4/2024", "3/5/2024", "3/6/2024"], "2024-03-04"),
        (["1/12/2024", "2/12/2024", "1/1/2025"], "2024-12-01"),
        (["3/4/2024"], "2024-04-03"),
        (["31/2/2024", "3/4/2024"], None),
    ],
)
def test_day_and_month_are_told_by_all_dates(tmp_path, dates, first):
    (tmp_path / "a.txt").write_text("".join(f"{date}, 18:05 - هدى: نعم\n" for date in dates), encoding="utf-8")
    assert values(tmp_path / "a.txt")[0][1].get("time") == (first and f"{first}T18:05:00")


def test_lines_above_the_first_message_are_rejected(tmp_path):
    lines = "تصدير\n13/03/2024, 18:05 - هدى: نعم\nولا\n"
    (tmp_path / "a.txt").write_text(lines, encoding="utf-8")
    assert [type(row) for row in outcomes(tmp_path / "a.txt", platform="whatsapp")] == [Rejected, Row]


# What is a platform's, and what is not

ORDINARY = [{"id": 1, "text": text, "created_at": "2024"} for text in ("نحتاج متطوعين", "صباح الخير")]


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1, "text": "أ", "author_id": 2, "created_at": "2024"},
        {"id_str": "1", "text": "أ", "user": "a"},
        {"title": "أ", "body": "ب", "subreddit": "c"},
        {"message": "أ", "url": "x", "date": "2024", "content": "ب"},
        {"id": 1, "timestamp": 1, "body": "أ"},
        {"text": "أ", "data": [], "timestamp": 1},
        {"content": "أ", "attachments": [], "timestamp": "2024", "id": "1"},
        {"text": "أ", "media": [], "title": "ب"},
        {"URL": "x", "Message": "أ"},
        {"type": "message", "id": 1, "date": "2024", "text": "أ"},
    ],
)
def test_an_ordinary_table_stays_as_it_is(tmp_path, record):
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    with open_posts(tmp_path / "a.jsonl") as table:
        assert (table.kind, list(table.rows)) == ("JSON Lines", [Row(1, record)])


def test_a_table_of_which_few_rows_look_like_a_platform_is_plain(tmp_path):
    tweet = json.loads((FIXTURES / "x_v1.jsonl").read_text(encoding="utf-8").splitlines()[0])
    lines = [json.dumps(record) for record in (*ORDINARY, tweet)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with open_posts(tmp_path / "a.jsonl") as table:
        assert table.kind == "JSON Lines"


def test_a_platform_can_be_read_as_a_plain_table():
    assert values(FIXTURES / "reddit.jsonl", platform="plain")[0][1]["selftext"] == "كيف أتطوع &amp; أين؟"


@pytest.mark.parametrize("platform", [name for name in PLATFORMS if name != "plain"])
def test_another_platform_than_the_named_one_is_refused(platform):
    with pytest.raises(TableError, match=f"does not look like an export of {platform}"):
        outcomes(FIXTURES / "plain_posts.csv", platform=platform)


def test_an_unknown_platform_lists_the_known_ones():
    with pytest.raises(TableError, match=r"'myspace'.*plain, telegram"):
        open_posts(FIXTURES / "plain_posts.csv", platform="myspace")


@pytest.mark.parametrize(("name", "content"), [("a.json", '{"text": 1}\n{"text": 2}'), ("a", '[{"text": 1}]')])
def test_a_plain_table_of_another_name_asks_for_its_format(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(TableError, match="--format json"):
        open_posts(tmp_path / name)
    with open_posts(tmp_path / name, format="jsonl" if "\n" in content else "json") as table:
        assert table.columns == ["text"]


@pytest.mark.parametrize("name", ["a.txt", "a", "a.js"])
def test_a_file_in_which_nothing_is_known_asks_for_its_format(tmp_path, name):
    (tmp_path / name).write_text("صباح الخير\n", encoding="utf-8")
    with pytest.raises(TableError, match="--format"):
        open_posts(tmp_path / name)


def test_standard_input_is_recognised_too(monkeypatch):
    content = (FIXTURES / "telegram_chat.json").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert values(Path("-")) == BY_FILE["telegram_chat.json"]["rows"]


def test_a_byte_that_is_not_utf8_costs_one_message(tmp_path):
    content = (FIXTURES / "telegram_chat.json").read_bytes()
    (tmp_path / "result.json").write_bytes(content.replace("تبرعوا".encode(), b"\xff"))
    rows = outcomes(tmp_path / "result.json")
    assert [type(row) for row in rows] == [Skipped, Row, Row, Rejected, Skipped, Row, Rejected]
    assert "\\xff" in rows[3].content


def test_bad_messages_of_a_page_can_be_written_to_a_file(tmp_path):
    page = json.loads((FIXTURES / "messenger.json").read_bytes())
    page["messages"][0]["content"] = "\ud83d"
    (tmp_path / "a.json").write_text(json.dumps(page), encoding="utf-8")
    assert "\\ud83d" in outcomes(tmp_path / "a.json")[0].content


# Nothing is lost

KEYS = [
    *COLUMNS, "id_str", "full_text", "user", "edit_history_tweet_ids", "referenced_tweets", "subreddit", "created_utc",
    "body", "data", "timestamp", "media", "uri", "creation_timestamp", "string_map_data", "rawContent", "url", "date",
    "thread_id", "facebookUrl", "shortCode", "ownerUsername", "type", "tweet", "URL", "Post Created", "Message",
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=10,
)
MAGIC = [
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"\xff\xfe",
    b"window.YTD.tweet.part0 = [{}",
    b"1/3/2024, 18:05 - a: ",
]
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def records() -> Iterator[tuple[str, list[Any]]]:
    """The fixtures with one item a record, and their records."""
    for name in ("x_v1.jsonl", "x_v2.jsonl", "reddit.jsonl", "snscrape.jsonl"):
        yield name, [json.loads(line) for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()]
    for name in ("facebook_posts.json", "instagram_posts.json", "instagram_comments.json", "apify_facebook.json"):
        yield name, json.loads((FIXTURES / name).read_bytes())


@pytest.mark.parametrize(("name", "known"), list(records()))
@QUICK
@given(st.data())
def test_no_record_is_lost(tmp_path, name, known, data):
    other = data.draw(st.lists(JSON, max_size=4))
    mixed = data.draw(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3))
    items = [*known, {**known[0], **mixed}, *other]
    whole = json.dumps(items) if name.endswith(".json") else "\n".join(map(json.dumps, items))
    (tmp_path / name).write_text(whole, encoding="utf-8")
    assert len(outcomes(tmp_path / name)) == len(items)


@QUICK
@given(st.lists(JSON, max_size=6), JSON)
def test_no_message_of_telegram_is_lost(tmp_path, items, name):
    chat = json.loads((FIXTURES / "telegram_chat.json").read_bytes())
    messages = chat["messages"] + items
    (tmp_path / "result.json").write_text(json.dumps({**chat, "name": name, "messages": messages}), encoding="utf-8")
    assert len(outcomes(tmp_path / "result.json")) == len(messages)


@QUICK
@given(st.lists(st.text(max_size=30)))
def test_no_line_of_whatsapp_is_lost(tmp_path, lines):
    content = "13/03/2024, 18:05 - هدى: @" + "\n".join(lines)
    (tmp_path / "a.txt").write_bytes(content.encode())
    (row,) = outcomes(tmp_path / "a.txt")
    assert row.values["text"] == content.partition(": ")[2].strip() or "\r" in content


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.txt", "a.js", "a.zip", "a"])
@QUICK
@given(
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.tuples(st.sampled_from([b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xff\xfe"]), st.binary()).map(
        b"".join
    )
)
def test_any_file_gives_rows_or_says_why_not(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    try:
        assert all(isinstance(row, Row | Rejected | Skipped) for row in outcomes(tmp_path / name))
    except TableError as error:
        assert name in str(error)


# Inspecting


def test_an_inspection_says_what_is_there():
    found = inspect(FIXTURES / "telegram_chat.json")
    assert (found.kind, found.format, found.encoding, found.text_column) == ("Telegram", "json", "utf-8", "text")
    assert (found.rows, found.whole) == (4, True)
    assert dict(found.skipped) == {"service message": 1, "no text": 1}
    assert dict(found.rejected) == {"not a JSON object": 1}
    assert found.posts[0] == {
        "id": "1000000001/2",
        "author": "هدى",
        "time": "2024-03-11T18:05:00+00:00",
        "text": "نحتاج سائقًا غدًا",
    }
    assert len(found.posts) == 3


def test_an_inspection_of_a_table_without_posts_says_so(tmp_path):
    (tmp_path / "a.csv").write_text("id,words\n1,a\n", encoding="utf-8")
    found = inspect(tmp_path / "a.csv")
    assert (found.text_column, found.columns, found.posts[0]["text"]) == (None, ["id", "words"], None)


def test_an_inspection_stops_after_some_rows(tmp_path):
    (tmp_path / "a.csv").write_text("text\n" + "a\n" * 10_001, encoding="utf-8")
    found = inspect(tmp_path / "a.csv")
    assert (found.rows, found.whole) == (10_000, False)
