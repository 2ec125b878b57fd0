"""Records that hold objects and lists, as cells: which columns they make, over the whole file."""

import json
from collections.abc import Iterator, Mapping, Sequence

from attnviz.data.names import TEXT_NAMES
from attnviz.data.table import MAX_COLUMNS, NESTED, TOO_WIDE, Notice, listed
from attnviz.errors import N_, FileError

MOST_KEYS = 50  # of an object inside a record; one of more is a mapping and no part of it
DEPTH = 8  # objects inside one another that become columns
TOKEN_NAMES = ("tokens", "words", "tokenized", "token", "word", "sentences", "词", "分词", "字")

DOTTED = N_("Objects in the records became columns: {columns}.")
JOINED = N_("Lists of words or sentences were joined to texts in: {columns}.")
SEVERAL = N_(
    "Lists of several values in “{column}”, which are no single label and stay JSON: {count} (the "
    "first in line {line})."
)

Path = tuple[str, ...]


class Number(str):
    """A number as the file spells it: 1.50 stays 1.50."""

    __slots__ = ()


NAN = Number("NaN")  # what Python's json writes for a missing value: an empty cell


class Flattening:
    """The columns of records, learnt from each of them by `learn`.

    An object's keys become columns with dotted names, a list of one value is that value, a list of
    words is the text that they make; other lists, and objects of more than `MOST_KEYS` keys, stay
    JSON.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._paths: dict[Path, bool] = {}  # to what is no object → whether a value was seen there
        self._keys: dict[Path, set[str]] = {}  # of each object inside the records
        self._whole: set[Path] = set()  # what is not taken apart
        self._plain: set[str] = set()  # keys of the record itself that hold a single value

    def learn(self, record: Mapping, path: Path = ()) -> None:
        """Raises `FileError` where there are too many columns."""
        for key, value in record.items():
            is_single = not isinstance(value, dict | list)
            if is_single and not path and key in self._plain:
                continue
            here = (*path, key)
            value = _only(value)
            if isinstance(value, dict) and value and len(here) < DEPTH and self._opens(here, value):
                self.learn(value, here)
                continue
            if isinstance(value, dict | list) and value and _holds_containers(value):
                self._close(here)
            filled = value not in (None, {}, [])
            if filled and here in self._keys:
                self._close(here)  # an object in other records
            self._add(here, filled)
            if is_single and filled and not path:
                self._plain.add(key)

    def _opens(self, path: Path, value: Mapping) -> bool:
        """Whether an object's keys become columns."""
        if path in self._whole:
            return False
        known = self._keys.setdefault(path, set())
        known.update(value)
        if len(known) <= MOST_KEYS and not self._paths.get(path):
            return True
        self._close(path)
        return False

    def _add(self, path: Path, filled: bool) -> None:
        self._paths[path] = filled or self._paths.get(path, False)
        if len(self._paths) > MAX_COLUMNS:
            raise FileError(TOO_WIDE, name=self.name, limit=MAX_COLUMNS)

    def _close(self, path: Path) -> None:
        """What stands at a path stays whole, though it was taken apart so far."""
        if path not in self._whole:
            self._whole.add(path)
            self._plain.discard(path[0])
            size = len(path)
            self._paths = {path if p[:size] == path else p: seen for p, seen in self._paths.items()}

    @property
    def places(self) -> list[Path]:
        """The way to the value of each column; an object that some records lack is none."""
        apart = self._keys.keys() - self._whole
        return [path for path in self._paths if path not in apart]


class Cells:
    """Records → rows of cells; what was done to them is in `notices`."""

    def __init__(self, places: Sequence[Path]) -> None:
        self.places = places
        self.nested: dict[str, None] = {}
        self.joined: dict[str, None] = {}
        self.several: dict[str, list[int]] = {}

    def row(self, record: Mapping, line: int) -> tuple[str, ...]:
        return tuple(self._cell(_at(record, path), path, line) for path in self.places)

    def _cell(self, value: object, path: Path, line: int) -> str:
        if isinstance(value, str) and value is not NAN:
            return str(value)
        if value is None or value is NAN:
            return ""
        if not isinstance(value, dict | list):
            return str(value).lower()
        if isinstance(value, list) and _is_words(value, path[-1]):
            self.joined[".".join(path)] = None
            return join_words(value)
        only = _only(value)
        if only in ([], {}, None):
            return ""
        if not isinstance(only, dict | list):
            return self._cell(only, path, line)
        name = ".".join(path)
        if isinstance(only, list) and not _holds_containers(only) and _is_label(path[-1]):
            self.several.setdefault(name, [0, line])[0] += 1
        else:
            self.nested[name] = None
        return spelled(value)

    @property
    def notices(self) -> Iterator[Notice]:
        dotted = [".".join(path) for path in self.places if len(path) > 1]
        if dotted:
            yield Notice(DOTTED, {"columns": listed(dotted)})
        if self.joined:
            yield Notice(JOINED, {"columns": listed(list(self.joined))})
        for column, (count, line) in self.several.items():
            yield Notice(SEVERAL, {"column": column[:60], "count": count, "line": line})
        if self.nested:
            order = {".".join(path): None for path in self.places}
            yield Notice(NESTED, {"columns": listed([n for n in order if n in self.nested])})


def join_words(words: list) -> str:
    """The text that the words make: pieces put together, no spaces between Chinese characters."""
    words = ["" if word is None else str(word) for word in words]
    if any(word.startswith("▁") for word in words):  # SentencePiece's sign for a space
        return "".join(words).replace("▁", " ").strip()
    text = ""
    for word in words:
        if word.startswith("##") and len(word) > 2 and text:  # WordPiece's sign for a word's rest
            text += word[2:]
        elif not text or not word or (_is_chinese(text[-1]) and _is_chinese(word[0])):
            text += word
        else:
            text += " " + word
    return text


def _is_chinese(character: str) -> bool:
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uff65"


def _is_words(value: list, name: str) -> bool:
    strings = all(isinstance(word, str) or word is None for word in value)
    numbers = all(isinstance(word, Number) for word in value)
    return strings and not numbers and name.casefold() in (*TOKEN_NAMES, *TEXT_NAMES)


def _is_label(name: str) -> bool:
    return "label" in name.casefold() or "categor" in name.casefold() or "class" in name.casefold()


def _only(value: object) -> object:
    """The item of a list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _holds_containers(value: dict | list) -> bool:
    return isinstance(value, dict) or any(isinstance(item, dict | list) for item in value)


def _at(record: object, path: Path) -> object:
    for key in path:
        record = _only(record)
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record


def spelled(value: object) -> str:
    """A nested value as JSON, with its numbers as the file spells them."""
    if isinstance(value, dict):
        pairs = [f"{spelled(key)}: {spelled(item)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelled, value)) + "]"
    return value if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)
