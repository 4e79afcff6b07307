"""The command ``evolunteer``: a file per family of verbs, and no logic."""

import os
import sys
from errno import ENOSPC

import typer

from evolunteer_nlp.cli import corpora, discover, models, posts, review
from evolunteer_nlp.cli.console import say
from evolunteer_nlp.errors import EvolunteerError

app = typer.Typer(
    name="evolunteer",
    help="Tags Arabic social-media posts as volunteer calls, donation drives, awareness campaigns or unrelated.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (posts, models, discover):
    app.registered_commands += module.app.registered_commands
app.add_typer(corpora.app, name="corpus")
app.add_typer(review.app, name="review")


def main() -> None:
    """Run the command line; errors of this library become one line on standard error and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except EvolunteerError as error:
        say(f"evolunteer: {error}")
        sys.exit(1)
    except OSError as error:
        if isinstance(error, BrokenPipeError):  # the reader, such as `head`, has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        advice = "; make room and repeat the command: label goes on where it was" if error.errno == ENOSPC else ""
        say(f"evolunteer: {error.strerror or error}: {error.filename or 'while writing'}{advice}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("evolunteer: stopped; nothing half-written was left, and the same label command goes on where it was")
        sys.exit(130)
