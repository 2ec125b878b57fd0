"""attnviz in the browser: `python -m streamlit run app.py`."""

import streamlit as st

from attnviz.ui import address
from attnviz.ui.components import frame
from attnviz.ui.translation import _

st.set_page_config(page_title="attnviz", page_icon="attnviz/ui/icon.svg", layout="wide")
ready = frame.top_bar()
page = st.navigation(
    [
        st.Page("attnviz/ui/pages/explore.py", title=_("Explore"), icon=":material/grid_on:"),
        st.Page("attnviz/ui/pages/inspect.py", title=_("Inspect"), icon=":material/troubleshoot:"),
        st.Page("attnviz/ui/pages/training.py", title=_("Training"), icon=":material/show_chart:"),
    ],
    position="top",
)
address.note_page(page.url_path)
if ready:
    page.run()
