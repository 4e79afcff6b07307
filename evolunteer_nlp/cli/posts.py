"""Verbs on posts: classify, label, explain."""

import json
from pathlib import Path
from typing import Annotated

import typer

from evolunteer_nlp.cli.console import (
    EngineOption,
    ModelOption,
    Names,
    NamesOption,
    PreferOption,
    PriorOption,
    ThresholdOption,
    name_of,
    options_checked,
    pairs,
    progress_of,
    say,
)

app = typer.Typer()


@app.command()
def classify(
    text: Annotated[str, typer.Argument(help="The post.")],
    model: ModelOption = None,
    engine: EngineOption = None,
    prior: PriorOption = None,
    threshold: ThresholdOption = None,
    prefer: PreferOption = None,
    names: NamesOption = Names.KEYS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Label one post."""
    from evolunteer_nlp.model import classify, load_model

    with options_checked():
        loaded = load_model(model, prior=pairs(prior, "--prior"), engine=engine)
        thresholds = pairs(threshold, "--threshold")
        loaded.decision.with_thresholds(thresholds, prefer)
    found = classify(text, model=loaded, threshold=thresholds, prefer=prefer)
    if as_json:
        fields = {"label": found.label, "probability": found.probability, "also": found.also, "certain": found.certain}
        typer.echo(json.dumps({**fields, "probabilities": dict(found.probabilities)}, ensure_ascii=False))
        return
    also = f", also {name_of(found.also, names)}" if found.also else ""
    doubt = "" if found.certain else "  (doubtful)"
    typer.echo(f"{name_of(found.label, names)}{also}{doubt}")
    for label, probability in found.probabilities.items():
        typer.echo(f"  {probability:.3f}  {name_of(label, names)}")


@app.command()
def explain(
    text: Annotated[str, typer.Argument(help="The post.")],
    model: ModelOption = None,
    engine: EngineOption = None,
    names: NamesOption = Names.KEYS,
) -> None:
    """Show what each word adds to the label that a post gets, by words and, where the post was read, by reading."""
    from evolunteer_nlp.model import explain, load_model

    with options_checked():
        loaded = load_model(model, engine=engine)
    why = explain(text, model=loaded)
    label = why.prediction.label
    typer.echo(f"{name_of(label, names)}  {why.prediction.probability:.3f}")
    typer.echo(f"words: score {why.score[label]:+.2f} = start {why.intercept[label]:+.2f} and")
    for part in sorted(why.parts, key=lambda part: -abs(part.log_odds[label])):
        typer.echo(f"  {part.log_odds[label]:+.2f}  {text[part.start : part.end]}")
    if why.reading is None:
        return
    typer.echo(f"reading: probability {why.reading[label]:.3f}; its logarithm without the word would fall by")
    changes = [(part.reading[label], part) for part in why.parts if part.reading is not None]
    for change, part in sorted(changes, key=lambda found: -abs(found[0])):
        typer.echo(f"  {change:+.2f}  {text[part.start : part.end]}")


@app.command()
def label(
    source: Annotated[
        Path, typer.Argument(metavar="INPUT", help="CSV, TSV, JSONL, Parquet or Excel; - is standard input.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="By suffix: .csv, .tsv, .jsonl, .parquet, .xlsx.")
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    column: Annotated[str | None, typer.Option(help="The column of posts; found by its name if left out.")] = None,
    format: Annotated[str | None, typer.Option(help="Of the input: csv, tsv, jsonl, json, parquet, xlsx.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the input, such as cp1256; UTF-8 if left out.")] = None,
    prior: PriorOption = None,
    threshold: ThresholdOption = None,
    prefer: PreferOption = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Add a column a label.")] = False,
    prefix: Annotated[str, typer.Option(help="Put before the names of added columns.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a row was rejected.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is at the output.")] = False,
    names: NamesOption = Names.KEYS,
) -> None:
    """Label every post of a file; each row comes back, labelled or rejected with a reason."""
    from evolunteer_nlp.dumps.label_file import AlreadyCompleteError, Options, label_file, rejected_file
    from evolunteer_nlp.model import load_model

    options = Options(column, format, encoding, prefix, probabilities, pairs(threshold, "--threshold"), prefer)
    with options_checked():
        loaded = load_model(model, prior=pairs(prior, "--prior"), engine=engine)
        loaded.decision.with_thresholds(options.threshold, options.prefer)
    try:
        with progress_of("labelling") as progress:
            summary = label_file(
                source,
                output,
                loaded,
                options,
                force=force,
                progress=lambda rows: progress.advance(0, rows),  # type: ignore[arg-type]  # the first task
            )
    except AlreadyCompleteError as complete:
        say(str(complete))
        return
    for old, new in summary.renamed.items():
        say(f"the input has a column {old!r} already; it is kept as {new!r} (or use --prefix)")
    for fact in summary.rejects[:20]:
        say(f"rejected: {fact['file']}, row {fact['row']}: {fact['reason']}")
    rejected = ""
    if summary.rejected:
        rejected = f", {summary.rejected:,} rejected" + (f" (see {rejected_file(output)})" if output else "")
    say(f"{summary.read:,} posts read, {summary.written:,} written{rejected}")
    for given, count in summary.labels.most_common():
        say(f"  {count:8,}  {name_of(given, names)}")
    say(f"  {summary.doubtful:8,}  doubtful (certain is false)")
    if summary.surest:
        say("surest:")
        for given, (probability, text) in summary.surest.items():
            say(f"  {probability:.2f}  {name_of(given, names)}: {' '.join(text.split())[:100]}")
    if strict and summary.rejected:
        raise typer.Exit(1)
