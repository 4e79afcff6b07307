"""Labelling whole dumps: chunk by chunk, by one process or several, so that nothing is lost when a run is stopped."""

import hashlib
import importlib.metadata
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolunteer_nlp.dumps.columns import added_columns, kept_names
from evolunteer_nlp.dumps.labelling import Counts, Job, Wanted, label_chunk
from evolunteer_nlp.dumps.parts import Part, Parts
from evolunteer_nlp.dumps.sources import Chunk, Reading, Sources, expand
from evolunteer_nlp.errors import EvolunteerError, TableError
from evolunteer_nlp.model import Model
from evolunteer_nlp.tables.formats import STANDARD_INPUT, format_of
from evolunteer_nlp.tables.join import MOST_EXCEL_ROWS, join_parts
from evolunteer_nlp.tables.read import Table
from evolunteer_nlp.tables.write import Layout, open_writer, written_whole

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[Counts], None]

_ROWS_AT_ONCE = {"words": 8192, "cascade": 2048, "reader": 256}
"""Rows of a chunk: a few seconds' work, which is what a stopped run loses, and how often progress shows."""
_CHUNKS_AHEAD = 2
"""Chunks that wait for each worker."""


class AlreadyCompleteError(EvolunteerError):
    """The same command has already finished; its output is there."""


@dataclass(frozen=True)
class Options:
    """How a dump is labelled.

    Attributes
    ----------
    column : str, optional
        The column of posts; found by name if left out.
    platform, format, encoding : str, optional
        Of the inputs, as for `evolunteer_nlp.dumps.exports.open_posts`.
    limit : int, optional
        How many rows are read at most.
    prefix : str
        Put before the names of added columns.
    probabilities : bool
        Whether to add a column a label.
    threshold, prefer
        As for `evolunteer_nlp.classify`.
    labels, min_probability, certain_only
        Which labelled posts are written; see `evolunteer_nlp.dumps.labelling.Wanted`.
    excel, raw : bool
        Whether CSV is for Excel: it gets a byte order mark and, unless ``raw``, no cell of it is taken for a formula.
    """

    column: str | None = None
    platform: str | None = None
    format: str | None = None
    encoding: str | None = None
    limit: int | None = None
    prefix: str = ""
    probabilities: bool = False
    threshold: Mapping[str, float] | None = None
    prefer: str | None = None
    labels: tuple[str, ...] = ()
    min_probability: float = 0.0
    certain_only: bool = False
    excel: bool = False
    raw: bool = False


@dataclass
class Summary(Counts):
    """What was done, and what people should be told of it.

    Attributes
    ----------
    seen : list of str
        What each input was recognised as.
    renamed : dict of str to str
        Input columns that made way for added ones.
    rejects : list of dict
        File, row, reason and content of rejected rows, where there is no file to put them.
    """

    seen: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    rejects: list[dict[str, Any]] = field(default_factory=list)


