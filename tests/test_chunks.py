"""Many posts at once give the tokens that each gives alone."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.text.chunks import tokenize_chunk
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.features import is_word
from evolunteer_nlp.text.language import is_arabic

with (Path(__file__).parent / "cases" / "cleaning.jsonl").open(encoding="utf-8") as file:
    PIECES = [json.loads(line)["text"] for line in file]

TEXT = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=3).map("".join),
    st.text(st.sampled_from(sorted(set("".join(PIECES))))),
    st.text(st.characters()),
)


def tokens_of_posts(texts: Sequence[str]) -> list[list[str]]:
    chunk = tokenize_chunk(texts)
    letters = chunk.codes.tobytes().decode("utf-32-le", "surrogatepass")
    ends = (chunk.starts + chunk.lengths).tolist()
    every = [letters[start:end] for start, end in zip(chunk.starts.tolist(), ends, strict=True)]
    return [every[start:end] for start, end in zip(chunk.bounds, chunk.bounds[1:], strict=False)]


def test_cases_of_cleaning() -> None:
    assert tokens_of_posts(PIECES) == [tokens(text) for text in PIECES]
    assert [tokens_of_posts([text])[0] for text in PIECES] == [tokens(text) for text in PIECES]


def test_real_posts(real_texts: list[str]) -> None:
    together = tokens_of_posts(real_texts)
    assert [text for text, found in zip(real_texts, together, strict=True) if found != tokens(text)] == []


def test_authored_posts(authored: list[LabelledPost]) -> None:
    texts = [post.text for post in authored]
    assert tokens_of_posts(texts) == [tokens(text) for text in texts]


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXT, max_size=6))
@example(["cafe\u0301"])
@example(["و\u0654لد"])
def test_tricky_texts(texts: list[str]) -> None:
    assert tokens_of_posts(texts) == [tokens(text) for text in texts]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["", "", ""],
        ["\n", "\r\n", "\n\n\n\n", "\u2028"],
        ["\ud83d", "\ude00", "تبرع\ud83d", "\ude00الآن"],
        ["", "متطوع", "", "متطوع", ""],
        ["هه", "ه", "ه"],
        ["#", "تبرع"],
        ["a.", "com"],
        ["-.org"],
        ["\x00", "\x00\x00\x00"],
    ],
    ids=ascii,
)
def test_posts_stay_apart(texts: list[str]) -> None:
    assert tokens_of_posts(texts) == [tokens(text) for text in texts]


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXT, max_size=6))
def test_words_are_told_from_signs(texts: list[str]) -> None:
    found = [token for post in tokens_of_posts(texts) for token in post]
    assert tokenize_chunk(texts).is_word.tolist() == [is_word(token) for token in found]


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXT, max_size=6))
def test_a_post_that_begins_a_token_with_an_arabic_letter_is_arabic(texts: list[str]) -> None:
    arabic = tokenize_chunk(texts).has_arabic_letter().tolist()
    assert not [text for text, yes in zip(texts, arabic, strict=True) if yes and not is_arabic(tokens(text))]
