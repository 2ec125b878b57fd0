"""A text a file, in a folder for each class, as aclImdb and the 20 newsgroups have them.

Or a text a line, in a file for each class, as pos.txt and neg.txt.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from attnviz.data.decoding import find_text
from attnviz.data.endings import LINES, SPLITS, TABLES, content, is_beside, is_note, split_of
from attnviz.data.files import opened
from attnviz.data.labels import is_answer
from attnviz.data.meanings import grade
from attnviz.data.names import words_of
from attnviz.data.reading import Reading
from attnviz.data.stream import Row, RowStream, Tell
from attnviz.data.table import NO_PARTS, Notice, listed
from attnviz.errors import N_, FileError

UNLABELLED = ("unsup", "unlabeled", "unlabelled", "unsupervised")
FEWEST = 5  # files of text without classes that are a text each, and not one a line
COLUMNS = ("text", "label", "split", "file")

BY_CLASS = N_("Each file is a text, and its folder the label: {labels}.")
BY_LINE = N_("Each line is a text, and the name of its file the label: {labels}.")
BY_FILE = N_("Each file is a text. Files: {count:,}.")
OF_SPLITS = N_("The column “split” says of which part a text is: {splits} (--part chooses).")
OF_TEXTS = N_("files that are a text each")
OF_SPLIT = N_("The texts are of the part “{split}”. Others: {splits}.")
NO_PART = N_("{name} has no part “{part}”. Choose one of: {known}.")
GUESSED = N_(
    "Files that are not UTF-8: {count} (the first is {file}). Their encoding was guessed: "
    "{encoding}."
)


@dataclass(frozen=True)
class Texts:
    """Which files of a folder or an archive are a text each. `splits` are in order of their names.

    `classes` holds each file with its class and split; both are "" where it has none.
    """

    classes: dict[str, tuple[str, str]]
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    by_line: bool = False  # whether each line of a file is a text


def texts_of(names: Sequence[str]) -> Texts | None:
    """What the names say; None if these are no folders of texts."""
    files = [name for name in names if _is_text_file(name)]
    others = [name for name in names if content(name) in TABLES]
    parents = {name: PurePosixPath(name).parent for name in files}
    above = {folder for parent in set(parents.values()) for folder in parent.parents}
    leaves = {name: parent for name, parent in parents.items() if parent not in above}
    folders = set(leaves.values())
    if len(others) * 10 > len(leaves):  # a table or two may lie beside thousands of texts
        return None
    if (
        len(folders) > 1
        and len({folder.name for folder in folders}) > 1
        and len(leaves) > len(folders)
    ):
        return _by_class(leaves)
    if not others and (found := _by_line(names)):
        return found
    if len(files) >= FEWEST:
        return Texts(dict.fromkeys(files, ("", "")), (), ())
    return None


def _by_line(names: Sequence[str]) -> Texts | None:
    """Files of lines that are named after a side of sentiment, one for each side and split."""
    found = {name: (_side(name), split_of(name)) for name in names if not is_beside(name)}
    labels, splits = {label for label, _ in found.values()}, {split for _, split in found.values()}
    signs = {(grade(label) or 0) > 0 for label in labels if label}
    if signs != {True, False} or "" in labels or len(set(found.values())) < len(found):
        return None
    if "" in splits and len(splits) > 1:
        return None
    return Texts(found, tuple(sorted(labels)), tuple(sorted(splits - {""})), by_line=True)


def _side(name: str) -> str:
    """The word of sentiment in a file's name, as in pos.txt and rt-polarity.neg; "" for none."""
    path = PurePosixPath(name)
    if path.suffix.lower() not in (*LINES, ".pos", ".neg"):
        return ""
    words = [word for word in words_of(path.name) if len(word) > 2 and grade(word) is not None]
    return words[0] if len(words) == 1 and not is_answer(words[0]) else ""


