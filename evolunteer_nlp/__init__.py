"""Tags Arabic social-media posts as volunteer calls, donation drives, awareness campaigns or unrelated.

>>> from evolunteer_nlp import classify
>>> classify("نحتاج متطوعين لتنظيف الشاطئ يوم الجمعة، سجل معنا").label
'volunteer_call'
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evolunteer_nlp.dumps.frames import label_frame
    from evolunteer_nlp.errors import CorpusError, EvolunteerError, ModelError, TableError
    from evolunteer_nlp.labels import Label
    from evolunteer_nlp.model import Model, classify, classify_many, explain, load_model
    from evolunteer_nlp.prediction import Explanation, Part, Prediction
    from evolunteer_nlp.text.cleaning import clean
    from evolunteer_nlp.training.estimator import PostClassifier

__all__ = [
    "CorpusError",
    "EvolunteerError",
    "Explanation",
    "Label",
    "Model",
    "ModelError",
    "Part",
    "PostClassifier",
    "Prediction",
    "TableError",
    "classify",
    "classify_many",
    "clean",
    "explain",
    "label_frame",
    "load_model",
]

_HOMES = {
    "CorpusError": "errors",
    "EvolunteerError": "errors",
    "Explanation": "prediction",
    "Label": "labels",
    "Model": "model",
    "ModelError": "errors",
    "Part": "prediction",
    "PostClassifier": "training.estimator",
    "Prediction": "prediction",
    "TableError": "errors",
    "classify": "model",
    "classify_many": "model",
    "clean": "text.cleaning",
    "explain": "model",
    "label_frame": "dumps.frames",
    "load_model": "model",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that ``import evolunteer_nlp`` costs next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
