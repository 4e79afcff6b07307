"""Teach an encoder the labels of a corpus: the reader that a cascade hands doubtful posts to.

Long work: an hour and a half for the shipped corpora on two cores. It is cut into runs, one a fold and one on all
posts; a run keeps its state in a folder, and what was interrupted goes on from there.
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from evolunteer_nlp.corpus.splits import grouped_folds
from evolunteer_nlp.engine.reader import LONGEST, PADDING, Head, Tokens, open_tokenizer, tokenize
from evolunteer_nlp.text.cleaning import clean
from evolunteer_nlp.training.encoder import (
    Encoder,
    base_encoder,
    base_tokenizer,
    base_weights,
    trimmed_tokenizer,
)
from evolunteer_nlp.training.export import Range, to_onnx
from evolunteer_nlp.training.fit import Examples, Floats, Places, Progress
from evolunteer_nlp.training.readers import ReaderFiles

_STEPS_BETWEEN_SAVES = 200
_STEPS_BETWEEN_MESSAGES = 50
_POSTS_FOR_RANGES = 512
_BATCHES_SORTED = 40
"""Batches whose posts are sorted by length together, so that little is padded and order stays mostly random."""


@dataclass(frozen=True)
class Tuning:
    """How a reader is taught; the defaults were chosen inside the training posts, see ``docs/design.md``.

    Attributes
    ----------
    layers : int
        How many of the base encoder's twelve layers are kept, from the first on.
    learning_rate : float
    epochs : int
    batch_size : int
    background_posts : int
        Public posts of the background label that each epoch draws; of the other posts it takes all.
    smoothing, unfirm_smoothing : float
        Probability spread over all labels, of firm posts and of those on which careful readers could disagree.
    unfirm_weight : float
        What the latter weigh.
    second_share : float
        Probability that a post's second ask gets of the first.
    min_count : int
        Pieces of the vocabulary that occur less often are dropped.
    folds, seed : int
        Of the out-of-fold scores.
    """

    layers: int = 12
    learning_rate: float = 1e-4
    epochs: int = 2
    batch_size: int = 32
    background_posts: int = 5000
    smoothing: float = 0.05
    unfirm_smoothing: float = 0.15
    unfirm_weight: float = 0.4
    second_share: float = 0.3
    min_count: int = 3
    folds: int = 3
    seed: int = 0


class _Reader(nn.Module):
    def __init__(self, encoder: Encoder, n_labels: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(encoder.shape.hidden, n_labels)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.head(self.drop(self.encoder(ids, mask)))


class _Lesson(NamedTuple):
    """Posts as the reader learns them: tokens, target probabilities (n_posts, n_labels), weights, who is drawn."""

    ids: list[Tokens]
    targets: torch.Tensor
    weights: torch.Tensor
    is_drawn: npt.NDArray[np.bool_]


def fine_tune(
    given: Examples,
    folder: Path,
    tuning: Tuning | None = None,
    vocabulary: Sequence[str] = (),
    progress: Progress = lambda message: None,
) -> ReaderFiles:
    """Fine-tune the base encoder on examples, once for each fold and once on all.

    Parameters
    ----------
    given : Examples
    folder : path
        Keeps the state of unfinished runs and the results of finished ones.
    tuning : Tuning, optional
    vocabulary : sequence of str
        More posts whose words the reader should know.
    progress : callable, optional
        Told what is being done.

    Raises
    ------
    MissingPackageError
        If the packages with the base weights are not installed.
    """
    tuning = tuning or Tuning()
    texts = [clean(post.text) for post in given.posts]
    weights = base_weights()
    progress("choosing the reader's vocabulary")
    every = [*texts, *map(clean, vocabulary)]
    tokenizer, kept = trimmed_tokenizer(base_tokenizer().read_bytes(), every, tuning.min_count)
    lesson = _lesson(given, tokenize(open_tokenizer(tokenizer), texts), tuning)
    folder = folder / _key(given, lesson, tokenizer, tuning)
    folder.mkdir(parents=True, exist_ok=True)

    def run(name: str, fitted: Places) -> _Reader:
        torch.manual_seed(tuning.seed)
        reader = _Reader(base_encoder(weights, kept, tuning.layers, LONGEST), len(given.labels))
        _teach(reader, lesson, fitted, tuning, folder / f"{name}.pt", lambda step: progress(f"reader, {name}: {step}"))
        return reader

    scores = np.zeros((len(texts), len(given.labels)))
    for number, (fitted, held) in enumerate(grouped_folds(given.group, tuning.folds, tuning.seed), 1):
        name = f"fold {number} of {tuning.folds}"
        done = folder / f"{name}.npy"
        if not done.exists():
            reader = run(name, fitted)
            _save(done, _scores(reader, [lesson.ids[i] for i in held]))
            (folder / f"{name}.pt").unlink()
        scores[held] = np.load(done)
    reader = run("all posts", np.arange(len(texts)))
    progress("writing the reader")
    drawn = np.random.default_rng(tuning.seed).permutation(len(texts))[:_POSTS_FOR_RANGES]
    ranges = _ranges(reader, [lesson.ids[i] for i in drawn])
    state = {name: value.numpy() for name, value in reader.encoder.state_dict().items()}
    shape = reader.encoder.shape
    network = to_onnx(state, ranges, shape.heads, shape.layers, shape.epsilon)
    head = Head(reader.head.weight.detach().flatten().tolist(), reader.head.bias.detach().tolist())
    return ReaderFiles(network, tokenizer, head, scores, asdict(tuning))


def _key(given: Examples, lesson: _Lesson, tokenizer: bytes, tuning: Tuning) -> str:
    """What all results depend on, as a name."""
    content = hashlib.sha256(tokenizer)
    for part in (lesson.ids, lesson.targets.tolist(), lesson.is_drawn.tolist(), given.group.tolist(), asdict(tuning)):
        content.update(json.dumps(part).encode())
    return content.hexdigest()[:16]


def _lesson(given: Examples, ids: list[Tokens], tuning: Tuning) -> _Lesson:
    n_labels = len(given.labels)
    posts = np.arange(len(given.truth))
    spread = np.where(given.firm, tuning.smoothing, tuning.unfirm_smoothing)
    targets = np.repeat(spread[:, None] / n_labels, n_labels, axis=1)
    second = np.where(given.also >= 0, tuning.second_share, 0.0)
    targets[posts, given.truth] += 1 - spread - second
    two = np.flatnonzero(given.also >= 0)
    targets[two, given.also[two]] += second[two]
    weights = 1 / np.sqrt(np.bincount(given.truth, minlength=n_labels))[given.truth]
    weights *= np.where(given.firm, 1.0, tuning.unfirm_weight)
    background = given.labels.index(given.background) if given.background else -1
    is_drawn = np.array([bool(post.source) for post in given.posts]) & (given.truth == background)
    weights /= weights.mean()
    return _Lesson(ids, torch.from_numpy(targets).float(), torch.from_numpy(weights).float(), is_drawn)


def _teach(reader: _Reader, lesson: _Lesson, fitted: Places, tuning: Tuning, file: Path, progress: Progress) -> None:
    """Train in place; the state is saved to ``file`` now and then, and at the end."""
    batches = _batches(lesson, fitted, tuning)
    reader.encoder.word.weight.requires_grad_(False)
    reader.encoder.position.weight.requires_grad_(False)
    groups = _parameter_groups(reader, tuning.learning_rate)
    optimizer = torch.optim.AdamW(groups)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / (0.1 * len(batches))) * max(0.02, 1 - step / len(batches))
    )
    start = 0
    if file.exists():
        saved = torch.load(file, weights_only=True)
        reader.load_state_dict(saved["reader"])
        start = saved["step"]
        if start < len(batches):
            optimizer.load_state_dict(saved["optimizer"])
            schedule.load_state_dict(saved["schedule"])
    reader.train()
    for step in range(start, len(batches)):
        torch.manual_seed(step)  # of the dropout: the same after an interruption
        members = batches[step]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = reader(*_padded([lesson.ids[i] for i in members]))
        losses = nn.functional.cross_entropy(scores.float(), lesson.targets[members], reduction="none")
        loss = (losses * lesson.weights[members]).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % _STEPS_BETWEEN_MESSAGES == 0:
            progress(f"{step + 1:,} of {len(batches):,} steps, loss {loss.item():.3f}")
        if (step + 1) % _STEPS_BETWEEN_SAVES == 0:
            parts = {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
            _save(file, {"step": step + 1, "reader": reader.state_dict(), **parts})
    if start < len(batches):
        _save(file, {"step": len(batches), "reader": reader.state_dict()})
    reader.eval()


def _parameter_groups(reader: _Reader, rate: float) -> list[dict[str, object]]:
    layers = list(reader.encoder.layers.parameters())
    rest = [*reader.encoder.norm.parameters(), *reader.head.parameters()]
    return [
        {"params": [p for p in layers if p.ndim > 1], "lr": rate, "weight_decay": 0.01},
        {"params": [p for p in layers if p.ndim == 1], "lr": rate, "weight_decay": 0.0},
        {"params": rest, "lr": 2 * rate, "weight_decay": 0.0},
    ]


def _batches(lesson: _Lesson, fitted: Places, tuning: Tuning) -> list[list[int]]:
    rng = np.random.default_rng(tuning.seed)
    drawn, rest = fitted[lesson.is_drawn[fitted]], fitted[~lesson.is_drawn[fitted]]
    batches = []
    for _ in range(tuning.epochs):
        epoch = rng.permutation(np.concatenate([rest, rng.permutation(drawn)[: tuning.background_posts]]))
        for part in np.array_split(epoch, math.ceil(len(epoch) / (tuning.batch_size * _BATCHES_SORTED))):
            by_length = sorted(part.tolist(), key=lambda i: len(lesson.ids[i]))
            starts = range(0, len(by_length), tuning.batch_size)
            batches += [by_length[at : at + tuning.batch_size] for at in rng.permutation(starts).tolist()]
    return batches


def _padded(ids: Sequence[Tokens]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, ids))
    padded = torch.tensor([[*post, *[PADDING] * (longest - len(post))] for post in ids])
    return padded, (padded != PADDING).float()


@torch.no_grad()
def _scores(reader: _Reader, ids: Sequence[Tokens]) -> Floats:
    scores = np.zeros((len(ids), reader.head.out_features))
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    for at in range(0, len(order), 64):
        members = order[at : at + 64]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores[members] = reader(*_padded([ids[i] for i in members])).float().numpy()
    return scores


@torch.no_grad()
def _ranges(reader: _Reader, ids: Sequence[Tokens]) -> dict[str, Range]:
    """What goes into each linear layer: the smallest and the largest value of each channel."""
    ranges: dict[str, Range] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[torch.Tensor]], None]:
        def seen(module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
            values = inputs[0].flatten(0, -2).numpy()
            low, high = ranges.get(name, (0.0, 0.0))
            ranges[name] = np.minimum(low, values.min(axis=0)), np.maximum(high, values.max(axis=0))

        return seen

    linear = [(name, part) for name, part in reader.encoder.named_modules() if isinstance(part, nn.Linear)]
    hooks = [part.register_forward_pre_hook(watch(name)) for name, part in linear]
    for post in ids:  # one by one: padding is no post
        reader(*_padded([post]))
    for hook in hooks:
        hook.remove()
    return ranges


def _save(file: Path, content: object) -> None:
    """Write whole or not at all."""
    draft = file.with_name(file.name + ".draft")
    with draft.open("wb") as stream:
        if isinstance(content, np.ndarray):
            np.save(stream, content)
        else:
            torch.save(content, stream)
    draft.replace(file)
