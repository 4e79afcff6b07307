"""Calls matched with a volunteer's profile: what is shown, what never is, and what every reason rests on."""

import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner

from evolunteer_nlp.cli import app
from evolunteer_nlp.errors import ProfileError
from evolunteer_nlp.initiatives.asks import Ask
from evolunteer_nlp.initiatives.initiative import Initiative, find_initiatives
from evolunteer_nlp.initiatives.legible import line
from evolunteer_nlp.initiatives.match import Match, Reason, match
from evolunteer_nlp.initiatives.misfit import left_out, misfit
from evolunteer_nlp.initiatives.places import City
from evolunteer_nlp.initiatives.profile import Profile, profile_of, read_profile

NOW = datetime(2026, 3, 5, 12)
POSTED = datetime(2026, 3, 4, 9)
with (Path(__file__).parent / "cases" / "match.jsonl").open(encoding="utf-8") as file:
    CASES = [json.loads(line) for line in file]
FULL = profile_of(
    {
        "city": "جدة",
        "days": "الجمعة",
        "skills": ["تمريض", "سياقة"],
        "causes": "الصحة، البيئة",
        "kinds": "ميداني",
        "online": True,
        "gender": "رجل",
    }
)


def ask(case: dict[str, Any]) -> Ask:
    also, country = case.get("also"), case.get("country")
    return Ask(case["text"], case.get("label", "volunteer_call"), POSTED, also=also, country=country)


def initiatives(*asks: Ask) -> list[Initiative]:
    return find_initiatives(asks, now=NOW)


ALL = [one for case in CASES for one in initiatives(ask(case))]


def told(reasons: tuple[Reason, ...]) -> list[str]:
    return [f"{reason.part}: {reason.evidence.text if reason.evidence else ''}" for reason in reasons]


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    profile, (one,) = profile_of(case["profile"]), initiatives(ask(case))
    assert misfit(profile, one, NOW) == case["misfit"]
    found = match(profile, [one], now=NOW)
    if case["misfit"]:
        assert found == []
        return
    (only,) = found
    shown = [doubt for doubt in only.doubts if doubt.part != "trust"]
    assert (told(only.reasons), told(tuple(shown))) == (case["reasons"], case["doubts"])


def parts_hold(found: Match) -> None:
    for reason in (*found.reasons, *found.doubts):
        if reason.evidence:
            quoted = reason.evidence
            assert found.initiative.text[quoted.start : quoted.end] == quoted.text
            assert f"«{line(quoted.text)}»" in reason.says
    assert 0 <= found.score <= 1
    assert all(reason.points > 0 for reason in found.reasons)
    assert all(doubt.points <= 0 for doubt in found.doubts)


def test_every_reason_quotes_the_call() -> None:
    found = match(FULL, ALL, now=NOW)
    assert len(found) > 5
    for one in found:
        parts_hold(one)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.text(min_size=1), st.lists(st.sampled_from([case["text"] for case in CASES]), min_size=1).map(" ".join)
    )
)
def test_any_text_is_matched(text: str) -> None:
    for found in match(FULL, initiatives(Ask(text, "volunteer_call", POSTED)), now=NOW):
        parts_hold(found)


def test_a_permutation_changes_nothing() -> None:
    def ranking(given: list[Initiative]) -> list[tuple[str, float]]:
        return [(found.initiative.id, found.score) for found in match(FULL, given, now=NOW)]

    for seed in range(5):
        assert ranking(random.Random(seed).sample(ALL, len(ALL))) == ranking(ALL)


def test_more_that_fits_comes_first() -> None:
    texts = ["نحتاج ممرضين الجمعة بجدة", "نحتاج ممرضين بجدة", "نحتاج شباب بجدة", "نحتاج محاسبين بجدة"]
    found = match(FULL, initiatives(*(Ask(text, "volunteer_call", POSTED) for text in texts)), now=NOW)
    assert [one.initiative.text for one in found] == texts
    assert [one.score for one in found] == sorted({one.score for one in found}, reverse=True)


def test_what_speaks_against_a_call_is_told_and_weighs_a_little() -> None:
    texts = ["نحتاج شباب بجدة", "انشرها ولك الأجر، نحتاج شباب بجدة"]
    plain, pressing = match(FULL, initiatives(*(Ask(text, "volunteer_call", POSTED) for text in texts)), now=NOW)
    assert plain.initiative.text == texts[0]
    assert ("trust", "انشرها ولك الأجر") in {(one.part, one.evidence and one.evidence.text) for one in pressing.doubts}


def test_left_out_is_counted() -> None:
    counts = left_out(FULL, ALL, now=NOW)
    calls = [one for one in ALL if misfit(FULL, one, NOW) != "no_call"]
    assert sum(counts.values()) + len(match(FULL, ALL, now=NOW)) == len(calls)
    assert set(counts) == {"closed", "elsewhere", "on other days", "for the other gender"}


