"""Reading tables row by row, and writing them whole."""

import csv
import gc
import gzip
import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.formats import format_of, zstd
from evolunteer_nlp.tables.json_stream import JsonStream
from evolunteer_nlp.tables.read import TEXT_COLUMNS, Rejected, Row, Skipped, Table, open_table
from evolunteer_nlp.tables.write import Layout, open_writer, written_whole

POST = "مطلوب متطوعين يوم الجمعة، سجل معنا"
JSON = settings(max_examples=50, deadline=None)
ROWS = [
    {"id": "1234567890123456789", "text": POST, "note": "a, b"},
    {"id": "007", "text": 'سطر\nثم سطر، و"اقتباس"', "note": "x\ty"},
]


@pytest.fixture
def table() -> Iterator[Callable[..., Table]]:
    """Opens a table, after writing it if its content is given, and closes it after the test."""
    with ExitStack() as stack:

        def table(path: Path, content: str | bytes | None = None, **options: str) -> Table:
            if content is not None:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
            return stack.enter_context(open_table(path, **options))

        yield table


def values(opened: Table) -> list[dict[str, object]]:
    return [row.values for row in opened.rows if isinstance(row, Row)]


def rejected(opened: Table) -> list[tuple[int, str]]:
    return [(row.number, row.reason) for row in opened.rows if isinstance(row, Rejected)]


# Formats


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.2024.csv.gz", "csv"),
        ("a.tsv", "tsv"),
        ("a.ndjson", "jsonl"),
        ("a.jsonl.gz", "jsonl"),
        ("a.csv.zst", "csv"),
        ("a.json", "json"),
        ("a.parquet", "parquet"),
        ("a.xlsx", "xlsx"),
    ],
)
def test_the_suffix_tells_the_format(name, format):
    assert format_of(Path(name)) == format


def test_a_given_format_overrules_the_suffix():
    assert format_of(Path("posts.csv"), "jsonl") == "jsonl"


@pytest.mark.parametrize("name", ["posts", "posts.txt", "posts.xls", "posts.gz", ".csv", "-"])
def test_a_name_without_a_known_suffix_asks_for_the_format(name):
    with pytest.raises(TableError, match="--format"):
        format_of(Path(name))


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(TableError, match=r"'xml'.*csv.*parquet.*xlsx"):
        format_of(Path("posts.csv"), "xml")


# Rows


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "parquet", "xlsx"])
def test_what_is_written_is_read_again(tmp_path, table, format):
    path = tmp_path / f"posts.{format}"
    with open_writer(path, Layout(format, list(ROWS[0]))) as writer:
        writer.write(ROWS[:1])
        writer.write(ROWS[1:])
    opened = table(path)
    assert opened.columns == ["id", "text", "note"]
    assert values(opened) == ROWS


