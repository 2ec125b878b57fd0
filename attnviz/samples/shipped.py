"""Samples that come with a model: a file `samples.npz` in its folder, for its page to open with."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attnviz.errors import N_, FileError, reason
from attnviz.samples.sample import Sample
from attnviz.writing import written_whole

FILE_NAME = "samples.npz"
MOST_SAMPLES, MOST_BYTES = 200, 100_000_000
NOT_READ = N_("{path} cannot be read: {error}. Write it again with attnviz.samples.shipped.save.")


@dataclass(frozen=True, eq=False)
class Shipped:
    """A sample of a model, and what it is called.

    `sample.name` is its name in addresses, unlike those of the others: "partial-shading-1".
    `titles` holds what a person reads, by language: {"en": "partial shading", "zh": "局部遮挡"}.
    Without one for a language it is the English, else the sample's label or name. `note` says where
    it is from, such as "synthetic", also by language.
    """

    sample: Sample
    titles: Mapping[str, str] = field(default_factory=dict)
    note: Mapping[str, str] = field(default_factory=dict)

    def title(self, language: str = "en") -> str:
        """What a person reads."""
        titles = self.titles
        return titles.get(language) or titles.get("en") or self.sample.label or self.sample.name


def save(folder: str | Path, shipped: Sequence[Shipped]) -> None:
    """Write the samples of a model into its folder, the same bytes for the same samples.

    Values may be of any length, each sample in an array of its own; all else stands in one JSON.
    Raises `ValueError` where two have one name, `WriteError` where it cannot be written.
    """
    names = [one.sample.name for one in shipped]
    if not all(names) or len(set(names)) < len(names):
        raise ValueError(f"each sample needs a name of its own: {names}")
    about = [
        {name: value for name, value in vars(one.sample).items() if name != "values"}
        | {"titles": dict(one.titles), "note": dict(one.note)}
        for one in shipped
    ]
    arrays = {str(number): one.sample.values for number, one in enumerate(shipped)}
    arrays["about"] = np.array(json.dumps(about, ensure_ascii=False))
    with written_whole(Path(folder) / FILE_NAME) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def load(folder: str | Path) -> tuple[Shipped, ...]:
    """The samples of a model in their order; none where it has no such file.

    Nothing is unpickled. Raises `FileError` where the file is broken.
    """
    path = Path(folder) / FILE_NAME
    if not path.is_file():
        return ()
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
                raise ValueError(f"it unfolds to more than {MOST_BYTES // 1_000_000} MB")
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
            if len(about) > MOST_SAMPLES:
                raise ValueError(f"it holds more than {MOST_SAMPLES} samples")
            return tuple(_one(arrays[str(n)], dict(entry)) for n, entry in enumerate(about))
    except OSError as error:
        raise FileError(NOT_READ, path=path, error=reason(error)) from error
    except Exception as error:  # whatever a broken archive brings
        raise FileError(NOT_READ, path=path, error=str(error)) from error


def _one(values: np.ndarray, about: dict) -> Shipped:
    if values.dtype.kind not in "fiu":
        raise ValueError(f"its values are {values.dtype}")
    titles, note = dict(about.pop("titles", {})), dict(about.pop("note", {}))
    for name in ("channels", "times"):
        about[name] = tuple(map(str, about.get(name, ())))
    about["marks"] = tuple((int(a), int(b), str(what)) for a, b, what in about.get("marks", ()))
    return Shipped(Sample(values, **about), titles, note)
