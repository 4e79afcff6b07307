"""The README's evening: pick posts from a dump, fill the sheet, adapt the model, compare, label again."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from evolunteer_nlp import load_model
from evolunteer_nlp.labels import arabic_name

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_walk_through_of_the_readme(tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = [found for found in re.findall(r"```bash\n(.*?)```", readme, re.DOTALL) if "--add tasks.xlsx" in found]
    before, after = block.replace("path/to/", "").split("# now fill", 1)
    with (ROOT / "corpora/sample/labelled.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    labels = {row["text"]: row["label"] for row in rows}
    write(tmp_path / "dump.csv", [{"text": row["text"]} for row in rows[:150]])
    write(tmp_path / "other-labelled-posts.csv", rows[150:])

    run(before, tmp_path)
    assert fill(tmp_path / "tasks.xlsx", labels) == 100
    printed = run(after.split("\n", 1)[1], tmp_path)

    assert printed.count("the new model is") == 3
    added = load_model(tmp_path / "mine").info["added"]
    assert added["posts"] == 100
    assert added["held_out"]["low"] > -0.02
    sheet = openpyxl.load_workbook(tmp_path / "labelled.xlsx").active
    assert sheet.max_row == 151


def write(path: Path, rows: list[dict]) -> None:
    import pandas as pd

    pd.DataFrame(rows).to_csv(path, index=False)


def run(commands: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill(path: Path, labels: dict[str, str]) -> int:
    """Choose a label for every post of a sheet, as a person would in a spreadsheet program."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    header = [cell.value for cell in sheet[1]]
    text, label = header.index("النص") + 1, header.index("التصنيف") + 1
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, label).value = arabic_name(labels[sheet.cell(row, text).value])
    book.save(path)
    return sheet.max_row - 1
