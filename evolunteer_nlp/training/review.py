"""Which posts of a dump are worth labelling: those a model is least sure of, unlike each other, and none labelled yet.

The model is least sure where its first and second choice are closest (margin sampling; Scheffer et al. 2001,
https://doi.org/10.1007/3-540-44816-0_31). Of several times as many posts as wanted, k-means that is weighted by doubt
makes as many clusters as posts are wanted, and the least sure post of each is taken (after Zhdanov 2019,
https://arxiv.org/abs/1901.05954, who takes the one nearest to the centre).
"""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evolunteer_nlp.corpus.posts import LabelledPost, authored_folder, read_corpus, read_public_labels, text_id
from evolunteer_nlp.dumps.exports import open_posts
from evolunteer_nlp.model import Model
from evolunteer_nlp.tables.read import Row
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.language import is_arabic
from evolunteer_nlp.text.near_duplicates import near_duplicates
from evolunteer_nlp.training.matrix import feature_matrix

_ROWS_AT_ONCE = 8192
_SPARE = 5
"""How many times more posts than wanted are kept between chunks, for near-duplicates to be dropped from."""
_CHOICE = 3
"""How many times more posts than wanted are clustered; the more, the surer are the oddest ones picked."""
_LEAST_DOUBT = 1e-3
_DIMENSIONS = 100
"""Latent dimensions of words and n-grams that posts are compared in; the usual number for latent semantic analysis."""


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
    """Pick up to ``n`` posts of a table that are unlike each other, the least sure first.

    Posts that are not Arabic are passed over, and so are those of the project's corpora.

    Parameters
    ----------
    source : path
        A table, or a platform's export.
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
    with open_posts(source) as table:
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
    return _diverse(least_sure[: _CHOICE * n], n)


def _diverse(tasks: Sequence[Task], n: int) -> list[Task]:
    """Take ``n`` of tasks that are in order of their margins, the first of each cluster before any second one."""
    if len(tasks) <= n:
        return list(tasks)
    cluster = _clusters(tasks, n)
    _, firsts = np.unique(cluster, return_index=True)
    others = np.setdiff1d(np.arange(len(tasks)), firsts)  # where clusters came out empty
    return [tasks[i] for i in sorted([*firsts.tolist(), *others.tolist()][:n])]


def _clusters(tasks: Sequence[Task], n: int) -> npt.NDArray[np.int32]:
    """The cluster of each task, shape (n_tasks,), by the features that words see; doubt draws clusters."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.preprocessing import normalize

    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(feature_matrix([task.text for task in tasks]).values)
    latent = TruncatedSVD(min(_DIMENSIONS, *weighted.shape), random_state=0).fit_transform(weighted)
    doubt = np.array([max(1 - task.margin, _LEAST_DOUBT) for task in tasks])
    kmeans = MiniBatchKMeans(n, random_state=0, n_init=5)
    return np.asarray(kmeans.fit_predict(normalize(latent), sample_weight=doubt))


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
