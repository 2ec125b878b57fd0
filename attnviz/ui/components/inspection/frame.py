"""Around the views of the Inspect page: which run is open, what it is called, which others are."""

from datetime import datetime
from pathlib import Path

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.folders import check_folder
from attnviz.runs import Run, files, find_runs, unreadable_runs
from attnviz.ui import address, state, visitors
from attnviz.ui.components.inspection import scoring
from attnviz.ui.components.inspection.chosen import leave_run, state_of
from attnviz.ui.components.inspection.keeping import keeping, say_failure
from attnviz.ui.translation import _, escape_markdown, explain_error, fill
from attnviz.writing import tidy

ERROR = "inspect-error"  # in the session: what went wrong on the way to a run
KEY = "run"  # in the address and in the session: the folder name of the open run
MOST_LABELS = 40  # that are shown
LISTED = 10  # runs that are listed unasked


def current_run() -> Run | None:
    """The run that the address names; after a visit to another page, the one that was open."""
    name = st.query_params.get(KEY)
    if name is None and address.arrived():
        name = st.session_state.get(KEY)
    if not name:
        st.session_state.pop(KEY, None)
        return None
    run = _find(name)
    if run is None:
        text = _("There is no run “{name}” any more, or it cannot be read.")
        st.warning(text.format(name=escape_markdown(name)), icon=":material/info:")
        close_run()
    else:
        before = state.model_folder()
        open_run(run)
        if state.model_folder() != before:
            st.rerun()  # the bar above is drawn with the model before
    return run


def _find(name: str) -> Run | None:
    if name in (".", "..") or Path(name).name != name:  # an address opens no folder elsewhere
        return None
    try:
        return Run.open(visitors.shelf() / name)
    except AttnvizError:
        return None


def open_run(run: Run) -> None:
    """Make a run the open one, here and in the address."""
    if st.session_state.get(KEY) != run.folder.name:
        tidy(run.folder)
        _choose_its_model(run)
    st.session_state[KEY] = run.folder.name
    if st.query_params.get(KEY) != run.folder.name:
        st.query_params[KEY] = run.folder.name


def _choose_its_model(run: Run) -> None:
    """The model above is that of the run, as long as nobody chooses another."""
    try:
        check_folder(run.about.model)
    except AttnvizError:  # it has gone, which is said where it is needed
        return
    state.choose_model(run.about.model)


def close_run() -> None:
    st.session_state.pop(KEY, None)
    st.query_params.pop(KEY, None)
    leave_run()


def header(run: Run) -> None:
    """What is open, and one button for what can be done with it as a whole."""
    st.button(
        _("All runs"),
        on_click=close_run,
        icon=":material/chevron_left:",
        type="tertiary",
        key="inspect-close",
    )
    st.markdown("# " + escape_markdown(run.about.name), width="content")
    with st.popover(_("About…"), type="tertiary", key="inspect-about"):
        st.caption(" · ".join(_facts(run)))
        _about(run)
        st.text_input(
            _("Name of the run"),
            run.about.name,
            key=f"inspect-name-{run.folder.name}",
            on_change=keeping(KEY, _rename),
            args=(run,),
        )
        with st.expander(_("Delete…"), key="inspect-delete"):
            st.markdown(
                _(
                    "The scores, marks and slices of this run will be lost. Your file is not "
                    "touched."
                )
            )
            st.button(
                _("Delete this run"),
                on_click=_delete,
                args=(run,),
                type="primary",
                key="inspect-delete-now",
            )


def notices(run: Run) -> None:
    """What the reader of the views must know: another model above, what went wrong, lost marks."""
    _say_whose_numbers(run)
    if error := st.session_state.pop(ERROR, None):
        st.error(error, icon=":material/error:")
    say_failure(KEY)
    if lost := _unreadable_marks(state_of(run)):
        said = _("Lines of {file} that cannot be read: {count}. The marks in them are lost.")
        values = {"file": escape_markdown(files.MARKS), "count": f"{lost:,}"}
        st.warning(said.format(**values), icon=":material/warning:")


@st.cache_data(show_spinner=False, max_entries=16)
def _unreadable_marks(state: tuple) -> int:
    return Run.open(state[0]).unreadable_marks


def _say_whose_numbers(run: Run) -> None:
    """Where another model is chosen above: that all below is of the run's own."""
    chosen = state.model_folder()
    if not chosen or chosen == run.about.model:
        return
    text = _(
        "Everything below is of **{model}**, the model of this run, evidence too. **{chosen}**, "
        "chosen above, has no part in it."
    )
    names = {"model": model_name(run.about.model), "chosen": model_name(chosen)}
    if names["model"] == names["chosen"]:
        names = {"model": run.about.model, "chosen": chosen}
    st.caption(text.format(**{name: escape_markdown(value) for name, value in names.items()}))


