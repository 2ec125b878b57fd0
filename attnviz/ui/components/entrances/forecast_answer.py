"""The answer to a series whose coming values are asked: in units, beside what came and the naive.

The seasonal naive says of each coming step what the same step of the last season was; a model that
is worse than that is called so.
"""

from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st

from attnviz.errors import N_
from attnviz.panels import name_and_unit
from attnviz.samples import Sample
from attnviz.samples.windows import past
from attnviz.trace import Trace
from attnviz.ui.components import menus, vega
from attnviz.ui.components.entrances import reading
from attnviz.ui.components.entrances.brought import Chosen
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import _, escape_markdown, language

BAND = N_("80% of such values lie between {low} and {high}.")
ERROR = N_("Mean absolute error over {count} steps: {own}; of the seasonal naive {naive}.")
WORSE = N_("Worse than the seasonal naive, which only repeats the last season.")
MOST_TIMES = 2_000  # steps that the slider names by their times
AHEAD = {
    "ms": N_("in {count} ms"),
    "s": N_("in {count} s"),
    "min": N_("in {count} min"),
    "h": N_("in {count} h"),
    "day": N_("in {count} days"),
    "week": N_("in {count} weeks"),
    "month": N_("in {count} months"),
    "quarter": N_("in {count} quarters"),
    "year": N_("in {count} years"),
}
"""How far ahead the last of the coming values is, by the unit of a step."""
NAIVE = N_("The seasonal naive, which repeats the last season, says {value}.")


def part(folder: str, chosen: Chosen) -> Chosen:
    """The past up to the step that the slider says, and what came after it."""
    config = loaded_classifier(folder).network.config
    whole, said = reading.as_read(folder, chosen.sample, chosen.key)
    steps, ahead, back = len(whole.values), config.horizon, config.max_tokens
    least = min(steps, max(back, 2))
    now = steps - ahead if steps - ahead >= least else steps
    if steps > least:
        now = _as_of(chosen, whole, least, now)
    columns = [list(config.channels).index(name) for name in config.target]
    coming = np.full((ahead, len(columns)), np.nan)
    known = whole.values[now : now + ahead, columns]
    coming[: len(known)] = known
    return replace(
        chosen,
        sample=past(whole, now, back),
        key=(*chosen.key, "as of", now),
        notices=(*chosen.notices, *said),
        coming=coming.T.reshape(-1),
        coming_times=whole.times[now : now + ahead],
    )


def _as_of(chosen: Chosen, whole: Sample, least: int, now: int) -> int:
    """The number of the first step that is not read, by the time of the one before it."""
    steps, times = len(whole.values), whole.times
    widget = st.select_slider if steps - least <= MOST_TIMES else st.slider
    named = {"options": range(least, steps + 1)}
    named["format_func"] = lambda step: _step(step, times)
    numbered = {"min_value": least, "max_value": steps}
    return widget(
        _("As of"),
        value=now,
        key=f"as-of-{'-'.join(map(str, chosen.key))}-{least}-{steps}",
        help=_("The model reads what was known then, and forecasts what comes next."),
        **(named if widget is st.select_slider else numbered),
    )


def _step(step: int, times: tuple[str, ...]) -> str:
    """Each with its number: a slider goes by what it shows, and times of day come again."""
    return f"{escape_markdown(times[step - 1])} ({step})" if times else str(step)