def _is_text_file(name: str) -> bool:
    path = PurePosixPath(name)
    plain = path.suffix.lower() in (*LINES, "") or path.name.replace(".", "").isdigit()
    return plain and not is_note(name) and path.stem.casefold() not in SPLITS


def _by_class(leaves: dict[str, PurePosixPath]) -> Texts:
    parents = {folder.parent for folder in leaves.values()}
    several = len(parents) > 1 and len({parent.name for parent in parents}) > 1
    found = {}
    for name, folder in leaves.items():
        label = "" if folder.name.casefold() in UNLABELLED else folder.name
        found[name] = (label, folder.parent.name if several else "")
    labels = sorted({label for label, _ in found.values() if label})
    return Texts(
        found, tuple(labels), tuple(sorted({split for _, split in found.values() if split}))
    )


def read_texts(
    name: str,
    texts: Texts,
    contents: Callable[[Collection[str]], Iterator[tuple[str, bytes]]],
    reading: Reading,
) -> RowStream:
    """A row for each file. `contents` gives the bytes of those whose names it gets.

    `part` is one of several splits. Raises `FileError` where there is no such part.
    """
    reading.refuse_unused(name, ("encoding", "part"), Notice(OF_TEXTS))
    chosen = reading.part
    if chosen and not texts.splits:
        raise FileError(NO_PARTS, name=name)
    if chosen and chosen not in texts.splits:
        raise FileError(NO_PART, name=name, part=chosen, known=listed(texts.splits))
    wanted = {n: found for n, found in texts.classes.items() if not chosen or found[1] == chosen}
    used = [bool(texts.labels), bool(texts.splits)]
    columns = [c for c, use in zip(COLUMNS, [True, *used, True], strict=True) if use]
    start = _Rows(contents, wanted, reading.encoding, used, texts.by_line).start
    said = list(_said(texts, wanted, chosen))
    encoding = reading.encoding or "utf-8"
    stream = RowStream(name, columns, encoding, start, notices=said, unit="row")
    stream.parts, stream.part = texts.splits, chosen
    return stream


def _said(texts: Texts, wanted: dict, chosen: str | None) -> Iterator[Notice]:
    if texts.labels:
        template = BY_LINE if texts.by_line else BY_CLASS
        yield Notice(template, {"labels": listed(texts.labels)})
    else:
        yield Notice(BY_FILE, {"count": len(wanted)})
    if chosen:
        others = [split for split in texts.splits if split != chosen]
        yield Notice(OF_SPLIT, {"split": chosen, "splits": listed(others)})
    elif texts.splits:
        yield Notice(OF_SPLITS, {"splits": listed(texts.splits)})


@dataclass
class _Rows:
    contents: Callable
    wanted: dict[str, tuple[str, str]]
    encoding: str | None
    used: list[bool]  # whether there are labels, and splits
    by_line: bool
    guessed: str | None = field(default=None)

    def start(self, tell: Tell) -> Iterator[Row]:
        count, first, number = 0, "", 0
        for name, data in self.contents(self.wanted):
            try:
                text = data.decode(self.encoding or "utf-8-sig")
            except (ValueError, LookupError):
                count, first = count + 1, first or name
                text = self._other(name, data)
            beside = [value for value, use in zip(self.wanted[name], self.used, strict=True) if use]
            text = re.sub(r"\r\n?", "\n", text)
            for part in filter(str.strip, text.split("\n")) if self.by_line else [text]:
                number += 1
                yield number, (part.strip(), *beside, name)
        if count:
            values = {"count": count, "file": first, "encoding": self.guessed}
            tell(Notice(GUESSED, values))

    def _other(self, name: str, data: bytes) -> str:
        """A text in another encoding: that of the one before, if it fits."""
        if self.guessed and not self.encoding:
            try:
                return data.decode(self.guessed)
            except ValueError:
                pass
        found = find_text(opened(data, name, len(data) + 1), self.encoding)
        self.guessed = found.codec
        return found.whole()
