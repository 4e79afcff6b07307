"""Tasks for annotators: what they open, fill in and send back."""

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolunteer_nlp.corpus.annotations import read_annotations
from evolunteer_nlp.corpus.choices import SHEET
from evolunteer_nlp.corpus.posts import text_id
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.labels import Label
from evolunteer_nlp.training.review import Task
from evolunteer_nlp.training.tasks import SUFFIXES, task_files, write_tasks

LABELS = [str(label) for label in Label]
ARABIC = [label.arabic for label in Label]
TEXT, GUESS, LABEL, NOTES, ID = range(1, 6)
CALL = "نحتاج متطوعين لتنظيف الشاطئ\nيوم الجمعة"
FORMULAS = ['=HYPERLINK("http://example.org";"اضغط")', "+966 تطوع", "-5 درجات", "@جمعية تبرعوا", "\tنص", "'=نص", "'نص"]


def tasks(*texts: str) -> list[Task]:
    return [Task(text_id(text), text, n, "volunteer_call", 0.12345) for n, text in enumerate(texts, 2)]


def written(path: Path, *texts: str, labels=LABELS) -> Path:
    write_tasks(tasks(*texts), path, labels)
    return path


def filled_in_excel(path: Path, *chosen: object) -> Path:
    """What a person does with the sheet."""
    book = openpyxl.load_workbook(path)
    for number, value in enumerate(chosen, 2):
        book.worksheets[0].cell(number, LABEL).value = value
    book.save(path)
    return path


def filled_in_csv(path: Path, *chosen: str) -> Path:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        filled = [[*row[:2], label, *row[3:]] for row, label in zip(rows, chosen, strict=True)]
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, *filled])
    return path


# The Excel sheet


@pytest.fixture
def sheet(tmp_path):
    return openpyxl.load_workbook(written(tmp_path / "t.xlsx", CALL, *FORMULAS)).worksheets[0]


def test_the_sheet_is_arabic(sheet):
    assert tuple(cell.value for cell in sheet[1]) == SHEET
    assert sheet.sheet_view.rightToLeft
    assert sheet.freeze_panes == "A2"
    assert [sheet.cell(2, column).value for column in (TEXT, GUESS, LABEL, ID)] == [
        CALL, "دعوة تطوع", None, text_id(CALL),
    ]  # fmt: skip


def test_long_posts_are_wrapped_in_a_wide_column(sheet):
    assert all(sheet.cell(row, TEXT).alignment.wrap_text for row in range(2, sheet.max_row + 1))
    assert sheet.column_dimensions["A"].width > 60


@pytest.mark.parametrize("labels", [LABELS, ["spam", "a, b", 'say "no"']])
def test_every_post_has_a_list_of_labels_to_choose_from(tmp_path, labels):
    book = openpyxl.load_workbook(written(tmp_path / "t.xlsx", CALL, *FORMULAS, labels=labels))
    (choice,) = book.worksheets[0].data_validations.dataValidation
    assert choice.type == "list"
    assert not choice.showDropDown  # which hides it, whatever its name says
    assert choice.showErrorMessage
    assert str(choice.sqref) == f"C2:C{len(FORMULAS) + 2}"
    name, cells = choice.formula1.replace("'", "").split("!")
    offered = [cell.value for (cell,) in book[name][cells.replace("$", "")]]
    assert offered == [label if label not in LABELS else Label(label).arabic for label in labels]


def test_no_cell_of_the_sheet_is_a_formula(sheet):
    assert [sheet.cell(n, TEXT).value for n in range(3, sheet.max_row + 1)] == FORMULAS
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n"}  # n: empty
    assert {cell.number_format for cell in sheet[2]} == {"@"}


def test_a_filled_sheet_comes_back(tmp_path):
    path = filled_in_excel(written(tmp_path / "t.xlsx", CALL, *FORMULAS), *(ARABIC * 2))
    posts, problems = read_annotations(path)
    assert problems == []
    assert [(post.text, post.label, post.id) for post in posts] == [
        (text, label, text_id(text)) for text, label in zip([CALL, *FORMULAS], LABELS * 2, strict=True)
    ]


