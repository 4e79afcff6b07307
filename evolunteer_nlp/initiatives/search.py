"""Letters as the search of a page compares them: those of `evolunteer_nlp.text.cleaning.fold_char`, signs as spaces.

The page folds by the table that is given to it and the same classes of characters.

>>> folded("إغاثةُ الأبيّض، ٠٩١٢"), folded("#كـــسلا")
('اغاثه الابيض 0912', 'كسلا')
"""

import unicodedata

from evolunteer_nlp.text.cleaning import fold_char
from evolunteer_nlp.text.letters import FOLD, LOOKALIKES

_DIGITS = [chr(first + digit) for first in (0x0660, 0x06F0, 0xFF10) for digit in range(10)]
LETTERS = {char: form for char, form in {**FOLD, **LOOKALIKES}.items() if form} | {
    digit: str(unicodedata.digit(digit)) for digit in _DIGITS
}
"""Letters and digits that become others; marks are dropped by their class."""


def folded(text: str) -> str:
    """Fold a text for searching."""
    return " ".join("".join(map(_fold, text)).split())


def _fold(char: str) -> str:
    char = fold_char(char)
    return " " if char in {"#", "!", "?", "<", ">"} else char