def show(folder: str, chosen: Chosen, sample: Sample, before: Trace, after: Trace, left) -> None:
    """The values with their band and errors at the right, the chart at the left."""
    from attnviz.forecasts import seasonal_naive

    config = loaded_classifier(folder).network.config
    number = _target(config)
    ahead = slice(number * config.horizon, (number + 1) * config.horizon)
    naive = seasonal_naive(sample, config)[ahead]  # whose channels are the model's
    spread = np.asarray(config.spread)[ahead] if config.spread else None
    truth, said = chosen.coming[ahead], after.forecast[ahead]
    unit = name_and_unit(config.target[number])[1]
    lines = [_said(said, spread, unit, config)]
    lines.append(_errors(said, naive, truth, unit))
    if after is not before:
        ends = [_number(trace.forecast[ahead][-1], unit) for trace in (before, after)]
        text = _("What that moved: {before} → {after}").format(before=ends[0], after=ends[1])
        lines.append(f'<p class="moved">{escape(text)}</p>')
    st.html(f'<div class="answer">{"".join(lines)}</div>')
    with left:
        values = np.asarray(after.values[:, list(config.channels).index(config.target[number])])
        shown = {"forecast": said, "naive": naive}
        shown |= {} if np.isnan(truth).all() else {"truth": truth}
        _draw(values, shown, spread, _times(after, chosen, config), config.target[number])


def _target(config) -> int:
    """Which of the channels that are forecast is spoken of."""
    if len(config.target) < 2:
        return 0
    return menus.selectbox(
        _("Forecast of"),
        range(len(config.target)),
        format_func=lambda number: config.target[number],
        key=f"forecast-of-{len(config.target)}",
    )


def _said(said: np.ndarray, spread: np.ndarray | None, unit: str, config) -> str:
    """The last of the coming values in large, and the band around it."""
    title = _("The model forecasts")
    html = (
        f"<small>{escape(title)}</small>"
        '<div class="says" role="heading" aria-level="1">'
        f"<strong>{escape(_number(said[-1], unit))}</strong> "
        f"<em>{escape(_ahead(config))}</em></div>"
    )
    if spread is None:
        return html
    low, high = said[-1] - spread[-1], said[-1] + spread[-1]
    text = _(BAND).format(low=_number(low, unit), high=_number(high, unit))
    return f'{html}<p class="why">{escape(text)}</p>'


def _ahead(config) -> str:
    """How far ahead the last of the coming values is: “in 12 months”."""
    steps = config.horizon * (config.step or 1)
    return _(AHEAD.get(config.step_unit, N_("in {count} steps"))).format(count=f"{steps:g}")


def _errors(said: np.ndarray, naive: np.ndarray, truth: np.ndarray, unit: str) -> str:
    known = ~np.isnan(truth)
    if not known.any():
        text = _(NAIVE).format(value=_number(naive[-1], unit))
        return f'<p class="why">{escape(text)}</p>'
    own, other = (float(np.abs(line - truth)[known].mean()) for line in (said, naive))
    text = _(ERROR).format(
        count=int(known.sum()), own=_number(own, unit), naive=_number(other, unit)
    )
    html = f'<p class="why">{escape(text)}</p>'
    return html + (
        f'<p class="truth" data-right="false">{escape(_(WORSE))}</p>' if own > other else ""
    )


def _number(value: float, unit: str) -> str:
    """Four digits and the unit, with a true minus."""
    shown = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:#.4g}".removesuffix(".")
    return f"{shown} {unit}".replace("-", "−").rstrip()


def _times(trace: Trace, chosen: Chosen, config) -> list[str]:
    """Those of the past, and behind them the file's, else how far ahead each step is."""
    ahead = [label[label.rfind("+") :] for label in trace.labels[: config.horizon]]
    known = list(chosen.coming_times)
    return [*trace.tokens, *known, *ahead[len(known) :]]


def _draw(past_values, lines: dict, spread, times: list[str], channel: str) -> None:
    parts = {name: values.tolist() for name, values in lines.items()}
    width = None if spread is None else spread.tolist()
    spec = _spec(past_values.tolist(), parts, width, times, channel, language())
    vega.draw(spec, "forecast")


@st.cache_data(show_spinner=False, max_entries=32)
def _spec(past_values, lines, spread, times, channel: str, language_name: str) -> str:
    from attnviz.charts.forecast import forecast

    arrays = {name: np.array(values, dtype=float) for name, values in lines.items()}
    width = None if spread is None else np.array(spread)
    past_ = np.array(past_values, dtype=float)
    return forecast(past_, arrays, width, times, channel, translate=_).to_json()
