"""What a run's numbers say, in a plain sentence each, for the page, the report and the terminal."""

from collections.abc import Callable, Sequence

import numpy as np

from attnviz.errors import N_
from attnviz.evidence.overview import Groups, Overview

CALIBRATED = 0.01  # how far mean probability and accuracy may lie apart to count as the same
SURE = 0.9
GROUPS = {
    "tokens": (
        N_("a length in tokens of {group}"),
        N_("No length is worse than the rest beyond chance."),
    ),
    "confidence": (
        N_("a probability of {group}"),
        N_("No confidence is worse than the rest beyond chance."),
    ),
    "column": (N_("{title} = {group}"), N_("No value is worse than the rest beyond chance.")),
}
"""Kind of groups → how one of them is called, and what to say if none stands out."""

CUT = N_("Texts longer than the model reads at once, whose ends were not read: {count}.")

COPIES = N_(
    "Labelled texts that are copies of one before: {count}. Each of them counts, so the intervals "
    "are narrower than different texts would make them."
)

Translate = Callable[[str], str]


def percent(share: float) -> str:
    """A share with one decimal; a dash where there is none."""
    return "–" if share != share else f"{share:.1%}"


def interval(ends: Sequence[float]) -> str:
    return "–" if ends[0] != ends[0] else f"{100 * ends[0]:.1f}–{100 * ends[1]:.1f}%"


def of_accuracy(overview: Overview, translate: Translate = str) -> str:
    """Whether the model beats naming the most frequent class."""
    if overview.accuracy != overview.accuracy:
        return translate("No text has a label that the model knows.")
    if overview.baseline == 1:
        text = N_("Right: {right} of {labelled}. All of them have the same label.")
    elif overview.interval[0] > overview.baseline:
        text = N_(
            "Right: {right} of {labelled}. Always naming the most frequent class would be "
            "right in {baseline}."
        )
    else:
        text = N_(
            "Right: {right} of {labelled}, not surely better than always naming the most "
            "frequent class, which would be right in {baseline}."
        )
    return translate(text).format(
        right=f"{overview.right:,}",
        labelled=f"{overview.labelled:,}",
        baseline=percent(overview.baseline),
    )


def of_confusion(overview: Overview, names: Sequence[str], translate: Translate = str) -> str:
    """Which mistake is the most frequent."""
    largest = overview.confused(1)
    if not largest:
        return translate("No class is taken for another.")
    ((truth, prediction, texts),) = largest
    text = N_(
        "The most frequent mistake: {truth} is taken for {prediction} (texts: {texts}, {share} "
        "of {truth})."
    )
    return translate(text).format(
        truth=names[truth],
        prediction=names[prediction],
        texts=f"{texts:,}",
        share=percent(texts / overview.support[truth]),
    )


def of_calibration(overview: Overview, translate: Translate = str) -> str:
    """Whether the model is too sure of itself; of texts that it could read, where not all are."""
    found = overview.calibration
    total = found.texts.sum()
    if not total:
        return translate("No labelled text could be read.")
    sure, right = np.nansum(found.confidence * found.texts) / total, found.right.sum() / total
    if abs(sure - right) < CALIBRATED:
        text = N_("On average the model is {sure} sure and right in {right}: as sure as it should.")
    elif sure > right:
        text = N_("On average the model is {sure} sure and right in {right}: too sure of itself.")
    else:
        text = N_("On average the model is {sure} sure and right in {right}: not sure enough.")
    said = translate(text).format(sure=percent(sure), right=percent(right))
    if blank := int(overview.blank.sum()):
        rest = translate("Without the texts that hold nothing to read: {count}.")
        said += " " + rest.format(count=f"{blank:,}")
    return said


def of_outcomes(overview: Overview, translate: Translate = str) -> str:
    """How many mistakes no threshold on the probability would catch."""
    wrong = overview.histogram["wrong"]
    if not overview.mistakes:
        return translate("No text is a mistake.")
    text = N_("Mistakes made with a probability above {sure}: {count} of {wrong}.")
    return translate(text).format(
        count=f"{wrong[round(SURE * len(wrong)) :].sum():,}",
        wrong=f"{overview.mistakes:,}",
        sure=f"{SURE:.0%}",
    )


def of_groups(
    groups: Groups, overall: float, names: Sequence[str], translate: Translate = str
) -> str:
    """Which group is the weakest, if one is worse than the rest beyond chance.

    That is, if the group's 95 % interval lies below the accuracy over all.
    """
    called, none = GROUPS[groups.kind]
    below = np.flatnonzero(groups.interval[:, 1] < overall)
    if not len(below):
        return translate(none)
    worst = min(below.tolist(), key=lambda place: groups.accuracy[place])
    group = translate(called).format(group=names[worst], title=groups.title)
    return translate("Weakest for {group}: {accuracy} right (texts: {texts}).").format(
        group=group,
        accuracy=percent(groups.accuracy[worst]),
        texts=f"{groups.texts[worst]:,}",
    )


def of_classes(overview: Overview, names: Sequence[str], translate: Translate = str) -> str:
    """Which class is the weakest."""
    if np.isnan(overview.f1).all():
        return translate("No text has a label that the model knows.")
    worst = int(np.nanargmin(overview.f1))
    text = N_("Weakest class: {name}, with precision {precision} and recall {recall}.")
    return translate(text).format(
        name=names[worst],
        precision=percent(overview.precision[worst]),
        recall=percent(overview.recall[worst]),
    )


def of_curves(overview: Overview, translate: Translate = str) -> str:
    """What the area below the ROC curve means, in numbers."""
    if not overview.curves:
        return translate("Curves need texts of at least two classes.")
    text = N_(
        "In {auc} of all pairs, a text of a class gets a higher probability of it than a text of "
        "another (AUC); the mean average precision is {precision}."
    )
    return translate(text).format(
        auc=percent(overview.macro_auc), precision=percent(overview.macro_average_precision)
    )


def of_gaps(overview: Overview, translate: Translate = str) -> list[str]:
    """What is not in the numbers, or counts in a way that may surprise."""
    blank = int(overview.blank.sum())
    cases = (
        (
            overview.scored if overview.scored < overview.rows else 0,
            N_("Texts scored so far: {count}. The numbers are of these."),
        ),
        (
            overview.unknown,
            N_("Texts left out, as their label is none of the model's: {count}."),
        ),
        (blank, N_("Texts with a label but without anything to read, and so mistakes: {count}.")),
        (overview.cut, CUT),
        (overview.copies, COPIES),
        (
            overview.sampled if overview.sampled < overview.labelled - blank else 0,
            N_("Calibration and curves are made from {count} labelled texts, chosen at random."),
        ),
    )
    return [translate(text).format(count=f"{count:,}") for count, text in cases if count]