def test_a_post_longer_than_an_excel_cell_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(TableError, match=r"write \.csv"):
        written(tmp_path / "t.xlsx", "ن" * 40_000)
    assert list(tmp_path.iterdir()) == []


# CSV


def test_excel_knows_the_csv_file_as_utf8_without_formulas(tmp_path):
    path = written(tmp_path / "t.csv", CALL, *FORMULAS)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == SHEET
    assert not [row for row in rows if row[0].startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_filled_csv_file_comes_back_with_its_texts_as_they_were(tmp_path):
    path = filled_in_csv(written(tmp_path / "t.csv", CALL, *FORMULAS), *(ARABIC * 2))
    posts, problems = read_annotations(path)
    assert problems == []
    assert [post.text for post in posts] == [CALL, *FORMULAS]


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip), st.sampled_from([".csv", ".xlsx", ".jsonl"])
)
def test_any_text_comes_back(tmp_path_factory, text, suffix):
    path = written(tmp_path_factory.mktemp("tasks") / f"t{suffix}", text)
    if suffix == ".jsonl":
        path.write_text(path.read_text(encoding="utf-8").replace("[]", '["volunteer_call"]'), "utf-8")
    else:
        (filled_in_csv if suffix == ".csv" else filled_in_excel)(path, "دعوة تطوع")
    found = read_annotations(path)
    if suffix == ".xlsx" and not found.posts:
        assert [problem.reason for problem in found.problems] == ["no text"]  # nothing but what XML cannot hold
        return
    (post,) = found.posts
    assert post.id == text_id(text)
    if suffix != ".xlsx":
        assert post.text == text


# Label Studio, doccano


def test_label_studio_gets_tasks_with_the_models_guess_and_an_interface(tmp_path):
    path = written(tmp_path / "t.json", CALL)
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    view = ElementTree.fromstring((tmp_path / "t.label-studio.xml").read_text(encoding="utf-8"))
    (choices,) = view.iter("Choices")
    (text,) = view.iter("Text")
    offered = [choice.get("value") for choice in choices]
    assert offered == ARABIC
    (result,) = task["predictions"][0]["result"]
    assert (result["from_name"], result["to_name"], result["type"]) == (
        choices.get("name"),
        text.get("name"),
        "choices",
    )
    assert result["value"]["choices"] == ["دعوة تطوع"]
    assert text.get("value").removeprefix("$") in task["data"]
    assert task["data"]["text"] == CALL


def test_labels_are_escaped_in_the_interface(tmp_path):
    written(tmp_path / "t.json", CALL, labels=['a<b&"c"'])
    view = ElementTree.fromstring((tmp_path / "t.label-studio.xml").read_text(encoding="utf-8"))
    assert [choice.get("value") for choice in view.iter("Choice")] == ['a<b&"c"']


def test_json_lines_are_what_doccano_takes(tmp_path):
    (line,) = written(tmp_path / "t.jsonl", CALL).read_text(encoding="utf-8").splitlines()
    task = json.loads(line)
    assert (task["text"], task["label"], task["id"]) == (CALL, [], text_id(CALL))


# All of them


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_not_filled_in_is_listed_and_not_taken(tmp_path, suffix):
    posts, problems = read_annotations(written(tmp_path / f"t{suffix}", CALL))
    assert posts == []
    assert [problem.text for problem in problems] == [" ".join(CALL.split())]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_tasks_are_no_failure(tmp_path, suffix):
    assert written(tmp_path / f"t{suffix}").exists()


def test_an_interface_that_is_there_is_not_replaced(tmp_path):
    (tmp_path / "t.label-studio.xml").write_text("mine")
    with pytest.raises(TableError, match="--force"):
        task_files(tmp_path / "t.json")
    assert len(task_files(tmp_path / "t.json", force=True)) == 2


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(TableError, match=r"\.xlsx, \.csv"):
        task_files(tmp_path / "t.parquet")
