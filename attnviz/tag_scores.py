"""How good a tagger's tags are: by token, and strictly by span where the tags spell out spans."""

from collections.abc import Sequence

from attnviz.classifier import Classifier
from attnviz.evaluation import Labelled
from attnviz.spans import MISTAKES, scheme_of, score_spans, steps


def tag_scores(classifier: Classifier, file: Labelled) -> dict[str, float]:
    """What a tagger is worth on texts (`attnviz.samples.Tagged`) whose labels are their tags."""
    said = [each.tags for each in classifier.tag(file.texts)]
    return scores_of(classifier.labels, file.labels, said)


def scores_of(
    names: Sequence[str], gold: Sequence[Sequence[str]], said: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Shares in 0…1, and counts of spans, of sequences of tags.

    `token_accuracy` is the share of tokens whose tag is right. Where the tags `names` follow a
    scheme, `span_precision`, `span_recall` and `span_f1` are strict (start, end and type are
    right), `spans` is how many there are; `missed`, `boundary` and `type` are the gold ones that
    were not said, `spurious` the said ones where nothing stands; `forbidden` counts steps that the
    scheme does not allow. A tag that was not read is "".
    """
    pairs = [pair for tags in zip(gold, said, strict=True) for pair in zip(*tags, strict=True)]
    right = sum(true == tag for true, tag in pairs)
    found = {"token_accuracy": right / max(1, len(pairs)), "tokens": float(len(pairs))}
    if (scheme := scheme_of(names)) is None:
        return found
    spans = score_spans(gold, said, scheme)
    found |= {"span_f1": spans.f1, "span_precision": spans.precision, "span_recall": spans.recall}
    kinds = {kind: float(spans.missed_by[kind]) for kind in MISTAKES}
    kinds["spurious"] = float(spans.spurious_by["spurious"])
    return found | {"spans": float(spans.gold)} | kinds | {"forbidden": forbidden(names, said)}


def forbidden(names: Sequence[str], said: Sequence[Sequence[str]]) -> float:
    """How many beginnings, steps and ends of sequences the scheme of the tags does not allow."""
    numbers, (begin, follow, end) = {name: n for n, name in enumerate(names)}, steps(names)
    count = 0
    for tags in said:
        path = [numbers[tag] for tag in tags if tag]
        if path:
            count += int(not begin[path[0]]) + int(not end[path[-1]])
            count += int((~follow[path[:-1], path[1:]]).sum())
    return float(count)
