"""Is a tag there where its cause is, and only there? Measured on texts whose truth is known.

Texts in which the cause is present and others in which it only looks present (`causes_truth.py`),
read by shipped models. Precision: of the texts with the tag, the share in which the cause is
present; recall: of those in which it is present, the share with the tag. Measured on 2026-11-30
(the floors below are a little lower):

| tag | model | present | precision | recall |
|---|---|---|---|---|
| Negation not understood | en-sentiment | 16 of 40 | 1.00 | 0.81 |
| | zh-sentiment | 17 of 26 | 1.00 | 1.00 |
| | family: additive, last, max, gru | 22–26 of 40 | 0.88–0.91 | 0.64–0.79 |
| Beginning outvoted | en-sentiment | 87 of 280 | 1.00 | 0.71 |
| | zh-sentiment | 75 of 280 | 1.00 | 0.05 |
| | family: additive, max, cnn | 54–60 of 280 | 0.91–1.00 | 0.50–0.74 |
| Votes cancel | en-, zh-sentiment | 140 of 280 | 1.00 | 0.16 |
| | family: additive, max, cnn | 140 of 280 | 0.92–1.00 | 0.16–0.32 |
| One position decides | en-, zh-sentiment | 24 of 136 | 1.00 | 0.46, 0.08 |
| Strong vote on a rare piece | en-, zh-sentiment | 20 of 132 | 1.00 | 0.90, 0.60 |
| Attention on idle words | en-, zh-sentiment | 8, 7 of 144 | 1.00 | 1.00, 0.43 |
| Attention flat | en-, zh-sentiment | 12 of 36 | 1.00 | 1.00, 0.83 |
| Near-duplicate with another label | (texts alone) | 24 of 48 | 0.92 | 1.00 |
| Recurring phrase | en-, zh-sentiment | 40 of 264 | 1.00 | 1.00 |
| Label or model? | en-, zh-sentiment | 6 of 130 | 1.00 | 1.00, 0.67 |

*Label or model?* on development files with one label in twenty turned: precision 0.72 to 0.93
(median 0.84, eight pairs of file and model), recall 0.17 to 0.60.
*Cut before the end* and *Tiny margin* are exact.

*Present* is never the tag's own condition: for *Negation not understood* a person wrote the twin
without the negation, and present means that the model gets the text wrong and reads the twin as the
same class; for *Beginning outvoted* that the first sentence alone is read as the other class; for
the rest that the text was built so. A low recall leaves causes untold; a low precision would tell
wrong ones.
"""

import itertools
from functools import lru_cache

import numpy as np
import pytest

from attnviz.classifier import Classifier
from attnviz.folders import PRETRAINED
from attnviz.inspection.deletions import check_evidence
from attnviz.inspection.later import finish
from attnviz.inspection.negation import not_understood
from attnviz.inspection.phrases import recurring
from attnviz.inspection.scoring import score_run
from attnviz.runs import Filter
from tests.inspection import causes_truth as truth
from tests.scored_runs import make_run

MODELS = ("en-sentiment", "zh-sentiment", "family/additive")


@lru_cache(maxsize=4)
def model(name):
    return Classifier.from_pretrained(PRETRAINED / name)


def language(name):
    return "zh" if name.startswith("zh") else "en"


def opinions(name):
    """Class → sentences of one opinion."""
    return truth.CHINESE if language(name) == "zh" else truth.ENGLISH


def joined(name, *parts):
    return ("" if language(name) == "zh" else " ").join(parts)


def predicted(name, texts):
    return model(name).predict(texts).probabilities.argmax(1)


def tagged(folder, name, texts, labels=None):
    """The tags of each text in a run of them; without labels the predictions are the labels."""
    classifier = model(name)
    labels = predicted(name, texts) if labels is None else labels
    rows = [(text, classifier.labels[label]) for text, label in zip(texts, labels, strict=True)]
    run = make_run(folder, classifier, rows, ("review", "label"))
    score_run(classifier, run)
    finish(run, None, classifier)
    return [set(tags) for tags in run.page(sort="line", most=len(texts))["tags"]], run


