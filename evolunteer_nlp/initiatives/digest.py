"""The digest: a page of initiatives that an organiser passes on, reads on a phone and hangs on a wall.

One file, in Arabic and from right to left, that asks nothing of any network. Cards are in the page itself, so that it
can be read where scripts are off; a script filters, searches and counts them (``pages/digest.js``)::

    initiatives ─▶ privacy.for_everybody ─▶ cards.card ─┬─▶ filters, timeline
                                                        └─▶ pages/digest.html, by page.render
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from evolunteer_nlp.initiatives.cards import Card, card
from evolunteer_nlp.initiatives.filters import filters, numbers
from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.legible import line
from evolunteer_nlp.initiatives.page import render
from evolunteer_nlp.initiatives.privacy import for_everybody, hides_contacts
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
    now = now or datetime.now()
    cards = [_card(one, now, show_contacts) for one in initiatives]
    found = filters(cards)
    placed = [(one, numbers(one, found)) for one in cards]
    counts = Counter(one.status for one in cards)
    days = (ask.posted_at.date() for one in initiatives for ask in one.posts if ask.posted_at)
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


def _card(initiative: Initiative, now: datetime, show_contacts: bool) -> Card:
    if show_contacts:
        return card(initiative, now)
    shown = for_everybody(initiative)
    return card(shown, now, masked=hides_contacts(initiative, shown))
