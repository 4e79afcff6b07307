"""How good the labels are beside those of peers, on the same posts.

    python benchmarks/quality.py --public public-posts.jsonl [--dev dev.jsonl] [--out-of-fold scores.npz]

Every peer gets the best of its settings (chosen anew with ``--choose``, else those of ``settings.json``), and the best
shift of the background's score, by grouped cross-validation on authored plus public training posts: highest mean of
the two figures below. Printed are

* public posts: mean F1 of the labels that occur often enough there (donation, awareness, unrelated), on firm posts,
  out of fold (5 grouped folds), with their source left out of training, and once on the held-out posts of ``--dev``;
* authored posts: macro-F1 of all four, with their batch left out of training, and on the held-out batches, by dialect

(a fifth of all batches or sources is left out at a time; ``--no-left-out`` spares these fits, two thirds of the time),

and the difference to our words engine with its 95 % interval (paired bootstrap). Fits are kept in ``--cache``, so that
an interrupted run goes on where it was.

With ``--out-of-fold``, the scores that ``evolunteer train --out-of-fold`` wrote, the reader and the cascade have rows
too: out of fold by these scores, on other posts by ``--model``, which must be the model that was trained then; labelled
as the model labels, without a shift. Behind the tables: how well calibrated our engines are, what they reach on the
posts they are surest of, and how much the cascade reads at which threshold (of random posts too, with ``--random``).
"""

import argparse
import hashlib
import json
import pickle
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
from evolunteer_nlp.model import Model, load_model
from evolunteer_nlp.tables.read import read_texts
from evolunteer_nlp.training.evaluate import calibration_error, macro_f1, paired_difference

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
    parser.add_argument("--no-left-out", action="store_true", help="no batches and sources left out")
    parser.add_argument("--out-of-fold", type=Path, help="what `evolunteer train --out-of-fold` wrote")
    parser.add_argument("--model", type=Path, help="the model that was trained then; the shipped one if left out")
    parser.add_argument("--random", type=Path, help="posts drawn at random, unlabelled")
    parser.add_argument("--choose", action="store_true", help="choose settings anew, and write them to settings.json")
    arguments = parser.parse_args()
    bench = Bench(arguments.public, arguments.cache, arguments.jobs, arguments.choose, not arguments.no_left_out)
    others = {"held out": read_corpus(held_out_files())}
    if arguments.dev:
        others["dev"] = [post for post in read_corpus([arguments.dev]) if post.firm]
    rows = {name: bench.measure(name, others) for name in arguments.peers}
    if not arguments.out_of_fold:
        bench.tell(rows, others)
        return
    model = load_model(arguments.model)
    with np.load(arguments.out_of_fold) as saved:
        scores = {name: saved[name] for name in model.decisions}
        assert saved["ids"].tolist() == [post.id for post in bench.posts], "these are scores of other posts"
    rows |= {name: bench.of_model(model.with_engine(name), scores[name], others) for name in ("reader", "cascade")}
    bench.tell(rows, others)
    tell_calibration(bench, model, scores)
    tell_thresholds(bench, model, scores["words"], read_texts(arguments.random) if arguments.random else [])


