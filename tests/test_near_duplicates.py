"""The search finds what comparing all pairs finds."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.text.near_duplicates import clusters, near_duplicates, shingles

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


def by_brute_force(texts: list[str], threshold: float) -> list[tuple[int, int, float]]:
    sets = [shingles(text) for text in texts]
    pairs = [
        (i, j, len(sets[i] & sets[j]) / len(sets[i] | sets[j]))
        for i, j in combinations(range(len(texts)), 2)
        if {""} not in (sets[i], sets[j])
    ]
    return [pair for pair in pairs if pair[2] >= threshold]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["دم", "ماء", "تبرع", "متطوع", "#تبرع", "🙏", "!"]), max_size=6).map(" ".join)),
    st.sampled_from([0.25, 0.5, 0.75, 1.0]),
)
def test_small_sets(texts: list[str], threshold: float) -> None:
    assert sorted(near_duplicates(texts, threshold)) == by_brute_force(texts, threshold)


@pytest.mark.parametrize("threshold", [0.25, 0.5, 0.75])
def test_authored_posts(authored: list[LabelledPost], threshold: float) -> None:
    paired = [post.text for post in sorted(authored, key=lambda post: post.pair) if post.pair][:200]
    texts = paired + [text[place % 60 :] for place, text in enumerate(paired[:100])]
    expected = by_brute_force(texts, threshold)
    assert len(texts) == 300 and expected
    assert sorted(near_duplicates(texts, threshold)) == expected


def test_a_pair_right_at_the_threshold() -> None:
    text = "".join(a + b for a, b in combinations(LETTERS, 2))[:104]
    texts = [text, text[45:]]
    assert by_brute_force(texts, 0.55) == [(0, 1, 0.55)]
    assert list(near_duplicates(texts, 0.55)) == [(0, 1, 0.55)]


def test_texts_without_tokens_are_nobodys_duplicates() -> None:
    assert list(near_duplicates(["", " ", "...", "،"])) == []


def test_what_cleaning_makes_equal_is_equal() -> None:
    assert list(near_duplicates(["تبرّع بالدم!!!", "تبرع بالدم !"])) == [(0, 1, 1.0)]


def test_clusters_are_linked_through_others() -> None:
    assert clusters(6, iter([(4, 5), (1, 4), (0, 2)])) == [0, 1, 0, 3, 1, 1]