ARABIC = """\
المدينة: جده، مكة
الأيام: [الجمعة، السبت]
المهارات: [تمريض، ترجمة]
القضايا: الصحة، ذوي الإعاقة
نوع المساعدة: ميداني
عن بُعد: نعم
الجنس: أنثى
"""
ENGLISH = """\
cities: [جدة, مكة]
days: friday, saturday
skills: [تمريض, ترجمة]
causes: [health, disability]
kinds: field
online: yes
gender: woman
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "me.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("text", [ARABIC, ENGLISH, "\N{BYTE ORDER MARK}" + ARABIC], ids=["Arabic", "English", "mark"])
def test_profiles_are_read(tmp_path: Path, text: str) -> None:
    assert read_profile(written(tmp_path, text)) == Profile(
        cities=(City("جدة", "SA"), City("مكة المكرمة", "SA")),
        country="SA",
        days=(4, 5),
        skills=("تمريض", "ترجمة"),
        causes=("health", "disability"),
        kinds=("field",),
        online=True,
        gender="woman",
    )


def test_changes_replace_what_the_file_says(tmp_path: Path) -> None:
    changed = read_profile(written(tmp_path, ARABIC + "البلد: السعودية"), cities=["القاهرة"], online=False, days=None)
    assert (changed.cities, changed.country, changed.online, changed.days) == (
        (City("القاهرة", "EG"),), "EG", False, (4, 5),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("المدين: جدة", "me.yaml: «المدين» is no field of a profile; did you mean «المدينة»?"),
        ("days: الجمعاء", "me.yaml: «الجمعاء» is not understood as days; did you mean «الجمعة»?"),
        ("causes: سباحة", "There are: الأيتام، الغذاء"),
        ("المدينة: الرياظ", "did you mean"),
        ("المدينة: طرابلس", "a city of LB and of LY; add which, such as «البلد: LB»"),
        ("المدينة: جدة\nالبلد: مصر", "the profile's country is EG"),
        ("المدينة: جدة\ncity: مكة", "«city» says again"),
        ("gender: [رجل, أنثى]", "keep one"),
        ("المدينة:جدة", "with a space after the colon"),
        ("- جدة", "has no fields"),
        ("days: [", "me.yaml, line 1 is no YAML"),
        ("!!python/object/apply:os.system [true]", "is no YAML"),
        ("[" * 30_000, "is no YAML"),
        ("skills: " + "a" * 70_000, "has more than"),
        ("المدينة: جدة".encode("cp1256"), "is not in UTF-8"),
    ],
)
def test_what_is_not_understood_is_explained(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ProfileError) as refused:
        read_profile(written(tmp_path, text))
    assert message in str(refused.value)


def test_a_missing_profile_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"me\.yaml cannot be read: No such file"):
        read_profile(tmp_path / "me.yaml")


FIELDS = st.sampled_from(["city", "days", "المهارات", "online", "cause", "x"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()), st.just({"a": "b"}))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(FIELDS, VALUES))
def test_profiles_are_read_or_refused(values: dict[str, object]) -> None:
    try:
        assert isinstance(profile_of(values), Profile)
    except ProfileError:
        return


PRIVATE = "0501234567"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    rows = [
        {"text": f"نحتاج ممرضات الجمعة بجدة، كلموني {PRIVATE}", "label": "volunteer_call"},
        {"text": "=نحتاج شباب الجمعة بجدة", "label": "volunteer_call"},
        {"text": "نحتاج شباب بالدمام", "label": "volunteer_call"},
        {"text": "صباح الخير", "label": "unrelated"},
    ]
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps({**row, "time": "2026-03-04T09:00"}) + "\n" for row in rows), "utf-8")
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["match", *map(str, arguments), "--now", "2026-03-05", "--country", "SA"])


def test_the_verb_shows_why_and_hides_numbers(tmp_path: Path, labelled: Path) -> None:
    result = run(written(tmp_path, ARABIC), labelled)
    assert result.exit_code == 0, result.output
    assert "1. ●●●●● دعوة تطوع: نحتاج ممرضات الجمعة بجدة" in result.stdout
    assert "في مدينتك جدة: «بجدة» • الجمعة من أيامك" in result.stdout
    assert "2 calls fit; left out: 1 elsewhere" in result.stderr
    assert PRIVATE not in result.output
    assert "+966 50 123 4567" in run(tmp_path / "me.yaml", labelled, "--show-contacts").stdout


@pytest.mark.parametrize("suffix", [".json", ".csv", ".xlsx"])
def test_files_hold_what_is_shown_and_no_private_number(tmp_path: Path, labelled: Path, suffix: str) -> None:
    output = tmp_path / f"calls{suffix}"
    options = ("--city", "جدة", "--day", "الجمعة", "--skill", "تمريض", "-o", output)
    assert run(labelled, *options).exit_code == 0
    if suffix == ".xlsx":
        rows = load_workbook(output).active.iter_rows(values_only=True)
        text = "\n".join(str(cell) for row in rows for cell in row)
    else:
        text = output.read_text("utf-8")
    assert "«ممرضات»" in text
    assert PRIVATE[3:] not in text.replace(" ", "")
    if suffix == ".csv":
        assert ",=" not in text
    assert "is there already" in str(run(labelled, *options).exception)


def test_json_is_for_programs(labelled: Path) -> None:
    result = run(labelled, "--city", "جدة", "--json", "-n", 1)
    (first,) = json.loads(result.stdout)
    quoted = first["reasons"][0]["evidence"]
    assert first["text"][quoted["start"] : quoted["end"]] == quoted["text"] == "بجدة"


@pytest.mark.parametrize("arguments", [["me.yaml"], ["me.yaml", "you.yml", "x.csv"], ["x.csv"]])
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
