"""How fast labelling is beside peers: the same posts, whole calls with cleaning and results included.

    python benchmarks/speed.py [--posts FILE.jsonl[.gz]] [--public public-posts.jsonl] [--cores 2]

Every peer is trained on the same posts, then timed in processes of its own, in turn, several rounds; medians are
printed. ``batch`` is all posts in one call (ours builds every `Prediction`), ``single`` the median of single calls,
warm; ``doubtful`` the same of posts that the cascade reads; ``cold`` is a whole process that classifies one post of
which words are sure, then one that is read; ``memory`` the largest resident size of the process that labelled all. The
reader, which reads every post, gets a part of them.
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

_ENGINES = ("words", "cascade", "reader")
_PEERS = (*_ENGINES, "scikit-learn", "fastText", "arabic-toxic")
_SURE, _DOUBTFUL = "صباح الخير يا جماعة", "نحتاج متطوعين لتنظيف الشاطئ"
_READER_PART = 20
_SINGLES = 2000
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
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(*arguments.child)))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), arguments)
        rounds: dict[str, list[dict[str, float]]] = {name: [] for name in _PEERS}
        for _ in range(arguments.rounds):
            for name in _PEERS:
                command = [sys.executable, __file__, "--child", name, folder, str(arguments.cores)]
                rounds[name].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    medians = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in rounds.items()
    }
    print(f"{'':13} batch posts/s  ratio   single µs  ratio  doubtful µs  memory MB  cold s  and doubtful")
    ours = medians["words"]
    for name, row in medians.items():
        print(
            f"{name:13} {row['batch']:13,.0f}  {ours['batch'] / row['batch']:5.1f}  {row['single'] * 1e6:10,.0f}"
            f"  {row['single'] / ours['single']:5.1f}  {row['doubtful'] * 1e6:11,.0f}  {row['memory']:9,.0f}"
            f"  {row['cold']:6.2f}  {row['cold doubtful']:12.2f}"
        )
    print(f"ratio: how many times faster words are; cores: {arguments.cores}")


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


def measure(name: str, folder: str, cores: str) -> dict[str, float]:
    """Time one peer, in this process."""
    from evolunteer_nlp import load_model

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
    os.environ["OMP_NUM_THREADS"] = cores
    texts = json.loads((Path(folder) / "posts").read_text(encoding="utf-8"))
    many, one = _callables(name, folder)
    many(texts[:_SINGLES])
    timed = texts[:: _READER_PART if name == "reader" else 1]
    start = time.perf_counter()
    many(timed)
    batch = len(timed) / (time.perf_counter() - start)
    singles = _SINGLES if name != "reader" else _SINGLES // _READER_PART
    for text in texts[: 4 * singles]:
        one(text)
    memory = int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]
    model = load_model()
    doubtful = [text for text in texts[4 * singles : 20 * singles] if model.reads(text)][:200]
    return {
        "batch": batch,
        "single": _median_time(one, texts[4 * singles : 5 * singles]),
        "doubtful": _median_time(one, doubtful or texts[:1]),
        "memory": memory,
        "cold": _cold(name, folder, _SURE),
        "cold doubtful": _cold(name, folder, _DOUBTFUL),
    }


def _median_time(one: Callable[[str], object], texts: Sequence[str]) -> float:
    times = []
    for text in texts:
        start = time.perf_counter()
        one(text)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _callables(name: str, folder: str) -> tuple[Callable[[Sequence[str]], object], Callable[[str], object]]:
    if name in _ENGINES:
        from evolunteer_nlp import classify, classify_many, load_model

        model = load_model(engine=name)
        return lambda texts: list(classify_many(texts, model=model)), lambda text: classify(text, model=model)
    from evolunteer_nlp.text.cleaning import clean

    if name == "fastText":
        import fasttext

        model = fasttext.load_model(f"{folder}/{name}.bin")
        return lambda texts: [model.predict(clean(text), 4) for text in texts], lambda text: model.predict(
            clean(text), 4
        )
    pipeline = pickle.loads((Path(folder) / name).read_bytes())
    return pipeline.predict_proba, lambda text: pipeline.predict_proba([text])


def _cold(name: str, folder: str, post: str) -> float:
    """Seconds of a whole process that classifies one post."""
    here = str(Path(__file__).parent)
    code = (
        f"import sys, pickle; sys.path.insert(0, {here!r}); "
        f"pickle.load(open('{folder}/{name}', 'rb')).predict_proba([{post!r}])"
    )
    if name in _ENGINES:
        code = f"from evolunteer_nlp import classify; classify({post!r}, engine={name!r})"
    elif name == "fastText":
        code = f"import fasttext; fasttext.load_model('{folder}/{name}.bin').predict({post!r}, 4)"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
