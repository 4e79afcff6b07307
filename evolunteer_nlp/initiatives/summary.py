"""An initiative in a line: what it asks for, in Arabic, as far as its details show it."""

from evolunteer_nlp.initiatives.initiative import Initiative
from evolunteer_nlp.initiatives.legible import line
from evolunteer_nlp.initiatives.names import arabic
from evolunteer_nlp.initiatives.wording import VOLUNTEERS, counted, ltr
from evolunteer_nlp.labels import arabic_name

_FEW = 3


def headline(initiative: Initiative) -> str:
    """What an initiative asks for, in a few words.

    >>> from datetime import datetime
    >>> from evolunteer_nlp.initiatives.asks import Ask
    >>> from evolunteer_nlp.initiatives.initiative import find_initiatives
    >>> asks = [Ask("نحتاج ١٥ شاب لتنظيف الشاطئ", "volunteer_call"), Ask("ساعدوا أيتام الحي", "donation_drive")]
    >>> [headline(one) for one in find_initiatives(asks, now=datetime(2026, 3, 1))]
    ['دعوة إلى التبرع: الأيتام', 'مطلوب 15 متطوعا']
    """
    details = initiative.details
    causes = "، ".join(arabic("cause", found.value) for found in details.causes[:_FEW])
    if initiative.label == "volunteer_call" and details.volunteers_wanted:
        return f"مطلوب {counted(details.volunteers_wanted.value, VOLUNTEERS)}"
    if initiative.label == "donation_drive" and details.blood_types:
        return f"مطلوب متبرعون بالدم: {'، '.join(ltr(found.value) for found in details.blood_types[:_FEW])}"
    if initiative.label == "donation_drive" and details.goods:
        return f"مطلوب: {line('، '.join(found.value for found in details.goods[:_FEW]))}"
    asks = {
        "volunteer_call": "دعوة إلى التطوع",
        "donation_drive": "دعوة إلى التبرع",
        "awareness_campaign": "توعية",
    }.get(initiative.label, line(arabic_name(initiative.label)))
    return f"{asks}: {causes}" if causes else asks
