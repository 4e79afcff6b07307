"""`PostClassifier` does what scikit-learn's users expect, and what training does."""

import random
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from evolunteer_nlp import CorpusError, ModelError, PostClassifier, classify_many, explain, label_frame, load_model
from evolunteer_nlp.corpus.posts import LabelledPost, held_out_files, read_corpus
from evolunteer_nlp.text.cleaning import clean
from evolunteer_nlp.training.train import train

TEXTS = [f"{opening} {word}" for word in ("اليوم", "غدا", "بكرة", "الآن", "الليلة") for opening in (
    "نحتاج متطوعين للتنظيف", "مطلوب شباب يساعدونا", "سجل معنا متطوعا", "صباح الخير", "مبروك الفوز", "شاهد المباراة"
)]  # fmt: skip
LABELS = ["ask", "ask", "ask", "chat", "chat", "chat"] * 5


class RowsAsPosts(PostClassifier):
    """scikit-learn's checks speak in tables of numbers: each number becomes a word that names column and range."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array = True, False
        return tags

    def fit(self, X, y, sample_weight=None):  # noqa: N803
        X, y = validate_data(self, X, y)  # noqa: N806
        return super().fit(_words(X), y, sample_weight)

    def _columns(self, X):  # noqa: N803
        check_is_fitted(self)
        return super()._columns(_words(validate_data(self, X, reset=False)))


def _words(rows):
    bins = np.floor(2 * np.clip(rows, -180, 180)).astype(int)
    letters = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
    return [
        " ".join(f"{letters[j % 28]}{letters[b % 28]}{letters[b // 28 % 28]}" for j, b in enumerate(row))
        for row in bins
    ]


def expected_failures(estimator):
    return {
        "check_sample_weight_equivalence_on_dense_data": "document frequencies count posts, whatever they weigh",
        "check_sample_weight_equivalence_on_sparse_data": "posts are no sparse matrices",
    }


@parametrize_with_checks([RowsAsPosts(calibrate=False, min_posts=1)], expected_failed_checks=expected_failures)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_the_tags_say_that_posts_are_strings_in_one_dimension():
    tags = PostClassifier().__sklearn_tags__()
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.estimator_type == "classifier"


@pytest.fixture(scope="module")
def fitted() -> PostClassifier:
    return PostClassifier().fit(TEXTS, LABELS)


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series, lambda x: pd.array(x, dtype="string")])
def test_posts_come_in_any_sequence(kind, fitted: PostClassifier):
    again = PostClassifier().fit(kind(TEXTS), kind(LABELS))
    assert (again.predict_proba(kind(TEXTS)) == fitted.predict_proba(TEXTS)).all()


@pytest.mark.parametrize(
    ("posts", "error", "message"),
    [
        ("نحتاج متطوعين", ValueError, "one string"),
        ([], ValueError, "at least 1 sample"),
        (["نعم", None], TypeError, "position 1 is NoneType"),
        (pd.DataFrame({"text": TEXTS}), ValueError, "2 dimensions"),
    ],
)
def test_what_is_no_sequence_of_posts_is_refused(posts, error, message: str, fitted: PostClassifier):
    with pytest.raises(error, match=message):
        fitted.predict(posts)


def test_a_model_that_is_not_fitted_says_so(tmp_path: Path):
    for use in (lambda: PostClassifier().predict(TEXTS), lambda: PostClassifier().save(tmp_path / "m")):
        with pytest.raises(NotFittedError):
            use()


def test_labels_of_any_kind_come_back(fitted: PostClassifier):
    numbers = PostClassifier().fit(TEXTS, [label == "ask" for label in LABELS])
    assert numbers.classes_.tolist() == [False, True]
    assert numbers.predict(TEXTS).dtype == bool
    assert numbers.predict_proba(TEXTS)[:, ::-1] == pytest.approx(fitted.predict_proba(TEXTS), abs=1e-3)


def test_two_labels_have_log_odds_and_more_have_columns(fitted: PostClassifier):
    odds = fitted.decision_function(TEXTS)
    probabilities = fitted.predict_proba(TEXTS)
    assert odds == pytest.approx(np.log(probabilities[:, 1] / probabilities[:, 0]))
    three = PostClassifier(calibrate=False).fit(TEXTS, [*LABELS[:-3], "x", "x", "x"])
    assert three.decision_function(TEXTS) == pytest.approx(np.log(three.predict_proba(TEXTS)))


def test_posts_that_are_not_arabic_get_the_background():
    model = PostClassifier(background="chat", background_prior=0.7).fit(TEXTS, LABELS)
    assert model.predict(["volunteers for the beach"]).tolist() == ["chat"]
    assert model.predict_proba([""]) == pytest.approx(np.array([[0.3, 0.7]]))


def test_too_few_posts_to_calibrate_are_refused_and_learned_from_without():
    texts, labels = TEXTS[:12], LABELS[:12]
    with pytest.raises(CorpusError, match=r"6 posts are labelled 'ask' \(one is position 0\).*calibrate=False"):
        PostClassifier().fit(texts, labels)
    model = PostClassifier(calibrate=False).fit(texts, labels)
    assert model.score(texts, labels) == 1


def test_an_unknown_background_is_refused():
    with pytest.raises(CorpusError, match="'prayer', the background; the labels are ask, chat"):
        PostClassifier(background="prayer").fit(TEXTS, LABELS)


def test_near_duplicates_are_on_one_side_of_calibration():
    """Ten copies of a post would be told from their twins; all of them held out together cannot be learned at all."""
    with pytest.raises(CorpusError, match=r"'ask' are near-duplicates"):
        PostClassifier().fit(["نحتاج متطوعين للتنظيف غدا"] * 15 + TEXTS[3::6] * 3, ["ask"] * 15 + ["chat"] * 15)


def test_posts_of_weight_0_are_as_if_they_were_not_there(fitted: PostClassifier):
    noise = ["مبروك متطوعين"] * 7
    weight = [1.0] * len(TEXTS) + [0.0] * 7
    again = PostClassifier().fit([*TEXTS, *noise], [*LABELS, *["ask"] * 7], sample_weight=weight)
    assert (again.predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()
    with pytest.raises(ValueError, match="zero"):
        PostClassifier().fit(TEXTS, LABELS, sample_weight=np.zeros(len(TEXTS)))


def test_heavier_posts_count_for_more():
    texts, labels = [*TEXTS, "كلمة", "كلمة"], [*LABELS, "ask", "chat"]
    first, second = [[1.0] * len(TEXTS) + ends for ends in ([9.0, 0.1], [0.1, 9.0])]
    ask = [PostClassifier(calibrate=False).fit(texts, labels, w).predict_proba(["كلمة"])[0, 0] for w in (first, second)]
    assert ask[0] > 0.5 > ask[1]


def test_it_is_what_train_trains(few_posts: list[LabelledPost], tmp_path: Path):
    posts = [replace(post, firm=True, also=None, pair="") for post in few_posts[:300]]
    train(posts, tmp_path / "trained")
    texts = [post.text for post in posts]
    saved = PostClassifier().fit(texts, [post.label for post in posts]).save(tmp_path / "saved")
    trained, mine = load_model(tmp_path / "trained"), load_model(saved)
    for one, other in zip(classify_many(texts, model=trained), classify_many(texts, model=mine), strict=True):
        assert one.label == other.label
        assert dict(one.probabilities) == pytest.approx(dict(other.probabilities), abs=1e-3)
    assert mine.info.keys() == trained.info.keys()


def test_a_saved_model_predicts_the_same(fitted: PostClassifier, tmp_path: Path):
    model = load_model(fitted.save(tmp_path / "model"))
    frame = label_frame(pd.DataFrame({"text": TEXTS}), model=model)
    assert frame["label"].tolist() == fitted.predict(TEXTS).tolist()
    assert frame["probability"].to_numpy() == pytest.approx(fitted.predict_proba(TEXTS).max(axis=1))
    assert explain(TEXTS[0], model=model).parts


def test_a_model_whose_card_would_be_untrue_is_not_saved(tmp_path: Path):
    with pytest.raises(ModelError, match="calibrate=True"):
        PostClassifier(calibrate=False).fit(TEXTS, LABELS).save(tmp_path / "model")
    held_out = read_corpus(held_out_files()[:1])[:40]
    model = PostClassifier().fit([*TEXTS, *(post.text for post in held_out)], [*LABELS, *["ask", "chat"] * 20])
    with pytest.raises(ModelError, match="40 posts that are kept for measuring"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def _cleaned(posts: list[str]) -> list[str]:
    return list(map(clean, posts))


def test_it_works_in_pipelines_searches_and_cross_validation(tmp_path: Path):
    shuffled = random.Random(0).sample(range(len(TEXTS)), len(TEXTS))
    texts, labels = [TEXTS[i] for i in shuffled], [LABELS[i] for i in shuffled]
    cleaning = FunctionTransformer(_cleaned)
    pipeline = make_pipeline(cleaning, PostClassifier(calibrate=False), memory=joblib.Memory(tmp_path, verbose=0))
    assert cross_val_score(pipeline, texts, labels, cv=3).mean() > 0.9
    search = GridSearchCV(PostClassifier(calibrate=False), {"regularisation": [0.01, 100.0]}, cv=3, n_jobs=2)
    search.fit(texts, labels)
    assert search.best_score_ > 0.9
    assert cross_val_predict(PostClassifier(calibrate=False), texts, labels, cv=3, method="predict_proba").shape == (
        30,
        2,
    )


@pytest.mark.slow
def test_processes_change_nothing(fitted: PostClassifier):
    parallel = PostClassifier(n_jobs=2).fit(TEXTS, LABELS)
    assert (parallel.predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()


def test_a_clone_learns_the_same(fitted: PostClassifier):
    assert (clone(fitted).fit(TEXTS, LABELS).predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()


def test_dumps_and_caches_by_joblib_predict_the_same(fitted: PostClassifier, tmp_path: Path):
    joblib.dump(fitted, tmp_path / "model.joblib")
    for mode in (None, "r"):
        loaded = joblib.load(tmp_path / "model.joblib", mmap_mode=mode)
        assert (loaded.predict_proba(TEXTS) == fitted.predict_proba(TEXTS)).all()
    fit = joblib.Memory(tmp_path / "cache", verbose=0).cache(lambda model: model.fit(TEXTS, LABELS))
    assert (fit(PostClassifier()).predict(TEXTS) == fit(PostClassifier()).predict(TEXTS)).all()
