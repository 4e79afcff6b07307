"""Letter folding is camel-tools' own, on every code point, on sequences of them and on words."""

import itertools
import random
import unicodedata

from camel_tools.utils.dediac import dediac_ar
from camel_tools.utils.normalize import normalize_alef_ar, normalize_alef_maksura_ar, normalize_teh_marbuta_ar

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.text.letters import FOLD, LOOKALIKES, compose_from_camel_tools

TABLE = str.maketrans(dict(FOLD))
ARABIC = [chr(code) for code in range(0x110000) if unicodedata.name(chr(code), "").startswith("ARABIC")]


def by_camel_tools(text: str) -> str:
    return dediac_ar(normalize_teh_marbuta_ar(normalize_alef_ar(normalize_alef_maksura_ar(text))))


def differences(texts: list[str]) -> list[str]:
    return [text for text in texts if text.translate(TABLE) != by_camel_tools(text)]


def test_the_table_is_camel_tools_composed() -> None:
    assert compose_from_camel_tools() == FOLD


def test_every_arabic_code_point() -> None:
    assert len(ARABIC) > 1000
    assert differences(ARABIC) == []


def test_letters_with_up_to_three_marks() -> None:
    letters = [char for char in ARABIC if "\N{ARABIC LETTER HAMZA}" <= char <= "\N{ARABIC LETTER YEH}"]
    marks = [*"\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0655\u0670\u0640"]
    sequences = ["".join(sequence) for count in (1, 2, 3) for sequence in itertools.product(letters, *[marks] * count)]
    assert differences(sequences) == []


def test_words_of_authored_posts(authored: list[LabelledPost]) -> None:
    words = sorted({word for post in authored for word in post.text.split()})
    assert len(words) >= 20_000
    assert differences(words) == []


def test_words_of_real_posts(real_texts: list[str]) -> None:
    words = random.Random(0).sample(sorted({word for text in real_texts for word in text.split()}), 20_000)
    assert differences(words) == []


def test_lookalikes_are_letters_that_camel_tools_leaves_alone() -> None:
    assert not FOLD.keys() & LOOKALIKES.keys()
    assert all(by_camel_tools(char) == char for char in LOOKALIKES.values())
