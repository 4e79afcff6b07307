"""Verbs on initiatives: digest, match, report."""

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
ContactsOption = Annotated[bool, typer.Option("--show-contacts", help="Show numbers that may be private persons' too.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is at the output.")]


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
    show_contacts: ContactsOption = False,
    closed: Annotated[
        bool, typer.Option("--closed", help="Write closed ones to other formats too; a page always has them.")
    ] = False,
    force: ForceOption = False,
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


@app.command()
def match(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="[PROFILE.yaml] LABELLED...", help="A profile, and what evolunteer label wrote."),
    ],
    city: Annotated[list[str] | None, typer.Option(help="Where you can get to; several add up.")] = None,
    day: Annotated[list[str] | None, typer.Option(help="A weekday of yours; several add up.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="What you can do; several add up.")] = None,
    cause: Annotated[list[str] | None, typer.Option(help="What you care for: health, الأيتام; several add up.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="technical, contact or field; several add up.")] = None,
    gender: Annotated[str | None, typer.Option(help="woman or man: some calls are for one of them.")] = None,
    online: Annotated[bool | None, typer.Option("--online/--no-online", help="From home too; or on site only.")] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many calls.")] = 10,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="By suffix: .xlsx, .csv, .json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    country: CountryOption = None,
    column: ColumnOption = None,
    now: NowOption = None,
    show_contacts: ContactsOption = False,
    force: ForceOption = False,
) -> None:
    """Rank open calls for a volunteer and say why each fits; options replace what the profile says."""
    from evolunteer_nlp.initiatives.match import match
    from evolunteer_nlp.initiatives.match_views import SUFFIXES, as_text, to_json, write_matches
    from evolunteer_nlp.initiatives.misfit import left_out
    from evolunteer_nlp.initiatives.privacy import for_everybody
    from evolunteer_nlp.initiatives.profile import Profile, read_profile
    from evolunteer_nlp.initiatives.sheets import check_output

    profiles = [file for file in files if file.suffix.lower() in {".yaml", ".yml"}]
    labelled = [file for file in files if file not in profiles]
    if len(profiles) > 1 or not labelled:
        raise typer.BadParameter("give a labelled table, and before it one profile (.yaml) at most")
    wanted = {"cities": city, "days": day, "skills": skill, "causes": cause, "kinds": kind}
    profile = read_profile(profiles[0] if profiles else None, **wanted, gender=gender, online=online)
    if profile == Profile():
        raise typer.BadParameter("say who wants to help: a profile.yaml, or options such as --city and --skill")
    if output:
        check_output(output, SUFFIXES, force=force)
    now = now or datetime.now()
    asks, found = _initiatives(labelled, country, now, column)
    shown = found if show_contacts else [for_everybody(one) for one in found]
    fits = match(profile, shown, now=now)
    _summarise(asks, found)
    reasons = ", ".join(f"{count:,} {why}" for why, count in left_out(profile, found, now=now).items())
    say(f"{len(fits):,} calls fit" + (f"; left out: {reasons}" if reasons else ""))
    if output:
        write_matches(fits[:n], output)
        say(f"wrote {output}")
    elif as_json:
        typer.echo(to_json(fits[:n]))
    else:
        typer.echo("\n\n".join(as_text(one, number) for number, one in enumerate(fits[:n], 1)))


@app.command()
def report(
    labelled: LabelledArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="By suffix: .html, .xlsx, .csv, .json.")] = Path(
        "report.html"
    ),
    title: Annotated[str | None, typer.Option(help="Of the page.")] = None,
    country: CountryOption = None,
    column: ColumnOption = None,
    now: NowOption = None,
    force: ForceOption = False,
) -> None:
    """Count initiatives by cause, city and month, what they want and how much: a page to share, or a table."""
    from evolunteer_nlp.initiatives.report import report
    from evolunteer_nlp.initiatives.report_views import SUFFIXES, write_report
    from evolunteer_nlp.initiatives.sheets import check_output

    check_output(output, SUFFIXES, force=force)
    now = now or datetime.now()
    asks, found = _initiatives(labelled, country, now, column)
    write_report(report(found), output, title=title, now=now)
    _summarise(asks, found)
    say(f"wrote {output}")
