"""Picking posts to label: the doubtful, each once, none that is labelled already."""

import json

import pytest

from evolunteer_nlp import load_model
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.training.review import pick

SURE = "مباراة الهلال والنصر الليلة الساعة التاسعة"
DOUBTFUL = "من يقدر يجي يساعدنا ومعه شي للأيتام يتفضل"


def dump(path, *texts):
    path.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts), "utf-8")
    return path


def test_the_least_sure_come_first(real_or_written, tmp_path):
    tasks = pick(dump(tmp_path / "a.jsonl", *real_or_written), 50, load_model())
    margins = [task.probability - task.runner_up_probability for task in tasks]
    assert len(tasks) == 50
    assert margins == sorted(margins)
    assert all(task.guess in load_model().labels for task in tasks)


@pytest.fixture
def real_or_written(authored):
    return [post.text + " ثم" for post in authored[:400]]


def test_a_post_and_what_is_nearly_the_same_are_asked_once(tmp_path):
    path = dump(tmp_path / "a.jsonl", DOUBTFUL, DOUBTFUL, DOUBTFUL + " الكريم", SURE)
    assert len(pick(path, 10, load_model())) == 2


def test_nothing_from_the_corpora_is_asked_again(authored, tmp_path):
    path = dump(tmp_path / "a.jsonl", *(post.text for post in authored[:50]), DOUBTFUL)
    assert [(task.text, task.row) for task in pick(path, 10, load_model())] == [(DOUBTFUL, 51)]


def test_empty_and_odd_rows_are_passed_over(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": null}}\n{{"text": 5}}\n{{"text": "{DOUBTFUL}"}}\n[1]\n', "utf-8")
    assert [task.row for task in pick(path, 10, load_model())] == [3]


def test_a_dump_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(TableError, match="there is no file"):
        pick(tmp_path / "a.csv", 10, load_model())
