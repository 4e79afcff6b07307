"""What the library says of a post: frozen values with plain fields."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


class ByLabel(Mapping[str, float]):
    """A read-only mapping from each label, in model order, to a number, such as its probability."""

    __slots__ = ("_labels", "_values")

    def __init__(self, labels: tuple[str, ...], values: Sequence[float]) -> None:
        self._labels = labels
        self._values = values

    def __getitem__(self, label: str) -> float:
        if label not in self._labels:
            raise KeyError(label)
        return self._values[self._labels.index(label)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def __repr__(self) -> str:
        inside = ", ".join(f"{label!r}: {value:.4f}" for label, value in self.items())
        return f"{{{inside}}}"


@dataclass(frozen=True, slots=True)
class Prediction:
    """The label of one post.

    Attributes
    ----------
    label : str
        The post's label.
    also : str or None
        A second ask that the post plainly makes, such as a donation drive that also looks for helpers.
    certain : bool
        Whether held-out posts that looked this clear were labelled right at least 95 times in 100.
    probabilities : Mapping of str to float
        Every label, in model order, with its probability at the model's class prior; they sum to 1.
    """

    label: str
    also: str | None
    certain: bool
    probabilities: Mapping[str, float]

    @property
    def probability(self) -> float:
        """The probability of ``label``."""
        return self.probabilities[self.label]


@dataclass(frozen=True, slots=True)
class Part:
    """What one token of a post adds to the scores.

    Attributes
    ----------
    start, end : int
        The span of the original text, ``text[start:end]``, that the token rests on.
    token : str
        The token as the model reads it: a word, a hashtag's word, an emoji, or a placeholder such as ``<phone>``.
    log_odds : Mapping of str to float
        What it adds to the score of each label by words.
    reading : Mapping of str to float, optional
        Where the post was read: by how much the logarithm of each label's probability, as the reader finds it, would be
        lower without the token.
    """

    start: int
    end: int
    token: str
    log_odds: Mapping[str, float]
    reading: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a post got its label: words' scores before calibration are ``intercept`` plus the sum of all ``parts``.

    Attributes
    ----------
    prediction : Prediction
    intercept : Mapping of str to float
        The score that each label starts from.
    parts : tuple of Part
        In the order of the text.
    reading : Mapping of str to float, optional
        Where the post was read: the probability of each label by reading alone.
    """

    prediction: Prediction
    intercept: Mapping[str, float]
    parts: tuple[Part, ...]
    reading: Mapping[str, float] | None = None

    @property
    def score(self) -> dict[str, float]:
        """The uncalibrated score of each label by words."""
        return {
            label: start + sum(part.log_odds[label] for part in self.parts) for label, start in self.intercept.items()
        }
