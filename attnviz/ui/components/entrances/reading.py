"""A sample as the model read it: its trace, and what a person must know of the reading."""

from dataclasses import replace

import numpy as np
import streamlit as st

from attnviz.data.table import Notice
from attnviz.errors import N_
from attnviz.samples import Sample
from attnviz.samples.sample_file import MISSING as COUNTED
from attnviz.trace import Trace
from attnviz.ui.components.entrances.brought import Chosen, input_of
from attnviz.ui.state import (
    loaded_classifier,
    remembered,
    settings_of,
    stored_example,
    weights_version,
)
from attnviz.ui.translation import _, escape_markdown, fill

STEPS = N_("{count} steps")
STEPS_OF = N_("{count} steps of {step} {unit}")
UNITS = {
    "day": N_("day"),
    "week": N_("week"),
    "month": N_("month"),
    "quarter": N_("quarter"),
    "year": N_("year"),
}
"""Units of time that are words."""
FRAMES = N_("{count} frames of {rows} × {columns} pixels")
PICTURE = N_("a picture of {rows} × {columns} pixels, read in {count} steps")
CUT = N_("{count} steps more were not read")
MISSING = N_("missing values: {count} of {all}, read as the mean")


def trace_of(folder: str, sample: Sample, key: tuple) -> Trace:
    """The trace of a sample; the same on the next rerun costs nothing. `key` names the sample.

    Raises
    ------
    AttnvizError
        If the model cannot be opened, or the sample is none that it reads.
    """
    example = stored_example(folder)
    if example is not None and _same(example, sample):
        return example
    about = (folder, weights_version(folder), key)
    return remembered("traces", about, lambda: loaded_classifier(folder).trace(sample))


def _same(example: Trace, sample: Sample) -> bool:
    """Whether a saved trace is of this very sample."""
    values = np.asarray(sample.values)
    if example.values is None or example.values.shape != values.shape:
        return False
    return np.array_equal(example.values, values.astype(example.values.dtype), equal_nan=True)


def as_read(folder: str, sample: Sample, key: tuple) -> tuple[Sample, tuple[Notice, ...]]:
    """The sample with the model's channels, step and size, the steps that a trace counts; and what
    was guessed or converted for that. `key` names the sample; the next rerun costs nothing.

    Raises
    ------
    AttnvizError
        If the model cannot be opened, or the sample is none that it reads.
    """
    about = (folder, weights_version(folder), key)
    return remembered("fitted-samples", about, lambda: _fitted(folder, sample))


def _fitted(folder: str, sample: Sample) -> tuple[Sample, tuple[Notice, ...]]:
    from attnviz.processing.fitting import fitted, pictures

    kind, config = input_of(folder), loaded_classifier(folder).network.config
    if kind == "series":
        sample, said = fitted(sample, config)
    else:
        values, said = pictures(sample.values, config, 4 if kind == "frames" else 3)
        sample = replace(sample, values=values)
    return sample, tuple(Notice(*pair) for pair in said)


def strip(folder: str, trace: Trace, chosen: Chosen, before: Trace | None = None) -> None:
    """What was read, in one line: how much, what was missing, what was guessed or converted.

    `before` is the trace without the changes that a person made, whose sample is read as it came.
    """
    parts = [_size(folder, trace)]
    if trace.truncated:
        parts.append(f":orange[**{_(CUT).format(count=trace.truncated)}**]")
    if trace.values.ndim == 2 and (missing := int(np.isnan(trace.values).sum())):
        parts.append(_(MISSING).format(count=missing, all=trace.values.size))
    told = [*(before.notices if before else ()), *trace.notices]
    said = [fill(template, values) for template, values in told]
    said += [_of_file(one) for one in chosen.notices if one.template != COUNTED]
    parts += [line.removesuffix(".").removesuffix("。") for line in dict.fromkeys(said)]
    st.caption(" · ".join(parts))


def _of_file(notice: Notice) -> str:
    return fill(notice.template, notice.values)


def _size(folder: str, trace: Trace) -> str:
    count, settings = len(trace.tokens), settings_of(folder)
    if trace.values.ndim == 2:
        step, unit = settings.get("step"), settings.get("step_unit", "")
        if step is None:
            return _(STEPS).format(count=count)
        wide = step * settings.get("stride", 1)
        named = _(UNITS[unit]) if unit in UNITS else escape_markdown(unit)
        return _(STEPS_OF).format(count=count, step=f"{wide:g}", unit=named)
    rows, columns = trace.values.shape[-3:-1]
    template = FRAMES if trace.values.ndim == 4 else PICTURE
    return _(template).format(count=count, rows=rows, columns=columns)
