"""From an ask to its details: what is asked, by whom, where, when, how to join, and whether it is still open.

Rules and word lists, no model: every value says which words it rests on. Contacts come first, then dates, then places,
blood, money and helpers, so that no number is read twice; causes, mode, kinds, audience and urgency rest on
``data/cues.tsv``.

>>> details = extract("نحتاج ١٥ شاب الجمعة الجاية بالرياض، واتساب ٠٥٠٠٠٠٠٠١٢", "2025-11-04T17:12", "SA")
>>> details.volunteers_wanted.value, details.dates[0].value.start, details.cities[0].value.name
(15, '2025-11-07', 'الرياض')
>>> details.phones[0]
Found(value='+966500000012', start=43, end=53, text='٠٥٠٠٠٠٠٠١٢')
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evolunteer_nlp.initiatives import nature
from evolunteer_nlp.initiatives.amounts import Amount, amounts
from evolunteer_nlp.initiatives.blood import blood_types
from evolunteer_nlp.initiatives.contacts import Contacts, Iban, contacts
from evolunteer_nlp.initiatives.dates import When, dates
from evolunteer_nlp.initiatives.lexicon import Cue, cues
from evolunteer_nlp.initiatives.organisers import Organiser, first_person, organiser
from evolunteer_nlp.initiatives.places import City, places
from evolunteer_nlp.initiatives.post import Found, Post, read
from evolunteer_nlp.initiatives.status import Status, status
from evolunteer_nlp.initiatives.volunteers import volunteers_wanted

_NEAR = 5
"""Words between one that asks for goods and the goods."""


@dataclass(frozen=True, slots=True)
class Details:
    """What was read out of a post; every value carries the span of the text that it rests on.

    Attributes
    ----------
    phones : tuple of Found[str]
        In E.164, numbers of WhatsApp links too.
    links, emails : tuple of Found[str]
        As they stand in the text.
    ibans : tuple of Found[Iban]
    accounts, codes : tuple of Found[str]
        Bank accounts, and short numbers to send a message to; digits.
    amounts : tuple of Found[Amount]
        Money that is asked for, needed or remaining, and prices of shares.
    goods, skills : tuple of Found[str]
        As in the text.
    blood_types : tuple of Found[str]
        A, B, AB or O with + or -; without where the text gives no sign.
    volunteers_wanted : Found[int] or None
    dates : tuple of Found[When]
    cities : tuple of Found[City]
    districts : tuple of Found[str]
    causes : tuple of Found[str]
        orphans, food, health, blood, education, environment, animals, mosques, relief, elderly, disability, hajj, debt.
    mode : Found[str] or None
        ``online``, ``on_site`` or ``both``; None where nothing shows it.
    kinds : tuple of Found[str]
        ``technical``, ``contact``, ``field``; of calls for volunteers only.
    audience : tuple of Found[str]
    organiser : Found[Organiser] or None
    personal : Found[str] or None
        Words by which the writer speaks of himself or his own, whoever organises: «كلموني», «جارتنا».
    urgent : Found[str] or None
        The word that says so.
    status : Status
    """

    phones: tuple[Found[str], ...]
    links: tuple[Found[str], ...]
    emails: tuple[Found[str], ...]
    ibans: tuple[Found[Iban], ...]
    accounts: tuple[Found[str], ...]
    codes: tuple[Found[str], ...]
    amounts: tuple[Found[Amount], ...]
    goods: tuple[Found[str], ...]
    blood_types: tuple[Found[str], ...]
    volunteers_wanted: Found[int] | None
    skills: tuple[Found[str], ...]
    dates: tuple[Found[When], ...]
    cities: tuple[Found[City], ...]
    districts: tuple[Found[str], ...]
    causes: tuple[Found[str], ...]
    mode: Found[str] | None
    kinds: tuple[Found[str], ...]
    audience: tuple[Found[str], ...]
    organiser: Found[Organiser] | None
    personal: Found[str] | None
    urgent: Found[str] | None
    status: Status

    @property
    def has_contact(self) -> bool:
        """Whether the post itself says how to reach somebody or where to pay."""
        return any((self.phones, self.links, self.emails, self.ibans, self.accounts, self.codes))


def extract(
    text: str,
    posted_at: datetime | str | None = None,
    country: str | None = None,
    *,
    label: str | None = None,
    now: datetime | None = None,
) -> Details:
    """Read the details of an ask.

    Parameters
    ----------
    text : str
    posted_at : datetime or str, optional
        When the post was written, in the account's time, as a datetime or in ISO 8601. Relative dates («بكرة») need it.
    country : str, optional
        The account's country, ISO 3166 («SA»). Phones without a country's code and «ريال» are read by it;
        where it is left out, the country of a city that the post names.
    label : str, optional
        The post's label. Without it the words decide whether it looks for helpers or for gifts.
    now : datetime, optional
        When the post is read; without it the status is that of the day of posting.

    Raises
    ------
    ValueError
        If ``posted_at`` is a string and not in ISO 8601.
    """
    posted = datetime.fromisoformat(posted_at) if isinstance(posted_at, str) else posted_at
    post = read(text)
    met = cues(post)
    where = places(post, country)
    country = country or next((found.value.country for found in where.cities if found.value.country), None)
    reach = contacts(post, country, met.get("number", ()))
    taken = [post.place(found) for kind in reach for found in kind]
    days = dates(post, posted, country, taken)
    blood = blood_types(post)
    money = amounts(post, country, met, taken, label)
    taken += [post.place(found) for found in money]
    label = label or _kind_of_ask(met, reach, money, bool(blood))
    goods = _goods(post, met) if label != "awareness_campaign" else ()
    gives = _gives(post, met, reach, money, goods, blood)
    shown = [
        *(found.shows("") for found in where.cities),
        *(found.shows("") for found in where.districts),
        *(found.shows("") for found in days),
    ]
    calls = label == "volunteer_call"
    urgent = nature.named(post, met, "urgent")
    return Details(
        *reach,
        amounts=money,
        goods=goods,
        blood_types=blood,
        volunteers_wanted=volunteers_wanted(post, met, taken) if calls else None,
        skills=nature.mentions(post, met, "skill") if calls else (),
        dates=days,
        cities=where.cities,
        districts=where.districts,
        causes=nature.causes(post, met, blood),
        mode=nature.mode(post, met, label, gives, shown),
        kinds=nature.kinds(post, met) if calls else (),
        audience=nature.named(post, met, "audience"),
        organiser=organiser(post, met),
        personal=first_person(post, met, "person"),
        urgent=urgent[0] if urgent else None,
        status=status(post, met, days, posted, now),
    )


def _kind_of_ask(
    cues: Mapping[str, Sequence[Cue]], reach: Contacts, money: Sequence[Found[Amount]], blood: bool
) -> str | None:
    """The label by what was read, where the caller knows none."""
    if cues.get("volunteer"):
        return "volunteer_call"
    if reach.ibans or reach.accounts or reach.codes or money or blood:
        return "donation_drive"
    if any(cue.value in {"ask", "cash"} for cue in cues.get("money", ())) or (
        cues.get("goods_ask") and cues.get("goods")
    ):
        return "donation_drive"
    return "volunteer_call" if cues.get("want") and (cues.get("helper") or cues.get("skill")) else None


def _goods(post: Post, cues: Mapping[str, Sequence[Cue]]) -> tuple[Found[str], ...]:
    """Goods named after a word that asks for them, and those that go on from there."""
    asked: list[Cue] = []
    for cue in cues.get("goods", ()):
        if any(0 < cue.first - ask.last <= _NEAR for ask in cues.get("goods_ask", ())) or (
            asked and cue.first - asked[-1].last <= 3
        ):
            asked.append(cue)
    return nature.mentions(post, {"goods": asked}, "goods")


_REFUSED = re.compile(
    r"(?<!\w)[وف]?(?:مش|مو|مب|موش|مهوش|ماشي|مفيش|ماكو|مافي\w*|بدون|بلا|من غير|ليس\w*|"
    r"(?:ما|لا|مش|مو|لن) (?:[بمكح]?ن\w+|بدي|ابي|ابغ[اي]|اريد|عايز\w*|عاوز\w*|محتاج\w*)(?: اي)?) $"
)
_REFUSED_AFTER = re.compile(r"\s+(?:م(?:ا|ش)?\s?[بن]?\w+ش|لا|ما نا?خذ\w*|ما نبي\w*)(?!\w)")


def _is_refused(post: Post, cue: Cue) -> bool:
    """Whether money is named only to say that it is not what is asked for: «مش فلوس», «ما نبيش فلوس»."""
    before = _REFUSED.search(post.folded, max(0, cue.start - 25), cue.start)
    return bool(before or _REFUSED_AFTER.match(post.folded, cue.end))


def _gives(
    post: Post,
    cues: Mapping[str, Sequence[Cue]],
    reach: Contacts,
    money: Sequence[Found[Amount]],
    goods: Sequence[Found[str]],
    blood: Sequence[Found[str]],
) -> dict[str, Found[str]]:
    """What a donation drive asks to give, with what shows it."""
    given: dict[str, Found[str]] = {}
    paid = [
        *(found.shows("money") for found in reach.ibans),
        *(found.shows("money") for found in (*reach.accounts, *reach.codes)),
        *(found.shows("money") for found in money),
    ]
    words = {cue.value: cue for cue in reversed(cues.get("money", ())) if not _is_refused(post, cue)}
    word = words.get("cash") or (None if goods else words.get("ask"))
    if paid:
        given["money"] = paid[0]
    elif word:
        given["money"] = post.found("money", word.start, word.end)
    in_kind = cues.get("in_kind", ())
    named = cues.get("goods") or in_kind
    if goods and (not paid or in_kind):
        given["goods"] = goods[0]
    elif named and (in_kind or not given):
        given["goods"] = post.found("goods", named[0].start, named[0].end)
    about_blood = [cue for cue in cues.get("cause", ()) if cue.value == "blood"]
    if blood or about_blood:
        given["blood"] = blood[0] if blood else post.found("blood", about_blood[0].start, about_blood[0].end)
    if reach.links or reach.phones:
        given["contact"] = (*reach.links, *reach.phones)[0]
    return given
