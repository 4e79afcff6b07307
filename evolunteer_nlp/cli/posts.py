"""Verbs on posts: classify, label, explain, inspect."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolunteer_nlp.cli.console import (
    EngineOption,
    ModelOption,
    Names,
    NamesOption,
    PreferOption,
    PriorOption,
    ThresholdOption,
    labelling_progress,
    labels_of,
    name_of,
    options_checked,
    pairs,
    say,
)

if TYPE_CHECKING:
    from evolunteer_nlp.dumps.stream import Summary

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
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT...", help="Files of posts, or patterns; - is standard input."),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="By suffix: .csv, .tsv, .jsonl, .parquet, .xlsx.")
    ] = None,
    model: ModelOption = None,
    engine: EngineOption = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that label side by side.")] = 1,
    column: Annotated[str | None, typer.Option(help="The column of posts; found by its name if left out.")] = None,
    platform: Annotated[
        str | None, typer.Option(help="Of the input: telegram, whatsapp, x...; plain is a table as it stands.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="Of the input: csv, tsv, jsonl, json, parquet, xlsx.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the input, such as cp1256; known by its bytes if left out.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Read so many rows at most.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="label=LABEL", help="Write posts of this label; several add up.")
    ] = None,
    min_probability: Annotated[float, typer.Option(min=0, max=1, help="Write posts from this probability on.")] = 0,
    certain_only: Annotated[bool, typer.Option("--certain-only", help="Write posts of certain labels only.")] = False,
    prior: PriorOption = None,
    threshold: ThresholdOption = None,
    prefer: PreferOption = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Add a column a label.")] = False,
    prefix: Annotated[str, typer.Option(help="Put before the names of added columns.")] = "",
    excel: Annotated[
        bool, typer.Option("--excel", help="CSV that Excel opens rightly, and in which no cell is a formula.")
    ] = False,
    raw: Annotated[bool, typer.Option("--raw", help="With --excel: leave cells as they are.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if a row was rejected.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Start over, and replace what is at the output.")] = False,
    names: NamesOption = Names.KEYS,
) -> None:
    """Label every post of files; each row comes back, labelled or rejected with a reason. Stopped runs go on."""
    from evolunteer_nlp.dumps.sources import estimated_rows, expand
    from evolunteer_nlp.dumps.stream import AlreadyCompleteError, Options, label_dump
    from evolunteer_nlp.model import load_model

    with options_checked():
        loaded = load_model(model, prior=pairs(prior, "--prior"), engine=engine)
        thresholds = pairs(threshold, "--threshold")
        loaded.decision.with_thresholds(thresholds, prefer)
    options = Options(
        column=column,
        platform=platform,
        format=format,
        encoding=encoding,
        limit=limit,
        prefix=prefix,
        probabilities=probabilities,
        threshold=thresholds,
        prefer=prefer,
        labels=labels_of(where, loaded.labels),
        min_probability=min_probability,
        certain_only=certain_only,
        excel=excel,
        raw=raw,
    )
    try:
        with labelling_progress(lambda: estimated_rows(expand(sources), format), limit) as progress:
            summary = label_dump(sources, output, loaded, options, workers=workers, force=force, progress=progress)
    except AlreadyCompleteError as complete:
        say(str(complete))
        return
    _report(summary, output, names)
    if strict and summary.rejected:
        raise typer.Exit(1)


def _report(summary: "Summary", output: Path | None, names: Names) -> None:
    from evolunteer_nlp.dumps.stream import rejected_file

    for seen in summary.seen:
        if not seen.endswith((": CSV, utf-8", ": TSV, utf-8", ": JSON Lines, utf-8", ": Parquet", ": Excel")):
            say(f"read {seen}")
    for old, new in summary.renamed.items():
        say(f"the input has a column {old!r} already; it is kept as {new!r} (or use --prefix)")
    for fact in summary.rejects[:20]:
        say(f"rejected: {fact['file']}, row {fact['row']}: {fact['reason']}")
    counts = [f"{summary.read:,} posts read", f"{summary.written:,} written"]
    if summary.filtered:
        counts.append(f"{summary.filtered:,} filtered out")
    if summary.skipped:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in summary.skips.most_common())
        counts.append(f"{summary.skipped:,} skipped ({reasons})")
    if summary.rejected:
        counts.append(f"{summary.rejected:,} rejected" + (f" (see {rejected_file(output)})" if output else ""))
    say(", ".join(counts))
    for given, count in summary.labels.most_common():
        say(f"  {count:8,}  {name_of(given, names)}")
    say(f"  {summary.doubtful:8,}  doubtful (certain is false)")
    if summary.surest:
        say("surest:")
        for given, (probability, text) in summary.surest.items():
            say(f"  {probability:.2f}  {name_of(given, names)}: {' '.join(text.split())[:100]}")


@app.command()
def inspect(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="A table, or what a platform lets its users download.")
    ],
    platform: Annotated[
        str | None, typer.Option(help="telegram, whatsapp, x, facebook, ...; plain reads a table as it stands.")
    ] = None,
    format: Annotated[str | None, typer.Option(help="csv, tsv, jsonl, json, parquet, xlsx.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as cp1256; known by the bytes if left out.")] = None,
) -> None:
    """Say what a file is seen as, and show its first posts."""
    from evolunteer_nlp.dumps.inspection import inspect

    found = inspect(source, platform=platform, format=format, encoding=encoding)
    typer.echo(f"{found.kind} ({found.format}{', ' + found.encoding if found.encoding else ''})")
    typer.echo(f"columns: {', '.join(found.columns)}")
    typer.echo(f"posts: {found.text_column or 'in no column that is known; name it with --column'}")
    typer.echo(f"rows: {found.rows:,}{'' if found.whole else ' so far; the file goes on'}")
    for what, reasons in (("rejected", found.rejected), ("skipped", found.skipped)):
        typer.echo(f"{what}: {reasons.total():,}")
        for reason, count in list(reasons.items())[:3]:
            typer.echo(f"  {count:6,}  {reason}")
    for post in found.posts:
        facts = [fact for fact in (post["id"], post["author"], post["time"]) if fact]
        typer.echo(f"- {' | '.join([*facts, ' '.join((post['text'] or '').split())[:100]])}")
