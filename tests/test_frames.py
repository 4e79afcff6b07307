import numpy as np
import pandas as pd
import pytest

from evolunteer_nlp import classify, label_frame

CALL = "نحتاج متطوعين لتنظيف الشاطئ يوم الجمعة، سجل معنا"
DRIVE = "تبرعوا لإغاثة المتضررين على الحساب 0000000000000"
ADDED = ["label", "probability", "also", "certain"]


def test_a_frame_gets_the_labels_of_classify(few_posts):
    texts = [post.text for post in few_posts[:100]]
    labelled = label_frame(pd.DataFrame({"text": texts}))
    for text, row in zip(texts, labelled.itertuples(), strict=True):
        found = classify(text)
        assert (row.label, row.certain) == (found.label, found.certain)
        assert row.probability == pytest.approx(found.probability, abs=1e-6)
        assert (None if pd.isna(row.also) else row.also) == found.also


@pytest.mark.parametrize("index", [[7, 3, 5], ["b", "b", "a"], pd.date_range("2024-01-01", periods=3)])
def test_index_order_and_columns_stay(index):
    before = pd.DataFrame(
        {"id": [2**62 + 1, 2, 3], "text": [CALL, DRIVE, "صباح الخير"], 5: [[1], {}, None]}, index=index
    )
    labelled = label_frame(before)
    pd.testing.assert_frame_equal(labelled[list(before.columns)], before)
    assert list(labelled.columns) == [*before.columns, *ADDED]
    assert list(labelled["label"]) == [classify(text).label for text in before["text"]]


def test_the_frame_that_was_given_is_not_changed():
    before = pd.DataFrame({"text": [CALL], "label": ["mine"]})
    label_frame(before)
    pd.testing.assert_frame_equal(before, pd.DataFrame({"text": [CALL], "label": ["mine"]}))


def test_added_columns_have_their_types():
    labelled = label_frame(pd.DataFrame({"text": [CALL, ""]}))
    assert labelled["probability"].dtype == np.float64
    assert labelled["certain"].dtype == np.bool_
    assert [type(label) for label in labelled["label"]] == [str, str]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_texts_are_unrelated_and_doubtful(missing):
    labelled = label_frame(pd.DataFrame({"text": pd.Series([CALL, missing], dtype=object)}))
    assert labelled["label"].iloc[1] == "unrelated"
    assert not labelled["certain"].iloc[1]
    assert pd.isna(labelled["text"].iloc[1])


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_texts_may_be_of_any_text_type(dtype):
    texts = pd.Series([CALL, None], dtype=dtype)
    assert list(label_frame(pd.DataFrame({"text": texts}))["label"]) == [classify(CALL).label, "unrelated"]


def test_columns_of_our_names_are_kept_under_others():
    labelled = label_frame(pd.DataFrame({"label": [CALL], "also": [1], "label_input": [2]}), column="label")
    assert list(labelled.columns) == ["label_input_2", "also_input", "label_input", *ADDED]
    assert labelled["label_input_2"].tolist() == [CALL]


def test_an_empty_frame_gets_empty_columns():
    labelled = label_frame(pd.DataFrame({"id": [], "text": []}))
    assert (len(labelled), list(labelled.columns)) == (0, ["id", "text", *ADDED])


def test_more_posts_than_a_batch_keep_their_order():
    texts = [CALL, "صباح الخير"] * 5000
    labels = label_frame(pd.DataFrame({"text": texts}), engine="words")["label"]
    expected = [classify(text, engine="words").label for text in texts[:2]]
    assert labels.tolist() == expected * 5000


def test_a_missing_column_lists_those_there_are():
    with pytest.raises(KeyError, match="the columns are: id, words"):
        label_frame(pd.DataFrame({"id": [1], "words": [CALL]}))


