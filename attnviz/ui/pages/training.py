"""Training: how the chosen model was trained, as the training.json in its folder tells it."""

from pathlib import Path

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.history import FILE_NAME, History
from attnviz.ui.components import figures, training_view
from attnviz.ui.state import model_folder
from attnviz.ui.translation import _, explain_error, language

EXAMPLE = "python -m attnviz train train.csv --validation dev.csv --output my-model"


def main() -> None:
    folder = model_folder()
    try:
        history = History.load(folder)
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return
    if history is None:
        nothing_recorded()
    else:
        show(folder, history)


def nothing_recorded() -> None:
    st.info(
        _(
            "This model has no record of its training. Train a model with the command below: it "
            "leaves a file {name} in the model's folder, and this page draws it."
        ).format(name=FILE_NAME),
        icon=":material/info:",
    )
    st.code(EXAMPLE, None)


def where_to_train() -> None:
    """This page only shows: the command to train with, ready to copy."""
    st.caption(
        _(
            "This page shows how the model was trained. To train one on files of your own, run "
            "this on the command line; the columns text and label are found by themselves:"
        )
    )
    st.code(EXAMPLE, None, wrap_lines=True)


def show(folder: str, history: History) -> None:
    figures.section(_("Training"))
    figures.caption(Path(folder).name)
    training_view.headline(history)
    where_to_train()
    version = (Path(folder) / FILE_NAME).stat().st_mtime_ns
    dark = st.context.theme.type == "dark"
    specs = training_view.drawn(folder, version, language(), dark)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        training_view.over_steps(history, specs)
    with right:
        training_view.through_time(history, specs)
        training_view.data(history)
    training_view.command(history)


main()
