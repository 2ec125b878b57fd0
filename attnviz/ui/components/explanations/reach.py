"""The gradient view on a page: does the signal reach the beginning of the text?"""

import numpy as np
import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.reach import PARTS, REACHES, Fade, Reach
from attnviz.panels import Panel, row_labels
from attnviz.trace import DIRECTIONS, Trace
from attnviz.ui.components import vega
from attnviz.ui.components.explanations import screen
from attnviz.ui.components.explanations.choices import choose_label
from attnviz.ui.components.explanations.wording import _, language
from attnviz.ui.components.panel_choice import DIRECTION_NAMES
from attnviz.ui.components.tables import same_as_numbers, show_positions
from attnviz.ui.state import loaded_classifier, weights_version
from attnviz.ui.translation import gap

WRITTEN = 0.3  # of the largest norm: what is written beside its bar
SPELT = 1e-6  # a smaller ratio is a power of ten
VERDICTS = {
    "reaches": N_(
        "**The signal reaches the beginning:** the first tenth of the text moves the logit "
        "{ratio} times as much as the last tenth."
    ),
    "fades": N_(
        "**The signal fades:** the first tenth of the text moves the logit only {ratio} times as "
        "much as the last tenth."
    ),
    "lost": N_(
        "**The signal does not reach the beginning:** the first tenth of the text moves the logit "
        "only {ratio} times as much as the last tenth."
    ),
    "unknown": N_("**At neither end of the text** does the logit answer to most of the tokens."),
}
"""What follows from the embeddings' gradient, by the verdict of its `Fade`."""
STATE_VERDICTS = {
    "reaches": N_(
        "{direction}: the tenth read first counts {ratio} times as much as the one read last."
    ),
    "fades": N_(
        "{direction}: fading; the tenth read first counts only {ratio} times as much as the one "
        "read last."
    ),
    "lost": N_(
        "{direction}: lost; the tenth read first counts only {ratio} times as much as the one "
        "read last."
    ),
    "unknown": N_("{direction}: at neither end does the logit answer to most of the states."),
}
"""The same of the hidden states of one reading direction."""


LINES = {
    "reaches": N_("The signal reaches the beginning: {ratio} times as strong as at the end."),
    "fades": N_("The signal fades: at the beginning only {ratio} of the end’s strength."),
    "lost": N_("The signal does not reach the beginning: {ratio} of the end’s strength."),
    "unknown": N_("At neither end does the answer depend on most tokens."),
}
"""The first line, by the verdict of the embeddings' `Fade`."""


def show(folder: str, trace: Trace, key: str) -> None:
    """Whether the answer depends on the beginning, and the slope at every token; the curves and
    what each reading direction carries are folded."""
    with screen.options(key):
        label = choose_label(trace, key)
    with st.spinner(_("Following the gradient back…")):
        record = _reach(folder, trace, label)
    tokens = row_labels(trace)
    screen.verdict(verdict_line(record.embedding_fade, len(tokens)), _why(record, tokens), key)
    screen.table(trace, [*screen.beside(trace), *_panels(record)], key)
    expander = screen.details(key)
    if expander is not None:
        with expander:
            _curves(record, tokens, key)
    _twin(record, tokens, key)


def verdict_line(fade: Fade, tokens: int) -> str:
    """Whether the signal reaches the beginning, in at most twelve words."""
    if tokens < PARTS:
        return _("A text of fewer than {count} tokens is too short to fade.").format(count=PARTS)
    return _(LINES[fade.verdict]).format(ratio=_times(fade.ratio))


def _why(record: Reach, tokens: tuple[str, ...]) -> str:
    """Where the answer moves most, per unit step in a token's embedding."""
    place = int(record.embedding.argmax())
    return _("The answer moves most with {token}: {slope} per unit step in its embedding.").format(
        token=screen.quoted(tokens, place), slope=f"{record.embedding[place]:.3g}"
    )


def _panels(record: Reach) -> list[Panel]:
    """The norms as columns of the table, each from 0 to its largest."""
    columns = {"reach/embedding": (_("Token embedding"), record.embedding)}
    for number, name in enumerate(DIRECTIONS[: record.directions]):
        title = _("Hidden state") + " " + "→←"[number]
        columns[f"reach/{name}"] = title, record.hidden[:, number]
    return [
        screen.bars(key, title, norms, "detectors", most, named=WRITTEN * most)
        for key, (title, norms) in columns.items()
        for most in [float(norms.max()) or 1.0]
    ]


