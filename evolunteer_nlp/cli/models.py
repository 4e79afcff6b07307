"""Verbs on models: train, evaluate, drift, info, card."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from evolunteer_nlp.cli.console import (
    EngineOption,
    ModelOption,
    PriorOption,
    options_checked,
    pairs,
    progress_of,
    say,
)

app = typer.Typer()


class ReaderChoice(StrEnum):
    """Where a model's reader comes from."""

    KEEP = "keep"
    FINE_TUNE = "fine-tune"
    NONE = "none"


@app.command()
def train(
    corpus: Annotated[
        list[str] | None,
        typer.Option("--corpus", help="A file or folder of labelled posts, or 'authored'; may be given several times."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The model directory to write.")] = Path("model"),
    add: Annotated[
        list[Path] | None,
        typer.Option("--add", help="Newly labelled posts, from whatever tool: adapt --base to them, and compare."),
    ] = None,
    weight: Annotated[float, typer.Option(min=0.01, help="What a post of --add weighs beside an old one.")] = 1.0,
    allow_regression: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="With --add: why a model that got worse is written."),
    ] = None,
    reader: Annotated[
        ReaderChoice,
        typer.Option(help="Keep that of --base; fine-tune one (over an hour; needs the extra reader-train); or none."),
    ] = ReaderChoice.KEEP,
    base: Annotated[
        Path | None,
        typer.Option(help="The model to adapt, or whose reader is kept; the shipped one if left out."),
    ] = None,
    vocabulary: Annotated[
        Path | None, typer.Option(help="A table of more posts whose words a fine-tuned reader should know.")
    ] = None,
    work: Annotated[Path, typer.Option(help="Where fine-tuning keeps its state, to go on after a stop.")] = Path(
        "build/reader"
    ),
    out_of_fold: Annotated[
        Path | None, typer.Option(help="Write the out-of-fold scores of the posts to this .npz file.")
    ] = None,
    background: Annotated[
        str | None, typer.Option(help="The label of posts that ask nothing; 'unrelated', if there is one, if left out.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the cross-validation folds.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes for cross-validation; -1 for all cores.")] = -1,
) -> None:
    """Train a model, on the authored corpora if no other is named; or adapt one to posts of your own."""
    if add:
        _adapt(add, corpus, output, base, weight, allow_regression)
        return
    from evolunteer_nlp.corpus.posts import read_corpus
    from evolunteer_nlp.errors import MissingPackageError
    from evolunteer_nlp.model import default_model
    from evolunteer_nlp.tables.read import read_texts
    from evolunteer_nlp.training.fit import Examples, Settings
    from evolunteer_nlp.training.readers import ReaderFiles, kept_reader
    from evolunteer_nlp.training.train import train

    if reader is ReaderChoice.FINE_TUNE:
        try:
            from evolunteer_nlp.training.fine_tune import Tuning, fine_tune
        except ImportError as error:
            raise MissingPackageError(f"{error}; pip install 'evolunteer-nlp[reader-train]'") from None
    if out_of_fold and not out_of_fold.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out_of_fold.parent}", param_hint="--out-of-fold")
    posts = read_corpus(corpus or ["authored"])
    more = read_texts(vocabulary) if vocabulary else []
    say(f"{len(posts):,} labelled posts")
    with progress_of("training") as progress:

        def told(message: str) -> None:
            if progress.disable:
                say(message)
            progress.update(progress.task_ids[0], description=message)

        def source(given: Examples) -> ReaderFiles | None:
            if reader is ReaderChoice.KEEP:
                return kept_reader(given, base or default_model(), told)
            return fine_tune(given, work, Tuning(seed=seed), more, told)

        chosen = None if reader is ReaderChoice.NONE else source
        settings = Settings(background=background, seed=seed)
        manifest = train(posts, output, settings, reader=chosen, out_of_fold=out_of_fold, jobs=jobs, progress=told)
    if manifest["corpus"]["left_out_for_dev"]:
        say(f"left out {manifest['corpus']['left_out_for_dev']:,} posts kept for measuring, or nearly equal to such")
    for line in _score_lines(manifest):
        say(line)
    say(f"wrote {output}")