def tell_calibration(bench: "Bench", model: Model, scores: dict[str, Scores]) -> None:
    """Calibration error at the stated prior and at the posts' own, and macro-F1 on the surest posts, out of fold."""
    print(f"\n{'':27}  calibration error        mean F1 on the surest")
    print(f"{'':27}  as stated   own prior      100 %    95 %    90 %    80 %   certain   right")
    for world, kept, among in (("public", bench.firm_public, _OFTEN), ("authored", bench.authored, None)):
        truth = bench.truth[kept]
        own = dict(zip(LABELS, np.bincount(truth, minlength=4) / len(truth), strict=True))
        for name in scores:
            decision = model.decisions[name]
            columns = decision.predict_many(scores[name][kept])
            stated, corrected = (
                calibration_error(part.probabilities.max(axis=1), part.probabilities.argmax(axis=1) == truth)
                for part in (columns, decision.with_prior(own).predict_many(scores[name][kept]))
            )
            order = np.argsort(-columns.probabilities.max(axis=1), kind="stable")
            surest = [order[: len(order) * share // 100] for share in (100, 95, 90, 80)]
            covered = "".join(f"{100 * macro_f1(truth[part], columns.labels[part], 4, among):8.1f}" for part in surest)
            right = (columns.labels == truth)[columns.certain].mean()
            print(
                f"  {world:10} {name:13}  {stated:9.3f}   {corrected:9.3f}   {covered}"
                f"   {100 * columns.certain.mean():5.1f} %  {100 * right:4.1f} %"
            )


def tell_thresholds(bench: "Bench", model: Model, scores: Scores, random: list[str]) -> None:
    """Which share of asks and of random posts the cascade would read at which threshold."""
    words = model.decisions["words"]
    asked = 1 - words.probabilities_many(scores)[:, -1]
    asks = bench.truth != len(LABELS) - 1
    drawn = 1 - words.probabilities_many(model.engines.words.scores_many(random))[:, -1] if random else np.zeros(0)
    print("\nwhat is read, out of fold, by the probability of an ask that words give")
    print(f"  {'threshold':>9}  {'all asks':>9}  {'authored':>9}  {'firm public':>11}  {len(random):,} random posts")
    for recall in (0.9, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99):
        threshold = np.quantile(asked[asks], 1 - recall)
        shares = [(asked[asks & part] >= threshold).mean() for part in (asks, bench.authored, bench.firm_public)]
        all_asks, authored, public = (f"{100 * share:.1f} %" for share in shares)
        of_random = f"{100 * (drawn >= threshold).mean():.2f} %" if random else "-"
        print(f"  {threshold:9.4f}  {all_asks:>9}  {authored:>9}  {public:>11}  {of_random}")
    print(f"  the model reads from {model.info['read_from']:.4f}")


class Bench:
    """The posts, their splits, and a folder of finished fits."""

    def __init__(self, public: Path | None, cache: Path, jobs: int, choose: bool, leave_out: bool) -> None:
        self.leave_out = leave_out
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

    def tell(self, rows: dict[str, Any], others: dict[str, list[LabelledPost]]) -> None:
        if self.choose:
            self.settings |= {name: row["setting"] for name, row in rows.items() if "setting" in row}
            _SETTINGS.write_text(json.dumps(self.settings, indent=1) + "\n", encoding="utf-8")
        print(f"\n{len(self.posts):,} posts: {self.authored.sum():,} authored, {(~self.authored).sum():,} public\n")
        print("public posts, out of fold")
        self.table(rows, "public", self.truth[self.firm_public], _OFTEN)
        print("\nauthored posts, out of fold")
        self.table(rows, "written", self.truth[self.authored], None)
        if self.leave_out:
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
            print(f"  {name:13} {json.dumps(row.get('setting', {}))}, shift {row['shift']:+.2f}")

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
            if part not in row:
                continue
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
        texts = {part: [post.text for post in posts] for part, posts in others.items()}
        on_others = self.fit_and_score(name, setting, np.arange(len(self.posts)), list(chain(*texts.values())))
        parts = np.split(on_others, np.cumsum([len(posts) for posts in texts.values()])[:-1])
        row = {"setting": setting, **self.row(whole, shift, dict(zip(texts, parts, strict=True)))}
        if self.leave_out:
            by_batch = self.out_of_fold(name, setting, self.left_out([post.batch for post in self.posts]))
            by_source = self.out_of_fold(name, setting, self.left_out([post.source for post in self.posts]))
            row["source"] = _labels(by_source[self.firm_public], shift)
            row["authored"] = _labels(by_batch[self.authored], shift)
        print(f"{name} done", flush=True)
        return row

    def row(self, whole: Scores, shift: float, others: dict[str, Scores]) -> dict[str, Any]:
        return {
            "shift": shift,
            "public": _labels(whole[self.firm_public], shift),
            "written": _labels(whole[self.authored], shift),
            **{part: _labels(scores, shift) for part, scores in others.items()},
        }

    def of_model(self, model: Model, scores: Scores, others: dict[str, list[LabelledPost]]) -> dict[str, Any]:
        """The row of an engine that is too slow to be fitted here."""

        def logarithms(scores: Scores) -> Scores:
            return np.log(np.maximum(1e-12, model.decision.predict_many(scores).probabilities))

        given = {part: model.engine.scores_many([post.text for post in posts]) for part, posts in others.items()}
        print(f"{model.using} done", flush=True)
        return self.row(logarithms(scores), 0.0, {part: logarithms(scores) for part, scores in given.items()})

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
