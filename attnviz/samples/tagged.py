"""Texts whose tokens have tags, a token a line: CoNLL-U, CoNLL-2003, BIO and BMES columns.

Formats: Universal Dependencies, "CoNLL-U"; Tjong Kim Sang & De Meulder (2003), CoNLL-2003.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from attnviz.data.decoding import Text, find_text
from attnviz.data.files import File
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError
from attnviz.samples.sample import Tagged
from attnviz.samples.sample_file import SampleFile, SampleReading, choose_split

RAGGED = N_(
    "{name}, line {line}: other columns than above: {found}, not {expected}. Write one token "
    "and its tags on each line, and a blank line between sentences."
)
NO_COLUMN = N_("{name} has no column {column} with tags; its lines have {found}.")
TAGS = N_("Tags: column {column} of {all}.")
UNIVERSAL = N_("Tags: universal parts of speech, column 4 of CoNLL-U.")
NO_TAGS = N_("The lines hold a token alone: the texts have no tags.")
LONG = N_("{name}, line {line}: no blank line for more than {limit:,} tokens. Part the sentences.")
CONLLU = {"upos": 4, "xpos": 5, "form": 2}  # columns from 1
WIDTH = 10  # columns of CoNLL-U
MAX_TOKENS = 100_000  # of one sentence
_COMMENT = re.compile(r"#\s*[\w.:]+\s*=|#\s*(newdoc|newpar|id|text)\b")
_NUMBER = re.compile(r"\d+([-.]\d+)?")


@dataclass(frozen=True)
class _Columns:
    """How the lines of a file are cut, and in which columns, from 0, token and tag stand."""

    width: int
    tabs: bool
    token: int = 0
    tag: int | None = None
    universal: bool = False

    def cells(self, line: str) -> list[str]:
        line = line.rstrip("\r\n")
        if self.tabs:
            return [cell.strip() or cell for cell in line.split("\t")]
        cells = line.split()
        # A token that is a space leaves nothing behind.
        return [line[0], *cells] if len(cells) == self.width - 1 and line[0].isspace() else cells


def read_columns(file: File, reading: SampleReading) -> SampleFile:
    """Sentences, parted by blank lines; each line a token and its tag, in the last column.

    Of CoNLL-U the universal part of speech is taken, and contractions ("1-2") and empty nodes
    ("1.1") are passed over. `reading.tags` names another column. Raises `FileError` for a line with
    another number of columns.
    """
    choose_split(file.name, (), reading.split)
    text = find_text(file)
    columns = _columns(text, reading.tags)
    if columns.universal and columns.tag == CONLLU["upos"] - 1:
        said = [Notice(UNIVERSAL)]
    elif columns.tag is None:
        said = [Notice(NO_TAGS)]
    else:
        values = {"column": columns.tag + 1, "all": columns.width}
        said = [Notice(TAGS, values)] if columns.width > 2 else []
    start = partial(_sentences, text, columns)
    return SampleFile(file.name, "tagged", start, notices=[*text.notices, *said])


def _columns(text: Text, wanted: str | int | None) -> _Columns:
    """How the lines are cut, by the first that holds a token."""
    first = next((line for line in text.lines() if not _passed(line)), "")
    tabs = "\t" in first
    cells = _Columns(0, tabs).cells(first)
    width, name = len(cells), text.file.name
    universal = width == WIDTH and _NUMBER.fullmatch(cells[0]) is not None
    column = CONLLU.get(str(wanted).casefold()) if universal else None
    if column is None and wanted is not None:
        column = int(wanted) if str(wanted).isdigit() else None
        if column is None or not 1 <= column <= width:
            raise FileError(NO_COLUMN, name=name, column=wanted, found=width)
    if universal:
        return _Columns(width, tabs, 1, (column or CONLLU["upos"]) - 1, True)
    tag = width - 1 if column is None else column - 1
    return _Columns(width, tabs, 0, tag if width > 1 else None)


def _passed(line: str) -> bool:
    """Whether a line holds no token: blank, a comment, the start of a document."""
    return not line.strip() or line.startswith("-DOCSTART-") or bool(_COMMENT.match(line))


def _sentences(text: Text, columns: _Columns, tell: Tell) -> Iterator[Tagged]:
    name, tokens, tags, first = text.file.name, [], [], 0
    for number, line in enumerate(text.lines(), 1):
        if not line.strip() or line.startswith("-DOCSTART-"):
            if tokens:
                yield _sentence(tokens, tags, first)
            tokens, tags = [], []
            continue
        if _COMMENT.match(line):
            continue
        cells = columns.cells(line)
        if len(cells) != columns.width:
            values = {"found": len(cells), "expected": columns.width}
            raise FileError(RAGGED, name=name, line=number, **values)
        if columns.universal and not cells[0].isdigit():
            continue
        first = number if not tokens else first
        tokens.append(cells[columns.token])
        if columns.tag is not None:
            tags.append(cells[columns.tag])
        if len(tokens) > MAX_TOKENS:
            raise FileError(LONG, name=name, line=number, limit=MAX_TOKENS)
    if tokens:
        yield _sentence(tokens, tags, first)


def _sentence(tokens: Sequence[str], tags: Sequence[str], line: int) -> Tagged:
    return Tagged(tuple(tokens), tuple(tags) or None, f"line {line}")
