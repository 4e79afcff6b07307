"""Which posts of a dump are worth labelling: those a model is least sure of, each once, and none that is labelled."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evolunteer_nlp.corpus.posts import authored_folder, read_corpus, read_public_labels, text_id
from evolunteer_nlp.model import Model
from evolunteer_nlp.tables.read import Row, open_table
from evolunteer_nlp.text.near_duplicates import near_duplicates

_ROWS_AT_ONCE = 8192
_SPARE = 5
"""How many times more posts are kept than wanted, for near-duplicates to be dropped from."""


class Task(NamedTuple):
    """A post to be labelled.

    Attributes
    ----------
    id : str
        The first 16 hex digits of the SHA-1 of the text.
    text : str
    row : int
        Of the dump, the header being row 1 where there is one.
    guess : str
        The model's label.
    probability, runner_up_probability : float
        Of the model's label and of its second choice; the smaller their difference, the less sure the model is.
    """

    id: str
    text: str
    row: int
    guess: str
    probability: float
    runner_up_probability: float


def pick(
    source: Path,
    n: int,
    model: Model,
    column: str | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> list[Task]:
    """Pick up to ``n`` posts of a table, the least sure first.

    Parameters
    ----------
    source : path
        CSV, TSV, JSON Lines, Parquet or Excel.
    n : int
    model : Model
    column : str, optional
        The column of posts; found by its name if left out.
    progress : callable, optional
        Told how many more rows are done.

    Raises
    ------
    TableError
        If the table cannot be read or has no column of posts.
    """
    known = {post.id for post in read_corpus([authored_folder()])} | set(read_public_labels())
    least_sure: dict[str, Task] = {}
    with open_table(source) as table:
        column = table.text_column(column)
        rows = iter(table.rows)
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            found = [(row.number, row.values.get(column)) for row in chunk if isinstance(row, Row)]
            posts = [(number, text) for number, text in found if isinstance(text, str)]
            tasks = (task for task in _tasks(posts, model) if task.id not in known)
            least_sure = {task.id: task for task in tasks} | least_sure
            least_sure = dict(sorted(least_sure.items(), key=lambda item: _margin(item[1]))[: _SPARE * n])
            progress(len(chunk))
    return _without_near_duplicates(list(least_sure.values()))[:n]


def _tasks(posts: list[tuple[int, str]], model: Model) -> list[Task]:
    if not posts:
        return []
    columns = model.columns([text for _, text in posts])
    highest = np.sort(columns.probabilities, axis=1)[:, ::-1]
    return [
        Task(text_id(text), text, number, model.labels[label], round(float(first), 4), round(float(second), 4))
        for (number, text), label, (first, second) in zip(posts, columns.labels, highest[:, :2], strict=True)
    ]


def _margin(task: Task) -> tuple[float, int]:
    return task.probability - task.runner_up_probability, task.row


def _without_near_duplicates(tasks: list[Task]) -> list[Task]:
    """Leave out what is nearly the same as a less sure post."""
    dropped = {j for _, j, _ in near_duplicates([task.text for task in tasks])}
    return [task for i, task in enumerate(tasks) if i not in dropped]
