"""What a file's name says of it: by its ending what it holds and which options its reader follows.

Every list of endings is here: readers, archives, folders and the boxes of the page ask it.
"""

import re
from dataclasses import fields
from pathlib import PurePosixPath

from attnviz.data.archives import COMPRESSED
from attnviz.data.class_names import BESIDE
from attnviz.data.reading import Reading

LINES = (".txt", ".text", ".md")  # a text a line, unless the lines are clearly a table
OTHER_LINES = (".dat", ".data", ".ft", ".train", ".valid", ".test", ".label")  # the same
TABS, BARS = (".tsv", ".tab"), (".psv",)
CUT = (".csv", *TABS, *BARS)  # cells between delimiters
JSON_LINES = (".jsonl", ".ndjson", ".jsonlines")
JSON = (*JSON_LINES, ".json", ".geojson")
ARROW = (".arrow", ".feather", ".ipc")
DOCUMENTS = (".parquet", ".xlsx", ".docx", ".pdf")  # known by their first bytes

CORPORA = (
    (*CUT, *JSON_LINES, ".parquet", *ARROW),
    (".json", ".geojson", ".xlsx"),
    (*OTHER_LINES, *LINES),
    (".docx", ".pdf"),
)
"""The files of a folder that are read: the first of these groups of which it has one."""
TABLES = frozenset((*CORPORA[0], *CORPORA[1], *OTHER_LINES))  # beside which texts are notes

_ALL = tuple(field.name for field in fields(Reading))
_CELLS = ("encoding", "delimiter", "header", "quoting", "skip_bad_rows")
OPTIONS = {
    **dict.fromkeys((*LINES, *OTHER_LINES, *CUT), _CELLS),
    **dict.fromkeys(JSON, ("encoding", "skip_bad_rows", "part")),
    **dict.fromkeys((*ARROW, *DOCUMENTS), ()),
    ".xlsx": ("header", "skip_bad_rows", "part"),
}
"""Ending → the fields of a `Reading` that its reader follows. What is packed follows its own."""

NOTES = frozenset(("readme", "license", "licence", "copying", "changelog", "makefile"))
SPLITS = ("train", "training", "test", "testing", "dev", "val", "valid", "validation", "eval")
_SPLIT = re.compile(rf"(?<![a-z])({'|'.join((*SPLITS, 'unsupervised'))})(?![a-z])")
_OF_DATASETS = ("dataset_info.json", "dataset_dict.json", "dataset_infos.json", "state.json")


def content(name: str) -> str:
    """The ending that says what a file holds, in small letters: ".csv" of "reviews.CSV.gz"."""
    path = PurePosixPath(name.lower())
    return PurePosixPath(path.stem).suffix if path.suffix in COMPRESSED else path.suffix


def options(name: str) -> tuple[str, ...]:
    """The fields of a `Reading` that a file of this name may follow: all, where it is not known."""
    return OPTIONS.get(content(name), _ALL)


def corpus(names: list[str]) -> list[str]:
    """Which of a folder's files are its data: tables first, then what else can be read."""
    names = [name for name in names if not is_beside(name)]
    for endings in CORPORA:
        if chosen := [name for name in names if content(name) in endings]:
            return chosen
    return []


def is_readable(name: str) -> bool:
    """Whether a file of a folder can be read where it is asked for."""
    return any(content(name) in endings for endings in CORPORA)


def is_beside(name: str) -> bool:
    """Whether a file goes with the data and is none: a list of classes, a licence, what
    `save_to_disk` says of the files."""
    return PurePosixPath(name).name in (*BESIDE, *_OF_DATASETS) or is_note(name)


def is_note(name: str) -> bool:
    """Whether a file is about the others, by its name: README.md, data.README.1.0.txt."""
    path = PurePosixPath(name.casefold())
    words = set(re.split(r"[\W_]+", path.stem)) if path.suffix in (*LINES, "") else {path.stem}
    return bool(NOTES & words)


def split_of(name: str) -> str:
    """Of which part of the data a file is by its name, or by that of a folder; "" if unknown."""
    for part in reversed(name.lower().split("/")):
        if match := _SPLIT.search(part):
            return match[0]
    return ""
