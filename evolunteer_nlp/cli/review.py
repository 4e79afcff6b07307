"""Verbs on labelling by hand: review pick, read."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from evolunteer_nlp.cli.console import ModelOption, options_checked, progress_of, say, texts_by_name
from evolunteer_nlp.labels import Label

app = typer.Typer(help="Have posts labelled by people.", no_args_is_help=True)


@app.callback()
def review() -> None:
    """Have posts labelled by people."""


@app.command()
def pick(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A table, or a platform's export.")],
    n: Annotated[int, typer.Option("-n", min=1, help="How many posts.")] = 200,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="By suffix: .xlsx or .csv to fill in, .json for Label Studio, .jsonl."),
    ] = Path("tasks.xlsx"),
    model: ModelOption = None,
    column: Annotated[str | None, typer.Option(help="The column of posts; found by its name if left out.")] = None,
    labelled: Annotated[
        list[str] | None, typer.Option(help="Labelled posts not to ask for again; may be given several times.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is at the output.")] = False,
) -> None:
    """Pick the posts that are most worth labelling: those the model is least sure of, unlike each other."""
    from evolunteer_nlp.corpus.posts import read_corpus
    from evolunteer_nlp.model import load_model
    from evolunteer_nlp.training.review import pick
    from evolunteer_nlp.training.tasks import task_files, write_tasks

    files = task_files(output, force=force)
    known = read_corpus(labelled) if labelled else []
    loaded = load_model(model)
    with progress_of("reading") as progress:

        def done(rows: int) -> None:
            progress.advance(progress.task_ids[0], rows)

        tasks = pick(source, n, loaded, column, known, done)
    write_tasks(tasks, output, loaded.labels)
    say(f"wrote {len(tasks):,} posts to {' and '.join(map(str, files))}")
    if tasks:
        say(f"when they are labelled: evolunteer review read {output} -o labelled.jsonl")


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="A sheet that was filled in, or an export of Label Studio or doccano.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The .jsonl corpus to write.")] = None,
    label_map: Annotated[
        list[str] | None,
        typer.Option("--label-map", metavar="NAME=LABEL", help="What a name or number stands for; once a name."),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="A model whose labels were given; the four if left out.")] = None,
    column: Annotated[str | None, typer.Option(help="The column of posts; found by its name if left out.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of text files, such as cp1256; UTF-8 if left out.")] = None,
    skip_problems: Annotated[bool, typer.Option("--skip-problems", help="Take the posts that have none.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is at the output.")] = False,
) -> None:
    """Read the labels that people gave; print what cannot be taken as it stands, and exit with 1 if there is any."""
    from evolunteer_nlp.corpus.annotations import read_annotations
    from evolunteer_nlp.corpus.posts import write_corpus
    from evolunteer_nlp.model import load_model

    labels = load_model(model).labels if model else [str(label) for label in Label]
    with options_checked():
        found = read_annotations(
            file, texts_by_name(label_map, "--label-map"), labels=labels, column=column, encoding=encoding
        )
    for problem in found.problems:
        typer.echo(str(problem))
    counts = Counter(post.label for post in found.posts)
    say(f"{len(found.posts):,} labelled posts, {len(found.problems):,} problems")
    for label, count in counts.most_common():
        say(f"{count:10,}  {label}")
    if found.problems and not skip_problems:
        say("nothing is written while there are problems; mend the file, or leave those rows out with --skip-problems")
        raise typer.Exit(1)
    if output is not None:
        write_corpus(found.posts, output, force=force)
        say(f"wrote {output}; train with it: evolunteer train --corpus authored --corpus {output}")
