"""The worst mistakes of a run, each with the votes of its tokens."""

from collections.abc import Callable

from attnviz.classifier import Classifier
from attnviz.colours import in_both, sides
from attnviz.errors import AttnvizError
from attnviz.inspection.deletions import check_evidence
from attnviz.inspection.sentences import percent
from attnviz.panels import row_labels
from attnviz.report.sections import LONGEST, MARKS, cut, records
from attnviz.runs import CAUSES, Filter, Run
from attnviz.runs.samples import samples_at
from attnviz.samples import Sample

MISTAKES = 25
FULL = 0.5  # of its hue behind the token with the largest vote, which is still read
STRIP = 120  # tokens of a text with their votes

NO_VOTES = {"strip": [], "sides": []}

Translate = Callable[[str], str]


def worst_mistakes(run: Run, classifier: Classifier | None, translate: Translate) -> list[dict]:
    """The mistakes whose true class has the least probability, as the template shows them."""
    columns = "line, text, row, truth, predicted, confidence, p_truth, tags, mark, note"
    pointed = [*dict.fromkeys(c.row for c in CAUSES.values() if c.row), "phrase"]
    columns = f"{columns}, {', '.join(pointed)}"
    found = []
    for line, text, row, truth, predicted, sure, share, tags, mark, note, *at in records(
        run, Filter(outcome="wrong"), "loss", MISTAKES, columns
    ):
        known = dict(zip(pointed, at, strict=True))
        read = samples_at(run, [int(row)])[0] if run.about.of_samples else text
        title = translate("Line {line}: {truth} ({share}) taken for {predicted} ({sure})")
        if predicted is None:
            title = translate("Line {line}: {truth}; nothing that could be read")
        said = [translate(MARKS[mark])] if mark else []
        found.append(
            {
                "title": title.format(
                    line=line,
                    truth=cut(truth),
                    predicted=cut(predicted),
                    share=percent(share or 0.0),
                    sure=percent(sure or 0.0),
                ),
                "text": cut(text or "", LONGEST),
                "tags": [translate(CAUSES[tag].title) for tag in tags],
                "tests": _tests(classifier, read, predicted, tags, known, translate),
                **_votes(classifier, read, truth, predicted),
                "note": " · ".join([*said, *([cut(note, LONGEST)] if note else [])]),
            }
        )
    return found


def _tests(
    classifier: Classifier | None,
    text: str | Sample,
    predicted: str | None,
    tags: list[str],
    known: dict,
    translate: Translate,
) -> list[str]:
    """What decides the text and whether its tags' evidence holds, in a sentence each."""
    if classifier is None or predicted is None or not isinstance(text, str):
        return []
    try:
        results = check_evidence(classifier, text, tags, known)
    except AttnvizError:
        return []
    return [cut(result.said(translate), LONGEST) for result in results]


def _votes(
    classifier: Classifier | None, text: str | Sample, truth: str, predicted: str | None
) -> dict[str, list[tuple]]:
    """Votes for the predicted class against the true one: `strip`, a token, vote and colour each,
    and `sides`, the name and colour of both classes.

    Of a long text the tokens around the largest vote. Nothing where the model cannot say.
    """
    if classifier is None or predicted is None:
        return NO_VOTES
    try:
        trace = classifier.trace(text)
    except AttnvizError:
        return NO_VOTES
    if truth not in trace.labels or predicted not in trace.labels:
        return NO_VOTES
    best, true = trace.labels.index(predicted), trace.labels.index(truth)
    votes = trace.votes[:, best] - trace.votes[:, true]  # (T,)
    start = max(0, min(int(abs(votes).argmax()) - STRIP // 2, len(votes) - STRIP))
    most = max(float(abs(votes).max()), 1e-9)
    pairs = [*zip(row_labels(trace), votes.tolist(), strict=True)][start : start + STRIP]
    hues = [*map(in_both, sides(trace.probabilities, best, true))]
    return {
        "sides": [*zip(map(cut, (predicted, truth)), hues, strict=True)],
        "strip": [
            (cut(token), f"{vote:+.3f}", _shade(hues[vote < 0], abs(vote) / most))
            for token, vote in pairs
        ],
    }


def _shade(hue: str, share: float) -> str:
    """The hue, as strong as a share of 0 … 1, on a page of any colour."""
    return f"color-mix(in srgb, {hue} {FULL * share:.0%}, transparent)"
