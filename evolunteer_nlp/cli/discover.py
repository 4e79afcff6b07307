"""Verbs on initiatives: digest."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evolunteer_nlp.cli.console import progress_of, say

if TYPE_CHECKING:
    from evolunteer_nlp.initiatives.asks import Asks
    from evolunteer_nlp.initiatives.initiative import Initiative

app = typer.Typer()

LabelledArgument = Annotated[
    list[Path], typer.Argument(metavar="LABELLED...", help="What evolunteer label wrote, or tables like it.")
]
CountryOption = Annotated[
    str | None, typer.Option(help="Of accounts whose country the table does not say, such as SD or SA.")
]
NowOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Read as on this day; today if left out."),
]
ColumnOption = Annotated[str | None, typer.Option(help="The column of posts; found by its name if left out.")]


def _initiatives(
    paths: Sequence[Path], country: str | None, now: datetime, column: str | None
) -> "tuple[Asks, list[Initiative]]":
    """Read labelled posts and gather their initiatives, with a progress line."""
    from evolunteer_nlp.initiatives.asks import read_asks
    from evolunteer_nlp.initiatives.initiative import find_initiatives

    asks = read_asks(paths, country=country, column=column)
    with progress_of("reading initiatives") as progress:
        task = progress.task_ids[0]
        found = find_initiatives(asks.asks, now=now, progress=lambda done: progress.update(task, completed=done))
    return asks, found


@app.command()
def digest(
    labelled: LabelledArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="By suffix: .html, .xlsx, .csv, .json, .md, .ics.")
    ] = Path("digest.html"),
    format: Annotated[
        str | None, typer.Option(help="html, xlsx, csv, json, md or ics; by the suffix if left out.")
    ] = None,
    country: CountryOption = None,
    column: ColumnOption = None,
    title: Annotated[str | None, typer.Option(help="Of the page.")] = None,
    now: NowOption = None,
    show_contacts: Annotated[
        bool, typer.Option("--show-contacts", help="Show numbers that may be private persons' too.")
    ] = False,
    closed: Annotated[
        bool, typer.Option("--closed", help="Write closed ones to other formats too; a page always has them.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is at the output.")] = False,
) -> None:
    """Make a page of initiatives to pass on: what is asked, by whom, where, when, how to join, what to check."""
    from evolunteer_nlp.initiatives.exports import format_of, write_digest
    from evolunteer_nlp.tables.write import refuse_to_replace

    format_of(output, format)
    if not force:
        refuse_to_replace(output)
    now = now or datetime.now()
    asks, found = _initiatives(labelled, country, now, column)
    written = write_digest(
        found,
        output,
        format=format,
        title=title,
        now=now,
        show_contacts=show_contacts,
        closed=closed,
        force=force,
    )
    _summarise(asks, found)
    masked = f", contacts of {written.masked:,} masked" if written.masked else ""
    say(f"wrote {output}: {written.initiatives:,} initiatives{masked}")
    if written.masked:
        say("with --show-contacts it has numbers that may be private persons' too; mind whom you send it to")


def _summarise(asks: "Asks", found: "Sequence[Initiative]") -> None:
    from collections import Counter

    status = Counter(one.details.status.value for one in found)
    unreadable = f", {asks.unreadable:,} unreadable" if asks.unreadable else ""
    say(f"{asks.posts:,} posts read, {len(asks.asks):,} asks, {len(found):,} initiatives{unreadable}")
    say(f"  {status['open']:,} open, {status['unknown']:,} unknown, {status['closed']:,} closed")
    if asks.undated:
        say(f"  {asks.undated:,} asks are undated: their status and relative dates are unknown")
