"""The model card: what a model is for, what it learned from, how well it labels, where it fails.

Its questions are those of Mitchell et al. 2019 (https://arxiv.org/abs/1810.03993).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evolunteer_nlp.corpus.posts import LabelledPost, authored_folder, held_out_files, places, read_corpus
from evolunteer_nlp.corpus.statement import PUBLIC_AGREEMENT, agreement
from evolunteer_nlp.engine.decision import Columns
from evolunteer_nlp.errors import MissingPackageError
from evolunteer_nlp.labels import Label
from evolunteer_nlp.model import Model
from evolunteer_nlp.training.compare import Comparison
from evolunteer_nlp.training.curves import draw_curves
from evolunteer_nlp.training.evaluate import Scorecard, scorecard
from evolunteer_nlp.training.fit import Places

FAILURES = 8
"""Posts that the model gets wrong, of which the card shows so many."""
_SHOWN = 120


class Measured(NamedTuple):
    """Held-out authored posts, and what each engine of a model says of them.

    Attributes
    ----------
    posts : list of LabelledPost
    truth : ndarray of intp, shape (n_posts,)
        Places of their labels among the model's.
    columns : dict of str to Columns
    """

    posts: list[LabelledPost]
    truth: Places
    columns: dict[str, Columns]


def card(model: Model) -> str:
    """Write a model's card, as Markdown, from its manifest, its files and its labels of the held-out authored posts.

    A model with other labels than the shipped ones is not measured on those posts.
    """
    return _page(model, _measure(model))


def write_card(model: Model) -> list[Path]:
    """Write the card to ``README.md`` in the model's directory, and its plots beside it; return the files.

    Raises
    ------
    MissingPackageError
        If matplotlib is not installed and the model is one that is measured.
    """
    measured = _measure(model)
    plots = draw_curves(measured.truth, measured.columns, model.path) if measured else []
    page = model.path / "README.md"
    page.write_text(_page(model, measured), encoding="utf-8")
    return [page, *plots]


def _measure(model: Model) -> Measured | None:
    if set(model.labels) != set(Label):
        return None
    posts = read_corpus(held_out_files())
    texts = [post.text for post in posts]
    columns = {name: model.with_engine(name).columns(texts) for name in model.decisions}
    return Measured(posts, places(posts, model.labels)[0], columns)


def _page(model: Model, measured: Measured | None) -> str:
    return f"""# Model card

Written by `evolunteer card`; do not edit.

Labels Arabic social-media posts: {", ".join(model.labels)}. {_engines(model)}

## Intended use

**For** finding such posts in a stream, as a first reader whose labels people check. **Not for** judging
whether an appeal is honest, nor for deciding about people. Probabilities are stated for a stream with these shares:
{_list(model.info["decisions"]["words"]["prior"], ".2f")}. Another prior can be given.

{_data(model, measured)}
{_added(model.info)}{_scores(model.info)}
{_held_out(model, measured) if measured else ""}{_resources(model)}
"""


def _engines(model: Model) -> str:
    words = "a linear model on words and the letters inside them, which knows no order of words"
    if model.engines.reader is None:
        return f"It is {words}, so irony, tense and who is addressed often escape it."
    which = f"the posts to which words give a probability of {model.info['read_from']:.3f} or more of asking anything"
    return (
        f"It is a cascade: {words}; and a transformer encoder (multilingual-e5-small, fine-tuned), which reads "
        f"{'every post' if model.decision.background is None else which}. Irony still escapes it."
    )


def _data(model: Model, measured: Measured | None) -> str:
    corpus = model.info["corpus"]
    authored, public = corpus["authored"], corpus["public"]
    return f"""## What it learned from

{corpus["posts"]:,} posts: {sum(public.values()):,} public ones of named data sets and {sum(authored.values()):,} others, such
as authored ones. {corpus["left_out_for_dev"]:,} posts that are kept for measuring, or nearly equal to such, were left out.

{_table(["label", "authored", "public"], ([one, f"{authored.get(one, 0):,}", f"{public.get(one, 0):,}"] for one in model.labels))}
{_agreement(measured.posts, any(public.values())) if measured else ""}"""


def _agreement(held_out: Sequence[LabelledPost], public: bool) -> str:
    kinds = {"to learn from": read_corpus(["authored"]), "held out": held_out}
    rows = ([name, f"{len(posts):,}", *agreement(posts).cells()] for name, posts in kinds.items())
    return f"""
