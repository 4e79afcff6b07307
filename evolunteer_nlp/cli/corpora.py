"""Verbs on corpora: corpus check, hydrate, stats."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from evolunteer_nlp.cli.console import say
from evolunteer_nlp.labels import Label

app = typer.Typer(help="Look after labelled posts.", no_args_is_help=True)

Paths = Annotated[list[str] | None, typer.Argument(help="Files or folders; the authored corpora if left out.")]


@app.command()
def check(paths: Paths = None) -> None:
    """Look for empty posts, unknown labels and keys, duplicates and contradictions; exit with 1 if there are any."""
    from evolunteer_nlp.corpus.checks import check_corpus
    from evolunteer_nlp.corpus.posts import authored_folder, read_corpus

    posts = read_corpus(paths or [str(authored_folder())])
    findings = check_corpus(posts, [str(label) for label in Label], str(Label.UNRELATED))
    for finding in findings:
        typer.echo(f"{finding.where}: {finding.kind}: {finding.message}")
    say(f"{len(posts):,} posts, {len(findings):,} findings")
    if findings:
        raise typer.Exit(1)


@app.command()
def hydrate(
    folders: Annotated[list[Path], typer.Argument(help="Folders or files to look for the texts of public posts in.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to write them; keep it out of repositories.")
    ] = Path("public-posts.jsonl"),
) -> None:
    """Find the texts of the labelled public posts in copies of the data sets they are from."""
    from evolunteer_nlp.corpus.hydrate import hydrate
    from evolunteer_nlp.tables.write import open_writer

    found = hydrate(folders)
    for problem in found.unread:
        say(f"not read: {problem}")
    with open_writer(output, "jsonl", []) as writer:
        writer.write(found.posts)
    say(f"found {len(found.posts):,} of {found.n_labels:,} public posts, wrote {output}")


@app.command()
def stats(paths: Paths = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Count posts by label, dialect, platform and the rest."""
    from evolunteer_nlp.corpus.posts import read_corpus

    posts = read_corpus(paths or ["authored"])
    fields = ("label", "also", "dialect", "platform", "country", "cause", "voice", "batch", "source", "split")
    counts = {field: dict(Counter(str(getattr(post, field) or "") for post in posts).most_common()) for field in fields}
    counts = {field: values for field, values in counts.items() if set(values) != {""}}
    if as_json:
        typer.echo(json.dumps({"posts": len(posts), **counts}, ensure_ascii=False))
        return
    typer.echo(f"{len(posts):,} posts")
    for field, values in counts.items():
        line = ", ".join(f"{value or '(none)'} {count:,}" for value, count in values.items())
        typer.echo(f"{field:9} {line}")
