import math
import multiprocessing
import pickle
import shutil
from pathlib import Path

import pytest

from evolunteer_nlp import Label, ModelError, classify, classify_many, explain, load_model
from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.model import Model
from evolunteer_nlp.prediction import Prediction

CALL = "نحتاج متطوعين لتنظيف الشاطئ يوم الجمعة، سجل معنا عبر الرابط"
DRIVE = "تبرعوا لعلاج الطفلة سارة، الحساب SA0000000000000000000000"


def test_plain_asks_get_their_labels():
    assert classify(CALL).label == Label.VOLUNTEER_CALL
    assert classify(DRIVE).label == "donation_drive"
    assert classify("مبروك الفوز يا زعيم 💙 هاتريك تاريخي").label == "unrelated"


def test_probabilities_are_a_read_only_mapping_in_model_order():
    probabilities = classify(CALL).probabilities
    assert list(probabilities) == [str(label) for label in Label]
    assert math.isclose(sum(probabilities.values()), 1)
    assert classify(CALL).probability == probabilities[classify(CALL).label]
    with pytest.raises(TypeError):
        probabilities["unrelated"] = 1  # type: ignore[index]
    with pytest.raises(KeyError):
        probabilities["no such label"]


def test_a_prediction_is_frozen():
    with pytest.raises(AttributeError):
        classify(CALL).label = "unrelated"  # type: ignore[misc]


@pytest.mark.parametrize(
    "text", ["", " \n\t", "😂😂❤️", "Volunteers needed for the beach", "Привет", "\ud800", "...", "\0"]
)
def test_posts_that_are_not_arabic_are_unrelated_and_never_certain(text):
    found = classify(text)
    assert (found.label, found.also, found.certain) == ("unrelated", None, False)
    assert list(classify_many([text] * 20)) == [found] * 20


def test_arabizi_is_read():
    assert classify("3ayzeen motatawe3een bokra fel masjed, elly y2dar y3ml share").label != "unrelated"


def test_one_text_must_be_a_string():
    with pytest.raises(TypeError, match="classify_many"):
        classify([CALL])  # type: ignore[arg-type]


def test_many_refuses_a_bare_string_at_once():
    with pytest.raises(TypeError, match="one string"):
        classify_many(CALL)


def test_many_names_the_position_of_a_text_that_is_none():
    found = classify_many([CALL, DRIVE, None, CALL], batch_size=2)  # type: ignore[list-item]
    assert next(found).label == "volunteer_call"
    with pytest.raises(TypeError, match="position 2"):
        list(found)


def test_many_keeps_order_and_length_whatever_the_batch(authored: list[LabelledPost]):
    texts = [post.text for post in authored[:60]]
    one_by_one = [classify(text) for text in texts]
    for batch_size in (1, 7, 25, 1000):
        found = list(classify_many(iter(texts), batch_size=batch_size))
        assert [(p.label, p.also, p.certain) for p in found] == [(p.label, p.also, p.certain) for p in one_by_one]
        assert all(
            math.isclose(p.probability, q.probability, abs_tol=1e-5) for p, q in zip(found, one_by_one, strict=True)
        )


def test_many_is_lazy():
    def endless():
        while True:
            yield CALL

    assert next(classify_many(endless(), batch_size=4)).label == "volunteer_call"


def test_many_of_nothing_is_nothing():
    assert list(classify_many([])) == []
    with pytest.raises(ValueError, match="at least 1"):
        classify_many([], batch_size=0)


def test_a_prior_moves_probabilities_by_bayes_rule():
    base, rare = (
        load_model(),
        load_model(prior={"volunteer_call": 0.01, "donation_drive": 0.01, "awareness_campaign": 0.01}),
    )
    before, after = classify(CALL, model=base).probabilities, classify(CALL, model=rare).probabilities
    old = dict(zip(base.labels, base.decision.prior, strict=True))
    weights = {label: before[label] * (0.97 if label == "unrelated" else 0.01) / old[label] for label in base.labels}
    for label, weight in weights.items():
        assert math.isclose(after[label], weight / sum(weights.values()), rel_tol=1e-9)


def test_thresholds_and_recall_flag_more():
    text = "وصلنا السلال للأسر والحمد لله"
    low = {"volunteer_call": 1e-6}
    assert classify(text, threshold=low).label == "volunteer_call"
    texts = [text, CALL, DRIVE, "صباح الخير", "حملة جديدة قريبا"] * 5
    plain = sum(p.label != "unrelated" for p in classify_many(texts))
    assert sum(p.label != "unrelated" for p in classify_many(texts, prefer="recall")) >= plain
    with pytest.raises(ValueError, match="no_such"):
        classify(text, threshold={"no_such": 0.5})


def test_explanations_add_up_and_point_into_the_text(authored: list[LabelledPost]):
    model = load_model(engine="words")
    for post in authored[:200]:
        why = explain(post.text, model=model)
        scores = model.engine.scores(post.text)
        if scores is None:
            assert not why.parts
            continue
        assert all(
            math.isclose(why.score[label], score, abs_tol=1e-9)
            for label, score in zip(model.labels, scores, strict=True)
        )
        assert all(0 <= part.start <= part.end <= len(post.text) for part in why.parts)
        assert why.prediction == classify(post.text, engine="words")


def test_model_info_tells_how_it_was_made():
    info = load_model().info
    assert info["corpus"]["posts"] > 5000
    assert set(info["scores"]) >= {"words", "reader", "cascade"}
    assert "authored_posts_alone" in info
    assert set(info["scores"]["cascade"]) == {"authored", "public"}
    with pytest.raises(TypeError):
        info["labels"] = []  # type: ignore[index]


def test_a_model_goes_to_another_process_with_its_prior_and_engine(small_cascade: Path):
    prior = {"volunteer_call": 0.02, "donation_drive": 0.03, "awareness_campaign": 0.05}
    model = load_model(small_cascade, prior=prior, engine="reader")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        [found] = pool.starmap(_found, [(CALL, model)])
    assert found == ("reader", classify(CALL, model=model))
    assert len(pickle.dumps(model)) < 10_000  # where the model is, not the model


def _found(text: str, model: Model) -> tuple[str, Prediction]:
    return model.using, classify(text, model=model)


def test_a_pickled_model_whose_directory_changed_is_refused(small_model: Path, small_cascade: Path, tmp_path: Path):
    folder = shutil.copytree(small_model, tmp_path / "model")
    pickled = pickle.dumps(load_model(folder))
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match="no model directory"):
        pickle.loads(pickled)
    shutil.copytree(small_cascade, folder)
    with pytest.raises(ModelError, match="was replaced"):
        pickle.loads(pickled)


def test_the_files_of_a_model_are_those_its_engine_needs(small_cascade: Path, tmp_path: Path):
    model = load_model(small_cascade, engine="words")
    for file in model.files:
        shutil.copy(file, tmp_path)
    assert classify(CALL, model=tmp_path, engine="words") == classify(CALL, model=model)
    assert sorted(file.name for file in model.with_engine("cascade").files) == sorted(
        file.name for file in small_cascade.iterdir()
    )
