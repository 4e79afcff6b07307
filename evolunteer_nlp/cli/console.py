"""What the verbs share: messages, options, names of labels."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from evolunteer_nlp.errors import EvolunteerError
from evolunteer_nlp.labels import arabic_name

if TYPE_CHECKING:
    from evolunteer_nlp.dumps.labelling import Counts

_STDERR = Console(stderr=True, emoji=False, highlight=False, soft_wrap=True, markup=False)


class Names(StrEnum):
    """How labels are printed for people."""

    KEYS = "keys"
    ARABIC = "ar"


class Prefer(StrEnum):
    """What to prefer where a choice must be made."""

    RECALL = "recall"


class EngineName(StrEnum):
    """What scores posts."""

    WORDS = "words"
    READER = "reader"
    CASCADE = "cascade"


ModelOption = Annotated[Path | None, typer.Option("--model", help="A model directory; the shipped model if left out.")]
EngineOption = Annotated[
    EngineName | None,
    typer.Option("--engine", help="words: fast; reader: reads every post; cascade, the default: those in doubt."),
]
PriorOption = Annotated[
    list[str] | None,
    typer.Option("--prior", metavar="LABEL=SHARE", help="The share of a label among your posts; once a label."),
]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option("--threshold", metavar="LABEL=P", help="Give a label from this probability on; once a label."),
]
PreferOption = Annotated[Prefer | None, typer.Option("--prefer", help="Rather flag too many than miss a rare call.")]
NamesOption = Annotated[Names, typer.Option("--names", help="Names of labels in messages: keys, or Arabic (ar).")]


def say(message: str) -> None:
    """Print a message for people, to standard error."""
    _STDERR.print(message)


def name_of(label: str, names: Names) -> str:
    """A label as people want it printed."""
    return arabic_name(label) if names is Names.ARABIC else label


def pairs(given: list[str] | None, option: str) -> dict[str, float] | None:
    """Read ``LABEL=NUMBER`` options."""
    if not given:
        return None
    found = {}
    for item in given:
        label, _, number = item.rpartition("=")
        try:
            found[label] = float(number)
        except ValueError:
            raise typer.BadParameter(f"{item!r} is not LABEL=NUMBER", param_hint=option) from None
    return found


def texts_by_name(given: list[str] | None, option: str) -> dict[str, str]:
    """Read ``NAME=TEXT`` options."""
    found = dict(item.split("=", 1) for item in given or () if "=" in item)
    if len(found) < len(given or ()):
        raise typer.BadParameter("give NAME=LABEL, each name once", param_hint=option)
    return found


def labels_of(given: list[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    """Read ``label=LABEL`` options; Arabic names will do."""
    by_name = {**{arabic_name(label): label for label in known}, **{label: label for label in known}}
    found = []
    for item in given or ():
        key, _, name = item.partition("=")
        if key != "label" or name not in by_name:
            raise typer.BadParameter(f"{item!r} is not label=LABEL, of {', '.join(known)}", param_hint="--where")
        found.append(by_name[name])
    return tuple(found)


@contextmanager
def options_checked() -> Iterator[None]:
    """Turn a complaint about a prior, an engine, a threshold or a preference into one about usage."""
    try:
        yield
    except EvolunteerError:
        raise
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@contextmanager
def progress_of(what: str) -> Iterator[Progress]:
    """A progress line on standard error, on terminals only."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=_STDERR, transient=True, disable=not _STDERR.is_terminal) as progress:
        progress.add_task(what, total=None)
        yield progress


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Posts a second, once it is known."""
        return Text(f"{task.speed:,.0f} posts/s" if task.speed else "")


@contextmanager
def labelling_progress(
    estimated_rows: Callable[[], int | None], limit: int | None
) -> "Iterator[Callable[[Counts], None]]":
    """A progress line for labelling: rows, speed, time left, and labels so far. On terminals only."""
    if not _STDERR.is_terminal:
        yield lambda counts: None
        return
    rows = estimated_rows()
    total = limit if rows is None else min(rows, limit or rows)
    columns = (
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.completed:,}"),
        _Speed(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[labels]}"),
    )
    so_far: Counter[str] = Counter()
    with Progress(*columns, console=_STDERR, transient=True, speed_estimate_period=60) as progress:
        task = progress.add_task("", total=total, labels="")

        def advance(counts: "Counts") -> None:
            so_far.update(counts.labels)
            labels = "  ".join(f"{label} {count:,}" for label, count in so_far.most_common())
            progress.update(task, advance=counts.read, labels=labels)

        yield advance
