import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OFFLINE = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "PIP_NO_INDEX": "1"}


@pytest.mark.slow
def test_the_wheel_labels_and_retrains_offline_outside_the_checkout(tmp_path: Path):
    uv = shutil.which("uv") or pytest.skip("uv is not on the path")
    run([uv, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path / "dist"), str(ROOT)], tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    run([uv, "venv", "--quiet", str(tmp_path / "env"), "--python", sys.executable], tmp_path)
    python = tmp_path / "env" / "bin" / "python"
    run([uv, "pip", "install", "--quiet", "--python", str(python), str(wheel)], tmp_path)
    evolunteer = str(python.with_name("evolunteer"))
    shutil.copy(ROOT / "corpora/sample/posts.csv", tmp_path / "posts.csv")
    outside = {**os.environ, **OFFLINE}

    run([evolunteer, "label", "posts.csv", "-o", "labelled.csv"], tmp_path, outside)
    assert len((tmp_path / "labelled.csv").read_text(encoding="utf-8").splitlines()) > 200
    run([evolunteer, "train", "--output", "mine"], tmp_path, outside)
    run([evolunteer, "label", "posts.csv", "-o", "mine.csv", "--model", "mine"], tmp_path, outside)
    where = run([str(python), "-c", "import evolunteer_nlp; print(evolunteer_nlp.__file__)"], tmp_path, outside)
    assert str(ROOT) not in where
    assert not list((tmp_path / "env").rglob("site-packages/torch"))
    read = run([evolunteer, "classify", "وصلنا السلال؟ لسه ناقصنا ناس", "--engine", "reader"], tmp_path, outside)
    assert "volunteer_call" in read
    megabytes = sum(file.stat().st_size for file in (tmp_path / "env").rglob("*") if file.is_file()) / 1e6
    assert megabytes <= 720
    without = subprocess.run(
        [evolunteer, "digest", "labelled.csv", "-o", "digest.html"], cwd=tmp_path, capture_output=True, text=True
    )
    assert without.returncode == 1
    assert "discover" in without.stderr
    run(
        [uv, "pip", "install", "--quiet", "--python", str(python), f"evolunteer-nlp[discover] @ {wheel.as_uri()}"],
        tmp_path,
    )
    run([evolunteer, "digest", "labelled.csv", "-o", "digest.html", "--country", "SD"], tmp_path, outside)
    assert 'dir="rtl"' in (tmp_path / "digest.html").read_text(encoding="utf-8")
    model = tmp_path / "env/lib"
    assert sum(f.stat().st_size for f in model.rglob("_shipped/models/**/*") if f.is_file()) <= 40e6


def run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout
