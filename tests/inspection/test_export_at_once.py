"""Exports that are written at the same time: each delivers its own rows, all and no others."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from attnviz.data import read_table
from attnviz.errors import WriteError
from attnviz.inspection.export import export
from attnviz.inspection.sheets import EXPORTS
from attnviz.runs import Filter, files
from attnviz.runs.schema import scores_schema
from tests.scored_runs import make_run, random_rows

ROOT = Path(__file__).parents[2]
SHOP = Filter(columns=(("source", "shop"),))
EVERYTHING = Filter()
PROCESS = """
import sys
from attnviz.inspection.export import export
from attnviz.runs import Filter, Run
run = Run.open(sys.argv[1])
for _ in range(4):
    print(export(run, None, sys.argv[2], Filter.from_dict(eval(sys.argv[3]))).path)
"""


@pytest.fixture(scope="module")
def long_run(tmp_path_factory, classifier):
    """6,000 rows, so that exports of them overlap; not scored, for that takes long."""
    rows = random_rows(6_000, classifier.labels)
    run = make_run(tmp_path_factory.mktemp("long") / "run", classifier, rows)
    schema = scores_schema(len(classifier.labels), run.about.context)
    for number in range(run.parts):
        run.write_part(number, schema.empty_table())
    return run


def rows_of(path):
    return [int(row) for row in read_table(path).column("attnviz_row")]


def expected(run, chosen):
    return run.page(chosen, most=10_000, columns="row")["row"].tolist()


@pytest.mark.parametrize("kind", EXPORTS)
@pytest.mark.parametrize("filters", [(EVERYTHING, SHOP), (SHOP, SHOP, SHOP)])
def test_threads_each_get_exactly_their_rows(long_run, kind, filters):
    begin = threading.Barrier(len(filters))

    def write(chosen):
        begin.wait()
        return export(long_run, None, kind, chosen)

    with ThreadPoolExecutor(len(filters)) as pool:
        written = list(pool.map(write, filters))
    for exported, chosen in zip(written, filters, strict=True):
        wanted = expected(long_run, chosen)
        assert exported.rows == len(wanted)
        assert rows_of(exported.path) == wanted
    assert not list((long_run.folder / files.EXPORTS).rglob("*.tmp"))


def test_processes_each_get_exactly_their_rows(long_run):
    filters = (EVERYTHING, SHOP, SHOP)
    command = [sys.executable, "-c", PROCESS, str(long_run.folder), "csv"]
    started = [
        subprocess.Popen(
            [*command, repr(chosen.to_dict())], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for chosen in filters
    ]
    for process, chosen in zip(started, filters, strict=True):
        written, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        assert rows_of(written.split("\n")[0]) == expected(long_run, chosen)


def test_a_slow_export_is_not_mixed_with_one_that_overtakes_it(long_run):
    second = None

    def overtake(done, total):
        nonlocal second
        second = second or export(long_run, None, "csv", SHOP)

    first = export(long_run, None, "csv", progress=overtake)
    assert first.path != second.path
    assert rows_of(first.path) == list(range(6_000))
    assert rows_of(second.path) == expected(long_run, SHOP)


def test_an_export_stays_what_it_was_as_marks_change(own_run):
    first = export(own_run, None, "csv")
    before = first.path.read_bytes()
    own_run.mark([3], "drop")
    second = export(own_run, None, "csv")
    assert first.path.read_bytes() == before != second.path.read_bytes()
    assert first.path.name == second.path.name == "reviews-inspected.csv"


def test_an_export_that_is_a_day_old_goes_once_it_is_written_anew(own_run, monkeypatch):
    first = export(own_run, None, "csv").path
    other = export(own_run, None, "csv", SHOP).path
    own_run.mark([3], "drop")
    now = time.time()
    monkeypatch.setattr("attnviz.inspection.export.time.time", lambda: now + 100_000)
    second = export(own_run, None, "csv").path
    assert (first.exists(), other.exists(), second.exists()) == (False, True, True)


def test_a_file_with_a_long_name_is_exported(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, [("good", "positive", "web")])
    run.change(file="好" * 200 + ".csv")
    assert rows_of(export(run, None, "csv").path) == [0]


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_that_finds_no_room_is_one_line_and_leaves_nothing(own_run, kind):
    code = (
        "import resource, signal, sys; from attnviz.errors import WriteError\n"
        "from attnviz.inspection.export import export; from attnviz.runs import Run\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "run = Run.open(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))\n"
        "try: export(run, None, sys.argv[2])\n"
        "except WriteError as error: print(error)"
    )
    command = [sys.executable, "-c", code, str(own_run.folder), kind]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"reviews-inspected.{kind} could not be written: File too large" in done.stdout
    assert not [path for path in (own_run.folder / files.EXPORTS).rglob("*") if path.is_file()]


def test_an_export_that_is_ended_leaves_nothing(own_run):
    with pytest.raises(ZeroDivisionError):
        export(own_run, None, "xlsx", progress=lambda done, total: 1 / 0)
    assert not [path for path in (own_run.folder / files.EXPORTS).rglob("*") if path.is_file()]


def test_a_workbook_that_cannot_be_made_is_a_write_error(own_run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError):
        export(own_run, tmp_path / "file" / "out.xlsx", "xlsx")
