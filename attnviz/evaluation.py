"""How good a model's predictions are on labelled texts."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, sqrt

from attnviz.data import Table


@dataclass(frozen=True)
class Labelled:
    """Texts with their labels, and the name of the file that they came from."""

    name: str
    texts: list[str]
    labels: list[str]


def score(truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> dict:
    """Accuracy of predictions with its 95 % interval, and the confusion counts.

    The interval is Wilson's (1927, eq. 4 with z = 1.96). `confusion` maps a true label to how
    often each label was predicted; a text without a prediction counts as a mistake, under "".
    """
    pairs = Counter(zip(truth, predicted, strict=True))
    right = sum(count for (true, found), count in pairs.items() if found and true == found)
    low, high = _wilson(right, len(truth))
    rows = sorted(set(truth) | set(labels))
    return {
        "texts": len(truth),
        "accuracy": right / len(truth),
        "interval": [low, high],
        "confusion": {
            row: {found: count for (true, found), count in sorted(pairs.items()) if true == row}
            for row in rows
        },
    }


def predictions_csv(
    table: Table, labels: Sequence[str], probabilities: Sequence[Sequence[float]]
) -> bytes:
    """A file's rows with a prediction each, as CSV that a spreadsheet opens and never runs.

    Columns: line, prediction, a probability for each label, then the file's own. A row without a
    prediction has none; a cell that a spreadsheet would take for a formula starts with an
    apostrophe (OWASP, CSV injection). UTF-8 with a byte order mark, for Excel.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["line", "prediction", *map(_no_formula, [*labels, *table.columns])])
    for line, row, cells in zip(table.lines, probabilities, table.rows, strict=True):
        found = ["", *[""] * len(labels)]
        if not isnan(row[0]):
            best = max(range(len(row)), key=row.__getitem__)
            found = [_no_formula(labels[best]), *(f"{value:.6f}" for value in row)]
        writer.writerow([line, *found, *map(_no_formula, cells)])
    return out.getvalue().encode("utf-8-sig")


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell[:1] in tuple("=+-@\t\r") else cell


def _wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    share, spread = right / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * sqrt(share * (1 - share) / total + spread / (4 * total))
    return middle - reach, middle + reach
