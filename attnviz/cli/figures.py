"""The figures that evaluate prints, and what it says about them on standard error."""

from attnviz.cli.files import tell

FLOORS = ("accuracy", "macro_f1", "macro_auc", "macro_average_precision")
"""Figures of `attnviz.evidence.overview.Overview` that may not fall below what CI asks for."""


def figures(overview) -> dict:
    """The figures that a person reads first, JSON-ready."""
    from attnviz.evidence import to_plain

    if not overview.labelled:
        predicted = dict(zip(overview.labels, overview.predicted.tolist(), strict=True))
        return {"texts": overview.rows, "unread": overview.unread, "predicted": predicted}
    return {
        "texts": overview.labelled,
        "accuracy": overview.accuracy,
        "interval": overview.interval.tolist(),
        **{name: to_plain(getattr(overview, name)) for name in FLOORS[1:]},
        "calibration_error": to_plain(overview.calibration.error),
        "calibration_error_without_temperature": to_plain(overview.untempered.error),
        "rows": overview.rows,
        "unread": overview.unread,
        "unknown_labels": overview.unknown,
        "classes": {
            label: {
                "precision": to_plain(overview.precision[number]),
                "recall": to_plain(overview.recall[number]),
                "f1": to_plain(overview.f1[number]),
                "texts": to_plain(overview.support[number]),
            }
            for number, label in enumerate(overview.labels)
        },
        "confusion": _confusion(overview),
    }


def tell_gaps(overview, translate) -> None:
    """Say how many rows hold nothing to read, too much, or what a row before holds."""
    from attnviz.inspection.sentences import COPIES, CUT

    if blank := int(overview.blank.sum()) if overview.labelled else 0:
        tell([f"rows with nothing to read: {blank:,}; they count as mistakes."])
    if overview.unread > blank:
        tell([f"rows with nothing to read and no label: {overview.unread - blank:,}."])
    for count, text in ((overview.cut, CUT), (overview.copies, COPIES)):
        if count:
            tell([translate(text).format(count=f"{count:,}")])


def _confusion(overview) -> dict[str, dict[str, int]]:
    """True label → how often each label was predicted, in alphabetical order; "" for none."""
    rows = {}
    for number, label in enumerate(overview.labels):
        counts = overview.confusion[number].tolist()
        pairs = [("", int(overview.blank[number])), *zip(overview.labels, counts, strict=True)]
        rows[label] = {found: count for found, count in sorted(pairs) if count}
    return dict(sorted(rows.items()))
