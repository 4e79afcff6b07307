"""The four labels of the shipped model and their names for people."""

from enum import StrEnum


class Label(StrEnum):
    """What a post asks its reader to do; ``docs/labels.md`` gives the decisions behind each.

    Members are strings: ``Label.VOLUNTEER_CALL == "volunteer_call"``. Models with other labels exist, so functions take
    and give plain strings.
    """

    VOLUNTEER_CALL = "volunteer_call"
    DONATION_DRIVE = "donation_drive"
    AWARENESS_CAMPAIGN = "awareness_campaign"
    UNRELATED = "unrelated"

    @property
    def arabic(self) -> str:
        """The label's Arabic name.

        >>> Label.VOLUNTEER_CALL.arabic
        'دعوة تطوع'
        """
        return _ARABIC[self.value]

    @property
    def english(self) -> str:
        """The label's English name.

        >>> Label.VOLUNTEER_CALL.english
        'volunteer call'
        """
        return self.value.replace("_", " ")


_ARABIC = {
    "volunteer_call": "دعوة تطوع",
    "donation_drive": "حملة تبرع",
    "awareness_campaign": "حملة توعية",
    "unrelated": "غير ذي صلة",
}


def arabic_name(label: str) -> str:
    """The Arabic name of a label, or the label itself where it is not one of the shipped four."""
    return _ARABIC.get(label, label)


def label_key(name: str) -> str:
    """The label with an Arabic name, or the name itself where it is no Arabic name of the shipped four."""
    return _BY_ARABIC.get(name, name)


_BY_ARABIC = {arabic: label for label, arabic in _ARABIC.items()}
