"""Labelling a file of posts: every row comes back, labelled or rejected with a reason."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolunteer_nlp.dumps.columns import added_columns, kept_names
from evolunteer_nlp.errors import EvolunteerError, TableError
from evolunteer_nlp.model import Model
from evolunteer_nlp.tables.formats import STANDARD_INPUT, format_of
from evolunteer_nlp.tables.read import Rejected, Row, Table, open_table
from evolunteer_nlp.tables.write import LONGEST_CELL, open_writer, written_whole

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 8192
_LONGEST_TEXT = 100_000
"""Characters; a longer cell is no post but a file gone wrong, such as a quote that never closes."""

Progress = Callable[[int], None]


class AlreadyCompleteError(EvolunteerError):
    """The same command has already finished; its output is there."""


@dataclass(frozen=True)
class Options:
    """How a file is labelled.

    Attributes
    ----------
    column : str, optional
        The column of posts; found by name if left out.
    format, encoding : str, optional
        Of the input; by suffix, and by byte order mark or UTF-8, if left out.
    prefix : str
        Put before the names of added columns.
    probabilities : bool
        Whether to add a column a label.
    threshold, prefer
        As for `evolunteer_nlp.classify`.
    """

    column: str | None = None
    format: str | None = None
    encoding: str | None = None
    prefix: str = ""
    probabilities: bool = False
    threshold: Mapping[str, float] | None = None
    prefer: str | None = None


@dataclass
class Summary:
    """What was done: ``read == written + rejected``.

    Attributes
    ----------
    read, written, rejected, doubtful : int
        ``doubtful`` counts written posts that are not `certain`.
    labels : Counter of str
    surest : dict of str to (probability, text)
        Of each label that asks something, the post the model is surest of.
    renamed : dict of str to str
        Input columns that made way for added ones.
    rejects : list of dict
        File, row, reason and content of the first rejected rows, where there is no file to put them.
    """

    read: int = 0
    written: int = 0
    rejected: int = 0
    doubtful: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    surest: dict[str, tuple[float, str]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    rejects: list[dict[str, Any]] = field(default_factory=list)


def label_file(
    source: Path,
    output: Path | None,
    model: Model,
    options: Options | None = None,
    *,
    force: bool = False,
    progress: Progress = lambda rows: None,
) -> Summary:
    """Label every post of a table.

    Parameters
    ----------
    source : Path
        CSV, TSV, JSON Lines, Parquet or Excel; ``-`` for standard input, with ``options.format``.
    output : Path or None
        By suffix: CSV, TSV, JSON Lines, Parquet or Excel. It appears whole or not at all, with ``OUTPUT.done.json``,
        by which a finished run is known, and ``OUTPUT.rejected.jsonl`` if rows were rejected. None writes CSV or JSON
        Lines to standard output.
    model : Model
    options : Options, optional
    force : bool
        Replace what is at ``output``.
    progress : callable, optional
        Told how many more rows are done.

    Raises
    ------
    AlreadyCompleteError
        If the same input was labelled by the same model with the same options, and the output is there.
    TableError
        If the input cannot be read, has no column of posts, or something else is at ``output``.
    """
    options = options or Options()
    if output is not None and output.is_dir():
        raise TableError(f"{output} is a directory; name a file in it")
    into = format_of(output) if output else None
    if into == "json":
        raise TableError("JSON is written one object a line; name the output .jsonl")
    job = _job(source, model, options) if output else {}
    if output and not force:
        _refuse_to_replace(output, job)
    summary = Summary()
    with ExitStack() as stack:
        table = stack.enter_context(open_table(source, format=options.format, encoding=options.encoding))
        columns = _all_columns(table, source, options)
        column = table._replace(columns=columns).text_column(options.column)
        added = added_columns(model.labels, options.probabilities, options.prefix)
        summary.renamed = kept_names(columns, added)
        out_columns = [*(summary.renamed.get(name, name) for name in columns), *added]
        into = into or ("jsonl" if table.format in ("json", "jsonl") else "csv")
        schema = _schema(table, out_columns, added) if into == "parquet" else None
        writer = stack.enter_context(open_writer(output or Path("-"), into, out_columns, schema))
        rejects = _Rejects(source, output, summary, stack)
        for rows in _chunks(
            table, column, None if into == "jsonl" else columns, LONGEST_CELL.get(into), rejects, summary
        ):
            labelled = _label(rows, column, model, options, added, summary)
            if into != "jsonl":
                labelled = [{name: row.get(name) for name in out_columns} for row in labelled]
            writer.write(labelled)
            progress(len(rows))
    if output:
        if not summary.rejected:
            rejected_file(output).unlink(missing_ok=True)
        counts = {"read": summary.read, "written": summary.written, "rejected": summary.rejected}
        facts = {**job, **counts, "output_bytes": output.stat().st_size}
        with written_whole(_done_file(output)) as draft:
            draft.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return summary


def _chunks(
    table: Table,
    column: str,
    columns: Container[str] | None,
    longest_cell: int | None,
    rejects: "_Rejects",
    summary: Summary,
) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(table.rows, _ROWS_AT_ONCE)):
        summary.read += len(batch)
        good = []
        for row in batch:
            problem = row if isinstance(row, Rejected) else _problem(row, column, columns, longest_cell)
            if problem is None:
                good.append(row.values)  # type: ignore[union-attr]  # a rejected row is a problem
            else:
                rejects.add(problem)
        yield good


def _problem(row: Row, column: str, columns: Container[str] | None, longest_cell: int | None) -> Rejected | None:
    text = row.values.get(column)
    if text is None:
        return Rejected(row.number, f"no text in column {column!r}", row.values)
    if isinstance(text, dict | list | bytes):
        return Rejected(row.number, f"column {column!r} holds {type(text).__name__}, not text", row.values)
    if len(str(text)) > _LONGEST_TEXT:
        short = {**row.values, column: str(text)[:200] + "…"}
        return Rejected(
            row.number, f"the text has {len(str(text)):,} characters; the limit is {_LONGEST_TEXT:,}", short
        )
    if columns is not None:
        late = [name for name in row.values if name not in columns]
        if late:
            return Rejected(row.number, f"column {late[0]!r} came too late for a table; write .jsonl", row.values)
    if longest_cell and any(isinstance(cell, str) and len(cell) > longest_cell for cell in row.values.values()):
        return Rejected(
            row.number, f"a cell has over {longest_cell:,} characters, more than the format holds", row.values
        )
    return None


def _label(
    rows: Sequence[dict[str, Any]], column: str, model: Model, options: Options, added: Sequence[str], summary: Summary
) -> list[dict[str, Any]]:
    if not rows:
        return []
    texts = [str(row[column]) for row in rows]
    columns = model.columns(texts, threshold=options.threshold, prefer=options.prefer)
    names = (*model.labels, None)
    labels = [names[i] for i in columns.labels.tolist()]
    confidence = columns.probabilities[range(len(rows)), columns.labels]
    values: list[Sequence[Any]] = [
        labels,
        [round(value, 4) for value in confidence.tolist()],
        [names[i] for i in columns.also.tolist()],
        columns.certain.tolist(),
    ]
    if options.probabilities:
        values += columns.probabilities.round(4).T.tolist()
    summary.written += len(rows)
    summary.doubtful += int((~columns.certain).sum())
    summary.labels.update(str(label) for label in labels)
    for probability, label, text in zip(values[1], labels, texts, strict=True):
        if label != model.decision.background and probability > summary.surest.get(label, (0.0, ""))[0]:
            summary.surest[label] = probability, text
    renamed = {**kept_names(added, added), **summary.renamed}  # a later row may have columns that the first ones lack
    kept = [{renamed.get(name, name): value for name, value in row.items()} for row in rows]
    return [
        {**row, **dict(zip(added, new, strict=True))} for row, new in zip(kept, zip(*values, strict=True), strict=True)
    ]


class _Rejects:
    """Where rejected rows go: to ``OUTPUT.rejected.jsonl``, made when the first one comes, or into the summary."""

    def __init__(self, source: Path, output: Path | None, summary: Summary, stack: ExitStack) -> None:
        self.source, self.summary, self.stack = source, summary, stack
        self.path = rejected_file(output) if output else None
        self.file: Any = None

    def add(self, rejected: Rejected) -> None:
        self.summary.rejected += 1
        fact = {
            "file": str(self.source),
            "row": rejected.number,
            "reason": rejected.reason,
            "content": rejected.content,
        }
        if self.path is None:
            self.summary.rejects.append(fact)
            return
        if self.file is None:
            draft = self.stack.enter_context(written_whole(self.path))
            self.file = self.stack.enter_context(draft.open("w", encoding="utf-8"))
        self.file.write(json.dumps(fact, ensure_ascii=False, default=str) + "\n")


def rejected_file(output: Path) -> Path:
    """Where the rejected rows of an output are."""
    return output.with_name(output.name + ".rejected.jsonl")


def _done_file(output: Path) -> Path:
    return output.with_name(output.name + ".done.json")


def _job(source: Path, model: Model, options: Options) -> dict[str, Any]:
    """What makes two runs the same: the input's content, the model, and the options."""
    digest = None
    if str(source) != STANDARD_INPUT and source.is_file():
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "input": str(source),
        "input_sha256": digest,
        "model": model.info.get("files"),
        "engine": model.using,
        "prior": list(model.decision.prior),
        "options": {**vars(options), "threshold": dict(options.threshold or {})},
    }


