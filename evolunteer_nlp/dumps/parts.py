"""The finished chunks of a run that goes on: files in a folder beside the output, each whole or not there.

A chunk is finished once its record is there and the hashes in it are right, whatever happened to the machine meanwhile;
any other chunk is done again. Nothing else is kept of a run, so it can go on with another number of workers.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from evolunteer_nlp.dumps.labelling import Counts, Labelled
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.write import Layout, open_writer, written_whole


class Part(NamedTuple):
    """The files of one chunk: its labelled rows, its rejected rows, and its record."""

    rows: Path
    rejects: Path
    record: Path


class Parts(NamedTuple):
    """The folder of a run's finished chunks.

    Attributes
    ----------
    folder : Path
    layout : Layout
        Of the output, and of the parts.
    """

    folder: Path
    layout: Layout

    def start(self, job: Mapping[str, Any], *, force: bool) -> None:
        """Begin a run, or go on with one of the same job.

        Raises
        ------
        TableError
            If the chunks of another job are there; the message says what differs.
        """
        file = self.folder / "job.json"
        before = _read_json(file)
        if not force and before is not None and before != job:
            differing = ", ".join(sorted(name for name in {*job, *before} if job.get(name) != before.get(name)))
            raise TableError(
                f"{self.folder} holds an unfinished run of another command (it differs in: {differing}); repeat that "
                "command to finish it, or start over with --force"
            )
        if before != job or force:
            self.remove()
            with written_whole(file) as draft:
                draft.write_text(json.dumps(job, ensure_ascii=False, indent=1), encoding="utf-8")

    def part(self, number: int) -> Part:
        """Where a chunk's files are."""
        name = self.folder / f"{number:08}"
        return Part(*(name.with_suffix(suffix) for suffix in (f".{self.layout.format}", ".rejected.jsonl", ".json")))

    def finished(self, number: int) -> Counts | None:
        """What was counted in a finished chunk; None if it is not there, or damaged."""
        part = self.part(number)
        record = _read_json(part.record)
        try:
            if record is None or record["sha256"] != [_sha256(part.rows), _sha256(part.rejects)]:
                return None
            return Counts.from_json(record["counts"])
        except (OSError, LookupError, TypeError, ValueError):
            return None

    def write(self, number: int, labelled: Labelled) -> Counts:
        """Keep a labelled chunk, and say what was counted in it."""
        part = self.part(number)
        with open_writer(part.rows, self.layout, header=number == 0) as writer:
            writer.write(labelled.rows)
        with written_whole(part.rejects) as draft, draft.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(json.dumps(fact, ensure_ascii=False, default=str) + "\n" for fact in labelled.rejects)
        record = {"sha256": [_sha256(part.rows), _sha256(part.rejects)], "counts": vars(labelled.counts)}
        with written_whole(part.record) as draft:
            draft.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8", errors="surrogatepass")
        return labelled.counts

    def remove(self) -> None:
        """Forget all chunks."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _read_json(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
