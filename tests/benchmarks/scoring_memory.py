"""How much memory scoring a long file takes: `python -m tests.benchmarks.scoring_memory [ROWS …]`.

For each number of rows: a CSV file of short labelled texts is made, and `python -m attnviz evaluate
… --output` runs on it in a process of its own, on one thread, from reading to the report. Told are
the highest resident memory of that process at any time, its time, and rows a second. The goal is
under 2 GB for 1,000,000 rows.
"""

import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from attnviz.data import read_table
from attnviz.folders import PRETRAINED
from tests.benchmarks.scoring_rate import SAMPLE

ROWS = (50_000, 100_000)
MODEL = PRETRAINED / "family" / "lstm"
LABELS = ("negative", "positive")


def write_file(path: Path, count: int, seed: int = 0) -> None:
    """So many rows of 3 to 12 words of the sample."""
    chance = random.Random(seed)
    words = " ".join(read_table(SAMPLE).column("text")).split()
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "source"])
        for _ in range(count):
            text = " ".join(chance.choices(words, k=chance.randint(3, 12)))
            writer.writerow([text, chance.choice(LABELS), chance.choice("abcde")])


def measure(rows: int) -> tuple[float, float]:
    """Peak MB and seconds of one evaluation."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "texts.csv"
        write_file(path, rows)
        command = [sys.executable, "-m", "attnviz", "evaluate", path, "--model", MODEL]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        start = time.monotonic()
        process = subprocess.Popen(
            [*command, "--output", Path(place) / "run"],
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"evaluate ended with exit code {process.returncode}")
        return usage.ru_maxrss / 1_000, time.monotonic() - start


def main() -> None:
    for rows in [int(word) for word in sys.argv[1:]] or ROWS:
        peak, seconds = measure(rows)
        print(
            f"{rows:>9,} rows: {peak:,.0f} MB, {seconds:,.0f} s, {rows / seconds:,.0f} rows/s",
            flush=True,
        )


if __name__ == "__main__":
    main()
