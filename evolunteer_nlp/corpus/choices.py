"""What annotators chose, post by post, as spreadsheets, Label Studio and doccano write it.

=================  ====================================================================================
our sheets         columns النص and التصنيف, and id
plain tables       a column of posts and one of labels; of two columns, also without a header
Label Studio JSON  tasks with ``data`` and, once annotated, ``annotations``, one or more a task
JSON-MIN and CSV   one row an annotation, with ``annotator``; a label, or JSON with ``choices``
doccano JSON       ``label`` (older: ``labels``, ``cats``), a list of names or numbers
doccano CSV        ``label`` with ``#`` between names
=================  ====================================================================================

Label Studio's formats: https://labelstud.io/guide/export; doccano's: https://github.com/doccano/doccano.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from evolunteer_nlp.corpus.posts import text_id
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.read import TEXT_COLUMNS, Rejected, Row, Skipped, Table, open_table
from evolunteer_nlp.tables.write import inert

SHEET = ("النص", "التصنيف المقترح", "التصنيف", "ملاحظات", "id")
"""Columns of the sheets that people fill in: text, the model's guess, label, notes, id."""

LABEL_COLUMNS = ("label", "labels", "cats", "choice", "class", "category", SHEET[2], "تصنيف", "الفئة")
"""Names of label columns, likeliest first; compared without case."""


class Choice(NamedTuple):
    """What one annotator said of one post.

    Attributes
    ----------
    where : str
        File and row, and the annotator where the file names one.
    text : str
        Empty where the file has none.
    names : tuple of str
        Of the labels chosen, as they were written.
    annotator : str
    trouble : str
        Why there is no choice, as far as the file says it: a row that cannot be read, a task that was skipped.
    values : mapping of str to object
        Whatever else the row holds.
    """

    where: str
    text: str = ""
    names: tuple[str, ...] = ()
    annotator: str = ""
    trouble: str = ""
    values: Mapping[str, Any] = {}


def read_choices(
    path: Path, is_label: Callable[[str], bool], column: str | None = None, encoding: str | None = None
) -> Iterator[Choice]:
    """Read what annotators chose, in the order of the file.

    Parameters
    ----------
    path : path
    is_label : callable
        Whether a string is the name of a label; tells which column of a table without a header holds them.
    column : str, optional
        The column of posts, in Label Studio's tasks the key of ``data``; found by its name if left out.
    encoding : str, optional

    Raises
    ------
    TableError
        If the file cannot be read or has no posts or no labels.
    """
    with open_table(path, encoding=encoding) as table:
        if "data" in table.columns and table.format in ("json", "jsonl"):
            for row in table.rows:
                yield from _label_studio(row, f"{path}, row {row.number}", column)
            return
        table = _with_header(table, is_label)
        text_column, label_column = table.text_column(column), _label_column(table)
        for row in table.rows:
            if not isinstance(row, Skipped):
                yield _from_row(row, f"{path}, row {row.number}", text_column, label_column, table.format)


def _with_header(table: Table, is_label: Callable[[str], bool]) -> Table:
    """Name two columns whose first row is a post and a label, rather than names of columns."""
    first = table.columns
    if len(first) != 2 or table.format not in ("csv", "tsv", "xlsx") or not any(map(is_label, first)):
        return table
    named = ["label", "text"] if is_label(first[0]) else ["text", "label"]
    start = Row(1, dict(zip(named, first, strict=True)))
    others = (
        row._replace(values=dict(zip(named, row.values.values(), strict=True))) if isinstance(row, Row) else row
        for row in table.rows
    )
    return table._replace(columns=named, rows=chain([start], others))


def _label_column(table: Table) -> str:
    for name in LABEL_COLUMNS:
        for column in table.columns:
            if column.strip().lower() == name:
                return column
    raise TableError(
        f"no column of {table.path} is known to hold labels; call it 'label'. Its columns are: "
        f"{', '.join(table.columns)}"
    )


def _from_row(row: Row | Rejected, where: str, text_column: str, label_column: str, format: str) -> Choice:
    if isinstance(row, Rejected):
        return Choice(where, trouble=row.reason)
    text, annotator = row.values.get(text_column), _named(row.values.get("annotator"))
    text = text if isinstance(text, str) else ""
    if format in ("csv", "tsv"):
        text = _without_apostrophe(text, row.values.get("id"))
    where = f"{where}, annotator {annotator}" if annotator else where
    return Choice(where, text, _names(row.values.get(label_column)), annotator, values=row.values)


def _without_apostrophe(text: str, id: object) -> str:
    """Undo `evolunteer_nlp.tables.write.inert`, in our own sheets: there, ids tell what the text was."""
    ours = isinstance(id, str) and text[:1] == "'" and inert(text[1:]) == text and text_id(text) != id
    return text[1:] if ours else text


def _label_studio(row: Row | Rejected | Skipped, where: str, column: str | None) -> Iterator[Choice]:
    """One choice an annotation of a task."""
    values = row.values if isinstance(row, Row) else {}
    data, annotations = values.get("data"), values.get("annotations") or []
    if not isinstance(data, dict) or not isinstance(annotations, list):
        yield Choice(where, trouble="not a task of Label Studio")
        return
    text = _text_of(data, column)
    if not annotations:
        yield Choice(where, text, trouble="not annotated yet")
    for annotation in annotations:
        if not isinstance(annotation, dict):
            yield Choice(where, text, trouble="not an annotation of Label Studio")
            continue
        annotator = _named(annotation.get("completed_by"))
        by = f"{where}, annotator {annotator}" if annotator else where
        trouble = "skipped by the annotator" if annotation.get("was_cancelled") else ""
        yield Choice(by, text, _choices_of(annotation.get("result")), annotator, trouble, data)


def _text_of(data: Mapping[str, Any], column: str | None) -> str:
    names = (column,) if column else TEXT_COLUMNS
    return next((data[name] for name in names if isinstance(data.get(name), str)), "")


def _choices_of(result: object) -> tuple[str, ...]:
    regions = [region for region in result if isinstance(region, dict)] if isinstance(result, list) else []
    return tuple(name for region in regions if region.get("type") == "choices" for name in _names(region.get("value")))


def _named(annotator: object) -> str:
    """An annotator's number or address."""
    if isinstance(annotator, dict):
        annotator = annotator.get("email") or annotator.get("id")
    return "" if annotator is None else str(annotator)


def _names(value: object) -> tuple[str, ...]:
    """The names in a cell or a JSON value that holds a label, several, or none."""
    if isinstance(value, dict):
        if "choices" in value:
            return _names(value["choices"])
        return tuple(str(name) for name, chosen in value.items() if chosen)  # spaCy's cats
    if isinstance(value, list):
        return tuple(
            name for item in value for name in ([json.dumps(item)] if isinstance(item, list) else _names(item))
        )
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel knows no whole numbers
    text = "" if value is None else str(value).strip()
    if text[:1] in ("{", "["):
        try:
            return _names(json.loads(text))
        except (ValueError, RecursionError):
            return (text,)
    return tuple(name.strip() for name in text.split("#") if name.strip())
