"""Sources of rows beyond a single file: folders of files, here or in an object store, as one."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from attnviz.data import MAX_BYTES, Reading, RowStream, digest, open_rows
from attnviz.data.classes import NO_PART, OF_SPLIT, OF_SPLITS, read_texts, texts_of
from attnviz.data.endings import CORPORA, corpus, is_beside, is_readable, split_of
from attnviz.data.files import is_hidden
from attnviz.data.hub import PREFIX
from attnviz.data.stream import HEADER_ALONE, Row, Tell
from attnviz.data.table import Notice, listed
from attnviz.errors import N_, FileError, reason

FILE = "file"  # the column that says from which file of a folder a row comes
SPLIT = "split"  # the column that says of which part of the data it is
BLOCK = 1 << 20

NO_PLACE = N_("{place} cannot be opened: {reason}. Check the address.")
NO_FILES = N_("{place} holds no file that ends in one of {known}.")
OTHER_COLUMNS = N_(
    "{file} has other columns than {first}: {found} instead of {wanted}. Files of one folder are "
    "read as one, so give them the same columns, or choose one with --part."
)
OF_FILE = N_("{file}: {notice}")
LEFT_OUT = N_("Files of the folder that were left out: {others}.")
LEFT_OUT_READABLE = N_("Files of the folder that were left out: {others} (--part chooses).")


def open_source(source: str | Path, **reading) -> RowStream:
    """The rows of a file, of all files in a folder, or of such a folder in an object store.

    A folder's files (`corpus`, also those in folders below) come in the order of their names and
    must have the same columns; a column `file` is added, and `split` where they are named train,
    test and so on, as `save_to_disk` of Hugging Face writes them. Files that are a text each, in a
    folder for each class, are read so. `part` is one split or one file. A store is named by an
    address that Arrow knows (`s3://bucket/folder`, `gs://…`, `abfs://…`, `hdfs://…`); its files are
    copied here one at a time while they are read. `reading`: see
    `attnviz.data.open_rows`. Raises `FileError`.
    """
    if not _is_folder(source):
        return open_rows(source, **reading)
    return _Folder(str(source), reading).stream()


def source_digest(source: str | Path) -> str:
    """64 digits that tell a source's content from any other's, however long it is.

    Of a file, that of `attnviz.data.digest`. Of a folder, SHA-256 of its files' names and digests;
    in an object store of their names, sizes and dates, so that nothing is fetched twice. Of a data
    set of the hub, of its name. Raises `FileError`.
    """
    if str(source).startswith(PREFIX):
        return hashlib.sha256(str(source).encode()).hexdigest()
    return _Folder(str(source), {}).digest() if _is_folder(source) else digest(source)


def _is_folder(source: str | Path) -> bool:
    return "://" in str(source) or os.path.isdir(source)


class _Folder:
    """The files of a folder, through Arrow's file systems."""

    def __init__(self, place: str, reading: Mapping[str, object]) -> None:
        from pyarrow import fs

        self.place, self.reading = place, reading
        try:
            if "://" in place:
                self.system, self.root = fs.FileSystem.from_uri(place)
            else:
                self.system, self.root = fs.LocalFileSystem(), place
            if self.system.get_file_info(self.root).type == fs.FileType.File:
                found = [self.system.get_file_info(self.root)]
                self.root = self.root.rpartition("/")[0]
            else:
                found = self.system.get_file_info(fs.FileSelector(self.root, recursive=True))
        except (OSError, ValueError) as error:  # an Arrow error is one of these
            raise FileError(NO_PLACE, place=place, reason=reason(error)) from error
        names = {self._name(file.path): file for file in found if file.is_file}
        self.all = {name: names[name] for name in sorted(names) if not is_hidden(name)}
        self.texts = texts_of(list(self.all))
        chosen = self.texts.classes if self.texts else corpus(list(self.all))
        self.files = {name: self.all[name] for name in self.all if name in chosen}
        rest = [name for name in self.all if name not in self.files and not is_beside(name)]
        self.others = [name for name in rest if is_readable(name)]  # read where they are asked for
        if not self.files:
            raise FileError(NO_FILES, place=place, known=", ".join(chain(*CORPORA)))

    @property
    def is_here(self) -> bool:
        return self.system.type_name == "local"

    def _name(self, path: str) -> str:
        return path.removeprefix(self.root).lstrip("/")

    def stream(self) -> RowStream:
        name = self.place.rstrip("/").rpartition("/")[2] or self.place
        if self.texts and self.reading.get("part") not in self.others:
            stream = read_texts(name, self.texts, self._contents, Reading(**self.reading))
        else:
            stream = self._tables(name)
        stream.reading = Reading(**self.reading)
        return stream

    def _contents(self, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
        for name in wanted:
            with self.system.open_input_file(self.files[name].path) as file:
                yield name, file.read(MAX_BYTES)

    def _tables(self, name: str) -> RowStream:
        splits = self._splits()
        files, reading = self._asked(name, splits)
        several = len(set(splits.values())) > 1
        first = files[0]
        with self._opened(first, reading) as rows:
            columns, encoding, delimiter = rows.columns, rows.encoding, rows.delimiter

        def start(tell: Tell) -> Iterator[Row]:
            for file in files:
                with self._opened(file, reading) as rows:
                    order = _order(rows.columns, columns, file, first)
                    beside = (splits.get(file, ""), file) if several else (file,)
                    yield from _rows_of(rows, order, beside)
                    for notice in rows.notices:
                        tell(Notice(OF_FILE, {"file": file, "notice": notice}))

        added = (SPLIT, FILE) if several else (FILE,)
        parts = tuple(sorted(set(splits.values())) if several else (*self.files, *self.others))
        said = [Notice(OF_SPLITS, {"splits": listed(parts)})] if several else []
        part = self.reading.get("part")
        if several and part in parts:
            rest = listed([other for other in parts if other != part])
            said = [Notice(OF_SPLIT, {"split": part, "splits": rest})]
        left = [n for n in self.all if n not in (*self.files, *files) and not is_beside(n)]
        template = LEFT_OUT_READABLE if set(left) & set(self.others) else LEFT_OUT
        said += [Notice(template, {"others": listed(left)})] if left else []
        stream = RowStream(
            name, (*columns, *added), encoding, start, delimiter=delimiter, notices=said
        )
        stream.parts = parts if len(parts) > 1 else ()
        stream.part = part or (first if stream.parts and len(self.files) == 1 else None)
        return stream

    def _splits(self) -> dict[str, str]:
        """Of which part of a data set each file is, by its folders and its name; "" if unknown."""
        named = "dataset_dict.json" in self.all  # each split has a folder of its name
        if named:
            return {name: name.partition("/")[0] for name in self.files}
        found = {name: split_of(name) for name in self.files}
        return found if all(found.values()) else dict.fromkeys(self.files, "")

    def _asked(self, name: str, splits: Mapping[str, str]) -> tuple[list[str], dict]:
        """The files that are read, and how."""
        part, files = self.reading.get("part"), list(self.files)
        if not part:
            return files, dict(self.reading)
        named = [n for n in (*files, *self.others) if part in (n, n.rpartition("/")[2])]
        if chosen := [file for file in files if splits[file] == part] or named:
            return chosen, {**self.reading, "part": None}
        if len(files) == 1:
            return files, dict(self.reading)
        known = sorted({split for split in splits.values() if split} or {*files, *self.others})
        raise FileError(NO_PART, name=name, part=part, known=listed(known))

    @contextmanager
    def _opened(self, name: str, reading: Mapping[str, object]) -> Iterator[RowStream]:
        """The rows of one file; what lies elsewhere is copied here for as long."""
        path = self.all[name].path
        if self.is_here:
            yield open_rows(path, name, **reading)
            return
        with tempfile.NamedTemporaryFile() as copy, self.system.open_input_file(path) as file:
            shutil.copyfileobj(file, copy, BLOCK)
            copy.flush()
            yield open_rows(copy.name, name, **reading)

    def digest(self) -> str:
        found = hashlib.sha256()
        for name in (*self.files, *self.others):
            file = self.all[name]
            state = digest(file.path) if self.is_here else f"{file.size} {file.mtime_ns}"
            found.update(f"{name}\0{state}\0".encode("utf-8", "replace"))
        return found.hexdigest()


def _order(found: tuple[str, ...], wanted: tuple[str, ...], file: str, first: str) -> list[int]:
    """Where each wanted column stands in a file."""
    if set(found) != set(wanted):
        columns = {"found": listed(found), "wanted": listed(wanted)}
        raise FileError(OTHER_COLUMNS, file=file, first=first, **columns)
    return [found.index(column) for column in wanted]


def _rows_of(rows: RowStream, order: list[int], beside: tuple[str, ...]) -> Iterator[Row]:
    try:
        for line, cells in rows:
            yield line, (*(cells[place] for place in order), *beside)
    except FileError as error:  # tools that write in parts also write parts without rows
        if error.template != HEADER_ALONE:
            raise
