"""Which encoding a text has, by its first bytes.

Only what Arabic files are found in is considered: UTF-8, UTF-16 and Windows-1256. General detectors take short texts
in Windows-1256 for Japanese. The order is that of certainty: a byte order mark; the NUL bytes of UTF-16, which may be
valid UTF-8 too; strict UTF-8; UTF-8 with a few bad bytes; Windows-1256, if what it gives looks like Arabic words.
"""

import codecs
import re

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_HIGH_BYTES = (0x00, 0x06, 0x20, 0xFE, *range(0xD8, 0xE0))  # of ASCII, Arabic letters, dashes, and emoji
_ARABIC_WORD = re.compile("[\N{ARABIC LETTER HAMZA}-\N{ARABIC SUKUN}\u067e\u0686\u0698\u06a9\u06af]+")
_COMMON = frozenset(
    ("من", "في", "على", "ما", "لا", "يا", "هذا", "هذه", "إلى", "الى", "عن", "مع", "و", "أن", "ان", "كل", "او", "أو")
)


def encoding_of(beginning: bytes) -> str:
    """Name the encoding of a text by its first bytes, which may end within a letter.

    Raises
    ------
    UnicodeDecodeError
        That of UTF-8, if no encoding fits.
    """
    for mark, name in _MARKS.items():
        if beginning.startswith(mark):
            return name
    for name, high, low in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if _is_utf16(beginning[high::2], beginning[low::2]):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError as error:
        if _is_mostly_utf8(beginning):
            return "utf-8"
        if _is_arabic(beginning.decode("cp1256")):
            return "cp1256"
        raise error
    return "utf-8"


def _is_utf16(high: bytes, low: bytes) -> bool:
    """Whether one half of the bytes are those of ASCII and Arabic letters, some ASCII among them, and the other not."""
    if not low or 0 not in high:
        return False
    return sum(map(high.count, _HIGH_BYTES)) >= 0.8 * len(high) and low.count(0) <= 0.01 * len(low)


def _is_mostly_utf8(beginning: bytes) -> bool:
    text = beginning.decode("utf-8", "surrogateescape")
    bad = sum("\udc80" <= letter <= "\udcff" for letter in text)
    return bad * 10 <= sum(letter > "\x7f" for letter in text) - bad


def _is_arabic(text: str) -> bool:
    words = _ARABIC_WORD.findall(text)
    letters = sum(map(len, words))
    foreign = sum(letter > "\x7f" and letter.isalpha() for letter in _ARABIC_WORD.sub("", text))
    usual = sum(word in _COMMON or (len(word) > 3 and word.startswith(("ال", "وال", "بال", "لل"))) for word in words)
    return letters >= 4 * foreign and usual >= 0.08 * len(words) > 0