@pytest.mark.parametrize("name", ["posts.csv", "posts.tsv", "posts.jsonl"])
def test_gzip_is_unpacked_whatever_the_file_is_called(tmp_path, table, name):
    with open_writer(tmp_path / name, Layout(format_of(Path(name)), list(ROWS[0]))) as writer:
        writer.write(ROWS)
    packed = gzip.compress((tmp_path / name).read_bytes())
    assert values(table(tmp_path / f"{name}.gz", packed)) == ROWS
    assert values(table(tmp_path / name, packed)) == ROWS


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_of_a_csv_file_is_seen(tmp_path, table, delimiter):
    assert values(table(tmp_path / "a.csv", f"id{delimiter}text\n1{delimiter}a\n")) == [{"id": "1", "text": "a"}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(tmp_path, table, end):
    assert values(table(tmp_path / "a.csv", f"id,text{end}1,a{end}2,b")) == [
        {"id": "1", "text": "a"},
        {"id": "2", "text": "b"},
    ]


def test_blank_lines_are_no_rows(tmp_path, table):
    assert len(list(table(tmp_path / "a.csv", "id,text\n\n1,a\n\n").rows)) == 1
    assert len(list(table(tmp_path / "a.jsonl", '\n{"text": "a"}\n\n').rows)) == 1


@pytest.mark.parametrize("name", ["a.csv", "posts.jsonl"])
def test_zstd_is_unpacked_whatever_the_file_is_called(tmp_path, table, name):
    with open_writer(tmp_path / name, Layout(format_of(Path(name)), list(ROWS[0]))) as writer:
        writer.write(ROWS)
    packed = zstd.compress((tmp_path / name).read_bytes())
    assert values(table(tmp_path / f"{name}.zst", packed)) == ROWS
    assert values(table(tmp_path / name, packed)) == ROWS


def test_a_json_list_is_read_as_rows(tmp_path, table):
    opened = table(tmp_path / "a.json", json.dumps([{"text": "a", "n": 1}, 5]))
    assert [type(row) for row in opened.rows] == [Row, Rejected]


@pytest.mark.parametrize("content", ['{"text": "a"}', '{"text": "a"}\n{"text": "b"}', "text", '"a"'])
def test_json_that_is_no_list_is_refused(tmp_path, table, content):
    with pytest.raises(TableError, match=r"a\.json"):
        table(tmp_path / "a.json", content)


def test_types_of_parquet_and_excel_cells_stay(tmp_path, table):
    pq.write_table(pa.table({"text": ["a"], "id": [2**62 + 1], "tags": [["x", "y"]]}), tmp_path / "a.parquet")
    assert values(table(tmp_path / "a.parquet")) == [{"text": "a", "id": 2**62 + 1, "tags": ["x", "y"]}]
    book = openpyxl.Workbook()
    book.active.append(["text", "likes"])
    book.active.append(["a", 7])
    book.save(tmp_path / "a.xlsx")
    assert values(table(tmp_path / "a.xlsx")) == [{"text": "a", "likes": 7}]


def test_rows_are_numbered_as_an_editor_numbers_lines(tmp_path, table):
    opened = table(tmp_path / "a.csv", 'id,text\n1,"two\nlines"\n\n2,b\n')
    assert [row.number for row in opened.rows] == [2, 5]
    opened = table(tmp_path / "a.jsonl", '{"text": "a"}\n\n{"text": "b"}\n')
    assert [row.number for row in opened.rows] == [1, 3]


def test_excel_rows_are_numbered_as_excel_shows_them(tmp_path, table):
    book = openpyxl.Workbook()
    for cells in (["text"], ["a"], [None], ["b"]):
        book.active.append(cells)
    book.save(tmp_path / "a.xlsx")
    assert [row.number for row in table(tmp_path / "a.xlsx").rows] == [2, 4]


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_utf8_and_marked_utf16_need_no_option(tmp_path, table, encoding):
    mark = "\N{ZERO WIDTH NO-BREAK SPACE}" if encoding in ("utf-16-le", "utf-16-be") else ""
    assert values(table(tmp_path / "a.csv", f"{mark}text\n{POST}\n".encode(encoding))) == [{"text": POST}]
    line = mark + json.dumps({"text": POST}, ensure_ascii=False)
    assert values(table(tmp_path / "a.jsonl", line.encode(encoding))) == [{"text": POST}]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv"])
def test_a_named_encoding_is_used(tmp_path, table, name):
    content = f"text\n{POST}\n".encode("cp1256")
    packed = gzip.compress(content) if name.endswith("gz") else content
    assert values(table(tmp_path / name, packed, encoding="cp1256")) == [{"text": POST}]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
@pytest.mark.parametrize("text", ["für Übungen", "für", "добрый день, друзья", "καλημέρα"])
def test_an_encoding_that_is_not_known_says_what_to_try(tmp_path, table, name, text):
    codec = {"f": "cp1252", "д": "cp1251", "κ": "cp1253"}[text[0]]
    with pytest.raises(TableError, match=r"not utf-8.*--encoding cp1256"):
        values(table(tmp_path / name, json.dumps([{"text": text}], ensure_ascii=False).encode(codec)))


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("encoding", ["cp1256", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [POST, "نحتاج سائق في القافلة بكرا؟ التفاصيل: 0000", "hello, كل عام"])
def test_older_encodings_are_known_by_what_they_hold(tmp_path, table, name, encoding, text):
    content = f'id,text\n1,"{text}"\n'.encode(encoding)
    opened = table(tmp_path / name, gzip.compress(content) if name.endswith("gz") else content)
    assert opened.encoding == encoding
    assert values(opened) == [{"id": "1", "text": text}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text\n{}\n{}\n{}\n"),
        ("a.jsonl", '{{"text": "{}"}}\n{{"text": "{}"}}\n{{"text": "{}"}}\n'),
        ("a.json", '[{{"text": "{}"}}, {{"text": "{}"}}, {{"text": "{}"}}]'),
    ],
)
def test_bytes_that_are_not_utf8_cost_one_row(tmp_path, table, name, content):
    mark = "@"
    content = content.format(POST, f"قبل {mark} بعد", POST).encode().replace(mark.encode(), b"\xff")
    rows = list(table(tmp_path / name, content).rows)
    assert [type(row) for row in rows] == [Row, Rejected, Row]
    assert "not UTF-8" in rows[1].reason
    assert "قبل \\xff بعد" in rows[1].content


def test_an_unknown_encoding_is_named(tmp_path, table):
    with pytest.raises(TableError, match="'arabic-1'"):
        table(tmp_path / "a.csv", "text\na\n", encoding="arabic-1")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz"])
def test_a_table_read_to_its_end_is_closed(tmp_path, recwarn, name):
    content = b'{"text": "a"}'
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    list(open_table(tmp_path / name).rows)
    gc.collect()
    assert not [warning for warning in recwarn if warning.category is ResourceWarning]


# Bad rows


@pytest.mark.parametrize(("line", "count"), [("2", 1), ("2,b,c", 3)])
def test_a_row_with_a_wrong_number_of_fields_is_rejected(tmp_path, table, line, count):
    opened = table(tmp_path / "a.csv", f"id,text\n1,a\n{line}\n3,c\n")
    assert rejected(opened) == [(3, f"{count} fields where the header has 2")]


def test_a_broken_json_line_is_rejected_and_the_next_is_read(tmp_path, table):
    rows = list(table(tmp_path / "a.jsonl", '{"text": "a"}\n{"text": \n[1]\n"b"\n{"text": "c"}').rows)
    assert [type(row) for row in rows] == [Row, Rejected, Rejected, Rejected, Row]
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert rows[1].content == '{"text": '


def test_json_nested_without_end_is_rejected(tmp_path, table):
    assert len(rejected(table(tmp_path / "a.jsonl", '{"text": "a"}\n' + "[" * 100_000))) == 1


def test_a_field_beyond_the_csv_limit_costs_one_row_only(tmp_path, table):
    opened = table(tmp_path / "a.csv", f"id,text\n1,a\n2,{'x' * 200_000}\n3,c\n")
    rows = list(opened.rows)
    assert [(type(row), row.number) for row in rows] == [(Row, 2), (Rejected, 3), (Row, 4)]


def test_a_quote_that_never_closes_is_rejected(tmp_path, table):
    opened = table(tmp_path / "a.csv", 'id,text\n1,"never closed\n2,b\n3,c\n')
    assert "quote" in rejected(opened)[0][1]


def test_an_excel_row_longer_than_the_header_is_rejected(tmp_path, table):
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.active.append(["a", "beyond"])
    book.save(tmp_path / "a.xlsx")
    assert [number for number, _ in rejected(table(tmp_path / "a.xlsx"))] == [2]


def test_a_short_excel_row_has_nothing_in_its_last_cells(tmp_path, table):
    book = openpyxl.Workbook()
    book.active.append(["text", "note"])
    book.active.append(["a"])
    book.save(tmp_path / "a.xlsx")
    assert values(table(tmp_path / "a.xlsx")) == [{"text": "a", "note": None}]


def test_nul_bytes_are_part_of_a_text(tmp_path, table):
    assert values(table(tmp_path / "a.csv", "text\na\0b\n")) == [{"text": "a\0b"}]


# Bad files


@pytest.mark.parametrize("name", ["a.csv", "a.tsv.gz", "a.jsonl", "a.json", "a.parquet", "a.xlsx"])
def test_a_missing_file_is_named(tmp_path, table, name):
    with pytest.raises(TableError, match=f"there is no file .*{name}"):
        table(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "posts"])