def _curves(record: Reach, tokens: tuple[str, ...], key: str) -> None:
    if len(tokens) >= PARTS:
        st.markdown(_verdict(record.embedding_fade, len(tokens)))
    st.latex(
        r"\left\lVert \frac{\partial\,\mathrm{logit}_c}{\partial x_t} \right\rVert"
        r"\qquad"
        r"\left\lVert \frac{\partial\,\mathrm{logit}_c}{\partial h_t} \right\rVert"
    )
    st.caption(
        _(
            "How much the logit would change, at most, per unit step in the token's embedding x "
            "or in the hidden state h after it. Dashes lie on the medians of the first and the "
            "last tenth."
        )
    )
    st.markdown("### " + _("Token embeddings"))
    _chart(record, tokens, "embedding", key)
    if record.directions:
        st.markdown("### " + _("Hidden states of the last recurrent layer"))
        _chart(record, tokens, "hidden", key)
        _states(record, len(tokens))


def _reach(folder: str, trace: Trace, label: int) -> Reach:
    """Kept until another text, class or model is asked for: a rerun derives nothing again."""
    from attnviz.explain.reach import gradient_reach

    asked = (folder, weights_version(folder), trace.identity, label)
    known = st.session_state.get("reach", {})
    if asked not in known:
        known = {asked: gradient_reach(loaded_classifier(folder), trace, label)}
        st.session_state["reach"] = known
    return known[asked]


def _verdict(fade: Fade, tokens: int) -> str:
    said = _(VERDICTS[fade.verdict]).format(ratio=_times(fade.ratio)) + _halves(fade, tokens)
    if fade.dip < REACHES:
        said += gap(" ") + _(
            "In between it is far weaker: the weakest tenth moves it {dip} times as much as the "
            "weaker end."
        ).format(dip=_times(fade.dip))
    return said


def _states(record: Reach, tokens: int) -> None:
    """What the recurrence carries, in a line for each direction."""
    lines = []
    for name, fade in zip(DIRECTIONS, record.hidden_fades, strict=False):
        text = _(STATE_VERDICTS[fade.verdict])
        said = text.format(direction=_(DIRECTION_NAMES[name]), ratio=_times(fade.ratio))
        lines.append(f"- {said}{_halves(fade, tokens)}")
    if tokens >= PARTS:
        st.markdown("\n".join(lines))
    st.caption(
        _(
            "A state acts on the logit directly, as far as attention weighs it, and through all "
            "states that are read after it. The backward direction reads from the right, so there "
            "a signal that fades falls to the right."
        )
        if record.directions > 1
        else _(
            "A state acts on the logit directly, as far as attention weighs it, and through all "
            "states that are read after it."
        )
    )


def _halves(fade: Fade, tokens: int) -> str:
    """The half-distance, where the signal does fade and halves within the text."""
    if fade.verdict not in ("fades", "lost") or fade.half_distance > tokens:
        return ""
    said = _("On average it halves every {count} tokens.")
    return gap(" ") + said.format(count=f"{fade.half_distance:.1f}")


def _times(ratio: float) -> str:
    """A ratio as people say it: 0.58, 1/43, a power of ten."""
    if ratio >= 0.1:
        return "∞" if np.isinf(ratio) else f"{ratio:.2g}"
    if ratio >= SPELT:
        return f"1/{1 / ratio:,.0f}"
    return rf"$10^{{{np.log10(ratio):.0f}}}$" if ratio else "0"


def _chart(record: Reach, tokens: tuple[str, ...], part: str, key: str) -> None:
    data = getattr(record, part).tobytes()
    spec = _spec(record, tokens, part, data, language())
    vega.draw(spec, f"{key}-{part}")


@st.cache_data(show_spinner=False, max_entries=8)
def _spec(
    _record: Reach, tokens: tuple[str, ...], part: str, data: bytes, language_name: str
) -> str:
    from attnviz.charts import reach as charts

    return charts.reach(_record, tokens, part, translate=_).to_json()


def _twin(record: Reach, tokens: tuple[str, ...], key: str) -> None:
    """Every norm as a number."""
    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    columns: dict[str, object] = {_("Token"): tokens, _("Embedding"): record.embedding}
    for number in range(record.directions):
        title = _("Hidden state") + " · " + _(DIRECTION_NAMES[DIRECTIONS[number]])
        columns[title] = record.hidden[:, number]
    show_positions(expander, columns)
