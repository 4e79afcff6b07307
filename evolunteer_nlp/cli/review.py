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
    output: Annotated[Path, typer.Option("-o", "--output", help="The .jsonl file to write.")] = Path("tasks.jsonl"),
    model: ModelOption = None,
    column: Annotated[str | None, typer.Option(help="The column of posts; found by its name if left out.")] = None,
    labelled: Annotated[
        list[str] | None, typer.Option(help="Labelled posts not to ask for again; may be given several times.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is at the output.")] = False,
) -> None:
    """Pick the posts that are most worth labelling: those the model is least sure of, each once."""
    from evolunteer_nlp.corpus.posts import read_corpus
    from evolunteer_nlp.errors import TableError
    from evolunteer_nlp.model import load_model
    from evolunteer_nlp.tables.write import Layout, open_writer
    from evolunteer_nlp.training.review import pick

    if output.suffix != ".jsonl":
        raise typer.BadParameter("tasks are written as JSON Lines; name a .jsonl file", param_hint="--output")
    if output.exists() and not force:
        raise TableError(f"{output} is there already and may hold labels; name another --output, or use --force")
    known = read_corpus(labelled) if labelled else []
    with progress_of("reading") as progress:

        def done(rows: int) -> None:
            progress.advance(progress.task_ids[0], rows)

        tasks = pick(source, n, load_model(model), column, known, done)
    with open_writer(output, Layout("jsonl")) as writer:
        writer.write({**task._asdict(), "margin": round(task.margin, 4), "label": None} for task in tasks)
    say(f"wrote {len(tasks):,} posts to {output}")
    if tasks:
        say("fill in 'label' and add them to what you train on: evolunteer train --corpus authored --corpus ...")