def test_a_directory_is_called_one(tmp_path, table, name):
    (tmp_path / name).mkdir()
    with pytest.raises(TableError, match="is a directory; name a file in it"):
        table(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json", "a.parquet", "a.xlsx", "a.csv.gz"])
def test_an_empty_file_is_refused_by_name(tmp_path, table, name):
    with pytest.raises(TableError, match=name):
        table(tmp_path / name, gzip.compress(b"") if name.endswith("gz") else b"")


@pytest.mark.parametrize("content", ["\n", "\N{ZERO WIDTH NO-BREAK SPACE}", "  \n"])
def test_a_csv_file_of_blanks_is_empty(tmp_path, table, content):
    with pytest.raises(TableError, match="is empty"):
        table(tmp_path / "a.csv", content)


def test_an_empty_json_list_is_empty(tmp_path, table):
    with pytest.raises(TableError, match="is empty"):
        table(tmp_path / "a.json", "[]")


@pytest.mark.parametrize(("name", "kind"), [("a.parquet", "Parquet"), ("a.xlsx", "Excel")])
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, table, name, kind):
    with pytest.raises(TableError, match=f"{name} is not an? {kind}"):
        table(tmp_path / name, "id,text\n1,a\n")


@pytest.mark.parametrize("format", ["parquet", "xlsx"])
def test_a_file_cut_short_is_refused(tmp_path, table, format):
    path = tmp_path / f"a.{format}"
    with open_writer(path, Layout(format, list(ROWS[0]))) as writer:
        writer.write(ROWS)
    with pytest.raises(TableError, match=path.name):
        table(path, path.read_bytes()[:-50])


