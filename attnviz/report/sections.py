"""The parts of a report: a heading, sentences, a figure, a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from attnviz.charts import curves, render
from attnviz.charts import overview as drawing
from attnviz.colours import in_both
from attnviz.errors import N_
from attnviz.evidence.overview import Overview
from attnviz.evidence.phrases import Phrases
from attnviz.inspection import sentences
from attnviz.inspection.lift import Lift, number, of_labels, tag_lifts
from attnviz.inspection.sentences import interval, percent
from attnviz.inspection.slicing import slice_table
from attnviz.runs import CAUSES, Filter, Run

LISTED = 200  # classes and marked rows
CONFUSED = 15
ZOOMED = 20  # classes of the confusion matrix
LONGEST = 500  # characters of a text
LONGEST_CELL = 120  # of a name or a value
WIDTH = 560  # px of a figure
INK = "#010203"  # in figures, where the reader's theme decides
LOOK = {
    "background": "transparent",
    "axis": {"labelColor": INK, "titleColor": INK, "gridColor": INK, "gridOpacity": 0.15},
    "legend": {"labelColor": INK, "titleColor": INK},
    "text": {"color": INK},
    "view": {"stroke": "transparent"},
}
MARKS = {"keep": N_("keep"), "relabel": N_("relabel"), "drop": N_("drop")}
GROUP_TITLES = {
    "tokens": N_("Accuracy by length"),
    "confidence": N_("Accuracy by confidence"),
    "column": N_("Accuracy by {column}"),
}

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Section:
    """A heading, sentences, a figure (SVG) and a table; `texts` are its columns of words."""

    title: str
    said: Sequence[str] = ()
    figure: str = ""
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    texts: Sequence[int] = (0,)


def cut(text: object, most: int = LONGEST_CELL) -> str:
    """The beginning of a text, without what would break the document."""
    text = "".join(c if c.isprintable() or c in "\n\t" else " " for c in str(text)[: most + 1])
    return text if len(text) <= most else text[:most] + "…"


def labelled(run: Run, overview: Overview, translate: Translate) -> list[Section]:
    """Figures and tables that need labels."""
    labels = [*map(cut, overview.labels)]
    matrix = drawing.confusion(overview, overview.confusable(ZOOMED), translate=translate)
    found = [
        Section(
            translate("Which classes are confused"),
            [sentences.of_confusion(overview, labels, translate)],
            figure(matrix),
            [translate("True class"), translate("Predicted class"), translate("Texts")],
            [(labels[t], labels[p], f"{n:,}") for t, p, n in overview.confused(CONFUSED)],
            (0, 1),
        ),
        Section(
            translate("How far to trust a probability"),
            [sentences.of_calibration(overview, translate)],
            figure(curves.reliability(overview, translate=translate)),
        ),
        Section(
            translate("How sure it is where it is wrong"),
            [sentences.of_outcomes(overview, translate)],
            figure(drawing.outcomes(overview, translate=translate)),
        ),
    ]
    for groups in overview.groups:
        names = drawing.group_names(groups, translate=translate)
        title = translate(GROUP_TITLES[groups.kind])
        found.append(
            Section(
                title.format(column=cut(groups.title)),
                [sentences.of_groups(groups, overview.accuracy, names, translate)],
                figure(drawing.accuracy(groups, overview.accuracy, translate=translate)),
            )
        )
    return [*found, _classes(overview, labels, translate)]


def _classes(overview: Overview, labels: Sequence[str], translate: Translate) -> Section:
    order = [n for n in np.argsort(overview.f1, kind="stable") if overview.f1[n] == overview.f1[n]]
    shares = (overview.precision, overview.recall, overview.f1, overview.auc)
    counts = (overview.support, overview.predicted)
    said = [sentences.of_classes(overview, labels, translate)]
    if len(order) > LISTED:
        text = translate("The {count} classes with the lowest F1.")
        said.append(text.format(count=LISTED))
    return Section(
        translate("Each class"),
        [*said, sentences.of_curves(overview, translate)],
        heads=[
            *map(translate, (N_("Class"), N_("Precision"), N_("Recall"), N_("F1"), N_("AUC"))),
            *map(translate, (N_("Texts"), N_("Predicted"))),
        ],
        rows=[
            [
                labels[n],
                *(percent(part[n]) for part in shares),
                *(f"{part[n]:,}" for part in counts),
            ]
            for n in order[:LISTED]
        ],
    )


def causes(run: Run, translate: Translate) -> list[Section]:
    """How often each tag stands at mistakes and at correct texts; without labels, at texts."""
    found = [part for part in tag_lifts(run) if part.count]
    if not found:
        return []
    labelled = bool(found[0].wrong_texts or found[0].right_texts)
    rows = []
    for part in found:
        cause = CAUSES[part.tag]
        row = [translate(cause.title), translate(cause.says)]
        pairs = [(part.wrong, part.wrong_share), (part.right, part.right_share)]
        pairs = pairs if labelled else [(part.count, part.count / part.texts)]
        row += [f"{count:,}" + (f" ({share:.0%})" if share else "") for count, share in pairs]
        if labelled:
            row += [_times(part.lift), "–".join(map(_times, part.interval or (None,)))]
        rows.append(row)
    heads = [N_("Cause"), N_("What it means"), N_("Texts")]
    if labelled:
        heads[2:] = [N_("Mistakes"), N_("Right texts"), N_("Lift"), N_("95% interval")]
    said = [_systematic(found, translate)] if labelled else []
    title = translate("Causes seen from the inside")
    section = Section(title, said, "", [*map(translate, heads)], rows, (0, 1))
    return [section, *_phrases(run, translate)]


def _phrases(run: Run, translate: Translate) -> list[Section]:
    """The phrases that recur in mistakes, with their counts."""
    note = run.later_note("phrases")
    phrases = Phrases((), 0) if note is None else Phrases.from_json(note)
    rows = [
        (cut(p.text), f"{p.wrong:,}", f"{p.wrong + p.right:,}", interval(p.interval))
        for p in phrases.found
    ]
    if not rows:
        return []
    said = translate(
        "These stand out among the phrases that were searched ({count}), so their intervals "
        "(Wilson, 95%) are hopeful: in other texts they will stand out less."
    ).format(count=f"{phrases.searched:,}")
    heads = (N_("Phrase"), N_("Mistakes"), N_("Texts"), N_("Share wrong, interval"))
    title = translate("Phrases that recur in mistakes")
    return [Section(title, [said], "", [*map(translate, heads)], rows)]


def _times(lift: float | None) -> str:
    return "–" if lift is None else number(lift)


def _systematic(found: Sequence[Lift], translate: Translate) -> str:
    """Which cause is surely more frequent at mistakes; with those that need the label."""
    others = of_labels(found, translate)
    part = next((p for p in found if p.systematic and not CAUSES[p.tag].labelled), None)
    if part is None and others:
        text = N_("No cause inside the network is surely more frequent at mistakes, but: {others}.")
        return translate(text).format(others=others)
    if part is None:
        return translate("No cause is surely more frequent at mistakes than at right texts.")
    text = N_("“{cause}” stands at {wrong} of the mistakes and at {right} of the right texts.")
    said = translate(text).format(
        cause=translate(CAUSES[part.tag].title),
        wrong=percent(part.wrong_share),
        right=percent(part.right_share),
    )
    return f"{said} {translate('Also: {others}.').format(others=others)}" if others else said


def slices(run: Run, translate: Translate) -> list[Section]:
    """The slices that a person saved, with their accuracy."""
    found = slice_table(run, run.slices())
    heads = (N_("Slice"), N_("Texts"), N_("Labelled"), N_("Accuracy"), N_("95% interval"))
    rows = [
        (
            cut(part.name),
            f"{part.rows:,}",
            f"{part.labelled:,}",
            "–" if part.accuracy is None else percent(part.accuracy),
            "–" if part.interval is None else interval(part.interval),
        )
        for part in found
    ]
    return [Section(translate("Slices"), heads=[*map(translate, heads)], rows=rows)] if rows else []


def marks(run: Run, translate: Translate) -> list[Section]:
    """What a person marked and noted, up to a number of rows."""
    marked = run.marks()
    if not marked:
        return []
    counts = {mark: sum(entry["mark"] == mark for entry in marked.values()) for mark in MARKS}
    said = [
        " · ".join(
            f"{translate(MARKS[mark])}: {count:,}" for mark, count in counts.items() if count
        )
    ]
    if len(marked) > LISTED:
        said.append(translate("The first {count} of them:").format(count=LISTED))
    chosen = Filter(rows=tuple(sorted(marked)[:LISTED]))
    columns = f"line, left(text, {LONGEST_CELL + 1}) AS text, mark, new_label, note"
    rows = [
        (
            line,
            cut(text),
            translate(MARKS[mark]) if mark else "",
            cut(label or ""),
            cut(note or "", LONGEST),
        )
        for line, text, mark, label, note in records(run, chosen, "line", LISTED, columns)
    ]
    heads = (N_("Line"), N_("Text"), N_("Mark"), N_("New label"), N_("Note"))
    title = translate("Marks and notes")
    return [Section(title, said, "", [*map(translate, heads)], rows, (1, 2, 3, 4))]


def records(run: Run, chosen: Filter, sort: str, most: int, columns: str) -> list[tuple]:
    """Rows of a page as plain tuples, what is missing as None."""
    page = run.page(chosen, sort, most=most, columns=columns).astype(object)
    return list(page.where(page.notna(), None).itertuples(index=False, name=None))


def figure(chart) -> str:
    """A chart as SVG, in the ink of the page around it."""
    drawn = chart.properties(width=WIDTH).configure(**LOOK)
    return in_both(render(drawn, "svg").decode()).replace(INK, "currentColor")
