"""Inspect: score the texts of a file, find the mistakes, and see from the inside why."""

import importlib
from pathlib import Path

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.runs import Run
from attnviz.ui.components import figures
from attnviz.ui.components.inspection import begin, chosen, frame, scoring
from attnviz.ui.translation import _, explain_error, speak_of_samples

# Module in attnviz.ui.components.inspection, with a function show(run, key) → its title.
VIEWS = {
    "overview": N_("Overview"),
    "queue": N_("Mistakes"),
    "causes": N_("Causes"),
    "contrast": N_("Contrast"),
    "similar": N_("Similar texts"),
    "slices": N_("Slices"),
    "compare": N_("Compare"),
    "export": N_("Export"),
}
OF_TEXTS = ("contrast",)  # views that speak of words

STYLE = (Path(begin.__file__).parents[1] / "inspect.css").read_text(encoding="utf-8")


def main() -> None:
    st.html(f"<style>{STYLE}</style>")
    run = frame.current_run()
    speak_of_samples(run is not None and run.about.of_samples)
    try:
        if run is None:
            begin.show()
            frame.list_runs()
            return
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key="inspect-strip"
        ):
            frame.header(run)
            chosen.follow_link(run, views_of(run))
            view = choose_view(run)
            st.space("stretch")
            begin.offer_other_model(run)
            scoring.show(run)
        frame.notices(run)
        scoring.drawing(run, lambda: show_view(run, view))
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")


def choose_view(run: Run) -> str:
    """The views of a run as one row of links."""
    views = views_of(run)
    if st.session_state.get(chosen.VIEW) not in {None, *views}:
        st.session_state[chosen.VIEW] = next(iter(views))  # the run before had more
    view = st.segmented_control(
        _("View"),
        views,
        required=True,
        format_func=lambda name: title(run, name),
        key=chosen.VIEW,
        persist_state="session",
        label_visibility="collapsed",
    )
    chosen.name_view(view, views)
    chosen.name_filter(run)
    return view


def show_view(run: Run, view: str) -> None:
    """The chosen view, once there is something to see; only what is open is imported."""
    figures.section(title(run, view))
    figures.caption(run.about.file, frame.model_name(run.about.model))
    if not run.scored:
        st.info(
            _("The first results appear here as soon as they are there."), icon=":material/info:"
        )
        return
    if not run.done and view != "overview":  # which says of how many texts its numbers are
        st.caption(
            _("Rows so far: {done} of {rows}.").format(
                done=f"{run.scored:,}", rows=f"{run.about.rows:,}"
            )
        )
    with place_of(view):
        module = importlib.import_module(f"attnviz.ui.components.inspection.{view}")
        module.show(run, f"inspect-{view}")


def views_of(run: Run) -> dict[str, str]:
    """Those that say something of what the rows are."""
    return {n: t for n, t in VIEWS.items() if not run.about.of_samples or n not in OF_TEXTS}


def place_of(view: str):
    """Where a view stands: each has a place of its own, and those of the others are emptied.

    In one place for all, the view before would stay, faded, until the next one is drawn.
    """
    places = {name: st.container() if name == view else st.empty() for name in VIEWS}
    return places[view]


def title(run: Run, name: str) -> str:
    """A file without labels has no mistakes."""
    unlabelled = name == "queue" and not run.about.label_map
    return _("Texts") if unlabelled else _(VIEWS[name])


main()
