"""Reading what annotators chose: every post that is clear, and every row that is not."""

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evolunteer_nlp.corpus.annotations import Annotations, read_annotations
from evolunteer_nlp.corpus.choices import SHEET
from evolunteer_nlp.corpus.posts import read_corpus, text_id, write_corpus
from evolunteer_nlp.errors import CorpusError, EvolunteerError, TableError
from evolunteer_nlp.labels import Label

CALL = "نحتاج متطوعين لتنظيف الشاطئ"
DRIVE = "تبرعوا لإغاثة المتضررين"
CHAT = "صباح الخير يا أصدقائي"


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def labelled(found: Annotations) -> list[tuple[str, str]]:
    return [(post.text, post.label) for post in found.posts]


def reasons(found: Annotations) -> list[str]:
    return [problem.reason for problem in found.problems]


def excel(path: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


# Names of labels


@pytest.mark.parametrize(
    ("name", "label"),
    [
        *((str(label), str(label)) for label in Label),
        *((label.arabic, str(label)) for label in Label),
        ("تطوع", "volunteer_call"),
        ("دعوة تطوّع", "volunteer_call"),
        ("حمله تبرع", "donation_drive"),
        (" Donation ", "donation_drive"),
        ("توعية", "awareness_campaign"),
        ("AWARENESS-CAMPAIGN", "awareness_campaign"),
        ("غير ذى صلة", "unrelated"),
    ],
)
def test_labels_are_known_by_many_names(tmp_path, name, label):
    assert labelled(read_annotations(lines(tmp_path / "a.jsonl", {"text": CALL, "label": name}))) == [(CALL, label)]


@pytest.mark.parametrize("name", [1, "1", "٢", 0, 1.0, "spam", "حملة", "campaign"])
def test_names_that_could_mean_several_labels_or_none_are_unknown(tmp_path, name):
    found = read_annotations(lines(tmp_path / "a.jsonl", {"text": CALL, "label": name}))
    assert found.posts == []
    (problem,) = found.problems
    assert problem.choice == ("1" if name == 1 else str(name))
    assert f"--label-map {problem.choice}=" in problem.reason


def test_what_a_number_stands_for_can_be_said(tmp_path):
    path = excel(tmp_path / "a.xlsx", ("text", "label"), (CALL, 1), (DRIVE, 2.0), (CHAT, "3"))
    found = read_annotations(path, {"1": "volunteer_call", "2": "تبرع", "3": "unrelated"})
    assert labelled(found) == [(CALL, "volunteer_call"), (DRIVE, "donation_drive"), (CHAT, "unrelated")]


def test_a_map_to_an_unknown_label_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'volunteers_call' is no label; known are volunteer_call"):
        read_annotations(tmp_path / "a.csv", {"1": "volunteers_call"})


def test_other_sets_of_labels_have_their_own_names(tmp_path):
    path = lines(tmp_path / "a.jsonl", {"text": CALL, "label": "Spam"}, {"text": DRIVE, "label": "unrelated"})
    found = read_annotations(path, labels=["spam", "ham"])
    assert labelled(found) == [(CALL, "spam")]
    assert "unknown label 'unrelated'" in found.problems[0].reason


# Sheets and plain tables


def test_problems_are_listed_with_row_and_choice(tmp_path):
    rows = [(CALL, "", "تطوع", "", "x"), (DRIVE, "", "شيء", "", ""), ("", "", "تبرع", "", ""), (CHAT, "", None, "", "")]
    path = excel(tmp_path / "a.xlsx", SHEET, *rows)
    found = read_annotations(path)
    assert labelled(found) == [(CALL, "volunteer_call")]
    assert [(problem.where, problem.text, problem.choice) for problem in found.problems] == [
        (f"{path}, row 3", DRIVE, "شيء"),
        (f"{path}, row 4", "", "تبرع"),
        (f"{path}, row 5", CHAT, ""),
    ]
    assert [reason.split(";")[0] for reason in reasons(found)] == ["unknown label 'شيء'", "no text", "no label chosen"]


def test_ids_that_excel_garbled_are_made_again(tmp_path):
    found = read_annotations(excel(tmp_path / "a.xlsx", SHEET, (CALL, "", "تطوع", "", 1.23e15)))
    assert [post.id for post in found.posts] == [text_id(CALL)]


@pytest.mark.parametrize("rows", [[(CALL, "تطوع"), (DRIVE, "تبرع")], [("تطوع", CALL), ("تبرع", DRIVE)]])
@pytest.mark.parametrize("suffix", ["csv", "tsv", "xlsx"])
def test_two_columns_need_no_header(tmp_path, rows, suffix):
    path = tmp_path / f"a.{suffix}"
    if suffix == "xlsx":
        excel(path, *rows)
    else:
        between = "," if suffix == "csv" else "\t"
        path.write_text("".join(between.join(row) + "\n" for row in rows), encoding="utf-8")
    found = read_annotations(path)
    assert labelled(found) == [(CALL, "volunteer_call"), (DRIVE, "donation_drive")]
    assert found.posts[0].where == f"{path}, row 1"


def test_numbers_without_a_header_are_labels_to_be_mapped(tmp_path):
    (tmp_path / "a.csv").write_text(f"{CALL},1\n{DRIVE},2\n", encoding="utf-8")
    assert [problem.where[-5:] for problem in read_annotations(tmp_path / "a.csv").problems] == ["row 1", "row 2"]
    found = read_annotations(tmp_path / "a.csv", {"1": "volunteer_call", "2": "donation_drive"})
    assert [post.label for post in found.posts] == ["volunteer_call", "donation_drive"]


@pytest.mark.parametrize("header", ["text,label", "label,text", "النص,التصنيف", "Tweet,Class"])
def test_columns_are_known_by_their_names(tmp_path, header):
    row = f"تطوع,{CALL}" if header == "label,text" else f"{CALL},تطوع"
    (tmp_path / "a.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    assert labelled(read_annotations(tmp_path / "a.csv")) == [(CALL, "volunteer_call")]


def test_without_a_column_of_labels_the_columns_are_listed(tmp_path):
    (tmp_path / "a.csv").write_text(f"text,when\n{CALL},today\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"call it 'label'\. Its columns are: text, when"):
        read_annotations(tmp_path / "a.csv")


def test_column_and_encoding_can_be_named(tmp_path):
    (tmp_path / "a.csv").write_text(f"words,label,when\n{CALL},تطوع,today\n", encoding="cp1256")
    found = read_annotations(tmp_path / "a.csv", column="words", encoding="cp1256")
    assert labelled(found) == [(CALL, "volunteer_call")]


def test_rows_that_cannot_be_read_are_problems(tmp_path):
    (tmp_path / "a.csv").write_text(f"text,label\n{CALL},تطوع\n{DRIVE}\n", encoding="utf-8")
    found = read_annotations(tmp_path / "a.csv")
    assert len(found.posts) == 1
    assert reasons(found) == ["1 fields where the header has 2"]


def test_what_else_is_known_of_a_post_is_kept(tmp_path):
    row = {"text": CALL, "label": "تطوع", "also": "تبرع", "firm": False, "platform": "twitter", "split": "dev"}
    (post,) = read_annotations(lines(tmp_path / "a.jsonl", row)).posts
    assert (post.also, post.firm, post.platform, post.split) == ("donation_drive", False, "twitter", "dev")


def test_an_unknown_second_label_is_a_problem(tmp_path):
    found = read_annotations(lines(tmp_path / "a.jsonl", {"text": CALL, "label": "تطوع", "also": "spam"}))
    assert found.posts == []
    assert "'spam'" in reasons(found)[0]


# The same text again


def test_a_text_with_two_labels_is_not_taken(tmp_path):
    rows = [(CALL, "تطوع"), (DRIVE, "تبرع"), (f" {CALL}\n", "تبرع")]
    found = read_annotations(excel(tmp_path / "a.xlsx", ("text", "label"), *rows))
    assert labelled(found) == [(DRIVE, "donation_drive")]
    assert [problem.choice for problem in found.problems] == ["تطوع", "تبرع"]
    assert all(reason.startswith("the same text with two labels") for reason in reasons(found))
    assert "row 4" in reasons(found)[0]


def test_a_text_that_stands_twice_is_taken_once_and_said(tmp_path):
    found = read_annotations(excel(tmp_path / "a.xlsx", ("text", "label"), (CALL, "تطوع"), (CALL, "volunteer_call")))
    assert labelled(found) == [(CALL, "volunteer_call")]
    assert [problem.where[-5:] for problem in found.problems] == ["row 3"]
    assert "again; first in" in reasons(found)[0]


# Label Studio


def task(text: str, *annotations: object, **more: object) -> dict[str, object]:
    return {"id": 7, "data": {"text": text}, "annotations": list(annotations), "predictions": [], **more}


def chose(*names: str, by: object = 1, cancelled: bool = False) -> dict[str, object]:
    result = [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": list(names)}}]
    return {"completed_by": by, "result": result if names else [], "was_cancelled": cancelled}


def studio(path: Path, *tasks: object) -> Annotations:
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
    return read_annotations(path)


def test_annotators_who_agree_make_one_post(tmp_path):
    found = studio(tmp_path / "a.json", task(CALL, chose("دعوة تطوع"), chose("تطوع", by={"id": 2, "email": "b@c.d"})))
    assert labelled(found) == [(CALL, "volunteer_call")]
    assert found.problems == []


def test_annotators_who_disagree_are_listed_one_by_one(tmp_path):
    found = studio(
        tmp_path / "a.json", task(CALL, chose("تطوع", by=1), chose("تبرع", by=2)), task(CHAT, chose("unrelated"))
    )
    assert labelled(found) == [(CHAT, "unrelated")]
    assert [(problem.where.split(", ", 1)[1], problem.choice) for problem in found.problems] == [
        ("row 1, annotator 1", "تطوع"),
        ("row 1, annotator 2", "تبرع"),
    ]
    assert all(reason.startswith("annotators disagree") for reason in reasons(found))


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ([], "not annotated yet"),
        ([chose("تطوع", cancelled=True)], "skipped by the annotator"),
        ([chose(cancelled=True)], "skipped by the annotator"),
        ([chose()], "no label chosen"),
        ([chose("تطوع", "تبرع")], "several labels; keep the one that matters most"),
        (["x"], "not an annotation of Label Studio"),
    ],
)
def test_tasks_without_a_clear_label_are_listed(tmp_path, annotations, reason):
    found = studio(tmp_path / "a.json", task(CALL, *annotations))
    assert (found.posts, reasons(found)) == ([], [reason])


def test_the_models_guess_is_no_annotation(tmp_path):
    guess = [{"result": chose("دعوة تطوع")["result"], "score": 0.5}]
    assert reasons(studio(tmp_path / "a.json", task(CALL, predictions=guess))) == ["not annotated yet"]


def test_other_results_than_choices_are_no_labels(tmp_path):
    notes = {"from_name": "notes", "type": "textarea", "value": {"text": ["تبرع"]}}
    annotation = chose("تطوع")
    annotation["result"].append(notes)
    assert labelled(studio(tmp_path / "a.json", task(CALL, annotation))) == [(CALL, "volunteer_call")]


@pytest.mark.parametrize("choice", ["دعوة تطوع", {"choices": ["دعوة تطوع"]}])
def test_json_min_is_read(tmp_path, choice):
    row = {"text": CALL, "id": 1, "label": choice, "annotator": 1, "annotation_id": 5, "lead_time": 2.5}
    found = studio(tmp_path / "a.json", row, {**row, "annotator": 2})
    assert labelled(found) == [(CALL, "volunteer_call")]
    assert found.problems == []


def test_the_csv_export_is_read(tmp_path):
    header = "annotation_id,annotator,created_at,id,label,lead_time,text,updated_at"
    more = '2,1,t,2,"{""choices"": [""تطوع"", ""تبرع""]}",1,"' + DRIVE + '",t'
    (tmp_path / "a.csv").write_text(f'{header}\n1,1,t,1,"دعوة تطوع",2.5,"{CALL}",t\n{more}\n', encoding="utf-8")
    found = read_annotations(tmp_path / "a.csv")
    assert labelled(found) == [(CALL, "volunteer_call")]
    assert reasons(found) == ["several labels; keep the one that matters most"]


# doccano


@pytest.mark.parametrize("key", ["label", "labels", "cats"])
def test_doccano_lists_are_read(tmp_path, key):
    rows = [{"id": 1, "text": CALL, key: ["دعوة تطوع"]}, {"id": 2, "text": DRIVE, key: []}]
    found = read_annotations(lines(tmp_path / "a.jsonl", *rows))
    assert labelled(found) == [(CALL, "volunteer_call")]
    assert reasons(found) == ["no label chosen"]


def test_doccano_numbers_and_spans_and_joined_names(tmp_path):
    rows = [{"text": CALL, "label": [3]}, {"text": DRIVE, "label": [[0, 4, "تبرع"]]}]
    found = read_annotations(lines(tmp_path / "a.jsonl", *rows), {"3": "volunteer_call"})
    assert labelled(found) == [(CALL, "volunteer_call")]
    assert "unknown label" in reasons(found)[0]
    (tmp_path / "a.csv").write_text(f"id,text,label\n1,{CALL},تطوع#تبرع\n2,{DRIVE},donation_drive\n", encoding="utf-8")
    found = read_annotations(tmp_path / "a.csv")
    assert labelled(found) == [(DRIVE, "donation_drive")]


def test_categories_with_scores_are_read(tmp_path):
    path = lines(tmp_path / "a.jsonl", {"text": CALL, "cats": {"volunteer_call": 1.0, "unrelated": 0.0}})
    assert labelled(read_annotations(path)) == [(CALL, "volunteer_call")]


# As a corpus


def test_posts_are_written_as_a_corpus_and_read_again(tmp_path):
    row = {"text": CALL, "label": "تطوع", "also": "تبرع", "firm": False, "dialect": "GLF"}
    posts = read_annotations(lines(tmp_path / "a.jsonl", row, {"text": CHAT, "label": "unrelated"})).posts
    write_corpus(posts, tmp_path / "b.jsonl")
    again = read_corpus([tmp_path / "b.jsonl"])
    assert [(p.id, p.text, p.label, p.also, p.firm, p.dialect) for p in again] == [
        (p.id, p.text, p.label, p.also, p.firm, p.dialect) for p in posts
    ]
    with pytest.raises(TableError, match="--force"):
        write_corpus(posts, tmp_path / "b.jsonl")


def test_read_corpus_takes_clear_annotations_and_lists_the_first_of_other_rows(tmp_path):
    path = excel(tmp_path / "a.xlsx", SHEET, (CALL, "", "دعوة تطوع", "", ""))
    assert [post.label for post in read_corpus([path])] == ["volunteer_call"]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([task(f"{CALL} {n}") for n in range(30)]), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"30 rows .* review read") as error:
        read_corpus([path])
    assert str(error.value).count("not annotated yet") == 20


def test_read_corpus_takes_doccano_and_arabic_names(tmp_path):
    rows = [{"text": CALL, "label": ["دعوة تطوع"]}, {"text": CHAT, "label": "غير ذي صلة"}]
    posts = read_corpus([lines(tmp_path / "a.jsonl", *rows)])
    assert [post.label for post in posts] == ["volunteer_call", "unrelated"]


# Hostile files


class Boom:
    def __reduce__(self):
        return (Path("pwned").touch, ())


@pytest.mark.parametrize("name", ["a.xlsx", "a.json", "a.jsonl", "a.csv", "a.parquet"])
def test_a_pickle_by_another_name_is_refused_and_not_run(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(pickle.dumps(Boom(), protocol=4))
    with pytest.raises(TableError, match=name):
        read_annotations(name)
    assert not Path("pwned").exists()


def test_a_workbook_that_would_unpack_without_end_is_not_opened(tmp_path):
    path = excel(tmp_path / "a.xlsx", ("text", "label"), (CALL, "تطوع"))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b" " * (1 << 27))
    with pytest.raises(TableError, match="it was not opened"):
        read_annotations(path)


def change_sheet(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """Change the XML of a workbook's sheet."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = change(before)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def replaced(path: Path, old: bytes, new: bytes) -> Path:
    def change(xml: bytes) -> bytes:
        assert old in xml
        return xml.replace(old, new)

    return change_sheet(path, change)


def test_a_sheet_that_claims_more_cells_than_it_has_is_read_as_it_is(tmp_path):
    path = excel(tmp_path / "a.xlsx", ("text", "label"), (CALL, "تطوع"))
    replaced(path, b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    assert labelled(read_annotations(path)) == [(CALL, "volunteer_call")]


def test_a_row_beyond_the_end_of_any_sheet_ends_it(tmp_path):
    path = excel(tmp_path / "a.xlsx", ("text", "label"), (CALL, "تطوع"), (DRIVE, "تبرع"))
    replaced(path, b'<row r="3"', b'<row r="99999999999"')
    assert labelled(read_annotations(path)) == [(CALL, "volunteer_call")]


def test_entities_that_multiply_are_refused(tmp_path):
    path = excel(tmp_path / "a.xlsx", ("text", "label"), (CALL, "تطوع"))
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    replaced(path, b"<worksheet", f'<!DOCTYPE x [<!ENTITY e0 "more">{bomb}]><worksheet'.encode())
    replaced(path, b'<row r="2"', b'<row r="2" spans="&e11;"')
    with pytest.raises(TableError, match=r"a\.xlsx"):
        read_annotations(path)


def test_formulas_are_not_run_and_give_no_post(tmp_path):
    path = excel(tmp_path / "a.xlsx", ("text", "label"), ('=CONCATENATE("a","b")', "تطوع"), (CALL, '=CHAR(65)&"x"'))
    assert reasons(read_annotations(path)) == ["no text", "no label chosen"]


def test_parts_with_paths_are_never_unpacked(tmp_path):
    path = excel(tmp_path / "a.xlsx", ("text", "label"), (CALL, "تطوع"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.txt", "x")
        archive.writestr("/evil.txt", "x")
    assert labelled(read_annotations(path)) == [(CALL, "volunteer_call")]
    assert [file.name for file in tmp_path.iterdir()] == ["a.xlsx"]


DAMAGE = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(DAMAGE, st.booleans())
def test_a_damaged_workbook_is_read_or_refused(tmp_path_factory, damage, inside):
    path = excel(tmp_path_factory.mktemp("damaged") / "a.xlsx", ("text", "label"), (CALL, "تطوع"))

    def damaged(content: bytes) -> bytes:
        changed = bytearray(content)
        for at, byte in damage:
            changed[int(at * len(content))] = byte
        return bytes(changed)

    if inside:
        change_sheet(path, damaged)
    else:
        path.write_bytes(damaged(path.read_bytes()))
    try:
        read_annotations(path)
    except EvolunteerError as error:
        assert "a.xlsx" in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5) | st.sampled_from([CALL, "تطوع"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["text", "label", "cats", "data", "annotations", "result", "value", "choices", "type", "also", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(JSON, max_size=4))
def test_any_json_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "a.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    try:
        found = read_annotations(path)
    except EvolunteerError:
        return
    assert all(post.label in list(Label) and post.text.strip() for post in found.posts)
    assert len(found.posts) + len(found.problems) >= len(content) or not content
