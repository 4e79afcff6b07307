"""Labelling the posts of a Spark data frame, on all the machines it lies on.

The files of the model travel as an archive, which Spark copies to each executor once, unpacks there, and removes with
the application; the Python workers of an executor map the same file. A broadcast variable would be copied into the
memory of every worker, and a temporary folder of ours would stay behind: workers leave by ``os._exit``.
"""

import atexit
import functools
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolunteer_nlp.dumps.columns import COLUMNS, check_column, kept_names, label_texts
from evolunteer_nlp.dumps.labelling import LONGEST_TEXT
from evolunteer_nlp.errors import MissingPackageError
from evolunteer_nlp.model import Model, reopened, resolve_model

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame

_SCHEMA = "label string, probability double, also string, certain boolean, label_error string"


def label_column(
    df: "DataFrame",
    column: str = "text",
    *,
    model: Model | str | os.PathLike[str] | None = None,
    engine: str | None = None,
    threshold: Mapping[str, float] | None = None,
    prefer: str | None = None,
) -> "DataFrame":
    """Add the columns ``label``, ``probability``, ``also``, ``certain`` and ``label_error`` to a Spark data frame.

    Nothing is labelled before Spark is asked for rows. The library must be installed on the executors; the model comes
    from here. Filter the rows that you want labelled before, not after: filters are not moved past the labelling.

    Parameters
    ----------
    df : pyspark.sql.DataFrame
        Its own columns of these names, if any, are kept as ``NAME_input``.
    column : str
        The column of posts.
    model, engine, threshold, prefer
        As for `evolunteer_nlp.classify`.

    Returns
    -------
    pyspark.sql.DataFrame
        Those of `evolunteer_nlp.label_frame` as string, double, string and boolean. Where a post is null or longer than
        100,000 characters they are null, and ``label_error`` says why; elsewhere that is null.

    Raises
    ------
    KeyError, ValueError
        If there is no such column, or several.
    TypeError
        If the column does not hold strings, or ``df`` is no Spark data frame.
    MissingPackageError
        If pyspark is not installed.
    """
    _check(df, column)
    import pandas as pd
    from pyspark import SparkFiles
    from pyspark.sql.functions import col, pandas_udf

    model = resolve_model(model, engine)
    model.columns([], threshold=threshold, prefer=prefer)  # a bad threshold is told here, not by a failing task
    archive = _archive(model.files)
    df.sparkSession.addArtifacts(f"{archive.as_uri()}#{archive.stem}", archive=True)
    folder, decisions, files, using = archive.stem, dict(model.decisions), model.info["files"], model.using

    def labelled(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # a task has one core; Spark says so itself, but not when local
        there = reopened(Path(SparkFiles.get(folder)), decisions, files, using)
        for posts in batches:
            yield _label(posts.tolist(), there, threshold, prefer)

    # Spark would compute a deterministic function again for every filter on what it returns
    label: Any = pandas_udf(labelled, _SCHEMA).asNondeterministic()
    renamed = kept_names([name.lower() for name in df.columns], (*COLUMNS, "label_error"))  # Spark ignores case
    own = [renamed.get(name.lower(), name) for name in df.columns]
    posts = own[df.columns.index(column)].replace("`", "``")
    added = df.toDF(*own).select("*", label(col(f"`{posts}`")).alias("_labelled"))
    return added.select("*", "_labelled.*").drop("_labelled")


def _check(df: "DataFrame", column: str) -> None:
    try:
        from pyspark.sql import DataFrame
        from pyspark.sql.types import StringType
    except ImportError as error:
        raise MissingPackageError("label_column needs pyspark; pip install 'evolunteer_nlp[spark]'") from error
    if not isinstance(df, DataFrame):
        raise TypeError(f"label_column takes a DataFrame of Spark, not {type(df).__module__}.{type(df).__name__}")
    check_column(df.columns, column)
    kind = df.schema[column].dataType
    if not isinstance(kind, StringType):
        raise TypeError(f"column {column!r} holds {kind.simpleString()}, not string; name the column of posts")


def _archive(files: Sequence[Path]) -> Path:
    """Files as one archive, named by their content."""
    contents = [file.read_bytes() for file in files]
    archive = _own_folder() / f"evolunteer-{hashlib.sha256(b''.join(contents)).hexdigest()[:16]}.zip"
    if not archive.exists():
        with zipfile.ZipFile(archive, "w") as pack:
            for file, content in zip(files, contents, strict=True):
                pack.writestr(file.name, content)
    return archive


@functools.cache
def _own_folder() -> Path:
    """A folder that lasts as long as this process, from which executors that start late still fetch archives."""
    folder = Path(tempfile.mkdtemp(prefix="evolunteer-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _label(
    texts: Sequence[str | None], model: Model, threshold: Mapping[str, float] | None, prefer: str | None
) -> "pd.DataFrame":
    import pandas as pd

    problems = [_problem(text) for text in texts]
    good = [i for i, problem in enumerate(problems) if problem is None]
    found = label_texts([str(texts[i]) for i in good], model, threshold, prefer)
    labelled = pd.DataFrame(found._asdict(), index=good).reindex(range(len(texts)))
    return labelled.assign(label_error=pd.Series(problems, dtype=object))


def _problem(text: object) -> str | None:
    if not isinstance(text, str):  # pandas has several kinds of null
        return "no text"
    if len(text) > LONGEST_TEXT:
        return f"the text has {len(text):,} characters; the limit is {LONGEST_TEXT:,}"
    return None