def _adapt(
    add: list[Path],
    corpus: list[str] | None,
    output: Path,
    base: Path | None,
    weight: float,
    allow_regression: str | None,
) -> None:
    from evolunteer_nlp.corpus.posts import read_corpus
    from evolunteer_nlp.model import default_model
    from evolunteer_nlp.training.adapt import adapt, to_text

    new = read_corpus(add)
    say(f"{len(new):,} new posts")
    with progress_of("adapting") as progress:
        adapted = adapt(
            new,
            base or default_model(),
            output,
            old=read_corpus(corpus) if corpus else None,
            weight=weight,
            allow_regression=allow_regression,
            progress=lambda message: progress.update(progress.task_ids[0], description=message),
        )
    typer.echo(to_text(adapted))
    say(f"wrote {output}")


def _score_lines(facts: Mapping[str, Any]) -> list[str]:
    """Out-of-fold scores of a model's engines."""
    return [
        f"out of fold, {engine}, {score['posts']:,} {world} posts: macro-F1 {score['macro_f1']:.3f} "
        f"({', '.join(f'{label} {f1:.3f}' for label, f1 in score['f1'].items())})"
        for engine, worlds in facts["scores"].items()
        for world, score in worlds.items()
    ]


@app.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="A model directory, or 'default' for the shipped one.")],
    data: Annotated[Path, typer.Argument(help="Labelled posts: a table with the columns text and label.")],
    engine: EngineOption = None,
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
        loaded = load_model(None if str(model) == "default" else model, prior=pairs(prior, "--prior"), engine=engine)
    card = evaluate(loaded, posts)
    typer.echo(json.dumps(card.to_dict(), ensure_ascii=False) if as_json else to_text(card))


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="A model directory, or 'default' for the shipped one.")],
    new: Annotated[Path, typer.Argument(help="Another.")],
    data: Annotated[Path, typer.Argument(help="Labelled posts that neither has learned from.")],
    engine: EngineOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say whether a model is better than another: both on the same posts, label by label, with intervals."""
    from evolunteer_nlp.corpus.posts import read_corpus
    from evolunteer_nlp.model import load_model
    from evolunteer_nlp.training.compare import compare_models

    posts = read_corpus([data])
    with options_checked():
        before, after = (load_model(None if str(path) == "default" else path, engine=engine) for path in (old, new))
    found = compare_models(before, after, posts)
    typer.echo(json.dumps(found.to_dict(), ensure_ascii=False) if as_json else found.to_text())


@app.command()
def drift(
    dump: Annotated[Path, typer.Argument(help="A table, or a platform's export.")],
    model: ModelOption = None,
    engine: EngineOption = None,
    n: Annotated[int, typer.Option("-n", min=1, help="Posts drawn at random.")] = 20_000,
    column: Annotated[str | None, typer.Option(help="The column of posts; found by its name if left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare a dump with what a model was trained on, and say whether to train again."""
    from evolunteer_nlp.model import load_model
    from evolunteer_nlp.training.drift import drift, sample, to_text

    with options_checked():
        loaded = load_model(model, engine=engine)
    with progress_of("comparing"):
        compared = drift(loaded, sample(dump, n, column))
    typer.echo(json.dumps(compared.to_dict(), ensure_ascii=False) if as_json else to_text(compared))


@app.command()
def info(model: ModelOption = None, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Say what a model is: labels, prior, corpora, scores."""
    from evolunteer_nlp.model import default_model, load_model

    facts = dict(load_model(model).info)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    typer.echo(f"model      {model or default_model()}  (format {facts['format']})")
    prior = ", ".join(f"{label} {share:.2f}" for label, share in facts["decisions"]["words"]["prior"].items())
    typer.echo(f"labels     {', '.join(facts['labels'])}")
    typer.echo(f"engines    {', '.join(facts['decisions'])}")
    typer.echo(f"prior      {prior}")
    corpus = facts["corpus"]
    authored, public = sum(corpus["authored"].values()), sum(corpus["public"].values())
    typer.echo(f"trained on {corpus['posts']:,} posts: {authored:,} authored, {public:,} public")
    for line in _score_lines(facts):
        typer.echo(line)
    typer.echo("versions   " + ", ".join(f"{name} {version}" for name, version in facts["versions"].items()))


@app.command()
def card(
    model: ModelOption = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write it to README.md in the model's directory, and its plots beside it.")
    ] = False,
) -> None:
    """Write a model's card: what it is for, what it learned from, how well it labels."""
    from evolunteer_nlp.model import load_model
    from evolunteer_nlp.training.card import card, write_card

    loaded = load_model(model)
    if write:
        say(f"wrote {', '.join(map(str, write_card(loaded)))}")
    else:
        typer.echo(card(loaded), nl=False)