def rates(present, having):
    """Precision and recall; how many are present and tagged."""
    present, having = np.array(present, dtype=bool), np.array(having, dtype=bool)
    both = (present & having).sum()
    print(f"present {present.sum()}, tagged {having.sum()}, of {len(present)}:", end=" ")
    print(f"precision {both / max(1, having.sum()):.2f}, recall {both / max(1, present.sum()):.2f}")
    return both / max(1, having.sum()), both / max(1, present.sum())


# Negation not understood


def pairs_of(name):
    if language(name) == "zh":
        return truth.CHINESE_PAIRS, []
    return truth.ENGLISH_PAIRS, truth.ENGLISH_COMPARATIVES


@pytest.mark.parametrize(
    ("name", "precision", "recall"),
    [
        ("en-sentiment", 0.95, 0.75),
        ("zh-sentiment", 0.9, 0.9),
        ("family/additive", 0.85, 0.7),
        ("family/last", 0.85, 0.7),
        ("family/max", 0.85, 0.6),
        ("family/gru", 0.85, 0.7),
    ],
)
def test_negation_not_understood(name, precision, recall):
    turning, keeping = pairs_of(name)
    texts, twins, labels = zip(*turning, *keeping, strict=True)
    found = model(name).predict(texts).probabilities
    said, twin = found.argmax(1), predicted(name, twins)
    same = said == twin
    same[len(turning) :] = ~same[len(turning) :]  # a denied comparative should keep its class
    wrong = said != np.array(labels)
    having = not_understood(model(name), texts, said, found.max(1))
    rate = rates(wrong & same, [row in having and wrong[row] for row in range(len(texts))])
    assert rate[0] >= precision
    assert rate[1] >= recall


def test_the_negations_named_in_the_issue_are_not_understood(tmp_path):
    texts = [
        *("Nobody in the house complains any more", "I couldn't be happier"),
        *("There is nothing to dislike here", "I love it."),
    ]
    tags, run = tagged(tmp_path / "run", "en-sentiment", texts, [1, 1, 1, 1])
    assert ["negation" in having for having in tags] == [True, True, True, False]
    assert run.count(Filter(tags=("negation",))) == 3


def test_a_negation_beside_the_sentence_that_decides_is_no_cause():
    """Of 36 texts 20 are mistakes, none through “Not bad at all” and its like."""
    name = "en-sentiment"
    assert (predicted(name, truth.ENGLISH_UNDERSTOOD) == 1).all()
    texts = [
        f"{negation} {misread}"
        for negation in truth.ENGLISH_UNDERSTOOD
        for misread in truth.ENGLISH_MISREAD
    ]
    found = model(name).predict(texts).probabilities
    assert (found.argmax(1) == 0).sum() >= 15
    assert not_understood(model(name), texts, found.argmax(1), found.max(1)) == {}


@pytest.mark.parametrize("name", ["en-sentiment", "zh-sentiment"])
def test_what_denies_nothing_is_no_negation(name):
    pairs = truth.CHINESE_LEXICAL if language(name) == "zh" else truth.ENGLISH_LEXICAL
    texts, labels = zip(*pairs, strict=True)
    found = model(name).predict(texts).probabilities
    wrong = found.argmax(1) != np.array(labels)
    assert wrong.any()
    having = not_understood(model(name), texts, found.argmax(1), found.max(1))
    assert not any(wrong[row] for row in having)


# What the votes and the attention say


def two_sentences(name):
    """280 texts of two sentences: their classes and the texts."""
    sentences, found = opinions(name), []
    for first, second in itertools.product(range(0, 20, 2), range(1, 20, 3)):
        for one, two in ((1, 0), (0, 1), (1, 1), (0, 0)):
            text = joined(name, sentences[one][first], sentences[two][second])
            found.append((text, sentences[one][first], one != two))
    return zip(*found, strict=True)


