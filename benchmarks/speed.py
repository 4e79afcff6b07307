"""How fast labelling is beside peers: the same posts, one core, whole calls with cleaning and results included.

    python benchmarks/speed.py [--posts FILE.jsonl[.gz]] [--public public-posts.jsonl]

Every peer is trained on the same posts, then timed in processes of its own, in turn, several rounds; medians are
printed. ``batch`` is all posts in one call (ours builds every `Prediction`), ``single`` the median of single calls,
warm; ``cold`` is a whole process that classifies one post, ``memory`` the largest resident size of the process that
labelled all posts.
"""

import argparse
import json
import os
import pickle
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_PEERS = ("words", "scikit-learn", "fastText", "arabic-toxic")
_SETTINGS: dict[str, dict[str, Any]] = {
    "scikit-learn": {"C": 10.0, "weighted": True, "sublinear_tf": False},
    "fastText": {"epoch": 25, "lr": 0.3, "wordNgrams": 2, "dim": 50, "minn": 2, "maxn": 5},
    "arabic-toxic": {"alpha": 1e-5, "balanced": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=Path, help="posts to label; the authored ones if left out")
    parser.add_argument("--public", type=Path, help="hydrated public posts to train peers on too")
    parser.add_argument("-n", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(*arguments.child)))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), arguments)
        rounds: dict[str, list[dict[str, float]]] = {name: [] for name in _PEERS}
        for _ in range(arguments.rounds):
            for name in _PEERS:
                command = [sys.executable, __file__, "--child", name, folder]
                rounds[name].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    medians = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in rounds.items()
    }
    print(f"{'':13} batch posts/s  ratio   single µs  ratio  memory MB  cold s")
    ours = medians["words"]
    for name, row in medians.items():
        print(
            f"{name:13} {row['batch']:13,.0f}  {ours['batch'] / row['batch']:5.1f}  {row['single'] * 1e6:10,.0f}"
            f"  {row['single'] / ours['single']:5.1f}  {row['memory']:9,.0f}  {row['cold']:6.2f}"
        )
    print("ratio: how many times faster ours is")


def prepare(folder: Path, arguments: argparse.Namespace) -> None:
    """Train the peers and draw the posts, once."""
    import numpy as np
    from peers import LABELS, PEERS, FastText

    from evolunteer_nlp.corpus.posts import places, read_corpus
    from evolunteer_nlp.corpus.splits import trainable
    from evolunteer_nlp.tables.read import Row, open_table

    posts = trainable(read_corpus(["authored", *([arguments.public] if arguments.public else [])])).posts
    truth, _ = places(posts, LABELS)
    texts = [post.text for post in posts]
    firm = np.array([post.firm for post in posts])
    for name, setting in _SETTINGS.items():
        if name == "fastText":
            FastText().train(texts, truth, setting, folder)
        else:
            (folder / name).write_bytes(pickle.dumps(PEERS[name].fit(texts, truth, firm, setting)))
    if arguments.posts:
        with open_table(arguments.posts) as table:
            texts = [row.values["text"] for row in table.rows if isinstance(row, Row)]
    rng = np.random.default_rng(0)
    drawn = [texts[i] for i in rng.choice(len(texts), arguments.n, replace=arguments.n > len(texts))]
    (folder / "posts").write_text(json.dumps(drawn), encoding="utf-8")


def measure(name: str, folder: str) -> dict[str, float]:
    """Time one peer, in this process, on one core."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts = json.loads((Path(folder) / "posts").read_text(encoding="utf-8"))
    many, one = _callables(name, folder)
    many(texts[:2000])
    start = time.perf_counter()
    many(texts)
    batch = len(texts) / (time.perf_counter() - start)
    for text in texts[:8000]:
        one(text)
    times = []
    for text in texts[8000:10_000]:
        start = time.perf_counter()
        one(text)
        times.append(time.perf_counter() - start)
    memory = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", _cold(name, folder)], check=True)
    cold = time.perf_counter() - start
    return {"batch": batch, "single": statistics.median(times), "memory": memory, "cold": cold}


def _callables(name: str, folder: str) -> tuple[Callable[[Sequence[str]], object], Callable[[str], object]]:
    if name == "words":
        from evolunteer_nlp import classify, classify_many

        return lambda texts: list(classify_many(texts)), classify
    from evolunteer_nlp.text.cleaning import clean

    if name == "fastText":
        import fasttext

        model = fasttext.load_model(f"{folder}/{name}.bin")
        return lambda texts: [model.predict(clean(text), 4) for text in texts], lambda text: model.predict(
            clean(text), 4
        )
    pipeline = pickle.loads((Path(folder) / name).read_bytes())
    return pipeline.predict_proba, lambda text: pipeline.predict_proba([text])


def _cold(name: str, folder: str) -> str:
    post = "نحتاج متطوعين لتنظيف الشاطئ"
    if name == "words":
        return f"from evolunteer_nlp import classify; classify({post!r})"
    if name == "fastText":
        return f"import fasttext; fasttext.load_model('{folder}/{name}.bin').predict({post!r}, 4)"
    here = Path(__file__).parent
    return (
        f"import sys, pickle; sys.path.insert(0, {str(here)!r}); "
        f"pickle.load(open('{folder}/{name}', 'rb')).predict_proba([{post!r}])"
    )


if __name__ == "__main__":
    main()
