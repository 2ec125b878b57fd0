"""The answer to a sample: the class, one sentence on the stretch that decided, and the truth."""

import re
from html import escape

from attnviz.errors import N_
from attnviz.evidence.answer import Answer, WordShare
from attnviz.explain.answer import answer as summarize
from attnviz.samples import Sample
from attnviz.trace import Trace
from attnviz.ui.components import answer
from attnviz.ui.components.entrances.brought import Chosen
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _

BASIS = {
    "word": N_("{stretch} holds {share} of the attention: {vote} of a lead of {lead}."),
    "words": N_("{stretch} hold {share} of the attention: {vote} of a lead of {lead}."),
    "many": N_(
        "No stretch of it decides alone. The strongest, {stretch}, adds {vote} to a lead of {lead}."
    ),
    "bias": N_("Hardly anything in it decides: {bias} of the lead of {lead} is there before it."),
}
"""What a prediction rests on, by `Answer.basis`; "words" of frames or rows, which are several."""
WITHOUT_ATTENTION = N_("Most of it comes from {stretch}: {vote} of a lead of {lead}.")
OPPOSED = N_("Against it: {stretch} ({vote}).")
NUMBERED = re.compile(r"(frame |row |column |filter |)(\d+(–\d+)?)")
KINDS = {
    "": (N_("step {number}"), N_("steps {number}")),
    "frame": (N_("frame {number}"), N_("frames {number}")),
    "row": (N_("row {number}"), N_("rows {number}")),
    "column": (N_("column {number}"), N_("columns {number}")),
    "filter": (N_("filter {number}"), N_("filters {number}")),
}
"""What positions without a time are called, one and several."""


def part(folder: str, chosen: Chosen) -> Chosen:
    """All of a sample is read."""
    return chosen


def show(folder: str, chosen: Chosen, sample: Sample, before: Trace, after: Trace, left) -> None:
    """The class in its colour, one bar, the sentence, the label if it is known, what changes
    moved."""
    result = summarize(after)
    below = _truth(after, sample.label) + answer.reason(result, sentences(after, result))
    if after is not before:
        below += f'<p class="moved">{escape(_moved(before, after))}</p>'
    answer.said(after, result, _("The model says"), below)


def _moved(before: Trace, after: Trace) -> str:
    """“partial shading 98.8% → normal 71.0%”."""
    ends = [
        f"{label_name(trace.prediction)} {trace.probabilities.max():.1%}"
        for trace in (before, after)
    ]
    return _("What that moved: {before} → {after}").format(before=ends[0], after=ends[1])


def _truth(trace: Trace, label: str | None) -> str:
    """Whether that is what the file says."""
    if label is None or label not in trace.labels:
        return ""
    right = label == trace.prediction
    text = _("Right: the sample is labelled so.") if right else _("Wrong: the label is {label}.")
    said = escape(text.format(label=label_name(label)))
    return f'<p class="truth" data-right="{str(right).lower()}">{said}</p>'


def sentences(trace: Trace, result: Answer) -> list[str]:
    """One or two sentences as HTML."""
    carrier = result.carriers[0]
    several = result.basis == "word" and NUMBERED.fullmatch(carrier.text)
    template = BASIS["words" if several and several[3] else result.basis]
    if result.basis == "word" and trace.pooling != "attention":
        template = WITHOUT_ATTENTION
    said = escape(_(template)).format(
        stretch=_stretch(trace, carrier, result.label),
        share=f"{carrier.attention:.0%}",
        vote=answer.signed(carrier.vote),
        lead=answer.LEAD.format(number=f"{result.lead:.2f}"),
        bias=answer.signed(result.bias),
    )
    if result.opponent is None:
        return [said]
    stretch = _stretch(trace, result.opponent, result.rival)
    vote = answer.signed(result.opponent.vote)
    return [said, escape(_(OPPOSED)).format(stretch=stretch, vote=vote)]


def _stretch(trace: Trace, share: WordShare, label: str) -> str:
    name = escape(step_name(share.text, counted=trace.tokens[0] == "1"))
    return f'<b style="color: {answer.hue_of(trace, label)}">{name}</b>'


def step_name(text: str, counted: bool = True) -> str:
    """A step or stretch as a person says it: “frame 3” is “帧 3”, “row 3–5” is “rows 3–5”.

    A bare number is that of a step where steps are `counted`, else a time, such as a year.
    """
    match = NUMBERED.fullmatch(text)
    if match is None or not (counted or match[1]):
        return text
    one, several = KINDS[match[1].strip()]
    return _(several if match[3] else one).format(number=match[2])
