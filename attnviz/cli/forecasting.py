"""The command evaluate of a model that forecasts: a row is a window, judged by what came."""

import argparse
import json
from pathlib import Path

import numpy as np

from attnviz.cli.files import progress, tell
from attnviz.cli.inputs import refuse_of_classes
from attnviz.errors import N_
from attnviz.runs import files
from attnviz.writing import make_folder, write_text, written_whole

WORSE = N_(
    "Worse than the seasonal naive: {mae:.4g} against {naive:.4g}. Repeating the last season is "
    "the better forecast of this file."
)


def evaluate_forecast(options: argparse.Namespace) -> int:
    """Errors over all windows, by coming step and by time, as JSON; in a folder also by window."""
    refuse_of_classes(options)
    from attnviz.classifier import Classifier
    from attnviz.evidence import to_plain
    from attnviz.inspection.starting_samples import open_samples
    from attnviz.inspection.window_errors import window_errors

    classifier = Classifier.from_pretrained(options.model)
    file = open_samples(options.file, "series", split=options.split)
    errors = window_errors(classifier, file, progress(None))
    tell([*file.notices, *errors.notices])
    found = to_plain(errors.figures())
    if (found["mae"] or 0) > (found["naive_mae"] or np.inf):
        tell([WORSE.format(mae=found["mae"], naive=found["naive_mae"])])
    if options.output:
        _write(Path(options.output), errors, found)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def _write(folder: Path, errors, found: dict) -> None:
    """metrics.json, and results.parquet with a row for each window."""
    import pyarrow as pa
    from pyarrow import parquet

    make_folder(folder)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    write_text(folder / files.METRICS, text + "\n")
    with written_whole(folder / files.RESULTS) as temporary:
        parquet.write_table(pa.table(errors.by_window()), temporary, compression="zstd")