def _about(run: Run) -> None:
    """How the file was read, and what there was to tell about it."""
    about = run.about
    known = {
        _("Model"): about.model,
        _("Encoding"): about.encoding,
        _("Column of the texts"): "" if about.of_samples else about.text_column,
        _("Column of the labels"): about.label_column or _("no labels"),
        _("Part of the file"): str(about.reading.get("split", "")),
        _("Labels"): ", ".join(
            raw if raw == label else f"{raw} → {label or '–'}"
            for raw, label in list(about.label_map.items())[:MOST_LABELS]
        ),
        _("Kept in"): str(run.folder),
    }
    lines = [f"**{name}**: {escape_markdown(value)}" for name, value in known.items() if value]
    st.markdown("  \n".join([*lines, *(fill(told.template, told.values) for told in about.told)]))


def _rename(run: Run) -> None:
    if name := st.session_state[f"inspect-name-{run.folder.name}"].strip():
        run.change(name=name[:200])


def _delete(run: Run) -> None:
    scoring.stop(run)
    try:
        run.delete()
    except OSError as error:
        text = _("{folder} cannot be deleted: {reason}.")
        values = {"folder": str(run.folder), "reason": str(error)}
        escaped = {name: escape_markdown(value) for name, value in values.items()}
        st.session_state[ERROR] = text.format(**escaped)
        return
    close_run()


def _facts(run: Run) -> list[str]:
    """A run in a few words: model, file, rows, labels, accuracy, when."""
    about = run.about
    labels = about.label_column if about.label_column and about.label_map else None
    parts = [
        escape_markdown(model_name(about.model)),
        escape_markdown(about.file),
        _("rows: {rows}").format(rows=f"{about.rows:,}"),
        _("labels: {column}").format(column=escape_markdown(labels)) if labels else _("no labels"),
    ]
    found = accuracy(str(run.folder), run.scored, labels, tuple(about.label_map.items()))
    if found is None:
        parts.append(_("its files are damaged"))
    elif found[1]:
        parts.append(_("accuracy {share}").format(share=f"{found[0] / found[1]:.1%}"))
    return [*parts, when(about.created)]


def model_name(folder: str) -> str:
    """A model's place among those that were shipped, or its folder's name."""
    path = Path(folder)
    shipped = path.is_relative_to(state.PRETRAINED)
    return path.relative_to(state.PRETRAINED).as_posix() if shipped else path.name


def when(created: str) -> str:
    """A moment as this computer's clock showed it."""
    try:
        return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return escape_markdown(created)


@st.cache_data(show_spinner=False, max_entries=200)
def accuracy(folder: str, scored: int, label: str | None, mapping: tuple) -> tuple[int, int] | None:
    """Right predictions and labelled texts of what is scored of a run; None if it is damaged."""
    if not (scored and label and mapping):
        return 0, 0
    query = "SELECT count(*) FILTER (WHERE outcome = 'right') AS r, count(outcome) AS n FROM texts"
    try:
        found = Run.open(folder).query(query)
    except AttnvizError:  # one broken file must not hide the other runs
        return None
    return int(found["r"][0]), int(found["n"][0])


def list_runs() -> None:
    """The runs that are kept, latest first, each a click away."""
    if visitors.is_shared():
        st.caption(
            _(
                "Others can reach this server. Your files and runs are kept on it, where only you "
                "see them: until you close this browser, or as long as you log in."
            )
        )
    if broken := unreadable_runs(visitors.shelf()):
        said = _("Folders whose run cannot be read: {names}. Score their files again.")
        listed = ", ".join(escape_markdown(path.name) for path in broken[:LISTED])
        st.caption(said.format(names=listed))
    runs = find_runs(visitors.shelf())
    if not runs:
        return
    st.markdown("## " + _("Your runs"))
    for run in runs if st.session_state.get("inspect-all-runs") else runs[:LISTED]:
        _row(run)
    if len(runs) > LISTED:
        st.toggle(_("All {count} runs").format(count=len(runs)), key="inspect-all-runs")


def _row(run: Run) -> None:
    name = run.folder.name
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            escape_markdown(run.about.name),
            on_click=open_run,
            args=(run,),
            key=f"inspect-open-{name}",
            icon=":material/folder_open:",
        )
        st.caption(" · ".join([*_facts(run), *_state(run)]), width="content")
        stopped = not (scoring.finished(run) or scoring.at_work(run))
        if stopped and st.button(
            _("Resume"), icon=":material/play_arrow:", key=f"inspect-resume-{name}"
        ):
            _resume(run)


def _resume(run: Run) -> None:
    try:
        with st.spinner(_("Opening the model…")):
            scoring.start(run)
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return
    open_run(run)
    st.rerun()


def _state(run: Run) -> list[str]:
    if scoring.at_work(run):
        return [":orange[" + _("being scored") + "]"]
    if scoring.finished(run):
        return []
    share = f"{run.scored / run.about.rows:.0%}" if run.about.rows else "0%"
    return [":orange[" + _("{share} scored").format(share=share) + "]"]
