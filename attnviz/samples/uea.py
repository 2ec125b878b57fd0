"""The UEA and UCR archives' own files: .ts, and .arff as Weka reads it.

Sources: Löning et al., sktime (2019), "ts files"; Weka, "Attribute-Relation File Format"; Bagnall
et al., The UEA multivariate time series classification archive (2018).
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from attnviz.data.decoding import Text, find_text
from attnviz.data.files import File
from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, FileError
from attnviz.samples.rates import spacing
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import (
    SampleFile,
    SampleReading,
    choose_split,
    numbered_channels,
    trimmed,
)

NO_DATA = N_("{name} has no line @data, below which the series stand. It may be cut off.")
NO_LABEL = N_(
    "{name}, line {line}: no class behind the last “:”, though @classLabel says there is."
)
BAD_NUMBER = N_("{name}, line {line}: “{cell}” is no number.")
BAD_STAMP = N_("{name}, line {line}: “{cell}” is no (time, value).")
SPARSE = N_("{name}, line {line}: sparse rows, in braces, cannot be read. Save it without them.")
NOTHING = N_("{name}, line {line}: a channel without a single value. Write ? where one is missing.")
UNLIKE = N_("{name}, line {line}: {found} values where {expected} should stand.")
TARGET = N_("The numbers behind each series were left out: they are no classes (@targetLabel).")
_STAMPED = re.compile(r"\(([^()]*),([^(),]*)\)")


def read_ts(file: File, reading: SampleReading) -> SampleFile:
    """The cases of a .ts file: channels parted by ":", values by ",", the class behind the last.

    Values may be missing (?), lengths unequal, and values stand with their times: (0,1.5),(1,2.5).
    """
    choose_split(file.name, (), reading.split)
    text = find_text(file)
    head = _ts_head(text)
    classes = head["classes"]
    first = next(_ts_cases(text, head, lambda notice: None), None)
    about = {"classes": classes}
    if first:
        about |= {"channels": first.channels, "step": first.step, "step_unit": first.step_unit}
    notices = [*text.notices, *([Notice(TARGET)] if head["target"] else [])]
    start = partial(_ts_cases, text, head)
    return SampleFile(file.name, "series", start, notices=notices, **about)


def _ts_head(text: Text) -> dict:
    """What the lines with "@" say, and the line at which the cases begin."""
    head = {"classes": (), "labelled": False, "target": False, "stamped": False}
    for number, line in enumerate(text.lines(), 1):
        word, *values = line.split() or [""]
        word = word.casefold()
        true = bool(values) and values[0].casefold() == "true"
        if word == "@data":
            return head | {"first": number + 1}
        if word == "@classlabel":
            head |= {"labelled": true, "classes": tuple(values[1:]) if true else ()}
        elif word == "@targetlabel":
            head["target"] = true
        elif word == "@timestamps":
            head["stamped"] = true
    raise FileError(NO_DATA, name=text.file.name)


def _ts_cases(text: Text, head: dict, tell: Tell) -> Iterator[Sample]:
    name, case = text.file.name, 0
    for number, line in enumerate(text.lines(), 1):
        line = line.strip()
        if number < head["first"] or not line or line[0] in "#%":
            continue
        case += 1
        *parts, label = _channels_of(line, head["stamped"])
        if not (head["labelled"] or head["target"]):
            parts, label = [*parts, label], None
        elif not parts:
            raise FileError(NO_LABEL, name=name, line=number)
        times = ()
        if head["stamped"]:
            times, parts = _unstamped(name, number, parts)
        columns = [numbers_of(name, number, part.split(",")) for part in parts]
        values = trimmed(_padded(columns))
        label = label.strip() if head["labelled"] else None
        channels = numbered_channels(len(columns))
        times = times if len(times) == len(values) else ()
        step = spacing(times)
        yield Sample(values, label, f"case {case}", channels, times, step.step, step.unit)


def _channels_of(line: str, stamped: bool) -> list[str]:
    """What ":" parts; those inside time stamps, as in (07:20,1.5), part nothing."""
    return re.split(r":(?![^()]*\))", line) if stamped else line.split(":")


def _unstamped(name: str, line: int, parts: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The times of the first channel, and the values of each."""
    found = [_STAMPED.findall(part) for part in parts]
    for part, pairs in zip(parts, found, strict=True):
        if not pairs:
            raise FileError(BAD_STAMP, name=name, line=line, cell=part[:40])
    times = tuple(time.strip().strip("'\"") for time, _ in found[0])
    return times, [",".join(value for _, value in pairs) for pairs in found]


