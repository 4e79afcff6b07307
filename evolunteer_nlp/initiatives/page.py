"""Pages that need nothing but themselves: a template of ``pages/``, its style and script inside, and no network.

The policy in the head of a page allows that style and that script by their hashes and nothing else: whatever a post
smuggled in would not run. So a template has no ``style=`` and no ``on…=`` attributes.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolunteer_nlp.errors import MissingPackageError

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent / "pages"


def render(template: str, values: Mapping[str, Any], *, styles: Sequence[str] = (), script: str | None = None) -> str:
    """Render a page.

    Parameters
    ----------
    template : str
        A file of ``pages/`` that extends ``base.html``.
    values : mapping
        What the template shows; texts are escaped.
    styles : sequence of str
        Files of ``pages/`` after ``base.css``.
    script : str, optional
        A file of ``pages/``.

    Raises
    ------
    MissingPackageError
        If Jinja2 is not installed.
    """
    style = "".join(_read(name) for name in ("base.css", *styles))
    code = _read(script) if script else ""
    rules = [
        "default-src 'none'",
        f"style-src {_hash(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if code:
        rules.append(f"script-src {_hash(code)}")
    page = _environment().get_template(template)
    return page.render(**values, style=style, script=code, policy="; ".join(rules))


@cache
def _environment() -> "Environment":
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise MissingPackageError("pages need Jinja2; pip install 'evolunteer-nlp[discover]'") from error
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
