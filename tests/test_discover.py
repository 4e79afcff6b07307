"""From a group's export to a page, a list for one volunteer and a report: the verbs, one after the other."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from telegram_timeline import MESSAGES, NOW, timeline
from typer.testing import CliRunner

from evolunteer_nlp.cli import app
from evolunteer_nlp.labels import Label

TODAY = f"{NOW:%Y-%m-%d}"


@pytest.fixture(scope="module")
def labelled(telegram_export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("discover") / "labelled.csv"
    run("label", telegram_export, "-o", output, "--engine", "words")
    return output


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done


def test_a_group_becomes_a_page_that_its_asks_are_on(labelled: Path) -> None:
    page = labelled.with_suffix(".html")
    said = run("digest", labelled, "-o", page, "--now", TODAY)
    assert f"{MESSAGES:,} posts read" in said.output
    run("digest", labelled, "-o", labelled.with_suffix(".json"), "--closed", "--show-contacts", "--now", TODAY)
    plain = json.loads(labelled.with_suffix(".json").read_text(encoding="utf-8"))
    shown = {one["text"] for one in plain}
    asked = {post.text for post in timeline().origin.values() if post.kind == "ask"}
    assert len(asked & shown) > 0.7 * len(asked)  # others are shown by a fuller copy, or were not found by words
    assert page.read_text(encoding="utf-8").count("<article") == len(plain)


def test_a_volunteer_gets_calls_that_are_for_volunteers(labelled: Path) -> None:
    profile = labelled.with_name("me.yaml")
    profile.write_text("المدينة: الخرطوم، أم درمان\nعن بعد: نعم\nالمهارات: [تمريض، تدريس]\n", encoding="utf-8")
    found = json.loads(run("match", profile, labelled, "--now", TODAY, "--json", "-n", "5").stdout)
    assert found
    for call in found:
        assert Label.VOLUNTEER_CALL in (call["label"], call["also"])
        assert call["reasons"]


def test_the_report_counts_what_the_digest_shows(labelled: Path) -> None:
    said = run("report", labelled, "-o", labelled.with_name("report.json"), "--now", TODAY)
    assert f"{MESSAGES:,} posts read" in said.output
    rows = json.loads(labelled.with_name("report.json").read_text(encoding="utf-8"))
    (whole,) = (row for row in rows if row["table"] == "all")
    labels = [row for row in rows if row["table"] == "label"]
    assert whole["initiatives"] <= sum(row["initiatives"] for row in labels)  # a second label counts too
    assert f"{whole['initiatives']:,} initiatives" in said.output
