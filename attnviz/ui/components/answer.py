"""The answer to a text: its words shaded, the class, and one sentence that says what decided."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path

import streamlit as st

from attnviz.colours import ATTENTION, THEMES, class_hues, hue
from attnviz.errors import N_
from attnviz.evidence.answer import Answer, WordShare
from attnviz.panels import WEIGHTS
from attnviz.trace import Trace
from attnviz.ui.components import shading
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.components.shading import Shade
from attnviz.ui.components.token_table import text_name
from attnviz.ui.translation import _, gap

LONG = 420  # characters; a longer text is set smaller
SHOWN_CLASSES = 3  # where there are more than four

BASIS = {
    "word": N_("{word} decides it: {vote} of a lead of {lead}."),
    "words": N_("{words} carry it: together {vote} of a lead of {lead}."),
    "many": N_("No word decides it alone. The strongest, {word}, adds {vote} to a lead of {lead}."),
    "bias": N_("Hardly a word decides it: {bias} of the lead of {lead} is there before any word."),
}
"""What a prediction rests on, by `Answer.basis`."""
WITH_ATTENTION = N_("{word} decides it: {share} of the attention, {vote} of a lead of {lead}.")
OPPOSED = N_("{word} pulls the other way ({vote}) and is outvoted.")
LEAD_HELP = N_(
    "Lead: the logit of {label} less that of {rival}, which is the bias and what every position "
    "votes. A vote belongs to a position, which has read its neighbours too, not to a word alone."
)

LEAD = '<span class="lead" tabindex="0" aria-describedby="lead-help">{number}</span>'

_FOLDER = Path(__file__).parent
_component = st.components.v2.component(
    "attnviz_shaded_text",
    js=(_FOLDER / "shaded_text.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "shaded_text.css").read_text(encoding="utf-8"),
)


def shaded_text(trace: Trace, result: Answer, key: str, shade: Shade | None = None) -> None:
    """The text with its words shaded by vote, or as `shade` says, and underlined by attention; a
    click opens a row."""
    _component(key=key, data=text_data(trace, result, shade))


def text_data(trace: Trace, result: Answer, shade: Shade | None = None) -> dict:
    """What the browser draws: pieces of the text in order, and a share of the largest per word."""
    fills = [word.vote for word in result.words] if shade is None else shade.words
    largest = max(map(abs, fills), default=0) or 1.0
    method = "" if shade is None else f"{shade.title} "
    heard = max((word.attention for word in result.words), default=0) or 1.0
    rows = _rows(trace)
    words = [
        {
            "row": word.row,
            "first": rows[number][0],
            "last": rows[number][-1],
            "vote": fills[number] / largest,
            "attention": word.attention / heard,
            "title": f"{word.text} · {method}{signed(fills[number])} · {word.attention:.0%}",
        }
        for number, word in enumerate(result.words)
    ]
    return {
        "pieces": _pieces(trace.text, result.words),
        "words": words,
        "hues": hues(trace, result, shade),
        "long": len(trace.text) > LONG,
        "strings": {"whole": _("Show the whole text"), "less": _("Show less")},
        "of_text": text_name(trace),
    }


def _rows(trace: Trace) -> list[list[int]]:
    """The positions of each word."""
    return [list(rows) for _, rows in groupby(range(len(trace.words)), key=trace.words.__getitem__)]


def _pieces(text: str, words: Sequence[WordShare]) -> list[list]:
    """[characters, number of the word], or [characters] for what lies between words."""
    pieces, end = [], 0
    for number, word in enumerate(words):
        if word.start > end:
            pieces.append([text[end : word.start]])
        pieces.append([text[max(word.start, end) : word.end], number])
        end = max(end, word.end)
    return [*pieces, [text[end:]]] if end < len(text) else pieces


def block(trace: Trace, result: Answer, *, of_window: bool = False) -> None:
    """The class in its colour, one bar, and the sentence.

    `of_window` says that the trace is of one window of a longer text.
    """
    title = _("In this window the model says") if of_window else _("The model says")
    said(trace, result, title, why(trace, result))


def said(trace: Trace, result: Answer, title: str, below: str) -> None:
    """The class in its colour and one bar; `below` is HTML."""
    label = escape(label_name(result.label))
    st.html(
        f'<div class="answer"><small>{escape(title)}</small>'
        '<div class="says" role="heading" aria-level="1">'
        f'<strong style="color: {hue_of(trace, result.label)}">{label}</strong> '
        f"<em>{result.probability:.1%}</em></div>{_bar(trace)}{below}</div>"
    )


def why(trace: Trace, result: Answer) -> str:
    """The sentences of a text as a paragraph."""
    return reason(result, sentences(trace, result))


def reason(result: Answer, lines: Sequence[str]) -> str:
    """Sentences of HTML as a paragraph, in which the lead, pointed at or reached by Tab, is
    explained."""
    help_ = _(LEAD_HELP).format(label=label_name(result.label), rival=label_name(result.rival))
    return (
        f'<div class="reason"><p class="why">{" ".join(lines)}</p>'
        f'<span id="lead-help" role="tooltip">{escape(help_)}</span></div>'
    )


def sentences(trace: Trace, result: Answer) -> list[str]:
    """One or two sentences as HTML: what the prediction rests on, and what pulls against it."""
    of_text = Counter(word.text for word in result.words)
    named = [_word(word, hue_of(trace, result.label), of_text) for word in result.carriers]
    template = BASIS[result.basis]
    if result.basis == "word" and trace.pooling == "attention":
        template = WITH_ATTENTION
    values = {
        "word": named[0],
        "words": _listed(named),
        "share": f"{result.carriers[0].attention:.0%}",
        "vote": signed(sum(word.vote for word in result.carriers)),
        "lead": LEAD.format(number=f"{result.lead:.2f}"),
        "bias": signed(result.bias),
    }
    lines = [escape(_(template)).format(**values)]
    if result.opponent is not None:
        word = _word(result.opponent, hue_of(trace, result.rival), of_text)
        vote = signed(result.opponent.vote)
        lines.append(escape(_(OPPOSED)).format(word=word, vote=vote))
    return lines


def _listed(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return _("{words} and {last}").format(words=", ".join(words[:-1]), last=words[-1])


def _word(word: WordShare, colour: str, of_text: Counter[str]) -> str:
    """A word in a class's colour, with its row's number where the text has it more than once."""
    place = f" ({word.row + 1})" if of_text[word.text] > 1 else ""
    return f'<b style="color: {colour}"><bdi>{escape(word.text)}</bdi></b>{place}'


def _bar(trace: Trace) -> str:
    """One bar of the whole: every class up to four, else three and the rest."""
    order = trace.probabilities.argsort(kind="stable")[::-1].tolist()
    shown = order if len(order) <= SHOWN_CLASSES + 1 else order[:SHOWN_CLASSES]
    rest = len(order) - len(shown)
    parts = [(hue_of(trace, trace.labels[i]), float(trace.probabilities[i])) for i in shown]
    slices = "".join(
        f'<i style="width: {100 * share:.2f}%; background: {colour}"></i>'
        for colour, share in parts
    )
    names = [escape(label_name(trace.labels[place])) for place in shown]
    ends = "".join(
        f'<span style="color: {colour}">{name} {share:.1%}</span>'
        for name, (colour, share) in zip(names, parts, strict=True)
    )
    ends += f"<span>+{rest}</span>" if rest else ""
    return f'<div class="shares">{slices}</div><div class="ends">{ends}</div>'


def hue_of(trace: Trace, label: str) -> str:
    """The colour of a class as CSS, for both themes."""
    number = class_hues(trace.probabilities)[trace.labels.index(label)]
    light, dark = (hue(number, theme) for theme in THEMES)
    return f"light-dark({light}, {dark})"


def hues(trace: Trace, result: Answer, shade: Shade | None = None) -> dict[str, str]:
    """The colours of a vote for the prediction, of one against it, and of attention, as CSS.

    What speaks against a class alone speaks for the other one of two, and else for no one class.
    """
    towards, against = (hue_of(trace, label) for label in (result.label, result.rival))
    heard = f"light-dark({ATTENTION['light']}, {ATTENTION['dark']})"
    if shade is not None:
        towards = towards if shade.signed else heard
        against = against if len(trace.labels) == 2 else shading.GREY
    return {"towards": towards, "against": against, "attention": heard}


def legend(trace: Trace, result: Answer, shade: Shade | None = None) -> None:
    """What the shades mean, in one quiet line."""
    votes = [
        f'<span><i class="fill" style="background: {colour}"></i>{escape(text)}</span>'
        for text, colour in _fills(trace, result, shade)
    ]
    heard = f'<span><i class="line"></i>{escape(_(WEIGHTS[trace.pooling]).lower())}</span>'
    st.html(f'<div class="legend-of-text">{"".join([*votes, heard])}</div>')


def _fills(trace: Trace, result: Answer, shade: Shade | None) -> list[tuple[str, str]]:
    """What each colour of a word says."""
    colours = hues(trace, result, shade)
    if shade is None:
        sides = ("towards", result.label), ("against", result.rival)
        return [
            (_("votes {label}").format(label=label_name(n)), colours[side]) for side, n in sides
        ]
    if not shade.signed:
        return [(shade.title.lower(), colours["towards"])]
    label = label_name(result.label)
    texts = _("for {label}"), _("against {label}")
    title = f"{shade.title}{gap(': ')}"
    named = title + texts[0].format(label=label), texts[1].format(label=label)
    return [(named[0], colours["towards"]), (named[1], colours["against"])]


def signed(value: float) -> str:
    """Two decimals with their sign, a true minus."""
    return f"{value:+.2f}".replace("-", "−")
