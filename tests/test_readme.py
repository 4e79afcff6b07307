"""Every block of the README and of the pages in ``docs/`` is run: Python as it stands, shell commands in a copy."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from evolunteer_nlp.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.ar.md", *sorted((ROOT / "docs").glob("*.md"))]
INSTALLS = re.compile(r"^(pip|uv|git clone)\b|apt-get|benchmarks/|public-posts|path/to", re.MULTILINE)


TRAINS = re.compile(r"evolunteer (train|evaluate|corpus audit)\b")


def blocks(language: str) -> list[object]:
    found = []
    for page in PAGES:
        for n, block in enumerate(re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)):
            marks = [pytest.mark.slow] if TRAINS.search(block) else []
            found.append(pytest.param(block, id=f"{page.name}-{n}", marks=marks))
    return found


@pytest.mark.parametrize("block", blocks("python"))
def test_python_blocks_run_and_print_what_they_say(block: str, tmp_path: Path):
    if "pyspark" in block:
        pytest.skip("needs Spark; test_spark.py submits it")
    code, expected = [], []
    for line in block.splitlines():
        code.append(line)
        if "  # " in line and line.startswith("print("):
            expected.append(line.split("  # ", 1)[1].strip())
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(code)], cwd=ROOT, capture_output=True, text=True, check=True, env=environment()
    )
    assert run.stdout.split("\n")[: len(expected)] == expected


@pytest.mark.parametrize("block", blocks("bash"))
def test_shell_blocks_run(block: str, tmp_path: Path):
    if INSTALLS.search(block):
        pytest.skip("installs, or needs files that do not ship; continuous integration runs the first two")
    shutil.copytree(ROOT / "corpora/sample", tmp_path / "corpora/sample")
    subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=tmp_path, check=True, env=environment())


def test_the_first_command_prints_what_the_readme_shows(tmp_path: Path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```text\n(.*?)```", readme, re.DOTALL)
    command = ["evolunteer", "label", "corpora/sample/posts.csv", "-o", tmp_path / "labelled.csv"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment())
    assert shown and shown[1] in run.stdout + run.stderr


def test_every_verb_is_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]
    families = {name: command.commands for name, command in commands.items() if hasattr(command, "commands")}
    verbs = [name for name in commands if name not in families]
    verbs += [f"{family} {name}" for family, members in families.items() for name in members]
    assert not [verb for verb in verbs if f"evolunteer {verb}" not in readme]


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