@pytest.mark.parametrize(
    ("name", "outvoted", "cancelled"),
    [
        ("en-sentiment", (0.95, 0.65), (0.95, 0.1)),
        ("zh-sentiment", (0.95, 0.03), (0.95, 0.1)),
        ("family/additive", (0.95, 0.5), (0.9, 0.1)),
        ("family/max", (0.85, 0.45), (0.9, 0.25)),
        ("family/cnn", (0.95, 0.7), (0.95, 0.15)),
    ],
)
def test_a_beginning_that_says_otherwise_is_outvoted_and_two_opinions_cancel(
    tmp_path, name, outvoted, cancelled
):
    texts, firsts, mixed = two_sentences(name)
    other = predicted(name, firsts) != predicted(name, texts)
    tags, _ = tagged(tmp_path / "run", name, texts)
    for tag, present, floors in (("outvoted", other, outvoted), ("cancelled", mixed, cancelled)):
        rate = rates(present, [tag in having for having in tags])
        assert rate[0] >= floors[0], tag
        assert rate[1] >= floors[1], tag


def framed(name, words):
    return [frame.format(word) for frame in truth.FRAMES[language(name)] for word in words]


@pytest.mark.parametrize(
    ("name", "tag", "precision", "recall"),
    [
        ("en-sentiment", "single", 0.95, 0.4),
        ("zh-sentiment", "single", 0.95, 0.05),
        ("family/additive", "single", 0.95, 0.15),
        ("en-sentiment", "rare", 0.95, 0.85),
        ("zh-sentiment", "rare", 0.95, 0.55),
        ("en-sentiment", "idle", 0.95, 0.95),
        ("zh-sentiment", "idle", 0.95, 0.3),
        ("en-sentiment", "flat", 0.95, 0.95),
        ("zh-sentiment", "flat", 0.95, 0.8),
    ],
)
def test_a_tag_of_one_text_stands_where_it_was_built_in(tmp_path, name, tag, precision, recall):
    """Built in: one opinion in a frame that says little, an unknown word in it, stop words alone,
    one word again and again; the others are the decoys, with three sentences of one opinion."""
    words = truth.OPINIONS[language(name)]
    three = [
        joined(name, *some)
        for y in (0, 1)
        for some in itertools.combinations(opinions(name)[y][:8], 3)
    ]
    built = {
        "single": framed(name, words),
        "rare": framed(name, truth.UNKNOWN[language(name)]),
        "idle": truth.IDLE[language(name)],
        "flat": [joined(name, *[word] * times) for word in words for times in (6, 9)],
    }
    decoys = {"flat": built["single"], "idle": [*three, *built["single"]]}.get(tag, three)
    texts = [*built[tag], *decoys]
    tags, _ = tagged(tmp_path / "run", name, texts)
    present = np.arange(len(texts)) < len(built[tag])
    rate = rates(present, [tag in having for having in tags])
    assert rate[0] >= precision
    assert rate[1] >= recall


def test_close_and_cut_are_what_they_say(tmp_path):
    """A margin of less than 10 points; a sentence behind all that the model reads."""
    name = "en-sentiment"
    classifier = model(name)
    texts, _, _ = two_sentences(name)
    most = classifier.network.config.max_tokens
    long = [" ".join(["thing"] * (most - few)) + " I hate it ." for few in (4, 3, 2, 1)]
    tags, _ = tagged(tmp_path / "run", name, [*texts, *long])
    shares = np.sort(classifier.predict(list(texts)).probabilities, axis=1)
    close = shares[:, 1] - shares[:, 0] < 0.1
    assert close.sum() > 3
    assert ["close" in having for having in tags[: len(texts)]] == close.tolist()
    assert ["cut" in having for having in tags[-4:]] == [False, True, True, True]


# What needs the whole file


