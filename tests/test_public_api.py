import ast
import subprocess
import sys
from pathlib import Path

import evolunteer_nlp

PACKAGE = Path(evolunteer_nlp.__file__).parent

# Which sub-packages and modules may import which; text is the ground, cli the roof.
ALLOWED = {
    "errors": set(),
    "labels": set(),
    "prediction": set(),
    "text": {"text"},
    "engine": {"engine", "text", "errors", "prediction"},
    "model": {"engine", "text", "errors", "prediction"},
    "tables": {"tables", "errors"},
    "corpus": {"corpus", "tables", "text", "errors", "labels", "model"},
    "training": {"training", "corpus", "dumps", "initiatives", "tables", "engine", "text", "errors", "labels", "model"},
    "initiatives": {"initiatives", "text", "tables", "dumps", "errors", "labels"},
    "dumps": {"dumps", "tables", "model", "errors"},
    "cli": {"cli", "initiatives", "dumps", "training", "corpus", "tables", "model", "errors", "labels"},
}


def test_all_names_are_importable():
    assert all(hasattr(evolunteer_nlp, name) for name in evolunteer_nlp.__all__)
    assert set(evolunteer_nlp.__all__) <= set(dir(evolunteer_nlp))


def modules_after(code: str) -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(shown.stdout.split())


HEAVY = {
    "sklearn",
    "pandas",
    "pyarrow",
    "scipy",
    "numpy",
    "camel_tools",
    "torch",
    "polars",
    "pyspark",
    "rich",
    "typer",
    "onnxruntime",
    "tokenizers",
    "hijridate",
    "phonenumbers",
    "stdnum",
    "jinja2",
    "icalendar",
    "yaml",
}


def test_import_is_cheap():
    assert not modules_after("import evolunteer_nlp") & HEAVY


def test_a_single_post_needs_no_heavy_library_unless_it_is_read():
    post = "نحتاج متطوعين غدا"
    assert not modules_after(f"from evolunteer_nlp import classify; classify({post!r}, engine='words')") & HEAVY
    assert not modules_after("from evolunteer_nlp import classify; classify('صباح الخير يا جماعة')") & HEAVY


def test_imports_flow_one_way():
    wrong = []
    for file in PACKAGE.rglob("*.py"):
        home = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if home == "__init__":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("evolunteer_nlp."):
                target = node.module.split(".")[1]
                if target not in ALLOWED[home]:
                    wrong.append(f"{file.relative_to(PACKAGE)}: {node.module}")
    assert not wrong
