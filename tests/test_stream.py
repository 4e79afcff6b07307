"""Labelling files: every row comes back, labelled or rejected, and an output is whole or not there."""

import csv
import datetime
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evolunteer_nlp.dumps import stream
from evolunteer_nlp.dumps.stream import AlreadyCompleteError, Options, Summary, label_dump, rejected_file
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.model import Model, classify, load_model
from evolunteer_nlp.tables.formats import LOOKED_AT

CALL = "نحتاج متطوعين لتنظيف الشاطئ يوم الجمعة، سجل معنا"
DRIVE = "تبرعوا لإغاثة المتضررين على الحساب 0000000000000"
ADDED = ["label", "probability", "also", "certain"]
ROWS = [
    {"id": "1234567890123456789", "text": CALL, "note": 'a, "b"', "عدد": "1"},
    {"id": "0007", "text": "سطر أول\nسطر ثان؛ وبعده\tفراغ", "note": None, "عدد": "٢"},
    {"id": "x", "text": "=1+1", "note": "true", "عدد": "3.50"},
]


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(engine="words")


def write(path: Path, rows: list[dict], encoding: str = "utf-8") -> Path:
    """Write a table with other code than ours."""
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif kind == "xlsx":
        book = openpyxl.Workbook()
        book.active.append(list(rows[0]))
        for row in rows:
            book.active.append(list(row.values()))
            for cell in book.active[book.active.max_row]:
                cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
        book.save(path)
    else:
        if kind == "jsonl":
            content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        elif kind == "json":
            content = json.dumps(rows)
        else:
            lines = io.StringIO()
            writer = csv.DictWriter(lines, list(rows[0]), delimiter="\t" if kind == "tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
            content = lines.getvalue()
        data = content.encode(encoding)
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read(path: Path) -> list[dict]:
    """Read a table with other code than ours."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".xlsx":
        header, *lines = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [dict(zip(header, line, strict=True)) for line in lines]
    content = path.read_bytes().decode()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in content.splitlines()]
    return list(csv.DictReader(io.StringIO(content, newline=""), delimiter="\t" if path.suffix == ".tsv" else ","))


def as_text(row: dict) -> dict[str, str]:
    """A row as a table of strings shows it."""
    return {name: "" if value is None else str(value).lower() for name, value in row.items()}


def rejects(output: Path) -> list[dict]:
    return [json.loads(line) for line in rejected_file(output).read_text(encoding="utf-8").splitlines()]


def label_rows(rows: list[dict], output: Path, model: Model, **options) -> tuple[Summary, list[dict]]:
    """Label rows from a JSON Lines file beside the output."""
    summary = label_dump(write(output.parent / "rows.jsonl", rows), output, model, Options(**options))
    return summary, read(output)


INPUTS = ["a.csv", "a.csv.gz", "a.tsv", "a.tsv.gz", "a.jsonl", "a.jsonl.gz", "a.json", "a.parquet", "a.xlsx"]
OUTPUTS = ["out.csv", "out.tsv", "out.jsonl", "out.parquet", "out.xlsx"]


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("source", INPUTS)
def test_every_column_of_every_row_comes_back_with_its_label(tmp_path, model, source, output):
    summary = label_dump(write(tmp_path / source, ROWS), tmp_path / output, model)
    labelled = read(tmp_path / output)
    assert [list(row) for row in labelled] == [[*ROWS[0], *ADDED]] * 3
    assert [as_text({name: row[name] for name in ROWS[0]}) for row in labelled] == [as_text(row) for row in ROWS]
    assert [row["label"] for row in labelled] == [classify(row["text"], model=model).label for row in ROWS]
    assert (summary.read, summary.written, summary.rejected) == (3, 3, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source, output, f"{output}.done.json"])


def test_labels_in_a_file_are_those_of_classify(tmp_path, model, few_posts):
    posts = [post.text for post in few_posts[:200]]
    _, labelled = label_rows([{"text": post} for post in posts], tmp_path / "out.jsonl", model, probabilities=True)
    for post, row in zip(posts, labelled, strict=True):
        found = classify(post, model=model)
        assert (row["label"], row["also"], row["certain"]) == (found.label, found.also, found.certain)
        assert row["probability"] == pytest.approx(found.probability, abs=1e-4)
        assert {label: row[f"probability_{label}"] for label in model.labels} == pytest.approx(
            dict(found.probabilities), abs=1e-4
        )


def test_values_added_to_parquet_and_jsonl_have_types(tmp_path, model):
    source = write(tmp_path / "a.parquet", ROWS)
    for output in (tmp_path / "out.parquet", tmp_path / "out.jsonl"):
        label_dump(source, output, model, Options(probabilities=True))
        first = read(output)[0]
        assert [type(first[name]) for name in ADDED] == [str, float, type(None), bool]
        assert sum(first[f"probability_{label}"] for label in model.labels) == pytest.approx(1, abs=1e-3)


def test_a_parquet_file_made_from_csv_has_numbers_for_probabilities(tmp_path, model):
    label_dump(write(tmp_path / "a.csv", ROWS), tmp_path / "out.parquet", model)
    assert pq.read_schema(tmp_path / "out.parquet").field("probability").type == pa.float64()


def test_types_stay_from_parquet_to_parquet(tmp_path, model):
    before = pa.table(
        {
            "text": [CALL],
            "id": [2**62 + 1],
            "platform": pa.array(["x"]).dictionary_encode(),
            "written": pa.array([1], pa.timestamp("ns", "Asia/Riyadh")),
            "day": [datetime.date(2020, 1, 31)],
            "tags": [["a", "b"]],
            "user": [{"name": "x", "followers": 5}],
            "score": pa.array([0.1], pa.float32()),
            "raw": [b"\xff\0"],
            "nothing": pa.nulls(1),
        }
    )
    pq.write_table(before, tmp_path / "a.parquet")
    label_dump(tmp_path / "a.parquet", tmp_path / "out.parquet", model)
    assert pq.read_table(tmp_path / "out.parquet").select(before.column_names).equals(before)


def test_nested_values_stay_in_jsonl_and_are_json_in_csv(tmp_path, model):
    row = {"text": CALL, "user": {"name": "م", "ids": [1, 2]}, "n": 1.5, "ok": True, "no": None}
    _, [same] = label_rows([row], tmp_path / "out.jsonl", model)
    assert {name: same[name] for name in row} == row
    _, [flat] = label_rows([row], tmp_path / "out.csv", model)
    assert json.loads(flat["user"]) == row["user"]
    assert (flat["n"], flat["ok"], flat["no"]) == ("1.5", "true", "")


def test_numbers_and_dates_stay_in_excel(tmp_path, model):
    row = {"text": CALL, "likes": 7, "at": datetime.datetime(2020, 1, 31, 12, 0)}
    label_dump(write(tmp_path / "a.xlsx", [row]), tmp_path / "out.xlsx", model)
    assert {name: read(tmp_path / "out.xlsx")[0][name] for name in row} == row


def test_a_long_numeric_id_is_exact_in_csv(tmp_path, model):
    _, [row] = label_rows([{"id": 2**62 + 1, "text": CALL}], tmp_path / "out.csv", model)
    assert row["id"] == str(2**62 + 1)


def test_a_long_numeric_id_is_a_text_in_excel(tmp_path, model):
    _, [row] = label_rows([{"id": 2**62 + 1, "text": CALL}], tmp_path / "out.xlsx", model)
    assert row["id"] == str(2**62 + 1)


def test_a_text_too_long_for_an_excel_cell_is_not_cut_silently(tmp_path, model):
    summary, labelled = label_rows([{"text": "كلمة " * 8000}], tmp_path / "out.xlsx", model)
    assert summary.rejected or labelled[0]["text"] == "كلمة " * 8000


@pytest.mark.parametrize("value", [datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), b"ab"])
def test_what_excel_has_no_type_for_becomes_a_text(tmp_path, value):
    write(tmp_path / "a.parquet", [{"text": CALL, "value": value}])
    subprocess.run([evolunteer(), "label", "a.parquet", "-o", "out.xlsx"], cwd=tmp_path, check=True)
    assert isinstance(read(tmp_path / "out.xlsx")[0]["value"], str)


def test_a_post_that_begins_with_an_equals_sign_stays_a_text_in_excel(tmp_path, model):
    label_rows([{"text": "=cmd|' /C calc'!A0"}], tmp_path / "out.xlsx", model)
    cell = openpyxl.load_workbook(tmp_path / "out.xlsx").active["A2"]
    assert (cell.value, cell.data_type) == ("=cmd|' /C calc'!A0", "s")


@pytest.mark.parametrize("output", OUTPUTS)
def test_objects_with_different_keys_share_a_table(tmp_path, model, output):
    _, labelled = label_rows([{"text": CALL}, {"text": DRIVE, "late": "x", "label": "mine"}], tmp_path / output, model)
    assert [(row.get("late") or "", row.get("label_input") or "") for row in labelled] == [("", ""), ("x", "mine")]


def test_an_output_named_gz_is_compressed(tmp_path, model):
    label_dump(write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv.gz", model)
    assert gzip.decompress((tmp_path / "out.csv.gz").read_bytes()).startswith(b"id,text")


def test_an_output_in_a_new_folder_makes_it(tmp_path, model):
    label_dump(write(tmp_path / "a.csv", ROWS), tmp_path / "new" / "folder" / "out.csv", model)
    assert len(read(tmp_path / "new" / "folder" / "out.csv")) == 3


def test_a_file_of_a_header_gives_a_header(tmp_path, model):
    (tmp_path / "a.csv").write_text("id,text\n", encoding="utf-8")
    for name in OUTPUTS:
        assert label_dump(tmp_path / "a.csv", tmp_path / name, model).read == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "id,text,label,probability,also,certain\n"
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_many_rows_keep_their_order(tmp_path, model):
    rows = [{"n": n, "text": f"متطوعين {n}"} for n in range(20_000)]
    _, labelled = label_rows(rows, tmp_path / "out.jsonl", model)
    assert [row["n"] for row in labelled] == list(range(20_000))


# Added columns


def test_a_column_of_one_of_our_names_is_kept_under_another(tmp_path, model):
    row = {"text": CALL, "label": "mine", "certain": "yes", "label_input": "older"}
    summary, [labelled] = label_rows([row], tmp_path / "out.csv", model)
    assert summary.renamed == {"label": "label_input_2", "certain": "certain_input"}
    assert list(labelled) == ["text", "label_input_2", "certain_input", "label_input", *ADDED]
    assert (labelled["label_input"], labelled["label_input_2"], labelled["certain_input"]) == ("older", "mine", "yes")


def test_a_kept_column_keeps_its_type_in_parquet(tmp_path, model):
    write(tmp_path / "a.parquet", [{"text": CALL, "probability": 3}])
    label_dump(tmp_path / "a.parquet", tmp_path / "out.parquet", model)
    assert pq.read_schema(tmp_path / "out.parquet").field("probability_input").type == pa.int64()


def test_the_text_column_may_bear_one_of_our_names(tmp_path, model):
    _, [labelled] = label_rows([{"label": CALL}], tmp_path / "out.jsonl", model, column="label")
    assert (labelled["label_input"], labelled["label"]) == (CALL, classify(CALL, model=model).label)


def test_a_prefix_names_our_columns(tmp_path, model):
    row = {"text": CALL, "label": "mine"}
    summary, [labelled] = label_rows([row], tmp_path / "out.csv", model, prefix="ev_", probabilities=True)
    assert summary.renamed == {}
    ours = [*ADDED, *(f"probability_{label}" for label in model.labels)]
    assert list(labelled) == ["text", "label", *(f"ev_{name}" for name in ours)]
    assert labelled["label"] == "mine"


def test_a_model_with_other_labels_names_its_own(tmp_path, small_model):
    other = load_model(small_model)
    _, [labelled] = label_rows([{"text": CALL}], tmp_path / "out.jsonl", other, probabilities=True)
    assert [name for name in labelled if name.startswith("probability_")] == [f"probability_{n}" for n in other.labels]


# The text column


@pytest.mark.parametrize("name", ["Text", "tweet", "full_text", "النص", "التغريدة", "المنشور"])
def test_the_text_column_is_found_by_its_name(tmp_path, model, name):
    _, [labelled] = label_rows([{"id": 1, name: CALL}], tmp_path / "out.jsonl", model)
    assert labelled["label"] == classify(CALL, model=model).label


def test_a_text_column_can_be_named(tmp_path, model):
    _, [labelled] = label_rows([{"text": "", "words": CALL}], tmp_path / "out.jsonl", model, column="words")
    assert labelled["label"] == classify(CALL, model=model).label


@pytest.mark.parametrize("column", [None, "text"])
def test_without_a_text_column_the_error_lists_the_columns(tmp_path, model, column):
    source = write(tmp_path / "a.csv", [{"id": "1", "words": CALL}])
    with pytest.raises(TableError, match="columns are: id, words"):
        label_dump(source, tmp_path / "out.csv", model, Options(column=column))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


# Bad rows


def test_rejected_rows_go_beside_the_output_with_file_row_and_reason(tmp_path, model):
    source = tmp_path / "a.csv"
    source.write_text(f"id,text\n1,{CALL}\n2\n3,{CALL},x\n4,{CALL}\n", encoding="utf-8")
    summary = label_dump(source, tmp_path / "out.csv", model)
    assert [(fact["file"], fact["row"]) for fact in rejects(tmp_path / "out.csv")] == [
        (str(source), 3),
        (str(source), 4),
    ]
    assert rejects(tmp_path / "out.csv")[0]["reason"] == "1 fields where the header has 2"
    assert rejects(tmp_path / "out.csv")[0]["content"] == ["2"]
    assert [row["id"] for row in read(tmp_path / "out.csv")] == ["1", "4"]
    assert (summary.read, summary.written, summary.rejected) == (4, 2, 2)


@pytest.mark.parametrize("value", [None, ["a"], {"a": "b"}])
def test_what_is_no_text_is_rejected(tmp_path, model, value):
    summary, labelled = label_rows([{"text": value}, {"text": CALL}], tmp_path / "out.jsonl", model)
    assert (summary.read, summary.written, len(labelled)) == (2, 1, 1)
    assert [(fact["row"], fact["content"]) for fact in rejects(tmp_path / "out.jsonl")] == [(1, {"text": value})]
    assert "'text'" in rejects(tmp_path / "out.jsonl")[0]["reason"]


def test_an_object_without_the_text_column_is_rejected(tmp_path, model):
    summary, _ = label_rows([{"text": CALL}, {"id": 2}], tmp_path / "out.jsonl", model)
    assert (summary.read, summary.written, summary.rejected) == (2, 1, 1)


@pytest.mark.parametrize("value", [5, 0.5, True, "", "   ", "🙏🙏", "hello there", "a\0b"])
def test_numbers_and_posts_without_arabic_are_unrelated_and_doubtful(tmp_path, model, value):
    summary, [labelled] = label_rows([{"text": value}], tmp_path / "out.jsonl", model)
    assert (labelled["text"], labelled["label"], labelled["certain"]) == (value, "unrelated", False)
    assert summary.doubtful == 1


def test_null_texts_of_parquet_and_excel_are_rejected(tmp_path, model):
    for name in ("a.parquet", "a.xlsx"):
        source = write(tmp_path / name, [{"id": 1, "text": CALL}, {"id": 2, "text": None}])
        output = tmp_path / f"{name}.csv"
        assert label_dump(source, output, model).rejected == 1
        assert rejects(output)[0]["row"] == {"a.parquet": 2, "a.xlsx": 3}[name]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_text_of_over_100_000_characters_is_rejected(tmp_path, model, name):
    source = write(tmp_path / name, [{"text": "م" * 100_000}, {"text": "م" * 100_001}, {"text": CALL}])
    summary = label_dump(source, tmp_path / "out.csv", model)
    assert (summary.read, summary.written) == (3, 2)
    [fact] = rejects(tmp_path / "out.csv")
    assert "100,001 characters" in fact["reason"]
    assert len(json.dumps(fact)) < 5000


def test_broken_json_lines_are_rejected(tmp_path, model):
    (tmp_path / "a.jsonl").write_text(f'{{"text": "{CALL}"}}\n{{"text": "x\n7\n', encoding="utf-8")
    summary = label_dump(tmp_path / "a.jsonl", tmp_path / "out.jsonl", model)
    assert (summary.read, summary.written) == (3, 1)
    assert [fact["row"] for fact in rejects(tmp_path / "out.jsonl")] == [2, 3]


def test_without_a_good_row_nothing_is_written(tmp_path, model):
    (tmp_path / "a.jsonl").write_text("x\ny\n", encoding="utf-8")
    with pytest.raises(TableError, match="--column"):
        label_dump(tmp_path / "a.jsonl", tmp_path / "out.jsonl", model)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_file_whose_every_row_is_rejected_gives_a_header(tmp_path, model):
    summary, labelled = label_rows([{"text": None}], tmp_path / "out.csv", model)
    assert (labelled, summary.read, summary.rejected) == ([], 1, 1)


@pytest.mark.parametrize("tail", ["", "2,b\n" * 100_000])
def test_a_quote_that_never_closes_keeps_the_count(tmp_path, model, tail):
    (tmp_path / "a.csv").write_text(f'id,text\n0,{CALL}\n1,"never closed\n{tail}', encoding="utf-8")
    summary = label_dump(tmp_path / "a.csv", tmp_path / "out.csv", model)
    assert summary.read == summary.written + summary.rejected
    assert summary.rejected == len(rejects(tmp_path / "out.csv")) == 1
    assert len(read(tmp_path / "out.csv")) == summary.written


@pytest.mark.parametrize("output", ["out.csv", "out.jsonl"])
def test_half_an_emoji_does_not_stop_a_file(tmp_path, model, output):
    (tmp_path / "a.jsonl").write_text('{"text": "\\ud83d متطوعين"}\n{"text": "سجل"}\n', encoding="utf-8")
    summary = label_dump(tmp_path / "a.jsonl", tmp_path / output, model)
    assert (summary.read, summary.written, summary.rejected) == (2, 1, 1)


# Bad files


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.xlsx"])
def test_bad_files_leave_no_output(tmp_path, model, name):
    sources = [tmp_path / "missing" / name, tmp_path / "folder" / name, tmp_path / name]
    sources[1].mkdir(parents=True)
    sources[2].write_bytes(b"")
    for source in sources:
        with pytest.raises(TableError, match=name):
            label_dump(source, tmp_path / "out.csv", model)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "folder"]


def test_an_encoding_that_is_not_known_leaves_no_output(tmp_path, model):
    (tmp_path / "a.csv").write_bytes(b"id,text\n1\n" + b"1,x\n" * 9000 + "2,für\n".encode("cp1252"))
    with pytest.raises(TableError, match="--encoding cp1256"):
        label_dump(tmp_path / "a.csv", tmp_path / "out.csv", model)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_another_encoding_found_late_costs_its_rows(tmp_path, model):
    ascii_first = b"1,x\n" * (LOOKED_AT // 4)
    (tmp_path / "a.csv").write_bytes(b"id,text\n" + ascii_first + f"2,{CALL}\n3,y\n".encode("cp1256"))
    summary = label_dump(tmp_path / "a.csv", tmp_path / "out.csv", model)
    assert (summary.written, summary.rejected) == (LOOKED_AT // 4 + 1, 1)
    assert "not UTF-8" in read(rejected_file(tmp_path / "out.csv"))[0]["reason"]


@pytest.mark.parametrize("encoding", ["cp1256", "utf-16", "utf-8-sig"])
def test_other_encodings_are_labelled_and_written_as_utf8(tmp_path, model, encoding):
    source = write(tmp_path / "a.csv", [{"text": CALL}], encoding)
    label_dump(source, tmp_path / "out.csv", model, Options(encoding="cp1256" if encoding == "cp1256" else None))
    assert read(tmp_path / "out.csv")[0]["text"] == CALL


def test_an_output_that_is_a_directory_is_refused(tmp_path, model):
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(TableError, match="is a directory"):
        label_dump(write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv", model, force=True)


@pytest.mark.parametrize("name", ["out", "out.txt", "out.json"])
def test_an_output_of_no_known_format_is_refused(tmp_path, model, name):
    with pytest.raises(TableError, match=r"\.jsonl"):
        label_dump(write(tmp_path / "a.csv", ROWS), tmp_path / name, model)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


# Whole or not at all


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet", "out.xlsx"])
def test_an_interrupted_run_leaves_no_half_output(tmp_path, monkeypatch, name):
    model, calls = load_model(engine="words"), []

    def columns(texts, **options):
        calls.append(len(texts))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return Model.columns(model, texts, **options)

    monkeypatch.setattr(model, "columns", columns)
    source = write(tmp_path / "a.jsonl", [{"text": None}, *[{"text": "متطوعين"}] * 20_000])
    with pytest.raises(KeyboardInterrupt):
        label_dump(source, tmp_path / name, model)
    assert len(calls) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", f"{name}.parts"]


def test_an_interrupted_replacement_leaves_the_old_output(tmp_path, model, monkeypatch):
    source = write(tmp_path / "a.csv", ROWS)
    label_dump(source, tmp_path / "out.csv", model)
    before = (tmp_path / "out.csv").read_bytes()
    broken = load_model(engine="words")
    monkeypatch.setattr(broken, "columns", lambda texts, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        label_dump(source, tmp_path / "out.csv", broken, force=True)
    assert (tmp_path / "out.csv").read_bytes() == before


def test_an_interrupted_replacement_leaves_the_old_rejects(tmp_path, model, monkeypatch):
    source = write(tmp_path / "a.jsonl", [{"text": CALL}, {"text": None}])
    label_dump(source, tmp_path / "out.csv", model)
    broken = load_model(engine="words")
    monkeypatch.setattr(broken, "columns", lambda texts, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        label_dump(source, tmp_path / "out.csv", broken, force=True)
    assert len(rejects(tmp_path / "out.csv")) == 1


def test_the_input_can_be_replaced_by_its_own_output(tmp_path, model):
    source = write(tmp_path / "a.csv", ROWS)
    label_dump(source, source, model, force=True)
    assert [row["text"] for row in read(source)] == [row["text"] for row in ROWS]
    assert list(read(source)[0])[-4:] == ADDED


# Done before


def test_the_same_command_again_is_already_complete(tmp_path, model):
    source, output = write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv"
    label_dump(source, output, model, Options(threshold={"volunteer_call": 0.3}))
    before = output.stat().st_mtime_ns
    with pytest.raises(AlreadyCompleteError, match=r"out\.csv is already complete: 3 posts"):
        label_dump(source, output, load_model(engine="words"), Options(threshold={"volunteer_call": 0.3}))
    assert output.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "options",
    [
        Options(probabilities=True),
        Options(prefix="x_"),
        Options(column="text"),
        Options(threshold={"volunteer_call": 0.3}),
        Options(prefer="recall"),
    ],
)
def test_other_options_are_another_command(tmp_path, model, options):
    source, output = write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv"
    label_dump(source, output, model)
    with pytest.raises(TableError, match="--force"):
        label_dump(source, output, model, options)


def test_another_prior_or_model_is_another_command(tmp_path, model, small_model):
    source, output = write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv"
    label_dump(source, output, model)
    others = [load_model(prior=dict.fromkeys(model.labels, 0.25)), load_model(small_model)]
    for other in others:
        with pytest.raises(TableError, match="--force"):
            label_dump(source, output, other)


def test_a_changed_input_is_another_command(tmp_path, model):
    source, output = write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv"
    label_dump(source, output, model)
    write(source, ROWS[:2])
    with pytest.raises(TableError, match="--force"):
        label_dump(source, output, model)
    assert label_dump(source, output, model, force=True).written == len(read(output)) == 2


def test_what_we_did_not_write_is_not_replaced(tmp_path, model):
    source, output = write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv"
    output.write_text("precious")
    with pytest.raises(TableError, match="--force"):
        label_dump(source, output, model)
    assert output.read_text() == "precious"


def test_an_output_changed_since_is_not_complete(tmp_path, model):
    source, output = write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv"
    label_dump(source, output, model)
    output.write_text("something else")
    with pytest.raises(TableError, match="--force"):
        label_dump(source, output, model)


def test_an_output_that_was_removed_is_written_again(tmp_path, model):
    source, output = write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv"
    label_dump(source, output, model)
    output.unlink()
    assert label_dump(source, output, model).written == 3


def test_old_rejects_go_when_there_are_none_any_more(tmp_path, model):
    source, output = write(tmp_path / "a.jsonl", [{"text": CALL}, {"text": None}]), tmp_path / "out.csv"
    label_dump(source, output, model)
    write(source, [{"text": CALL}])
    label_dump(source, output, model, force=True)
    assert not rejected_file(output).exists()


# Which rows are read and written


def test_filtered_posts_are_counted_and_not_written(tmp_path, model, few_posts):
    rows = [{"text": post.text} for post in few_posts[:300]]
    _, everything = label_rows(rows, tmp_path / "all.jsonl", model)
    asks = ("volunteer_call", "donation_drive")
    filters = [
        ({"labels": asks}, lambda row: row["label"] in asks),
        ({"min_probability": 0.8}, lambda row: row["probability"] >= 0.8),
        ({"certain_only": True, "labels": asks}, lambda row: row["certain"] and row["label"] in asks),
    ]
    for name, (options, wanted) in enumerate(filters):
        summary, written = label_rows(rows, tmp_path / f"{name}.jsonl", model, **options)
        assert written == list(filter(wanted, everything))
        assert (summary.read, summary.written, summary.filtered) == (300, len(written), 300 - len(written))
        assert summary.labels.total() == 300


def test_filters_work_from_parquet_to_parquet(tmp_path, model, few_posts):
    source = write(tmp_path / "a.parquet", [{"text": post.text, "n": n} for n, post in enumerate(few_posts[:300])])
    summary = label_dump(source, tmp_path / "out.parquet", model, Options(labels=("volunteer_call",)))
    written = read(tmp_path / "out.parquet")
    assert {row["label"] for row in written} == {"volunteer_call"}
    assert len(written) == summary.labels["volunteer_call"] == 300 - summary.filtered


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_a_limit_counts_rows_read(tmp_path, model, name):
    source = write(tmp_path / name, [{"text": None if n == 1 else CALL} for n in range(9)])
    summary = label_dump(source, tmp_path / "out.jsonl", model, Options(limit=3))
    assert (summary.read, summary.written, summary.rejected) == (3, 2, 1)


# Several inputs


@pytest.mark.parametrize("output", OUTPUTS)
def test_several_inputs_make_one_output(tmp_path, model, output):
    first = write(tmp_path / "a.csv", [{"id": "1", "text": CALL}])
    second = write(tmp_path / "b.parquet", [{"النص": DRIVE, "likes": 3}])
    third = write(tmp_path / "c.jsonl", [{"id": "4", "text": CALL, "file": "mine"}, {"id": "5", "text": None}])
    summary = label_dump([first, second, third], tmp_path / output, model)
    rows = [as_text(row) for row in read(tmp_path / output)]
    assert [row.get("id", "") for row in rows] == ["1", "", "4"]
    assert [row["file"] for row in rows] == [str(first), str(second), str(third)]
    assert [row.get("likes", "") for row in rows] == ["", "3", ""]
    assert rows[2]["file_input"] == "mine"
    assert (summary.read, summary.rejected, rejects(tmp_path / output)[0]["file"]) == (4, 1, str(third))


def test_parquet_inputs_that_agree_keep_their_types(tmp_path, model):
    for name, rows in (("a", [{"text": CALL, "n": 1}]), ("b", [{"text": DRIVE, "n": 2, "more": 0.5}])):
        write(tmp_path / f"{name}.parquet", rows)
    label_dump(tmp_path / "?.parquet", tmp_path / "out.parquet", model)
    table = pq.read_table(tmp_path / "out.parquet")
    assert (table.schema.field("n").type, table["n"].to_pylist()) == (pa.int64(), [1, 2])
    assert (table.schema.field("more").type, table["more"].to_pylist()) == (pa.float64(), [None, 0.5])


def test_a_pattern_that_matches_nothing_says_so(tmp_path, model):
    with pytest.raises(TableError, match=r"no file is named like .*nothing-\*\.csv"):
        label_dump(tmp_path / "nothing-*.csv", tmp_path / "out.csv", model)


# Spreadsheets

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"]


def test_cells_like_formulas_are_inert_in_csv_for_excel(tmp_path, model):
    rows = [{"text": text, "=name": text} for text in FORMULAS]
    label_rows(rows, tmp_path / "out.csv", model, excel=True)
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith("\N{BYTE ORDER MARK}".encode())
    header, *lines = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert header[1] == "'=name"
    assert [line[0] for line in lines] == [f"'{text}" for text in FORMULAS]


def test_raw_cells_stay_as_they_are(tmp_path, model):
    label_rows([{"text": text} for text in FORMULAS], tmp_path / "out.csv", model, excel=True, raw=True)
    lines = csv.reader(io.StringIO((tmp_path / "out.csv").read_bytes().decode("utf-8-sig"), newline=""))
    assert [line[0] for line in lines][1:] == FORMULAS


def test_without_excel_csv_has_no_mark_and_the_posts_as_they_were(tmp_path, model):
    _, labelled = label_rows([{"text": text} for text in FORMULAS], tmp_path / "out.csv", model)
    assert [row["text"] for row in labelled] == FORMULAS
    assert (tmp_path / "out.csv").read_bytes().startswith(b"text,")


def test_more_rows_than_a_sheet_holds_are_refused_before_the_work(tmp_path, model, monkeypatch):
    monkeypatch.setattr(stream, "MOST_EXCEL_ROWS", 2)
    monkeypatch.setattr(model, "columns", lambda texts, **options: pytest.fail("the work began"))
    for name in ("a.csv", "a.parquet"):
        with pytest.raises(TableError, match=r"3 rows.*Excel sheet holds 2; write \.csv"):
            label_dump(write(tmp_path / name, ROWS), tmp_path / "out.xlsx", model)


# Pipes


def test_a_line_that_comes_by_a_pipe_is_labelled_at_once():
    with subprocess.Popen(
        [evolunteer(), "label", "-", "--format", "jsonl", "--engine", "words"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        for text in (CALL, DRIVE):
            process.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == text  # while the pipe is open
        process.stdin.close()
        assert b"2 posts read, 2 written" in process.stderr.read()


# The summary


def test_the_summary_counts_labels_and_doubtful_posts(tmp_path, model, few_posts):
    summary, labelled = label_rows([{"text": post.text} for post in few_posts], tmp_path / "out.jsonl", model)
    assert summary.labels == pd.Series([row["label"] for row in labelled]).value_counts().to_dict()
    assert summary.doubtful == sum(not row["certain"] for row in labelled)


def test_the_summary_shows_the_surest_post_of_each_ask(tmp_path, model, few_posts):
    summary, labelled = label_rows([{"text": post.text} for post in few_posts], tmp_path / "out.jsonl", model)
    assert set(summary.surest) == {row["label"] for row in labelled} - {"unrelated"}
    for label, (probability, text) in summary.surest.items():
        assert probability == max(row["probability"] for row in labelled if row["label"] == label)
        assert text in {row["text"] for row in labelled if row["label"] == label}


def test_progress_counts_the_rows(tmp_path, model):
    told = []
    label_dump(write(tmp_path / "a.csv", ROWS), tmp_path / "out.csv", model, progress=told.append)
    assert sum(counts.read for counts in told) == 3


def evolunteer() -> str:
    """The installed command."""
    return str(Path(sys.executable).with_name("evolunteer"))
