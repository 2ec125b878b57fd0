"""What is kept of the files that were scored: folders of Parquet, asked by DuckDB.

A run is one file read by one model. Nothing here needs torch: a run can be looked at, filtered and
exported where the model is no longer.
"""

from attnviz.runs.about import About
from attnviz.runs.causes import CAUSES, causes_of
from attnviz.runs.filters import SORTS, Filter
from attnviz.runs.run import Run
from attnviz.runs.shelf import find_runs, run_folder, runs_root, unreadable_runs

__all__ = [
    "CAUSES",
    "SORTS",
    "About",
    "Filter",
    "Run",
    "causes_of",
    "find_runs",
    "run_folder",
    "runs_root",
    "unreadable_runs",
]
