"""Look inside a trained CNN-LSTM-Attention text classifier.

Names are fetched when first used, so that importing the package costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "AttnvizClassifier": "attnviz.estimator",
    "Classifier": "attnviz.classifier",
    "CnnLstmAttentionConfig": "attnviz.configuration",
    "CnnLstmAttentionForSequenceClassification": "attnviz.modeling",
    "Trace": "attnviz.trace",
    "charts": None,
    "panels": None,
}

__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'attnviz' has no attribute {name!r}")
    home = _HOMES[name]
    return getattr(import_module(home), name) if home else import_module(f"attnviz.{name}")
