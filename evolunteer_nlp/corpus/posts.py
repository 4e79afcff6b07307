"""Labelled posts and where they come from: the authored corpora, public posts found again, own files."""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolunteer_nlp.errors import CorpusError, TableError
from evolunteer_nlp.labels import label_key
from evolunteer_nlp.model import shipped
from evolunteer_nlp.tables.formats import FORMATS
from evolunteer_nlp.tables.read import Rejected, Row, Skipped, open_table
from evolunteer_nlp.tables.write import Layout, open_writer, refuse_to_replace

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class LabelledPost:
    """One post and what is known of it; what is not known is an empty string.

    Attributes
    ----------
    text, label : str
    also : str or None
        The second ask that it plainly makes.
    firm : bool
        False where two careful readers could still disagree.
    id : str
        The first 16 hex digits of the SHA-1 of the original text.
    source : str
        The public data set it is from; empty for authored posts.
    batch : str
        The authored file it was written for.
    split : str
        ``train`` or ``dev`` for public posts.
    pair : str
        Shared by the two posts of a minimal pair.
    dialect, platform, country, cause, voice : str
        Keys of `evolunteer_nlp.corpus.keys`; the country is an ISO 3166 code.
    second_label : str
        What a second reader chose who saw texts only.
    first_label : str
        What the writer chose, where a third reading decided otherwise.
    stream : bool
        Whether a public post was drawn at random from a timeline.
    where : str
        File and row, for messages.
    """

    text: str
    label: str
    also: str | None = None
    firm: bool = True
    id: str = ""
    source: str = ""
    batch: str = ""
    split: str = ""
    pair: str = ""
    dialect: str = ""
    platform: str = ""
    country: str = ""
    cause: str = ""
    voice: str = ""
    second_label: str = ""
    first_label: str = ""
    stream: bool = False
    where: str = ""


HELD_OUT = "heldout"
"""Files of the authored corpora whose names begin so are for measuring: their writers wrote nothing else."""

_PROBLEMS_SHOWN = 20
_TEXTS = tuple(
    field.name for field in fields(LabelledPost) if field.default == "" and field.name not in ("id", "where")
)


def text_id(text: str) -> str:
    """The id of a post: the first 16 hex digits of the SHA-1 of its text in UTF-8."""
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:16]


def read_corpus(paths: Iterable[str | Path]) -> list[LabelledPost]:
    """Read labelled posts from files or folders of files.

    Parameters
    ----------
    paths : iterable of path
        A table with at least a text column and ``label``, what `evolunteer_nlp.corpus.annotations` reads, or a folder
        of such; ``authored`` is the shipped corpora, without the batches that are held out.

    Raises
    ------
    CorpusError
        If a row cannot be read or lacks its text or label; the message names file and row.
    TableError
        If a file cannot be opened.
    """
    posts = [post for path in paths for file in _files(path) for post in _read(file)]
    if not posts:
        raise CorpusError("the corpus holds no posts; name a file with the columns text and label")
    return posts


def write_corpus(posts: Iterable[LabelledPost], path: Path, *, force: bool = False) -> None:
    """Write labelled posts as JSON Lines, with all that is known of each, for `read_corpus`.

    Raises
    ------
    TableError
        If something stands at the path and may not be replaced, or its suffix is another than ``.jsonl``.
    """
    if path.suffix != ".jsonl":
        raise TableError(f"a corpus is written as JSON Lines; name a .jsonl file, not {path.name}")
    if not force:
        refuse_to_replace(path)
    with open_writer(path, Layout("jsonl")) as writer:
        writer.write({"id": post.id, **_known(post)} for post in posts)


def _known(post: LabelledPost) -> dict[str, object]:
    """The fields of a post that say something beyond their defaults."""
    values = [(field, getattr(post, field.name)) for field in fields(post) if field.name != "where"]
    return {field.name: value for field, value in values if value != field.default}


def authored_folder() -> Path:
    """The folder of the authored corpora."""
    return shipped("corpora") / "authored"


