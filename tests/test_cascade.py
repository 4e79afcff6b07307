"""The cascade: who answers, and what comes out."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_reader import tiny_reader

from evolunteer_nlp import ModelError, classify, classify_many, explain, load_model
from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.engine.cascade import combined
from evolunteer_nlp.training.fit import Examples, Settings, examples
from evolunteer_nlp.training.readers import ReaderFiles, kept_reader
from evolunteer_nlp.training.train import train

CALL = "نحتاج متطوعين لتنظيف الشاطئ يوم الجمعة، سجل معنا"
FOREIGN = "good morning"


@pytest.fixture
def texts(few_posts: list[LabelledPost]) -> list[str]:
    return [post.text for post in few_posts[:120]] + [FOREIGN]


def test_the_cascade_is_the_default_where_there_is_a_reader(small_model: Path, small_cascade: Path) -> None:
    assert load_model(small_model).using == "words"
    assert load_model(small_cascade).using == "cascade"
    assert load_model().using == "cascade"
    assert load_model(small_cascade, engine="words").using == "words"
    with pytest.raises(ValueError, match="no engine 'reader'; it has words"):
        classify(CALL, model=small_model, engine="reader")


def test_sure_posts_are_answered_by_words_and_the_rest_by_the_mean(small_cascade: Path, texts: list[str]) -> None:
    model = load_model(small_cascade)
    words, reader, cascade = model.engines
    assert reader is not None
    assert cascade is not None
    read = 0
    for text in texts[:-1]:
        by_words = np.array(model.decisions["words"].probabilities(words.scores(text)))
        found = np.exp(cascade.scores(text))
        if cascade.reads(text):
            read += 1
            by_reading = np.array(model.decisions["reader"].probabilities(reader.scores(text)))
            assert found == pytest.approx((by_words + by_reading) / 2)
            assert 1 - by_words[-1] >= cascade.read_from
        else:
            assert found == pytest.approx(by_words)
            assert 1 - by_words[-1] < cascade.read_from
    assert 0 < read < len(texts)
    assert cascade.scores(FOREIGN) is None
    assert not cascade.reads(FOREIGN)


@pytest.mark.parametrize("engine", ["words", "reader", "cascade"])
def test_a_post_gets_the_same_alone_and_in_any_batch(small_cascade: Path, texts: list[str], engine: str) -> None:
    together = list(classify_many(texts, model=small_cascade, engine=engine))
    for text, found in zip(texts, together, strict=True):
        alone = classify(text, model=small_cascade, engine=engine)
        assert (alone.label, alone.also, alone.certain) == (found.label, found.also, found.certain)
        assert alone.probability == pytest.approx(found.probability, abs=1e-3)


def test_engines_know_one_model_and_one_prior(small_cascade: Path) -> None:
    prior = {"volunteer_call": 0.01, "donation_drive": 0.01, "awareness_campaign": 0.01}
    model = load_model(small_cascade, prior=prior)
    for engine in ("words", "reader", "cascade"):
        assert model.with_engine(engine).decision.prior[-1] == pytest.approx(0.97)
        assert classify(FOREIGN, model=model, engine=engine).probability == pytest.approx(0.97)
    assert model.with_engine(None) is model


def test_explanations_say_what_words_add_and_what_reading_finds(small_cascade: Path, texts: list[str]) -> None:
    model = load_model(small_cascade)
    kinds = set()
    for text in texts:
        why = explain(text, model=model)
        assert why.prediction == classify(text, model=model)
        kinds.add(why.reading is not None)
        assert (why.reading is not None) == model.reads(text)
        assert all((part.reading is not None) == (why.reading is not None) for part in why.parts)
    assert kinds == {True, False}
    why = explain(CALL, model=model, engine="reader")
    first = why.parts[0]
    without = explain(CALL[: first.start] + " " + CALL[first.end :], model=model, engine="reader")
    assert why.reading is not None
    assert without.reading is not None
    assert first.reading is not None
    for label, change in first.reading.items():
        assert change == pytest.approx(math.log(why.reading[label] / without.reading[label]), abs=1e-4)
    assert explain(CALL, model=model, engine="words").reading is None


def test_nothing_is_read_where_nothing_is_given() -> None:
    words = np.array([[0.9, 0.1], [0.5, 0.5], [np.nan, np.nan]])
    read = np.array([[0.1, 0.9], [np.nan, np.nan], [np.nan, np.nan]])
    expected = np.array([[0.5, 0.5], [0.5, 0.5], [np.nan, np.nan]])
    assert np.exp(combined(words, read)) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("name", ["reader.onnx", "tokenizer.json"])
def test_a_damaged_reader_is_told_when_a_post_is_read(small_cascade: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small_cascade, folder)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    model = load_model(folder)
    assert classify(CALL, model=model, engine="words")
    with pytest.raises(ModelError, match=rf"{name} is damaged"):
        classify(CALL, model=model, engine="reader")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=rf"{name} cannot be read"):
        classify(CALL, model=model, engine="reader")


def test_a_manifest_without_its_threshold_is_told(small_cascade: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small_cascade, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest["read_from"]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match="read_from"):
        load_model(folder)


def test_retraining_keeps_the_reader_and_reads_only_what_is_new(
    small_cascade: Path, few_posts: list[LabelledPost], tmp_path: Path
) -> None:
    new = LabelledPost(text="محتاجين ناس تساعدنا نفرز الملابس بكرة الصبح", label="volunteer_call")
    given = examples([*few_posts, new], Settings())
    kept = kept_reader(given, small_cascade)
    assert kept is not None
    old = load_model(small_cascade).engines.reader
    assert old is not None
    places = {post.text: i for i, post in enumerate(given.posts)}
    assert kept.scores[places[new.text]] == pytest.approx(old.scores(new.text))
    assert not np.isnan(kept.scores).any()
    manifest = train([*few_posts, new], tmp_path / "mine", reader=lambda given: kept_reader(given, small_cascade))
    assert set(manifest["decisions"]) == {"words", "reader", "cascade"}
    for name in ("reader.onnx", "tokenizer.json"):
        assert (tmp_path / "mine" / name).read_bytes() == (small_cascade / name).read_bytes()


def test_public_posts_that_a_reader_learned_from_leave_no_trace(
    small_cascade: Path, few_posts: list[LabelledPost], monkeypatch: pytest.MonkeyPatch
) -> None:
    public = LabelledPost(text="نص عام معروف للقارئ من قبل", label="unrelated", id="00aa", source="somewhere")
    monkeypatch.setattr("evolunteer_nlp.training.readers.read_public_labels", lambda: {"00aa": None})
    given = examples([*few_posts, public], Settings())
    kept = kept_reader(given, small_cascade)
    assert kept is not None
    assert np.isnan(kept.scores[[post.id == "00aa" for post in given.posts]]).all()


def test_a_reader_of_other_labels_is_left_out_and_that_is_said(
    small_cascade: Path, few_posts: list[LabelledPost]
) -> None:
    posts = [replace(post, label="ask" if post.label != "unrelated" else "chat", also=None) for post in few_posts]
    said: list[str] = []
    assert kept_reader(examples(posts, Settings()), small_cascade, said.append) is None
    assert "other labels" in said[0]


def test_a_model_trained_without_a_reader_leaves_no_reader_behind(
    small_cascade: Path, few_posts: list[LabelledPost], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(small_cascade, folder)
    train(few_posts, folder)
    assert sorted(file.name for file in folder.iterdir()) == ["arrays.safetensors", "manifest.json"]


def test_what_a_reader_learned_is_remembered_from_model_to_model(
    small_cascade: Path, few_posts: list[LabelledPost], tmp_path: Path
) -> None:
    mine = [replace(post, text=f"{post.text} {i} مرة", id="", pair="") for i, post in enumerate(few_posts[:90])]
    train(mine, tmp_path / "mine", reader=lambda given: kept_reader(given, small_cascade))
    given = examples([*few_posts, *mine], Settings())
    said: list[str] = []
    kept = kept_reader(given, tmp_path / "mine", said.append)
    assert kept is not None
    assert not said  # nothing is new
    old = kept_reader(given, small_cascade)
    assert old is not None
    is_old = [post.id != "" for post in given.posts]
    assert np.allclose(kept.scores[is_old], old.scores[is_old], atol=1e-5, equal_nan=True)


def test_a_reader_without_scores_of_every_label_is_left_out(
    small_cascade: Path, few_posts: list[LabelledPost], tmp_path: Path
) -> None:
    said: list[str] = []

    def unread(given: Examples) -> ReaderFiles:
        return tiny_reader(given)._replace(scores=np.full((len(given.posts), 4), np.nan))

    manifest = train(few_posts, tmp_path / "model", reader=unread, progress=said.append)
    assert list(manifest["decisions"]) == ["words"]
    assert any("the reader is left out" in message for message in said)


def test_a_reader_of_texts_cleaned_in_another_way_is_left_out(
    small_cascade: Path, few_posts: list[LabelledPost], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small_cascade, folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8")) | {"cleaning": "0" * 16}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    said: list[str] = []
    assert kept_reader(examples(few_posts, Settings()), folder, said.append) is None
    assert "cleaned in another way" in said[0]


def test_a_model_is_found_after_the_working_directory_changed(
    small_cascade: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_cascade.parent)
    model = load_model(small_cascade.name)
    monkeypatch.chdir(tmp_path)
    assert classify(CALL, model=model, engine="reader")


def test_a_very_long_post_is_explained(small_cascade: Path) -> None:
    why = explain("نحتاج متطوعين " * 400, model=small_cascade, engine="reader")
    assert len(why.parts) == 800
    assert why.parts[-1].reading is not None
    assert set(why.parts[-1].reading.values()) == {0.0}
