"""What more authored posts buy: the words engine trained on all public posts and a half, a quarter... of the authored.

    python benchmarks/learning_curve.py --public public-posts.jsonl

Printed for every size are the mean F1 of donation, awareness and unrelated on firm public posts, out of fold, and the
macro-F1 on the held-out authored batches, each with what the last doubling gained and its 95 % interval (paired
bootstrap). Smaller sizes are contained in larger ones; near-duplicates and minimal pairs stay together.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from evolunteer_nlp.corpus.posts import LabelledPost, held_out_files, places, read_corpus
from evolunteer_nlp.training.calibrate import cross_validate
from evolunteer_nlp.training.evaluate import macro_f1, paired_difference
from evolunteer_nlp.training.fit import Examples, Settings, examples
from evolunteer_nlp.training.matrix import feature_matrix

_OFTEN = [1, 2, 3]
_PARTS = (8, 4, 2, 1)


class Labelled(NamedTuple):
    """Labels given at one size: to firm public posts, and to the held-out authored ones."""

    public: npt.NDArray[np.intp]
    held_out: npt.NDArray[np.intp]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, required=True, help="hydrated public posts")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    settings = Settings()
    every = examples(read_corpus(["authored", arguments.public]), settings)
    held_out = read_corpus(held_out_files())
    public_truth = every.truth[np.array([bool(post.source) and post.firm for post in every.posts])]
    held_truth, _ = places(held_out, every.labels)
    order = np.random.default_rng(arguments.seed).random(every.group.max() + 1)[every.group]
    authored = np.array([not post.source for post in every.posts])
    before: Labelled | None = None
    print(f"authored   public posts, mean F1 of three   {len(held_out):,} held-out authored posts, macro-F1")
    for part in _PARTS:
        kept = every.take(np.flatnonzero(~authored | (order <= np.quantile(order[authored], 1 / part))))
        now = label(kept, held_out, settings, arguments.jobs)
        row = f"{sum(not post.source for post in kept.posts):8,}"
        for truth, given, last, among in (
            (public_truth, now.public, before and before.public, _OFTEN),
            (held_truth, now.held_out, before and before.held_out, None),
        ):
            row += f"   {100 * macro_f1(truth, given, len(every.labels), among):5.1f}"
            if last is not None:
                gain, low, high = paired_difference(truth, given, last, len(every.labels), among)
                row += f" {100 * gain:+5.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
            else:
                row += " " * 22
        print(row, flush=True)
        before = now


def label(kept: Examples, held_out: list[LabelledPost], settings: Settings, jobs: int) -> Labelled:
    scores, decision = cross_validate(kept, settings, jobs)
    public = np.array([bool(post.source) and post.firm for post in kept.posts])
    features = feature_matrix([post.text for post in held_out], names=kept.features.names)
    on_held_out = kept.fit(settings).scores(features.values)
    return Labelled(decision.predict_many(scores).labels[public], decision.predict_many(on_held_out).labels)


if __name__ == "__main__":
    main()
