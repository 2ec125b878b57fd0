"""What all cards of a signal path share: the place that they tell of, and how they draw."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from attnviz.evidence.path import SignalPath, Span
from attnviz.panels import row_labels
from attnviz.trace import Trace
from attnviz.ui.components import vega
from attnviz.ui.components.explanations.formulas import part
from attnviz.ui.components.explanations.wording import _, language
from attnviz.ui.translation import escape_markdown


@dataclass(frozen=True, eq=False)
class Card:
    """What every card needs: where it stands, and the path that it tells of."""

    folder: str
    trace: Trace
    key: str
    label: int
    path: SignalPath

    @cached_property
    def names(self) -> list[str]:
        """The tokens as Markdown."""
        return [escape_markdown(name.strip() or "␣") for name in row_labels(self.trace)]

    def words(self, span: Span) -> str:
        """The tokens from first to last, as Markdown, the chosen one bold."""
        first, last = span
        return " ".join(
            f"**{name}**" if row == self.path.row else name
            for row, name in enumerate(self.names[first : last + 1], start=first)
        )

    def formula(self, step: str, place: str = "", **chosen: int | None) -> None:
        part(
            self.folder,
            self.trace,
            (step,),
            f"{self.key}-{step}{place}",
            row=self.path.row,
            label=self.label,
            **chosen,
        )

    def strip(self, name: str, title: str, values: np.ndarray, *colours: str) -> None:
        """A bar for each token in the first of the `colours`; in the second, what is negative."""
        from attnviz.charts.path import strip_rows

        rows = strip_rows(self.trace, values, self.path.row)
        vega.draw(_strip_spec(title, colours, language()), f"{self.key}-{name}", rows)


def title(title: str, numbers: str) -> None:
    st.markdown(f"**{title}** · {numbers}")


def span_text(span: Span) -> str:
    first, last = span
    if first == last:
        return _("token {row} alone").format(row=first + 1)
    return _("tokens {first} to {last}").format(first=first + 1, last=last + 1)


@st.cache_data(show_spinner=False, max_entries=32)
def _strip_spec(title: str, colours: tuple[str, ...], language_name: str) -> str:
    from attnviz.charts.path import position_strip

    look = dict(zip(("color", "negative"), colours, strict=False))
    return position_strip([{}], title, **look, translate=_).to_json()


def memory_spec() -> str:
    """The chart of a layer's memory, for rows of any token."""
    return _memory_spec(language())


@st.cache_data(show_spinner=False, max_entries=4)
def _memory_spec(language_name: str) -> str:
    from attnviz.charts.path import memory_bars

    return memory_bars([{}], translate=_).to_json()
