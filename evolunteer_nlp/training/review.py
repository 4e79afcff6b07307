"""Which posts of a dump are worth labelling: those a model is least sure of, each once, and none that is labelled.

The model is least sure where its first and second choice are closest (margin sampling; Scheffer et al. 2001,
https://doi.org/10.1007/3-540-44816-0_31).
"""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evolunteer_nlp.corpus.posts import LabelledPost, authored_folder, read_corpus, read_public_labels, text_id
from evolunteer_nlp.model import Model
from evolunteer_nlp.tables.read import Row, open_table
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.language import is_arabic
from evolunteer_nlp.text.near_duplicates import near_duplicates

_ROWS_AT_ONCE = 8192
_SPARE = 5
"""How many times more posts than wanted are kept between chunks, for near-duplicates to be dropped from."""


class Task(NamedTuple):
    """A post to be labelled.

    Attributes
    ----------
    id : str
        The first 16 hex digits of the SHA-1 of the text.
    text : str
    row : int
        Of the dump, the header being row 1 where there is one.
    predicted : str
        The model's label.
    margin : float
        The probability of that label less that of the second choice.
    """

    id: str
    text: str
    row: int
    predicted: str
    margin: float


def pick(
    source: Path,
    n: int,
    model: Model,
    column: str | None = None,
    labelled: Sequence[LabelledPost] = (),
    progress: Callable[[int], None] = lambda rows: None,
) -> list[Task]:
    """Pick up to ``n`` posts of a table, the least sure first.

    Posts that are not Arabic are passed over, and so are those of the project's corpora.

    Parameters
    ----------
    source : path
        CSV, TSV, JSON Lines, Parquet or Excel.
    n : int
    model : Model
    column : str, optional
        The column of posts; found by its name if left out.
    labelled : sequence of LabelledPost
        Posts not to ask for again.
    progress : callable, optional
        Told how many more rows are done.

    Raises
    ------
    TableError
        If the table cannot be read or has no column of posts.
    """
    known = {text_id(post.text) for post in (*read_corpus([authored_folder()]), *labelled)} | set(read_public_labels())
    least_sure: list[Task] = []
    with open_table(source) as table:
        column = table.text_column(column)
        rows = iter(table.rows)
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            found = [(row.number, row.values.get(column)) for row in chunk if isinstance(row, Row)]
            posts = [(number, text) for number, text in found if isinstance(text, str) and is_arabic(tokens(text))]
            tasks = [task for task in _tasks(posts, model) if task.id not in known]
            known |= {task.id for task in tasks}
            nearest = sorted([*least_sure, *tasks], key=lambda task: (task.margin, task.row))[: _SPARE**2 * n]
            least_sure = _without_near_duplicates(nearest)[: _SPARE * n]
            progress(len(chunk))
    return least_sure[:n]


def _tasks(posts: Sequence[tuple[int, str]], model: Model) -> list[Task]:
    if not posts:
        return []
    columns = model.columns([text for _, text in posts])
    highest = np.sort(columns.probabilities, axis=1)
    margins = (highest[:, -1] - highest[:, -2]).tolist()
    tasks = {
        (id := text_id(text)): Task(id, text, number, model.labels[label], margin)
        for (number, text), label, margin in reversed(list(zip(posts, columns.labels, margins, strict=True)))
    }
    return list(tasks.values())  # of equal posts the first


def _without_near_duplicates(tasks: Sequence[Task]) -> list[Task]:
    """Leave out what is nearly the same as an earlier task that stays."""
    dropped: set[int] = set()
    for i, j, _ in near_duplicates([task.text for task in tasks]):  # in order of i
        if i not in dropped:
            dropped.add(j)
    return [task for i, task in enumerate(tasks) if i not in dropped]