def numbers_of(name: str, line: int, cells: Sequence[str]) -> np.ndarray:
    """The cells of a line as float64, NaN where a value is missing; `FileError` for others."""
    cells = ["nan" if cell.strip() in ("?", "") else cell for cell in cells]
    try:
        return np.array(cells, np.float64)
    except ValueError:
        for cell in cells:
            try:
                float(cell)
            except ValueError as error:
                raise FileError(BAD_NUMBER, name=name, line=line, cell=cell[:40]) from error
        raise


def _padded(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Channels of unequal lengths as (T, K), NaN behind the shorter ones."""
    values = np.full((max(map(len, columns)), len(columns)), np.nan)
    for place, column in enumerate(columns):
        values[: len(column), place] = column
    return values


# Weka.

_ATTRIBUTE = re.compile(r"@attribute\s+('(?:[^'\\]|\\.)*'|\"[^\"]*\"|\S+)\s+(.*)", re.IGNORECASE)
_ITEM = re.compile(r"\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^,]*?)\s*(?:,|$)")


def read_arff(file: File, reading: SampleReading) -> SampleFile:
    """The cases of an .arff file: a number for each step and a class, or, for several channels, a
    relational attribute whose lines, parted by \\\\n, are the channels (as the UEA archive has it).
    """
    choose_split(file.name, (), reading.split)
    text = find_text(file)
    head = _arff_head(text)
    first = next(_arff_cases(text, head, lambda notice: None), None)
    channels = first.channels if first else ()
    start = partial(_arff_cases, text, head)
    return SampleFile(
        file.name,
        "series",
        start,
        channels=channels,
        classes=head["classes"],
        notices=text.notices,
    )


def _arff_head(text: Text) -> dict:
    """The kinds of the attributes, in order; the class is the last that is a list of names."""
    kinds, inner, first = [], False, None
    for number, line in enumerate(text.lines(), 1):
        line = line.strip()
        low = line.casefold()
        if low.startswith("@end"):
            inner = False
        elif low.startswith("@data"):
            first = number + 1
            break
        elif (match := _ATTRIBUTE.match(line)) and not inner:
            kinds.append(match[2].strip())
            inner = match[2].strip().casefold().startswith("relational")
    if first is None:
        raise FileError(NO_DATA, name=text.file.name)
    nominal = [place for place, kind in enumerate(kinds) if kind.startswith("{")]
    label = nominal[-1] if nominal else None
    classes = tuple(_items(kinds[label].strip("{} "))) if nominal else ()
    return {"first": first, "kinds": kinds, "label": label, "classes": classes}


def _items(line: str) -> list[str]:
    """What "," parts, without the quotation marks around it."""
    items, place = [], 0
    while place < len(line):
        match = _ITEM.match(line, place)
        if match is None or match.end() == place:
            break
        items.append(match[1])
        place = match.end()
    return [_unquoted(item) for item in items]


def _unquoted(item: str) -> str:
    if len(item) > 1 and item[0] == item[-1] and item[0] in "'\"":
        return re.sub(r"\\(['\"\\])", r"\1", item[1:-1])
    return item


def _arff_cases(text: Text, head: dict, tell: Tell) -> Iterator[Sample]:
    name, case, kinds = text.file.name, 0, head["kinds"]
    relational = [p for p, kind in enumerate(kinds) if kind.casefold().startswith("relational")]
    for number, line in enumerate(text.lines(), 1):
        line = line.strip()
        if number < head["first"] or not line or line[0] == "%":
            continue
        if line[0] == "{":
            raise FileError(SPARSE, name=name, line=number)
        items = _items(line)
        if len(items) != len(kinds):
            raise FileError(UNLIKE, name=name, line=number, found=len(items), expected=len(kinds))
        case += 1
        label = None if head["label"] is None else items[head["label"]]
        if relational:
            rows = re.split(r"\\n|\n", items[relational[0]])
            columns = [numbers_of(name, number, row.split(",")) for row in rows if row.strip()]
        else:
            cells = [c for p, c in enumerate(items) if not kinds[p].startswith("{")]
            columns = [numbers_of(name, number, cells)]
        if not columns:
            raise FileError(NOTHING, name=name, line=number)
        values = trimmed(_padded(columns))
        label = None if label == "?" else label
        yield Sample(values, label, f"case {case}", numbered_channels(len(columns)))
