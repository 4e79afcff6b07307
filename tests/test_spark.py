"""Labelling in Spark: a local session, with Python workers of its own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from evolunteer_nlp import label_frame, load_model
from evolunteer_nlp.dumps.labelling import LONGEST_TEXT
from evolunteer_nlp.dumps.spark import label_column

pytest.importorskip("pyspark", reason="pyspark is not installed")
if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
    pytest.skip("Spark needs Java", allow_module_level=True)

ROOT = Path(__file__).parent.parent
CALL = "نحتاج متطوعين لتنظيف الشاطئ يوم الجمعة، سجل معنا"
ADDED = ["label", "probability", "also", "certain", "label_error"]
pytestmark = [
    pytest.mark.slow,
    # said by pyspark itself, of whatever is done with pandas 3
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]


@pytest.fixture(scope="module")
def spark():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.host", "127.0.0.1").config("spark.log.level", "ERROR").getOrCreate()
    yield session
    session.stop()


def rows(df):
    return sorted((row.asDict() for row in df.collect()), key=lambda row: row["id"])


def test_labels_are_those_of_label_frame(spark):
    posts = pd.read_csv(ROOT / "corpora/sample/posts.csv")[["id", "text"]].sort_values("id")
    expected = label_frame(posts, prefer="recall")
    df = spark.createDataFrame(posts.astype(object).to_numpy().tolist(), "id string, text string").repartition(5)
    found = rows(label_column(df, prefer="recall"))
    assert list(found[0]) == ["id", "text", *ADDED]
    for row, wanted in zip(found, expected.itertuples(), strict=True):
        also = None if pd.isna(wanted.also) else wanted.also
        assert (row["id"], row["label"], row["also"], row["certain"]) == (wanted.id, wanted.label, also, wanted.certain)
        assert row["probability"] == pytest.approx(wanted.probability, abs=1e-6)
        assert row["label_error"] is None


def test_posts_that_cannot_be_labelled_say_why_and_the_others_are(spark):
    longest = "ا" * LONGEST_TEXT
    texts = [CALL, None, longest, longest + "ا", ""]
    df = spark.createDataFrame(list(enumerate(texts)), "id int, text string").coalesce(1)
    found = rows(label_column(df, engine="words"))
    assert [row["label"] for row in found] == ["volunteer_call", None, "unrelated", None, "unrelated"]
    assert [row["label_error"] for row in found] == [
        None,
        "no text",
        None,
        "the text has 100,001 characters; the limit is 100,000",
        None,
    ]
    assert all(found[i][name] is None for i in (1, 3) for name in ("probability", "also", "certain"))


def test_the_model_is_brought_along_with_its_prior(spark, small_model, tmp_path):
    folder = shutil.copytree(small_model, tmp_path / "model")
    model = load_model(folder, prior={"volunteer_call": 0.9, "donation_drive": 0.04, "awareness_campaign": 0.03})
    expected = label_frame(pd.DataFrame({"text": [CALL]}), model=model)
    labelled = label_column(spark.createDataFrame([(1, CALL)], "id int, text string"), model=model)
    shutil.rmtree(folder)
    assert rows(labelled)[0]["probability"] == pytest.approx(expected["probability"].item(), abs=1e-6)


def test_a_model_is_sent_once(spark):
    df = spark.createDataFrame([(1, CALL)], "id int, text string")
    label_column(df, engine="words")
    before = spark.sparkContext.listArchives
    label_column(df, engine="words", prefer="recall")
    assert spark.sparkContext.listArchives == before


def test_columns_of_our_names_are_kept_under_others(spark):
    df = spark.createDataFrame([(1, CALL, 2, 3)], "id int, `Label` string, also int, `a.b` int")
    labelled = label_column(df, "Label", engine="words")
    assert labelled.columns == ["id", "label_input", "also_input", "a.b", *ADDED]
    assert rows(labelled)[0]["label_input"] == CALL
    [row] = rows(label_column(df.toDF("id", "te`.xt", "b", "c"), "te`.xt", engine="words"))
    assert row["label"] == "volunteer_call"


def test_a_filter_on_labels_labels_no_post_twice(spark, capfd):
    df = spark.createDataFrame([(1, CALL)], "id int, text string")
    label_column(df, engine="words").filter("label = 'volunteer_call' and certain").explain()
    assert capfd.readouterr().out.count("ArrowEvalPython") == 1


def test_mistakes_are_told_before_anything_runs(spark):
    df = spark.createDataFrame([(1, CALL, CALL)], "id int, text string, words string")
    with pytest.raises(TypeError, match="'id' holds int, not string"):
        label_column(df, "id")
    with pytest.raises(KeyError, match="the columns are: id, text, words"):
        label_column(df, "post")
    with pytest.raises(ValueError, match="several columns are named 'text'"):
        label_column(df.toDF("id", "text", "text"))
    with pytest.raises(ValueError, match="'spam'"):
        label_column(df, threshold={"spam": 0.5})
    with pytest.raises(TypeError, match=r"not pandas\."):
        label_column(pd.DataFrame({"text": [CALL]}))


def test_the_script_of_the_manual_runs(tmp_path):
    [script] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/spark.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "label_posts.py").write_text(script, encoding="utf-8")
    import pyspark

    submit = Path(pyspark.__file__).parent / "bin/spark-submit"
    subprocess.run(
        [submit, "--master", "local[2]", "label_posts.py", ROOT / "corpora/sample/posts.csv", "labelled"],
        cwd=tmp_path,
        check=True,
        env={**os.environ, "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    labelled = pd.read_parquet(tmp_path / "labelled")
    assert len(labelled) == 200
    assert labelled["label"].notna().all()