def test_a_parquet_file_damaged_inside_is_refused(tmp_path, table):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"{POST} {i * i}" for i in range(5000)]}), path)
    content = bytearray(path.read_bytes())
    content[1000:1200] = bytes(200)
    with pytest.raises(TableError, match=r"a\.parquet"):
        values(table(path, bytes(content)))


def test_a_zstd_file_cut_short_is_refused(tmp_path, table):
    packed = zstd.compress(("text\n" + "".join(f"{POST} {i * i}\n" for i in range(5000))).encode())
    with pytest.raises(TableError, match=r"a\.csv\.zst"):
        values(table(tmp_path / "a.csv.zst", packed[:-100]))


@JSON
@given(
    st.lists(st.recursive(st.none() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists), max_size=5),
    st.sampled_from([None, 1, 4]),
)
def test_a_json_stream_reads_what_the_standard_library_reads(values, indent):
    file = io.StringIO(json.dumps(values, indent=indent))
    assert list(JsonStream(file).items()) == values


def test_a_json_value_longer_than_a_chunk_is_read_whole():
    values = ["ا" * 200_000, 12345678901234567890, {"a": [1.5, None]}]
    assert list(JsonStream(io.StringIO(json.dumps(values))).items()) == values


def test_json_is_not_kept_in_memory(tmp_path, table):
    opened = table(tmp_path / "a.json", "[" + ",".join(['{"text": "' + "x" * 1000 + '"}'] * 20_000) + "]")
    tracemalloc.start()
    assert sum(isinstance(row, Row) for row in opened.rows) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_what_follows_a_json_list_is_complained_about(tmp_path, table):
    with pytest.raises(TableError, match=r"a\.json is not JSON"):
        values(table(tmp_path / "a.json", '[{"text": "a"}] [{"text": "b"}]'))


@pytest.mark.parametrize(
    "kept",
    [
        -100,
        15,
    ],
)
def test_a_gzip_file_cut_short_is_refused(tmp_path, table, kept):
    packed = gzip.compress(("text\n" + "".join(f"{POST} {i * i}\n" for i in range(5000))).encode())
    with pytest.raises(TableError, match=r"a\.csv\.gz"):
        values(table(tmp_path / "a.csv.gz", packed[:kept]))


@pytest.mark.parametrize("content", ["id,text,text\n1,a,b\n", "text\ttext\na\tb\n"])
def test_two_columns_of_one_name_are_refused(tmp_path, table, content):
    with pytest.raises(TableError, match=r"two columns .* have the same name"):
        table(tmp_path / "a.csv", content)


def test_two_excel_columns_of_one_name_are_refused(tmp_path, table):
    book = openpyxl.Workbook()
    book.active.append(["text", "text"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(TableError, match=r"two columns .* have the same name"):
        table(tmp_path / "a.xlsx")


def test_two_parquet_columns_of_one_name_are_refused(tmp_path, table):
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], ["text", "text"]), tmp_path / "a.parquet")
    with pytest.raises(TableError, match=r"two columns .* have the same name"):
        table(tmp_path / "a.parquet")


