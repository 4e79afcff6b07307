"""Labelling one chunk of a dump: every row is labelled, filtered out, skipped, or rejected with a reason."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from evolunteer_nlp.dumps.columns import kept_names, label_some
from evolunteer_nlp.dumps.sources import Chunk
from evolunteer_nlp.model import Model
from evolunteer_nlp.tables.read import Rejected, Row, Skipped
from evolunteer_nlp.tables.write import LONGEST_CELL

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

LONGEST_TEXT = 100_000
"""Characters; a longer cell is no post but a file gone wrong, such as a quote that never closes."""


@dataclass
class Counts:
    """What was done: ``read == written + filtered + skipped + rejected``.

    Attributes
    ----------
    read, written, filtered, skipped, rejected, doubtful : int
        ``filtered`` posts were labelled and not wanted, ``skipped`` rows are no posts, ``doubtful`` counts labelled
        posts that are not `certain`.
    labels : Counter of str
        Of all labelled posts, filtered ones too.
    skips : Counter of str
        Skipped rows by reason.
    surest : dict of str to (probability, text)
        Of each label that asks something, the post the model is surest of.
    """

    read: int = 0
    written: int = 0
    filtered: int = 0
    skipped: int = 0
    rejected: int = 0
    doubtful: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    skips: Counter[str] = field(default_factory=Counter)
    surest: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, other: "Counts") -> None:
        """Add what was done later."""
        for name in ("read", "written", "filtered", "skipped", "rejected", "doubtful"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.labels.update(other.labels)
        self.skips.update(other.skips)
        for label, found in other.surest.items():
            if found[0] > self.surest.get(label, (0.0, ""))[0]:
                self.surest[label] = found

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """What ``vars`` gave, after a way through JSON."""
        nested = {name: Counter(given[name]) for name in ("labels", "skips")}
        return cls(**{**given, **nested, "surest": {label: (p, text) for label, (p, text) in given["surest"].items()}})


class Wanted(NamedTuple):
    """Which labelled posts are written.

    Attributes
    ----------
    labels : tuple of str
        All if empty.
    min_probability : float
        Of the given label.
    certain_only : bool
    """

    labels: tuple[str, ...] = ()
    min_probability: float = 0.0
    certain_only: bool = False


class Job(NamedTuple):
    """What labelling a chunk takes.

    Attributes
    ----------
    model : Model
    threshold, prefer
        As for `evolunteer_nlp.classify`.
    wanted : Wanted
    probabilities, name_file : bool
        Whether columns are added for each label's probability, and for the input.
    columns : frozenset of str or None
        Those that rows may have; None for any.
    added : list of str
        The columns to add.
    renamed : dict of str to str
        Columns of the input that make way for them.
    out : list of str
        All columns of the output; of no meaning to JSON Lines.
    schema : pyarrow.Schema or None
        Of a Parquet output.
    format : str
        Of the output.
    """

    model: Model
    threshold: Mapping[str, float] | None
    prefer: str | None
    wanted: Wanted
    probabilities: bool
    name_file: bool
    columns: frozenset[str] | None
    added: list[str]
    renamed: dict[str, str]
    out: list[str]
    schema: "pa.Schema | None"
    format: str


class Labelled(NamedTuple):
    """A labelled chunk.

    Attributes
    ----------
    rows : list of dict, or pyarrow.Table of the job's schema
    counts : Counts
    rejects : list of dict
        File, row, reason and content of each rejected row.
    """

    rows: "list[dict[str, Any]] | pa.Table"
    counts: Counts
    rejects: list[dict[str, Any]]


def label_chunk(chunk: Chunk, job: Job) -> Labelled:
    """Label one chunk."""
    if isinstance(chunk.rows, list):
        return _label_rows(chunk, chunk.rows, job)
    if job.schema is not None and _fits(chunk.rows, chunk.column, job):
        return _label_table(chunk, job)
    rows: list[Any] = [Row(number, values) for number, values in enumerate(chunk.rows.to_pylist(), chunk.first)]
    return _label_rows(chunk, rows, job)


def _label_rows(chunk: Chunk, rows: Sequence[Row | Rejected | Skipped], job: Job) -> Labelled:
    counts = Counts(read=len(rows))
    good: list[dict[str, Any]] = []
    rejects = []
    for row in rows:
        if isinstance(row, Skipped):
            counts.skips[row.reason] += 1
            continue
        problem = row if isinstance(row, Rejected) else _problem(row, chunk.column, job)
        if problem is None:
            good.append(row.values)  # type: ignore[union-attr]  # a rejected row is a problem
        else:
            rejects.append(_fact(chunk, problem))
    counts.skipped, counts.rejected = counts.skips.total(), len(rejects)
    if not good:
        return Labelled([], counts, rejects)
    values, kept = _values([str(row[chunk.column]) for row in good], chunk, job, counts)
    renamed = {**kept_names(job.added, job.added), **job.renamed}  # a later row may have columns the first ones lack
    labelled = [
        {**{renamed.get(name, name): value for name, value in row.items()}, **dict(zip(job.added, new, strict=True))}
        for row, new, keep in zip(good, zip(*values, strict=True), kept.tolist(), strict=True)
        if keep
    ]
    if job.format != "jsonl":
        labelled = [{name: row.get(name) for name in job.out} for row in labelled]
    return Labelled(labelled, counts, rejects)


def _problem(row: Row, column: str, job: Job) -> Rejected | None:
    text = row.values.get(column)
    if text is None:
        return Rejected(row.number, f"no text in column {column!r}", row.values)
    if isinstance(text, dict | list | bytes):
        return Rejected(row.number, f"column {column!r} holds {type(text).__name__}, not text", row.values)
    if len(str(text)) > LONGEST_TEXT:
        return _too_long(row.number, row.values, column)
    if job.columns is not None:
        late = [name for name in row.values if name not in job.columns]
        if late:
            return Rejected(row.number, f"column {late[0]!r} came too late for a table; write .jsonl", row.values)
    longest = LONGEST_CELL.get(job.format)
    if longest and any(isinstance(cell, str) and len(cell) > longest for cell in row.values.values()):
        return Rejected(row.number, f"a cell has over {longest:,} characters, more than the format holds", row.values)
    return None


def _too_long(number: int, values: dict[str, Any], column: str) -> Rejected:
    text = str(values[column])
    reason = f"the text has {len(text):,} characters; the limit is {LONGEST_TEXT:,}"
    return Rejected(number, reason, {**values, column: text[:200] + "…"})


def _fact(chunk: Chunk, rejected: Rejected) -> dict[str, Any]:
    return {"file": chunk.file, "row": rejected.number, "reason": rejected.reason, "content": rejected.content}


def _fits(table: "pa.Table", column: str, job: Job) -> bool:
    """Whether a table's columns go to the output as they are, and its posts are text."""
    import pyarrow as pa

    assert job.schema is not None
    kind = table.schema.field(column).type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return False
    return all(job.schema.field(job.renamed.get(field.name, field.name)).type == field.type for field in table.schema)


