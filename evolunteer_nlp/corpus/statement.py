"""The data statement of the shipped corpora: who speaks in them, how they were made and read, what they are not.

Its questions are those of Bender and Friedman 2018 (https://aclanthology.org/Q18-1041).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from sklearn.metrics import cohen_kappa_score

from evolunteer_nlp.corpus.checks import unpaired_near_duplicates
from evolunteer_nlp.corpus.keys import CAUSES, DIALECTS, PLATFORMS, VOICES
from evolunteer_nlp.corpus.measures import PUBLIC, Measures, measure
from evolunteer_nlp.corpus.posts import HELD_OUT, LabelledPost, PublicLabel

PUBLIC_AGREEMENT = """Of posts read twice, 329 of the first round and
455, 180, 100 and 200 of later ones, two readers agreed with Cohen's kappa 0.95, 0.90, 0.90, 0.88 and 0.91."""
"""How far readers of public posts agreed, whose second readings are not kept beside the labels."""
LENGTHS = (1, 8, 15, 30, 60, 100)
"""Where the ranges of lengths begin, in words."""


def statement(posts: Sequence[LabelledPost], public: Sequence[PublicLabel], labels: Sequence[str]) -> str:
    """Write the data statement, as Markdown.

    Parameters
    ----------
    posts : sequence of LabelledPost
        All authored posts, held-out batches with them.
    public : sequence of PublicLabel
    labels : sequence of str
        In the order of the tables' columns.
    """
    held_out = sum(post.batch.startswith(HELD_OUT) for post in posts)
    pairs = len({post.pair for post in posts if post.pair})
    two_asks = sum(post.also is not None for post in posts)
    overall = measure(posts)
    reasons = Counter(part.strip() for label in public for part in label.reason.split(";"))
    upheld = reasons["disputed by cross-validation, read again: upheld"]
    corrected = reasons["disputed by cross-validation, read again: corrected"]
    of_public = Counter(label.split for label in public)
    at_random = sum(label.stream == "true" for label in public)
    by_country = Counter(post.country for post in posts)
    return f"""# Corpora: data statement

Written by `evolunteer corpus stats --write`; do not edit. What the labels mean is in
[docs/labels.md](../docs/labels.md).

* `authored/`: {len(posts):,} Arabic posts written for this project, in full. Of these, {held_out:,} are held out for measuring
  (`{HELD_OUT}*.jsonl`): no model is trained on them, and their writers wrote nothing else. {pairs:,} minimal pairs (two posts
  that differ by a few words and in label), {two_asks:,} posts with two asks.
* `public/labels.tsv`: our labels of {len(public):,} public posts, {of_public["train"]:,} for training and {of_public["dev"]:,} for measuring;
  {at_random:,} were drawn at random. Their texts belong to their authors and are not here; see
  [public/SOURCES.md](public/SOURCES.md).
* `details/`: 300 asks by two more writers with what is asked, where, when and by whom, read twice and settled by a third
  reader; in no count below.
* `sample/`: 200 more authored posts to try the library on, by a writer of their own; in no count below.

![Authored posts by dialect and label](dialects.svg)

## How the posts were written and read

Authored posts were written one by one, each with a particular person or account, cause and moment in mind, and none by a
template. Their writers are language models instructed in eight dialects and Modern Standard Arabic: **no post is a real
person's**, names, phones, accounts and links in them are invented, and no native reader has yet read them all. Each post was then
labelled by a second reader who saw texts only, shuffled across files. Those readers are language models too, so their
agreement says that the labels follow the rules, and not that people would agree as often. Disagreements were decided
by a third reading; the table counts the first two. {_unkept(posts)}

{_agreement(posts)}

Public posts were labelled under the same rules by readers of the same kind. {PUBLIC_AGREEMENT} The labels that a
cross-validated model disputed most were read again: {corrected:,} were corrected and {upheld:,} upheld, as the column `reason` says. Posts on
which careful readers could still disagree are marked as not firm. Later rounds took the posts the model of the day was least
sure of or thought an ask, so that labels outside the random ones are no sample of a timeline.

## Counts

{_table("label", (post.label for post in posts), posts, labels)}

{_table("dialect", (post.dialect for post in posts), posts, labels, DIALECTS)}

{_table("platform", (post.platform for post in posts), posts, labels, dict.fromkeys(PLATFORMS, ""))}

{_table("length in words", (_range(post) for post in posts), posts, labels)}

![Lengths of authored posts by label](lengths.svg)

{_table("voice", (post.voice for post in posts), posts, labels, VOICES)}

{_table("cause", (post.cause for post in posts), posts, labels, CAUSES)}

![Authored posts by cause](causes.svg)

Countries: {", ".join(f"{country} {count:,}" for country, count in by_country.most_common())}.

Public posts by label: {_counts(label.label for label in public)}.
Not firm: {sum(label.firm != "true" for label in public):,}.

## Signs of templates

| | openings repeated | distinct-2 | type-token ratio | label told by length | emoji | platform | dialect | first three |
|---|---|---|---|---|---|---|---|---|
{_row("authored", overall)}
{_row("public", PUBLIC)}

The share of posts whose first three words occur in more than three others; distinct pairs of words and distinct words
among 5,000; macro-F1 of a decision tree that knows nothing but that feature (chance is 0.25). Near-duplicates outside
minimal pairs: {len(unpaired_near_duplicates(posts))}. `evolunteer corpus check` measures this file by file, and fails on near-duplicates, on files where more than
2 % of openings repeat, and where a feature tells labels of all files together by 0.05 better than those of public posts.

## Known gaps

* Written posts are tidier than real ones: more whole sentences, more often a name, place, time and contact.
* In the first files (`awareness`, `volunteer_*`), unrelated posts are shorter than asks, and some openings and
  endings were added in passing. Facebook is rarer, and forums rarer still, than in life.
* Libyan, Yemeni and Mauritanian posts deserve a native reading most. Telephone numbers are invented, but some helplines in
  them are real or look it.
* Among public posts, awareness is mostly about the pandemic of 2020-21, volunteer calls are very rare, and many posts are
  cut at 140 characters.

## What must not be inferred

Counts say what was written, not how often people in a country or dialect ask for help, give or mislead. Helplines, medical
advice, laws and prices in the posts are not facts to rely on. A label says what a post asks for, never whether it is honest.
Dialect and country are what a writer had in mind, not a measurement of speakers.

## Licence

Authored posts and all labels: Creative Commons Attribution 4.0 (CC BY 4.0). Public posts are not covered: they are not here.
"""


