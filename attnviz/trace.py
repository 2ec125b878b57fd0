"""The record of one forward pass: plain NumPy arrays, token axis first, nothing hidden.

Letters in shapes: T tokens, E embedding size, F filters of one kernel size, L recurrent layers,
D directions (forward, then backward), H hidden size, A attention heads, C labels.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from attnviz.errors import ModelFolderError
from attnviz.folders.files import MB
from attnviz.tags import Tags
from attnviz.writing import written_whole

MOST_BYTES = 1_000 * MB  # of all arrays of a saved trace
DIRECTIONS = ("forward", "backward")


@dataclass(frozen=True, eq=False)
class Trace:
    """One text or sample on its way through the network: every number that a page may draw.

    Arrays are float32 (pictures uint8) and read-only; there is no batch axis and no padding. The
    laws `logits == bias + votes.sum(0)` and `attention.sum(0) == 1` hold up to rounding.

    Parameters
    ----------
    text, normalized
        What was typed, and what the tokenizer made of it before cutting it into tokens; None where
        it was no text.
    tokens, offsets, words
        T strings: tokens, times, numbers of frames or rows; T pairs (start, end), end exclusive,
        that count characters of `text`, else steps of what was brought; T numbers, equal for
        pieces of the same word, else for a stretch that is taken out as a whole.
    truncated
        How many positions did not fit and were not read.
    embeddings
        (T, E)
    feature_maps
        kernel size → (T, F), after the activation (Kim 2014, eq. 2).
    channel_attention
        (sum of F,) in 0…1, or None where the network has no channel attention.
    gates
        name → (T, L, D, H) in 0…1, named by the cell.
    states
        name → (T, L, D, H): candidate, cell, hidden.
    attention
        (T, A), each column sums to 1 (Bahdanau et al. 2015, eq. 6).
    self_attention
        (A, T, T), or None.
    votes, bias
        (T, C) and (C,): `logits = bias + votes.sum(0)`, since the head is linear on the context.
    logits, probabilities, labels
        (C,), (C,), C names.
    pooling
        What decides the weights in `attention`: "attention", learnt scores; or a rule that learns
        nothing, "mean" (all alike), "max" (each unit's largest value) or "last" (the last states).
        Of a rule they are the shares of units that count at each token.
    task
        What was asked, a key of `attnviz.kinds.TASK_KINDS`. The logits of a forecast are coming
        values less `level`, in the unit of their channel, and it has no probabilities (NaN).
    values, channels
        What was read as a person knows it: of a series (T, K) in its own units, NaN where a value
        is missing, with the K names; of a film its frames (T, h, w, c), of a picture that is read
        line by line the picture (h, w, c), uint8. None for a text.
    marks
        Labelled intervals (first position, last exclusive, what it is), which were not read.
    level
        (C,) of a forecast: `forecast = level + logits`. None elsewhere.
    notices
        What was guessed or changed before it was read: pairs of a template and its values.
    tags, place
        Of a tagger what it says of every position, and the position that all else is about, so
        that its tag is a class: `at` turns to another. None elsewhere. Attention then has the
        position's own state in its first heads, and what it read in the others, if it reads.

    Raises
    ------
    ValueError
        If an array lacks a row for a token, or a law of shapes is broken.
    """

    text: str | None
    normalized: str | None
    tokens: tuple[str, ...]
    offsets: tuple[tuple[int, int], ...]
    words: tuple[int, ...]
    truncated: int
    embeddings: np.ndarray
    feature_maps: Mapping[int, np.ndarray]
    channel_attention: np.ndarray | None
    gates: Mapping[str, np.ndarray]
    states: Mapping[str, np.ndarray]
    attention: np.ndarray
    self_attention: np.ndarray | None
    votes: np.ndarray
    bias: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray
    labels: tuple[str, ...]
    pooling: str = "attention"
    task: str = "classify"
    values: np.ndarray | None = None
    channels: tuple[str, ...] = ()
    marks: tuple[tuple[int, int, str], ...] = ()
    level: np.ndarray | None = None
    notices: tuple[tuple[str, Mapping[str, object]], ...] = ()
    tags: Tags | None = None
    place: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, field.name, _read_only(value))
            elif isinstance(value, Mapping):
                frozen = {name: _read_only(array) for name, array in value.items()}
                object.__setattr__(self, field.name, MappingProxyType(frozen))
        self._check_shapes()

    def _check_shapes(self) -> None:
        tokens, labels = len(self.tokens), len(self.labels)
        token_first = {"offsets": self.offsets, "words": self.words}
        token_first |= {"embeddings": self.embeddings, "attention": self.attention}
        token_first |= {"votes": self.votes}
        if self.values is not None and self.values.ndim != 3:  # no picture that is read by lines
            token_first["values"] = self.values
        for name in ("feature_maps", "gates", "states"):
            token_first |= {f"{name}[{key!r}]": a for key, a in getattr(self, name).items()}
        for name, value in token_first.items():
            if len(value) != tokens:
                raise ValueError(f"{name} has {len(value)} rows for {tokens} tokens")
        for name in ("bias", "logits", "probabilities"):
            if getattr(self, name).shape != (labels,):
                raise ValueError(f"{name} must have shape ({labels},), one value per label")
        if self.votes.shape != (tokens, labels):
            raise ValueError(f"votes must have shape ({tokens}, {labels})")
        ranks = {"embeddings": 2, "attention": 2, "feature_maps": 2, "gates": 4, "states": 4}
        for name, value in token_first.items():
            wanted = ranks.get(name.partition("[")[0])
            if wanted and value.ndim != wanted:
                raise ValueError(f"{name} has {value.ndim} axes instead of {wanted}")
        filters = sum(array.shape[1] for array in self.feature_maps.values())
        optional = {"channel_attention": (filters,)}
        heads = self.attention.shape[1] // (1 if self.place is None else 2)
        optional["self_attention"] = (heads, tokens, tokens)
        optional["level"] = (labels,)
        for name, shape in optional.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise ValueError(f"{name} must have shape {shape}")

    @property
    def predicted(self) -> int:
        """The number of `prediction`."""
        if self.tags is not None:
            return int(self.tags.path[self.place])
        return int(self.probabilities.argmax())

    @property
    def prediction(self) -> str:
        """The label with the highest probability; of a tagger the tag in the best sequence.

        Empty for a forecast, which names no label: see `forecast`.
        """
        return "" if self.task == "forecast" else self.labels[self.predicted]

    def at(self, place: int) -> "Trace":
        """The same pass of a tagger, seen from another position; nothing is copied.

        Raises
        ------
        IndexError
            If the text has no such position.
        """
        if not 0 <= place < len(self.tokens):
            raise IndexError(f"the text has {len(self.tokens)} positions, none has number {place}")
        return replace(self, place=place, **self.tags.seen_from(place, self.self_attention))

    @property
    def forecast(self) -> np.ndarray | None:
        """(C,) the coming values in the unit of their channel; None where none were asked."""
        return None if self.level is None else self.level + self.logits

    @cached_property
    def identity(self) -> str:
        """What was read, as a key: the text itself, else a hash of the values."""
        if self.text is not None:
            return self.text
        read = repr((self.tokens, self.channels, self.values.shape)).encode()
        return hashlib.blake2b(read + self.values.tobytes(), digest_size=16).hexdigest()

    @property
    def surfaces(self) -> tuple[str, ...]:
        """T strings: the characters of `text` that each token stands for, or the tokens."""
        if self.text is None:
            return self.tokens
        return tuple(self.text[start:end] for start, end in self.offsets)

    @property
    def channel_weights(self) -> dict[int, np.ndarray]:
        """Kernel size → (F,) in 0…1; empty where the network has no channel attention."""
        if self.channel_attention is None:
            return {}
        ends = np.cumsum([maps.shape[1] for maps in self.feature_maps.values()])
        parts = np.split(self.channel_attention, ends[:-1])
        return dict(zip(self.feature_maps, parts, strict=True))

    @property
    def byte_pieces(self) -> int:
        """How many tokens are single bytes of a character that the vocabulary does not hold."""
        return sum(token.startswith("<0x") and token.endswith(">") for token in self.tokens)

    def to_dict(self) -> dict:
        """Everything as JSON-ready lists, strings and numbers, `prediction` included."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)} | {
            "prediction": self.prediction
        }

    def save(self, path: str | Path) -> None:
        """Write the trace to one compressed `.npz` file that `Trace.load` reads back exactly."""
        arrays, plain = {}, {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                arrays[field.name] = value
            elif isinstance(value, Tags):
                arrays |= {f"tags/{name}": a for name, a in vars(value).items() if a is not None}
            elif isinstance(value, Mapping):
                arrays |= {f"{field.name}/{key}": array for key, array in value.items()}
            else:
                plain[field.name] = value
        with (
            written_whole(path) as place,
            open(place, "wb") as file,
        ):  # given a path, NumPy would add an ending of its own
            np.savez_compressed(file, plain=np.array(json.dumps(plain)), **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "Trace":
        """Read what `save` wrote; needs neither torch nor the model.

        Raises
        ------
        ModelFolderError
            If the file is missing or holds no trace.
        """
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                if sum(item.file_size for item in archive.zip.infolist()) > MOST_BYTES:
                    raise ValueError(f"it unfolds to more than {MOST_BYTES // MB} MB")
                return cls._from_arrays(dict(archive.items()))
        except Exception as error:
            raise ModelFolderError(
                "{path} holds no saved trace: {error}", path=path, error=error
            ) from error

    @classmethod
    def _from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Trace":
        values = json.loads(str(arrays.pop("plain")))
        values["offsets"] = [tuple(pair) for pair in values["offsets"]]
        values |= {name: tuple(values[name]) for name in ("tokens", "offsets", "words", "labels")}
        values["channels"] = tuple(values.get("channels", ()))
        for name in ("marks", "notices"):
            values[name] = tuple(map(tuple, values.get(name, ())))
        values |= {"feature_maps": {}, "gates": {}, "states": {}, "tags": {}}
        for name, array in arrays.items():
            field, _, key = name.partition("/")
            if key:
                values[field][int(key) if field == "feature_maps" else key] = array
            else:
                values[field] = array
        tags = {"offered": None} | values["tags"]
        return cls(**values | {"tags": Tags(**tags) if len(tags) > 1 else None})


def _read_only(array: np.ndarray) -> np.ndarray:
    if not array.flags.writeable and array.base is None and array.dtype in (np.float32, np.uint8):
        return array  # of another trace
    frozen = np.array(array, dtype=np.uint8 if array.dtype == np.uint8 else np.float32)
    frozen.flags.writeable = False
    return frozen


def _plain(value):
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and np.isnan(value).any():  # which JSON has no word for
            return np.where(np.isnan(value), None, value.astype(object)).tolist()
        return value.tolist()
    if isinstance(value, Tags):
        return _plain(vars(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    return value
