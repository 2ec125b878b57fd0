"""Tables with a sample in each row, whose numbered columns are the steps of its channels."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from attnviz.data.stream import Tell
from attnviz.data.table import Notice
from attnviz.errors import N_, Phrase
from attnviz.samples.cell_numbers import has_fractions, is_missing
from attnviz.samples.sample import Sample
from attnviz.samples.sample_file import SampleFile, trimmed
from attnviz.samples.table_columns import Columns
from attnviz.samples.table_roles import (
    CLASS_NAMES,
    ID_NAMES,
    LABEL,
    Column,
    groups_of,
    spelt,
)
from attnviz.samples.units import split_unit

WIDE = N_(
    "Each {unit} was read as a sample of {steps:,} steps, by the numbers in the columns' names. If "
    "each is one step, give them other names."
)
WIDE_BY_CONTENT = N_(
    "Each {unit} was read as a sample of {steps:,} steps, for neighbouring columns are more alike "
    "than neighbouring rows. If each is one step, add a column with its time."
)
PADDED = N_("Samples that end before the last step: {count:,}.")
FEWEST = 4  # steps that a sample in a row must have
FEWEST_UNSURE = 8  # where only the values can say that they are steps
CALMER = 0.85  # times as far as from row to row may values go from column to column, unlabelled
PLAIN = frozenset(("", "t", "x", "v", "att", "attr", "time", "step", "value", "column", "col", "f"))
"""What numbered columns are called that name no channel."""
ONE = "value"
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<by>[\s_.\-\[(#:]*)(?P<number>\d+)[\])]?")


@dataclass(frozen=True)
class Wide:
    """A table of samples in rows: K channels, each with the places of its T columns in order."""

    channels: tuple[str, ...]
    places: tuple[tuple[int, ...], ...]
    sample: int | None
    label: int | None
    sure: bool


def find_wide(
    names: Sequence[str], columns: Sequence[Column], *, headed: bool, layout: str | None
) -> Wide | None:
    """How a table's rows are samples; None where they are steps.

    `headed` says whether the columns have names of their own; `layout` overrules what is guessed.
    """
    if layout == "long":
        return None
    plain = [name.casefold().replace("_", " ").strip() for name in names]
    words = [p for p, column in enumerate(columns) if isinstance(column, list)]
    sample = next((p for p, name in enumerate(plain) if name in ID_NAMES), None)
    label = next((p for p, n in enumerate(plain) if n in CLASS_NAMES and p != sample), None)
    if label is None:
        label = _unnamed_label(columns, [p for p in words if p != sample], headed)
    rest = [p for p in range(len(names)) if p not in (sample, label)]
    if set(rest) & set(words) or len(rest) < FEWEST:
        return None
    if sample is not None and len(groups_of(columns[sample], 0)[1]) < len(columns[sample]):
        return None  # rows that belong together are steps
    if headed:
        grouped, apart = _numbered([names[p] for p in rest], rest)
    else:
        grouped, apart = {"": rest}, False
    if grouped is None:
        return None
    many = len(grouped) > 1 and apart  # I1_0, I1_1, …, I2_0
    nameless = all(stem.casefold() in PLAIN for stem in grouped) and headed and label is not None
    sure = layout == "wide" or many or (apart and nameless)
    few = min(map(len, grouped.values())) < FEWEST_UNSURE
    if not sure and (few or not _rows_apart(columns, grouped, label is not None)):
        return None
    channels = tuple(ONE if stem.casefold() in PLAIN else stem for stem in grouped)
    places = tuple(tuple(group) for group in grouped.values())
    return Wide(channels, places, sample, label, sure)


def _numbered(
    names: Sequence[str], places: Sequence[int]
) -> tuple[dict[str, list[int]] | None, bool]:
    """Channel → places of its columns by their number, and whether a mark parts name and number.

    None unless all columns are numbered, each channel from 0 or 1 to the same last step.
    """
    found: dict[str, dict[int, int]] = {}
    apart = True
    for name, place in zip(names, places, strict=True):
        bare, unit = split_unit(name)
        whole = name if unit.isdigit() else bare  # "I1 (0)" is numbered, "I1 (A)" has a unit
        match = _NUMBERED.fullmatch(whole)
        if match is None:
            return None, False
        stem = match["stem"] + (f" ({unit})" if unit and not unit.isdigit() else "")
        apart = apart and bool(match["by"] or not match["stem"])
        group = found.setdefault(stem, {})
        if int(match["number"]) in group:
            return None, False
        group[int(match["number"])] = place
    counts = {tuple(sorted(group)) for group in found.values()}
    if len(counts) != 1:
        return None, False
    steps = counts.pop()
    if (
        len(steps) < FEWEST
        or steps != tuple(range(steps[0], steps[0] + len(steps)))
        or steps[0] > 1
    ):
        return None, False
    return {stem: [group[n] for n in steps] for stem, group in found.items()}, apart


def _unnamed_label(columns: Sequence[Column], words: Sequence[int], headed: bool) -> int | None:
    """The only column of words; or, where columns have no names, a first or last one of a few whole
    numbers beside fractions, as in the UCR archive's files."""
    if len(words) == 1:
        _, values = groups_of(columns[words[0]], 0)
        return words[0] if 1 <= len(values) <= max(2, len(columns[words[0]]) // 2) else None
    if headed or words or len(columns) <= FEWEST:
        return None
    for place in (0, len(columns) - 1):
        others = [c for p, c in enumerate(columns) if p != place]
        values = set(columns[place].tolist())
        few = 2 <= len(values) <= max(2, len(columns[place]) // 2)
        if few and not has_fractions(columns[place]) and any(map(has_fractions, others)):
            return place
    return None


def _rows_apart(columns: Sequence[Column], grouped: dict[str, list[int]], labelled: bool) -> bool:
    """Whether values are more like those in the next column than like those in the next row."""
    across, down = [], []
    for places in grouped.values():
        block = np.stack([columns[p] for p in places], axis=1)  # (rows, steps)
        spread = np.nanstd(block) or 1.0
        across.append(np.nanmean(np.abs(np.diff(block, axis=1))) / spread)
        if len(block) > 1:
            down.append(np.nanmean(np.abs(np.diff(block, axis=0))) / spread)
    if not down:
        return labelled
    ratio = float(np.mean(across)) / (float(np.mean(down)) or 1e-9)
    return ratio < (1.0 if labelled else CALMER)


def wide_samples(name: str, table: Columns, wide: Wide) -> SampleFile:
    """The samples of a table, one for each row; what is missing at the end is no step."""
    steps, columns = len(wide.places[0]), table.columns
    # (rows, T, K)
    values = np.stack([np.stack([columns[p] for p in g], 1) for g in wide.places], 2)
    template = WIDE if wide.sure else WIDE_BY_CONTENT
    said = [Notice(template, {"unit": Phrase(table.unit), "steps": steps})]
    if wide.label is not None:
        said.append(Notice(LABEL, {"column": table.names[wide.label]}))

    def cell(place: int | None, row: int) -> str:
        if place is None:
            return ""
        found = columns[place][row]
        found = found.strip() if isinstance(found, str) else spelt(found)
        return "" if is_missing(found) else found

    def start(tell: Tell) -> Iterator[Sample]:
        short = 0
        for row, found in enumerate(values):
            kept = trimmed(found)
            short += len(kept) < steps
            called = cell(wide.sample, row) or f"{table.unit} {table.lines[row]}"
            yield Sample(kept, cell(wide.label, row) or None, called, wide.channels)
        if short:
            tell(Notice(PADDED, {"count": short}))

    notices = [*table.notices, *said]
    return SampleFile(name, "series", start, channels=wide.channels, notices=notices)
