"""From scores to predictions: calibration, prior, thresholds."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolunteer_nlp import ModelError, Prediction
from evolunteer_nlp.engine.decision import Decision
from evolunteer_nlp.model import to_predictions

LABELS = ("volunteer", "donation", "awareness", "unrelated")
DECISION = Decision(
    labels=LABELS,
    background="unrelated",
    prior=(0.1, 0.2, 0.3, 0.4),
    scale=0.83,
    shift=(0.31, -0.17, 0.05, 0.0),
    also_from=(0.23, 0.23, 0.23, 2.0),
    certain_from=(0.71, 0.77, 2.0, 0.81),
    recall_from=(0.13, 0.19, 0.27, 2.0),
)
PLAIN = replace(DECISION, scale=1.0, shift=(0.0,) * 4, prior=(0.25,) * 4)

SCORES = st.lists(st.integers(-40, 40).map(lambda n: n / 8), min_size=4, max_size=4)
SHARES = st.lists(st.floats(0.001, 1), min_size=4, max_size=4).map(
    lambda shares: dict(zip(LABELS, shares, strict=True))
)
THRESHOLD = st.none() | st.dictionaries(st.sampled_from(LABELS), st.floats(0.01, 1))
PREFER = st.sampled_from([None, "recall"])


def of(*probabilities: float) -> list[float]:
    """Scores that ``PLAIN`` gives these probabilities."""
    return [math.log(probability) for probability in probabilities]


def predict_together(decision: Decision, rows: Sequence[list[float] | None]) -> list[Prediction]:
    scores = np.array([row or [math.nan] * 4 for row in rows]).reshape(-1, 4)
    return list(to_predictions(decision.labels, decision.predict_many(scores)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.none() | SCORES), THRESHOLD, PREFER)
def test_one_and_many_agree(rows: list[list[float] | None], threshold: dict[str, float] | None, prefer: str) -> None:
    decision = DECISION.with_thresholds(threshold, prefer)
    for row, together in zip(rows, predict_together(decision, rows), strict=True):
        alone = decision.predict(row)
        assert (alone.label, alone.also, alone.certain) == (together.label, together.also, together.certain)
        assert list(alone.probabilities.values()) == pytest.approx(list(together.probabilities.values()), abs=1e-12)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4))
def test_probabilities_sum_to_one(scores: list[float]) -> None:
    for prediction in (DECISION.predict(scores), *predict_together(DECISION, [scores])):
        assert math.fsum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-12)
        assert min(prediction.probabilities.values()) >= 0
        assert tuple(prediction.probabilities) == LABELS


@settings(max_examples=200, deadline=None)
@given(SCORES)
def test_without_thresholds_the_likeliest_label_is_given(scores: list[float]) -> None:
    prediction = DECISION.predict(scores)
    assert prediction.probability == max(prediction.probabilities.values())


def test_calibration_is_a_scale_and_a_shift() -> None:
    weights = [
        math.exp(0.83 * score + shift) for score, shift in zip([1.0, 2.0, -1.0, 0.5], DECISION.shift, strict=True)
    ]
    expected = [weight / sum(weights) for weight in weights]
    assert list(DECISION.predict([1.0, 2.0, -1.0, 0.5]).probabilities.values()) == pytest.approx(expected, abs=1e-15)


@settings(max_examples=200, deadline=None)
@given(SCORES, SHARES)
def test_another_prior_is_bayes_rule(scores: list[float], shares: dict[str, float]) -> None:
    before = DECISION.predict(scores).probabilities
    old = dict(zip(LABELS, DECISION.prior, strict=True))
    weights = {label: before[label] * shares[label] / old[label] for label in LABELS}
    after = DECISION.with_prior(shares).predict(scores).probabilities
    for label in LABELS:
        assert after[label] == pytest.approx(weights[label] / sum(weights.values()), abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(SCORES, SHARES)
def test_only_the_last_prior_counts(scores: list[float], shares: dict[str, float]) -> None:
    own = dict(zip(LABELS, DECISION.prior, strict=True))
    back = DECISION.with_prior(shares).with_prior(own)
    assert dict(back.predict(scores).probabilities) == pytest.approx(
        dict(DECISION.predict(scores).probabilities), abs=1e-12
    )


def test_prior_shares_are_scaled() -> None:
    shares = dict(zip(LABELS, (2, 2, 2, 4), strict=True))
    assert DECISION.with_prior(shares).prior == pytest.approx((0.2, 0.2, 0.2, 0.4))


def test_the_background_may_be_left_out_of_the_prior() -> None:
    prior = DECISION.with_prior({"volunteer": 0.001, "donation": 0.002, "awareness": 0.01}).prior
    assert prior == pytest.approx((0.001, 0.002, 0.01, 0.987))


@pytest.mark.parametrize(
    "prior",
    [
        {},
        {"volunteer": 0.1},
        {"volunteer": 0.1, "donation": 0.1, "unrelated": 0.8},
        {"volunteer": 0.5, "donation": 0.3, "awareness": 0.2},
        {"volunteer": 0.5, "donation": 0.3, "awareness": 0.4},
        {"volunteer": 0.1, "donation": 0.1, "awareness": 0.1, "unrelated": 0.0},
        {"volunteer": 0.1, "donation": 0.1, "awareness": -0.1, "unrelated": 0.9},
        {"volunteer": 0.1, "donation": 0.1, "awareness": math.nan, "unrelated": 0.9},
        {"volunteer": 0.1, "donation": 0.1, "awareness": math.inf, "unrelated": 0.9},
        {"volunteer": 0.1, "donation": 0.1, "awareness": 0.1, "unrelated": 0.6, "spam": 0.1},
    ],
    ids=str,
)
def test_a_bad_prior_is_refused(prior: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"^prior names|^a prior needs"):
        DECISION.with_prior(prior)


def test_a_label_is_given_where_its_probability_reaches_the_threshold() -> None:
    decision = PLAIN.with_thresholds({"volunteer": 0.2}, None)
    assert decision.predict(of(0.21, 0.09, 0.1, 0.6)).label == "volunteer"
    assert decision.predict(of(0.19, 0.09, 0.1, 0.62)).label == "unrelated"


def test_a_label_is_given_only_where_its_probability_reaches_the_threshold() -> None:
    decision = PLAIN.with_thresholds({"volunteer": 0.7}, None)
    assert decision.predict(of(0.6, 0.1, 0.25, 0.05)).label == "awareness"


def test_of_several_the_largest_factor_wins() -> None:
    decision = PLAIN.with_thresholds({"volunteer": 0.1, "donation": 0.3}, None)
    assert decision.predict(of(0.15, 0.4, 0.05, 0.4)).label == "volunteer"
    assert decision.predict(of(0.15, 0.6, 0.05, 0.2)).label == "donation"


@settings(max_examples=200, deadline=None)
@given(SCORES, st.dictionaries(st.sampled_from(LABELS), st.floats(0.01, 1), max_size=3))
def test_thresholds_mean_what_they_say(scores: list[float], threshold: dict[str, float]) -> None:
    prediction = DECISION.with_thresholds(threshold, None).predict(scores)
    factors = {label: prediction.probabilities[label] / number for label, number in threshold.items()}
    reached = {label: factor for label, factor in factors.items() if factor >= 1}
    free = {label: p for label, p in prediction.probabilities.items() if label not in threshold}
    assert prediction.label == max(reached or free, key=(reached or free).__getitem__)


def test_preferring_recall_uses_the_models_thresholds() -> None:
    decision = PLAIN.with_thresholds(None, "recall")
    assert decision.predict(of(0.14, 0.06, 0.1, 0.7)).label == "volunteer"
    assert decision.predict(of(0.12, 0.06, 0.1, 0.72)).label == "unrelated"


def test_a_threshold_overrides_recall() -> None:
    decision = PLAIN.with_thresholds({"volunteer": 0.5}, "recall")
    assert decision.predict(of(0.14, 0.06, 0.1, 0.7)).label == "unrelated"
    assert decision.predict(of(0.1, 0.2, 0.1, 0.6)).label == "donation"


@settings(max_examples=200, deadline=None)
@given(SCORES)
def test_preferring_recall_loses_no_ask(scores: list[float]) -> None:
    before, after = DECISION.predict(scores), DECISION.with_thresholds(None, "recall").predict(scores)
    assert after.label != "unrelated" or before.label == "unrelated"


def test_thresholds_do_not_change_probabilities() -> None:
    scores = [0.3, -1.0, 2.0, 0.7]
    changed = DECISION.with_thresholds({"volunteer": 0.01}, "recall").predict(scores)
    assert dict(changed.probabilities) == dict(DECISION.predict(scores).probabilities)


@pytest.mark.parametrize("number", [0, -0.1, 1.0001, math.nan, math.inf])
def test_a_bad_threshold_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        DECISION.with_thresholds({"volunteer": number}, None)


def test_an_unknown_label_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"threshold names 'spam'.*volunteer, donation, awareness, unrelated"):
        DECISION.with_thresholds({"spam": 0.5}, None)


def test_an_unknown_preference_is_refused() -> None:
    with pytest.raises(ValueError, match="'recall' or None, not 'precision'"):
        DECISION.with_thresholds(None, "precision")


def test_a_second_ask_is_told() -> None:
    assert PLAIN.predict(of(0.5, 0.24, 0.2, 0.06)).also == "donation"
    assert PLAIN.predict(of(0.6, 0.22, 0.1, 0.08)).also is None


def test_the_background_is_no_second_ask_and_has_none() -> None:
    assert PLAIN.predict(of(0.5, 0.05, 0.05, 0.4)).also is None
    assert PLAIN.predict(of(0.4, 0.05, 0.05, 0.5)).also is None


def test_certain_from_each_labels_own_probability() -> None:
    assert PLAIN.predict(of(0.72, 0.1, 0.1, 0.08)).certain
    assert not PLAIN.predict(of(0.1, 0.72, 0.1, 0.08)).certain
    assert not PLAIN.predict(of(0.01, 0.01, 0.97, 0.01)).certain


def test_a_post_that_is_not_arabic_is_background() -> None:
    for prediction in (DECISION.predict(None), *predict_together(DECISION, [None])):
        assert (prediction.label, prediction.also, prediction.certain) == ("unrelated", None, False)
        assert list(prediction.probabilities.values()) == pytest.approx(DECISION.prior)


def test_without_background_a_post_that_is_not_arabic_gets_the_commonest_label() -> None:
    decision = replace(DECISION, background=None)
    for prediction in (decision.predict(None), *predict_together(decision, [None])):
        assert (prediction.label, prediction.certain) == ("unrelated", False)


def test_without_background_thresholds_mean_the_same_for_one_and_many() -> None:
    decision = replace(DECISION, background=None).with_thresholds({"volunteer": 0.05}, None)
    assert decision.predict(None).label == predict_together(decision, [None])[0].label


def manifest_of(decision: Decision) -> dict[str, Any]:
    return {
        "labels": list(decision.labels),
        "background": decision.background,
        "decisions": {"words": decision.to_manifest()},
    }


def test_a_decision_survives_its_manifest() -> None:
    assert Decision.from_manifest(manifest_of(DECISION), "words") == DECISION


@pytest.mark.parametrize("name", ["prior", "scale", "shift", "also_from", "certain_from", "recall_from"])
@pytest.mark.parametrize("garbled", [None, "x", {}, {"volunteer": 1.0}], ids=str)
def test_a_garbled_manifest_is_told(name: str, garbled: object) -> None:
    manifest = manifest_of(DECISION)
    manifest["decisions"]["words"] |= {name: garbled}
    with pytest.raises(ModelError, match="copy or train the model again"):
        Decision.from_manifest(manifest, "words")


def test_no_posts_give_no_predictions() -> None:
    assert predict_together(DECISION, []) == []
