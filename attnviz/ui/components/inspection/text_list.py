"""The list of texts at the left of an open one: two lines each, what it is taken for, its tags."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from attnviz.colours import CLASSES, THEMES, hue
from attnviz.runs import CAUSES, Run
from attnviz.ui.components import questions
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _

SIGNS = {"keep": "✓", "relabel": "✎", "drop": "✕", "": "…"}
"""What stands before a text that has a mark, or a note alone."""
LATE = ("duplicate", "suspect")
"""Tags that speak of labels: another tag of the same text is named before them."""

_FOLDER = Path(questions.__file__).parent
_component = st.components.v2.component(
    "attnviz_text_list",
    js=(_FOLDER / "text_list.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "text_list.css").read_text(encoding="utf-8"),
)


def show(
    run: Run,
    found: pd.DataFrame,
    current: int | None,
    keys: Mapping[str, tuple[str, str]],
    *,
    panes: str,
    detail: str,
    key: str,
    on_open: Callable[[int], object],
) -> None:
    """Draw the texts in `found` (`order.page`) in their order; a click calls `on_open(row)`.

    Parameters
    ----------
    current
        The row that is open.
    keys
        Key on the keyboard → CSS selectors of the button that it presses and of the field that it
        then goes to; "" for none.
    panes, detail
        CSS selectors of both panes together, which get the height that is left, and of the one
        with the open text.
    """

    def tell() -> None:
        row = st.session_state[key].opened
        if row is not None:
            on_open(int(row))

    data = {
        "items": items(run, found),
        "current": current,
        "keys": {name: list(places) for name, places in keys.items()},
        "panes": panes,
        "detail": detail,
        "strings": {"label": _("Texts of this choice")},
    }
    _component(key=key, data=data, on_opened_change=tell)


def items(run: Run, found: pd.DataFrame) -> list[dict]:
    """What the browser draws of each row."""
    marks = run.marks()
    drawn = pictures_of(run, found["row"].tolist()) if len(found) and run.about.of_samples else {}
    return [
        _item(run, entry, marks.get(entry["row"])) | {"picture": drawn.get(entry["row"])}
        for entry in found.to_dict("records")
    ]


def pictures_of(run: Run, rows: list[int], together: bool = False) -> dict[int, dict]:
    """Row → its thumbnail; `together`, all of one channel."""
    return _drawn(str(run.folder), run.about.created, tuple(map(int, rows)), together)


@st.cache_data(show_spinner=False, max_entries=16)
def _drawn(folder: str, created: str, rows: tuple[int, ...], together: bool) -> dict[int, dict]:
    from attnviz.inspection.thumbnails import thumbnails
    from attnviz.runs.samples import samples_at

    return dict(zip(rows, thumbnails(samples_at(Run.open(folder), rows), together), strict=True))


def _item(run: Run, found: dict, mark: dict | None) -> dict:
    tags = sorted(found["tags"], key=lambda tag: (tag in LATE, tag != "phrase"))
    share = found["confidence"]
    share = 0.0 if share != share else float(share)
    return {
        "row": int(found["row"]),
        "text": found["text"],
        "mark": "" if mark is None else SIGNS[mark["mark"]],
        "sides": _sides(run, found),
        "tag": tag_name(tags[0], found) if tags else "",
        "more": f"+{len(tags) - 1}" if len(tags) > 1 else "",
        "share": share,
        "percent": f"{share:.1%}",
        "help": _("Line {line}").format(line=found["line"]),
    }


def tag_name(tag: str, found: Mapping) -> str:
    """A recurring phrase is named by its words, every other tag by its title."""
    return f"“{found['phrase']}”" if tag == "phrase" else _(CAUSES[tag].title)


def _sides(run: Run, found: dict) -> list[list[str]]:
    """The label and the prediction, each with its colour; a label that the model does not know
    stands as it is."""
    names = [found["predicted"]]
    if run.about.label_map:
        names.insert(0, found["truth"] if isinstance(found["truth"], str) else found["label"] or "")
    return [
        [label_name(name), class_hue(run.about.labels, name)]
        if isinstance(name, str)
        else ["–", ""]
        for name in names
    ]


def class_hue(labels: Sequence[str], name: str) -> str:
    """The colour of a class as CSS, for both themes; "" where there are too many to tell apart."""
    if name not in labels or len(labels) > len(CLASSES[THEMES[0]]):
        return ""
    light, dark = (hue(list(labels).index(name), theme) for theme in THEMES)
    return f"light-dark({light}, {dark})"
