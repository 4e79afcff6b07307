"""A run that is stopped, by whatever, loses nothing: the same command goes on, and its output has the same bytes."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from joblib import Parallel, delayed

from evolunteer_nlp.dumps import stream
from evolunteer_nlp.dumps.stream import Options, label_dump, rejected_file
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.model import Model, load_model

OUTPUTS = ["out.csv", "out.tsv.gz", "out.jsonl", "out.parquet", "out.xlsx"]
CHUNK = 50
SMALL_CHUNKS = f"""
import sys
from evolunteer_nlp.dumps import stream
stream._ROWS_AT_ONCE["words"] = {CHUNK}
from evolunteer_nlp.cli import main
main()
"""


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(engine="words")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setitem(stream._ROWS_AT_ONCE, "words", CHUNK)


@pytest.fixture(scope="module")
def source(tmp_path_factory, few_posts) -> Path:
    """Posts as JSON Lines, one in ten rows of which is rejected."""
    rows = [{"id": n, "text": None if n % 10 == 3 else post.text} for n, post in enumerate(few_posts[:400])]
    path = tmp_path_factory.mktemp("posts") / "posts.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def content(output: Path) -> tuple[object, bytes]:
    """What must be the same: bytes, or the cells of a workbook; and the rejected rows."""
    if output.suffix == ".xlsx":
        rows = openpyxl.load_workbook(output).active.iter_rows()
        return [[(cell.value, cell.data_type) for cell in row] for row in rows], rejected_file(output).read_bytes()
    return output.read_bytes(), rejected_file(output).read_bytes()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, source, model) -> dict[str, tuple[object, bytes]]:
    folder = tmp_path_factory.mktemp("unbroken")
    chunk, stream._ROWS_AT_ONCE["words"] = stream._ROWS_AT_ONCE["words"], CHUNK
    for name in OUTPUTS:
        label_dump(source, folder / name, model)
    stream._ROWS_AT_ONCE["words"] = chunk
    return {name: content(folder / name) for name in OUTPUTS}


def stop_after(chunks: int, source: Path, output: Path, monkeypatch) -> None:
    """Stop a run in the chunk after so many."""
    broken, calls = load_model(engine="words"), []

    def columns(texts, **options):
        calls.append(texts)
        if len(calls) > chunks:
            raise KeyboardInterrupt
        return Model.columns(broken, texts, **options)

    monkeypatch.setattr(broken, "columns", columns)
    with pytest.raises(KeyboardInterrupt):
        label_dump(source, output, broken)
    assert not output.exists()


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_stopped_run_goes_on_and_gives_the_same_bytes(tmp_path, source, unbroken, monkeypatch, name):
    stop_after(3, source, tmp_path / name, monkeypatch)
    model, calls = load_model(engine="words"), []
    monkeypatch.setattr(model, "columns", lambda texts, **o: calls.append(texts) or Model.columns(model, texts, **o))
    summary = label_dump(source, tmp_path / name, model)
    assert len(calls) == 5  # of eight chunks three were finished
    assert (summary.read, summary.written, summary.rejected) == (400, 360, 40)
    assert summary.labels.total() == 360
    assert content(tmp_path / name) == unbroken[name]
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, f"{name}.done.json", f"{name}.rejected.jsonl"]


@pytest.mark.parametrize("name", OUTPUTS)
def test_any_number_of_workers_gives_the_same_bytes(tmp_path, source, unbroken, model, name):
    label_dump(source, tmp_path / name, model, workers=2)
    assert content(tmp_path / name) == unbroken[name]


def test_what_one_worker_began_two_may_finish(tmp_path, source, unbroken, model, monkeypatch):
    stop_after(3, source, tmp_path / "out.csv", monkeypatch)
    label_dump(source, tmp_path / "out.csv", model, workers=2)
    assert content(tmp_path / "out.csv") == unbroken["out.csv"]


def test_joblib_works_before_and_after_workers(tmp_path, source, model):
    for n in range(2):
        assert Parallel(n_jobs=2)(delayed(abs)(number) for number in (-1, -2)) == [1, 2]
        label_dump(source, tmp_path / f"{n}.csv", model, workers=2)
    assert Parallel(n_jobs=2)(delayed(abs)(number) for number in (-1, -2)) == [1, 2]


@pytest.mark.parametrize("suffix", [".csv", ".rejected.jsonl", ".json"])
@pytest.mark.parametrize("damage", [lambda data: data[:-3], lambda data: data[:5] + b"\xff" + data[6:], None])
def test_a_damaged_chunk_is_done_again(tmp_path, source, unbroken, model, monkeypatch, suffix, damage):
    output = tmp_path / "out.csv"
    stop_after(5, source, output, monkeypatch)
    file = tmp_path / "out.csv.parts" / f"00000001{suffix}"
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage(file.read_bytes()))
    label_dump(source, output, model)
    assert content(output) == unbroken["out.csv"]


def test_what_another_command_left_is_not_mixed_in(tmp_path, source, unbroken, model, monkeypatch):
    output = tmp_path / "out.csv"
    stop_after(5, source, output, monkeypatch)
    with pytest.raises(TableError, match=r"another command \(it differs in: options\).*--force"):
        label_dump(source, output, model, Options(prefix="x_"))
    label_dump(source, output, model, Options(prefix="x_"), force=True)
    assert output.read_bytes().startswith(b"id,text,x_label")


def test_an_input_that_changed_since_is_noticed(tmp_path, source, model, monkeypatch):
    copy, output = tmp_path / "copy.jsonl", tmp_path / "out.csv"
    copy.write_bytes(source.read_bytes())
    stop_after(5, copy, output, monkeypatch)
    copy.write_bytes(source.read_bytes().replace(b'"id": 7', b'"id": 8'))
    with pytest.raises(TableError, match="differs in: inputs"):
        label_dump(copy, output, model)


def test_standard_input_begins_anew(tmp_path, source, model, monkeypatch, unbroken):
    rows = source.read_text(encoding="utf-8")
    for _ in range(2):
        command = [sys.executable, "-c", SMALL_CHUNKS, "label", "-", "--format", "jsonl", "-o", "out.jsonl"]
        command += ["--engine", "words"]
        done = subprocess.run(command, input=rows.encode(), cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out.jsonl").read_bytes() == unbroken["out.jsonl"][0]
        (tmp_path / "out.jsonl").unlink()


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("name", ["posts.parquet", "posts.jsonl.gz", "posts.xlsx"])
def test_a_truncated_input_is_an_error_and_leaves_no_output(tmp_path, source, model, name, cut):
    label_dump(source, tmp_path / "whole" / name, model)
    data = (tmp_path / "whole" / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(TableError, match=name):
        label_dump(tmp_path / name, tmp_path / "out.csv", model)
    assert not list(tmp_path.glob("out.csv*"))


def test_a_truncated_text_file_loses_its_last_row_alone(tmp_path, source, model):
    (tmp_path / "cut.jsonl").write_bytes(source.read_bytes()[:-9])
    assert label_dump(tmp_path / "cut.jsonl", tmp_path / "out.csv", model).rejected == 41


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 200 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("name", OUTPUTS)
def test_a_full_disk_stops_a_run_that_goes_on_later(tmp_path, small_disk, source, unbroken, name, workers):
    filler = small_disk / "filler"
    filler.write_bytes(b"0" * 110_000)
    command = [sys.executable, "-c", SMALL_CHUNKS, "label", str(source), "-o", str(small_disk / name)]
    command += ["--engine", "words", "--workers", workers]
    full = subprocess.run(command, capture_output=True, text=True)
    assert full.returncode == 1, full.stderr
    assert "No space left" in full.stderr
    assert not (small_disk / name).exists()
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=9M", small_disk], check=True)
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert content(small_disk / name) == unbroken[name]


def kill_and_repeat(source: Path, output: Path, workers: int, rng: random.Random) -> int:
    """Kill a run at random moments until it gets through; how often it was killed."""
    command = [sys.executable, "-c", SMALL_CHUNKS, "label", str(source), "-o", str(output)]
    command += ["--engine", "words", "--workers", str(workers)]
    kills = 0
    while True:
        with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
            time.sleep(0.2 + 1.5 * rng.random())
            if process.poll() is None and kills < 5:
                os.killpg(process.pid, signal.SIGKILL)
                kills += 1
                continue
            errors = process.communicate()[1]
        assert process.returncode == 0, errors
        return kills


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet"])
def test_a_run_killed_at_random_moments_gives_the_same_bytes(tmp_path, few_posts, model, name, workers):
    posts = [post.text for post in few_posts]
    table = pa.table({"n": range(6000), "text": [f"{posts[n % len(posts)]} {n}" for n in range(6000)]})
    pq.write_table(table, tmp_path / "posts.parquet")
    label_dump(tmp_path / "posts.parquet", tmp_path / "unbroken" / name, model)
    rng = random.Random(f"{name}{workers}{os.environ.get('EVOLUNTEER_SEED', '')}")
    kills = kill_and_repeat(tmp_path / "posts.parquet", tmp_path / name, workers, rng)
    assert (tmp_path / name).read_bytes() == (tmp_path / "unbroken" / name).read_bytes()
    assert kills
