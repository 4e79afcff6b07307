"""Labels that a model disputes: planted mistakes come first."""

import random
from dataclasses import replace

import numpy as np

from evolunteer_nlp.training.audit import audit


def test_planted_mistakes_are_disputed(authored):
    posts = random.Random(1).sample([post for post in authored if post.also is None], 1500)
    planted = {post.id for post in posts[:45] if post.label != "unrelated"}
    wrong = [replace(post, label="unrelated") if post.id in planted else post for post in posts]
    disputes = audit(wrong, min_probability=0.5)
    unrelated = [dispute.post.id in planted for dispute in disputes if dispute.post.label == "unrelated"]
    assert sum(unrelated) >= len(planted) / 3  # many are asks that words alone do not betray
    share = len(planted) / sum(post.label == "unrelated" for post in wrong)
    assert np.mean(unrelated) > 3 * share
    assert all(dispute.suggested != dispute.post.label for dispute in disputes)
    assert all(dispute.probability > dispute.given_probability for dispute in disputes)
    assert [d.probability for d in disputes] == sorted((d.probability for d in disputes), reverse=True)


def test_a_second_ask_is_no_mistake(authored):
    posts = random.Random(2).sample(authored, 600)
    assert all(dispute.suggested != dispute.post.also for dispute in audit(posts, min_probability=0))