@pytest.mark.parametrize("value", [3, 0.5, ["a"], b"a"])
def test_a_value_that_is_no_text_is_named_by_its_index(value):
    frame = pd.DataFrame({"text": pd.Series([CALL, value], dtype=object, index=["first", "second"])})
    with pytest.raises(TypeError, match=f"'second'.*{type(value).__name__}"):
        label_frame(frame)


def test_two_columns_of_posts_are_refused():
    with pytest.raises(ValueError, match="'text'"):
        label_frame(pd.DataFrame([[CALL, DRIVE]], columns=["text", "text"]))


def test_model_threshold_and_preference_are_those_of_classify(small_model):
    frame = pd.DataFrame({"text": [DRIVE]})
    options = {"threshold": {"awareness_campaign": 1e-9}}
    assert (
        label_frame(frame, **options)["label"].tolist() == [classify(DRIVE, **options).label] == ["awareness_campaign"]
    )
    expected = classify(DRIVE, model=small_model, prefer="recall")
    [row] = label_frame(frame, model=small_model, prefer="recall").itertuples()
    assert (row.label, row.probability) == (expected.label, pytest.approx(expected.probability, abs=1e-6))


def test_an_unknown_preference_or_label_is_refused():
    with pytest.raises(ValueError, match="recall"):
        label_frame(pd.DataFrame({"text": [CALL]}), prefer="precision")
    with pytest.raises(ValueError, match="'spam'"):
        label_frame(pd.DataFrame({"text": [CALL]}), threshold={"spam": 0.5})


@pytest.fixture
def pl():
    return pytest.importorskip("polars", reason="polars is not installed")


def test_a_polars_frame_gets_the_columns_of_a_pandas_one(pl, few_posts):
    texts = [post.text for post in few_posts[:100]] + [None]
    expected = label_frame(pd.DataFrame({"text": texts}))
    labelled = label_frame(pl.DataFrame({"id": range(101), "text": texts}))
    assert labelled.schema == pl.Schema(
        {"id": pl.Int64, "text": pl.String}
        | {"label": pl.String, "probability": pl.Float64, "also": pl.String, "certain": pl.Boolean}
    )
    assert labelled["text"].to_list() == texts
    for name in ADDED:
        assert labelled[name].to_list() == expected[name].astype(object).where(expected[name].notna(), None).tolist()


def test_columns_of_our_names_are_kept_in_polars_too(pl):
    before = pl.DataFrame({"label": [CALL], "also": [1], "label_input": [2]})
    labelled = label_frame(before, "label", engine="words")
    assert labelled.columns == ["label_input_2", "also_input", "label_input", *ADDED]
    assert before.columns == ["label", "also", "label_input"]


@pytest.mark.parametrize("dtype", ["Categorical", "Null", "Object"])
def test_polars_texts_may_be_of_any_type_that_holds_them(pl, dtype):
    texts = pl.Series("text", [None if dtype == "Null" else CALL, None], dtype=getattr(pl, dtype))
    expected = [classify(text or "", engine="words").label for text in texts.to_list()]
    assert label_frame(pl.DataFrame([texts]), engine="words")["label"].to_list() == expected


def test_an_empty_polars_frame_gets_empty_columns(pl):
    labelled = label_frame(pl.DataFrame({"text": []}))
    assert (labelled.height, labelled.columns) == (0, ["text", *ADDED])


def test_polars_errors_name_row_and_columns(pl):
    with pytest.raises(TypeError, match=r"index 0 .* is int"):
        label_frame(pl.DataFrame({"text": [3]}))
    with pytest.raises(KeyError, match="the columns are: id, words"):
        label_frame(pl.DataFrame({"id": [1], "words": [CALL]}))


def test_a_lazy_frame_is_to_be_collected(pl):
    with pytest.raises(TypeError, match=r"collect\(\)"):
        label_frame(pl.LazyFrame({"text": [CALL]}))


def test_what_is_no_frame_is_named():
    with pytest.raises(TypeError, match=r"builtins\.dict; for Spark"):
        label_frame({"text": [CALL]})