def book_of(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(cells)
    book.save(path)
    return path


def test_a_title_and_empty_rows_above_the_excel_header_are_skipped(tmp_path, table):
    path = book_of(tmp_path / "a.xlsx", ورقة=[["تقرير الحملة", None], [], ["التاريخ", "النص"], ["2024", POST]])
    rows = list(table(path).rows)
    assert [(type(row), row.number) for row in rows] == [(Skipped, 1), (Row, 4)]
    assert rows[1].values == {"التاريخ": "2024", "النص": POST}


def test_all_excel_sheets_with_posts_are_read(tmp_path, table):
    path = book_of(
        tmp_path / "a.xlsx",
        مارس=[["text", "id"], ["a", 1]],
        ملخص=[["العدد"], [2]],
        أبريل=[["id", "text", "likes"], [2, "b", 7]],
    )
    opened = table(path)
    assert opened.columns == ["text", "id", "likes", "sheet"]
    rows = list(opened.rows)
    assert [row.values for row in rows if isinstance(row, Row)] == [
        {"text": "a", "id": 1, "likes": None, "sheet": "مارس"},
        {"text": "b", "id": 2, "likes": 7, "sheet": "أبريل"},
    ]
    assert {row.reason for row in rows if isinstance(row, Skipped)} == {
        "sheet 'ملخص' has no column that is known to hold posts"
    }


def test_a_long_id_that_excel_took_for_a_number_is_no_float(tmp_path, table):
    path = book_of(tmp_path / "a.xlsx", posts=[["id", "text"], [1.2345678901234501e17, "a"], [0.5, "b"]])
    assert [row["id"] for row in values(table(path))] == ["123456789012345000", 0.5]


def test_an_excel_sheet_without_column_names_is_refused(tmp_path, table):
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    with pytest.raises(TableError, match="no column names"):
        table(tmp_path / "a.xlsx")


# The text column


@pytest.mark.parametrize("name", [*TEXT_COLUMNS, "Text", " TWEET "])
def test_english_and_arabic_text_columns_are_known(tmp_path, table, name):
    assert table(tmp_path / "a.csv", f"id,{name},x\n1,a,b\n").text_column() == name


def test_the_likeliest_text_column_wins_over_the_first(tmp_path, table):
    assert table(tmp_path / "a.csv", "comment,text\na,b\n").text_column() == "text"


def test_a_named_column_need_not_be_known(tmp_path, table):
    assert table(tmp_path / "a.csv", "text,عمود\na,b\n").text_column("عمود") == "عمود"


@pytest.mark.parametrize("wanted", [None, "text"])
def test_without_a_text_column_the_columns_are_listed(tmp_path, table, wanted):
    with pytest.raises(TableError, match="columns are: id, words"):
        table(tmp_path / "a.csv", "id,words\n1,a\n").text_column(wanted)


def test_a_json_column_that_the_first_object_lacks_is_found(tmp_path, table):
    assert table(tmp_path / "a.jsonl", '{"id": 1}\n{"id": 2, "text": "a"}\n').text_column() == "text"


# Writing


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    with written_whole(tmp_path / "new" / "a.txt") as draft:
        draft.write_text("a")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_failed_write_leaves_what_was_there(tmp_path, format):
    path = tmp_path / "a"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), open_writer(path, Layout(format, ["text"])) as writer:
        writer.write([{"text": "a"}])
        raise KeyboardInterrupt
    assert [file.read_text() for file in tmp_path.iterdir()] == ["before"]


FAILED_EXCEL = """
import sys
from pathlib import Path
from evolunteer_nlp.tables.write import Layout, open_writer

with open_writer(Path(sys.argv[1]), Layout("xlsx", ["text"])) as writer:
    writer.write([{"text": "a"}])
    sys.exit(3)
"""


def test_a_failed_excel_write_leaves_nothing_and_says_nothing(tmp_path):
    done = subprocess.run([sys.executable, "-c", FAILED_EXCEL, tmp_path / "a.xlsx"], capture_output=True, check=False)
    assert (done.returncode, list(tmp_path.iterdir()), done.stderr) == (3, [], b"")


def test_an_output_below_a_file_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("text\n")
    with pytest.raises(TableError, match=r"a\.csv"), open_writer(tmp_path / "a.csv" / "b.csv", Layout("csv", ["text"])):
        pass


def test_cells_of_text_tables_are_plain(tmp_path):
    with open_writer(tmp_path / "a.csv", Layout("csv", ["none", "yes", "number", "list"])) as writer:
        writer.write([{"none": None, "yes": True, "number": 0.5, "list": [{"ا": 1}]}])
    assert list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8"))))[1] == [
        "",
        "true",
        "0.5",
        '[{"ا": 1}]',
    ]


def test_a_post_that_begins_with_an_equals_sign_is_no_formula(tmp_path):
    with open_writer(tmp_path / "a.xlsx", Layout("xlsx", ["text"])) as writer:
        writer.write([{"text": "=1+1"}, {"text": "#N/A"}])
    cells = [row[0] for row in openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2:A3"]]
    assert [(cell.value, cell.data_type) for cell in cells] == [("=1+1", "s"), ("#N/A", "s")]


def test_control_characters_do_not_stop_an_excel_file(tmp_path):
    with open_writer(tmp_path / "a.xlsx", Layout("xlsx", ["text"])) as writer:
        writer.write([{"text": "a\0b\x0bc"}])
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A2"].value == "a b c"
