"""Scoring with Ray: bit for bit what the local engine gives, also when a worker dies."""

import os
import signal
import sys
import tempfile

import pytest
from pyarrow import parquet

from attnviz.errors import AttnvizError, FileError
from attnviz.inspection import ray_engine
from attnviz.inspection.ray_engine import score_run_with_ray
from attnviz.inspection.scoring import score_run
from attnviz.runs import about as about_module
from tests.scored_runs import make_run, random_rows

pytestmark = [  # of Ray about itself
    pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:ray"),
]
CHUNK = 31
COUNT = 7 * CHUNK - 5  # 7 chunks, the last one shorter


@pytest.fixture(scope="module")
def cluster():
    """A local Ray of two workers, in a folder whose name is short enough for its sockets."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
        ray.init(num_cpus=2, object_store_memory=100_000_000, _temp_dir=folder, **options)
        yield
        ray.shutdown()


@pytest.fixture
def runs(tmp_path, classifier, monkeypatch):
    """The same rows twice, not scored yet."""
    monkeypatch.setattr(about_module, "CHUNK", CHUNK)
    monkeypatch.setattr("tests.scored_runs.CHUNK", CHUNK)
    rows = random_rows(COUNT, classifier.labels)
    return [make_run(tmp_path / name, classifier, rows) for name in ("local", "ray")]


def test_a_killed_worker_costs_its_chunk_and_no_bit_of_the_result(
    cluster, runs, classifier, saved, tmp_path, monkeypatch
):
    local, spread = runs
    score_run(classifier, local)
    once = tmp_path / "killed"

    class Mortal(ray_engine.Scorer):
        def __call__(self, row):
            if row["number"] == 3 and not once.exists():
                once.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(row)

    monkeypatch.setattr(ray_engine, "Scorer", Mortal)
    paces = []
    shared = tmp_path / "shared"
    shared.mkdir()
    score_run_with_ray(saved, spread, paces.append, workers=2, shared=shared.as_uri())
    assert once.exists()
    assert list(shared.iterdir()) == []
    assert paces[-1].done == COUNT
    for number in range(local.parts):
        wanted, found = (parquet.read_table(run.part_path(number)) for run in runs)
        assert found.equals(wanted), number


def test_rows_that_workers_could_not_see_are_one_clear_message(runs, saved):
    with pytest.raises(FileError, match="cannot be copied to nowhere://bucket"):
        score_run_with_ray(saved, runs[1], shared="nowhere://bucket")


def test_without_ray_it_says_how_to_install_it(runs, saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(AttnvizError, match='pip install "ray'):
        score_run_with_ray(saved, runs[1])
