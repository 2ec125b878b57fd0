"""What is said of texts, said of samples: one set of sentences for both, in every language."""

import re
from collections.abc import Callable

from attnviz.errors import N_

Translate = Callable[[str], str]

OWN = {
    N_("Line {line}"): N_("Sample {line}"),
    N_("Line"): N_("Number"),
    N_("Words in the text"): N_("Words in the name"),
    N_('Search all texts, e.g. "not bad"'): N_("Search the names"),
    N_("the test below the text, and the vote ledger, with its strongest vote chosen"): N_(
        "the vote ledger, with its strongest vote chosen"
    ),
    N_("Text: **{text}** · Labels: **{column}**: {labels}"): N_("Labels: {labels}"),
}
"""A sentence on texts → the one on samples, where another word alone would not do."""
WORDS = {
    **{"text": "sample", "texts": "samples", "Text": "Sample", "Texts": "Samples"},
    **{"token": "position", "tokens": "positions", "Token": "Position", "Tokens": "Positions"},
    **{"文本": "样本", "词元": "位置"},
}
_WORD = re.compile(r"\{[^{}]*\}|\b(?:[Tt]exts?|[Tt]okens?)\b|文本|词元")


def of_samples(translate: Translate = str) -> Translate:
    """The same translation for a run of samples; what stands in braces is left alone."""
    return lambda text: _WORD.sub(_other, translate(OWN.get(text, text))) if text else ""


def _other(match: re.Match) -> str:
    return WORDS.get(match[0], match[0])
