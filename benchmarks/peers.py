"""What users could pick instead: the same posts in, labels out.

Each peer has settings to choose among, is fitted on texts and labels, and gives log-probabilities, so that all are
chosen and compared in the same way.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline

from evolunteer_nlp.labels import Label
from evolunteer_nlp.text.cleaning import clean
from evolunteer_nlp.text.features import features
from evolunteer_nlp.training.fit import Settings, fit_weights, post_weights
from evolunteer_nlp.training.matrix import feature_matrix

LABELS = [str(label) for label in Label]
Scores = npt.NDArray[np.float64]
Texts = Sequence[str]
Firm = npt.NDArray[np.bool_]


class Peer(Protocol):
    """A way to label posts."""

    settings: Sequence[dict[str, Any]]

    def fit(self, texts: Texts, truth: npt.NDArray[np.intp], firm: Firm, setting: dict[str, Any]) -> Any: ...

    def scores(self, model: Any, texts: Texts) -> Scores: ...


class Majority:
    """Everything gets the commonest label."""

    settings: Sequence[dict[str, Any]] = [{}]

    def fit(self, texts: Texts, truth: npt.NDArray[np.intp], firm: Firm, setting: dict[str, Any]) -> Any:
        return np.bincount(truth, minlength=len(LABELS)).argmax()

    def scores(self, model: Any, texts: Texts) -> Scores:
        return np.tile(np.where(np.arange(len(LABELS)) == model, 0.0, -9.0), (len(texts), 1))


class Keywords:
    """A list of words, as an organiser would search for them; settings say how many must be there."""

    settings = [{"least": least, "order": order} for least in (1, 2) for order in ("vda", "dva", "adv", "avd")]
    words = {
        "v": "تطوع|متطوع|انضم|فريقنا|ساعات تطوعيه|نحتاج شباب|volunteer",
        "d": "تبرع|صدقه|زكاه|كفاله|ايتام|حساب|ايبان|متبرع|دم|سهم|ساهم",
        "a": "توعيه|احذر|الوقايه|نصيحه|انتبه|لا تنس|حافظ|التزم|اليوم العالمي|تجنب|اغسل|الكمامه",
    }

    def fit(self, texts: Texts, truth: npt.NDArray[np.intp], firm: Firm, setting: dict[str, Any]) -> Any:
        return setting

    def scores(self, model: Any, texts: Texts) -> Scores:
        places = {"v": 0, "d": 1, "a": 2}
        found = np.full((len(texts), len(LABELS)), -9.0)
        for i, text in enumerate(map(clean, texts)):
            for rank, key in enumerate(model["order"]):
                if len(re.findall(self.words[key], text)) >= model["least"]:
                    found[i, places[key]] = -0.1 * rank
            if found[i].max() < -1:
                found[i, 3] = 0.0
        return found


class FastText:
    """fastText (Joulin et al. 2017) on our cleaned texts, trained by its command line, read by ``fasttext-predict``."""

    settings = [
        {"epoch": epoch, "lr": lr, "wordNgrams": ngrams, "dim": 50, "minn": 2, "maxn": 5}
        for epoch in (10, 25)
        for lr in (0.3, 0.7)
        for ngrams in (1, 2)
    ]

    def fit(self, texts: Texts, truth: npt.NDArray[np.intp], firm: Firm, setting: dict[str, Any]) -> Any:
        import fasttext

        with tempfile.TemporaryDirectory() as folder:
            return fasttext.load_model(str(self.train(texts, truth, setting, Path(folder))))

    def train(self, texts: Texts, truth: npt.NDArray[np.intp], setting: dict[str, Any], folder: Path) -> Path:
        """Train by the command line, and return the model's file."""
        train = folder / "train.txt"
        lines = (f"__label__{label} {clean(text)}\n" for text, label in zip(texts, truth, strict=True))
        train.write_text("".join(lines), encoding="utf-8")
        options = [f"-{name}={value}".split("=") for name, value in setting.items()]
        command = [fasttext_command(), "supervised", "-input", str(train), "-output", f"{folder}/fastText"]
        command += ["-bucket", "200000", "-thread", "1", "-verbose", "0", *(part for pair in options for part in pair)]
        subprocess.run(command, check=True, capture_output=True)
        return folder / "fastText.bin"

    def scores(self, model: Any, texts: Texts) -> Scores:
        found = np.full((len(texts), len(LABELS)), -20.0)
        for i, text in enumerate(texts):
            for label, probability in zip(*model.predict(clean(text), len(LABELS)), strict=True):
                found[i, int(label.removeprefix("__label__"))] = np.log(max(probability, 1e-9))
        return found


