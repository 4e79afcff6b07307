"""Verbs on labelling by hand: review pick."""

from pathlib import Path
from typing import Annotated

import typer

from evolunteer_nlp.cli.console import ModelOption, progress_of, say

app = typer.Typer(help="Have posts labelled by people.", no_args_is_help=True)


@app.callback()
def review() -> None:
    """Have posts labelled by people."""


@app.command()
def pick(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="CSV, TSV, JSONL, Parquet or Excel.")],
    n: Annotated[int, typer.Option("-n", min=1, help="How many posts.")] = 200,
    output: Annotated[Path, typer.Option("-o", "--output", help="The JSONL file to write.")] = Path("tasks.jsonl"),
    model: ModelOption = None,
    column: Annotated[str | None, typer.Option(help="The column of posts; found by its name if left out.")] = None,
) -> None:
    """Pick the posts that are most worth labelling: those the model is least sure of, each once."""
    from evolunteer_nlp.model import load_model
    from evolunteer_nlp.tables.write import open_writer
    from evolunteer_nlp.training.review import pick

    with progress_of("reading") as progress:
        tasks = pick(source, n, load_model(model), column, lambda rows: progress.advance(progress.task_ids[0], rows))
    with open_writer(output, "jsonl", []) as writer:
        writer.write({**task._asdict(), "label": None} for task in tasks)
    say(f"wrote {len(tasks):,} posts to {output}; fill in 'label' and train on it")
