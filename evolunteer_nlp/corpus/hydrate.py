"""Finding the texts of public posts again.

Public posts belong to their authors: the project records ids and labels, and whoever holds a copy of the data sets
joins them here. A post is known by an ``id`` field or, failing that, by the hash of its text.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from evolunteer_nlp.corpus.posts import PublicLabel, read_public_labels, text_id
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.formats import FORMATS, PACKED, as_text, open_bytes, readable
from evolunteer_nlp.tables.read import TEXT_COLUMNS, Row, open_table


class Hydrated(NamedTuple):
    """What was found.

    Attributes
    ----------
    posts : list of dict
        Text, label and the other fields of ``labels.tsv``, in its order.
    n_labels : int
        Posts there are labels for.
    unread : list of str
        Files that could not be read, and why.
    """

    posts: list[dict[str, Any]]
    n_labels: int
    unread: list[str]


def hydrate(folders: Iterable[str | Path]) -> Hydrated:
    """Look for the labelled public posts in all CSV, TSV, JSON, JSON Lines and text files below some folders.

    Raises
    ------
    TableError
        If a folder does not exist.
    """
    labels = read_public_labels()
    texts: dict[str, str] = {}
    unread = []
    for folder in map(Path, folders):
        if not folder.exists():
            raise TableError(f"there is no folder {folder}")
        for file in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if file.is_file() and _suffix(file) in (*FORMATS, ".txt"):
                try:
                    for id, text in _texts(file):
                        for known in (id, text_id(text)):
                            if known in labels:
                                texts.setdefault(known, text)
                except TableError as error:
                    unread.append(str(error))
    found = [_post(label, texts[id]) for id, label in labels.items() if id in texts]
    return Hydrated(found, len(labels), unread)


def _suffix(file: Path) -> str:
    suffixes = [suffix.lower() for suffix in file.suffixes if suffix.lower() not in PACKED]
    return suffixes[-1] if suffixes else ""


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    if _suffix(file) == ".txt":
        with as_text(open_bytes(file), file) as lines, readable(file):
            for line in lines:
                yield "", line.rstrip("\r\n")
        return
    with open_table(file) as table:
        for row in table.rows:
            if isinstance(row, Row):
                id = str(row.values.get("id") or "")
                for name, value in row.values.items():
                    if isinstance(value, str) and name.strip().lower() in TEXT_COLUMNS:
                        yield id, value


def _post(label: PublicLabel, text: str) -> dict[str, Any]:
    return {
        "id": label.id,
        "text": text,
        "label": label.label,
        "also": label.also or None,
        "firm": label.firm == "true",
        "split": label.split,
        "source": label.source,
        "platform": label.platform,
        "stream": label.stream == "true",
    }
