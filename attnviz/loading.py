"""Weights from a model folder into the network that its configuration describes.

Transformers alone would go on with random numbers in place of missing weights, would allocate what
a configuration asks for before it looks at the weights, and knows settings that fetch code.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast
from transformers.initialization import no_init_weights

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import ModelFolderError
from attnviz.folders.files import weight_shapes
from attnviz.modeling import CnnLstmAttentionTrunk
from attnviz.tagging import NETWORKS


def load_network(folder: str | Path, config: CnnLstmAttentionConfig) -> CnnLstmAttentionTrunk:
    """The network of a configuration with the weights of a folder, in single precision.

    Shapes are compared before anything is allocated.

    Raises
    ------
    ConfigurationError
        If there is no such network.
    ModelFolderError
        If a weight is missing, surplus, of another shape, or not finite.
    """
    path = Path(folder) / "model.safetensors"
    with torch.device("meta"), no_init_weights():
        network = NETWORKS[config.task](config)
    wanted = {name: tuple(values.shape) for name, values in network.state_dict().items()}
    _refuse_misfits(folder, wanted, weight_shapes(path))
    weights = {name: values.float().clone() for name, values in load_file(path).items()}
    for name, values in weights.items():
        if not values.isfinite().all():
            raise ModelFolderError(
                "{folder}/model.safetensors: weight {key} holds numbers that are not finite. "
                "Training diverged; train again with a smaller learning rate.",
                folder=folder,
                key=name,
            )
    network.load_state_dict(weights, assign=True)
    return network


def refuse_misfit(
    folder: str | Path,
    network: CnnLstmAttentionTrunk,
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    """Refuse a tokenizer that is not that of the network."""
    pieces = 1 + max(tokenizer.get_vocab().values())
    if pieces > network.config.vocab_size:
        raise ModelFolderError(
            "{folder}: the tokenizer has {pieces} pieces and the network embeds {rows}. They "
            "belong to different models.",
            folder=folder,
            pieces=pieces,
            rows=network.config.vocab_size,
        )


def _refuse_misfits(folder: str | Path, wanted: dict, found: dict) -> None:
    """Refuse weights that are not those of the configuration, both name → shape."""
    if missing := sorted(wanted.keys() - found.keys()):
        raise ModelFolderError(
            "{folder}/model.safetensors lacks weights that its config.json asks for: {count}, "
            "{key} the first. Save the model again.",
            folder=folder,
            count=len(missing),
            key=missing[0],
        )
    if surplus := sorted(found.keys() - wanted.keys()):
        raise ModelFolderError(
            "{folder}/model.safetensors holds weights that its config.json has no place for: "
            "{count}, {key} the first. Save the model again.",
            folder=folder,
            count=len(surplus),
            key=surplus[0],
        )
    for key in sorted(wanted):
        if found[key] != wanted[key]:
            raise ModelFolderError(
                "{folder}/model.safetensors does not fit its config.json: weight {key} has shape "
                "{found} and should have {wanted}. Save the model again.",
                folder=folder,
                key=key,
                found=found[key],
                wanted=wanted[key],
            )
