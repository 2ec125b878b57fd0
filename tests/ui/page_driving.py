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

from attnviz.data import READERS
from attnviz.panels import VOTED_LABELS, panels, pick_units, unit_order
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
    at.session_state["model"] = str(folder)  # what a click in the sheet of models does
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
    if not at.text_area:
        at.button(key="edit").click()
        run(at)
    at.text_area(key="text-field").set_value(text)
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
    tables = [part.proto.bytes for part in at.get("bidi_component") if part.proto.bytes]
    return read(tables[0]) if tables else None


def shaded(at):
    """What the shaded text was sent: its words with their shares, its pieces."""
    sent = [json.loads(part.proto.json) for part in at.get("bidi_component") if part.proto.json]
    return next(data for data in sent if "pieces" in data)


def answered(at):
    """The class that the page names, the probability beside it, and the sentences, as text."""
    html = next(part.proto.body for part in at.get("html") if 'class="answer"' in part.proto.body)
    label, share = re.search(r"<strong[^>]*>(.*?)</strong> <em>(.*?)</em>", html).groups()
    why = re.search(r'<p class="why"[^>]*>(.*?)</p>', html, re.DOTALL)[1]
    return label, share, re.sub(r"<[^>]+>", "", why)


def chart_rows(chart):
    """The data of an Altair chart as it was sent, as one table."""
    sent = [chart.proto.data.data, *(part.data.data for part in chart.proto.datasets)]
    streams = [pyarrow.ipc.open_stream(io.BytesIO(data)) for data in sent if data]
    return pd.concat([stream.read_all().to_pandas() for stream in streams])


def messages(at):
    return [message.value for kind in (at.error, at.warning, at.info) for message in kind]


def assert_drawn(at, trace):
    """The token table holds this trace's numbers, bar for bar and unit for unit."""
    header, values = picture(at)
    assert len(header["rows"]) == len(trace.tokens)
    first = np.argsort(-trace.probabilities, kind="stable")[:VOTED_LABELS]  # predicted first
    votes = trace.votes[:, first]
    wanted = votes[:, :1] - votes[:, 1:] if len(trace.labels) == 2 else votes
    assert values["votes"].tolist() == wanted.tolist()
    assert values["attention"].tolist() == trace.attention.tolist()
    drawn = panels(trace, -1)  # the last layer
    units = unit_order(drawn, "variance")
    for panel in drawn:
        of_units = panel.group == "remembers"
        expected = pick_units(panel, units, 16) if of_units else None
        expected = expected or pick_units(panel, "largest value", 12)
        assert values[panel.key].tolist() == expected.values.tolist(), panel.key


MARKUP = re.compile(r":gray\[|:orange\[|:material/\w+:|\\|https?://\S+|```")
UNTRANSLATED = {  # what is the same in both languages
    *("English", "EN", "Language", "logit", "NFKC", "Ctrl", "Enter", "Esc", "SVG", "PNG", "JSON"),
    *(word for ending in READERS for word in re.findall("[a-z]+", ending)),
    "CSV",
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
        for panel in header["panels"]:
            yield from (panel[name] for name in ("title", "plain"))
            yield from (re.sub(r"\{\w+\}", "", panel[name]) for name in ("note", "meaning"))
        yield from header["groups"].values()
    for part in at.get("html"):
        if not part.proto.body.startswith(("<style>", "<script>")):
            yield re.sub(r"<bdi>.*?</bdi>|<[^>]+>", " ", part.proto.body)


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
