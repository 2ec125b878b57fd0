"""Which sample Explore shows: one that came with the model, one of a file, one made on the page.

A session keeps for each kind of input the file that was brought and what was chosen, so that
models that read alike are compared on one sample. A shipped sample's name stands in the address.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import streamlit as st

from attnviz.data.table import Notice
from attnviz.errors import N_, AttnvizError
from attnviz.samples import Sample, read_samples, shipped
from attnviz.samples.shipped import FILE_NAME, Shipped
from attnviz.ui import address
from attnviz.ui.state import settings_of
from attnviz.ui.translation import language

SAMPLE = "sample"  # in the address: a shipped sample's name
FILES, CHOICES = "sample-files", "sample-choices"  # in the session, by kind of input
FAILED = "sample-failed"  # what was wrong with the last thing that was brought
MOST = 2_000  # samples of a file that a page keeps
MOST_BYTES = 50_000_000  # of all their values
FIRST_OF_MANY = N_("{name} holds many samples; the first {count:,} can be looked at here.")
ARRAYS = {"series": "series", "frames": "films"}
"""Input → what an array holds where its shape leaves that open; else pictures."""


@dataclass(frozen=True, eq=False)
class File:
    """What was brought, as far as it is kept."""

    name: str
    samples: tuple[Sample, ...]
    notices: tuple[Notice, ...] = ()
    digest: str = ""  # of its bytes


@dataclass(frozen=True, eq=False)
class Chosen:
    """The sample that is looked at: its title and note for a person, what its file said.

    `key` names it among all that the session knows. Where a forecast is asked, `coming` (C,) are
    the values that came (NaN where none is known), and `coming_times` the file's times of them.
    """

    sample: Sample
    key: tuple
    title: str
    note: str = ""
    notices: tuple[Notice, ...] = ()
    coming: np.ndarray | None = None
    coming_times: tuple[str, ...] = ()


def input_of(folder: str) -> str:
    """What the model reads, a key of `attnviz.kinds.INPUT_KINDS`."""
    return settings_of(folder).get("input", "text")


def own_samples(folder: str) -> tuple[Shipped, ...]:
    """Those that came with the model. Raises `FileError` where their file is broken."""
    found = _own(folder)
    if isinstance(found, AttnvizError):
        raise found
    return found


def _own(folder: str) -> tuple[Shipped, ...] | AttnvizError:
    try:
        version = (Path(folder) / FILE_NAME).stat().st_mtime_ns
    except OSError:
        return ()
    return _loaded(folder, version)


@st.cache_resource(show_spinner=False, max_entries=16)
def _loaded(folder: str, version: int) -> tuple[Shipped, ...] | AttnvizError:
    try:
        return shipped.load(folder)
    except AttnvizError as error:
        return error


def read(name: str, data: bytes, kind: str) -> File:
    """The samples of an upload for an input. Raises `FileError`."""
    found = read_samples(data, name, kind=ARRAYS.get(kind, "pictures"))
    kept, size, samples = [], 0, iter(found)
    for sample in islice(samples, MOST):
        kept.append(sample)
        size += sample.values.nbytes
        if size > MOST_BYTES:
            break
    more = next(samples, None) is not None  # after the last one, the notices are complete
    notices = list(found.notices)
    if more:
        notices.append(Notice(FIRST_OF_MANY, {"name": name, "count": len(kept)}))
    digest = hashlib.blake2b(data, digest_size=8).hexdigest()
    return File(name, tuple(kept), tuple(notices), digest)


def file_of(folder: str) -> File | None:
    """What was brought for models that read as this one does."""
    return _kept(FILES).get(input_of(folder))


def keep_file(folder: str, file: File) -> None:
    """Look at the first sample of a file from now on."""
    _kept(FILES)[input_of(folder)] = file
    choose(folder, ("file", 0))


def choose(folder: str, choice: tuple) -> None:
    """("shipped", name), ("file", number), or ("made", title, sample)."""
    _kept(CHOICES)[input_of(folder)] = choice


def choice_of(folder: str) -> tuple:
    return _kept(CHOICES).get(input_of(folder), ("shipped", ""))


def _kept(what: str) -> Mapping:
    return st.session_state.setdefault(what, {})


def follow_link(folder: str) -> None:
    """The sample that the address names, if the model has it."""
    name, own = address.linked(SAMPLE), _own(folder)
    if name and isinstance(own, tuple) and any(one.sample.name == name for one in own):
        choose(folder, ("shipped", name))


def chosen(folder: str) -> Chosen | None:
    """What is looked at: the choice if it is still there, else the model's first sample, if any.

    Raises
    ------
    FileError
        If the model's own samples cannot be read and nothing else was brought.
    """
    choice = choice_of(folder)
    found = _CHOSEN[choice[0]](folder, *choice[1:]) or _shipped(folder, "")
    named = found is not None and found.key[0] == "shipped"
    address.write(SAMPLE, found.sample.name if named else "")
    return found


def _shipped(folder: str, name: str) -> Chosen | None:
    samples = own_samples(folder)
    found = [one for one in samples if one.sample.name == name] or list(samples[:1])
    if not found:
        return None
    one = found[0]
    note = one.note.get(language()) or one.note.get("en", "")
    return Chosen(one.sample, ("shipped", folder, one.sample.name), one.title(language()), note)


def _of_file(folder: str, number: int) -> Chosen | None:
    file = file_of(folder)
    if file is None or number >= len(file.samples):
        return None
    sample = file.samples[number]
    names = [file.name, sample.name] if sample.name != file.name else [file.name]
    title = " · ".join(filter(None, names))
    return Chosen(sample, content_key(sample), title, "", file.notices)


def _made(folder: str, title: str, sample: Sample) -> Chosen:
    return Chosen(sample, content_key(sample), title)


def content_key(sample: Sample) -> tuple[str, str]:
    """A key for what a sample holds, wherever it came from: another one has another key."""
    values = np.ascontiguousarray(sample.values)
    read = (values.shape, values.dtype.str, sample.channels, sample.times, sample.step)
    about = repr((*read, sample.step_unit, sample.marks, sample.label)).encode()
    return "brought", hashlib.blake2b(about + values.tobytes(), digest_size=16).hexdigest()


_CHOSEN = {"shipped": _shipped, "file": _of_file, "made": _made}
