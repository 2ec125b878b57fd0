"""The map of a file: a dot for each text; a rectangle chooses those in it."""

from contextlib import suppress

import streamlit as st

from attnviz.errors import WriteError
from attnviz.evidence.similar import Map2D
from attnviz.runs import Filter, Run
from attnviz.ui.components import vega
from attnviz.ui.components.background import AT_ONCE, Job, Progress, say_failure, watch
from attnviz.ui.components.inspection.chosen import choose_filter, opened_row, state_of
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, gap, language

BEGINNING = 80  # characters of a text that a dot shows

UNNAMED_BRUSH = """<script>
window.attnvizHideBrush ??= () =>
  document.querySelectorAll(".brushed_brush, .brushed_brush_bg").forEach((brush) => {
    if (!brush.ariaHidden) brush.ariaHidden = "true";
  });
window.attnvizBrush ??= new MutationObserver(window.attnvizHideBrush);
window.attnvizBrush.observe(document.body, { childList: true, subtree: true });
window.attnvizHideBrush();
</script>"""
"""Vega calls its brush a picture and gives it no name, which no setting of a chart reaches."""


def show(run: Run, key: str) -> None:
    """The map, made once and kept with the run; what a rectangle in it holds."""
    found = _map(run, key)
    if found is not None:
        _draw(run, found, key)


def _map(run: Run, key: str) -> Map2D | None:
    """The map that was kept, or a new one; None while it is made, or was cancelled."""
    from attnviz.inspection.mapping import load_map

    jobs = st.session_state.setdefault("maps", {})
    job = jobs.get(run.folder.name)
    made = None
    if job is not None and not job.cancelled:
        if not job.finished(AT_ONCE):
            watch(job, _("Laying out the map: this takes about ten seconds…"), lambda: None, key)
            return None
        if job.error is not None:
            say_failure(job.error, lambda: jobs.pop(run.folder.name, None), key)
            return None
        made = job.result()  # where it could not be kept, the session has it
    found = load_map(run) or made
    stale = found is not None and found.of != _readable(state_of(run))
    if found is not None and not stale:
        return found
    if found is None and job is None:
        _begin(run, jobs)
        return _map(run, key)
    with st.container(horizontal=True, vertical_alignment="center"):
        if stale:
            st.caption(_("More texts have been scored since this map was made."))
        label = _("Make the map again") if stale else _("Make the map")
        st.button(label, on_click=_begin, args=(run, jobs), key=f"{key}-make")
    return found


def _begin(run: Run, jobs: dict) -> None:
    jobs[run.folder.name] = Job(lambda progress: _make(run, progress))


def _make(run: Run, progress: Progress) -> Map2D:
    from attnviz.inspection.mapping import map_of, save_map

    found = map_of(run, progress=progress)
    with suppress(WriteError):
        save_map(run, found)
    return found


@st.cache_data(show_spinner=False, max_entries=4)
def _readable(state: tuple) -> int:
    """How many texts have been read."""
    sql = "SELECT count(*) AS count FROM texts WHERE prediction IS NOT NULL"
    return int(Run.open(state[0]).query(sql)["count"][0])


def _draw(run: Run, found: Map2D, key: str) -> None:
    from attnviz.charts.similar import BRUSHED, COLOURED

    labelled = bool(run.about.label_map)
    colour = st.segmented_control(
        _("Colour"),
        list(COLOURED) if labelled else ["predicted"],
        default="outcome" if labelled else "predicted",
        required=True,
        format_func=lambda name: _(COLOURED[name]),
        key=f"{key}-colour-{labelled}",
        persist_state="session",
    )
    said = _("{method} of the context vectors of {count} texts; near means alike.").format(
        method=found.method, count=f"{len(found.rows):,}"
    )
    if len(found.rows) < found.of:
        said += gap(" ") + _("Drawn at random from {of}.").format(of=f"{found.of:,}")
    st.caption(said + gap(" ") + _("Draw a rectangle to choose texts; crosses are mistakes."))
    opened = opened_row(run)
    state = (state_of(run), found.points.tobytes())
    spec = _spec(run, found, colour, None if opened is None else opened.row, state, language())
    event = vega.draw(spec, f"{key}-{colour}", on_select="rerun")
    st.html(UNNAMED_BRUSH, unsafe_allow_javascript=True)
    _brushed(run, found, (event or {}).get("selection", {}).get(BRUSHED) or {}, key)


@st.cache_data(show_spinner=False, max_entries=6)
def _spec(
    _run: Run, _found: Map2D, colour: str, opened: int | None, state: tuple, language_name: str
) -> str:
    from attnviz.charts.similar import map_chart

    texts = map_texts(_run, _found)
    labels = _run.about.labels
    return map_chart(
        _found, texts, colour, opened, labels=labels, translate=_, name=label_name
    ).to_json()


def map_texts(run: Run, found: Map2D) -> list[dict]:
    """What is known of each text of the map, in its order."""
    columns = f"row, line, substr(text, 1, {BEGINNING}) AS text, truth, predicted, outcome"
    rows = tuple(found.rows.tolist())
    known = run.page(Filter(rows=rows), most=len(rows), columns=columns).set_index("row")
    known = known.astype(object).where(known.notna(), None)
    return known.loc[list(rows)].to_dict("records")


def _brushed(run: Run, found: Map2D, brush: dict, key: str) -> None:
    """How many texts the rectangle holds, and a way to them."""
    if len(brush) < 2:
        return
    rows = found.inside(tuple(brush["x"]), tuple(brush["y"]))
    if not len(rows):
        return
    chosen = Filter(rows=tuple(rows.tolist()))
    wrong = _wrong(state_of(run), chosen.rows)
    with st.container(horizontal=True, vertical_alignment="center"):
        said = _("Texts chosen: {count}. Mistakes among them: {wrong}.")
        st.markdown(said.format(count=f"{len(rows):,}", wrong=f"{wrong:,}"))
        st.button(
            _("Open them in the queue"),
            on_click=choose_filter,
            args=(run, chosen, "queue"),
            key=f"{key}-queue",
            icon=":material/arrow_forward:",
            type="primary",
        )


@st.cache_data(show_spinner=False, max_entries=8)
def _wrong(state: tuple, rows: tuple[int, ...]) -> int:
    return Run.open(state[0]).count(Filter(outcome="wrong", rows=rows))
