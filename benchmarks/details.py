"""How well and how fast details are read out of annotated posts.

    python benchmarks/details.py corpora/details/writer_a.jsonl [--without-labels]

One line a field: precision, recall, F1 and the number of annotated values; then posts a second on one core, after a
first round that fills the caches of words.
"""

import argparse
import json
import time
from pathlib import Path

from evolunteer_nlp.initiatives.details import extract
from evolunteer_nlp.initiatives.measure import measure

_SECONDS = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--without-labels", action="store_true", help="let the words say what kind of ask a post is")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.file.read_text(encoding="utf-8").splitlines()]
    print(f"{'':20} precision  recall      F1  values")
    for field, score in measure(rows, labels=not arguments.without_labels).items():
        values = score.right + score.missed
        print(f"{field:20} {score.precision:9.2f} {score.recall:7.2f} {score.f1:7.2f} {values:7}")
    read, began = 0, time.process_time()
    while time.process_time() - began < _SECONDS:
        for row in rows:
            extract(row["text"], row["posted_at"], row["country"], label=row["label"])
        read += len(rows)
    print(f"{read / (time.process_time() - began):,.0f} posts a second on one core")


if __name__ == "__main__":
    main()
