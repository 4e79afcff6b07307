"""The model card: what a model is for, what it learned from, how well it labels, where it fails.

Its questions are those of Mitchell et al. 2019 (https://arxiv.org/abs/1810.03993).
"""

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
    prior = ", ".join(f"{label} {share:.2f}" for label, share in facts["decision"]["prior"].items())
    settings = ", ".join(f"{name} {value}" for name, value in facts["settings"].items())
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return f"""# Model card

Written by `evolunteer card`; do not edit.

Labels Arabic social-media posts: {", ".join(model.labels)}. A linear model on words and the letters inside them; it knows
no word order beyond a word, so irony, tense and who is addressed often escape it.

**For** finding calls and drives in a stream of posts, as a first reader whose labels people check. **Not for** judging
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

| | posts | {" | ".join(model.labels)} | macro-F1 |
{"|---" * (len(model.labels) + 3)}|
{_rows(_out_of_fold(facts["scores"]))}
{_held_out(model) if set(model.labels) == set(Label) else ""}
## Made with

Settings: {settings}. Versions: {versions}. Cleaning `{facts["cleaning"]}`, corpus `{corpus["sha256"][:16]}`.
"""


def _held_out(model: Model) -> str:
    found = evaluate(model, read_corpus(held_out_files()))
    low, high = map(_percent, found.macro_f1_interval)
    coverage = ", ".join(map(_percent, found.coverage.values()))
    scores = ((name, _percent(s.precision), _percent(s.recall), _percent(s.f1)) for name, s in found.labels.items())
    return f"""
{found.posts:,} authored posts by writers who wrote nothing it learned from: macro-F1 {_percent(found.macro_f1)}
({low}-{high}), calibration error {found.calibration_error:.3f}, {_certain(found)}.
On the surest 100, 95, 90 and 80 % of them, macro-F1 is {coverage}.

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


def _rows(rows: Any) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _out_of_fold(scores: dict[str, Any]) -> list[list[str]]:
    worlds = [
        (f"{world} posts{taught}", found[world])
        for taught, found in (("", scores), (", taught by authored ones alone", scores.get("authored_posts_alone", {})))
        for world in ("authored", "public")
        if world in found
    ]
    return [
        [name, f"{world['posts']:,}", *map(_percent, world["f1"].values()), _percent(world["macro_f1"])]
        for name, world in worlds
    ]


def _certain(found: Scorecard) -> str:
    share = f"{_percent(found.certain_share)} % called certain"
    return share if found.certain_accuracy is None else f"{share}, {_percent(found.certain_accuracy)} % of those right"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
