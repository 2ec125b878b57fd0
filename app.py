"""attnviz in the browser: `python -m streamlit run app.py`."""

import streamlit as st

from attnviz.ui import address
from attnviz.ui.components import figures, frame
from attnviz.ui.translation import _, speak_of_samples

st.set_page_config(page_title="attnviz", page_icon="attnviz/ui/icon.svg", layout="wide")
places = frame.begin()
speak_of_samples(False)
pages = [
    st.Page("attnviz/ui/pages/explore.py", title=_("Explore"), default=True),
    st.Page("attnviz/ui/pages/inspect.py", title=_("Inspect a file")),
    st.Page("attnviz/ui/pages/training.py", title=_("Training")),
]
page = st.navigation(pages, position="hidden")
address.note_page(page.url_path)
figures.begin()
if frame.bar(places, pages, page):
    page.run()
    figures.offer()
