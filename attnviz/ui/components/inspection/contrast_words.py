"""What is known of one thing in a contrast, in a sentence or two; Markdown."""

from attnviz.errors import N_
from attnviz.evidence.contrast import Compared, Contrast
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, escape_markdown, gap

NAMED = {
    "vocabulary": N_("“{name}”"),
    "words": N_("“{name}”"),
    "filters": N_("Filter {name}"),
    "units": N_("Unit {name}"),
    "positions": N_("The stretch {name}"),
}
MORE = N_(
    "{thing} adds **{size} more** to {predicted} than in the correct texts: {mistakes} a text "
    "instead of {correct}."
)
LESS = N_(
    "{thing} adds **{size} less** to {predicted} than in the correct texts: {mistakes} a text "
    "instead of {correct}."
)
MISSING = {
    True: N_(
        "Missing here: {thing} ({mistakes} of the mistakes, {correct} of the correct texts) would "
        "have pulled **{size}** towards {predicted}, mean of the correct texts."
    ),
    False: N_(
        "Missing here: {thing} ({mistakes} of the mistakes, {correct} of the correct texts) would "
        "have pulled **{size}** away from {predicted}, mean of the correct texts."
    ),
}
RARER = {
    True: N_(
        "Rarer here: {thing} ({mistakes} of the mistakes, {correct} of the correct texts) pulls "
        "towards {predicted}: {in_mistakes} a text instead of {in_correct}."
    ),
    False: N_(
        "Rarer here: {thing} ({mistakes} of the mistakes, {correct} of the correct texts) pulls "
        "away from {predicted}: {in_mistakes} a text instead of {in_correct}."
    ),
}
"""Whether it pulls towards the wrong class → what is said of a word that the mistakes lack."""


def finding(record: Contrast, kind: str, compared: Compared, thing: int) -> str:
    """What is known of one thing, in a sentence or two; Markdown."""
    if compared.missing[thing]:
        return _missing(record, kind, compared, thing)
    difference = compared.difference[thing]
    mistakes, correct = (f"{v:+.3f}".replace("-", "−") for v in compared.mean[:, thing])
    said = _(MORE if difference > 0 else LESS).format(
        thing=thing_name(kind, compared.names[thing]),
        size=f"{abs(difference):.3f}",
        predicted=f"*{label(record.predicted)}*",
        mistakes=mistakes,
        correct=correct,
    )
    if kind in ("vocabulary", "words"):
        said += gap(" ") + _occurs(record, compared, thing)
    return said


def _missing(record: Contrast, kind: str, compared: Compared, thing: int) -> str:
    """What a word that the mistakes lack, or have more rarely, does where it is; Markdown."""
    shares = _shares(record, compared, thing)
    means = [f"{value:+.3f}".replace("-", "−") for value in compared.mean[:, thing]]
    words = RARER if compared.texts[0, thing] else MISSING
    return _(words[bool(compared.mean[1, thing] > 0)]).format(
        thing=thing_name(kind, compared.names[thing]),
        predicted=f"*{label(record.predicted)}*",
        mistakes=shares[0],
        correct=shares[1],
        size=f"{abs(compared.mean[1, thing]):.3f}",
        in_mistakes=means[0],
        in_correct=means[1],
    )


def _shares(record: Contrast, compared: Compared, thing: int) -> list[str]:
    """In how many texts of each side a word occurs."""
    return [
        f"{count / len(rows):.0%}" if len(rows) else "–"
        for count, rows in zip(compared.texts[:, thing], record.rows, strict=True)
    ]


def _occurs(record: Contrast, compared: Compared, thing: int) -> str:
    """How often a word occurs on each side."""
    shares = _shares(record, compared, thing)
    return _("It occurs in {mistakes} of the mistakes and {correct} of the correct texts.").format(
        mistakes=shares[0], correct=shares[1]
    )


def label(name: str) -> str:
    return escape_markdown(label_name(name))


def thing_name(kind: str, name: str) -> str:
    """One thing in a sentence; Markdown."""
    return _(NAMED[kind]).format(name=escape_markdown(name))
