"""The shipped models, by what they read."""

from pathlib import Path

from attnviz.folders import PRETRAINED, check_folder, find_models
from attnviz.kinds import SAMPLE_INPUTS
from attnviz.samples import Sample
from attnviz.trace import Trace


def text_models() -> list[Path]:
    """Those that read texts."""
    return [path for path in find_models(PRETRAINED) if not reads_samples(path)]


def reads_samples(folder: Path) -> bool:
    return check_folder(folder).get("input", "text") in SAMPLE_INPUTS


def read_again(stored: Trace, config) -> str | Sample:
    """What a stored trace was made of, for the model to read again."""
    if stored.text is not None:
        return stored.text
    time = {"step": config.step, "step_unit": config.step_unit, "times": stored.tokens}
    return Sample(stored.values, channels=stored.channels, marks=stored.marks, **time)
