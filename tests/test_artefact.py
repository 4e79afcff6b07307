"""Model directories: written whole or not at all, read without trust, with errors that say what to do."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evolunteer_nlp import ModelError, load_model
from evolunteer_nlp.engine.artefact import FORMAT, load_arrays, save_model

ARRAYS = {
    "numbers": np.array([3, 5, 2**64 - 1], dtype=np.uint64),
    "buckets": np.array([0, 1, 3], dtype=np.uint32),
    "weights": np.array([[0.5, -1.25], [1e-30, 3e30]], dtype=np.float32),
    "intercept": np.array([0.1, -0.2]),
}
OTHER = {"numbers": np.arange(9, dtype=np.uint64)}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save_model(tmp_path / "model", {"labels": ["دعوة", "لا"]}, ARRAYS)


def edit_manifest(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(manifest), encoding="utf-8")


def assert_teaches(error: ModelError) -> None:
    """The message is one line and names a cure."""
    message = str(error)
    assert "\n" not in message
    assert re.search(r"copy or train|train it again|evolunteer train|update|choose another|move it away", message)


def test_what_is_saved_is_loaded(saved: Path) -> None:
    manifest, arrays = load_arrays(saved)
    assert manifest["labels"] == ["دعوة", "لا"]
    assert manifest["format"] == FORMAT
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert np.array_equal(np.asarray(arrays[name]), array.ravel())
        assert np.asarray(arrays[name]).dtype == array.dtype


def test_arrays_are_read_only(saved: Path) -> None:
    _, arrays = load_arrays(saved)
    with pytest.raises(TypeError):
        arrays["numbers"][0] = 1


def test_big_endian_and_empty_arrays_are_saved(tmp_path: Path) -> None:
    save_model(tmp_path / "model", {}, {"big": np.arange(3, dtype=">u4"), "empty": np.zeros(0, dtype=np.float32)})
    _, arrays = load_arrays(tmp_path / "model")
    assert arrays["big"].tolist() == [0, 1, 2]
    assert arrays["empty"].tolist() == []


def test_the_same_model_is_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    again = save_model(tmp_path / "again", {"labels": ["دعوة", "لا"]}, ARRAYS)
    for file in saved.iterdir():
        assert file.read_bytes() == (again / file.name).read_bytes()


def test_a_model_is_json_and_numbers(small_model: Path) -> None:
    assert sorted(file.name for file in small_model.iterdir()) == ["arrays.safetensors", "manifest.json"]
    manifest = json.loads((small_model / "manifest.json").read_text(encoding="utf-8"))
    content = (small_model / "arrays.safetensors").read_bytes()
    assert manifest["files"] == {"arrays.safetensors": hashlib.sha256(content).hexdigest()}

    start = 8 + int.from_bytes(content[:8], "little")
    entries = sorted(json.loads(content[8:start]).values(), key=lambda entry: entry["data_offsets"])
    sizes = {"U64": 8, "F64": 8, "U32": 4, "F32": 4}
    at = 0
    for entry in entries:
        assert entry["data_offsets"] == [at, at + sizes[entry["dtype"]] * int(np.prod(entry["shape"]))]
        assert (start + at) % sizes[entry["dtype"]] == 0
        at = entry["data_offsets"][1]
    assert start + at == len(content)


def test_a_model_is_replaced(saved: Path) -> None:
    save_model(saved, {}, OTHER)
    assert load_arrays(saved)[1]["numbers"].tolist() == list(range(9))
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_who_reads_the_old_model_goes_on_reading_it(saved: Path) -> None:
    _, arrays = load_arrays(saved)
    save_model(saved, {}, OTHER)
    assert arrays["numbers"].tolist() == ARRAYS["numbers"].tolist()


def test_an_empty_directory_becomes_a_model(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    save_model(tmp_path / "model", {}, OTHER)
    assert load_arrays(tmp_path / "model")[1]["numbers"].tolist() == list(range(9))


@pytest.mark.parametrize(
    ("manifest", "arrays"), [({"labels": object()}, OTHER), ({}, {"half": np.zeros(3, dtype=np.float16)})]
)
def test_a_save_that_fails_leaves_the_old_model(saved: Path, manifest: Any, arrays: Any) -> None:
    with pytest.raises((TypeError, KeyError)):
        save_model(saved, manifest, arrays)
    assert load_arrays(saved)[1]["numbers"].tolist() == ARRAYS["numbers"].tolist()
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_a_disk_that_fails_leaves_the_old_model(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def fail_with_the_draft(path: Path, target: Path) -> Path:
        if target == saved and not path.name.endswith(".old"):
            raise OSError("disk failure")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_with_the_draft)
    with pytest.raises(OSError, match="disk failure"):
        save_model(saved, {}, OTHER)
    assert load_arrays(saved)[1]["numbers"].tolist() == ARRAYS["numbers"].tolist()
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_a_directory_of_something_else_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(ModelError) as caught:
        save_model(tmp_path, {}, OTHER)
    assert_teaches(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_file_stays(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("years of work")
    with pytest.raises(ModelError) as caught:
        save_model(tmp_path / "model", {}, OTHER)
    assert_teaches(caught.value)
    assert (tmp_path / "model").read_text() == "years of work"


def test_a_directory_with_a_manifest_of_something_else_stays(tmp_path: Path) -> None:
    website = tmp_path / "website"
    website.mkdir()
    (website / "manifest.json").write_text('{"manifest_version": 3}')
    (website / "index.html").write_text("years of work")
    with pytest.raises(ModelError):
        save_model(website, {}, OTHER)
    assert (website / "index.html").exists()


def test_a_link_to_a_model_is_replaced(saved: Path, tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(saved)
    save_model(link, {}, OTHER)
    assert load_arrays(link)[1]["numbers"].tolist() == list(range(9))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "model"]


def test_the_current_directory_becomes_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    monkeypatch.chdir(folder)
    save_model(".", {}, OTHER)
    assert load_arrays(folder)[1]["numbers"].tolist() == list(range(9))


def truncate(folder: Path) -> None:
    path = folder / "arrays.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def flip(folder: Path) -> None:
    path = folder / "arrays.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def link_elsewhere(folder: Path) -> None:
    (folder.parent / "elsewhere").write_bytes(b"secret")
    (folder / "arrays.safetensors").unlink()
    (folder / "arrays.safetensors").symlink_to(folder.parent / "elsewhere")


def rewrite_arrays(folder: Path, content: bytes) -> None:
    """Other arrays, of which the manifest says that they are right."""
    (folder / "arrays.safetensors").write_bytes(content)
    edit_manifest(folder, files={"arrays.safetensors": hashlib.sha256(content).hexdigest()})


def header(text: str) -> bytes:
    return len(text).to_bytes(8, "little") + text.encode()


def write_manifest(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "manifest.json").write_text(text, encoding="utf-8")


DAMAGE = [
    pytest.param(shutil.rmtree, id="missing"),
    pytest.param(lambda folder: shutil.rmtree(folder) or folder.write_text("x"), id="a file"),
    pytest.param(lambda folder: shutil.rmtree(folder) or folder.mkdir(), id="empty"),
    pytest.param(lambda folder: (folder / "manifest.json").unlink(), id="no manifest"),
    pytest.param(
        lambda folder: (folder / "manifest.json").unlink() or (folder / "manifest.json").mkdir(), id="manifest a folder"
    ),
    pytest.param(write_manifest('{"manifest_version": 3}'), id="foreign manifest"),
    pytest.param(write_manifest("[1, 2]"), id="manifest a list"),
    pytest.param(write_manifest(""), id="empty manifest"),
    pytest.param(write_manifest('{"format": 1,\n "lab'), id="broken JSON"),
    pytest.param(write_manifest("[" * 100_000), id="endless JSON"),
    pytest.param(lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe{\x00"), id="manifest not UTF-8"),
    pytest.param(lambda folder: edit_manifest(folder, format=FORMAT + 1), id="newer format"),
    pytest.param(lambda folder: edit_manifest(folder, format=FORMAT - 1), id="older format"),
    pytest.param(lambda folder: edit_manifest(folder, format="1"), id="format a text"),
    pytest.param(truncate, id="truncated arrays"),
    pytest.param(flip, id="a flipped bit"),
    pytest.param(lambda folder: (folder / "arrays.safetensors").write_bytes(b""), id="empty arrays"),
    pytest.param(lambda folder: (folder / "arrays.safetensors").unlink(), id="no arrays"),
    pytest.param(link_elsewhere, id="arrays a link elsewhere"),
    pytest.param(lambda folder: edit_manifest(folder, files=None), id="no files"),
    pytest.param(lambda folder: edit_manifest(folder, files={}), id="files empty"),
    pytest.param(lambda folder: edit_manifest(folder, files={"../arrays.safetensors": "0"}), id="files above"),
    pytest.param(lambda folder: edit_manifest(folder, files={"/etc/passwd": "0"}), id="files anywhere"),
    pytest.param(lambda folder: edit_manifest(folder, files={"arrays.safetensors": None}), id="no hash"),
    pytest.param(lambda folder: rewrite_arrays(folder, b"\x80\x04N."), id="arrays a pickle"),
    pytest.param(lambda folder: rewrite_arrays(folder, header("[]")), id="header a list"),
    pytest.param(lambda folder: rewrite_arrays(folder, header("[" * 100_000)), id="endless JSON in the header"),
    pytest.param(lambda folder: rewrite_arrays(folder, header('{"a": 1}')), id="header of numbers"),
    pytest.param(
        lambda folder: rewrite_arrays(folder, header('{"a": {"dtype": "O", "data_offsets": [0, 8]}}')),
        id="dtype object",
    ),
    pytest.param(
        lambda folder: rewrite_arrays(folder, header('{"a": {"dtype": "U64", "data_offsets": [0, 8]}}') + b"1234567"),
        id="too few numbers",
    ),
    pytest.param(lambda folder: rewrite_arrays(folder, b"\xff" * 8 + b"{"), id="endless header"),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told(saved: Path, damage: Callable[[Path], object]) -> None:
    damage(saved)
    with pytest.raises(ModelError) as caught:
        load_arrays(saved)
    assert_teaches(caught.value)


@pytest.fixture
def copied(small_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_model, tmp_path / "copied"))


def test_a_copied_model_loads(copied: Path) -> None:
    assert load_model(copied).info["format"] == FORMAT


@pytest.mark.parametrize(
    "changes",
    [
        {"cleaning": None},
        {"cleaning": "0123456789abcdef"},
        {"labels": None},
        {"labels": []},
        {"labels": ["a", "b"]},
        {"labels": 4},
        {"background": "nobody"},
        {"decisions": None},
        {"decisions": {}},
        {"decisions": {"words": {"scale": "much"}}},
    ],
    ids=str,
)
def test_a_manifest_that_lacks_a_part_is_told(copied: Path, changes: dict[str, object]) -> None:
    edit_manifest(copied, **changes)
    with pytest.raises(ModelError) as caught:
        load_model(copied)
    assert_teaches(caught.value)


@pytest.mark.parametrize("name", ["labels", "background", "decisions", "cleaning"])
def test_a_manifest_without_a_key_is_told(copied: Path, name: str) -> None:
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest[name]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_model(copied)
    assert_teaches(caught.value)


@pytest.mark.parametrize("name", ["numbers", "buckets", "weights", "intercept"])
@pytest.mark.parametrize("change", ["leave out", "shorten", "other type"])
def test_arrays_that_do_not_fit_are_told(small_model: Path, tmp_path: Path, name: str, change: str) -> None:
    manifest, views = load_arrays(small_model)
    arrays = {key: np.asarray(view) for key, view in views.items()}
    if change == "leave out":
        del arrays[name]
    elif change == "shorten":
        arrays[name] = arrays[name][:-1]
    else:
        arrays[name] = arrays[name].astype(np.float64 if name == "buckets" else np.uint32)
    save_model(tmp_path / "model", manifest, arrays)
    with pytest.raises(ModelError) as caught:
        load_model(tmp_path / "model")
    assert_teaches(caught.value)
