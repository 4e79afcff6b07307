"""Labels that a model disputes: planted mistakes come first."""

import random
from dataclasses import replace

import numpy as np

from evolunteer_nlp.training.audit import audit


def test_planted_mistakes_are_disputed(authored):
    posts = random.Random(1).sample([post for post in authored if post.also is None], 1500)
    planted = {post.id for post in posts[:45] if post.label != "unrelated"}
    wrong = [replace(post, label="unrelated") if post.id in planted else post for post in posts]
    disputes = audit(wrong)
    unrelated = [dispute.post.id in planted for dispute in disputes if dispute.post.label == "unrelated"]
    assert sum(unrelated) >= len(planted) / 3  # many are asks that words alone do not betray
    share = len(planted) / sum(post.label == "unrelated" for post in wrong)
    assert np.mean(unrelated) > 3 * share
    assert all(dispute.suggested != dispute.post.label for dispute in disputes)
    margins = [dispute.probability - dispute.given_probability for dispute in disputes]
    assert margins == sorted(margins, reverse=True)
    assert margins[-1] > 0


def test_the_words_behind_a_dispute_speak_for_the_suggested_label(authored):
    posts = random.Random(3).sample([post for post in authored if post.also is None], 1000)
    wrong = [replace(post, label="unrelated") if "تبرع" in post.text else post for post in posts[:30]]
    disputes = audit([*wrong, *posts[30:]])
    assert all(word in dispute.post.text for dispute in disputes for word in dispute.words)
    assert all(len(set(dispute.words)) == len(dispute.words) <= 5 for dispute in disputes)
    drives = [dispute for dispute in disputes if dispute.suggested == "donation_drive"]
    assert any("تبرع" in word for dispute in drives for word in dispute.words)


def test_a_second_ask_is_no_mistake(authored):
    posts = random.Random(2).sample(authored, 600)
    assert all(dispute.suggested != dispute.post.also for dispute in audit(posts))
