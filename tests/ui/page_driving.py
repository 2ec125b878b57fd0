"""Driving pages as Streamlit runs them, without a browser: what they say and what they draw."""

import io
import json
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
from streamlit.testing.v1 import AppTest

from attnviz.panels import VOTED_LABELS, panels, pick_units
from tests.ui.test_token_table import read

ROOT = Path(__file__).parents[2]
INSPECT_PAGE = "attnviz/ui/pages/inspect.py"
VIEWS = ("overview", "queue", "causes", "contrast", "similar", "slices", "compare", "export")
EXPLORE_PAGE = "attnviz/ui/pages/explore.py"
EXAMPLE_TEXT = "Wonderful music, and good actors!"
CSV = b"id,review,stars\n7,a good film,5\n8,<b>bad</b> music,1\n9,  ,3\n"


def visit():
    return run(AppTest.from_file(ROOT / "app.py", default_timeout=60))


def choose_model(at, folder):
    run(at)  # AppTest knows no option that was not on the page before
    at.selectbox(key="model").set_value(str(folder))
    return run(at)


def computed(folder, text):
    from attnviz.classifier import Classifier

    return Classifier.from_pretrained(folder).trace(text)


def run(at):
    """One rerun; a traceback on the page is never right."""
    at.run()
    assert not at.exception
    return at


def done(at):
    """One rerun, and those that the page asks for while something is at work."""
    run(at)
    while at.get("progress"):
        time.sleep(0.1)
        run(at)
    return at


def type_text(at, text):
    at.text_area(key="text").set_value(text)
    return run(at)


def upload(at, name, data):
    at.file_uploader(key="inspect-upload").set_value((name, data, "text/plain"))
    return done(at)  # it is read beside the page


def button(at, label):
    return next(button for button in at.button if button.label.startswith(label))


def start(at):
    """Score the chosen file; back when that is over."""
    button(at, "Score this file").click()
    return done(at)


def picture(at):
    """Header and numbers of the token table, or None where the page shows none."""
    found = at.get("bidi_component")
    return read(found[0].proto.bytes) if found else None


def chart_rows(chart):
    """The data of an Altair chart as it was sent, as one table."""
    sent = [chart.proto.data.data, *(part.data.data for part in chart.proto.datasets)]
    streams = [pyarrow.ipc.open_stream(io.BytesIO(data)) for data in sent if data]
    return pd.concat([stream.read_all().to_pandas() for stream in streams])


def drawn_probabilities(at):
    data = chart_rows(at.get("vega_lite_chart")[0])
    return dict(zip(data["label"], data["probability"], strict=True))


def messages(at):
    return [message.value for kind in (at.error, at.warning, at.info) for message in kind]


def assert_drawn(at, trace):
    """The token table holds this trace's numbers, bar for bar and unit for unit."""
    header, values = picture(at)
    assert len(header["rows"]) == len(trace.tokens)
    first = np.argsort(-trace.probabilities, kind="stable")[:VOTED_LABELS]  # predicted first
    assert values["votes"].tolist() == trace.votes[:, first].tolist()
    assert values["attention"].tolist() == trace.attention.tolist()
    for panel in panels(trace):
        expected = pick_units(panel, "variance", 16)
        assert values[panel.key].tolist() == expected.values.tolist(), panel.key


MARKUP = re.compile(r":orange\[|:material/\w+:|\\|https?://\S+|```")
UNTRANSLATED = {  # what is the same in both languages
    *("English", "Language", "logit", "NFKC", "Ctrl", "Enter", "Esc", "SVG", "PNG", "JSON", "CSV"),
    *("txt", "csv", "tsv", "jsonl", "json", "parquet", "utf", "UTF", "MB", "kB", "attnviz"),
    *("xlsx", "docx", "pdf", "gz", "zip", "XLSX", "HTML", "ROC", "AUC", "Parquet"),
    *("CNN", "LSTM", "BiLSTM", "GRU", "BiGRU", "Katz", "cleanlab", "SNE", "PCA", "McNemar"),
    "text",  # the only column of a .txt file; scripts know it by this name
}


def shown_texts(at):
    """Every text that Streamlit sends to the page, with the user's own left out."""
    for node in at.main:
        for name in ("label", "help", "placeholder", "icon"):
            if isinstance(text := getattr(node, name, None), str):
                yield text
        if node.type in ("selectbox", "button_group"):
            yield from node.options
        if node.type in ("markdown", "caption", "error", "warning", "info", "subheader"):
            yield node.value
        if node.type == "popover":
            yield node.proto.popover.label
        if node.type == "dataframe":
            yield from node.value.columns
        if node.type == "vega_lite_chart":
            spec = json.dumps(json.loads(node.proto.spec), ensure_ascii=False)
            yield from re.findall(r'"title": "(.*?)"', spec)
            rows = chart_rows(node)
            yield from (text for name in {"label", "name"} & set(rows) for text in rows[name])
    for header, _ in filter(None, [picture(at)]):
        yield from (re.sub(r"\{\w+\}", "", text) for text in header["strings"].values())
        yield from (panel["title"] for panel in header["panels"])


def english_words(at, known=()):
    known = (
        UNTRANSLATED | {"mine", "home", "my", "model", "me", "reviews"} | set(known)
    )  # names of folders
    words = set()
    for text in shown_texts(at):
        words.update(re.findall(r"[A-Za-z]{2,}", MARKUP.sub(" ", text)))
    return words - known


def panel_of(at, key):
    header, values = picture(at)
    return next(part for part in header["panels"] if part["key"] == key), values[key]


def show_panels(at, keys):
    next(pills for pills in at.pills if pills.key.startswith("explore-panels")).set_value(keys)
    return run(at)
