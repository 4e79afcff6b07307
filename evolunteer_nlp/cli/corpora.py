"""Verbs on corpora: corpus check, audit, hydrate, stats."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from evolunteer_nlp.cli.console import progress_of, say
from evolunteer_nlp.labels import Label

app = typer.Typer(help="Look after labelled posts.", no_args_is_help=True)

Paths = Annotated[list[str] | None, typer.Argument(help="Files or folders; the authored corpora if left out.")]


@app.command()
def check(
    paths: Paths = None,
    reference: Annotated[
        Path | None, typer.Option(help="Public posts, as hydrate writes them, to measure in the same way.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="A label there may be; once a label. The shipped four if left out.")
    ] = None,
    background: Annotated[
        str, typer.Option(help="The label of posts that ask nothing, which is no second label.")
    ] = Label.UNRELATED.value,
) -> None:
    """Look for duplicates, contradictions, unknown keys and signs of templates; exit with 1 if there are any."""
    from evolunteer_nlp.corpus.checks import check_corpus, check_templates
    from evolunteer_nlp.corpus.measures import PUBLIC_POSTS, measure, measure_batches, shared_vocabulary, to_text
    from evolunteer_nlp.corpus.posts import authored_folder, read_corpus

    posts = read_corpus(paths or [str(authored_folder())])
    measured = measure_batches(posts)
    public = [post for post in read_corpus([reference]) if post.split != "dev"] if reference else []
    if measured:
        typer.echo(to_text({**measured, **({PUBLIC_POSTS: measure(public)} if public else {})}))
    if public:
        typer.echo(f"words that public posts have too: {100 * shared_vocabulary(posts, public):.1f} %")
    findings = check_corpus(posts, label or [str(one) for one in Label], background) + check_templates(measured)
    for finding in findings:
        typer.echo(f"{finding.where}: {finding.kind}: {finding.message}")
    say(f"{len(posts):,} posts, {len(findings):,} findings")
    if findings:
        raise typer.Exit(1)


@app.command()
def audit(
    paths: Paths = None,
    jobs: Annotated[int, typer.Option(help="Processes for cross-validation; -1 for all cores.")] = -1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List posts whose label a model that has not seen them disputes, the surest dispute first."""
    from evolunteer_nlp.corpus.posts import read_corpus
    from evolunteer_nlp.training.audit import audit

    posts = read_corpus(paths or ["authored"])
    with progress_of("auditing") as progress:

        def told(message: str) -> None:
            progress.update(progress.task_ids[0], description=message)

        disputes = audit(posts, jobs=jobs, progress=told)
    for post, suggested, probability, given_probability, words in disputes:
        if as_json:
            fields = {"where": post.where, "id": post.id, "text": post.text, "label": post.label}
            shares = {"probability": round(probability, 4), "given_probability": round(given_probability, 4)}
            typer.echo(json.dumps({**fields, "suggested": suggested, **shares, "words": words}, ensure_ascii=False))
        else:
            because = f", because of {', '.join(words)}" if words else ""
            text = " ".join(post.text.split())
            typer.echo(f"{post.where}: {post.label}, perhaps {suggested} ({probability:.2f}){because}: {text}")
    say(f"{len(disputes):,} of {len(posts):,} labels are disputed; posts kept for measuring were not looked at")


@app.command()
def hydrate(
    folders: Annotated[list[Path], typer.Argument(help="Folders or files to look for the texts of public posts in.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to write them; keep it out of repositories.")
    ] = Path("public-posts.jsonl"),
) -> None:
    """Find the texts of the labelled public posts in copies of the data sets they are from."""
    from evolunteer_nlp.corpus.hydrate import hydrate
    from evolunteer_nlp.tables.write import Layout, open_writer

    found = hydrate(folders)
    for problem in found.unread:
        say(f"not read: {problem}")
    with open_writer(output, Layout("jsonl")) as writer:
        writer.write(found.posts)
    say(f"found {len(found.posts):,} of {found.n_labels:,} public posts, wrote {output}")


@app.command()
def stats(
    paths: Paths = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    write: Annotated[
        Path | None, typer.Option(help="Write the data statement and its plots of all authored posts to this folder.")
    ] = None,
) -> None:
    """Count posts by label, dialect, platform and the rest."""
    from evolunteer_nlp.corpus.posts import authored_folder, read_corpus, read_public_labels

    if write is not None:
        if paths or as_json:
            raise typer.BadParameter("it is about all authored posts; leave out paths and --json", param_hint="--write")
        from evolunteer_nlp.corpus.plots import draw_corpora
        from evolunteer_nlp.corpus.statement import statement

        write.mkdir(parents=True, exist_ok=True)
        posts, labels = read_corpus([authored_folder()]), [str(label) for label in Label]
        files = draw_corpora(posts, labels, write)
        text = statement(posts, list(read_public_labels().values()), labels)
        (write / "README.md").write_text(text, encoding="utf-8")
        say(f"wrote {', '.join(str(file) for file in [write / 'README.md', *files])}")
        return
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
