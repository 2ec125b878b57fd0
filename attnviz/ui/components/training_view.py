"""One training run on a page: what it came to, its charts, their numbers, how to run it again."""

import json

import pandas as pd
import streamlit as st

from attnviz.errors import N_
from attnviz.history import METRICS, WINDOW, History, layer_title
from attnviz.ui.components import vega
from attnviz.ui.components.panel_choice import DIRECTION_NAMES
from attnviz.ui.components.tables import even, same_as_numbers
from attnviz.ui.translation import _, escape_markdown

USES = {
    "training": N_("training"),
    "validation": N_("validation"),
    "unlabelled": N_("without labels"),
    "teacher": N_("teacher"),
    "start": N_("starting weights"),
}
VANISHED, EXPLODED = 0.1, 10  # what is left far away of the gradient near the end


def headline(history: History) -> None:
    """The result in one line, and what it took in another; of a run that was stopped, why."""
    if history.stopped:
        template, values = (history.stopped[part] for part in ("template", "values"))
        st.warning(escape_markdown(_(template).format(**values)), icon=":material/info:")
    if best := history.best:
        kind = METRICS[history.metric]
        value = f"{best[history.metric]:{kind.format}}"
        said = _(kind.headline).format(value=value, step=f"{best['step']:,}")
    else:
        said = _("Training")
    st.markdown("# " + said)
    parts = [
        _("seed {seed}").format(seed=history.seed),
        duration(history.seconds),
        (_("stopped {day}") if history.stopped else _("finished {day}")).format(
            day=escape_markdown(history.finished)
        ),
    ]
    found = history.calibration
    if {"ece_before", "ece_after", "temperature"} <= found.keys():
        scaled = _("expected calibration error {before}, {after} with temperature {value}")
        alone = _("expected calibration error {before}, without temperature")
        parts.append(
            (alone if found["temperature"] == 1 else scaled).format(
                before=percent(found["ece_before"]),
                after=percent(found["ece_after"]),
                value=f"{found['temperature']:.4g}",
            )
        )
    st.caption(" · ".join(parts))


def duration(seconds: float) -> str:
    if seconds < 120:
        return _("{count} s").format(count=f"{seconds:.0f}")
    if seconds < 7200:
        return _("{count} min").format(count=f"{seconds / 60:.0f}")
    return _("{count} h").format(count=f"{seconds / 3600:.1f}")


def percent(share: float) -> str:
    """Two digits at least, none of them only for show."""
    value = 100 * share
    if 0 < value < 0.01:
        return "< 0.01%"
    if value >= 100:
        return f"{value:,.0f}%"
    return f"{value:.1f}%" if value >= 10 else f"{value:.2g}%"


@st.cache_data(show_spinner=False, max_entries=16)
def drawn(folder: str, version: int, language_name: str, dark: bool) -> dict[str, str]:
    """Name → the specification of each chart that the run of a folder has numbers for.

    Building one costs Altair a tenth of a second, so once is enough; tests check the schema.
    """
    from attnviz.charts import training as training_charts

    history = History.load(folder)
    found = {name: draw(history, translate=_) for name, draw in training_charts.CHARTS.items()}
    for name in directions(history):
        found[name] = training_charts.reach(history, name, translate=_, dark=dark)
    return {
        name: json.dumps(chart.to_dict(validate=False))
        for name, chart in found.items()
        if chart is not None
    }


def directions(history: History) -> list[str]:
    return list(dict.fromkeys(entry["direction"] for entry in history.state_gradients))


def over_steps(history: History, specs: dict[str, str]) -> None:
    """The charts over steps, one below the other."""
    for name in specs:
        if name in directions(history):
            continue
        show(specs, name)
        if name == "loss" and history.teacher_share:
            st.caption(teaching(history.teacher_share))
        if name == "gradients":
            st.caption(clipping(history))
    tables = {
        _("Training"): steps_table(history.steps),
        _("Validation"): steps_table(history.evaluations),
    }
    twin(tables, "steps")


def teaching(share: float) -> str:
    """What the training loss is made of where there was a teacher."""
    return _(
        "A teacher had a share in the training loss: of a text that it read, {teacher} of the loss "
        "is the mean square of the differences between the network's logits and the teacher's, "
        "{labels} the cross-entropy of the label. The validation loss is the cross-entropy alone, "
        "so the two lines are not measured alike."
    ).format(teacher=f"{100 * share:.3g}%", labels=f"{100 - 100 * share:.3g}%")


def clipping(history: History) -> str:
    """How often the gradient was clipped."""
    if history.clipped is None:
        return ""
    if history.clip_norm is None:
        return _("Gradients were not clipped.")
    text = _("In {share} of the steps the gradient was longer than {norm} and was cut to it.")
    return text.format(share=percent(history.clipped), norm=f"{history.clip_norm:g}")


