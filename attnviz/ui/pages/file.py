"""File: read the texts of a file, see each prediction, open one in the token table."""

import hashlib

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.data import READERS, Table, guess_text_column, read_table, whole_text
from attnviz.errors import AttnvizError
from attnviz.evaluation import predictions_csv
from attnviz.ui.components import depths, long_text, trace_view
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.state import loaded_classifier, model_folder, read_text, weights_version
from attnviz.ui.translation import _, escape_markdown, explain_error, fill

CHARACTERS_AT_A_TIME = 60_000  # about half a second of work between two looks at the page
SHOWN_CHARACTERS = 2_000  # of a text in the table of rows
KEPT_SCORES = 4


def main() -> None:
    upload = st.file_uploader(
        _("A file of texts ({endings})").format(endings=", ".join(READERS)),
        key="upload",
        type=[ending[1:] for ending in READERS],
    )
    if upload is not None and st.session_state.get("upload_read") != upload.file_id:
        st.session_state["upload_read"] = upload.file_id  # a rerun hashes no 200 MB again
        remember(upload.name, upload.getvalue())
    if "file" not in st.session_state:
        st.info(
            _(
                "One text a line, or a table with a column of texts and a header. Nothing leaves "
                "this computer."
            ),
            icon=":material/info:",
        )
        return
    name, data, digest = st.session_state["file"]
    try:
        table = parsed(name, data, digest)
        column = choose_column(name, table, key=f"column-{digest}")
        read_as = st.session_state["table"][0]  # the same bytes can be lines or one text
        folder = model_folder()
        key = (read_as, column, folder, weights_version(folder))
        probabilities = score(table, column, key)
        show_rows(table, column, probabilities, key=f"rows-{digest}-{column}")
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")


def remember(name: str, data: bytes) -> None:
    """Keep the file for the session: leaving the page would drop the widget's own copy."""
    digest = hashlib.sha256(name.encode() + b"\0" + data).hexdigest()  # the name picks the reader
    if st.session_state.get("file", ("", b"", ""))[2] != digest:
        st.session_state["file"] = (name, data, digest)


def parsed(name: str, data: bytes, digest: str) -> Table:
    """The file as a table, read once."""
    whole = name.lower().endswith(".txt") and st.toggle(
        _("The whole file is one text"), key="whole"
    )
    known = st.session_state.get("table", (None, None))
    if known[0] != (digest, whole):
        table = read_table(data, name)
        if whole:
            table = Table(("text",), ((whole_text(data, name),),), (1,), table.encoding, ())
        known = st.session_state["table"] = ((digest, whole), table)
    return known[1]


def choose_column(name: str, table: Table, key: str) -> str:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            _("Column of the texts"),
            table.columns,
            width=260,
            index=table.columns.index(guess_text_column(table)),
            key=key,
            persist_state="session",
        )
        st.caption(
            _("{name}: {rows} rows, read as {encoding}").format(
                name=escape_markdown(name), rows=f"{len(table.rows):,}", encoding=table.encoding
            )
        )
    for notice in table.notices:
        st.caption(fill(notice.template, notice.values))
    return column


def score(table: Table, column: str, key: tuple) -> np.ndarray:
    """Probabilities (rows, C), NaN where not read: going on where a stop or a rerun left off."""
    with st.spinner(_("Opening the model…")):
        classifier = loaded_classifier(key[2])
    texts = table.column(column)
    known = st.session_state.setdefault("scores", {})
    if key not in known:
        blank = np.full((len(texts), len(classifier.labels)), np.nan, dtype=np.float32)
        known[key] = (blank, [0])
        for old in list(known)[:-KEPT_SCORES]:
            del known[old]
    probabilities, done = known[key]
    if done[0] < len(texts):
        _score_rest(classifier, texts, probabilities, done)
    return probabilities


def _score_rest(classifier, texts: list[str], probabilities: np.ndarray, done: list[int]) -> None:
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        if st.toggle(_("Pause"), key="pause"):
            st.caption(
                _("Paused after {done} of {rows} rows.").format(done=done[0], rows=len(texts))
            )
            return
        bar = st.progress(0.0)
    while done[0] < len(texts):
        chunk = slice(done[0], next_stop(texts, done[0]))
        probabilities[chunk] = classifier.predict(texts[chunk]).probabilities
        done[0] = chunk.stop
        bar.progress(
            done[0] / len(texts),
            _("{done} of {rows} rows").format(done=f"{done[0]:,}", rows=f"{len(texts):,}"),
        )
    place.empty()


def next_stop(texts: list[str], start: int) -> int:
    """Where the chunk of texts ends that begins at `start`; it holds one at least."""
    stop, characters = start, 0
    while stop < len(texts) and (stop == start or characters < CHARACTERS_AT_A_TIME):
        characters += len(texts[stop])
        stop += 1
    return stop


def show_rows(table: Table, column: str, probabilities: np.ndarray, key: str) -> None:
    """The rows with their predictions; a click opens one below."""
    labels = loaded_classifier(model_folder()).labels
    texts = table.column(column)
    frame = as_frame(table, column, labels, probabilities)
    st.caption(_("Click a row to open it in the token table."))
    event = st.dataframe(
        frame,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-cell",
        height=min(36 * (len(frame) + 1) + 2, 340),
        key=key,  # another file or column starts with no row chosen
        column_config={
            _("Probability"): st.column_config.ProgressColumn(
                format="percent", min_value=0, max_value=1, width="small"
            ),
            _("Text"): st.column_config.TextColumn(width="large"),
        },
    )
    st.download_button(
        _("Predictions (CSV)"),
        lambda: predictions_csv(table, labels, probabilities),
        "predictions.csv",
        "text/csv",
        on_click="ignore",
    )
    chosen = event.selection.cells
    if chosen and chosen[0][0] < len(texts):
        open_row(table.lines[chosen[0][0]], texts[chosen[0][0]])


def as_frame(
    table: Table, column: str, labels: tuple[str, ...], probabilities: np.ndarray
) -> pd.DataFrame:
    """What stands on the page for each row: line, prediction, text, then the file's own columns."""
    read = ~np.isnan(probabilities[:, 0])
    known = np.nan_to_num(probabilities)
    names = np.array([label_name(label) for label in labels])
    frame = pd.DataFrame(
        {
            _("Line"): table.lines,
            _("Prediction"): np.where(read, names[known.argmax(axis=1)], ""),
            _("Probability"): np.where(read, known.max(axis=1), np.nan),
            _("Text"): [text[:SHOWN_CHARACTERS] for text in table.column(column)],
        }
    )
    for other in table.columns:
        if other != column:
            frame[f"{other} " if other in frame else other] = table.column(other)
    return frame


def open_row(line: int, text: str) -> None:
    """One text of the file with its prediction and the token table."""
    folder = model_folder()
    trace = read_text(folder, text)
    left, right = st.columns([3, 2], gap="medium")
    left.markdown("#### " + _("Line {line}").format(line=line))
    left.container(height=130).text(text[: 10 * SHOWN_CHARACTERS])
    with right:
        whole, trace = trace, long_text.choose_window(folder, trace, key="file")
        trace_view.summary(trace, key="file", of_window=trace is not whole)
    depths.show(folder, trace, key="file")


main()