def held_out_files() -> list[Path]:
    """The files of the authored corpora that are for measuring."""
    return sorted(authored_folder().glob(f"{HELD_OUT}*.jsonl"))


def _files(path: str | Path) -> list[Path]:
    if str(path) == "authored":
        return sorted(set(_files(authored_folder())) - set(held_out_files()))
    path = Path(path)
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix in FORMATS)
    if not files:
        raise CorpusError(f"no corpus files in {path}; they end in {', '.join(FORMATS)}")
    return files


def _read(file: Path) -> Iterator[LabelledPost]:
    with open_table(file) as table:
        if "label" in table.columns:
            column = table.text_column()
            for row in table.rows:
                if not isinstance(row, Skipped):
                    yield _post(row, column, f"{file}, row {row.number}")
            return
    yield from _annotated(file)


def _annotated(file: Path) -> list[LabelledPost]:
    """The posts of a file as annotators' tools write it, if there is nothing to decide."""
    # here and not above, because that module makes the posts that this one defines
    from evolunteer_nlp.corpus.annotations import read_annotations

    posts, problems = read_annotations(file)
    if problems:
        shown = "\n".join(map(str, problems[:_PROBLEMS_SHOWN]))
        raise CorpusError(
            f"{file} has {len(problems):,} rows that are no labelled posts; mend them, or take the others with "
            f"`evolunteer review read {file} --skip-problems -o posts.jsonl`:\n{shown}"
        )
    return posts


def _post(row: Row | Rejected | Skipped, column: str, where: str) -> LabelledPost:
    if not isinstance(row, Row):
        raise CorpusError(f"{where}: {row.reason}; mend or remove it")
    values = row.values
    text, label = values.get(column), values.get("label")
    if isinstance(label, list) and len(label) == 1:  # as doccano writes it
        [label] = label
    if not isinstance(text, str):
        raise CorpusError(f"{where}: no text in column {column!r}; mend or remove it")
    if not isinstance(label, str) or not label:
        raise CorpusError(f"{where}: no label; fill the column 'label' or remove the row")
    return post_of(text, {**values, "label": label_key(label)}, where)


def post_of(text: str, values: Mapping[str, Any], where: str) -> LabelledPost:
    """The post of a row that has a label; its other values are taken where they are known fields."""
    return LabelledPost(
        text=text,
        also=values.get("also") or None,
        firm=_truth(values.get("firm", True)),
        id=str(values.get("id") or text_id(text)),
        stream=_truth(values.get("stream", False)),
        where=where,
        **{name: str(values.get(name) or "") for name in ("label", *_TEXTS)},
    )


def _truth(value: object) -> bool:
    return value.strip().lower() in ("true", "1", "yes") if isinstance(value, str) else bool(value)


def places(
    posts: Sequence[LabelledPost], labels: Sequence[str]
) -> tuple["npt.NDArray[np.intp]", "npt.NDArray[np.intp]"]:
    """Places of each post's label and second label (-1 for none) among ``labels``.

    Raises
    ------
    CorpusError
        If a post has another label; the message names file and row.
    """
    import numpy as np

    where = {label: i for i, label in enumerate(labels)}
    for post in posts:
        for label in (post.label, post.also):
            if label is not None and label not in where:
                raise CorpusError(f"{post.where}: unknown label {label!r}; known are {', '.join(labels)}")
    truth = np.array([where[post.label] for post in posts], dtype=np.intp)
    return truth, np.array([-1 if post.also is None else where[post.also] for post in posts], dtype=np.intp)


@dataclass(frozen=True, slots=True)
class PublicLabel:
    """What the project records of a public post: our labels and where the post is from, never its text."""

    id: str
    split: str
    label: str
    also: str
    firm: str
    source: str
    platform: str
    stream: str
    reason: str


def read_public_labels() -> dict[str, PublicLabel]:
    """Read ``corpora/public/labels.tsv``, by id."""
    with (shipped("corpora") / "public" / "labels.tsv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: PublicLabel(**row) for row in csv.DictReader(file, delimiter="\t")}