class ScikitLearn:
    """A plain scikit-learn pipeline: TF-IDF of our words and n-grams, logistic regression."""

    settings = [
        {"C": C, "weighted": weighted, "sublinear_tf": sublinear}
        for C in (10.0, 30.0)
        for weighted in (True, False)
        for sublinear in (True, False)
    ]

    def fit(self, texts: Texts, truth: npt.NDArray[np.intp], firm: Firm, setting: dict[str, Any]) -> Any:
        tfidf = TfidfVectorizer(
            analyzer=_our_features, min_df=2, sublinear_tf=setting["sublinear_tf"], dtype=np.float32
        )
        model = LogisticRegression(C=setting["C"], max_iter=300, tol=1e-3)
        weights = post_weights(truth, _weight(firm), len(LABELS)) if setting["weighted"] else None
        return make_pipeline(tfidf, model).fit(texts, truth, logisticregression__sample_weight=weights)

    def scores(self, model: Any, texts: Texts) -> Scores:
        return np.asarray(model.predict_log_proba(texts))


class ArabicToxic:
    """The pipeline of ``arabic-toxic`` 0.2.3, on posts as they were typed or on our cleaned texts."""

    def __init__(self, prepare: Callable[[str], str]) -> None:
        self.prepare = prepare

    settings = [
        {"alpha": alpha, "balanced": balanced} for alpha in (3e-6, 1e-5, 3e-5, 1e-4) for balanced in (True, False)
    ]

    def fit(self, texts: Texts, truth: npt.NDArray[np.intp], firm: Firm, setting: dict[str, Any]) -> Any:
        common = {"min_df": 2, "max_df": 0.95, "sublinear_tf": True, "dtype": np.float32}
        tfidf = FeatureUnion(
            [
                (kind, TfidfVectorizer(analyzer=kind, ngram_range=ngrams, **common))
                for kind, ngrams in (("word", (1, 2)), ("char_wb", (3, 5)))
            ]
        )
        model = SGDClassifier(
            loss="log_loss", penalty="elasticnet", alpha=setting["alpha"], eta0=0.01, random_state=0,
            class_weight="balanced" if setting["balanced"] else None,
        )  # fmt: skip
        return make_pipeline(tfidf, OneVsRestClassifier(model)).fit(list(map(self.prepare, texts)), truth)

    def scores(self, model: Any, texts: Texts) -> Scores:
        return np.asarray(np.log(np.maximum(model.predict_proba(list(map(self.prepare, texts))), 1e-9)))


class Words:
    """Our words engine."""

    settings = [
        {"regularisation": C, "informative_power": power} for C in (30.0, 100.0) for power in (0.0, 0.3, 0.5, 0.7)
    ]

    def fit(self, texts: Texts, truth: npt.NDArray[np.intp], firm: Firm, setting: dict[str, Any]) -> Any:
        matrix = feature_matrix(texts, min_posts=2)
        weights = fit_weights(matrix, truth, _weight(firm), len(LABELS), Settings(**setting))
        return matrix.names, weights

    def scores(self, model: Any, texts: Texts) -> Scores:
        names, weights = model
        return np.asarray(weights.scores(feature_matrix(texts, names=names).values))


def _weight(firm: Firm) -> npt.NDArray[np.float64]:
    return np.where(firm, 1.0, Settings.unfirm_weight)


def _our_features(text: str) -> list[str]:
    return [feature for token in clean(text).split() for feature in features(token)]


def fasttext_command() -> str:
    """The fastText command line, which Debian packages as ``fasttext``."""
    command = shutil.which("fasttext")
    if command is None:
        raise SystemExit("this benchmark needs the command `fasttext`: apt-get install fasttext")
    return command


PEERS: dict[str, Peer] = {
    "majority": Majority(),
    "keywords": Keywords(),
    "fastText": FastText(),
    "scikit-learn": ScikitLearn(),
    "arabic-toxic": ArabicToxic(str),
    "  cleaned": ArabicToxic(clean),
    "words": Words(),
}
