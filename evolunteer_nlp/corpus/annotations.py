"""Labelled posts from what annotators chose, and all that cannot be taken as it stands.

Nothing is resolved in silence: a post on which annotators differ, or that stands twice with two labels, is not among
the posts, and each of its rows is among the problems.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from evolunteer_nlp.corpus.choices import Choice, read_choices
from evolunteer_nlp.corpus.label_names import folded, names_of_labels
from evolunteer_nlp.corpus.posts import LabelledPost, post_of
from evolunteer_nlp.labels import Label

_SHOWN = 60
_ID = re.compile("[0-9a-f]{16}")


class Problem(NamedTuple):
    """A row that gives no post, or gives it again.

    Attributes
    ----------
    where : str
        File and row, and the annotator where the file names one.
    text : str
        How the post begins.
    choice : str
        What was chosen, as it was written.
    reason : str
    """

    where: str
    text: str
    choice: str
    reason: str

    def __str__(self) -> str:
        chosen = f" (chosen: {self.choice})" if self.choice else ""
        return f"{self.where}: {self.reason}{chosen}: {self.text}".removesuffix(": ")


class Annotations(NamedTuple):
    """What came back from annotators.

    Attributes
    ----------
    posts : list of LabelledPost
        Each post once, in the order of the file.
    problems : list of Problem
        In the order of the file.
    """

    posts: list[LabelledPost]
    problems: list[Problem]


def read_annotations(
    path: str | Path,
    label_map: Mapping[str, str] | None = None,
    *,
    labels: Sequence[str] = tuple(map(str, Label)),
    column: str | None = None,
    encoding: str | None = None,
) -> Annotations:
    """Read the labels that people gave; `evolunteer_nlp.corpus.choices` lists the formats.

    Parameters
    ----------
    path : path
    label_map : mapping of str to str, optional
        What further names of labels stand for, such as ``{"1": "volunteer_call"}``.
    labels : sequence of str
        The labels there are; the shipped four if left out.
    column : str, optional
        The column of posts; found by its name if left out.
    encoding : str, optional
        Of text formats; UTF-8 or by byte order mark if left out.

    Raises
    ------
    TableError
        If the file cannot be read or has no posts or no labels.
    ValueError
        If ``label_map`` names an unknown label.
    """
    names = names_of_labels(labels, label_map)

    def is_label(name: str) -> bool:
        return folded(name) in names or name.strip().isdecimal()

    choices = list(read_choices(Path(path), is_label, column, encoding))
    reasons: dict[int, str] = {}
    of_text: defaultdict[str, dict[int, LabelledPost]] = defaultdict(dict)
    for place, choice in enumerate(choices):
        found = _post(choice, names)
        if isinstance(found, str):
            reasons[place] = found
        else:
            of_text[" ".join(choice.text.split())][place] = found
    posts: dict[int, LabelledPost] = {}
    for same in of_text.values():
        reasons |= _again(same, choices)
        posts |= {place: post for place, post in same.items() if place == min(same) and place not in reasons}
    return Annotations(
        [posts[place] for place in sorted(posts)],
        [_problem(choices[place], reasons[place]) for place in sorted(reasons)],
    )


def _post(choice: Choice, names: Mapping[str, str]) -> LabelledPost | str:
    """The post that a choice labels, or why it labels none."""
    if choice.trouble:
        return choice.trouble
    if not choice.text.strip():
        return "no text"
    if not choice.names:
        return "no label chosen"
    also = choice.values.get("also")
    written = (*choice.names, str(also)) if also else choice.names
    for name in written:
        if folded(name) not in names:
            return f"unknown label {name!r}; if you know what it means, give --label-map {name}=LABEL"
    label, *others = dict.fromkeys(names[folded(name)] for name in choice.names)
    if others:
        return "several labels; keep the one that matters most"
    id = choice.values.get("id")
    changed = {
        "label": label,
        "also": names[folded(str(also))] if also else None,
        "id": id
        if isinstance(id, str) and _ID.fullmatch(id)
        else "",  # other tools number posts, and Excel garbles ids
    }
    return post_of(choice.text, {**choice.values, **changed}, choice.where)


def _again(same: Mapping[int, LabelledPost], choices: Sequence[Choice]) -> dict[int, str]:
    """What is wrong with the rows of one text: other labels, or the same one by the same annotator again."""
    reasons = {}
    labels = {place: (post.label, post.also) for place, post in same.items()}
    first = min(same)
    seen: set[str] = set()
    for place, post in same.items():
        other = next((i for i in same if labels[i] != labels[place]), None)
        if other is not None:
            apart = choices[other].annotator != choices[place].annotator
            what = "annotators disagree" if apart else "the same text with two labels"
            reasons[place] = f"{what}: {post.label} here, {same[other].label} in {choices[other].where}"
        elif choices[place].annotator in seen:
            reasons[place] = f"the same text and label again; first in {choices[first].where}"
        seen.add(choices[place].annotator)
    return reasons


def _problem(choice: Choice, reason: str) -> Problem:
    start = " ".join(choice.text.split())
    return Problem(choice.where, start[:_SHOWN], ", ".join(choice.names), reason)
