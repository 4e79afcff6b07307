"""Picking posts to label: the doubtful, unlike each other, none that is labelled already."""

import json
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from evolunteer_nlp import classify, load_model
from evolunteer_nlp.corpus.posts import LabelledPost
from evolunteer_nlp.dumps.exports import open_posts
from evolunteer_nlp.errors import TableError
from evolunteer_nlp.tables.read import Row
from evolunteer_nlp.training.drift import sample
from evolunteer_nlp.training.review import pick

SURE = "مباراة الهلال والنصر الليلة الساعة التاسعة"
DOUBTFUL = "من يقدر يجي يساعدنا ومعه شي للأيتام يتفضل"


def dump(path, *texts):
    path.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts), "utf-8")
    return path


def test_the_least_sure_come_first(slightly_changed, tmp_path):
    tasks = pick(dump(tmp_path / "a.jsonl", *slightly_changed), 50, load_model())
    margins = [task.margin for task in tasks]
    assert len(tasks) == 50
    assert margins == sorted(margins)
    assert margins[-1] < 0.9
    for task in tasks[:5]:
        first, second = sorted(classify(task.text).probabilities.values(), reverse=True)[:2]
        assert task.margin == pytest.approx(first - second, abs=1e-5)
        assert task.predicted == classify(task.text).label


@pytest.fixture
def slightly_changed(authored):
    return [post.text + " ثم" for post in authored[:400]]


def test_a_post_and_what_is_nearly_the_same_are_asked_once(tmp_path):
    path = dump(tmp_path / "a.jsonl", DOUBTFUL, DOUBTFUL, DOUBTFUL + " الكريم", SURE)
    assert len(pick(path, 10, load_model())) == 2


def test_nothing_from_the_corpora_is_asked_again(authored, tmp_path):
    path = dump(tmp_path / "a.jsonl", *(post.text for post in authored[:50]), DOUBTFUL)
    assert [(task.text, task.row) for task in pick(path, 10, load_model())] == [(DOUBTFUL, 51)]


def test_what_was_labelled_meanwhile_is_not_asked_again(tmp_path):
    path = dump(tmp_path / "a.jsonl", DOUBTFUL, SURE)
    labelled = [LabelledPost(DOUBTFUL, "volunteer_call", id="of another tool")]
    assert [task.text for task in pick(path, 10, load_model(), labelled=labelled)] == [SURE]


def test_forwards_do_not_crowd_out_other_posts(authored, tmp_path):
    forwards = [
        f"{DOUBTFUL} {word}" for word in ["اليوم", "غدا", "الليلة", "باكر", "العصر", "الظهر", "المغرب", "الفجر"]
    ] * 5
    others = [post.text + " ثم" for post in authored[:200:40]]
    tasks = pick(dump(tmp_path / "a.jsonl", *forwards, *others), 5, load_model())
    assert len(tasks) == 5


class UnsureOf:
    """Stands for a model that is a little less sure of posts of some words than of others."""

    labels = ("volunteer_call", "unrelated")

    def __init__(self, words):
        self.words = words

    def columns(self, texts):
        first = np.array([0.5 if set(text.split()) <= self.words else 0.6 for text in texts])
        return SimpleNamespace(probabilities=np.column_stack([first, 1 - first]), labels=np.zeros(len(texts), int))


TOPICS = [
    "متبرعين بالدم فصيلة نادرة عملية مستشفى طفلة لوكيميا",
    "مباراة الهلال الدوري المدرب الملعب الحكم هدف جمهور",
    "كبسة الدجاج وصفة المطبخ البصل الأرز بهارات القدر",
    "أسهم البورصة الأرباح المستثمرين السوق السعودي تداول مؤشر",
]


def test_what_is_picked_is_unlike_each_other(tmp_path):
    shuffled = random.Random(0)
    posts = [" ".join(shuffled.sample(topic.split(), 5)) for _ in range(5) for topic in TOPICS]
    path = dump(tmp_path / "a.jsonl", *posts)
    picked = pick(path, 4, UnsureOf(set(TOPICS[0].split())))
    topics = {topic for topic in TOPICS for task in picked if set(task.text.split()) <= set(topic.split())}
    assert len(picked) == 4
    assert len(topics) >= 3
    assert picked[0].text == posts[0]  # the least sure still comes first
    assert pick(path, 4, UnsureOf(set(TOPICS[0].split()))) == picked


def test_empty_foreign_and_odd_rows_are_passed_over(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [None, 5, DOUBTFUL, "", "  ", "😂", ".", "hello world", "12345"]
    path.write_text("".join(json.dumps({"text": row}, ensure_ascii=False) + "\n" for row in rows) + "[1]\n", "utf-8")
    assert [task.row for task in pick(path, 10, load_model())] == [3]


def test_exports_of_platforms_are_read_too():
    chat = Path(__file__).with_name("fixtures") / "platforms" / "WhatsApp Chat with فريق العون.txt"
    with open_posts(chat) as table:
        written = {row.values["text"] for row in table.rows if isinstance(row, Row)}
    picked = [task.text for task in pick(chat, 10, load_model(engine="words"))]
    assert picked
    assert written.issuperset(picked)
    assert set(sample(chat, 100)) == written


def test_a_dump_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(TableError, match="there is no file"):
        pick(tmp_path / "a.csv", 10, load_model())
