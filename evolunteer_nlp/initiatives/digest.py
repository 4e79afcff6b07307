"""The digest: a page of initiatives that an organiser passes on, reads on a phone and hangs on a wall.

One file, in Arabic and from right to left, that asks nothing of any network. Cards are in the page itself, so that it
can be read where scripts are off; a script filters, searches and counts them (``pages/digest.js``)::

    initiatives ─▶ privacy.as_shown ─▶ cards.card ─┬─▶ filters, timeline
                                                   └─▶ pages/digest.html, by page.render
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from evolunteer_nlp.initiatives.cards import card
from evolunteer_nlp.initiatives.filters import filters, numbers
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.legible import line
from evolunteer_nlp.initiatives.page import render
from evolunteer_nlp.initiatives.privacy import as_shown
from evolunteer_nlp.initiatives.search import LETTERS
from evolunteer_nlp.initiatives.timeline import timeline
from evolunteer_nlp.initiatives.wording import day
from evolunteer_nlp.labels import Label

TITLE = "مبادرات للتطوع والتبرع والتوعية"
_TILES = (("open", "مفتوحة"), ("unknown", "لم يتبين حالها"), ("closed", "مغلقة أو مضى موعدها"))


def digest_page(
    initiatives: Sequence[Initiative],
    *,
    title: str | None = None,
    now: datetime | None = None,
    show_contacts: bool = False,
) -> str:
    """Make the page of initiatives, in their order; closed ones are folded away.

    Parameters
    ----------
    initiatives : sequence of Initiative
        As `evolunteer_nlp.initiatives.initiative.find_initiatives` gives them.
    title : str, optional
    now : datetime, optional
        When the page is made; the time of the call if left out.
    show_contacts : bool
        Show numbers that may be private persons' too.

    Raises
    ------
    MissingPackageError
        If Jinja2, icalendar or phonenumbers is not installed.

    Examples
    --------
    >>> page = digest_page([], title="كسلا تتطوع", now=datetime(2026, 3, 1))
    >>> "كسلا تتطوع" in page, "الأحد 1 مارس 2026" in page, "http" in page.replace("http-equiv", "")
    (True, True, False)
    """
    return page_of(as_shown(initiatives, show_contacts), title, now or datetime.now())


def page_of(shown: Sequence[tuple[Initiative, bool]], title: str | None, now: datetime) -> str:
    """The page of initiatives as `evolunteer_nlp.initiatives.privacy.as_shown` gives them."""
    cards = [card(one, now, masked=masked) for one, masked in shown]
    found = filters(cards)
    placed = list(zip(cards, numbers(cards, found), strict=True))
    counts = Counter(one.status for one in cards)
    days = (ask.posted_at.date() for one, _ in shown for ask in one.posts if ask.posted_at)
    values = {
        "title": line(title or TITLE),
        "made": day(now.date()),
        "tiles": [(f"{counts[status]:,}", name) for status, name in _TILES if counts[status]],
        "filters": found,
        "open_cards": [each for each in placed if each[0].status != "closed"],
        "closed_cards": [each for each in placed if each[0].status == "closed"],
        "timeline": timeline(days),
        "fold": LETTERS,
        "shipped": [str(label) for label in Label],
    }
    return render("digest.html", values, styles=["digest.css"], script="digest.js")
