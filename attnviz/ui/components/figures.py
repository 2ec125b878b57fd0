"""A figure of what is on the page: any of its tables and charts, captioned, in a size, as a file.

Whoever draws a table or a chart notes it here. The dialog offers what was noted since the page was
drawn last, in the colours of the page.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from attnviz.panels import Panel, row_labels
from attnviz.trace import Trace
from attnviz.ui.components import menus
from attnviz.ui.components.downloads import download
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, language, translations

NOTED, SECTION, CAPTION, ASKED = (f"figure-{name}" for name in ("noted", "of", "caption", "asked"))
"""In the session: what the page drew, the part of the page, lines of the caption, a click."""

MOST_CELLS = 40_000
SMALLEST = 5  # points: letters below are hard to read in print
KINDS = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}

_FOLDER = Path(__file__).parent
_copy = st.components.v2.component(
    "attnviz_copy_image",
    js=(_FOLDER / "copy_image.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "bar_tools.css").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Noted:
    """One table or chart on the page: its name, its cells, and a function of the theme that gives
    its specification (Vega-Lite) and its width in px."""

    name: str
    cells: int
    draw: Callable[[str], tuple[dict, int]]


def begin() -> None:
    """Forget what the page before had."""
    st.session_state[NOTED] = {}
    st.session_state[SECTION] = ""
    st.session_state[CAPTION] = ()


def forget(prefix: str) -> None:
    """Forget what a part of the page had, before that part is drawn anew."""
    st.session_state[SECTION] = ""
    noted = st.session_state.setdefault(NOTED, {})
    for key in [key for key in noted if key.startswith(prefix)]:
        del noted[key]


def section(title: str) -> None:
    """The part of the page that is drawn next, by which its charts are called."""
    st.session_state[SECTION] = title


def caption(*lines: str) -> None:
    """What stands below every figure of this page."""
    st.session_state[CAPTION] = lines


def of_text(trace: Trace, folder: str) -> None:
    """The caption of what is drawn of a text: the text, the model, what it says. A sample has its
    first and its last step in place of the text."""
    share = f"{trace.probabilities.max():.1%}"
    says = _("{model}: {label} {share}")
    model = Path(folder).name
    read = f"{trace.tokens[0]} – {trace.tokens[-1]}" if trace.text is None else trace.text
    if trace.forecast is not None:
        caption(read, f"{model}: {trace.labels[-1]} = {trace.forecast[-1]:.5g}")
        return
    label = label_name(trace.prediction)
    if trace.tags is not None:  # the tag of one position, not of the text
        label = f"{row_labels(trace)[trace.place]}: {label}"
    caption(read, says.format(model=model, label=label, share=share))


def note_table(
    key: str,
    rows: Sequence[str],
    panels: Sequence[Panel],
    groups: Mapping[str, str] | None,
    flat: Mapping | None = None,
) -> None:
    """The token table, or the time table where `flat` has the settings of its figure."""
    translate = translations(language()).gettext

    def draw(theme: str) -> tuple[dict, int]:
        from attnviz.charts import figure, time_figure

        if flat is not None:
            drawn = time_figure.flat_table(rows, panels, **flat, translate=translate, theme=theme)
            return drawn.to_dict(), time_figure.WIDE
        drawn = figure.table(rows, panels, groups=groups, translate=translate, theme=theme)
        return drawn.to_dict(), figure.width_of(panels)

    title = st.session_state.get(SECTION) or _("Table")
    _note(key, Noted(title, sum(panel.values.size for panel in panels), draw))


def note_chart(key: str, chart: dict) -> None:
    """A chart as the page draws it, which is in the colours of its theme."""

    def draw(theme: str) -> tuple[dict, int]:
        from attnviz.charts.figure import CHART_WIDTH

        return json.loads(json.dumps(chart)), CHART_WIDTH

    title = st.session_state.get(SECTION) or _("Chart")
    _note(key, Noted(title, 0, draw))


def _note(key: str, noted: Noted) -> None:
    st.session_state.setdefault(NOTED, {})[key] = noted


def button() -> None:
    """“Figure”, which opens the dialog when the page has been drawn."""
    st.button(
        _("Figure"), key="figure", on_click=_ask, help=_("Keep what is on the page as a picture")
    )


def _ask() -> None:
    st.session_state[ASKED] = True


def offer() -> None:
    """Open the dialog if it was asked for. To be called when the page has been drawn."""
    if st.session_state.pop(ASKED, False):
        noted = dict(st.session_state.get(NOTED, {}))
        st.dialog(_("Figure"), width="large")(_dialog)(noted, st.session_state.get(CAPTION, ()))


def _dialog(noted: dict[str, Noted], lines: tuple[str, ...]) -> None:
    from attnviz.charts.files import SIZES

    if not noted:
        st.info(_("There is no table and no chart on this page."), icon=":material/info:")
        return
    names = _names(noted)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = menus.selectbox(
            _("Show"), list(noted), format_func=names.get, key="figure-what", width=300
        )
        sizes = {name: size.title for name, size in SIZES.items()}
        size = menus.selectbox(
            _("Size"), list(sizes), format_func=lambda n: _(sizes[n]), key="figure-size", width=240
        )
        lines = lines if st.checkbox(_("Caption"), value=True, key="figure-captioned") else ()
    chosen = noted[key]
    if chosen.cells > MOST_CELLS:
        st.info(
            _(
                "A figure holds at most {most} cells, and these are {cells}. Choose fewer panels "
                "or units."
            ).format(most=f"{MOST_CELLS:,}", cells=f"{chosen.cells:,}"),
            icon=":material/info:",
        )
        return
    _made(chosen, size, lines)


def _names(noted: Mapping[str, Noted]) -> dict[str, str]:
    """Key → name; those of one name are numbered."""
    alike = [entry.name for entry in noted.values()]
    names = {}
    for key, entry in noted.items():
        number = 1 + sum(known.partition(" · ")[0] == entry.name for known in names.values())
        names[key] = f"{entry.name} · {number}" if alike.count(entry.name) > 1 else entry.name
    return names


def _made(chosen: Noted, size: str, lines: tuple[str, ...]) -> None:
    """The picture, how large its letters are, and the ways to take it along."""
    from attnviz.charts.figure import captioned
    from attnviz.charts.files import SIZES, render, sized

    theme = st.context.theme.type or "light"
    with st.spinner(_("Drawing…")):
        spec, width = chosen.draw(theme)
        spec = captioned(spec, lines, theme, width)
        svg = render(spec, "svg").decode()
    drawn, letters = sized(svg, size)
    with st.container(key="figure-preview"):
        picture = b64encode(drawn.encode()).decode()
        alt = escape(f"{chosen.name}, {_(SIZES[size].title)}")
        st.html(f'<img alt="{alt}" src="data:image/svg+xml;base64,{picture}">')
    if size != "drawn":
        said = _("Smallest letters: {points} points.").format(points=f"{letters:.1f}")
        small = _("Choose fewer panels, units or a shorter text for larger ones.")
        st.caption(said if letters >= SMALLEST else f":orange[**{said}**] {small}")
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, media in KINDS.items():
            name = f"attnviz-{size}.{kind}"
            download(kind.upper(), _file(drawn, kind, size), name, media, f"figure-{kind}")
        _copy(
            key="figure-copy",
            data={
                "image": _png(drawn, size),
                "copy": _("Copy picture"),
                "copied": _("Copied"),
                "refused": _("This browser does not let pages copy pictures: use PNG"),
            },
        )


def _file(drawn: str, kind: str, size: str) -> Callable[[], bytes]:
    def make() -> bytes:
        from attnviz.charts.files import as_file

        return as_file(drawn, kind, size)

    return make


@st.cache_data(show_spinner=False, max_entries=4)
def _png(drawn: str, size: str) -> str:
    return b64encode(_file(drawn, "png", size)()).decode()
