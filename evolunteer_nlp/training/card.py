"""The model card: what a model is for, what it learned from, how well it labels, where it fails.

Its questions are those of Mitchell et al. 2019 (https://arxiv.org/abs/1810.03993).
"""

from collections.abc import Mapping
from typing import Any

from evolunteer_nlp.corpus.posts import held_out_files, read_corpus
from evolunteer_nlp.labels import Label
from evolunteer_nlp.model import Model
from evolunteer_nlp.training.evaluate import Scorecard, evaluate


def card(model: Model) -> str:
    """Write a model's card, as Markdown, from its manifest and its labels of the held-out authored posts.

    A model with other labels than the shipped ones is not measured on those posts.
    """
    facts = model.info
    corpus = facts["corpus"]
    prior = ", ".join(f"{label} {share:.2f}" for label, share in facts["decisions"]["words"]["prior"].items())
    settings = ", ".join(f"{name} {value}" for name, value in facts["settings"].items() if name != "reader")
    taught = ", ".join(f"{name} {value}" for name, value in facts["settings"].get("reader", {}).items())
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return f"""# Model card

Written by `evolunteer card`; do not edit.

Labels Arabic social-media posts: {", ".join(model.labels)}. {_engines(model)}

**For** finding such posts in a stream, as a first reader whose labels people check. **Not for** judging
whether an appeal is honest, nor for deciding about people.

## What it learned from

{corpus["posts"]:,} posts: {sum(corpus["public"].values()):,} public ones of named data sets and {sum(corpus["authored"].values()):,} others, such
as authored ones. {corpus["left_out_for_dev"]:,} posts that are kept for measuring, or nearly equal to such, were left out.

| label | authored | public |
|---|---|---|
{_rows((label, f"{corpus['authored'].get(label, 0):,}", f"{corpus['public'].get(label, 0):,}") for label in model.labels)}

Probabilities are stated for a stream with these shares: {prior}. Another prior can be given.

## How well it labels

F1 in per cent, each post labelled by a model that had seen neither it nor its near-duplicates (grouped cross-validation).
Public posts are firm ones.

| engine | posts | number | {" | ".join(model.labels)} | macro-F1 |
{"|---" * (len(model.labels) + 4)}|
{_rows(_by_world(facts["scores"]))}
{_alone(facts)}
{_held_out(model) if set(model.labels) == set(Label) else ""}
## Made with

Settings: {settings}. {f"Reader: {taught}. " if taught else ""}Versions: {versions}. Cleaning `{facts["cleaning"]}`, corpus `{corpus["sha256"][:16]}`.
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


def _held_out(model: Model) -> str:
    posts = read_corpus(held_out_files())
    by_engine = {name: evaluate(model.with_engine(name), posts) for name in model.decisions}
    found = by_engine[model.using]
    scores = ((name, _percent(s.precision), _percent(s.recall), _percent(s.f1)) for name, s in found.labels.items())
    return f"""
{found.posts:,} authored posts by writers who wrote nothing it learned from. Coverage is macro-F1 on the surest 95, 90 and
80 % of them.

| engine | macro-F1, 95 % interval | coverage | calibration error | certain | of those right |
|---|---|---|---|---|---|
{_rows(_whole(name, card) for name, card in by_engine.items())}

By {model.using}:

| label | precision | recall | F1 |
|---|---|---|---|
{_rows(scores)}

| true, given | {" | ".join(found.labels)} |
{"|---" * (len(found.labels) + 1)}|
{_rows((name, *(f"{count:,}" for count in row.values())) for name, row in found.confusion.items())}

| dialect | posts | macro-F1 |
|---|---|---|
{_rows((name, f"{s['posts']:,.0f}", _percent(s["macro_f1"])) for name, s in found.slices["dialect"].items())}
"""


def _whole(engine: str, card: Scorecard) -> list[str]:
    low, high = map(_percent, card.macro_f1_interval)
    covered = [_percent(score) for share, score in card.coverage.items() if share != "100"]
    right = "-" if card.certain_accuracy is None else _percent(card.certain_accuracy)
    interval = f"{_percent(card.macro_f1)} ({low}-{high})"
    return [engine, interval, " / ".join(covered), f"{card.calibration_error:.3f}", _percent(card.certain_share), right]


def _rows(rows: Any) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _by_world(scores: dict[str, Any]) -> list[list[str]]:
    return [
        [engine, world, f"{found['posts']:,}", *map(_percent, found["f1"].values()), _percent(found["macro_f1"])]
        for engine, worlds in scores.items()
        for world, found in worlds.items()
    ]


def _alone(facts: Mapping[str, Any]) -> str:
    if "authored_posts_alone" not in facts:
        return ""
    authored, public = (_percent(facts["authored_posts_alone"][world]["macro_f1"]) for world in ("authored", "public"))
    return f"""
Words that only authored posts taught reach macro-F1 {authored} on authored posts out of fold, {public} on all public ones.
"""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
