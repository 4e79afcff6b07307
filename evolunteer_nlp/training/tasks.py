"""Tasks for annotators: a sheet to fill in, or a file for an annotation tool.

========  =========================================================================================================
.xlsx     a sheet from right to left, its labels chosen from a list
.csv      the same columns; a mark tells Excel that it is UTF-8, and an apostrophe that a text is no formula
.json     tasks of Label Studio with the model's guess; the labelling interface is written beside it
.jsonl    one object a line, ``label`` an empty list: doccano takes it as it is, an editor too
========  =========================================================================================================
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from evolunteer_nlp.corpus.choices import SHEET
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.labels import arabic_name
from evolunteer_nlp.tables.write import Layout, excel_text, open_writer, refuse_to_replace, written_whole
from evolunteer_nlp.training.review import Task

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SUFFIXES = (".xlsx", ".csv", ".json", ".jsonl")
_WIDTHS = (90, 18, 18, 30, 20)
_LABELS_SHEET = "التصنيفات"


def task_files(path: Path, *, force: bool = False) -> list[Path]:
    """The files that `write_tasks` makes: the tasks, and for Label Studio its labelling interface.

    Raises
    ------
    TableError
        If the suffix is none of `SUFFIXES`, or a file is there already and may not be replaced.
    """
    if path.suffix not in SUFFIXES:
        raise TableError(f"tasks are not written as {path.name}; name a file that ends in {', '.join(SUFFIXES)}")
    files = [path, path.with_suffix(".label-studio.xml")] if path.suffix == ".json" else [path]
    if not force:
        for file in files:
            refuse_to_replace(file)
    return files


def write_tasks(tasks: Sequence[Task], path: Path, labels: Sequence[str]) -> None:
    """Write tasks in the format that the suffix tells.

    Parameters
    ----------
    tasks : sequence of Task
    path : path
    labels : sequence of str
        What annotators choose from; shown by their Arabic names where they have any.

    Raises
    ------
    TableError
        If the suffix is none of `SUFFIXES`, or the file cannot be written.
    """
    files = task_files(path, force=True)
    if path.suffix == ".xlsx":
        _write_sheet(tasks, path, labels)
    elif path.suffix == ".csv":
        with open_writer(path, Layout("csv", SHEET, mark=True, inert=True)) as writer:
            writer.write(dict(zip(SHEET, _cells(task), strict=True)) for task in tasks)
    elif path.suffix == ".json":
        written = json.dumps([_label_studio(task) for task in tasks], ensure_ascii=False, indent=1)
        for file, content in zip(files, (written, interface(labels)), strict=True):
            with written_whole(file) as draft:
                draft.write_text(content + "\n", encoding="utf-8")
    else:
        with open_writer(path, Layout("jsonl")) as writer:
            writer.write({**task._asdict(), "margin": round(task.margin, 4), "label": []} for task in tasks)


def _cells(task: Task) -> tuple[str, ...]:
    """A row of `SHEET`."""
    return task.text, arabic_name(task.predicted), "", "", task.id


def _write_sheet(tasks: Sequence[Task], path: Path, labels: Sequence[str]) -> None:
    import openpyxl
    from openpyxl.styles import Alignment, Font

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "المنشورات"
    sheet.append(SHEET)
    for number, task in enumerate(tasks, 2):
        for column, value in enumerate(_cells(task), 1):
            cell = sheet.cell(number, column)
            cell.number_format = "@"  # what is typed here stays text too
            if value:
                cell.value = excel_text(value)
                cell.data_type = "s"  # a post that begins with "=" is a text, not a formula
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=2)
    for cell, width in zip(sheet[1], _WIDTHS, strict=True):
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.sheet_view.rightToLeft = True
    sheet.freeze_panes = "A2"
    names = book.create_sheet(_LABELS_SHEET)
    names.sheet_view.rightToLeft = True
    for label in labels:
        names.append([arabic_name(label), label])
    _offer_labels(sheet, len(tasks), len(labels))
    with written_whole(path) as draft:
        book.save(draft)


def _offer_labels(sheet: "Worksheet", n_tasks: int, n_labels: int) -> None:
    """Give the cells of the label column a list to choose from."""
    from openpyxl.worksheet.datavalidation import DataValidation

    choice = DataValidation("list", formula1=f"'{_LABELS_SHEET}'!$A$1:$A${n_labels}", allow_blank=True)
    choice.showErrorMessage = True
    choice.errorTitle, choice.error = SHEET[2], "اختر تصنيفا من القائمة"
    letter = "ABCDE"[SHEET.index("التصنيف")]
    choice.add(f"{letter}2:{letter}{max(2, n_tasks + 1)}")
    sheet.add_data_validation(choice)


def _label_studio(task: Task) -> dict[str, Any]:
    """A task with a prediction, which Label Studio shows as a suggestion; https://labelstud.io/guide/predictions."""
    chosen = {"from_name": "label", "to_name": "text", "type": "choices"}
    guess = {
        "result": [{**chosen, "value": {"choices": [arabic_name(task.predicted)]}}],
        "score": round(task.margin, 4),
    }
    return {
        "data": {"text": task.text, "id": task.id, "row": task.row},
        "predictions": [{"model_version": "evolunteer_nlp", **guess}],
    }


def interface(labels: Sequence[str]) -> str:
    """The labelling interface for Label Studio, as XML; https://labelstud.io/tags/choices."""
    view = ElementTree.Element("View", style="direction: rtl")
    ElementTree.SubElement(view, "Text", name="text", value="$text")
    choices = ElementTree.SubElement(view, "Choices", name="label", toName="text", choice="single", required="true")
    for label in labels:
        ElementTree.SubElement(choices, "Choice", value=arabic_name(label))
    ElementTree.SubElement(view, "TextArea", name="notes", toName="text", placeholder=SHEET[3])
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode")
