"""What the cells of a column have in common, and how another row compares with that."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from attnviz.data.names import USUAL_NAMES

MOST_VALUES = 50  # different ones of a column whose values are few
LONGEST_VALUE = 40  # characters of one of them
MOST = 0.95  # of a column's cells that must be alike
NAMES = frozenset(
    (
        *USUAL_NAMES,
        *("id", "ids", "idx", "index", "no", "nr", "uid", "guid", "key", "row", "date", "datetime"),
        *("time", "timestamp", "created at", "name", "title", "user", "user id", "username"),
        *("author", "rating", "ratings", "score", "scores", "stars", "star rating", "url", "link"),
        *("source", "lang", "language", "split", "topic", "intent", "emotion", "emotions"),
        *("feedback", "description", "headline", "question", "answer", "summary", "subject"),
        *("sentence1", "sentence2", "text a", "text b", "label text", "true label", "genre"),
        *("classes", "categories", "kommentar", "bewertung", "datum", "texte", "avis", "texto"),
        *("序号", "编号", "标题", "日期", "时间", "评分", "星级", "意图", "用户", "主题", "名称"),
    )
)
_NAMED = re.compile(r"[a-z0-9]+([ _-][a-z0-9]+)*[ _-](id|text|label|score|rating|date|name|type)")
_NUMBER = re.compile(r"[-+−(]?\.?\d[\d.,;:/% ]*(?:[eE][-+]?\d+)?\)?%?")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_END = re.compile(r"[.!?…。！？~]['\"”’)）]*\s*$")


def is_name(cell: str) -> bool:
    """Whether a cell is a word by which columns are called."""
    cell = re.sub(r"[ _-]+", " ", cell.strip().casefold())
    return cell in NAMES or _NAMED.fullmatch(cell) is not None


def is_number(cell: str) -> bool:
    """A number, also with a unit of per cent, or several of them: “17,3”."""
    return _NUMBER.fullmatch(cell.strip()) is not None


def is_prose(cell: str) -> bool:
    """Whether a cell reads like a text and not like a name."""
    words = cell.split()
    return len(words) >= 5 or len(_WIDE.findall(cell)) >= 8 or bool(words and _END.search(cell))


def shape(cell: str) -> str:
    """The cell with 9 for digits and a for letters: “a-9” of “user-17”."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", cell.strip()))


@dataclass(frozen=True)
class Column:
    """What most cells of a column are: "number", "date", "value" (of few), "text", "other", ""."""

    kind: str
    values: Counter
    filled: int = 0  # cells that are not blank
    length: float = 0  # characters of the middle one
    shape: str = ""  # of a date, or of whatever else has many digits

    @property
    def settled(self) -> bool:
        """Whether the rows hold each of its values often enough for an unseen one to be none."""
        return 0 < len(self.values) <= 20 and self.filled >= max(6, 3 * len(self.values))


def column(cells: Sequence[str]) -> Column:
    given = [cell.strip() for cell in cells if cell.strip()]
    if not given:
        return Column("", Counter())
    values = Counter(given) if max(map(len, given)) <= LONGEST_VALUE else Counter()
    few = 0 < len(values) <= MOST_VALUES and len(given) >= 2 * len(values)
    length = median(map(len, given))
    common, count = Counter(map(shape, given)).most_common(1)[0]
    digits = min(sum(map(str.isdigit, cell)) for cell in given if shape(cell) == common)
    if _share(given, is_number):
        kind = "number"
    elif count >= MOST * len(given) and common.count("9") >= 2 and digits >= 6:
        kind = "date"
    elif few:
        kind = "value"
    else:
        kind = "text" if length >= 15 or _share(given, is_prose, 0.5) else "other"
    return Column(kind, values if few else Counter(), len(given), length, common)


def columns_of(rows: Sequence[Sequence[str]], width: int) -> list[Column]:
    """So many columns of rows, of which some may have fewer cells."""
    return [
        column([cells[place] if place < len(cells) else "" for cells in rows])
        for place in range(width)
    ]


def _share(cells: list[str], holds, least: float = MOST) -> bool:
    return sum(map(holds, cells)) >= least * len(cells)


@dataclass
class Evidence:
    """How a row compares with the columns below it: as one more row, or as their names."""

    names: int = 0  # cells that are the words by which columns are called
    unlike: int = 0  # cells that are not what all others of the column are
    alike: int = 0  # cells that are a number or date as all others are
    known: int = 0  # cells that are one of the column's few values
    prose: int = 0  # cells of a text column that read like a text
    questions: int = 0  # cells of a text column that ask, as a survey's names do
    short: int = 0  # cells of a text column that do not, and are shorter than the texts
    counted: bool = False  # whether they are 0, 1, 2 …, as programs number columns

    @property
    def is_header(self) -> bool:
        """Whether the row surely names the columns."""
        if self.names or self.counted:
            return True
        same = self.alike + self.known + self.prose
        return not same and self.unlike + self.short > 0

    @property
    def is_data(self) -> bool:
        """Whether the row is surely none of names."""
        if self.names or self.counted or self.unlike:
            return False
        return bool(self.known or (self.alike and self.prose and not self.short))


def compare(row: Sequence[str], columns: Sequence[Column]) -> Evidence:
    found = Evidence()
    cells = [cell.strip() for cell in row]
    given = [cell for cell in cells if cell]
    found.counted = given in ([str(n + first) for n in range(len(given))] for first in (0, 1))
    for cell, known in zip(cells, columns, strict=False):
        if not cell or not known.kind:
            continue
        seen = known.values.get(cell, 0)
        if is_name(cell) and not seen:
            found.names += 1
        elif known.kind == "number":
            _count_number(found, cell, known)
        elif known.kind == "date":
            found.alike += shape(cell) == known.shape
            found.unlike += not any(map(str.isdigit, cell))
        elif known.kind == "value":
            found.known += seen > 1 and len(known.values) > 1
            found.unlike += not seen and known.settled
        elif known.kind == "text":
            asked = cell.endswith(("?", "？"))
            found.questions += asked
            found.prose += is_prose(cell) and not asked
            found.short += not is_prose(cell) and 2 * len(cell) <= known.length
    return found


def _count_number(found: Evidence, cell: str, known: Column) -> None:
    if not is_number(cell):
        found.unlike += 1
    elif known.values.get(cell, 0) > 1 and 1 < len(known.values) <= 20:
        found.known += 1
    else:
        found.alike += 1
