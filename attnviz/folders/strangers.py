"""Models of other makers in the place of a model folder: what they are, and the way on.

Nothing of them is opened but the first bytes of a file and the names in a folder: what PyTorch,
Keras, scikit-learn and others write runs code when it is loaded, or needs a program of its own.
"""

import re
from os.path import isdir, isfile, lexists
from pathlib import Path

from attnviz.errors import N_, ModelFolderError, Phrase

TRAIN = N_(
    "Train one on your texts with “python -m attnviz train”; a Transformers classifier can teach "
    "it (--teacher FOLDER)."
)
UNPICKLED = N_(
    "Such a file can run code when it is opened, so it never is. Train a model on your texts with "
    "“python -m attnviz train”; a Transformers classifier can teach it (--teacher FOLDER)."
)
FOLDER = N_("Give the folder in which it lies.")
UNPACK = N_("Unpack it, and give the folder.")

TORCH = N_("a PyTorch checkpoint (a pickle)")
KERAS = N_("a Keras model")
ONNX = N_("an ONNX model")
TENSORFLOW = N_("a TensorFlow model")
FASTTEXT = N_("a fastText model")
PICKLE = N_("a pickled Python object, such as scikit-learn and joblib write")
ARCHIVE = N_("an archive")
WEIGHTS = N_("a safetensors file: weights without a configuration and a tokenizer")

BINARY = N_("a binary file of an unknown kind")
A_FILE = N_("a file")
SETTINGS = N_("a file of settings")

BEGINNINGS = {
    b"\x89HDF\r\n\x1a\n": (KERAS, TRAIN),
    b"\xba\x16\x4f\x2f": (FASTTEXT, TRAIN),
    b"GGUF": (N_("a GGUF model (llama.cpp)"), TRAIN),
    b"\x1f\x8b": (ARCHIVE, UNPACK),
}
"""First bytes of a file → what it is, and the way on."""

ENDINGS = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin"), (TORCH, UNPICKLED)),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), (KERAS, TRAIN)),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), (PICKLE, UNPICKLED)),
    **dict.fromkeys((".pb", ".tflite", ".index"), (TENSORFLOW, TRAIN)),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".gz", ".7z"), (ARCHIVE, UNPACK)),
    ".onnx": (ONNX, TRAIN),
    ".ftz": (FASTTEXT, TRAIN),
    ".safetensors": (WEIGHTS, FOLDER),
    ".json": (SETTINGS, FOLDER),
}
"""The same by the ending of a file's name."""

INSIDE = {
    "saved_model.pb": (N_("a TensorFlow SavedModel"), TRAIN),
    "keras_metadata.pb": (KERAS, TRAIN),
    "config.cfg": (N_("a spaCy pipeline"), TRAIN),
    "adapter_config.json": (
        N_("an adapter (PEFT), a part of another model"),
        N_("Merge it into its model; a Transformers classifier can then teach (--teacher FOLDER)."),
    ),
    "modules.json": (N_("a Sentence Transformers model"), TRAIN),
}
"""The same by the name of a file in a folder."""

HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


def stranger(path: Path) -> ModelFolderError | None:
    """What is wrong with a path that holds no `config.json`; None where it does."""
    if isfile(path / "config.json"):
        return None
    if not isdir(path):  # unlike Path.is_dir, False for a path too long to exist
        return _file(path) if isfile(path) else _nothing(path)
    try:
        names = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        return ModelFolderError("{path} cannot be read: {error}", path=path, error=error)
    for name in names:
        kind, remedy = INSIDE.get(name) or _kind(path / name)
        if kind and kind not in (ARCHIVE, SETTINGS, WEIGHTS):
            return ModelFolderError(
                "{folder} holds {kind} ({file}) and no config.json. attnviz opens models of its "
                "own kind only: a folder with config.json, model.safetensors and tokenizer.json. "
                "{remedy}",
                folder=path,
                kind=Phrase(kind),
                file=name,
                remedy=Phrase(remedy),
            )
    within = [name for name in names if isfile(path / name / "config.json")]
    if within:
        return ModelFolderError(
            "{folder} has no config.json, but there are folders in it that have: {names}. Give "
            "the path of one.",
            folder=path,
            names=", ".join(within[:8]),
        )
    return ModelFolderError(
        "{folder} has no config.json. Give the path of a folder that holds config.json, "
        "model.safetensors and tokenizer.json.",
        folder=path,
    )


