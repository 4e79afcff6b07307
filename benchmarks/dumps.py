"""How labelling whole dumps grows with their size, beside fastText and scikit-learn, and beside merely copying them.

    python benchmarks/dumps.py --posts unlabelled.jsonl.gz [--public public-posts.jsonl] --folder DIR [--write]

Dumps of several sizes are drawn with replacement from the posts, each with a made-up word at its end, so that the
vocabulary grows as it does in real dumps. Every run is a process of its own, on as many cores as it has workers: posts
per second of the whole command, and the largest sum of PSS over its processes. ``fastText`` is its command line on
lines that were made ready for it (no cleaning, nothing joined to other columns); ``fastText, whole job`` and
``scikit-learn`` are loops over chunks of the same file with pandas, cleaning included. Finished runs are kept in
``DIR/runs.jsonl``, so that a stopped benchmark goes on; ``--write`` puts tables and plot into ``benchmarks/``.
"""

import argparse
import contextlib
import gzip
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
_FORMATS = ("parquet", "csv", "jsonl")
_CHUNK = 100_000
_EVERY = 0.25  # seconds between looks at memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=Path, help="posts to draw from, JSON Lines")
    parser.add_argument("--public", type=Path, help="hydrated public posts to train peers on too")
    parser.add_argument(
        "--folder", type=Path, required=True, help="for the dumps (some 8 GB at ten million) and results"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--formats", nargs="+", default=_FORMATS, choices=_FORMATS)
    parser.add_argument("--most-for-peers", type=int, default=1_000_000, help="peers are not run on larger dumps")
    parser.add_argument("--cascade", type=int, default=100_000, help="the size that the cascade is run on")
    parser.add_argument("--write", action="store_true", help="write benchmarks/README.md and benchmarks/dumps.svg")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _CHILDREN[arguments.child[0]](*map(Path, arguments.child[1:]))
        return
    arguments.folder.mkdir(exist_ok=True)
    log = arguments.folder / "runs.jsonl"
    runs = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done = {(run["what"], run["format"], run["posts"]) for run in runs}
    for what, format, size in _plan(arguments):
        if (what, format, size) in done:
            continue
        run = {"what": what, "format": format, "posts": size, **measure(what, format, size, arguments)}
        runs.append(run)
        print(
            f"{what:22} {format:8} {size:12,} {run['posts'] / run['seconds']:10,.0f} posts/s {run['mb']:6,.0f} MB",
            flush=True,
        )
        with log.open("a") as file:
            file.write(json.dumps(run) + "\n")
    if arguments.write:
        write(runs)


def _plan(arguments: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    for size in arguments.sizes:
        for format in arguments.formats:
            yield from ((what, format, size) for what in ("words, 1 worker", "words, 2 workers", "copy"))
        if size <= arguments.most_for_peers:
            yield "fastText", "text", size
            yield "fastText, whole job", "parquet", size
        if size <= arguments.most_for_peers / 10:  # it takes minutes for what others do in seconds
            yield "scikit-learn", "parquet", size
        if size == arguments.cascade:
            yield from ((what, "parquet", size) for what in ("cascade, 1 worker", "cascade, 2 workers"))


def measure(what: str, format: str, size: int, arguments: argparse.Namespace) -> dict[str, float]:
    """Run one command, and look at its processes now and then."""
    import psutil

    source = dump(arguments, format, size)
    output = arguments.folder / f"labelled.{format}"
    cores = 2 if what.endswith("2 workers") else 1
    if "worker" in what:
        engine = what.split(",")[0]
        command = [str(Path(sys.executable).with_name("evolunteer")), "label", str(source), "-o", str(output)]
        command += ["--engine", engine, "--workers", str(cores), "--force"]
        if engine == "cascade":  # one process reads with both cores no worse than two processes with one each
            cores = 2
    elif what == "fastText":
        command = ["sh", "-c", f"fasttext predict-prob {peers(arguments)}/fastText.bin {source} 1 > {output}"]
    else:
        command = [
            sys.executable,
            __file__,
            "--folder",
            str(peers(arguments)),
            "--child",
            what,
            str(source),
            str(output),
        ]
    most, start = 0.0, time.perf_counter()
    with subprocess.Popen(
        command, stderr=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, range(cores))
    ) as process:
        root = psutil.Process(process.pid)
        while process.poll() is None:
            pss = 0
            for one in [root, *_children(root)]:
                with contextlib.suppress(psutil.Error):
                    pss += one.memory_full_info().pss
            most = max(most, pss / 2**20)
            time.sleep(_EVERY)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    return {"seconds": seconds, "mb": most}


def _children(process: Any) -> list[Any]:
    import psutil

    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def dump(arguments: argparse.Namespace, format: str, size: int) -> Path:
    """A dump of some size, made when it is first asked for."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from evolunteer_nlp.tables.write import Layout, open_writer

    path = arguments.folder / f"posts-{size}.{format}"
    if path.exists():
        return path
    draft = path.with_suffix(".draft")
    if format == "parquet":
        with gzip.open(arguments.posts, "rt", encoding="utf-8") as file:
            posts = [json.loads(line)["text"] for line in file]
        rng = random.Random(size)
        schema = pa.schema([("id", pa.string()), ("text", pa.string())])
        with pq.ParquetWriter(draft, schema) as writer:
            for start in range(0, size, _CHUNK):
                texts = [f"{rng.choice(posts)} {''.join(rng.choices(_LETTERS, k=5))}" for _ in range(_CHUNK)]
                ids = [str(10**18 + start + i) for i in range(_CHUNK)]
                writer.write_table(pa.table({"id": ids, "text": texts}, schema))
    else:
        with ExitStack() as stack:
            if format == "text":
                file = stack.enter_context(draft.open("w", encoding="utf-8", newline=""))
            else:
                writer = stack.enter_context(open_writer(draft, Layout(format, ["id", "text"])))
            for batch in pq.ParquetFile(dump(arguments, "parquet", size)).iter_batches():
                if format == "text":
                    file.writelines(" ".join(text.split()) + "\n" for text in batch["text"].to_pylist())
                else:
                    writer.write(batch.to_pylist())
    draft.replace(path)
    return path


def peers(arguments: argparse.Namespace) -> Path:
    """A folder with the trained peers."""
    import pickle

    import numpy as np
    from peers import LABELS, FastText, ScikitLearn
    from speed import _SETTINGS

    from evolunteer_nlp.corpus.posts import read_corpus

    folder = arguments.folder / "peers"
    if not folder.exists():
        draft = folder.with_name("peers.draft")
        draft.mkdir(exist_ok=True)
        posts = read_corpus(["authored", *([arguments.public] if arguments.public else [])])
        texts = [post.text for post in posts]
        truth = np.array([LABELS.index(post.label) for post in posts])
        firm = np.array([post.firm for post in posts])
        FastText().train(texts, truth, _SETTINGS["fastText"], draft)
        fitted = ScikitLearn().fit(texts, truth, firm, _SETTINGS["scikit-learn"])
        (draft / "scikit-learn.pickle").write_bytes(pickle.dumps(fitted))
        draft.rename(folder)
    return folder


def copy(source: Path, output: Path) -> None:
    """Read and write a dump without labelling: what the files alone cost."""
    from evolunteer_nlp.dumps.sources import Reading, Sources
    from evolunteer_nlp.tables.read import Row
    from evolunteer_nlp.tables.write import Layout, open_writer

    with Sources([source], Reading(), read_through=False) as inputs:
        layout = Layout(source.suffix[1:], inputs.columns, inputs.schema())
        with open_writer(output, layout) as writer:
            for chunk in inputs.chunks(16384):
                rows = chunk.rows
                if isinstance(rows, list):
                    rows = [row.values for row in rows if isinstance(row, Row)]
                writer.write(rows)


def by_pandas(source: Path, output: Path, label: Any) -> None:
    """The loop that a user would write: chunks of a Parquet file through a function of their texts."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    for batch in pq.ParquetFile(source).iter_batches(50_000):
        frame = batch.to_pandas()
        labels, probabilities = label(frame["text"])
        frame = frame.assign(label=labels, probability=pd.Series(probabilities).round(4))
        table = pa.Table.from_pandas(frame)
        writer = writer or pq.ParquetWriter(output, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def by_fasttext(source: Path, output: Path) -> None:
    import fasttext

    from evolunteer_nlp.text.cleaning import clean

    model = fasttext.load_model(str(_peers_of_child() / "fastText.bin"))

    def label(texts: Any) -> tuple[list[str], list[float]]:
        found = [model.predict(clean(text)) for text in texts]
        return [labels[0] if labels else "" for labels, _ in found], [p[0] if len(p) else 0.0 for _, p in found]

    by_pandas(source, output, label)


def by_scikit_learn(source: Path, output: Path) -> None:
    import pickle

    model = pickle.loads((_peers_of_child() / "scikit-learn.pickle").read_bytes())

    def label(texts: Any) -> tuple[Any, Any]:
        probabilities = model.predict_proba(texts)
        return probabilities.argmax(axis=1), probabilities.max(axis=1)

    by_pandas(source, output, label)


def _peers_of_child() -> Path:
    return Path(sys.argv[sys.argv.index("--folder") + 1])


_CHILDREN = {"copy": copy, "fastText, whole job": by_fasttext, "scikit-learn": by_scikit_learn}


def write(runs: list[dict[str, Any]]) -> None:
    """The tables and the plot."""
    import matplotlib.pyplot as plt

    figures = {(run["what"], run["format"], run["posts"]): run for run in runs}
    sizes = sorted({run["posts"] for run in runs})
    kinds = list(dict.fromkeys((run["what"], run["format"]) for run in runs))
    rows = []
    for what, format in kinds:
        cells = []
        for size in sizes:
            run = figures.get((what, format, size))
            cells += ["", ""] if run is None else [f"{size / run['seconds']:,.0f}", f"{run['mb']:,.0f}"]
        rows.append(f"| {what} | {format} | {' | '.join(cells)} |")
    head = " | ".join(f"{size:,} posts: posts/s | MB" for size in sizes)
    page = f"""# Labelling whole dumps

Written by `python benchmarks/dumps.py --write`, with `--posts`, `--public` and `--folder`; what is measured, and how,
is said at the top of that file. One core for one worker and for the peers, two for two workers and for the cascade, on
a shared machine: compare within a column.

| | file | {head} |
| --- | --- |{" ---: |" * (2 * len(sizes))}
{chr(10).join(rows)}

![Time and memory by size](dumps.svg)
"""
    (_HERE / "README.md").write_text(page, encoding="utf-8")
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    for what, format in kinds:
        points = [figures[what, format, size] for size in sizes if (what, format, size) in figures]
        if len(points) > 1:
            x = [run["posts"] for run in points]
            left.plot(x, [run["seconds"] for run in points], marker="o", label=f"{what}, {format}")
            right.plot(x, [run["mb"] for run in points], marker="o")
    for axes, what in ((left, "seconds"), (right, "MB, sum of PSS")):
        axes.set(xscale="log", xlabel="posts", ylabel=what)
        axes.grid(alpha=0.3)
    left.set_yscale("log")
    right.set_ylim(0)
    figure.legend(*left.get_legend_handles_labels(), loc="center right", fontsize=7)
    figure.tight_layout(rect=(0, 0, 0.78, 1))
    plt.rcParams["svg.hashsalt"] = "evolunteer"
    figure.savefig(_HERE / "dumps.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
