"""Verbs on models: train, evaluate, info, card."""

import json
from pathlib import Path
from typing import Annotated

import typer

from evolunteer_nlp.cli.console import ModelOption, PriorOption, options_checked, pairs, progress_of, say

app = typer.Typer()


@app.command()
def train(
    corpus: Annotated[
        list[str] | None,
        typer.Option("--corpus", help="A file or folder of labelled posts, or 'authored'; may be given several times."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The model directory to write.")] = Path("model"),
    seed: Annotated[int, typer.Option(help="Of the cross-validation folds.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes for cross-validation; -1 for all cores.")] = -1,
) -> None:
    """Train a model; on the authored corpora if no other is named."""
    from evolunteer_nlp.corpus.posts import read_corpus
    from evolunteer_nlp.training.fit import Settings
    from evolunteer_nlp.training.train import train

    posts = read_corpus(corpus or ["authored"])
    say(f"{len(posts):,} labelled posts")
    with progress_of("training") as progress:

        def told(message: str) -> None:
            if progress.disable:
                say(message)
            progress.update(progress.task_ids[0], description=message)

        manifest = train(posts, output, Settings(seed=seed), jobs=jobs, progress=told)
    if manifest["corpus"]["left_out_for_dev"]:
        say(f"left out {manifest['corpus']['left_out_for_dev']:,} posts kept for measuring, or nearly equal to such")
    for world in ("authored", "public"):
        if world in manifest["scores"]:
            score = manifest["scores"][world]
            say(f"out of fold on {score['posts']:,} {world} posts: macro-F1 {score['macro_f1']:.3f}")
    say(f"wrote {output}")


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="A model directory, or 'default' for the shipped one.")],
    data: Annotated[Path, typer.Argument(help="Labelled posts: a table with the columns text and label.")],
    prior: PriorOption = None,
    firm: Annotated[
        bool, typer.Option("--firm", help="Leave out posts on which careful readers could disagree.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a model on labelled posts."""
    from evolunteer_nlp.corpus.posts import read_corpus
    from evolunteer_nlp.model import load_model
    from evolunteer_nlp.training.evaluate import evaluate, to_text

    posts = [post for post in read_corpus([data]) if post.firm or not firm]
    with options_checked():
        loaded = load_model(None if str(model) == "default" else model, prior=pairs(prior, "--prior"))
    card = evaluate(loaded, posts)
    typer.echo(json.dumps(card.to_dict(), ensure_ascii=False) if as_json else to_text(card))


@app.command()
def info(model: ModelOption = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Say what a model is: labels, prior, corpora, scores."""
    from evolunteer_nlp.model import default_model, load_model

    facts = dict(load_model(model).info)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    typer.echo(f"model      {model or default_model()}  (format {facts['format']})")
    prior = ", ".join(f"{label} {share:.2f}" for label, share in facts["decision"]["prior"].items())
    typer.echo(f"labels     {', '.join(facts['labels'])}")
    typer.echo(f"prior      {prior}")
    corpus = facts["corpus"]
    authored, public = sum(corpus["authored"].values()), sum(corpus["public"].values())
    typer.echo(f"trained on {corpus['posts']:,} posts: {authored:,} authored, {public:,} public")
    for world in ("authored", "public"):
        if world in facts["scores"]:
            score = facts["scores"][world]
            each = ", ".join(f"{label} {f1:.3f}" for label, f1 in score["f1"].items())
            typer.echo(f"out of fold, {world}: macro-F1 {score['macro_f1']:.3f} on {score['posts']:,} posts ({each})")
    typer.echo("versions   " + ", ".join(f"{name} {version}" for name, version in facts["versions"].items()))


@app.command()
def card(
    model: ModelOption = None,
    write: Annotated[bool, typer.Option("--write", help="Write it to README.md in the model's directory.")] = False,
) -> None:
    """Write a model's card: what it is for, what it learned from, how well it labels."""
    from evolunteer_nlp.model import default_model, load_model
    from evolunteer_nlp.training.card import card

    text = card(load_model(model))
    if not write:
        typer.echo(text, nl=False)
        return
    file = Path(model or default_model()) / "README.md"
    file.write_text(text, encoding="utf-8")
    say(f"wrote {file}")