def through_time(history: History, specs: dict[str, str]) -> None:
    """How far the gradient reaches back through the recurrence, and what follows."""
    st.markdown("## " + _("Gradient through time"))
    found = [name for name in directions(history) if name in specs]
    if not found:
        st.caption(_("None was recorded; a network without recurrence has none."))
        return
    for name in found:
        title = escape_markdown(_(DIRECTION_NAMES.get(name, name)))
        st.markdown(f"**{title}** · {verdict(history, name)}")
        show(specs, name)
    st.caption(
        _(
            "Norm of $\\partial loss / \\partial h_t$ in the last recurrent layer. Each line is a "
            "running median over {count} tokens; the sentences compare medians of longer stretches."
        ).format(count=WINDOW)
    )
    twin({"": states_table(history)}, "states")


def verdict(history: History, direction: str) -> str:
    """One sentence, from the numbers, that says whether the gradient vanishes or explodes."""
    found = history.reach(direction)
    if found is None:
        return _("Too little was recorded to say how far the gradient reaches.")
    distance, share = found
    if share < VANISHED:
        text = _(
            "At step {step}, the gradient about {distance} tokens away is {share} of that "
            "at the end: it **vanishes**, so the recurrence learns little from words that far back."
        )
    elif share > EXPLODED:
        text = _(
            "At step {step}, the gradient about {distance} tokens away is {times} times "
            "that at the end: it **explodes**, so words far back rule each step "
            "unless it is clipped."
        )
    else:
        text = _(
            "At step {step}, the gradient about {distance} tokens away is {share} of that "
            "at the end: it **neither vanishes nor explodes**, so words that far back still teach."
        )
    times = f"{share:,.0f}" if share < 1e6 else f"{share:.1e}"
    step = [entry["step"] for entry in history.state_gradients if entry["direction"] == direction][
        -1
    ]
    return text.format(step=f"{step:,}", distance=distance, share=percent(share), times=times)


def show(specs: dict[str, str], name: str) -> None:
    """One of the charts, in the colours of the page."""
    vega.draw(specs[name], f"training-{name}")


def steps_table(entries: list[dict]) -> pd.DataFrame:
    """What was recorded at each step, a column for every layer."""
    names = {
        "step": _("Step"),
        "epoch": _("Epoch"),
        "loss": _("Loss"),
        **{name: _(kind.title) for name, kind in METRICS.items()},
        "learning_rate": _("Learning rate"),
        "clipped": _("Clipped steps"),
        "gradient_norm": _("Gradient norm"),
    }
    rows = [
        {names[key]: entry[key] for key in names if key in entry}
        | {
            f"{names['gradient_norm']} · {layer_title(layer, _)}": norm
            for layer, norm in (entry.get("gradient_norms") or {}).items()
        }
        for entry in entries
    ]
    return pd.DataFrame(rows)


def states_table(history: History) -> pd.DataFrame:
    """The norms as recorded, a row for every distance, a column for every step and direction."""
    columns = {}
    for entry in history.state_gradients:
        step = _("Step {step}").format(step=f"{entry['step']:,}")
        columns[f"{_(DIRECTION_NAMES.get(entry['direction'], entry['direction']))} · {step}"] = (
            pd.Series(entry["norms"], dtype="float64")
        )
    return pd.DataFrame(columns).rename_axis(_("Tokens before the last one read"))


def twin(tables: dict[str, pd.DataFrame], key: str) -> None:
    """The same numbers as plain tables, for reading without colours; each can be downloaded."""
    expander = same_as_numbers(f"training-{key}")
    if expander is None:
        return
    for title, table in tables.items():
        if len(table):
            expander.caption(title)
            expander.dataframe(**even(table), width="stretch")


def command(history: History) -> None:
    """How to run it again, with every setting."""
    st.markdown("## " + _("Command"))
    st.code(history.command, None, wrap_lines=True)  # Streamlit's colours of code are too pale
    settings = [f"{name} {value}" for name, value in history.recipe.items()]
    st.caption(escape_markdown(" · ".join(settings)))


def data(history: History) -> None:
    """What it learnt from, and how well it does on each of the validation files."""
    st.markdown("## " + _("Data"))
    for name, share in history.too_high.items():
        said = _("{file} is too high: {share} of its texts, or nearly the same, were trained on.")
        file = escape_markdown(name)
        st.warning(said.format(file=file, share=f"{share:.0%}"), icon=":material/info:")
    shown = even(data_table(history), [] if history.scores else [_("Accuracy")])
    shown["column_config"][_("Texts")] = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        **shown,
        hide_index=True,
        width="stretch",
        placeholder="",
    )


def data_table(history: History) -> pd.DataFrame:
    """The files, with what the saved model is worth on those that measured it."""
    known = {entry["name"] for entry in history.data}
    files = [*history.data, *({"name": name} for name in history.worth if name not in known)]
    worth, title = history.accuracy, _("Accuracy")
    if history.scores:
        worth, title = history.worth, _(METRICS[history.metric].title)
    return pd.DataFrame(
        {
            _("File name"): [entry["name"] for entry in files],
            _("Used for"): [
                _(USES.get(entry.get("use"), entry.get("use") or "")) for entry in files
            ],
            title: [
                worth.get(entry["name"]) if entry.get("use") != "training" else None
                for entry in files
            ],
            _("Texts"): [entry.get("texts") for entry in files],
        }
    )
