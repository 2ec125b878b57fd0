"""Model folders on disk: which there are, and whether one can be trusted, without loading it.

A folder holds `config.json`, `model.safetensors` and, where text is read, `tokenizer.json`: data
alone. Code beside them is never run and pickled weights are never opened.
"""

import hashlib
import json
from collections.abc import Callable
from os.path import isfile
from pathlib import Path

from attnviz.errors import N_, ConfigurationError, ModelFolderError
from attnviz.folders.files import MB, read_file, weight_shapes
from attnviz.folders.strangers import other_type, stranger, without_weights
from attnviz.kinds import INPUT_KINDS

MODEL_TYPE = "cnn_lstm_attention"
ORDERS = {
    "cnn-lstm": ("convolutions", "recurrent"),
    "lstm-cnn": ("recurrent", "convolutions"),
    "cnn": ("convolutions",),
    "lstm": ("recurrent",),
}
"""What stands between the embedding and the attention, in the order in which data flows."""
PRETRAINED = Path(__file__).resolve().parents[2] / "pretrained"
MOST_CONFIG = 10 * MB  # bytes; it holds the names of all labels
MOST_WEIGHTS = 20_000 * MB
TEMPERATURES = (0.001, 1_000)

CELLS = {
    "lstm": "BiLSTM",
    "coupled_lstm": N_("coupled BiLSTM"),
    "peephole_lstm": N_("peephole BiLSTM"),
    "gru": "BiGRU",
}
POOLINGS = {
    "additive": N_("additive attention"),
    "linear": N_("linear attention"),
    "dot": N_("dot attention"),
    "scaled_dot": N_("scaled dot attention"),
    "general": N_("general attention"),
    "multi_head": N_("multi-head attention"),
    "last": N_("last state"),
    "mean": N_("mean pooling"),
    "max": N_("max pooling"),
    "uniform": N_("uniform attention"),
}
READ = {
    "words": N_("words with letters"),
    "series": N_("{channels} channels"),
    "frames": N_("frames"),
    "rows": N_("rows of a picture"),
    "columns": N_("columns of a picture"),
    "filters": N_("filters over a picture"),
}
"""What a network reads where it is no text."""
CHAINS = {
    "none": N_("tags"),
    "rules": N_("tags by rules"),
    "learnt": N_("learnt chain of tags (CRF)"),
}
CHANNELS = {"squeeze_excitation": N_("squeeze-and-excitation")}


def check_folder(folder: str | Path) -> dict:
    """The configuration that a model folder holds, once everything that can be checked is.

    Raises
    ------
    ModelFolderError
        If a file is missing or unreadable, the weights are pickled, or the model is of another
        type.
    """
    folder = Path(folder)
    if (error := stranger(folder)) is not None:
        raise error
    config = _read_config(folder)
    if config.get("model_type") != MODEL_TYPE:
        raise other_type(folder, config, MODEL_TYPE)
    try:
        check_temperature(config.get("temperature", 1.0))
    except ConfigurationError as error:
        raise ModelFolderError(
            "{folder}/config.json describes no network. {error}", folder=folder, error=error
        ) from error
    if not isfile(folder / "model.safetensors"):
        raise without_weights(folder)
    try:
        weight_shapes(folder / "model.safetensors")
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFolderError(
            "{folder}: {what} cannot be opened. {error}",
            folder=folder,
            what="model.safetensors",
            error=error,
        ) from error
    kind = INPUT_KINDS.get(str(config.get("input", "text")))
    if kind and kind.tokenizer and not isfile(folder / "tokenizer.json"):
        raise ModelFolderError(
            "{folder} has no tokenizer.json. Copy the one with which the model was trained, or "
            "write it with tokenizer.save_pretrained.",
            folder=folder,
        )
    return config


