"""What a tagger says: its tags in the running text, and the position that the page looks from."""

from html import escape

import numpy as np
import streamlit as st

from attnviz.colours import CLASSES, THEMES, hue
from attnviz.errors import N_
from attnviz.panels import row_labels
from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.token_table import text_name
from attnviz.ui.translation import _, escape_markdown

PLACE = (
    "tagged-place"  # in the session, with the name of the text: the position that is looked from
)
CERTAIN = 0.9995  # from here on a share is written as 100%
OVERRULED = N_("The chain overruled {count}: read alone, {tokens} would have other tags.")
SURE = N_("Least sure: {token}, {label} with {share}.")


def seen(trace: Trace) -> Trace:
    """The trace from the position that the person chose; first from one that is worth a look."""
    key, places = f"{PLACE}-{text_name(trace)}", np.flatnonzero(trace.tags.tagged).tolist()
    names, paths = row_labels(trace), trace.tags.path
    place = menus.selectbox(
        _("Explained below: the tag of"),
        places,
        index=places.index(_worth_a_look(trace)),
        format_func=lambda place: f"{place + 1} · {names[place]} · {trace.labels[paths[place]]}",
        key=key,
    )
    return trace.at(place)


def block(trace: Trace) -> None:
    """How many tags or entities there are, where the chain stepped in, and what is least sure."""
    tags, names = trace.tags, row_labels(trace)
    spans, places = tags.spans(trace.labels), np.flatnonzero(tags.tagged)
    if spans:
        kinds = len({span.type for span in spans})
        title = _("Entities: {count}").format(count=len(spans))
        more = _("of {count} kinds").format(count=kinds)
    else:
        title = _("Tags: {count}").format(count=len(places))
        more = _("of {count} kinds").format(count=len(set(tags.path[places].tolist())))
    share, least = _shares(trace), _least_sure(trace)
    values = {"token": names[least], "label": trace.labels[tags.path[least]]}
    said = [_(SURE).format(share=f"{share[least]:.1%}", **values)] * bool(share[least] < CERTAIN)
    if tags.overruled.any():
        rows = np.flatnonzero(tags.overruled).tolist()
        tokens = ", ".join(names[row] for row in rows[:6]) + " …" * (len(rows) > 6)
        said.insert(0, _(OVERRULED).format(count=len(rows), tokens=tokens))
    st.html(
        f'<div class="answer"><small>{escape(_("The model says"))}</small>'
        f'<div class="says" role="heading" aria-level="1"><strong>{escape(title)}</strong> '
        f"<em>{escape(more)}</em></div>"
        f'<p class="why">{escape(" ".join(said))}</p></div>'
    )


def chips(trace: Trace) -> None:
    """The text with its entities in the colours of their kinds, or the tag below each word."""
    spans = trace.tags.spans(trace.labels)
    body = _entities(trace, spans) if spans else _words(trace)
    st.html(f'<div class="tagged">{body}</div>')


def _worth_a_look(trace: Trace) -> int:
    """The first position that the chain overruled, else the least sure one."""
    overruled = np.flatnonzero(trace.tags.overruled)
    return int(overruled[0]) if len(overruled) else _least_sure(trace)


def _least_sure(trace: Trace) -> int:
    """The position whose tag is least probable, inside an entity where there are any."""
    spans = trace.tags.spans(trace.labels)
    inside = [place for span in spans for place in range(span.start, span.end)]
    places = np.flatnonzero(trace.tags.tagged)
    places = places[np.isin(places, inside)] if inside else places
    return int(places[np.argmin(_shares(trace)[places])])


def _shares(trace: Trace) -> np.ndarray:
    """(T,): how probable the tag of each position is."""
    return trace.tags.marginals[np.arange(len(trace.tokens)), trace.tags.path]


def _entities(trace: Trace, spans) -> str:
    kinds = sorted({label[2:] for label in trace.labels if len(label) > 2})
    parts, end = [], 0
    for span in spans:
        first, last = trace.offsets[span.start][0], trace.offsets[span.end - 1][1]
        parts.append(escape(trace.text[end:first]))
        colour = _colour(kinds.index(span.type))
        sure = _shares(trace)[span.start : span.end].min()
        parts.append(
            f'<mark style="--kind: {colour}" title="{escape(span.type)} · {sure:.1%}">'
            f"{escape(trace.text[first:last])}<small>{escape(label_name(span.type))}</small></mark>"
        )
        end = last
    return "".join([*parts, escape(trace.text[end:])])


def _words(trace: Trace) -> str:
    parts, end, shares = [], 0, _shares(trace)
    for place in np.flatnonzero(trace.tags.tagged).tolist():
        first, last = trace.offsets[place]
        parts.append(escape(trace.text[end:first]))
        label = trace.labels[trace.tags.path[place]]
        parts.append(
            f'<span title="{escape(label)} · {shares[place]:.1%}">'
            f"{escape(trace.text[first:last])}<small>{escape(label)}</small></span>"
        )
        end = last
    return "".join([*parts, escape(trace.text[end:])])


def _colour(number: int) -> str:
    light, dark = (hue(number % len(CLASSES[theme]), theme) for theme in THEMES)
    return f"light-dark({light}, {dark})"


def place_line(trace: Trace) -> None:
    """What the position that is looked from says, and what it would say alone."""
    tags, place = trace.tags, trace.place
    label, alone = (trace.labels[number] for number in (tags.path[place], tags.alone[place]))
    said = f"**{escape_markdown(row_labels(trace)[place])}**: {escape_markdown(label)}, "
    said += f"{_shares(trace)[place]:.1%}"
    if label != alone:
        said += " · " + _("alone it would be {label}").format(label=escape_markdown(alone))
    st.caption(said)
