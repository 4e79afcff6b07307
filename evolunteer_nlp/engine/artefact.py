"""A model directory: a manifest, arrays and perhaps a reader's files; nothing in it can execute.

Arrays are kept in the safetensors format (https://github.com/huggingface/safetensors): eight bytes that give the length
of a JSON header, the header with dtype, shape and place of each array, then the numbers, little endian. It is read here
by the standard library, as views on the mapped file, so that a first post is classified before numpy could be imported.
"""

import errno
import hashlib
import json
import mmap
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evolunteer_nlp.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FORMAT = 2
"""The format of model directories that this version writes and reads."""

_MANIFEST = "manifest.json"
_ARRAYS = "arrays.safetensors"
READER = ("reader.onnx", "tokenizer.json")
"""The files of a reader: its network and its tokenizer."""
_LARGEST = 2**31
_LARGEST_TEXT = 2**24
"""Bytes of a file, and of a manifest or header, that are read at most: a stranger's may be sparse, or have no end."""
_DTYPES: dict[str, Any] = {"U64": "Q", "U32": "I", "F32": "f", "F64": "d"}
_NUMPY_DTYPES = {"<u8": "U64", "<u4": "U32", "<f4": "F32", "<f8": "F64"}


def save_model(
    directory: str | os.PathLike[str],
    manifest: Mapping[str, Any],
    arrays: Mapping[str, "npt.NDArray[np.generic]"],
    reader: Sequence[bytes] = (),
) -> Path:
    """Write a model directory, whole or not at all; a directory that is already there is replaced.

    Parameters
    ----------
    directory : path
    manifest : mapping
        What JSON can hold; ``format`` and the hashes of the files are added.
    arrays : mapping of str to ndarray
        uint64, uint32, float32 or float64; stored in one file, ``arrays.safetensors``.
    reader : sequence of bytes
        The contents of the files `READER`, or none.

    Raises
    ------
    ModelError
        If something that is not a model directory stands in the way.
    """
    target = model_target(directory)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise ModelError(f"no model can be written to {target}: {error.strerror}; choose another --output") from None
    try:
        files = {_ARRAYS: _to_safetensors(arrays), **(dict(zip(READER, reader, strict=True)) if reader else {})}
        for name, content in files.items():
            (draft / name).write_bytes(content)
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        text = json.dumps({"format": FORMAT, **manifest, "files": hashes}, ensure_ascii=False, indent=1)
        (draft / _MANIFEST).write_text(text + "\n", encoding="utf-8")
        draft.chmod(0o755)
        if target.exists():
            _keep_other_files(target, draft)
        _replace(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def model_target(directory: str | os.PathLike[str]) -> Path:
    """Where `save_model` would write: the path itself, or of a link what it leads to.

    Raises
    ------
    ModelError
        If something that is not a model directory stands there.
    """
    target = Path(directory).resolve()
    foreign = target.exists() and not isinstance(_read_manifest(target).get("format"), int)
    if foreign and (not target.is_dir() or any(target.iterdir())):
        raise ModelError(f"{target} exists and is not a model directory; choose another --output or move it away")
    return target


def load_arrays(directory: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, memoryview]]:
    """Read a model directory that `save_model` wrote.

    Returns
    -------
    manifest : dict
    arrays : dict of str to memoryview
        One-dimensional views on the mapped file, in their own item type.

    Raises
    ------
    ModelError
        If the directory is missing, damaged, truncated, foreign or of another format; the message says what to do.
    """
    folder = Path(directory)
    if not folder.is_dir():
        raise ModelError(f"no model directory at {folder}; `evolunteer train --output {folder}` makes one")
    manifest = _read_manifest(folder)
    found = manifest.get("format")
    if not isinstance(found, int):
        raise ModelError(
            f"{folder} is no model directory of this library (its {_MANIFEST} is missing, damaged or foreign); "
            f"name another, copy it again, or make one with `evolunteer train`"
        )
    if found != FORMAT:
        cure = "update evolunteer-nlp" if found > FORMAT else "train it again with `evolunteer train`"
        raise ModelError(f"the model in {folder} has format {found}, this version reads format {FORMAT}; {cure}")
    files = manifest.get("files")
    if not isinstance(files, dict) or list(files) not in ([_ARRAYS], [_ARRAYS, *READER]):
        raise ModelError(f"{folder / _MANIFEST} does not list the model's files; copy or train the model again")
    return manifest, _from_safetensors(folder / _ARRAYS, files[_ARRAYS])