def _refuse_to_replace(output: Path, job: Mapping[str, Any]) -> None:
    if not output.exists():
        return
    try:
        before = json.loads(_done_file(output).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    same = all(before.get(name) == value for name, value in job.items())
    if same and job["input_sha256"] is not None and before.get("output_bytes") == output.stat().st_size:
        raise AlreadyCompleteError(f"{output} is already complete: {before.get('written'):,} posts")
    raise TableError(f"{output} exists and is not what this command would write; --force replaces it")


def _all_columns(table: Table, source: Path, options: Options) -> list[str]:
    """The columns of all rows; objects of a JSON file may differ, so it is read through once."""
    if table.format not in ("json", "jsonl") or str(source) == STANDARD_INPUT:
        return table.columns
    columns: dict[str, None] = {}
    with open_table(source, format=options.format, encoding=options.encoding) as again:
        for row in again.rows:
            if isinstance(row, Row):
                columns.update(dict.fromkeys(row.values))
    return list(columns)


def _schema(table: Table, columns: Sequence[str], added: Sequence[str]) -> "pa.Schema":
    """Types for Parquet: those of the input, or text where it has none, and ours."""
    import pyarrow as pa

    kinds = [pa.string(), pa.float64(), pa.string(), pa.bool_(), *[pa.float64()] * (len(added) - 4)]
    own = columns[: len(columns) - len(added)]
    types = [pa.string()] * len(own) if table.schema is None else table.schema.types
    return pa.schema([*zip(own, types, strict=True), *zip(added, kinds, strict=True)])
