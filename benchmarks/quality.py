"""How good the labels are beside those of peers, on the same posts.

    python benchmarks/quality.py --public public-posts.jsonl [--dev dev.jsonl] [--cache folder] [--choose]

Every peer gets the best of its settings (chosen anew with ``--choose``, else those of ``settings.json``), and the best
shift of the background's score, by grouped cross-validation on authored plus public training posts: highest mean of
the two figures below. Printed are

* public posts: mean F1 of the labels that occur often enough there (donation, awareness, unrelated), on firm posts,
  out of fold (5 grouped folds), with their source left out of training, and once on the held-out posts of ``--dev``;
* authored posts: macro-F1 of all four, with their batch left out of training, and on the held-out batches, by dialect

(a fifth of all batches or sources is left out at a time),

and the difference to our words engine with its 95 % interval (paired bootstrap). Fits are kept in ``--cache``, so that
an interrupted run goes on where it was.
"""

import argparse
import hashlib
import json
import pickle
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from peers import LABELS, PEERS

from evolunteer_nlp.corpus.keys import DIALECTS
from evolunteer_nlp.corpus.posts import LabelledPost, held_out_files, places, read_corpus
from evolunteer_nlp.corpus.splits import grouped_folds, left_out_folds, trainable
from evolunteer_nlp.training.evaluate import macro_f1, paired_difference

Scores = npt.NDArray[np.float64]
Splits = list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]
_OFTEN = [1, 2, 3]
_SHIFTS = np.arange(-1.5, 2.01, 0.25)
_CHOOSING_FOLDS = 2
_PARTS = 5
_SETTINGS = Path(__file__).with_name("settings.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, help="hydrated public posts; authored posts alone if left out")
    parser.add_argument("--dev", type=Path, help="labelled posts to score once")
    parser.add_argument("--cache", type=Path, default=Path("build/quality"))
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--choose", action="store_true", help="choose settings anew, and write them to settings.json")
    arguments = parser.parse_args()
    bench = Bench(arguments.public, arguments.cache, arguments.jobs, arguments.choose)
    others = {"held out": read_corpus(held_out_files())}
    if arguments.dev:
        others["dev"] = [post for post in read_corpus([arguments.dev]) if post.firm]
    bench.run(arguments.peers, others)


class Bench:
    """The posts, their splits, and a folder of finished fits."""

    def __init__(self, public: Path | None, cache: Path, jobs: int, choose: bool) -> None:
        self.posts, self.group, _ = trainable(read_corpus(["authored", *([public] if public else [])]))
        self.texts = [post.text for post in self.posts]
        self.truth, _ = places(self.posts, LABELS)
        self.firm = np.array([post.firm for post in self.posts])
        self.authored = np.array([not post.source for post in self.posts])
        self.firm_public = np.array([bool(post.source) and post.firm for post in self.posts])
        self.cache, self.jobs, self.choose = cache, jobs, choose
        self.settings = json.loads(_SETTINGS.read_text(encoding="utf-8"))
        content = "\n".join(f"{post.id}{post.label}" for post in self.posts)
        self.corpus = hashlib.sha256(content.encode()).hexdigest()[:12]
        cache.mkdir(parents=True, exist_ok=True)

    def run(self, names: Sequence[str], others: dict[str, list[LabelledPost]]) -> None:
        rows = {name: self.measure(name, others) for name in names}
        if self.choose:
            self.settings |= {name: row["setting"] for name, row in rows.items()}
            _SETTINGS.write_text(json.dumps(self.settings, indent=1) + "\n", encoding="utf-8")
        print(f"\n{len(self.posts):,} posts: {self.authored.sum():,} authored, {(~self.authored).sum():,} public\n")
        print("public posts, out of fold")
        self.table(rows, "public", self.truth[self.firm_public], _OFTEN)
        print("\npublic posts, source left out")
        self.table(rows, "source", self.truth[self.firm_public], _OFTEN)
        print("\nauthored posts, batch left out")
        self.table(rows, "authored", self.truth[self.authored], None)
        for part, posts in others.items():
            print(f"\n{'authored posts, held out' if part == 'held out' else 'public posts kept for measuring'}")
            self.table(rows, part, places(posts, LABELS)[0], _OFTEN if part == "dev" else None)
        print("\nauthored posts, held out, macro-F1 by dialect")
        self.by_dialect(rows, others["held out"])
        print("\nsettings")
        for name, row in rows.items():
            print(f"  {name:13} {json.dumps(row['setting'])}, shift {row['shift']:+.2f}")

    def by_dialect(self, rows: dict[str, Any], posts: list[LabelledPost]) -> None:
        truth = places(posts, LABELS)[0]
        of = np.array([post.dialect for post in posts])
        print(f"  {'':13}" + "".join(f"{dialect:>7}" for dialect in DIALECTS))
        for name, row in rows.items():
            scores = [macro_f1(truth[of == dialect], row["held out"][of == dialect], 4) for dialect in DIALECTS]
            print(f"  {name:13}" + "".join(f"{100 * score:7.1f}" for score in scores))
        print(f"  {'posts':13}" + "".join(f"{(of == dialect).sum():7,}" for dialect in DIALECTS))

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

    def measure(self, name: str, others: dict[str, list[LabelledPost]]) -> dict[str, Any]:
        """Label every post by a model that has not seen it."""
        setting = self.chosen(name) if self.choose else self.settings[name]
        whole = self.out_of_fold(name, setting, list(grouped_folds(self.group, 5, seed=0)))
        _, shift = self.best_shift(whole)
        by_batch = self.out_of_fold(name, setting, self.left_out([post.batch for post in self.posts]))
        by_source = self.out_of_fold(name, setting, self.left_out([post.source for post in self.posts]))
        texts = {part: [post.text for post in posts] for part, posts in others.items()}
        on_others = self.fit_and_score(name, setting, np.arange(len(self.posts)), list(chain(*texts.values())))
        parts = np.split(on_others, np.cumsum([len(posts) for posts in texts.values()])[:-1])
        print(f"{name} done", flush=True)
        return {
            "setting": setting,
            "shift": shift,
            "public": _labels(whole[self.firm_public], shift),
            "source": _labels(by_source[self.firm_public], shift),
            "authored": _labels(by_batch[self.authored], shift),
            **{part: _labels(scores, shift) for part, scores in zip(texts, parts, strict=True)},
        }

    def chosen(self, name: str) -> dict[str, Any]:
        """The best of a peer's settings."""
        folds = list(grouped_folds(self.group, _CHOOSING_FOLDS, seed=1))
        best: tuple[float, dict[str, Any]] = (-1.0, {})
        for setting in PEERS[name].settings:
            quality, _ = self.best_shift(self.out_of_fold(name, setting, folds))
            print(f"{name} {setting}: {quality:.4f}", flush=True)
            best = max(best, (quality, setting), key=lambda pair: pair[0])
        return best[1]

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

    def fit_and_score(
        self, name: str, setting: dict[str, Any], fitted: npt.NDArray[np.intp], held: list[str]
    ) -> Scores:
        key = hashlib.sha256(repr((self.corpus, name, setting, fitted.tolist(), held)).encode()).hexdigest()[:20]
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