def label_dump(
    sources: Path | Sequence[Path],
    output: Path | None,
    model: Model,
    options: Options | None = None,
    *,
    workers: int = 1,
    force: bool = False,
    progress: Progress = lambda counts: None,
) -> Summary:
    """Label every post of one or more tables.

    Parameters
    ----------
    sources : path, or sequence of paths and patterns
        Tables or exports of platforms, see `evolunteer_nlp.dumps.exports.open_posts`; ``-`` for standard input, with
        ``options.format``. Several make one output, with a column ``file``.
    output : Path or None
        By suffix: CSV, TSV, JSON Lines, Parquet or Excel. It appears whole or not at all, with ``OUTPUT.done.json``,
        by which a finished run is known, and ``OUTPUT.rejected.jsonl`` if rows were rejected. A run that is stopped
        leaves its finished chunks in ``OUTPUT.parts``; the same call goes on from there, and its output has the same
        bytes as that of a run that was not stopped. None writes CSV or JSON Lines to standard output.
    model : Model
    options : Options, optional
    workers : int
        Processes, each with the model, whose files they share; the output is the same.
    force : bool
        Replace what is at ``output``, and start over.
    progress : callable, optional
        Told the counts of each chunk once it is done.

    Raises
    ------
    AlreadyCompleteError
        If the same input was labelled by the same model with the same options, and the output is there.
    TableError
        If an input cannot be read or has no column of posts, something else is at ``output``, the unfinished run there
        is of another call, or an Excel sheet cannot hold the rows.
    """
    options = options or Options()
    paths = expand([sources] if isinstance(sources, Path) else sources)
    task: dict[str, Any] = {}
    if output:
        _check(output)
        task = _task(paths, model, options)
        if not force:
            _refuse_to_replace(output, task)
    reading = Reading(options.column, options.platform, options.format, options.encoding, options.limit)
    into = format_of(output) if output else None
    with Sources(paths, reading, read_through=into != "jsonl") as inputs:
        into = into or ("jsonl" if inputs.tables[0].is_open_ended else "csv")
        job = _job(inputs, into, model, options)
        layout = Layout(into, job.out, job.schema, mark=options.excel, inert=options.excel and not options.raw)
        summary = Summary(seen=[f"{table.path}: {_seen(table)}" for table in inputs.tables], renamed=job.renamed)
        if output is None:
            _print(inputs, job, layout, summary, progress)
            return summary
        if into == "xlsx" and job.wanted == Wanted():
            _refuse_too_many(paths, reading)
        parts = Parts(output.with_name(output.name + ".parts"), layout)
        parts.start(task, force=force or None in task["inputs"].values())
        try:
            n_parts = 0
            for counts in _in_order(_at_least_one(inputs, job), job, parts, workers):
                n_parts += 1
                summary.add(counts)
                progress(counts)
            _put_together([parts.part(number) for number in range(n_parts)], output, layout, task, summary)
        except TableError:
            parts.remove()  # the same call would fail again
            raise
    parts.remove()
    return summary


def _seen(table: Table) -> str:
    return f"{table.kind}, {table.encoding}" if table.encoding else table.kind


def rejected_file(output: Path) -> Path:
    """Where the rejected rows of an output are."""
    return output.with_name(output.name + ".rejected.jsonl")


def _done_file(output: Path) -> Path:
    return output.with_name(output.name + ".done.json")


def _check(output: Path) -> None:
    if output.is_dir():
        raise TableError(f"{output} is a directory; name a file in it")
    if format_of(output) == "json":
        raise TableError("JSON is written one object a line; name the output .jsonl")


def _task(paths: Sequence[Path], model: Model, options: Options) -> dict[str, Any]:
    """What makes two runs the same: the inputs' content, the model, and the options."""
    digests: dict[str, str | None] = {}
    for path in paths:
        digests[str(path)] = None
        if path.is_file():
            with path.open("rb") as file:
                digests[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "inputs": digests,
        "model": model.info.get("files"),
        "engine": model.using,
        "prior": list(model.decision.prior),
        "options": {**vars(options), "threshold": dict(options.threshold or {}), "labels": list(options.labels)},
        "version": importlib.metadata.version("evolunteer-nlp"),
    }


