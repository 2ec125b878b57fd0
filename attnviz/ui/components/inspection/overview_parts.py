"""The overview's charts, each with a sentence that says what it shows, and where a click leads."""

from collections.abc import Callable

import streamlit as st

from attnviz.errors import N_
from attnviz.evidence.overview import Groups, Overview
from attnviz.runs import Filter, Run
from attnviz.ui.components import menus, vega
from attnviz.ui.components.inspection import overview_tables
from attnviz.ui.components.inspection.chosen import choose_filter
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, escape_markdown

ZOOMED = 20  # classes that the confusion matrix shows at first
LISTED = 8  # mistakes beside it
CURVES = {"roc": N_("ROC"), "precision_recall": N_("Precision and recall")}
BY = {"tokens": N_("Length"), "confidence": N_("Confidence")}


def names_of(overview: Overview) -> list[str]:
    """The classes in the user's language."""
    return [label_name(label) for label in overview.labels]


@st.cache_data(show_spinner=False, max_entries=64)
def drawn(asked: tuple, _draw: Callable) -> str:
    """The JSON of the chart that `_draw` makes; `asked` is all that it depends on."""
    return _draw().to_json()


def confusion(run: Run, overview: Overview, asked: tuple, key: str) -> None:
    """The matrix, and its largest cells off the diagonal as buttons; both lead to the texts."""
    from attnviz.charts import overview as drawing
    from attnviz.inspection.sentences import of_confusion

    names = names_of(overview)
    st.markdown(of_confusion(overview, [*map(escape_markdown, names)], _))
    chosen = overview.confusable(ZOOMED)
    many = len(overview.labels) > ZOOMED
    if many:  # a matrix of so many is looked at after its largest cells
        _largest_cells(run, overview, names, key)
        everything = st.segmented_control(
            _("Classes shown"),
            [False, True],
            default=False,
            required=True,
            format_func=lambda every: (
                _("All {count} classes").format(count=len(names))
                if every
                else _("The {count} in the most frequent mix-ups").format(count=len(chosen))
            ),
            key=f"{key}-classes",
            label_visibility="collapsed",
        )
        chosen = overview.order.tolist() if everything else chosen
    place = f"{key}-confusion-{len(chosen)}"
    spec = drawn(
        (*asked, "confusion", *chosen),
        lambda: drawing.confusion(overview, chosen, names=names, translate=_),
    )
    vega.draw(spec, place, on_select=lambda: choose_cell(run, overview, place))
    st.caption(
        _(
            "The stronger a mistake, the larger its share of the true class; right texts are "
            "pale. Click a cell for its texts."
        )
    )
    if not many:
        _largest_cells(run, overview, names, key)


def _largest_cells(run: Run, overview: Overview, names: list[str], key: str) -> None:
    """The most frequent kinds of mistakes as links to their texts."""
    with st.container(horizontal=True, gap="small", key=f"{key}-cells"):
        for truth, prediction, texts in overview.confused(LISTED):
            share = texts / overview.support[truth]
            label = f"{names[truth]} → {names[prediction]}"
            st.button(
                f"{escape_markdown(label)} · **{texts:,}** ({share:.0%})",
                on_click=choose_filter,
                args=(run, cell_filter(overview, truth, prediction), "queue"),
                key=f"{key}-cell-{truth}-{prediction}",
                type="tertiary",
            )


def cell_filter(overview: Overview, truth: int, prediction: int) -> Filter:
    """The texts of one cell of the confusion matrix."""
    labels = overview.labels
    return Filter(truth=(labels[truth],), prediction=(labels[prediction],))


def choose_cell(run: Run, overview: Overview, chart: str) -> None:
    """To the texts of the cell that was clicked in a chart of this key, if one was."""
    for cell in st.session_state[chart]["selection"].get("cell") or []:
        choose_filter(run, cell_filter(overview, cell["truth"], cell["prediction"]), "queue")


def folded(run: Run, overview: Overview, asked: tuple, key: str) -> None:
    """The other charts, each behind its finding in a sentence; only what is open is drawn."""
    parts = {
        "outcomes": (
            _("How sure it is where it is wrong"),
            lambda: histogram(overview, asked, key),
        ),
        "calibration": (
            _("How far to trust a probability"),
            lambda: calibration(overview, asked, key),
        ),
        "groups": (_("Where it is weak"), lambda: accuracy(run, overview, asked, key)),
        "curves": (_("One class against the rest"), lambda: curves(overview, asked, key)),
        "each": (_("Each class"), lambda: classes(overview)),
    }
    findings = _findings(overview)
    for name, (title, draw) in parts.items():
        label = f"**{title}** · {findings[name]}"
        part = st.expander(label, key=f"{key}-part-{name}", on_change="rerun")
        if part.open:
            with part:
                draw()


