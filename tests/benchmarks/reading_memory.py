"""What it takes to read a file of a million rows into a run's rows.parquet.

python -m tests.benchmarks.reading_memory [ROWS]

Prints rows per second and the peak memory of a process that does nothing else, for each format;
the first line is a file of ten rows, which shows what Python and Arrow take themselves.
"""

import gzip
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from time import perf_counter

SENTENCE = "the film was not a bad one at all and its music stays with you for long 好看"


def lines(rows: int):
    """(text of about 100 characters, label), always the same."""
    random, words = Random(7), SENTENCE.split()
    for number in range(rows):
        yield f"{number} " + " ".join(random.choices(words, k=22)), number % 2


def write(path: Path, rows: int) -> None:
    opener = gzip.open if path.suffix == ".gz" else open
    if path.suffix == ".parquet":
        import pyarrow as pa
        from pyarrow import parquet

        texts, labels = zip(*lines(rows), strict=True)
        table = pa.table({"text": texts, "label": labels})
        parquet.write_table(table, path, row_group_size=rows)
        return
    with opener(path, "wt", encoding="utf-8") as file:
        if ".jsonl" in path.name:
            file.writelines(
                f'{{"text": "{text}", "label": {label}}}\n' for text, label in lines(rows)
            )
        else:
            file.write("text,label\n")
            file.writelines('"{}",{}\n'.format(*row) for row in lines(rows))


def read(path: Path) -> None:
    """In a process of its own: what reading takes, on one line."""
    from attnviz.data import open_rows
    from attnviz.runs.rows import write_rows

    start = perf_counter()
    counted = write_rows(open_rows(path), path.with_suffix(".rows"))
    seconds = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{path.name:22} {path.stat().st_size / 1e6:8.1f} MB {counted.rows:10,} rows "
        f"{counted.rows / seconds:10,.0f} rows/s {peak:8.0f} MB peak"
    )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        for name, count in (
            ("ten.csv", 10),
            ("many.csv", rows),
            ("many.jsonl", rows),
            ("many.parquet", rows),
            ("many.csv.gz", rows),
        ):
            path = Path(folder) / name
            subprocess.run(  # so that what writing takes is not counted
                [sys.executable, "-m", __spec__.name, "write", str(path), str(count)], check=True
            )
            subprocess.run([sys.executable, "-m", __spec__.name, "read", str(path)], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["read"]:
        read(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