def take_arrays(arrays: Mapping[str, memoryview], formats: Mapping[str, str]) -> tuple[memoryview, ...]:
    """Take some of an artefact's arrays, in the item types that are wanted.

    Parameters
    ----------
    arrays : mapping of str to memoryview
    formats : mapping of str to str
        The names of the arrays, and their type codes of `struct`.

    Raises
    ------
    ModelError
        If one is missing or of another type.
    """
    try:
        views = tuple(arrays[name] for name in formats)
    except KeyError as error:
        raise ModelError(f"the model's arrays lack {error}; copy or train the model again") from None
    if [view.format for view in views] != list(formats.values()):
        raise no_fit()
    return views


def no_fit() -> ModelError:
    """What to raise where arrays have sizes or types that do not belong together."""
    return ModelError("the model's arrays do not fit together; copy or train the model again")


def read_reader(directory: str | os.PathLike[str], manifest: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Read the files `READER` of a model directory, whole, and compare them with the manifest's hashes.

    Raises
    ------
    ModelError
        If one is missing or damaged.
    """
    network, tokenizer = (_checked(Path(directory) / name, manifest["files"][name]) for name in READER)
    return network, tokenizer


def _checked(path: Path, sha256: str) -> bytes:
    try:
        content = _plain(path).read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); copy or train the model again") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelError(f"{path} is damaged, or was replaced since the model was loaded; load, copy or train it again")
    return content


def _plain(path: Path, most: int = _LARGEST) -> Path:
    """The path, if a plain file is there: no pipe or device, and no link to a file of another name.

    Tools that install packages as links keep names; a link in a stranger's model could lead to anything.
    """
    real = Path(os.path.realpath(path, strict=True))
    if real.name != path.name or not real.is_file():
        raise OSError(errno.EINVAL, "not a plain file")
    if real.stat().st_size > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MB")
    return real


def _read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a directory; nothing where there is none to read."""
    try:
        manifest = json.loads(_plain(folder / _MANIFEST, _LARGEST_TEXT).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _keep_other_files(old: Path, new: Path) -> None:
    for file in old.iterdir():
        if not (new / file.name).exists() and file.name not in READER:
            if file.is_dir():
                shutil.copytree(file, new / file.name, symlinks=True)
            else:
                shutil.copy2(file, new / file.name, follow_symlinks=False)


def _replace(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.rename(target)
        return
    old = draft.with_name(draft.name + ".old")
    target.rename(old)
    try:
        draft.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old)


def _to_safetensors(arrays: Mapping[str, "npt.NDArray[np.generic]"]) -> bytes:
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    at = 0
    for name, array in sorted(arrays.items(), key=lambda item: (-item[1].itemsize, item[0])):  # keeps numbers aligned
        content = array.astype(array.dtype.newbyteorder("<")).tobytes()
        dtype = _NUMPY_DTYPES[array.dtype.newbyteorder("<").str]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(content)]}
        parts.append(content)
        at += len(content)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def _from_safetensors(path: Path, sha256: str) -> dict[str, memoryview]:
    damaged = ModelError(f"{path} is damaged or incomplete; copy or train the model again")
    if sys.byteorder != "little":
        raise ModelError("models are stored little endian, and this machine is not")
    try:
        with _plain(path).open("rb") as file:
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):
        raise damaged from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise damaged
    try:
        start = 8 + int.from_bytes(content[:8], "little")
        if start > _LARGEST_TEXT:
            raise damaged
        header = json.loads(bytes(content[8:start]))
        return {
            name: content[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]].cast(
                _DTYPES[entry["dtype"]]
            )
            for name, entry in header.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        raise damaged from None