How often the label that a post of this project was written for is also that of a second reader, who saw texts only. Both
are language models, and no native reader has read all posts: this says that labels follow the rules, and not that people
would agree as often. Of posts that are not counted as read twice no second reading is recorded. `corpora/README.md` has it
file by file.

{_table(["authored posts", "number", "read twice", "agreed", "Cohen's kappa"], rows)}
{f"{chr(10)}Public posts were labelled by readers of the same kind. {PUBLIC_AGREEMENT}{chr(10)}" if public else ""}"""


def _added(facts: Mapping[str, Any]) -> str:
    if "added" not in facts:
        return ""
    added = facts["added"]
    times = len(facts.get("added_before", []))
    before = (
        f" Before, {times} time{'s' if times > 1 else ''}, posts were added to the model that this one was made from."
        if times
        else ""
    )
    reason = added.get("allowed_regression")
    allowed = f"\nIt is worse, and was written all the same. The reason given: {_plain(reason)}\n" if reason else ""
    kinds = {
        "new_posts": "On the posts that were added, each labelled by a model that had not seen it or its like",
        "held_out": "On held-out authored posts",
    }
    compared = "\n\n".join(_compared(text, Comparison(**added[name])) for name, text in kinds.items() if name in added)
    return f"""## What was added

{added["posts"]:,} posts were added to what the model had learned ({_list(added["labels"], ",d")}), each weighing {added["weight"]:g}
beside an old one.{before}

{compared}
{allowed}
"""


def _compared(where: str, found: Comparison) -> str:
    rows = [(label, found.old[label], found.new[label]) for label in found.old]
    rows.append(("macro-F1", found.old_macro_f1, found.new_macro_f1))
    table = _table(["label", "old F1", "new F1"], ([name, _percent(old), _percent(new)] for name, old, new in rows))
    return f"{where} ({found.posts:,}), {found.verdict}.\n\n{table}"


def _scores(facts: Mapping[str, Any]) -> str:
    alone = ""
    if "authored_posts_alone" in facts:
        authored, public = (
            _percent(facts["authored_posts_alone"][kind]["macro_f1"]) for kind in ("authored", "public")
        )
        alone = f"\n\nWords that only authored posts taught reach macro-F1 {authored} on authored posts out of fold, {public} on all public ones."
    rows = (
        [engine, world, f"{found['posts']:,}", *map(_percent, found["f1"].values()), _percent(found["macro_f1"])]
        for engine, worlds in facts["scores"].items()
        for world, found in worlds.items()
    )
    return f"""## How well it labels

F1 in per cent, each post labelled by a model that had seen neither it nor its near-duplicates (grouped cross-validation).
Public posts are firm ones.{" These are the scores from before posts were added." if "added" in facts else ""}

{_table(["engine", "posts", "number", *facts["labels"], "macro-F1"], rows)}{alone}
"""


def _held_out(model: Model, measured: Measured) -> str:
    dialects = {"dialect": [post.dialect for post in measured.posts]}
    cards = {
        name: scorecard(measured.truth, columns, model.labels, dialects) for name, columns in measured.columns.items()
    }
    found = cards[model.using]
    head = ["engine", "macro-F1, 95 % interval", "coverage", "calibration error", "certain", "of those right"]
    labels = (
        [name, _percent(one.precision), _percent(one.recall), _between(one.f1, one.f1_interval), f"{one.posts:,}"]
        for name, one in found.labels.items()
    )
    spoken = (
        [name, f"{one['posts']:,.0f}", _between(one["macro_f1"], (one["macro_f1_low"], one["macro_f1_high"]))]
        for name, one in found.slices["dialect"].items()
    )
    confused = ([name, *(f"{count:,}" for count in row.values())] for name, row in found.confusion.items())
    return f"""### Held-out posts

{found.posts:,} authored posts by writers who wrote nothing it learned from. Intervals are from a bootstrap over posts, and know
nothing of how much one writer differs from another. Coverage is macro-F1 on the surest 95, 90 and 80 % of them. The calibration error is the mean distance between the probability of the
label given and the share that is right.

{_table(head, (_whole(name, one) for name, one in cards.items()))}

![Probability of the label given, and the share that is right](calibration.svg)

![Macro-F1 of the surest posts](coverage.svg)

