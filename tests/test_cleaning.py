"""Cleaning: every case of ``cases/cleaning.jsonl``, and that asking for a repair's sign first changes nothing."""

import json
import re
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from ftfy.badness import MOJIBAKE_CATEGORIES, is_bad
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.text import cleaning
from evolunteer_nlp.text.cleaning import clean, fold, tokens

with (Path(__file__).parent / "cases" / "cleaning.jsonl").open(encoding="utf-8") as file:
    CASES = [json.loads(line) for line in file]

PIECES = [case["text"] for case in CASES]
TRICKY = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
    st.text(st.sampled_from(sorted(set("".join(PIECES))))),
)
"""Whole cases one after the other, and their characters in any order."""
ANY = st.text(st.characters())
"""Lone surrogates and unassigned code points included."""
MOJIBAKE = re.findall(f"[{''.join(MOJIBAKE_CATEGORIES.values())}]", "".join(map(chr, range(0x10000))))


@pytest.mark.xfail(strict=True, raises=ValueError, reason="html.unescape refuses numbers of more than 4,300 digits")
def test_an_entity_of_endless_digits_is_no_error() -> None:
    assert clean("تبرع &#" + "1" * 5000 + ";").startswith("تبرع")


@pytest.mark.xfail(strict=True, reason="patterns that look at every rest of a long run take quadratic time")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1" * 2500 + "a", id="digits and a letter"),
        pytest.param("1" + " " * 3500 + "a", id="spaces after a digit"),
        pytest.param("1," * 1500 + "a", id="numbers and commas"),
        pytest.param("ﺏ " + "\N{ARABIC FATHA}" * 6000, id="tashkeel after a presentation form"),
    ],
)
def test_a_long_run_takes_no_time(text: str) -> None:
    start = time.perf_counter()
    clean(text)
    assert time.perf_counter() - start < 0.1