def check_temperature(value: object) -> None:
    """Refuse what logits cannot be divided by, and what leaves nothing of them."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value < float("inf"):
        raise ConfigurationError(
            "temperature is {value}; logits can only be divided by a number above 0.",
            value=str(value)[:20],
        )
    least, most = TEMPERATURES
    if not least <= value <= most:
        raise ConfigurationError(
            "temperature is {value}; it must lie between {least} and {most}.",
            value=str(value)[:20],
            least=least,
            most=most,
        )


def label_names(config: dict) -> list[str]:
    """The labels of a configuration; Transformers leaves its two default names out of the file."""
    names = config.get("id2label")
    names = names if names and isinstance(names, dict) else {0: "LABEL_0", 1: "LABEL_1"}
    return list(map(str, names.values()))


def describe(config: dict, translate: Callable[[str], str] = str) -> str:
    """The network in a line of the field's terms.

    For instance `CNN → 2 × BiLSTM → multi-head attention (4), squeeze-and-excitation`, or `films →
    CNN each → LSTM → …`. A setting that has no name here stands there as it is written; a missing
    one has its default.
    """
    cell, order = str(config.get("recurrent", "lstm")), str(config.get("order", "cnn-lstm"))
    if (order, cell) == ("cnn-lstm", "none"):
        order = "cnn"
    layers, heads = config.get("num_hidden_layers", 1), config.get("num_attention_heads", 1)
    recurrent = translate(CELLS.get(cell, cell))
    if not config.get("bidirectional", True):
        recurrent = recurrent.replace("Bi", "", 1)
    if layers != 1:
        recurrent = f"{layers} × {recurrent}"
    stages = [recurrent if stage == "lstm" else stage.upper() for stage in order.split("-")]
    attention = str(config.get("attention", "additive"))
    attention = translate(POOLINGS.get(attention, attention))
    if heads != 1:
        attention += f" ({heads})"
    last = [attention]
    if config.get("task") == "tag":
        chain = translate(CHAINS.get(str(config.get("transitions", "none")), CHAINS["none"]))
        last = [chain] if config.get("attention") == "none" else [attention, chain]
    channels = str(config.get("channel_attention", "none"))
    weighed = [] if channels == "none" else [translate(CHANNELS.get(channels, channels))]
    read = READ.get(str(config.get("input", "text")))
    channels = len(config.get("channels") or ())
    if read == READ["series"] and channels == 1:
        read = N_("1 channel")
    first = [translate(read).format(channels=channels)] if read else []
    if config.get("picture_filters"):
        first.append(translate(N_("CNN of each frame")) if read == READ["frames"] else "CNN 2-D")
    return ", ".join([" → ".join([*first, *stages, *last]), *weighed])


def example_path(folder: str | Path) -> Path:
    """Where the stored trace of a model lies, whether there is one or not.

    The name holds a hash of weights and configuration, so that a trace never passes for that of
    another network.
    """
    return Path(folder) / f"example-{weights_digest(folder)}.npz"


def weights_digest(folder: str | Path) -> str:
    """Twelve digits of a hash of weights and configuration: which network this is."""
    digest = hashlib.sha256()
    for name in ("model.safetensors", "config.json"):
        digest.update(read_file(Path(folder) / name, MOST_WEIGHTS))
    return digest.hexdigest()[:12]


def find_models(root: str | Path, levels: int = 2) -> list[Path]:
    """`root` and the folders at most so many levels below that hold a sound model, by name."""
    found = []
    patterns = ["*/" * level + "config.json" for level in range(levels + 1)]  # not a whole disk
    for path in sorted(path for pattern in patterns for path in Path(root).glob(pattern)):
        try:
            check_folder(path.parent)
        except ModelFolderError:
            continue
        found.append(path.parent)
    return found


def _read_config(folder: Path) -> dict:
    path = folder / "config.json"
    try:
        config = json.loads(read_file(path, MOST_CONFIG))
    except FileNotFoundError:
        raise ModelFolderError("{folder} has no config.json.", folder=folder) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFolderError("{path} cannot be read: {error}", path=path, error=error) from error
    if not isinstance(config, dict):
        raise ModelFolderError("{path} holds no settings.", path=path)
    return config
