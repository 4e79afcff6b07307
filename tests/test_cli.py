"""The command line: data to standard output, messages to standard error, exit codes that tell what happened."""

import csv
import io
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import typer

from evolunteer_nlp import classify, explain, load_model
from evolunteer_nlp.cli import app, main
from evolunteer_nlp.corpus.posts import read_public_labels
from evolunteer_nlp.labels import Label

CALL = "نحتاج متطوعين لتنظيف الشاطئ يوم الجمعة، سجل معنا"
DRIVE = "تبرعوا لإغاثة المتضررين على الحساب 0000000000000"
CHAT = "صباح الخير يا أصدقائي"
EVOLUNTEER = Path(sys.executable).with_name("evolunteer")


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capsys) -> Callable[..., Done]:
    """Runs the command in this process."""

    def run(*args: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["evolunteer", *map(str, args)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as stop:
            main()
        return Done(stop.value.code or 0, *capsys.readouterr())

    return run


@pytest.fixture
def posts(tmp_path) -> Path:
    path = tmp_path / "posts.csv"
    path.write_text(f'id,text\n1,"{CALL}"\n2,"{DRIVE}"\n3,{CHAT}\n', encoding="utf-8")
    return path


@pytest.fixture
def bad_row(tmp_path) -> Path:
    path = tmp_path / "bad.csv"
    path.write_text(f'id,text\n1,"{CALL}"\n2\n', encoding="utf-8")
    return path


def is_one_line_error(done: Done) -> bool:
    return done.code == 1 and not done.out and done.err.startswith("evolunteer: ") and len(done.err.splitlines()) == 1


# Every verb

COMMAND = typer.main.get_command(app)
VERBS = {(name,): command for name, command in COMMAND.commands.items()} | {
    (family, name): command
    for family in ("corpus", "review")
    for name, command in COMMAND.commands[family].commands.items()
}


def test_the_promised_verbs_are_there():
    promised = {"classify", "label", "explain", "inspect", "train", "evaluate", "compare", "drift", "info", "card"}
    promised |= {"corpus", "review", "digest", "match", "report"}
    assert {verb[0] for verb in VERBS} == promised
    assert {verb[1] for verb in VERBS if len(verb) == 2} == {"check", "audit", "hydrate", "stats", "pick", "read"}


@pytest.mark.parametrize("verb", [(), *VERBS], ids=" ".join)
def test_every_verb_has_help(run, verb):
    done = run(*verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert "Usage" in done.out
    assert VERBS.get(verb, COMMAND).help


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_option_has_help(verb):
    lacking = [p.name for p in VERBS[verb].params if not p.help and p.name not in ("help", "as_json")]
    assert lacking == []


@pytest.mark.parametrize(
    "args",
    [
        ["nonsense"],
        ["classify"],
        ["label"],
        ["classify", CALL, "--nonsense"],
        ["classify", CALL, "--prefer", "precision"],
        ["classify", CALL, "--names", "en"],
        ["classify", CALL, "--threshold", "volunteer_call"],
        ["classify", CALL, "--threshold", "volunteer_call=much"],
        ["classify", CALL, "--threshold", "volunteer_call=2"],
        ["classify", CALL, "--threshold", "spam=0.5"],
        ["classify", CALL, "--prior", "spam=0.5"],
        ["classify", CALL, "--prior", "volunteer_call=0.5"],
        ["label", "posts.csv", "--prior", "spam=0.5"],
        ["label", "posts.csv", "--threshold", "spam=0.5"],
        ["corpus", "nonsense"],
        ["review", "read", "posts.csv", "--label-map", "1"],
        ["review", "read", "posts.csv", "--label-map", "1=spam"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_how_it_is_used(run, args):
    done = run(*args)
    assert (done.code, done.out) == (2, "")
    assert "Usage" in done.err


@pytest.mark.parametrize(
    "args",
    [
        ["classify", CALL, "--model", "nowhere"],
        ["explain", CALL, "--model", "nowhere"],
        ["info", "--model", "nowhere"],
        ["label", "posts.csv", "--model", "nowhere"],
        ["evaluate", "nowhere", "labelled.csv"],
        ["evaluate", "default", "missing.csv"],
        ["evaluate", "default", "posts.csv"],
        ["evaluate", "default", "unknown.csv"],
        ["label", "missing.csv"],
        ["label", "missing"],
        ["label", "."],
        ["label", "empty.csv"],
        ["label", "posts.csv", "--column", "words"],
        ["label", "posts.csv", "--format", "xml"],
        ["label", "posts.csv", "--encoding", "arabic-1"],
        ["label", "cp1252.csv"],
        ["inspect", "missing.csv"],
        ["inspect", "posts.csv", "--platform", "telegram"],
        ["label", "posts.csv", "-o", "out.txt"],
        ["label", "posts.csv", "-o", "."],
        ["label", "-"],
        ["train", "--corpus", "missing.csv"],
        ["corpus", "check", "missing.csv"],
        ["corpus", "stats", "missing.csv"],
        ["corpus", "audit", "missing.csv"],
        ["review", "pick", "missing.csv"],
        ["review", "read", "missing.xlsx"],
        ["review", "read", "posts.csv"],
        ["card", "--model", "nowhere"],
        ["corpus", "hydrate", "missing"],
    ],
    ids=" ".join,
)
def test_what_fails_says_so_in_one_line(run, posts, monkeypatch, args):
    monkeypatch.chdir(posts.parent)
    Path("labelled.csv").write_text("text,label\na,unrelated\n", encoding="utf-8")
    Path("unknown.csv").write_text("text,label\na,spam\n", encoding="utf-8")
    Path("empty.csv").touch()
    Path("cp1252.csv").write_bytes("text\nfür\n".encode("cp1252"))
    done = run(*args)
    assert is_one_line_error(done), done


# inspect


def test_inspect_says_what_it_sees_and_shows_posts(run):
    done = run("inspect", Path(__file__).parent / "fixtures" / "platforms" / "telegram_chat.json")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "Telegram (json, utf-8)",
        "columns: id, author, time, text, chat, reply_to, forwarded_from, link",
        "posts: text",
        "rows: 4",
        "rejected: 1",
        "       1  not a JSON object",
        "skipped: 2",
        "       1  service message",
        "       1  no text",
        "- 1000000001/2 | هدى | 2024-03-11T18:05:00+00:00 | نحتاج سائقًا غدًا",
        "- 1000000001/3 | سالم | 2024-03-11T18:06:00 | سجّل هنا: https://example.org/a اليوم",
        "- 1000000001/4 | هدى | 2024-03-11T18:07:00+00:00 | تبرعوا بالبطانيات",
    ]


# classify, explain, info


@pytest.mark.parametrize("text", [CALL, CHAT, "", "hello there"])
def test_classify_as_json_is_the_prediction(run, text):
    done = run("classify", text, "--json")
    expected = classify(text)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == {
        "label": expected.label,
        "probability": expected.probability,
        "also": expected.also,
        "certain": expected.certain,
        "probabilities": dict(expected.probabilities),
    }


def test_classify_prints_the_label_and_every_probability(run):
    first, *others = run("classify", CALL).out.splitlines()
    assert first.startswith(classify(CALL).label)
    assert [line.split() for line in others] == [[f"{p:.3f}", name] for name, p in classify(CALL).probabilities.items()]


def test_a_doubtful_post_is_called_doubtful(run):
    assert run("classify", "").out.startswith("unrelated  (doubtful)\n")


def test_names_in_arabic(run):
    out = run("classify", CALL, "--names", "ar").out
    assert all(label.arabic in out for label in Label)
    assert not any(label in out for label in Label)
    assert Label(explain(CALL).prediction.label).arabic in run("explain", CALL, "--names", "ar").out


def test_a_threshold_changes_the_label(run):
    assert run("classify", CHAT, "--threshold", "donation_drive=0.0000001").out.startswith("donation_drive")


def test_a_prior_changes_the_probabilities(run):
    shares = {"volunteer_call": 0.001, "donation_drive": 0.002, "awareness_campaign": 0.003}
    given = [word for label, share in shares.items() for word in ("--prior", f"{label}={share}")]
    expected = classify(CALL, model=load_model(prior={**shares, "unrelated": 0.994}))
    assert json.loads(run("classify", CALL, *given, "--json").out)["probability"] == pytest.approx(expected.probability)


def test_recall_can_be_preferred(run):
    expected = classify(CHAT, prefer="recall").label
    assert json.loads(run("classify", CHAT, "--prefer", "recall", "--json").out)["label"] == expected


def test_another_model_can_be_named(run, small_model):
    found = json.loads(run("classify", CALL, "--model", small_model, "--json").out)
    assert found["probabilities"] == dict(classify(CALL, model=small_model).probabilities)


def test_explain_shows_every_word_with_what_it_adds(run):
    why = explain(CALL)
    label = why.prediction.label
    _, score, *lines = run("explain", CALL).out.splitlines()
    by_words, (reading, *by_reading) = lines[: len(why.parts)], lines[len(why.parts) :]
    assert f"{why.score[label]:+.2f}" in score
    assert f"{why.reading[label]:.3f}" in reading
    for shown, found in (
        (by_words, [(part.log_odds[label], part) for part in why.parts]),
        (by_reading, [(part.reading[label], part) for part in why.parts]),
    ):
        rows = sorted(tuple(line.split(maxsplit=1)) for line in shown)
        assert rows == sorted((f"{change:+.2f}", CALL[part.start : part.end]) for change, part in found)


def test_info_as_json_is_the_manifest(run):
    assert json.loads(run("info", "--json").out) == json.loads(json.dumps(dict(load_model().info)))


def test_info_says_what_the_model_was_trained_on(run, small_model):
    done = run("info", "--model", small_model)
    assert done.code == 0
    assert str(small_model) in done.out
    assert "600 authored, 0 public" in done.out
    assert all(label in done.out for label in Label)


# label


def test_without_an_output_a_table_is_csv_on_standard_output(run, posts):
    done = run("label", posts)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert list(rows[0]) == ["id", "text", "label", "probability", "also", "certain"]
    assert [(row["id"], row["label"]) for row in rows] == [
        (str(n), classify(text).label) for n, text in enumerate([CALL, DRIVE, CHAT], 1)
    ]


def test_without_an_output_json_lines_are_json_lines(run, tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": CALL, "n": [1]}), encoding="utf-8")
    [row] = map(json.loads, run("label", tmp_path / "a.jsonl").out.splitlines())
    assert (row["text"], row["n"], row["label"]) == (CALL, [1], classify(CALL).label)


def test_with_an_output_standard_output_is_empty(run, posts, tmp_path):
    done = run("label", posts, "-o", tmp_path / "out.csv")
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == run("label", posts).out


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_a_dash_reads_standard_input(run, format):
    between = "\t" if format == "tsv" else ","
    done = run("label", "-", "--format", format, stdin=f"id{between}text\n1{between}{CHAT}\n".encode())
    assert [row["text"] for row in csv.DictReader(io.StringIO(done.out))] == [CHAT]


def test_json_lines_on_standard_input(run):
    done = run("label", "-", "--format", "jsonl", stdin=json.dumps({"text": CALL}).encode())
    assert json.loads(done.out)["label"] == classify(CALL).label


@pytest.mark.parametrize("output", [None, "out.csv"])
def test_later_columns_of_standard_input_are_kept(run, tmp_path, output):
    lines = [{"text": CALL}, {"text": CHAT, "label": "mine"}]
    to = ["-o", tmp_path / output] if output else []
    done = run("label", "-", "--format", "jsonl", *to, stdin="\n".join(map(json.dumps, lines)).encode())
    written = (tmp_path / output).read_text(encoding="utf-8") if output else done.out
    assert "mine" in written or "1 rejected" in done.err


def test_standard_input_in_another_encoding(run):
    done = run("label", "-", "--format", "csv", "--encoding", "cp1256", stdin=f"text\n{CHAT}\n".encode("cp1256"))
    assert CHAT in done.out


def test_the_format_can_be_given_where_the_name_does_not_tell(run, posts):
    posts.rename(posts.with_suffix(".txt"))
    assert len(run("label", posts.with_suffix(".txt"), "--format", "csv").out.splitlines()) == 4


def test_probabilities_and_prefix_name_columns(run, posts):
    header = run("label", posts, "--probabilities", "--prefix", "p_").out.splitlines()[0]
    names = ["label", "probability", "also", "certain", *(f"probability_{label}" for label in load_model().labels)]
    assert header.split(",") == ["id", "text", *(f"p_{name}" for name in names)]


def test_a_clash_of_names_is_said(run, tmp_path):
    (tmp_path / "a.csv").write_text(f"text,label\n{CHAT},mine\n", encoding="utf-8")
    done = run("label", tmp_path / "a.csv")
    assert "'label'" in done.err
    assert "'label_input'" in done.err
    assert done.out.startswith("text,label_input,label,")
    assert "label_input" not in run("label", tmp_path / "a.csv", "--prefix", "p_").err


def test_the_summary_counts_and_shows_the_surest(run, posts):
    err = run("label", posts).err
    assert "3 posts read, 3 written\n" in err
    for text in (CALL, DRIVE):
        assert f"{classify(text).label}: {text}" in err
    assert "doubtful" in err


def test_the_summary_in_arabic_names(run, posts):
    done = run("label", posts, "--names", "ar")
    assert Label(classify(CALL).label).arabic in done.err
    assert not any(label in done.err for label in Label)
    assert classify(CALL).label in done.out


def test_threshold_prior_and_preference_reach_the_file(run, posts):
    everything = run("label", posts, "--threshold", "awareness_campaign=0.0000001").out
    assert everything.count(",awareness_campaign,") == 3
    shares = ["--prior", "volunteer_call=0.97"]
    shares += [word for label in ("donation_drive", "awareness_campaign") for word in ("--prior", f"{label}=0.01")]
    assert run("label", posts, *shares, "--prefer", "recall").out != run("label", posts).out


def test_rejected_rows_are_counted_and_their_file_named(run, bad_row, tmp_path):
    done = run("label", bad_row, "-o", tmp_path / "out.csv")
    assert done.code == 0
    assert f"2 posts read, 1 written, 1 rejected (see {tmp_path / 'out.csv.rejected.jsonl'})" in done.err
    fact = json.loads((tmp_path / "out.csv.rejected.jsonl").read_text(encoding="utf-8"))
    assert (fact["file"], fact["row"]) == (str(bad_row), 3)
    assert "1 fields where the header has 2" in fact["reason"]


def test_rejected_rows_are_shown_where_there_is_no_file_for_them(run, bad_row):
    done = run("label", bad_row)
    assert f"rejected: {bad_row}, row 3: 1 fields where the header has 2" in done.err
    assert len(done.out.splitlines()) == 2


def test_strict_fails_on_rejected_rows_only(run, posts, bad_row):
    assert run("label", posts, "--strict").code == 0
    strict = run("label", bad_row, "--strict")
    assert strict.code == 1
    assert strict.out == run("label", bad_row).out


def test_the_same_command_again_is_already_complete(run, posts, tmp_path):
    command = ["label", posts, "-o", tmp_path / "out.csv", "--prefer", "recall"]
    run(*command)
    again = run(*command)
    assert (again.code, again.out) == (0, "")
    assert "already complete" in again.err
    assert run(*command, "--force").err.startswith("3 posts read")


def test_something_else_at_the_output_stays_without_force(run, posts, tmp_path):
    (tmp_path / "out.csv").write_text("precious")
    refused = run("label", posts, "-o", tmp_path / "out.csv")
    assert is_one_line_error(refused)
    assert "--force" in refused.err
    assert (tmp_path / "out.csv").read_text() == "precious"
    assert run("label", posts, "-o", tmp_path / "out.csv", "--force").code == 0
    assert CALL in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_standard_input_is_never_already_complete(run, tmp_path):
    command = ["label", "-", "--format", "csv", "-o", tmp_path / "out.csv"]
    assert run(*command, stdin=f"text\n{CALL}\n".encode()).code == 0
    assert is_one_line_error(run(*command, stdin=f"text\n{CALL}\n".encode()))


def test_without_a_text_column_the_columns_are_listed(run, tmp_path):
    (tmp_path / "a.csv").write_text("id,words\n1,a\n")
    done = run("label", tmp_path / "a.csv")
    assert is_one_line_error(done)
    assert "--column" in done.err
    assert "id, words" in done.err
    assert run("label", tmp_path / "a.csv", "--column", "words").code == 0


@pytest.mark.parametrize("output", ["x" * 246 + ".csv", "x" * 300 + ".csv"])
def test_an_output_that_cannot_be_made_is_an_error_in_one_line(run, posts, output):
    try:
        done = run("label", posts, "-o", posts.parent / output)
    except OSError as error:
        pytest.fail(f"{type(error).__name__}")
    assert is_one_line_error(done)


# evaluate


@pytest.fixture
def labelled_posts(authored, tmp_path) -> Path:
    path = tmp_path / "labelled.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "firm", "platform"])
        writer.writerows([post.text, post.label, "true", "twitter"] for post in authored[:: len(authored) // 60][:60])
    return path


def test_evaluate_as_json(run, labelled_posts):
    card = json.loads(run("evaluate", "default", labelled_posts, "--json").out)
    assert card["posts"] == sum(score["posts"] for score in card["labels"].values()) == 60
    low, high = card["macro_f1_interval"]
    assert 0 <= low <= card["macro_f1"] <= high <= 1
    for label in Label:
        assert set(card["labels"][label]) == {"precision", "recall", "f1", "f1_interval", "posts"}
        assert sum(card["confusion"][label].values()) == card["labels"][label]["posts"]
    assert 0 <= card["calibration_error"] <= 1
    assert list(card["coverage"]) == ["100", "95", "90", "80"]
    assert card["slices"]["platform"]["twitter"]["posts"] == 60


def test_evaluate_as_text(run, labelled_posts):
    done = run("evaluate", "default", labelled_posts)
    assert done.code == 0
    assert done.out.startswith("60 posts, macro-F1 ")
    for words in ("precision", "recall", "calibration error", "surest", "by platform", *Label):
        assert words in done.out


def test_evaluate_takes_a_model_directory_and_a_prior(run, labelled_posts, small_model):
    even = [word for label in Label for word in ("--prior", f"{label}=0.25")]
    assert json.loads(run("evaluate", small_model, labelled_posts, *even, "--json").out)["posts"] == 60


def test_evaluate_can_leave_out_posts_that_are_not_firm(run, labelled_posts):
    labelled_posts.write_text(labelled_posts.read_text(encoding="utf-8").replace(",true,", ",false,", 20), "utf-8")
    assert json.loads(run("evaluate", "default", labelled_posts, "--firm", "--json").out)["posts"] == 40


def test_evaluate_prints_json_that_every_reader_takes(run, tmp_path):
    (tmp_path / "a.csv").write_text("text,label\nhello there,unrelated\n")
    out = run("evaluate", "default", tmp_path / "a.csv", "--json").out
    json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


# corpus


def test_a_good_corpus_checks_with_0(run, tmp_path):
    (tmp_path / "a.csv").write_text(f'text,label\n"{CALL}",volunteer_call\n{CHAT},unrelated\n', encoding="utf-8")
    done = run("corpus", "check", tmp_path / "a.csv")
    assert (done.code, done.out, done.err) == (0, "", "2 posts, 0 findings\n")


def test_findings_are_printed_with_file_and_row_and_exit_with_1(run, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"text,label\n{CHAT},unrelated\n{CHAT},unrelated\n؟,spam\n", encoding="utf-8")
    done = run("corpus", "check", path)
    assert done.code == 1
    assert [line.split(": ")[:2] for line in done.out.splitlines()] == [
        [f"{path}, row 4", "unknown_label"],
        [f"{path}, row 3", "duplicate"],
    ]
    assert done.err == "3 posts, 2 findings\n"


def test_stats_count_posts_by_label(run, tmp_path):
    (tmp_path / "a.csv").write_text(f"text,label,dialect\n{CALL},volunteer_call,GLF\n{CHAT},unrelated,\n", "utf-8")
    counts = json.loads(run("corpus", "stats", tmp_path / "a.csv", "--json").out)
    assert counts["posts"] == 2
    assert counts["label"] == {"volunteer_call": 1, "unrelated": 1}
    assert counts["dialect"] == {"GLF": 1, "": 1}
    assert "volunteer_call 1, unrelated 1" in run("corpus", "stats", tmp_path / "a.csv").out


@pytest.mark.slow
def test_stats_write_the_data_statement(run, tmp_path):
    done = run("corpus", "stats", "--write", tmp_path)
    assert (done.code, done.out) == (0, "")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "README.md",
        "causes.svg",
        "dialects.svg",
        "lengths.svg",
    ]


def test_the_data_statement_is_about_all_authored_posts(run, tmp_path):
    assert run("corpus", "stats", "a.csv", "--write", tmp_path).code == 2


def test_disputed_labels_are_listed(run, tmp_path, authored):
    rows = [{"text": post.text, "label": post.label} for post in authored[::10]]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    done = run("corpus", "audit", path, "--jobs", 1, "--json")
    disputes = [json.loads(line) for line in done.out.splitlines()]
    assert f"{len(disputes):,} of {len(rows):,} labels are disputed" in done.err
    assert disputes
    assert all(one["suggested"] != one["label"] and one["where"].startswith(str(path)) for one in disputes)
    lines = run("corpus", "audit", path, "--jobs", 1).out.splitlines()
    assert [line.startswith(one["where"]) for line, one in zip(lines, disputes, strict=True)] == [True] * len(disputes)


# review


def test_picked_posts_are_tasks_to_fill_in(run, tmp_path):
    (tmp_path / "a.csv").write_text(f"text\n{CALL} ثم\n{CHAT} ثم\n", encoding="utf-8")
    done = run("review", "pick", tmp_path / "a.csv", "-n", 1, "-o", tmp_path / "tasks.jsonl")
    assert (done.code, done.out) == (0, "")
    (task,) = map(json.loads, (tmp_path / "tasks.jsonl").read_text(encoding="utf-8").splitlines())
    assert task["label"] == []
    assert {"id", "text", "row", "predicted", "margin"} < set(task)


def test_tasks_that_may_hold_labels_are_not_replaced(run, tmp_path):
    (tmp_path / "a.csv").write_text(f"text\n{CALL} ثم\n", encoding="utf-8")
    (tmp_path / "tasks.jsonl").write_text("mine")
    pick = ("review", "pick", tmp_path / "a.csv", "-o", tmp_path / "tasks.jsonl")
    assert is_one_line_error(run(*pick))
    assert (tmp_path / "tasks.jsonl").read_text() == "mine"
    assert run(*pick, "--force").code == 0
    assert is_one_line_error(run(*pick[:-1], tmp_path / "tasks.txt"))


@pytest.fixture
def filled(tmp_path) -> Path:
    path = tmp_path / "tasks.csv"
    path.write_text(f"النص,التصنيف\n{CALL},دعوة تطوع\n{DRIVE},شيء\n{CHAT},\n", encoding="utf-8")
    return path


def test_labels_that_come_back_with_problems_are_not_written(run, filled, tmp_path):
    done = run("review", "read", filled, "-o", tmp_path / "posts.jsonl")
    assert done.code == 1
    assert [line.split(": ")[0] for line in done.out.splitlines()] == [f"{filled}, row 3", f"{filled}, row 4"]
    assert "1 labelled posts, 2 problems" in done.err
    assert not (tmp_path / "posts.jsonl").exists()


def test_labels_that_come_back_are_a_corpus(run, filled, tmp_path):
    command = ["review", "read", filled, "-o", tmp_path / "posts.jsonl"]
    assert run(*command, "--skip-problems").code == 0
    (post,) = map(json.loads, (tmp_path / "posts.jsonl").read_text(encoding="utf-8").splitlines())
    assert (post["text"], post["label"]) == (CALL, "volunteer_call")
    again = run(*command, "--skip-problems")
    assert again.code == 1
    assert "posts.jsonl is there already" in again.err
    mended = [*command, "--skip-problems", "--force", "--label-map", "شيء=donation_drive"]
    assert run(*mended).code == 0
    assert json.loads(run("corpus", "stats", tmp_path / "posts.jsonl", "--json").out)["posts"] == 2


# card


def test_a_card_is_printed_or_written_beside_the_model(run, tmp_path, small_model):
    model = shutil.copytree(small_model, tmp_path / "mine")
    printed = run("card", "--model", model)
    assert (printed.code, printed.err) == (0, "")
    files = [model / name for name in ("README.md", "calibration.svg", "coverage.svg")]
    assert run("card", "--model", model, "--write").err == f"wrote {', '.join(map(str, files))}\n"
    assert (model / "README.md").read_text(encoding="utf-8") == printed.out


def test_stats_of_the_authored_corpora(run, authored):
    assert json.loads(run("corpus", "stats", "--json").out)["posts"] == len(authored)


def test_hydrate_says_how_many_of_how_many_and_what_it_could_not_read(run, tmp_path):
    id = next(iter(read_public_labels()))
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "a.csv").write_text(f"id,text\n{id},نص\n", encoding="utf-8")
    (folder / "b.csv").touch()
    done = run("corpus", "hydrate", folder, "-o", tmp_path / "found.jsonl")
    assert (done.code, done.out) == (0, "")
    assert f"found 1 of {len(read_public_labels()):,} public posts" in done.err
    assert "b.csv is empty" in done.err
    assert json.loads((tmp_path / "found.jsonl").read_text(encoding="utf-8"))["text"] == "نص"


# As a process of its own


def evolunteer(*args: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([EVOLUNTEER, *map(str, args)], capture_output=True, check=False, **options)


def test_the_installed_command_labels_a_pipe():
    done = evolunteer("label", "-", "--format", "csv", input=f"text\n{CHAT}\n".encode())
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[1].startswith(f"{CHAT},")
    assert done.stderr.decode().startswith("1 posts read, 1 written\n")


def test_arabic_is_printed_whatever_the_locale_says(posts):
    done = evolunteer(
        "label", posts, "--names", "ar", env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert done.returncode == 0
    assert CHAT in done.stdout.decode()
    assert Label.UNRELATED.arabic in done.stderr.decode()


def test_an_error_leaves_no_traceback():
    done = evolunteer("label", "missing.csv")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith("evolunteer: there is no file missing.csv")


def test_a_stopped_command_leaves_nothing_half_written(tmp_path):
    with subprocess.Popen(
        [EVOLUNTEER, "label", "-", "--format", "csv", "-o", tmp_path / "out.csv"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's "&" has it ignored
    ) as process:
        process.stdin.write(f"text\n{CHAT}\n".encode() + b"x\n" * 100_000)
        process.stdin.flush()  # returns when most of it has been read
        assert [path.name for path in tmp_path.iterdir()] == ["out.csv.parts"]
        process.send_signal(2)
        process.communicate()
    assert process.returncode != 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.parts"]


def test_a_reader_that_has_had_enough_is_no_error(tmp_path):
    (tmp_path / "a.csv").write_text("text\n" + f"{CHAT}\n" * 20_000, encoding="utf-8")
    with subprocess.Popen(
        [EVOLUNTEER, "label", tmp_path / "a.csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"text,label,probability,also,certain\n"
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
