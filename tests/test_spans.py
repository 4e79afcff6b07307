"""Where tokens come from in the post as it was typed."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.spans import tokens_with_spans

with (Path(__file__).parent / "cases" / "cleaning.jsonl").open(encoding="utf-8") as file:
    PIECES = [json.loads(line)["text"] for line in file]

TEXT = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=3).map("".join),
    st.text(st.sampled_from(sorted(set("".join(PIECES))))),
    st.text(st.characters()),
)


def holds(text: str) -> bool:
    """Say whether tokens and spans of a text are as promised."""
    found = tokens_with_spans(text)
    starts = [start for _, (start, _) in found]
    return (
        [token for token, _ in found] == tokens(text)
        and all(0 <= start <= end <= len(text) for _, (start, end) in found)
        and starts == sorted(starts)
    )


def test_authored_posts(authored: list[LabelledPost]) -> None:
    assert [post.text for post in authored if not holds(post.text)] == []


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_any_text(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    ("text", "token", "rests_on"),
    [
        ("هذا عاااااجل جدا", "عاجل", "عاااااجل"),
        ("في حملة #ساعد_غيرك", "#غيرك", "_غيرك"),
        ("كم مُتَطَوِّع جاء", "متطوع", "مُتَطَوِّع"),
        ("صلوا عليه ﷺ دائما", "وسلم", "ﷺ"),
        ("Ø´ÙƒØ±Ø§ Ù„ÙƒÙ…", "شكرا", "Ø´ÙƒØ±Ø§"),
        ("واتساب ٠٥٠٠٠٠٠٠٠٠ فقط", "<phone>", "٠٥٠٠٠٠٠٠٠٠"),
        ("سجل https://example.org/a الآن", "<link>", "https://example.org/a"),
        ("شكرا @someone جدا", "<mention>", "@someone"),
        ("صدقة &#1580;&#1575;&#1585;&#1610;&#1577;", "جاريه", "&#1580;&#1575;&#1585;&#1610;&#1577;"),
        pytest.param("تبرع 500 ريال الآن", "<money>", "500 ريال"),
        pytest.param("اتصل 0500 000 000 الآن", "<phone>", "0500 000 000"),
        pytest.param("يوم ٣٠ رمضان القادم", "<date>", "٣٠ رمضان"),
    ],
)
def test_a_token_rests_on(text: str, token: str, rests_on: str) -> None:
    (start, end) = dict(tokens_with_spans(text))[token]
    assert text[start:end] == rests_on
