"""The overview's numbers as tables: for each class, and for every chart."""

from collections.abc import Collection

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.evidence.overview import Calibration, Groups, Overview
from attnviz.ui.components.tables import even, same_as_numbers
from attnviz.ui.translation import _

MOST_PAIRS = 500  # rows of the confusion's table


def classes(overview: Overview, names: list[str]) -> None:
    """Precision, recall, F1, areas and support of each class that is labelled or predicted."""
    shares = [_("Precision"), _("Recall"), _("F1"), _("AUC"), _("Average precision")]
    st.dataframe(
        **even(class_table(overview, names), shares),
        hide_index=True,
        width="stretch",
        height="auto" if len(names) <= 12 else 420,
    )


def class_table(overview: Overview, names: list[str]) -> pd.DataFrame:
    """A row for each class that occurs, the lowest F1 first."""
    table = pd.DataFrame(
        {
            _("Class"): names,
            _("Precision"): overview.precision,
            _("Recall"): overview.recall,
            _("F1"): overview.f1,
            _("Texts"): overview.support,
            _("Predicted"): overview.predicted,
            _("AUC"): overview.auc,
            _("Average precision"): overview.average_precision,
        }
    )
    return table.dropna(subset=[_("F1")]).sort_values(_("F1"), kind="stable")


def twin(overview: Overview, names: list[str], key: str) -> None:
    """What the charts draw, as plain tables."""
    from attnviz.charts.overview import prediction_rows

    expander = same_as_numbers(f"{key}-twin")
    if expander is None:
        return
    bins, measured = [_("From"), _("To")], [_("Accuracy"), _("Lower end"), _("Upper end")]
    with expander:
        if overview.labelled:
            _show(_("Which classes are confused"), pair_table(overview, names))
            calibrations = {_("with its temperature"): overview.calibration}
            if overview.temperature != 1:
                calibrations[_("without temperature")] = overview.untempered
            for title, found in calibrations.items():
                title = _("Calibration") + f" · {title}"
                _show(title, calibration_table(found), [*bins, _("Mean probability"), *measured])
            for groups in overview.groups:
                title = _("Column {name}").format(name=groups.title)
                title = {"tokens": _("Length"), "confidence": _("Confidence")}.get(
                    groups.kind, title
                )
                _show(_("Accuracy") + f" · {title}", group_table(groups), measured)
            if overview.curves:
                found = curve_table(overview, names)
                _show(_("One class against the rest"), found, found.columns[1:])
        else:
            rows = pd.DataFrame(prediction_rows(overview, names))
            columns = {"class": _("Class"), "texts": _("Texts"), "share": _("Share")}
            rows = rows[[*columns]].rename(columns=columns)
            _show(_("What the model says"), rows, [_("Share")])
        _show(_("Probability of the prediction"), histogram_table(overview), bins)


def _show(title: str, table: pd.DataFrame, shares: Collection[str] = ()) -> None:
    st.text(title)
    st.dataframe(**even(table, shares), hide_index=True, width="stretch")


def pair_table(overview: Overview, names: list[str]) -> pd.DataFrame:
    """The confusion matrix, or of many classes its largest cells off the diagonal."""
    if len(names) <= 12:
        table = pd.DataFrame(overview.confusion, columns=names)
        table.insert(0, _("True class") + " ↓", names)
        return table
    pairs = overview.confused(MOST_PAIRS)
    return pd.DataFrame(
        [(names[truth], names[prediction], texts) for truth, prediction, texts in pairs],
        columns=[_("True class"), _("Predicted class"), _("Texts")],
    )


def calibration_table(found: Calibration) -> pd.DataFrame:
    edges = np.linspace(0, 1, len(found.texts) + 1)
    return pd.DataFrame(
        {
            _("From"): edges[:-1],
            _("To"): edges[1:],
            _("Texts"): found.texts,
            _("Mean probability"): found.confidence,
            _("Accuracy"): found.accuracy,
            _("Lower end"): found.interval[:, 0],
            _("Upper end"): found.interval[:, 1],
        }
    )


def group_table(groups: Groups) -> pd.DataFrame:
    from attnviz.charts.overview import group_names

    return pd.DataFrame(
        {
            _("Group"): group_names(groups, translate=_),
            _("Texts"): groups.texts,
            _("Right"): groups.right,
            _("Accuracy"): groups.accuracy,
            _("Lower end"): groups.interval[:, 0],
            _("Upper end"): groups.interval[:, 1],
        }
    )


def curve_table(overview: Overview, names: list[str]) -> pd.DataFrame:
    """Precision at recalls, and recall at shares of false alarms, of the classes drawn."""
    shown = dict(zip(overview.labels, names, strict=True))
    recalls, alarms = np.arange(0.1, 1.01, 0.1), (0.01, 0.05, 0.1, 0.2, 0.5)
    rows = []
    for curve in overview.curves:
        row = {_("Class"): shown[curve.label]}
        for alarm in alarms:
            known = curve.true_positives[curve.false_positives <= alarm]
            row[_("Recall at {share} false alarms").format(share=f"{alarm:.0%}")] = known.max()
        for recall in recalls:
            reached = curve.precision[curve.recall >= recall - 1e-9]
            row[_("Precision at recall {share}").format(share=f"{recall:.0%}")] = reached.max()
        rows.append(row)
    return pd.DataFrame(rows)


def histogram_table(overview: Overview) -> pd.DataFrame:
    titles = {"right": _("right"), "wrong": _("wrong"), "unlabelled": _("without label")}
    bins = len(overview.histogram["right"])
    edges = np.linspace(0, 1, bins + 1)
    columns = {titles[name]: counts for name, counts in overview.histogram.items() if counts.any()}
    return pd.DataFrame({_("From"): edges[:-1], _("To"): edges[1:]} | columns)
