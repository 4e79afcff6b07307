"""How fast Spark labels a Parquet file on one core and on two, beside `label_frame` in one process.

    python benchmarks/spark.py --posts FILE.jsonl[.gz] [-n 100000] [--engine words] [--cores 1 2]

Each measurement has a process, and a Java machine, of its own; it labels the file twice, and the second time counts:
the first starts Python workers, which open the model. Labels are computed and thrown away.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

_PARTS = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=Path, help="posts to label, with a column text; the authored ones if left out")
    parser.add_argument("-n", type=int, default=100_000)
    parser.add_argument("--engine", default="words")
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(measure(*arguments.child, arguments.engine))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), arguments.posts, arguments.n)
        print(f"{'':14} posts/s  ratio")
        alone = None
        for name in ("label_frame", *(f"local[{cores}]" for cores in arguments.cores)):
            command = [sys.executable, __file__, "--engine", arguments.engine, "--child", name, folder]
            speed = arguments.n / float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            alone = alone or speed
            print(f"{name:12} {speed:9,.0f}  {speed / alone:5.2f}")
        print(f"ratio: to label_frame; {arguments.n:,} posts, engine {arguments.engine}")


def prepare(folder: Path, source: Path | None, n: int) -> None:
    """Draw the posts, into as many files as Spark is to have parts."""
    import pandas as pd

    from evolunteer_nlp.corpus.posts import read_corpus

    texts = pd.read_json(source, lines=True)["text"] if source else [post.text for post in read_corpus(["authored"])]
    drawn = random.Random(0).choices(list(texts), k=n)
    for part in range(_PARTS):
        pd.DataFrame({"text": drawn[part::_PARTS]}).to_parquet(folder / f"{part}.parquet")


def measure(name: str, folder: str, engine: str) -> float:
    """Seconds to label all posts, the second time."""
    label = _frame(folder, engine) if name == "label_frame" else _spark(name, folder, engine)
    label()
    start = time.perf_counter()
    label()
    return time.perf_counter() - start


def _frame(folder: str, engine: str) -> Callable[[], object]:
    import pandas as pd

    from evolunteer_nlp import label_frame

    return lambda: label_frame(pd.read_parquet(folder), engine=engine)


def _spark(master: str, folder: str, engine: str) -> Callable[[], object]:
    from pyspark.sql import SparkSession

    from evolunteer_nlp.dumps.spark import label_column

    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = SparkSession.builder.master(master).config("spark.ui.enabled", "false").getOrCreate()
    posts = spark.read.parquet(folder)
    return lambda: label_column(posts, engine=engine).write.format("noop").mode("overwrite").save()


if __name__ == "__main__":
    main()
