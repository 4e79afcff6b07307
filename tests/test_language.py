"""Which posts are Arabic: every case of ``cases/language.jsonl``."""

import json
from pathlib import Path

import pytest

from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.language import is_arabic

with (Path(__file__).parent / "cases" / "language.jsonl").open(encoding="utf-8") as file:
    CASES = [json.loads(line) for line in file]


@pytest.mark.parametrize(
    ("text", "expect"), [pytest.param(case["text"], case["expect"], id=case["comment"]) for case in CASES]
)
def test_case(text: str, expect: bool) -> None:
    assert is_arabic(tokens(text)) is expect


def test_authored_posts_are_arabic(authored: list[LabelledPost]) -> None:
    foreign = [post.text for post in authored if not is_arabic(tokens(post.text))]
    assert len(foreign) < len(authored) / 1000, foreign  # a post of Tunis may be nine parts French
