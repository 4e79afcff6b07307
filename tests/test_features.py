"""Features as strings and as numbers, of one token and of many."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.engine.batches import feature_numbers
from evolunteer_nlp.text.chunks import tokenize_chunk
from evolunteer_nlp.text.cleaning import PLACEHOLDERS, tokens
from evolunteer_nlp.text.features import HASHTAG, MAX_NGRAM, MAX_WORD, features, number, numbers

WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=2 * MAX_WORD)
TOKEN = st.one_of(
    WORD, WORD.map("#{}".format), st.sampled_from([f"<{name}>" for name in PLACEHOLDERS]), st.sampled_from("!?🙏❤€")
)
LONG_WORD = ("متطوعينبلاحدودفيكلمكانوزمان" * MAX_WORD)[: MAX_WORD + 20]


def as_numbers(token: str) -> Counter[int]:
    return Counter(map(number, features(token)))


@settings(max_examples=200, deadline=None)
@given(TOKEN)
@example("#" + LONG_WORD)
def test_numbers_are_those_of_the_strings(token: str) -> None:
    assert Counter(numbers(token)) == as_numbers(token)


def test_numbers_of_authored_words(authored: list[LabelledPost]) -> None:
    words = {token for post in authored[::4] for token in tokens(post.text)}
    assert len(words) > 10_000
    assert [word for word in words if Counter(numbers(word)) != as_numbers(word)] == []


def numbers_in_batch(texts: list[str]) -> list[Counter[int]]:
    """The features of every token of some texts, as the batch path finds them."""
    chunk = tokenize_chunk(texts)
    owners, found = feature_numbers(chunk, np.arange(len(chunk.starts)))
    counters: list[Counter[int]] = [Counter() for _ in chunk.starts]
    for owner, feature in zip(owners.tolist(), found.tolist(), strict=True):
        counters[owner][feature] += 1
    return counters


def test_authored_posts_in_a_batch(few_posts: list[LabelledPost]) -> None:
    texts = [post.text for post in few_posts]
    assert numbers_in_batch(texts) == [as_numbers(token) for text in texts for token in tokens(text)]


@settings(max_examples=200, deadline=None)
@given(st.lists(TOKEN))
@example([LONG_WORD, "#" + LONG_WORD])
def test_any_tokens_in_a_batch(words: list[str]) -> None:
    found = [token for word in words for token in tokens(word)]
    assert numbers_in_batch([" ".join(found)]) == [as_numbers(token) for token in tokens(" ".join(found))]


def test_some_tokens_of_a_batch() -> None:
    chunk = tokenize_chunk(["تبرع بالدم #الآن", "0500000000 🙏"])
    which = np.array([4, 2, 2])
    owners, found = feature_numbers(chunk, which)
    for place, token in enumerate(["🙏", "#الان", "#الان"]):
        assert Counter(found[owners == place].tolist()) == as_numbers(token)


@pytest.mark.parametrize("mark", ["", "#"])
def test_letters_after_the_longest_word_do_not_count(mark: str) -> None:
    long, cut = mark + LONG_WORD, mark + LONG_WORD[:MAX_WORD]
    assert features(long) == features(cut)
    assert sorted(numbers(long)) == sorted(numbers(cut))
    assert numbers_in_batch([long]) == numbers_in_batch([cut])


@settings(max_examples=100, deadline=None)
@given(WORD)
def test_ngrams_stay_inside_their_word(word: str) -> None:
    ngrams = [feature for feature in features(word) if feature[0] != "="]
    assert {len(ngram) for ngram in ngrams} <= set(range(2, MAX_NGRAM + 1))
    assert all(ngram in f" {word} " for ngram in ngrams) or len(word) > MAX_WORD


def test_a_hashtag_has_the_features_of_its_word_and_two_more() -> None:
    assert Counter(features("#تطوع")) - Counter(features("تطوع")) == Counter([HASHTAG, "=#تطوع"])


@pytest.mark.parametrize("token", ["<phone>", "🙏", "!"])
def test_placeholders_and_signs_have_no_ngrams(token: str) -> None:
    assert features(token) == ["=" + token]


def test_authored_features_have_different_numbers(few_posts: list[LabelledPost]) -> None:
    names = {name for post in few_posts for token in tokens(post.text) for name in features(token)}
    assert len(set(map(number, names))) == len(names)