def _findings(overview: Overview) -> dict[str, str]:
    """What each folded chart shows, in a sentence."""
    from attnviz.inspection import sentences

    names = [*map(escape_markdown, names_of(overview))]
    measured = _("Calibration error {error}").format(
        error=sentences.percent(overview.calibration.error)
    )
    if overview.temperature != 1:
        plain = sentences.percent(overview.untempered.error)
        measured += ", " + _("without its temperature {error}").format(error=plain)
    macro = _("Macro-F1")
    return {
        "outcomes": sentences.of_outcomes(overview, _),
        "calibration": f"{sentences.of_calibration(overview, _)} {measured}",
        "groups": _weak(overview),
        "curves": sentences.of_curves(overview, _),
        "each": f"{macro} {overview.macro_f1:.3f}. {sentences.of_classes(overview, names, _)}",
    }


def _weak(overview: Overview) -> str:
    """By what the model is weaker than elsewhere, or else that no length is."""
    from attnviz.charts import overview as drawing
    from attnviz.inspection.sentences import of_groups

    said = [
        of_groups(
            groups,
            overview.accuracy,
            [*map(escape_markdown, drawing.group_names(groups, translate=_))],
            _,
        )
        for groups in overview.groups
        if (groups.interval[:, 1] < overview.accuracy).any()
    ]
    return " ".join(said[:2]) or _("No length, confidence or column stands out beyond chance.")


def calibration(overview: Overview, asked: tuple, key: str) -> None:
    from attnviz.charts.curves import reliability

    spec = drawn((*asked, "reliability"), lambda: reliability(overview, translate=_))
    vega.draw(spec, f"{key}-reliability")
    st.caption(
        _(
            "On the dashed line the model is right as often as its probability says; below it, "
            "it is too sure. Upright lines are 95% intervals."
        )
    )


def histogram(overview: Overview, asked: tuple, key: str) -> None:
    """How many texts have which probability of their prediction."""
    from attnviz.charts import overview as drawing

    spec = drawn((*asked, "outcomes"), lambda: drawing.outcomes(overview, translate=_))
    vega.draw(spec, f"{key}-outcomes")


def predictions(overview: Overview, asked: tuple, key: str) -> None:
    """How often each class was predicted."""
    from attnviz.charts import overview as drawing

    names = names_of(overview)
    spec = drawn(
        (*asked, "predictions"), lambda: drawing.predictions(overview, names=names, translate=_)
    )
    vega.draw(spec, f"{key}-predictions")
    if len(names) > drawing.DRAWN_CLASSES:
        text = _("Drawn are the {count} classes predicted most often.")
        st.caption(text.format(count=drawing.DRAWN_CLASSES))


def accuracy(run: Run, overview: Overview, asked: tuple, key: str) -> None:
    """By length, confidence or a column; a click on a group leads to its mistakes."""
    from attnviz.charts import overview as drawing
    from attnviz.inspection.sentences import of_groups

    groups = overview.groups
    number = menus.selectbox(
        _("Accuracy by"),
        range(len(groups)),
        format_func=lambda number: _(BY.get(groups[number].kind, "")) or groups[number].title,
        key=f"{key}-by",
        label_visibility="collapsed",
    )
    names = [*map(escape_markdown, drawing.group_names(groups[number], translate=_))]
    st.markdown(of_groups(groups[number], overview.accuracy, names, _))
    place = f"{key}-groups-{number}"
    spec = drawn(
        (*asked, "accuracy", number),
        lambda: drawing.accuracy(groups[number], overview.accuracy, translate=_),
    )
    vega.draw(spec, place, on_select=lambda: choose_group(run, groups[number], place))
    st.caption(_("Dashed: over all. Lines are 95% intervals. Click a group for its mistakes."))


def choose_group(run: Run, groups: Groups, chart: str) -> None:
    """To the mistakes of the group that was clicked in a chart of this key, if one was."""
    for point in st.session_state[chart]["selection"].get("group") or []:
        choose_filter(run, group_filter(groups, point["place"]), "queue")


def group_filter(groups: Groups, place: int) -> Filter:
    """The mistakes of a group."""
    if groups.kind == "column":
        return Filter(outcome="wrong", columns=((groups.title, groups.values[place]),))
    number = int if groups.kind == "tokens" else float
    ends = (number(groups.low[place]), number(groups.high[place]))
    return Filter(outcome="wrong", **{groups.kind: ends})


def curves(overview: Overview, asked: tuple, key: str) -> None:
    from attnviz.charts import curves as drawing

    if not overview.curves:
        return
    kind = st.segmented_control(
        _("Curve"),
        list(CURVES),
        default="roc",
        required=True,
        format_func=lambda name: _(CURVES[name]),
        key=f"{key}-curve",
        label_visibility="collapsed",
    )
    names = names_of(overview)
    spec = drawn(
        (*asked, "curves", kind),
        lambda: drawing.curves(overview, kind, names=names, translate=_),
    )
    vega.draw(spec, f"{key}-curves-{kind}")
    if len(overview.curves) < len(overview.labels):
        st.caption(
            _("Drawn are the {count} classes with the lowest average precision.").format(
                count=len(overview.curves)
            )
        )


def classes(overview: Overview) -> None:
    overview_tables.classes(overview, names_of(overview))
