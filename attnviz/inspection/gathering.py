"""Sources of rows beyond a single file: folders of files, here or in an object store, as one."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attnviz.data import Reading, RowStream, digest, open_rows
from attnviz.data.hub import PREFIX
from attnviz.data.stream import HEADER_ALONE, Row, Tell
from attnviz.data.table import Notice, listed
from attnviz.errors import N_, FileError

ENDINGS = (".parquet", ".csv", ".tsv", ".jsonl", ".csv.gz", ".tsv.gz", ".jsonl.gz")
FILE = "file"  # the column that says from which file of a folder a row comes
BLOCK = 1 << 20

NO_PLACE = N_("{place} cannot be opened: {reason}. Check the address.")
NO_FILES = N_("{place} holds no file that ends in one of {known}.")
OTHER_COLUMNS = N_(
    "{file} has other columns than {first}: {found} instead of {wanted}. Files of one folder are "
    "read as one, so give them the same columns, or score them one by one."
)
OF_FILE = N_("{file}: {notice}")


def open_source(source: str | Path, **reading) -> RowStream:
    """The rows of a file, of all files in a folder, or of such a folder in an object store.

    A folder's files (`ENDINGS`, also those in folders below) come in the order of their names and
    must have the same columns; a column `file` is added. A store is named by an address that Arrow
    knows (`s3://bucket/folder`, `gs://…`, `abfs://…`, `hdfs://…`); its files are copied here one
    at a time while they are read. `reading`: see `attnviz.data.open_rows`. Raises `FileError`.
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
            reason = " ".join(str(error).split())[:200].rstrip(". ")
            raise FileError(NO_PLACE, place=place, reason=reason) from error
        self.files = {self._name(file.path): file for file in found if file.is_file}
        self.files = {name: self.files[name] for name in sorted(self.files) if _is_read(name)}
        if not self.files:
            raise FileError(NO_FILES, place=place, known=", ".join(ENDINGS))

    @property
    def is_here(self) -> bool:
        return self.system.type_name == "local"

    def _name(self, path: str) -> str:
        return path.removeprefix(self.root).lstrip("/")

    def stream(self) -> RowStream:
        first = next(iter(self.files))
        with self._opened(first) as rows:
            columns, encoding, delimiter = rows.columns, rows.encoding, rows.delimiter
        name = self.place.rstrip("/").rpartition("/")[2] or self.place

        def start(tell: Tell) -> Iterator[Row]:
            for file in self.files:
                with self._opened(file) as rows:
                    order = _order(rows.columns, columns, file, first)
                    yield from _rows_of(rows, order, file)
                    for notice in rows.notices:
                        tell(Notice(OF_FILE, {"file": file, "notice": notice}))

        stream = RowStream(name, (*columns, FILE), encoding, start, delimiter=delimiter)
        stream.reading = Reading(**self.reading)
        return stream

    @contextmanager
    def _opened(self, name: str) -> Iterator[RowStream]:
        """The rows of one file; what lies elsewhere is copied here for as long."""
        path = self.files[name].path
        if self.is_here:
            yield open_rows(path, name, **self.reading)
            return
        with tempfile.NamedTemporaryFile() as copy, self.system.open_input_file(path) as file:
            shutil.copyfileobj(file, copy, BLOCK)
            copy.flush()
            yield open_rows(copy.name, name, **self.reading)

    def digest(self) -> str:
        found = hashlib.sha256()
        for name, file in self.files.items():
            state = digest(file.path) if self.is_here else f"{file.size} {file.mtime_ns}"
            found.update(f"{name}\0{state}\0".encode("utf-8", "replace"))
        return found.hexdigest()


def _is_read(name: str) -> bool:
    hidden = any(part.startswith((".", "_")) for part in name.split("/"))
    return not hidden and name.lower().endswith(ENDINGS)


def _order(found: tuple[str, ...], wanted: tuple[str, ...], file: str, first: str) -> list[int]:
    """Where each wanted column stands in a file."""
    if set(found) != set(wanted):
        columns = {"found": listed(found), "wanted": listed(wanted)}
        raise FileError(OTHER_COLUMNS, file=file, first=first, **columns)
    return [found.index(column) for column in wanted]


def _rows_of(rows: RowStream, order: list[int], file: str) -> Iterator[Row]:
    try:
        for line, cells in rows:
            yield line, (*(cells[place] for place in order), file)
    except FileError as error:  # tools that write in parts also write parts without rows
        if error.template != HEADER_ALONE:
            raise
