import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from evolunteer_nlp import cli

POST = "نحتاج متطوعين لتنظيف حديقة الحي صباح السبت القادم، أحضر قفازك معك"
SAMPLE = Path(__file__).parent.parent / "corpora/sample"


@pytest.fixture
def evolunteer(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Run the command line; gives exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["evolunteer", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capfd.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    return run


def verbs() -> list[list[str]]:
    commands = get_command(cli.app).commands  # type: ignore[attr-defined]
    return [[name] for name in commands if name != "corpus"] + [
        ["corpus", name] for name in commands["corpus"].commands
    ]


@pytest.mark.parametrize("verb", verbs(), ids=" ".join)
def test_every_verb_has_help(evolunteer, verb: list[str]):
    code, out, _ = evolunteer(*verb, "--help")
    assert code == 0
    assert "Usage" in out


def test_classify_prints_the_label_first(evolunteer):
    assert evolunteer("classify", POST)[1].startswith("volunteer_call")
    assert evolunteer("classify", POST, "--names", "ar")[1].startswith("دعوة تطوع")
    facts = json.loads(evolunteer("classify", POST, "--json")[1])
    assert facts["label"] == "volunteer_call"
    assert sum(facts["probabilities"].values()) == pytest.approx(1)


def test_priors_and_thresholds_are_taken(evolunteer):
    asks = ["--prior", "volunteer_call=.001", "--prior", "donation_drive=.001", "--prior", "awareness_campaign=.001"]
    rare = json.loads(evolunteer("classify", POST, "--json", *asks)[1])
    usual = json.loads(evolunteer("classify", POST, "--json")[1])
    assert rare["probabilities"]["volunteer_call"] < usual["probabilities"]["volunteer_call"]
    assert evolunteer("classify", "صباح الخير", "--threshold", "donation_drive=0.0000001")[1].startswith(
        "donation_drive"
    )
    assert evolunteer("classify", POST, "--prefer", "recall")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [["--prior", "nobody=1"], ["--prior", "x"], ["--threshold", "nobody=.5"], ["--prefer", "speed"], ["--nonsense"]],
)
def test_wrong_usage_exits_with_2(evolunteer, arguments: list[str]):
    code, out, err = evolunteer("classify", POST, *arguments)
    assert (code, out) == (2, "")
    assert err


@pytest.mark.parametrize(
    "arguments",
    [
        ["classify", POST, "--model", "missing"],
        ["label", "missing.csv"],
        ["evaluate", "default", "missing.csv"],
        ["train", "--corpus", "missing.csv", "--output", "m"],
        ["corpus", "hydrate", "missing"],
    ],
)
def test_errors_are_one_line_and_exit_with_1(evolunteer, tmp_path: Path, monkeypatch, arguments: list[str]):
    monkeypatch.chdir(tmp_path)
    code, out, err = evolunteer(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("evolunteer: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_explain_and_info_are_readable(evolunteer):
    assert "متطوعين" in evolunteer("explain", POST)[1]
    assert "prior" in evolunteer("info")[1]
    assert json.loads(evolunteer("info", "--json")[1])["format"] == 1


def test_evaluate_prints_tables_or_json(evolunteer):
    text = evolunteer("evaluate", "default", SAMPLE / "labelled.jsonl")[1]
    assert "macro-F1" in text
    assert "by dialect" in text
    card = json.loads(evolunteer("evaluate", "default", SAMPLE / "labelled.jsonl", "--json")[1])
    assert card["posts"] == 200
    assert set(card["coverage"]) == {"100", "95", "90", "80"}


def test_corpus_check_exits_with_1_where_something_is_found(evolunteer, tmp_path: Path):
    assert evolunteer("corpus", "check", SAMPLE / "labelled.jsonl")[0] == 0
    row = json.dumps({"text": POST, "label": "unrelated"}) + "\n"
    (tmp_path / "a.jsonl").write_text(row * 2, encoding="utf-8")
    code, out, _ = evolunteer("corpus", "check", tmp_path / "a.jsonl")
    assert code == 1
    assert "row 2: duplicate" in out


def test_corpus_stats_counts(evolunteer):
    assert json.loads(evolunteer("corpus", "stats", SAMPLE / "labelled.jsonl", "--json")[1])["posts"] == 200


def test_label_twice_says_that_it_is_complete(evolunteer, tmp_path: Path):
    code, out, err = evolunteer("label", SAMPLE / "posts.csv", "-o", tmp_path / "out.csv", "--names", "ar")
    assert (code, out) == (0, "")
    assert "200 posts read, 200 written" in err
    assert "دعوة تطوع" in err
    code, _, err = evolunteer("label", SAMPLE / "posts.csv", "-o", tmp_path / "out.csv")
    assert code == 0
    assert "already complete" in err
    assert evolunteer("label", SAMPLE / "posts.csv", "-o", tmp_path / "out.csv", "--prefer", "recall")[0] == 1


def test_only_data_goes_to_standard_output(evolunteer):
    code, out, err = evolunteer("label", SAMPLE / "posts.csv")
    assert code == 0
    assert out.startswith("id,text,platform,country,label,probability,also,certain\n")
    assert "posts read" in err


def test_standard_input_and_strict(tmp_path: Path):
    lines = json.dumps({"text": POST}) + "\nnot json\n"
    command = [str(Path(sys.executable).with_name("evolunteer")), "label", "-", "--format", "jsonl", "--strict"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["label"] == "volunteer_call"
    assert "row 2" in done.stderr


def test_a_reader_that_stops_early_is_no_error():
    command = f"{Path(sys.executable).with_name('evolunteer')} label {SAMPLE / 'posts.csv'} 2>/dev/null | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("id,text")
