"""The words engine is a plain scikit-learn pipeline on the same weights, however posts come to it."""

import math
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from evolunteer_nlp import load_model
from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.engine import batches
from evolunteer_nlp.engine.artefact import load_arrays
from evolunteer_nlp.engine.words import WordsEngine
from evolunteer_nlp.text.cleaning import tokens
from evolunteer_nlp.text.features import features, number
from evolunteer_nlp.text.language import is_arabic

FOREIGN = ["", " \n", "😂😂", "volunteers for the camp", "0500000000", "\ud83d"]
A_TOKEN = "\N{NULL}a token"
"""A column that counts a post's tokens."""


def tokens_and_features(text: str) -> list[str]:
    found = tokens(text)
    return [A_TOKEN] * len(found) + [name for token in found for name in features(token)]


def by_root_of_tokens(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Divide each row but its last column, which counts the post's tokens, by the root of that."""
    n_tokens = counts[:, [-1]].toarray().ravel()
    return sp.diags(1 / np.sqrt(np.maximum(n_tokens, 1))) @ counts[:, :-1]


@pytest.fixture(scope="module")
def plain_pipeline(small_model: Path, few_posts: list[LabelledPost]) -> Pipeline:
    """The model's weights in scikit-learn's hands."""
    manifest, arrays = load_arrays(small_model)
    row_of = {feature: row for row, feature in enumerate(arrays["numbers"].tolist())}
    seen = {name for post in few_posts for token in tokens(post.text) for name in features(token)}
    names = sorted(name for name in seen if number(name) in row_of)
    assert len(names) == len(row_of)
    weights = np.asarray(arrays["weights"]).reshape(len(row_of), -1).astype(np.float64)
    classifier = LogisticRegression()
    classifier.classes_ = np.array(manifest["labels"])
    classifier.coef_ = weights[[row_of[number(name)] for name in names]].T
    classifier.intercept_ = np.asarray(arrays["intercept"])
    vectorizer = CountVectorizer(analyzer=tokens_and_features, vocabulary=[*names, A_TOKEN], dtype=np.float64)
    return make_pipeline(vectorizer, FunctionTransformer(by_root_of_tokens, accept_sparse=True), classifier)


@pytest.fixture
def engine(small_model: Path) -> WordsEngine:
    """An engine that has seen no post yet."""
    return load_model(small_model).engine


@pytest.fixture(scope="module")
def texts(authored: list[LabelledPost]) -> list[str]:
    """Authored posts, and among them posts that are not Arabic."""
    mixed = [post.text for post in authored[::5]] + FOREIGN * 3
    random.Random(0).shuffle(mixed)
    return mixed


def alone(engine: WordsEngine, texts: list[str]) -> npt.NDArray[np.float64]:
    """Scores of posts one by one, in the form of those of a batch."""
    nothing = (math.nan,) * engine.n_labels
    return np.array([engine.scores(text) or nothing for text in texts])


def assert_equals_pipeline(engine: WordsEngine, pipeline: Pipeline, texts: list[str]) -> None:
    arabic = [text for text in texts if is_arabic(tokens(text))]
    assert len(arabic) > 0.9 * len(texts)
    expected = pipeline.decision_function(arabic)
    np.testing.assert_allclose(alone(engine, arabic), expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(engine.scores_many(arabic), expected, rtol=0, atol=1e-6)


def test_authored_posts_score_as_in_scikit_learn(
    engine: WordsEngine, plain_pipeline: Pipeline, authored: list[LabelledPost]
) -> None:
    assert_equals_pipeline(engine, plain_pipeline, [post.text for post in authored[::3]])


def test_real_posts_score_as_in_scikit_learn(
    engine: WordsEngine, plain_pipeline: Pipeline, real_texts: list[str]
) -> None:
    assert_equals_pipeline(engine, plain_pipeline, real_texts[:4000])


def test_one_by_one_is_the_same_as_together(engine: WordsEngine, texts: list[str]) -> None:
    together = engine.scores_many(texts)
    np.testing.assert_allclose(alone(engine, texts), together, rtol=0, atol=1e-9)
    assert np.isnan(together).any(axis=1).tolist() == [not is_arabic(tokens(text)) for text in texts]


def test_order_does_not_matter(engine: WordsEngine, texts: list[str]) -> None:
    np.testing.assert_array_equal(engine.scores_many(texts[::-1])[::-1], engine.scores_many(texts))


@pytest.mark.parametrize("size", [1, 2, 17, 500])
def test_the_size_of_batches_does_not_matter(small_model: Path, texts: list[str], size: int) -> None:
    engine, other = load_model(small_model).engine, load_model(small_model).engine
    in_parts = [engine.scores_many(texts[at : at + size]) for at in range(0, 500, size)]
    np.testing.assert_array_equal(np.concatenate(in_parts)[:500], other.scores_many(texts)[:500])


def test_words_that_are_known_score_as_new_ones(engine: WordsEngine, texts: list[str]) -> None:
    first = engine.scores_many(texts), alone(engine, texts)
    again = engine.scores_many(texts), alone(engine, texts)
    np.testing.assert_array_equal(first, again)


def test_a_full_memory_changes_no_score(
    engine: WordsEngine, small_model: Path, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = load_model(small_model).engine.scores_many(texts)
    monkeypatch.setattr(batches, "_WORDS_KEPT", 500)
    monkeypatch.setattr(batches, "_WORDS_AT_ONCE", 100)
    in_parts = [engine.scores_many(texts[at : at + 50]) for at in range(0, len(texts), 50)]
    np.testing.assert_array_equal(np.concatenate(in_parts), expected)


def test_threads_change_no_score(engine: WordsEngine, small_model: Path, texts: list[str]) -> None:
    expected = load_model(small_model).engine.scores_many(texts)
    parts = [texts[at : at + 40] for at in range(0, len(texts), 40)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(engine.scores_many, parts))
        one_by_one = list(pool.map(lambda part: alone(engine, part), parts))
    np.testing.assert_array_equal(np.concatenate(together), expected)
    np.testing.assert_allclose(np.concatenate(one_by_one), expected, rtol=0, atol=1e-9)


def test_no_posts_have_no_scores(engine: WordsEngine) -> None:
    assert engine.scores_many([]).shape == (0, engine.n_labels)


def test_posts_that_are_not_arabic_have_no_score(engine: WordsEngine) -> None:
    assert [engine.scores(text) for text in FOREIGN] == [None] * len(FOREIGN)
    assert np.isnan(engine.scores_many(FOREIGN)).all()
