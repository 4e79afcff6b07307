"""From scores to predictions: calibration, class prior, thresholds, and what may be believed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from evolunteer_nlp.errors import ModelError
from evolunteer_nlp.prediction import ByLabel, Prediction

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Columns(NamedTuple):
    """Predictions of many posts, as columns.

    Attributes
    ----------
    labels : ndarray of intp, shape (n_posts,)
        The place of each post's label among the model's labels.
    also : ndarray of intp, shape (n_posts,)
        The place of the second label, -1 for none.
    certain : ndarray of bool, shape (n_posts,)
    probabilities : ndarray of float64, shape (n_posts, n_labels)
    """

    labels: "npt.NDArray[np.intp]"
    also: "npt.NDArray[np.intp]"
    certain: "npt.NDArray[np.bool_]"
    probabilities: "npt.NDArray[np.float64]"


@dataclass(frozen=True)
class Decision:
    """How scores become predictions.

    Attributes
    ----------
    labels : tuple of str
    background : str or None
        The label of posts that ask nothing; it is never ``also``, and posts that are not Arabic get it.
    prior : tuple of float
        The share of each label among the posts that probabilities are calibrated for.
    scale, shift : float, tuple of float
        Calibrated log-probabilities are ``scale * score + shift``, up to a constant.
    also_from, certain_from, recall_from : tuple of float
        Probability from which a label is `Prediction.also`, makes `Prediction.certain` true, or is given under
        ``prefer="recall"``; above 1 for never.
    given_from : tuple of float, optional
        Thresholds that the user asked for; NaN where none.
    """

    labels: tuple[str, ...]
    background: str | None
    prior: tuple[float, ...]
    scale: float
    shift: tuple[float, ...]
    also_from: tuple[float, ...]
    certain_from: tuple[float, ...]
    recall_from: tuple[float, ...]
    given_from: tuple[float, ...] | None = None

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], engine: str) -> Self:
        """Read the decision of one engine: what `to_manifest` gave.

        Raises
        ------
        ModelError
            If the manifest lacks a part or holds one of another shape.
        """
        try:
            labels = tuple(map(str, manifest["labels"]))
            given = manifest["decisions"][engine]
            rows = {name: tuple(float(given[name][label]) for label in labels) for name in _PER_LABEL}
            background = manifest["background"]
            if not labels or (background is not None and background not in labels):
                raise ValueError("background")
            if len(set(labels)) < len(labels):
                raise ValueError("labels")
            scale = float(given["scale"])
            if not all(abs(number) < _ABSURD for number in chain([scale], *rows.values())) or min(rows["prior"]) <= 0:
                raise ValueError(f"the numbers of {engine}")
            return cls(labels=labels, background=background, scale=scale, **rows)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ModelError(f"the model's manifest lacks or garbles {error}; copy or train the model again") from None

    def to_manifest(self) -> dict[str, Any]:
        """What a manifest keeps of it, beside the labels: everything but the user's thresholds."""
        rows = {name: dict(zip(self.labels, getattr(self, name), strict=True)) for name in _PER_LABEL}
        return {"scale": self.scale, **rows}

    def with_prior(self, prior: Mapping[str, float]) -> Self:
        """The same decision for posts among which labels have other shares.

        Parameters
        ----------
        prior : mapping of str to float
            A positive share for every label; they are scaled to sum to 1. The background may be left out: it gets
            what the others leave of 1.

        Raises
        ------
        ValueError
            If a label is unknown or lacks a positive share.
        """
        shares = dict(prior)
        if self.background is not None and set(shares) == set(self.labels) - {self.background}:
            shares[self.background] = 1 - sum(shares.values())
        self._check_labels(shares, "prior")
        if set(shares) != set(self.labels) or not all(0 < share < math.inf for share in shares.values()):
            raise ValueError(f"a prior needs a positive share for each of {', '.join(self.labels)}; got {dict(prior)}")
        total = sum(shares.values())
        new = tuple(shares[label] / total for label in self.labels)
        shift = tuple(
            at + math.log(after / before) for at, before, after in zip(self.shift, self.prior, new, strict=True)
        )
        return replace(self, prior=new, shift=shift)

    def with_thresholds(self, threshold: Mapping[str, float] | None, prefer: str | None) -> Self:
        """The same decision with the user's thresholds.

        Parameters
        ----------
        threshold : mapping of str to float, optional
            A label that is named here is given where its probability reaches the number, and only there; of several,
            the one that exceeds its number by the largest factor.
        prefer : {"recall"}, optional
            Thresholds at which held-out asks were found nine times in ten; ``threshold`` overrides them.

        Raises
        ------
        ValueError
            If a label or preference is unknown or a threshold is not between 0 and 1.
        """
        if threshold is None and prefer is None:
            return self
        if prefer not in (None, "recall"):
            raise ValueError(f"prefer is 'recall' or None, not {prefer!r}")
        wanted = dict(threshold or {})
        self._check_labels(wanted, "threshold")
        if not all(0 < number <= 1 for number in wanted.values()):
            raise ValueError(f"thresholds are above 0 and at most 1; got {wanted}")
        start = self.recall_from if prefer else (math.nan,) * len(self.labels)
        given = tuple(wanted.get(label, number) for label, number in zip(self.labels, start, strict=True))
        return replace(self, given_from=given)

    def _check_labels(self, mapping: Mapping[str, float], what: str) -> None:
        unknown = sorted(set(mapping) - set(self.labels))
        if unknown:
            raise ValueError(f"{what} names {unknown[0]!r}; the model's labels are {', '.join(self.labels)}")

    def predict(self, scores: Sequence[float] | None) -> Prediction:
        """The prediction for one post's scores; None stands for a post that is not Arabic."""
        if scores is None:
            return Prediction(self.labels[self._default_label()], None, False, ByLabel(self.labels, self.prior))
        values = self.probabilities(scores)
        label = self._label(values)
        also = None
        second = max((i for i in range(len(values)) if i != label), key=values.__getitem__, default=label)
        if label != second and values[second] >= self.also_from[second] and self.labels[label] != self.background:
            also = self.labels[second]
        certain = values[label] >= self.certain_from[label]
        return Prediction(self.labels[label], also, certain, ByLabel(self.labels, values))

    def probabilities(self, scores: Sequence[float]) -> tuple[float, ...]:
        """The calibrated probability of each label, for one post's scores."""
        logits = [self.scale * score + shift for score, shift in zip(scores, self.shift, strict=True)]
        highest = max(logits)
        weights = [math.exp(logit - highest) for logit in logits]
        total = sum(weights)
        return tuple(weight / total for weight in weights)

    def _default_label(self) -> int:
        """The label of posts that are not Arabic: the background, or the most frequent."""
        return self.prior.index(max(self.prior)) if self.background is None else self.labels.index(self.background)

    def _label(self, values: Sequence[float]) -> int:
        if self.given_from is None:
            return values.index(max(values))
        factors = [value / number for value, number in zip(values, self.given_from, strict=True)]
        if max((factor for factor in factors if factor == factor), default=0) >= 1:
            return max(range(len(values)), key=lambda i: factors[i] if factors[i] == factors[i] else -1)
        free = [i for i, number in enumerate(self.given_from) if number != number]
        return max(free or range(len(values)), key=values.__getitem__)

    def predict_many(self, scores: "npt.NDArray[np.float64]") -> Columns:
        """The same for many posts: scores of shape (n_posts, n_labels), rows of NaN for posts that are not Arabic."""
        import numpy as np

        values = self.probabilities_many(scores)
        foreign = np.isnan(values[:, 0])
        values[foreign] = self.prior
        labels = self._labels(values)
        labels[foreign] = self._default_label()

        posts = np.arange(len(values))
        others = values.copy()
        others[posts, labels] = -1
        second = others.argmax(axis=1)
        is_ask = np.array([label != self.background for label in self.labels])
        also = (others[posts, second] >= np.array(self.also_from)[second]) & is_ask[labels] & ~foreign
        certain = (values[posts, labels] >= np.array(self.certain_from)[labels]) & ~foreign
        return Columns(labels, np.where(also, second, -1), certain, values)

    def probabilities_many(self, scores: "npt.NDArray[np.float64]") -> "npt.NDArray[np.float64]":
        """Return calibrated probabilities, shape (n_posts, n_labels); rows of NaN stay."""
        import numpy as np

        logits = self.scale * scores + np.array(self.shift)
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def _labels(self, values: "npt.NDArray[np.float64]") -> "npt.NDArray[np.intp]":
        import numpy as np

        if self.given_from is None:
            labels: npt.NDArray[np.intp] = values.argmax(axis=1)
            return labels
        given = np.array(self.given_from)
        factors = np.where(np.isnan(given), -1.0, values / given)
        free = np.where(np.isnan(given), values, -1.0) if np.isnan(given).any() else values
        reached = factors.max(axis=1) >= 1
        return np.asarray(np.where(reached, factors.argmax(axis=1), free.argmax(axis=1)), dtype=np.intp)


_ABSURD = 1e6
"""Numbers of a decision are far smaller; larger ones, and what is no number at all, would make no probabilities."""
_PER_LABEL = ("prior", "shift", "also_from", "certain_from", "recall_from")
