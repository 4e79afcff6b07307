"""How good the labels are beside those of peers, on the same posts.

    python benchmarks/quality.py --public public-posts.jsonl [--dev dev.jsonl] [--cache folder]

Every peer gets the best of its settings, and the best shift of the background's score, by grouped cross-validation on
authored plus public training posts: highest mean of the two figures below. Printed are

* public posts: mean F1 of the labels that occur often enough there (donation, awareness, unrelated), on firm posts,
  out of fold (5 grouped folds), with their source left out of training, and once on the held-out posts of ``--dev``;
* authored posts: macro-F1 of all four, with their batch left out of training

(a fifth of all batches or sources is left out at a time),

and the difference to our words engine with its 95 % interval (paired bootstrap). Fits are kept in ``--cache``, so that
an interrupted run goes on where it was.
"""

import argparse
import hashlib
import json
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from peers import LABELS, PEERS

from evolunteer_nlp.corpus.posts import LabelledPost, places, read_corpus
from evolunteer_nlp.corpus.splits import grouped_folds, left_out_folds, trainable
from evolunteer_nlp.training.evaluate import macro_f1, paired_difference

Scores = npt.NDArray[np.float64]
Splits = list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]
_OFTEN = [1, 2, 3]
_SHIFTS = np.arange(-1.5, 2.01, 0.25)
_CHOOSING_FOLDS = 2
_PARTS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, help="hydrated public posts; authored posts alone if left out")
    parser.add_argument("--dev", type=Path, help="labelled posts to score once")
    parser.add_argument("--cache", type=Path, default=Path("build/quality"))
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    bench = Bench(arguments.public, arguments.cache, arguments.jobs)
    dev = [post for post in read_corpus([arguments.dev]) if post.firm] if arguments.dev else []
    bench.run(arguments.peers, dev)


