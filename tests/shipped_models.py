"""The shipped models, by what they read."""

from pathlib import Path

from attnviz.folders import PRETRAINED, check_folder, find_models
from attnviz.kinds import SAMPLE_INPUTS
from attnviz.samples import Sample, shipped
from attnviz.samples.windows import past
from attnviz.trace import Trace


def text_models() -> list[Path]:
    """Those that read texts."""
    return [path for path in find_models(PRETRAINED) if not reads_samples(path)]


def reads_samples(folder: Path) -> bool:
    return check_folder(folder).get("input", "text") in SAMPLE_INPUTS


def read_again(stored: Trace, folder: Path) -> str | Sample:
    """What a stored trace was made of: its text, or the first sample that came with the model."""
    if stored.text is not None:
        return stored.text
    sample, config = shipped.load(folder)[0].sample, check_folder(folder)
    if horizon := config["horizon"]:
        return past(sample, len(sample.values) - horizon, config["max_tokens"])
    return sample
