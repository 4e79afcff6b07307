"""Whether a post is Arabic at all, in Arabic or in Latin letters; other posts are not for these models."""

import re
from collections.abc import Iterable

_ARABIC_LETTER = re.compile("[\N{ARABIC LETTER HAMZA}-\N{ARABIC LETTER YEH}]")
_ARABIZI_DIGIT = re.compile("[a-z][2356789]|[2356789][a-z]")  # 2 ء  3 ع  5 خ  6 ط  7 ح  8 غ ق  9 ص ق
_ARABIZI_WORDS = frozenset(
    """
    ya yaa el fi fih fiha w wla walla ana enta inta enti ento ntouma hna kol kul bas bs bess mesh mish msh mouch mafi li
    lli elli illi ali ala men rah raho rahi khoya khouya chkoun chkon shkon wach wesh bach bech bch yji nji yalla nas
    inshallah nshallah allah habibi shabab chabab flous fluss sadaqa zakat kifach kifesh bzaf barsha
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is no easier to read
)
_FOREIGN_WORDS = frozenset(
    """
    the of and to is are was for you your we our it in on with this that at be have has not will from they how what
    le la les des un une est et pour pas que qui dans avec sur nous vous sont du au aux
    """.split()  # noqa: SIM905 - as above
)


def is_arabic(tokens: Iterable[str]) -> bool:
    """Say whether the tokens of a post hold Arabic: a word in Arabic letters, or Arabizi.

    Latin words are taken for Arabizi where digits stand for letters or common words of it occur, and English and French
    function words are not more frequent:

    >>> is_arabic(["3ayzeen", "motatawe3een", "bokra"]), is_arabic(["volunteers", "for", "the", "camp"])
    (True, False)
    """
    arabizi = foreign = 0
    for token in tokens:
        if _ARABIC_LETTER.search(token):
            return True
        arabizi += token in _ARABIZI_WORDS or _ARABIZI_DIGIT.search(token) is not None
        foreign += token in _FOREIGN_WORDS
    return arabizi > 0 and arabizi >= foreign