def test_near_duplicates_are_edits_with_another_label_alone(tmp_path):
    name = "en-sentiment"
    long = [
        joined(name, *some)
        for y in (0, 1)
        for some in itertools.combinations(truth.ENGLISH[y][:7], 4)
    ][::3]
    edits = [text.replace(".", " indeed.", 1) for text in long]
    labels = predicted(name, long)
    half = np.arange(len(long)) % 2  # every other edit has the label of its original
    texts = [*long, *edits]
    tags, _ = tagged(tmp_path / "run", name, texts, [*labels, *np.where(half, labels, 1 - labels)])
    present = [*(1 - half), *(1 - half)]
    rate = rates(present, ["duplicate" in having for having in tags])
    assert rate[0] >= 0.85
    assert rate[1] >= 0.9


@pytest.mark.parametrize("name", ["en-sentiment", "zh-sentiment"])
def test_a_planted_phrase_recurs_and_chance_plants_none(tmp_path, name):
    sentences, planted = (
        opinions(name),
        {"en": "as my uncle says", "zh": "听我舅舅说"}[language(name)],
    )
    texts = [
        joined(name, a, b) for y in (0, 1) for a, b in itertools.permutations(sentences[y][:12], 2)
    ]
    wrong = np.random.default_rng(1).random(len(texts)) < 0.2
    said = predicted(name, texts)
    _, run = tagged(tmp_path / "chance", name, texts, np.where(wrong, 1 - said, said))
    assert recurring(run)[0].found == ()
    marked = [
        joined(name, text, planted) if (bad and row % 3) or row % 40 == 0 else text
        for row, (text, bad) in enumerate(zip(texts, wrong, strict=True))
    ]
    said = predicted(name, marked)
    tags, run = tagged(tmp_path / "planted", name, marked, np.where(wrong, 1 - said, said))
    found = recurring(run)[0].found
    print([(phrase.text, phrase.wrong, phrase.right) for phrase in found])
    assert found[0].text == planted
    assert found[0].wrong + found[0].right == sum(planted in text for text in marked)
    assert found[0].interval[0] > 0.6
    rate = rates([planted in t for t in marked], ["phrase" in having for having in tags])
    assert min(rate) >= 0.95


@pytest.mark.parametrize("name", ["en-sentiment", "zh-sentiment"])
def test_labels_that_were_turned_are_in_doubt_and_the_models_own_mistakes_are_not(tmp_path, name):
    """One label in twenty is turned, among texts of one opinion; the decoys are of two."""
    sentences = opinions(name)
    plain = [
        (joined(name, a, b), y)
        for y in (0, 1)
        for a, b in itertools.permutations(sentences[y][:8], 2)
    ]
    texts, _, mixed = two_sentences(name)
    decoys = [
        (text, row % 2) for row, (text, both) in enumerate(zip(texts, mixed, strict=True)) if both
    ]
    rows = [*plain, *decoys[::8]]
    turned = np.array([row % 20 == 0 and row < len(plain) for row in range(len(rows))])
    labels = [1 - y if bad else y for (_, y), bad in zip(rows, turned, strict=True)]
    tags, _ = tagged(tmp_path / "run", name, [text for text, _ in rows], labels)
    rate = rates(turned, ["suspect" in having for having in tags])
    assert rate[0] >= 0.8
    assert rate[1] >= 0.2


# Evidence, tested on the text


def test_a_phrase_is_the_evidence_only_where_leaving_it_out_changes_something():
    """“won me over” stands in 14 of 16 mistakes; where another sentence decides it is none."""
    name, phrase = "en-sentiment", {"phrase": "won me over"}
    both = (
        "I was sceptical at first but it won me over. The fabric feels soft yet sturdy and nobody "
        "in the house complains any more."
    )
    decides, other = check_evidence(model(name), both, ["phrase"], phrase)
    assert not other.holds
    assert "the network does not decide by these words here" in other.said()
    assert other.said().endswith("Look at the labels or the rest of the text.")
    alone = check_evidence(model(name), "It won me over.", ["phrase"], phrase)[-1]
    assert alone.holds
    assert alone.phrase == "won me over"
    assert alone.before - alone.after > 0.1
    assert decides.label == "negative"
