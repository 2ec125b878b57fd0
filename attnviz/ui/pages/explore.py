"""Explore: bring something to read, see inside the network."""

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.ui.components import entrances, questions
from attnviz.ui.state import loaded_classifier, model_folder, stored_example
from attnviz.ui.translation import explain_error

folder = model_folder()
entrance = entrances.entrance_of(folder)
entrance.follow_link(folder)
questions.follow_link("explore")
example = stored_example(folder)
with st.container(key="hero"):
    left, right = st.columns([2, 1], gap="medium")
trace = entrance.show(folder, left, right)
if trace is not None:
    questions.show(folder, trace, key="explore", in_address=True)
    if trace is example:
        try:
            loaded_classifier(folder)  # the picture stands without it; make the next text fast
        except AttnvizError as error:
            right.warning(explain_error(error), icon=":material/info:")