def other_type(folder: Path, config: dict, wanted: str) -> ModelFolderError:
    """A folder of Transformers whose model is another network."""
    kinds = [str(name) for name in _listed(config.get("architectures"))]
    if not any(name.endswith("ForSequenceClassification") for name in kinds or [CLASSIFIER]):
        remedy = N_(
            "Only a classifier of texts can teach one: fine-tune it on your labels first, then "
            "“python -m attnviz train … --teacher FOLDER”."
        )
    elif not isfile(folder / "model.safetensors"):
        remedy = N_(
            "If it is a classifier with weights in model.safetensors, it can teach one: save it "
            "so, then “python -m attnviz train … --teacher FOLDER”."
        )
    else:
        remedy = N_("It can teach one: “python -m attnviz train … --teacher FOLDER”.")
    return ModelFolderError(
        "{folder} holds a model of type {found!r}; attnviz opens {wanted!r} models only, such as "
        "“python -m attnviz train” writes. {remedy}",
        folder=folder,
        found=config.get("model_type"),
        wanted=wanted,
        remedy=Phrase(remedy),
    )


def without_weights(folder: Path) -> ModelFolderError:
    """A folder of our own kind that lacks model.safetensors."""
    pickled = [path.name for path in sorted(folder.iterdir()) if path.suffix in PICKLED]
    if pickled:
        return ModelFolderError(
            "{folder} holds pickled weights ({file}), which can run code when they are opened. "
            "Save them as model.safetensors instead.",
            folder=folder,
            file=pickled[0],
        )
    return ModelFolderError("{folder} has no model.safetensors.", folder=folder)


CLASSIFIER = "ForSequenceClassification"


def _file(path: Path) -> ModelFolderError:
    kind, remedy = _kind(path)
    return ModelFolderError(
        "{path} is {kind}, not a model folder. attnviz opens models of its own kind only: a folder "
        "with config.json, model.safetensors and tokenizer.json. {remedy}",
        path=path,
        kind=Phrase(kind or A_FILE),
        remedy=Phrase(remedy or TRAIN),
    )


def _kind(path: Path) -> tuple[str, str] | tuple[None, None]:
    """What a file is by its first bytes, else by its name; nothing of what is no file."""
    if not isfile(path):
        return None, None
    try:
        with open(path, "rb") as file:
            first = file.read(8)
    except OSError:
        first = b""
    for beginning, kind in BEGINNINGS.items():
        if first.startswith(beginning):
            return kind
    if path.suffix == ".bin" and not first.startswith((b"PK", b"\x80")):
        return BINARY, TRAIN
    return ENDINGS.get(path.suffix.lower(), (None, None))


def _nothing(path: Path) -> ModelFolderError:
    if lexists(path):
        return ModelFolderError("{path} is no folder.", path=path)
    if HUB_NAME.fullmatch(str(path)):
        return ModelFolderError(
            "There is no model folder {folder}, and nothing is downloaded. Give the path of a "
            "folder that holds config.json, model.safetensors and tokenizer.json; a Transformers "
            "classifier of the hub can teach one: “python -m attnviz train … --teacher {folder}”.",
            folder=path,
        )
    return ModelFolderError(
        "There is no model folder {folder}. Give the path of a folder that holds config.json, "
        "model.safetensors and tokenizer.json.",
        folder=path,
    )


def _listed(value: object) -> list:
    return value if isinstance(value, list) else []
