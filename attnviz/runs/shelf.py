"""Where runs are kept, and which there are."""

import hashlib
import os
import re
from pathlib import Path

from attnviz.errors import FileError
from attnviz.runs import files
from attnviz.runs.about import About
from attnviz.runs.run import Run


def runs_root() -> Path:
    """`ATTNVIZ_RUNS`, or `.attnviz/runs` in the user's home."""
    named = os.environ.get("ATTNVIZ_RUNS")
    return Path(named).expanduser() if named else Path.home() / ".attnviz" / "runs"


def find_runs(root: Path | None = None) -> list[Run]:
    """The sound runs of a folder, latest first; what is no run is left out."""
    found = []
    for path in (root or runs_root()).glob(f"*/{files.ABOUT}"):
        try:
            found.append(Run.open(path.parent))
        except FileError:
            continue
    return sorted(found, key=lambda run: run.about.created, reverse=True)


def unreadable_runs(root: Path | None = None) -> list[Path]:
    """The folders whose run.json cannot be read."""
    sound = {run.folder for run in find_runs(root)}
    folders = [path.parent for path in (root or runs_root()).glob(f"*/{files.ABOUT}")]
    return sorted(folder for folder in folders if folder not in sound)


def run_folder(about: About, root: Path | None = None) -> Path:
    """Where the run of this file, these columns and this model belongs, always the same."""
    named = (about.digest, about.weights, about.text_column, about.encoding, about.delimiter)
    named += tuple(sorted(about.reading.items()))
    digest = hashlib.sha256("\0".join(map(str, named)).encode("utf-8", "replace")).hexdigest()
    words = re.sub(r"[^\w.-]+", "-", f"{Path(about.file).stem}-{Path(about.model).name}")[:60]
    return (root or runs_root()) / f"{words}-{digest[:10]}"
