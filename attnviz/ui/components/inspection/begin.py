"""The way to a run: a file is chosen and read beside the page, then its scoring begins."""

import importlib
import sys
from functools import partial
from pathlib import Path

import streamlit as st

from attnviz.data.files import watched
from attnviz.errors import N_, AttnvizError
from attnviz.folders import check_folder, label_names, weights_digest
from attnviz.kinds import SAMPLE_INPUTS, TASK_KINDS
from attnviz.runs import Run
from attnviz.ui import visitors
from attnviz.ui.components.background import AT_ONCE, EVERY, Job, Progress, keep
from attnviz.ui.components.inspection import sample_source, scoring
from attnviz.ui.components.inspection.frame import ERROR, close_run, model_name, open_run
from attnviz.ui.components.inspection.source import GIVEN, Source, choose
from attnviz.ui.state import model_folder, settings_of, weights_version
from attnviz.ui.translation import _, escape_markdown, explain_error, speak_of_samples

OTHER_TASK = N_(
    "This page scores models that say a class, and this one is asked for something else: {task}. "
    "Choose another model above, or see its errors on a file with `{command}`."
)
KEY = "inspect-beginning"  # in the session: the job that reads the file


def show() -> None:
    """A file to choose, or how far the one that was chosen is read."""
    job = st.session_state.get(KEY)
    if job is not None:
        if not job.cancelled and not job.finished(AT_ONCE):
            _watch(job)
            return
        del st.session_state[KEY]
        _open(job)
    folder = model_folder()
    of_samples = settings_of(folder).get("input", "text") in SAMPLE_INPUTS
    if of_samples:
        speak_of_samples(True)
    st.markdown("# " + _("Which texts does the model get wrong?"))
    if (task := settings_of(folder).get("task", "classify")) != "classify":
        command = f"python -m attnviz evaluate FILE --model {Path(folder).name}"
        said = _(OTHER_TASK).format(task=_(TASK_KINDS[task].title), command=command)
        st.info(said, icon=":material/info:")
        return
    source = sample_source.choose(folder) if of_samples else choose(folder)
    if source is None and any(name in st.session_state for name in (GIVEN, sample_source.GIVEN)):
        _import_ahead()
    if source is not None:
        st.session_state[KEY] = Job(partial(_read_source, folder, source, visitors.shelf()))
        st.rerun()


def _import_ahead() -> None:
    """Import what opens a model while somebody looks at what was read of the file."""
    name = "attnviz.classifier"
    if name not in sys.modules:
        keep(name, lambda progress: importlib.import_module(name))


def _open(job: Job) -> None:
    """Go to the run that a job has made, or say why there is none."""
    try:
        run = job.result()
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return
    if run is None:  # cancelled
        return
    for name in (GIVEN, sample_source.GIVEN):  # the next visit begins with another file
        st.session_state.pop(name, None)
    open_run(run)
    if not scoring.finished(run):
        try:
            with st.spinner(_("Opening the model…")):
                scoring.start(run)
        except AttnvizError as error:
            st.session_state[ERROR] = explain_error(error)
    st.rerun()


@st.fragment(run_every=EVERY)
def _watch(job: Job) -> None:
    if job.finished() or job.cancelled:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        text = _("Reading the file… Rows: {rows}").format(rows=f"{job.note or 0:,}")
        st.progress(min(job.share, 1.0), text)
        st.button(_("Cancel"), on_click=job.cancel, key="inspect-beginning-cancel")


def _read_source(
    folder: str, source: Source | sample_source.SampleSource, shelf: Path, progress: Progress
) -> Run:
    read = 0

    def moved(rows: int) -> None:
        nonlocal read
        read = rows
        progress(0, 1, read)

    with watched(lambda: progress(0, 1, read)):
        return source.begin(folder, shelf, moved)


def offer_other_model(run: Run) -> None:
    """Where another model is chosen above: a button to score the same rows with that one."""
    folder = model_folder()
    settings = settings_of(folder)
    fits = settings.get("task", "classify") == "classify" and sample_source.may_score(run, settings)
    if fits and not _is_of(run, folder):
        st.button(
            _("Score with {model} too").format(model=escape_markdown(model_name(folder))),
            on_click=_again,
            args=(folder, run),
            icon=":material/difference:",
            key="inspect-again",
        )


def _again(folder: str, run: Run) -> None:
    st.session_state[KEY] = Job(partial(_read_again, folder, run, visitors.shelf()))
    close_run()


def _read_again(folder: str, run: Run, shelf: Path, progress: Progress) -> Run:
    from attnviz.inspection.starting import start_run
    from attnviz.runs.kept import kept_rows

    about = run.about
    if about.of_samples:
        return sample_source.again(folder, run, shelf, lambda n: progress(n, about.rows, n))
    same = set(label_names(check_folder(folder))) == set(about.labels)
    return start_run(
        folder,
        kept_rows(run),
        digest=about.digest,
        root=shelf,
        text_column=about.text_column,
        label_column=about.label_column,
        label_map=about.label_map if same else None,
        progress=lambda rows: progress(rows, about.rows, rows),
    )


def _is_of(run: Run, folder: str) -> bool:
    """Whether a run was made with the model that is in a folder now."""
    try:
        return _digest(folder, weights_version(folder)) == run.about.weights
    except OSError:  # the folder has gone; nothing can be read with it
        return True


@st.cache_data(show_spinner=False, max_entries=32)
def _digest(folder: str, version: int) -> str:
    return weights_digest(folder)