def _label_table(chunk: Chunk, job: Job) -> Labelled:
    """The same as `_label_rows`, without making rows of columns."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    assert job.schema is not None
    table: pa.Table = chunk.rows
    counts = Counts(read=len(table))
    lengths = pc.fill_null(pc.utf8_length(table[chunk.column]), -1).to_numpy()
    good = (lengths >= 0) & (lengths <= LONGEST_TEXT)
    rejects = []
    if not good.all():
        bad = np.flatnonzero(~good)
        for at, values in zip(bad.tolist(), table.take(bad).to_pylist(), strict=True):
            problem = _problem(Row(chunk.first + at, values), chunk.column, job)
            assert problem is not None
            rejects.append(_fact(chunk, problem))
        table = table.filter(pa.array(good))
    counts.rejected = len(rejects)
    if not len(table):
        return Labelled(job.schema.empty_table(), counts, rejects)
    values, kept = _values(table[chunk.column].to_pylist(), chunk, job, counts)
    here = dict(zip((job.renamed.get(name, name) for name in table.column_names), table.columns, strict=True))
    here |= dict(zip(job.added, values, strict=True))
    columns = [here[field.name] if field.name in here else pa.nulls(len(table), field.type) for field in job.schema]
    columns = [
        pa.array(column, field.type) if isinstance(column, list) else column
        for column, field in zip(columns, job.schema, strict=True)
    ]
    labelled = pa.Table.from_arrays(columns, schema=job.schema)
    return Labelled(labelled if kept.all() else labelled.filter(pa.array(kept)), counts, rejects)


def _values(
    texts: Sequence[str], chunk: Chunk, job: Job, counts: Counts
) -> tuple[list[list[Any]], "npt.NDArray[np.bool_]"]:
    """The added columns for good texts, and which rows are wanted; what was found is counted."""
    import numpy as np

    found, probabilities = label_some(texts, job.model, job.threshold, job.prefer)
    values = [found.label.tolist(), found.probability.round(4).tolist(), found.also.tolist(), found.certain.tolist()]
    if job.probabilities:
        values += probabilities.round(4).T.tolist()
    if job.name_file:
        values.append([chunk.file] * len(texts))

    kept = np.ones(len(texts), dtype=bool)
    if job.wanted.labels:
        kept &= np.isin(found.label, job.wanted.labels)
    if job.wanted.min_probability:
        kept &= found.probability >= job.wanted.min_probability
    if job.wanted.certain_only:
        kept &= found.certain
    counts.written = int(kept.sum())
    counts.filtered = len(texts) - counts.written
    counts.doubtful = int((~found.certain).sum())
    counts.labels.update(values[0])
    for label in job.model.labels:
        if label in counts.labels and label != job.model.decision.background:
            best = int(np.where(found.label == label, found.probability, -1).argmax())
            counts.surest[label] = values[1][best], texts[best]
    return values, kept
