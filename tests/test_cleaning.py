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


def without_asking(text: str) -> list[str]:
    """The pipeline as it would be if no repair had a sign to look for."""
    for _, pattern, replacement in cleaning.REPAIRS:
        text = pattern.sub(replacement, text)
    return fold(text)


def marks(case: dict[str, str]) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=True, reason=case["xfail"])] if "xfail" in case else []


@pytest.mark.parametrize(
    ("text", "expect"),
    [pytest.param(case["text"], case["expect"], id=case["comment"], marks=marks(case)) for case in CASES],
)
def test_case(text: str, expect: str) -> None:
    assert clean(text) == expect


def test_every_placeholder_has_a_case() -> None:
    found = {token for case in CASES for token in case["expect"].split() if token[0] == "<"}
    assert found == {f"<{name}>" for name in cleaning.PLACEHOLDERS}


def test_signs_change_nothing_on_real_posts(real_texts: list[str]) -> None:
    assert [text for text in real_texts if tokens(text) != without_asking(text)] == []


def test_signs_change_nothing_on_authored_posts(authored: list[LabelledPost]) -> None:
    assert [post.text for post in authored if tokens(post.text) != without_asking(post.text)] == []


@settings(max_examples=200, deadline=None)
@given(TRICKY | ANY)
@example("“†")
def test_signs_change_nothing_on_tricky_texts(text: str) -> None:
    assert tokens(text) == without_asking(text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from([*MOJIBAKE, *"aZ 5متطوع"])))
@example("††")
@example("№«")
@example("⁄“")
def test_what_ftfy_calls_bad_has_a_mojibake_sign(text: str) -> None:
    assert cleaning._MOJIBAKE_SIGN.search(text) or not is_bad(text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters().filter(lambda char: char != "." and not cleaning.may_need_repair(char))))
def test_characters_that_need_no_repair_get_none(text: str) -> None:
    assert tokens(text) == fold(text)


def test_compatibility_characters_read_as_plain_ones() -> None:
    decorated = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.normalize("NFKC", char) != char]
    assert [char for char in decorated if tokens(char) != tokens(unicodedata.normalize("NFKC", char))] == []


@settings(max_examples=200, deadline=None)
@given(TRICKY | ANY)
def test_tokens_are_words_signs_and_known_placeholders(text: str) -> None:
    found = tokens(text)
    assert clean(text).split(" ") == (found or [""])
    assert all(len(token) == 1 or token.removeprefix("#").isalnum() or token[0] == "<" for token in found)
    assert {token for token in found if token[0] == "<"} <= {f"<{name}>" for name in cleaning.PLACEHOLDERS}


@settings(max_examples=200, deadline=None)
@given(TRICKY | ANY)
def test_nothing_but_digits_stands_three_times(text: str) -> None:
    assert not [
        token
        for token in tokens(text)
        for a, b, c in zip(token, token[1:], token[2:], strict=False)
        if a == b == c and not a.isdigit()
    ]


def test_an_entity_of_endless_digits_is_no_error() -> None:
    assert clean("تبرع &#" + "1" * 5000 + ";").startswith("تبرع")


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
