"""The order in which a page's lines are read: one column after the other, where it has columns.

A page comes as lines of characters at their places, as pypdf's layout mode gives it. It has columns
where a gutter, two blanks or wider, parts lines that stand side by side, and the lines on either
side are those of a running text: most of them are long, and go on in the next one. Cells of a table
are short, or are whole sentences. Lines across the gutter (a title, a caption over both columns)
part what stands above from what stands below. Each column may have columns again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

SIDE_BY_SIDE = 4  # lines on the right with one on their left, at least
ACROSS = 1.0  # lines across the gutter, for each of those, at most
LETTERS = 15  # in the middle one of a column's lines; a Chinese character counts two
GOES_ON, MOSTLY = 0.3, 0.6  # share of lines that go on in the next one
UNLIKE, HARDLY_UNLIKE = 0.7, 0.3  # share of lines that differ in more than numbers
MOST_CELLS = 200_000  # characters of a page that are searched for gutters
DEEPEST = 3  # gutters in one another: enough for four columns
NARROWEST = 8  # characters
NEAR = 8  # characters by which a long line may push the one on its right
END = re.compile(r"[.!?:;。！？；：…][\"'”’」』）)\]]*$")
CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
BULLET = re.compile(r"[-–•*·▪◦]|\d+[.)]\s|\([a-z\d]\)\s")
PAGE_NUMBER = re.compile(
    r"[-–—\s]*(?:page\s*)?(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:/|of)\s*\d{1,4})?[-–—\s]*$"
    r"|第\s*\d+\s*[页頁].*$",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+")
GAP = re.compile(r" {3,}")


@dataclass(frozen=True)
class Block:
    """Lines that belong together: those of one column, or those across all columns."""

    lines: tuple[str, ...]
    column: bool


@dataclass(frozen=True)
class Order:
    """A page's blocks in reading order, and whether it may have columns that were not taken."""

    blocks: tuple[Block, ...]
    unsure: bool


def reading_order(lines: Sequence[str]) -> Order:
    """Blocks of a page's lines; one block, as they are, where there are no columns."""
    whole = (Block(tuple(lines), False),)
    width = max(map(len, lines), default=0)
    if not width or width * len(lines) > MOST_CELLS:
        return Order(whole, False)
    gutter, unsure = _gutter(lines)
    if gutter is None:
        return Order(whole, unsure)
    return Order(tuple(_blocks(lines, gutter, DEEPEST)), False)


def _blocks(lines: Sequence[str], gutter: int, depth: int) -> Iterator[Block]:
    """Bands of lines from above: across the gutter, or its left column and then its right one."""
    cut = [_cut(line, gutter) for line in lines]
    for across, band in groupby(_settled(cut), key=lambda parts: len(parts) == 1):
        parts = list(band)
        if across:
            yield Block(tuple(part for (part,) in parts), False)
            continue
        for column in zip(*parts, strict=True):
            inner = _gutter(column)[0] if depth > 1 else None
            if inner is None:
                yield Block(_closed(column), True)
            else:
                yield from _blocks(column, inner, depth - 1)


def _settled(cut: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Blank lines, and the short last line of a paragraph across, belong to what is above them."""
    settled: list[tuple[str, ...]] = []
    for parts in cut:
        above = settled[-1] if settled else ("", "")
        if not "".join(parts).strip():
            settled.append(("",) * len(above))
        elif len(above) == 1 and not "".join(parts[1:]).strip() and goes_on(above[0], parts[0]):
            settled.append(parts[:1])
        else:
            settled.append(parts)
    return settled


def _closed(column: Sequence[str]) -> tuple[str, ...]:
    """A column's lines without the blank ones that stand there for the other column's.

    Lines of two columns need not be level, so only a gap that is wider than the usual one parts
    paragraphs.
    """
    rows = [number for number, line in enumerate(column) if line.strip()]
    gaps = [after - before for before, after in pairwise(rows)]
    usual = sorted(gaps)[len(gaps) // 2] if gaps else 1
    found: list[str] = []
    for row, gap in zip(rows, [0, *gaps] if rows else [], strict=True):
        slip = found and gap == usual + 1 and goes_on(found[-1], column[row])
        found += [""] * (gap > usual and not slip)
        found.append(column[row])
    return tuple(found)


def _cut(line: str, gutter: int) -> tuple[str, ...]:
    """The two parts of a line, or the line alone where it goes across."""
    if not line[gutter : gutter + 2].strip():
        return line[:gutter], line[gutter:]
    wide = [gap for gap in GAP.finditer(line) if abs(gap.start() - gutter) <= NEAR]
    if wide and line[: wide[0].start()].strip():
        return line[: wide[0].start()], line[wide[0].start() :]
    return (line,)


def _gutter(lines: Sequence[str]) -> tuple[int | None, bool]:
    """Where a gutter begins, if the page has one; and whether there is one that may part a table.

    Of all places the one is taken that most lines stand side by side at and fewest go across, of
    equals the middle one.
    """
    best: dict[int, list[int]] = {}
    text = [line for line in lines if line.strip()]
    width = max(map(len, text), default=0)
    for place in range(NARROWEST, width - NARROWEST):
        across = sum(bool(line[place : place + 2].strip()) for line in text)
        if across > len(text) // 2:
            continue
        side = _side_by_side(lines, place)
        if side >= SIDE_BY_SIDE and across <= ACROSS * side:
            best.setdefault(side - across, []).append(place)
    if not best:
        return None, False
    places = best[max(best)]
    gutter = places[len(places) // 2]
    parts = [parts for line in lines if len(parts := _cut(line, gutter)) == 2]
    columns = [[part for part in column if part.strip()] for column in zip(*parts, strict=True)]
    long = all(_middle(map(_letters, column)) >= LETTERS for column in columns)
    return (gutter if long and all(map(_runs_on, columns)) else None), long


def _runs_on(column: Sequence[str]) -> bool:
    """Whether lines are those of a running text. Labels of a form come again and again; where most
    lines go on in the next one, sentences may do so too."""
    goes = _goes_on(column)
    return goes >= GOES_ON and _unlike(column) >= (HARDLY_UNLIKE if goes >= MOSTLY else UNLIKE)


def _side_by_side(lines: Sequence[str], place: int) -> int:
    """How many lines right of a place have one to their left, on the same line or the next."""
    left = [bool(line[:place].strip()) for line in lines]
    right = [
        not line[place : place + 2].strip() and bool(line[place + 2 :].strip()) for line in lines
    ]
    return sum(there and any(left[max(row - 1, 0) : row + 2]) for row, there in enumerate(right))


def _goes_on(column: Sequence[str]) -> float:
    """The share of lines that do not end a sentence before a line that does not begin one."""
    pairs = list(pairwise(column))
    return sum(goes_on(*pair) for pair in pairs) / len(pairs) if pairs else 0.0


def _unlike(column: Sequence[str]) -> float:
    """The share of different lines, whatever their numbers: labels and dates come again."""
    return len({NUMBER.sub("", line).strip() for line in column}) / max(len(column), 1)


def goes_on(line: str, after: str) -> bool:
    """Whether a line is clearly the same sentence as the one after it."""
    line, after = line.strip(), after.strip()
    if not line or not after or END.search(line) or BULLET.match(after):
        return False
    return after[0].islower() or (CJK.match(line[-1]) and CJK.match(after[0])) is not None


def is_page_number(line: str) -> bool:
    """Whether a line holds a page's number and nothing else."""
    return PAGE_NUMBER.match(line.strip()) is not None


def _letters(line: str) -> int:
    return len(line.strip()) + len(CJK.findall(line))


def _middle(values) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0
