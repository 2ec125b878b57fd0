"""A trained model as the start of a run (fine-tuning), instead of random weights."""

from collections.abc import Mapping
from pathlib import Path

from attnviz.classifier import Classifier
from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import TrainingError
from attnviz.modeling import CnnLstmAttentionForSequenceClassification

FREE = ("embedding_dropout", "recurrent_dropout", "head_dropout", "max_tokens")
"""Fields of the network that have no weights, which a run may choose anew."""
HEAD = ("head.", "transitions.")


def network_of(start: Classifier, folder: str | Path, chosen: Mapping[str, object]) -> dict:
    """The fields of the start's network, with what is `chosen` anew.

    Raises
    ------
    TrainingError
        If another network is chosen than the start has weights for.
    """
    known = start.network.config.to_dict()
    for name, value in chosen.items():
        if name not in FREE and known[name] != value:
            raise TrainingError(
                "{folder} has {name} {found!r}, not {value!r}, and its weights fit no other. Leave "
                "the option out, or train from the beginning.",
                folder=folder,
                name=name,
                found=known[name],
                value=value,
            )
    own = CnnLstmAttentionConfig.__annotations__
    return {name: known[name] for name in own if name in known} | dict(chosen)


def start_from_model(model: CnnLstmAttentionForSequenceClassification, start: Classifier) -> bool:
    """Copy the weights; those of the head only where the labels are the same, which is returned."""
    same = model.config.id2label == start.network.config.id2label
    weights = start.network.state_dict()
    kept = {name: value for name, value in weights.items() if same or not name.startswith(HEAD)}
    model.load_state_dict(kept, strict=same)
    return same