By {model.using}:

{_table(["label", "precision", "recall", "F1, 95 % interval", "posts"], labels)}

{_table(["true, given", *found.labels], confused)}

{_table(["dialect", "posts", "macro-F1, 95 % interval"], spoken)}

## Where it fails

Held-out posts that it gets wrong most confidently; those are left out whose second ask is the label given.

{_failures(model, measured)}

{_details()}"""


def _failures(model: Model, measured: Measured) -> str:
    found = measured.columns[model.using]
    confidence = found.probabilities.max(axis=1)
    labels = [model.labels[place] for place in found.labels]
    wrong = [i for i, post in enumerate(measured.posts) if labels[i] not in (post.label, post.also)]
    shown = sorted(wrong, key=lambda i: -confidence[i])[:FAILURES]
    lines = (
        f"* {labels[i]} ({confidence[i]:.2f}), truly {post.label} ({post.dialect}): {_cut(post.text)}"
        for i in shown
        for post in [measured.posts[i]]
    )
    return "\n".join(lines)


def _details() -> str:
    """How well details are read; nothing where the annotated posts or the packages that read them are not here."""
    first, second = (authored_folder().parent / "details" / f"writer_{name}.jsonl" for name in "ab")
    if not second.exists():
        return ""
    try:
        from evolunteer_nlp.initiatives.measure import measure

        of_first, of_second = (
            measure(map(json.loads, file.read_text(encoding="utf-8").splitlines())) for file in (first, second)
        )
    except MissingPackageError:
        return ""
    rows = (
        [field, *(f"{x:.2f}" for x in score.rates), str(score.right + score.missed), f"{of_first[field].f1:.2f}"]
        for field, score in of_second.items()
    )
    return f"""## Details of asks

What `digest`, `match` and `report` read out of posts, by rules and word lists, on 150 annotated asks each of two writers. The
columns are of writer B, but for the last. Rules were developed on both, so of other posts expect less:
[docs/design.md](../../docs/design.md) has what writer B's scored before anybody who writes rules had opened them.

{_table(["field", "precision", "recall", "F1", "values", "F1, writer A"], rows)}

"""


def _resources(model: Model) -> str:
    facts = model.info
    settings = _list({name: value for name, value in facts["settings"].items() if name != "reader"})
    taught = _list(facts["settings"].get("reader", {}))
    sizes = {
        file.name: file.stat().st_size for file in (model.path / name for name in ("manifest.json", *facts["files"]))
    }
    reads = model.engines.reader is not None
    return f"""## Size, speed and training

{_table(["file", "MB"], ([name, f"{size / 1e6:.2f}"] for name, size in sizes.items()))}

`benchmarks/speed.py` measures speed and memory beside those of other libraries; the figures of the shipped model are in the
project's README. Words, calibration and thresholds are trained in minutes{", a reader in an hour and a half on two cores" if reads else ""}.

## Licences

The library, and the model that comes with it: MIT. Authored posts and labels: CC BY 4.0. Public posts belong to their authors and are not in
the model.{" The reader is derived from multilingual-e5-small, MIT; see NOTICE." if reads else ""}

## Made with

Settings: {settings}. {f"Reader: {taught}. " if taught else ""}Versions: {_list(facts["versions"])}. Format {facts["format"]}, cleaning `{facts["cleaning"]}`, corpus `{facts["corpus"]["sha256"][:16]}`."""


def _whole(engine: str, found: Scorecard) -> list[str]:
    covered = [_percent(score) for share, score in found.coverage.items() if share != "100"]
    right = "-" if found.certain_accuracy is None else _percent(found.certain_accuracy)
    scores = [_between(found.macro_f1, found.macro_f1_interval), " / ".join(covered), f"{found.calibration_error:.3f}"]
    return [engine, *scores, _percent(found.certain_share), right]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def _list(values: Mapping[str, Any], format: str = "") -> str:
    return ", ".join(f"{name} {value:{format}}" for name, value in values.items())


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _between(score: float, interval: tuple[float, float]) -> str:
    return f"{_percent(score)} ({_percent(interval[0])}-{_percent(interval[1])})"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return _plain(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")


def _plain(text: str) -> str:
    """A text that Markdown shows as it is."""
    return re.sub(r"([\\`*_~\[\]<>|#&])", r"\\\1", " ".join(text.split()))