class Bench:
    """The posts, their splits, and a folder of finished fits."""

    def __init__(self, public: Path | None, cache: Path, jobs: int) -> None:
        self.posts, self.group, _ = trainable(read_corpus(["authored", *([public] if public else [])]))
        self.texts = [post.text for post in self.posts]
        self.truth, _ = places(self.posts, LABELS)
        self.firm = np.array([post.firm for post in self.posts])
        self.authored = np.array([not post.source for post in self.posts])
        self.firm_public = np.array([bool(post.source) and post.firm for post in self.posts])
        self.cache, self.jobs = cache, jobs
        content = "\n".join(f"{post.id}{post.label}" for post in self.posts)
        self.corpus = hashlib.sha256(content.encode()).hexdigest()[:12]
        cache.mkdir(parents=True, exist_ok=True)

    def run(self, names: Sequence[str], dev: list[LabelledPost]) -> None:
        rows = {name: self.measure(name, dev) for name in names}
        dev_truth = places(dev, LABELS)[0] if dev else None
        print(f"\n{len(self.posts):,} posts: {self.authored.sum():,} authored, {(~self.authored).sum():,} public\n")
        print("public posts, out of fold")
        self.table(rows, "public", self.truth[self.firm_public], _OFTEN)
        print("\npublic posts, source left out")
        self.table(rows, "source", self.truth[self.firm_public], _OFTEN)
        print("\nauthored posts, batch left out")
        self.table(rows, "authored", self.truth[self.authored], None)
        if dev_truth is not None:
            print("\npublic posts kept for measuring")
            self.table(rows, "dev", dev_truth, _OFTEN)
        print("\nbest settings")
        for name, row in rows.items():
            print(f"  {name:13} {json.dumps(row['setting'])}, shift {row['shift']:+.2f}")

    def table(self, rows: dict[str, Any], part: str, truth: npt.NDArray[np.intp], among: list[int] | None) -> None:
        print(f"  {'':13}    F1   " + "".join(f"{label[:10]:>12}" for label in LABELS) + "   words minus peer")
        ours = rows["words"][part] if "words" in rows else None
        for name, row in rows.items():
            given = row[part]
            each = "".join(f"{100 * macro_f1(truth, given, 4, [i]):12.1f}" for i in range(4))
            gap = ""
            if ours is not None and name != "words":
                gain, low, high = paired_difference(truth, ours, given, 4, among)
                gap = f"   {100 * gain:+5.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
            print(f"  {name:13} {100 * macro_f1(truth, given, 4, among):5.1f}   {each}{gap}", flush=True)
        print(f"  {'posts':13}         " + "".join(f"{count:12,}" for count in np.bincount(truth, minlength=4)))

    def measure(self, name: str, dev: list[LabelledPost]) -> dict[str, Any]:
        """Choose a peer's setting, then label every post by a model that has not seen it."""
        folds = list(grouped_folds(self.group, _CHOOSING_FOLDS, seed=1))
        best: tuple[float, dict[str, Any]] = (-1.0, {})
        for setting in PEERS[name].settings:
            quality, _ = self.best_shift(self.out_of_fold(name, setting, folds))
            print(f"{name} {setting}: {quality:.4f}", flush=True)
            best = max(best, (quality, setting), key=lambda pair: pair[0])
        setting = best[1]
        whole = self.out_of_fold(name, setting, list(grouped_folds(self.group, 5, seed=0)))
        _, shift = self.best_shift(whole)
        by_batch = self.out_of_fold(name, setting, self.left_out([post.batch for post in self.posts]))
        by_source = self.out_of_fold(name, setting, self.left_out([post.source for post in self.posts]))
        return {
            "setting": setting,
            "shift": shift,
            "public": _labels(whole[self.firm_public], shift),
            "source": _labels(by_source[self.firm_public], shift),
            "authored": _labels(by_batch[self.authored], shift),
            "dev": _labels(self.on_others(name, setting, [post.text for post in dev]), shift) if dev else None,
        }

    def left_out(self, names: list[str]) -> Splits:
        return list(left_out_folds(names, self.group, _PARTS))

    def best_shift(self, scores: Scores) -> tuple[float, float]:
        found = []
        for shift in _SHIFTS:
            given = _labels(scores, shift)
            parts = [macro_f1(self.truth[self.authored], given[self.authored], 4)]
            if self.firm_public.any():
                parts.append(macro_f1(self.truth[self.firm_public], given[self.firm_public], 4, _OFTEN))
            found.append((float(np.mean(parts)), float(shift)))
        return max(found)

    def out_of_fold(self, name: str, setting: dict[str, Any], splits: Splits) -> Scores:
        scores = np.zeros((len(self.posts), len(LABELS)))
        texts = self.texts
        parts = Parallel(self.jobs)(
            delayed(self.fit_and_score)(name, setting, fitted, [texts[i] for i in held]) for fitted, held in splits
        )
        for (_, held), part in zip(splits, parts, strict=True):
            scores[held] = part
        return scores

    def on_others(self, name: str, setting: dict[str, Any], texts: list[str]) -> Scores:
        return self.fit_and_score(name, setting, np.arange(len(self.posts)), texts)

    def fit_and_score(
        self, name: str, setting: dict[str, Any], fitted: npt.NDArray[np.intp], held: list[str]
    ) -> Scores:
        key = hashlib.sha256(repr((self.corpus, name, setting, fitted.tolist(), len(held))).encode()).hexdigest()[:20]
        file = self.cache / f"{key}.pickle"
        if file.exists():
            with file.open("rb") as stream:
                return np.asarray(pickle.load(stream))
        truth = self.truth[fitted]
        peer = PEERS[name]
        model = peer.fit([self.texts[i] for i in fitted], truth, self.firm[fitted], setting)
        scores = peer.scores(model, held)
        with file.open("wb") as stream:
            pickle.dump(scores, stream)
        return scores


def _labels(scores: Scores, shift: float) -> npt.NDArray[np.intp]:
    return np.asarray((scores + np.array([0, 0, 0, shift])).argmax(axis=1))


if __name__ == "__main__":
    main()
