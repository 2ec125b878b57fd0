"""One sample of a run, open: why the model says what it says of it, and how it was read."""

import streamlit as st

from attnviz.explain.answer import answer as summarize
from attnviz.runs import Run
from attnviz.runs.samples import samples_at
from attnviz.samples import Sample
from attnviz.trace import Trace
from attnviz.ui.components import answer as answers
from attnviz.ui.components.entrances import brought, reading, sample_answer
from attnviz.ui.state import choose_model

EXPLORE = "inspect-explore"  # in the session: whether Explore is asked for


def read(run: Run, row: int) -> Trace:
    """What the model does with a sample of the run; again on the next rerun at no cost.

    Raises
    ------
    AttnvizError
        If the run's files are damaged, the model cannot be opened or the sample not be read.
    """
    sample = _sample(run, row)
    return reading.trace_of(run.about.model, sample, brought.content_key(sample))


def answer(run: Run, row: int, trace: Trace) -> None:
    """Why, in a sentence or two, and in a line what was read and what was missing."""
    sample, result = _sample(run, row), summarize(trace)
    st.html(answers.reason(result, sample_answer.sentences(trace, result)))
    chosen = brought.Chosen(sample, brought.content_key(sample), sample.name)
    reading.strip(run.about.model, trace, chosen)


def to_explore(run: Run, row: int) -> None:
    """Explore with this sample and the model of the run."""
    choose_model(run.about.model)
    sample = _sample(run, row)
    brought.choose(run.about.model, ("made", sample.name, sample))
    st.session_state[EXPLORE] = True


def _sample(run: Run, row: int) -> Sample:
    return _kept(str(run.folder), run.about.created, row)


@st.cache_resource(show_spinner=False, max_entries=16)
def _kept(folder: str, created: str, row: int) -> Sample:
    return samples_at(Run.open(folder), [row])[0]