def _refuse_to_replace(output: Path, task: Mapping[str, Any]) -> None:
    if not output.exists():
        return
    try:
        before = json.loads(_done_file(output).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    same = all(before.get(name) == value for name, value in task.items())
    if same and None not in task["inputs"].values() and before.get("output_bytes") == output.stat().st_size:
        raise AlreadyCompleteError(f"{output} is already complete: {before.get('written'):,} posts")
    raise TableError(f"{output} exists and is not what this command would write; --force replaces it")


def _refuse_too_many(paths: Sequence[Path], reading: Reading) -> None:
    """Count the rows before the work begins: an Excel sheet has an end."""
    with Sources(paths, reading, read_through=False) as inputs:
        rows = sum(len(chunk.rows) for chunk in inputs.chunks(1 << 14))
    if rows > MOST_EXCEL_ROWS:
        raise TableError(f"the input has {rows:,} rows, and an Excel sheet holds {MOST_EXCEL_ROWS:,}; write .csv")


def _job(inputs: Sources, into: str, model: Model, options: Options) -> Job:
    several = len(inputs.tables) > 1
    added = [
        *added_columns(model.labels, options.probabilities, options.prefix),
        *([f"{options.prefix}file"] if several else []),
    ]
    renamed = kept_names(inputs.columns, added)
    out = [*(renamed.get(name, name) for name in inputs.columns), *added]
    return Job(
        model,
        options.threshold,
        options.prefer,
        Wanted(options.labels, options.min_probability, options.certain_only),
        options.probabilities,
        several,
        None if into == "jsonl" else frozenset(inputs.columns),
        added,
        renamed,
        out,
        _schema(inputs, out, added, several) if into == "parquet" else None,
        into,
    )


def _schema(inputs: Sources, out: Sequence[str], added: Sequence[str], several: bool) -> "pa.Schema":
    """Types for Parquet: those of the inputs, and ours."""
    import pyarrow as pa

    last = [pa.string()] if several else []
    ours = [pa.string(), pa.float64(), pa.string(), pa.bool_()]
    ours += [pa.float64()] * (len(added) - len(ours) - len(last)) + last
    return pa.schema(list(zip(out, [*inputs.schema().types, *ours], strict=True)))


def _print(inputs: Sources, job: Job, layout: Layout, summary: Summary, progress: Progress) -> None:
    """Label to standard output; rows that arrive by a pipe are not kept waiting."""
    live = any(str(table.path) == STANDARD_INPUT for table in inputs.tables)
    with open_writer(Path("-"), layout) as writer:
        for chunk in inputs.chunks(_ROWS_AT_ONCE[job.model.using], as_they_come=live):
            labelled = label_chunk(chunk, job)
            writer.write(labelled.rows)
            summary.add(labelled.counts)
            summary.rejects += labelled.rejects
            progress(labelled.counts)


def _at_least_one(inputs: Sources, job: Job) -> Iterator[Chunk]:
    """The chunks of the inputs, or an empty one: the first part has the header."""
    chunks = inputs.chunks(_ROWS_AT_ONCE[job.model.using])
    yield next(chunks, None) or Chunk(0, "", "", [])
    yield from chunks


def _in_order(chunks: Iterator[Chunk], job: Job, parts: Parts, workers: int) -> Iterator[Counts]:
    if workers == 1:
        for chunk in chunks:
            yield parts.finished(chunk.number) or _finish(chunk, job, parts)
        return
    from joblib.externals.loky import ProcessPoolExecutor

    threads = str(max(1, (os.cpu_count() or 1) // workers))
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    # workers of its own: joblib cannot go on with a reusable pool that it did not make
    executor = ProcessPoolExecutor(max_workers=workers, env=limits)
    waiting: deque[Any] = deque()
    try:
        for chunk in chunks:
            done = parts.finished(chunk.number)
            waiting.append(done or executor.submit(_finish, chunk, job, parts))
            if len(waiting) > _CHUNKS_AHEAD * workers:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
        executor.shutdown()
    except BaseException:
        executor.shutdown(wait=True, kill_workers=True)
        raise


def _finish(chunk: Chunk, job: Job, parts: Parts) -> Counts:
    return parts.write(chunk.number, label_chunk(chunk, job))


def _result(found: Any) -> Counts:
    return found if isinstance(found, Counts) else found.result()


def _put_together(
    parts: Sequence[Part], output: Path, layout: Layout, task: Mapping[str, Any], summary: Summary
) -> None:
    """Make the output of its parts; it takes its name last, when it and its companions are on the disk."""
    rejects = rejected_file(output)
    with written_whole(output) as draft:
        join_parts([part.rows for part in parts], draft, layout, packed=output.suffix == ".gz")
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        if summary.rejected:
            with written_whole(rejects) as all_rejects, all_rejects.open("wb") as file:
                for part in parts:
                    with part.rejects.open("rb") as some:
                        shutil.copyfileobj(some, file)
        else:
            rejects.unlink(missing_ok=True)
        counts = {name: getattr(summary, name) for name in ("read", "written", "filtered", "skipped", "rejected")}
        with written_whole(_done_file(output)) as done:
            facts = {**task, **counts, "output_bytes": draft.stat().st_size}
            done.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
