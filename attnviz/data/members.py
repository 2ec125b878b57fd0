"""Which file of an archive is read: the one asked for, else the one with texts and labels."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from attnviz.data.archives import NESTED, PACKED, Archive, archive
from attnviz.data.classes import NO_PART, read_texts, texts_of
from attnviz.data.columns import choose_columns
from attnviz.data.files import File
from attnviz.data.nested import is_text
from attnviz.data.peek import value_counts
from attnviz.data.reading import Reading
from attnviz.data.stream import RowStream
from attnviz.data.table import Notice, Table, listed
from attnviz.errors import N_, FileError

LOOKED_AT = 20  # files of an archive, or sheets of a workbook, of which the first rows are read
ROWS = 50  # of each
NOTHING = N_("{name} holds no file that ends in one of {known}. Pack such a file.")
OTHERS = N_("Read from the archive: {member}. Left out: {others}.")
OTHERS_READ = N_("Read from the archive: {member}. Left out: {others} (--part chooses).")
_LAST = ("sample_submission", "samplesubmission", "gender_submission", "readme", "license")

Read = Callable[[File, Reading], RowStream]


def read_archive(file: File, reading: Reading, *, read: Read, known: Sequence[str]) -> RowStream:
    """The rows of a member of a .zip or .tar, or of all if each is a text; see `texts_of`.

    `part` names the member. `read` reads a file whose ending is one of `known`.
    """
    packed = archive(file)
    readable = [name for name in sorted(packed.names) if _ending(name) in known]
    if reading.part not in readable and (texts := texts_of(packed.names)):
        stream = read_texts(file.name, texts, packed.contents, reading)
        stream.notices[:0] = file.notices
        return stream
    plain = [name for name in readable if _ending(name) not in PACKED]
    if not plain and readable:
        raise FileError(NESTED, name=file.name)
    if not plain:
        endings = ", ".join(ending for ending in known if ending and ending not in PACKED)
        raise FileError(NOTHING, name=file.name, known=endings)
    name, inner = _asked(file.name, plain, reading)
    name = name or _best(packed, plain, inner, read)
    others = [other for other in sorted(packed.names) if other != name]
    template = OTHERS_READ if len(plain) > 1 else OTHERS
    said = [Notice(template, {"member": name, "others": listed(others)})] if others else []
    member = packed.member(name, _ending(name))
    stream = read(replace(member, notices=(*file.notices, *said)), inner)
    if len(plain) > 1:
        stream.parts, stream.part = tuple(plain), name
    return stream


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _asked(archive: str, names: Sequence[str], reading: Reading) -> tuple[str | None, Reading]:
    """The member that the user names, in full or by its last part, and how it is read.

    What names no member of a single one is a part of that.
    """
    part = reading.part
    if part is None:
        return None, reading
    fitting = [name for name in names if part in (name, PurePosixPath(name).name)]
    if part in names or len(fitting) == 1:
        return (part if part in names else fitting[0]), replace(reading, part=None)
    if len(names) == 1:
        return names[0], reading
    raise FileError(NO_PART, name=archive, part=part, known=listed(names))


def _best(packed: Archive, names: Sequence[str], reading: Reading, read: Read) -> str:
    """The first by name of those that have most of what is looked for."""
    if len(names) == 1:
        return names[0]

    def worth(name: str) -> tuple[bool, int]:
        last = PurePosixPath(name).stem.casefold().startswith(_LAST)
        return not last, _worth(packed.member(name, _ending(name)), reading, read)

    return max(names[:LOOKED_AT], key=worth)  # the first of equals


def _worth(member: File, reading: Reading, read: Read) -> int:
    try:
        return worth_of(read(member, reading).head(ROWS))
    except FileError:
        return -1


def worth_of(table: Table) -> int:
    """How much a table looks like labelled texts."""
    if not any(is_text(cell) for row in table.rows for cell in row):
        return 0
    try:
        chosen = choose_columns(table, value_counts(table), None)
    except FileError:  # nothing but nested values
        return 0
    return 4 + 2 * (chosen.label is not None) + (chosen.text_by == "name")
