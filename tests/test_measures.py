"""Templates are a defect: what the measures find, and that the shipped corpora are free of it."""

import json
from dataclasses import replace

import pytest
from conftest import real_posts_folder

from evolunteer_nlp.corpus.checks import check_templates
from evolunteer_nlp.corpus.hydrate import hydrate
from evolunteer_nlp.corpus.measures import OVERALL, PUBLIC, Measures, measure, measure_batches
from evolunteer_nlp.corpus.measures import shared_vocabulary as shared
from evolunteer_nlp.corpus.posts import LabelledPost, authored_folder, read_corpus


@pytest.fixture(scope="module")
def everything() -> list[LabelledPost]:
    return read_corpus([authored_folder()])


def findings(measured: dict[str, Measures]) -> list[tuple[str, str]]:
    return [(found.kind, found.where) for found in check_templates(measured)]


def test_the_shipped_corpora_show_no_template(everything):
    assert findings(measure_batches(everything)) == []


def test_openings_that_more_than_three_others_share_are_counted():
    posts = [LabelledPost(f"اليوم العالمي للقلب مع {word}", "unrelated") for word in ("سعاد", "هند", "ليلى", "منى")]
    assert measure(posts).repeated_openings == 0
    fifth = LabelledPost("اليوم العالمي للقلب عندنا", "unrelated")
    other = LabelledPost("شربت القهوة مع صديقتي", "unrelated")
    assert measure([*posts, fifth, other]).repeated_openings == pytest.approx(5 / 6)


def test_slots_filled_by_a_script_are_found(everything):
    filled = [
        replace(post, text=f"نحتاج متطوعين لمبادرة {post.text.split()[-1]}", batch="slots") for post in everything[:300]
    ]
    assert ("openings", "slots") in findings(measure_batches([*everything[:3000], *filled]))
    assert measure(filled).distinct_2 < measure(everything[:300]).distinct_2 - 0.1


def test_labels_that_length_emoji_or_platform_betray_are_found(everything):
    def betrayed(change):
        return {kind for kind, _ in findings({OVERALL: measure([change(post) for post in everything])})}

    assert betrayed(lambda post: post) == set()
    long = {"donation_drive": 40, "awareness_campaign": 20, "volunteer_call": 10, "unrelated": 0}
    assert betrayed(lambda post: replace(post, text=post.text + " كلمة" * 5 * long[post.label])) == {"leakage"}
    assert betrayed(lambda post: replace(post, text=post.text + "🩸" * long[post.label])) == {"leakage"}
    assert betrayed(lambda post: replace(post, platform=post.label)) == {"leakage"}
    assert betrayed(lambda post: replace(post, dialect=post.label)) == {"leakage"}


def test_other_sets_of_labels_are_not_compared_with_four(everything):
    two = [post for post in everything if post.label in ("donation_drive", "unrelated")]
    assert findings({OVERALL: measure(two)}) == []


def test_posts_that_nobody_here_wrote_are_not_judged():
    assert measure_batches([LabelledPost("مرحبا", "unrelated")] * 9) == {}


def test_vocabulary_is_shared_by_occurrence():
    ours = [LabelledPost("قلم قلم قلم دفتر", "unrelated")]
    assert shared(ours, [LabelledPost("القلم قلم", "unrelated")]) == 0.75


@pytest.mark.slow
def test_the_figures_of_public_posts_are_what_is_measured(tmp_path):
    found = hydrate([real_posts_folder()])
    assert len(found.posts) == found.n_labels
    rows = [json.dumps(post) for post in found.posts if post["split"] == "train"]
    (tmp_path / "public.jsonl").write_text("\n".join(rows))
    measured = measure(read_corpus([tmp_path / "public.jsonl"]))
    assert measured.posts == PUBLIC.posts
    for name in ("repeated_openings", "distinct_2", "type_token_ratio"):
        assert getattr(measured, name) == pytest.approx(getattr(PUBLIC, name), abs=0.001)
    for name, score in measured.leakage.items():
        assert score == pytest.approx(PUBLIC.leakage[name], abs=0.001)