class Agreement(NamedTuple):
    """How far two readers agreed: on how many posts, on what share of them, and Cohen's kappa (NaN for one label)."""

    posts: int
    agreed: float
    kappa: float

    def cells(self) -> tuple[str, str, str]:
        """The same, for a row of a table."""
        kappa = "" if np.isnan(self.kappa) else f"{self.kappa:.3f}"
        return f"{self.posts:,}", f"{100 * self.agreed:.1f} %", kappa


def agreement(posts: Sequence[LabelledPost]) -> Agreement:
    """How far writer and second reader agreed on those of the posts, one or more, that were read twice."""
    twice = [post for post in posts if post.second_label]
    first, second = [post.first_label or post.label for post in twice], [post.second_label for post in twice]
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / len(twice)
    kappa = cohen_kappa_score(first, second) if len(set(first)) > 1 else float("nan")
    return Agreement(len(twice), agreed, float(kappa))


def _unkept(posts: Sequence[LabelledPost]) -> str:
    """Say of which posts the second label was not kept."""
    missing = [post for post in posts if not (post.second_label or post.first_label)]
    files = sorted({post.batch for post in missing})
    return (
        f"Of {len(missing):,} posts, those of {' and '.join(files)}, the second label was not kept." if missing else ""
    )


def _agreement(posts: Sequence[LabelledPost]) -> str:
    batches: defaultdict[str, list[LabelledPost]] = defaultdict(list)
    for post in posts:
        if post.second_label:
            batches[post.batch].append(post)
    lines = ["| file | posts read twice | agreed | Cohen's kappa |", "|---|---|---|---|"]
    for name, members in [*sorted(batches.items()), ("**all**", posts)]:
        lines.append(f"| {name} | {' | '.join(agreement(members).cells())} |")
    return "\n".join(lines)


def _range(post: LabelledPost) -> str:
    words = len(post.text.split())
    for low, above in pairwise(LENGTHS):
        if words < above:
            return f"{low}-{above - 1}"
    return f"{LENGTHS[-1]} and more"


def _table(
    name: str,
    values: Iterable[str],
    posts: Sequence[LabelledPost],
    labels: Sequence[str],
    keys: Mapping[str, str] | None = None,
) -> str:
    """Counts of posts by a value and by label; rows in the order of ``keys``, which say what they cover."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for value, post in zip(values, posts, strict=True):
        counts[value][post.label] += 1
    if name == "label":
        return "\n".join(
            ["| label | posts |", "|---|---|", *(f"| {one} | {counts[one].total():,} |" for one in labels)]
        )
    order = list(keys) if keys else sorted(counts, key=lambda value: int(value.split("-")[0].split()[0]))
    lines = [f"| {name} | posts | {' | '.join(labels)} |", "|---" * (len(labels) + 2) + "|"]
    for value in order:
        covers = f" ({keys[value]})" if keys and keys[value] and keys[value] != value.replace("_", " ") else ""
        each = " | ".join(f"{counts[value][label]:,}" for label in labels)
        lines.append(f"| {value}{covers} | {counts[value].total():,} | {each} |")
    return "\n".join(lines)


def _counts(values: Iterable[str]) -> str:
    return ", ".join(f"{value} {count:,}" for value, count in Counter(values).most_common())


def _row(name: str, measures: Measures) -> str:
    leakage = measures.leakage
    features = ("length", "emoji", "platform", "dialect", "all but dialect")
    told = " | ".join(f"{leakage[by]:.2f}" if by in leakage else "unknown" for by in features)
    varied = f"{measures.distinct_2:.3f} | {measures.type_token_ratio:.3f}"
    return f"| {name} | {100 * measures.repeated_openings:.1f} % | {varied} | {told} |"
