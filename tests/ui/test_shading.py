"""The words are shaded by the method that the person chooses, and the legend says which."""

import re

import numpy as np
import pytest

from attnviz.colours import ATTENTION
from attnviz.explain.answer import answer
from attnviz.explain.attributions import attribute, word_scores
from attnviz.ui.components import shading
from attnviz.ui.components.answer import hues
from tests.ui.page_driving import EXAMPLE_TEXT, done, run, shaded, type_text

TEXT = "Wonderful music, unbelievably bad actors!"


def legend(at):
    html = next(part.proto.body for part in at.get("html") if "legend-of-text" in part.proto.body)
    return [text.strip() for text in re.sub(r"<[^>]+>", "|", html).split("|") if text.strip()]


def choose(at, method):
    at.radio(key=shading.CHOICE).set_value(method)
    return done(at)


def test_votes_shade_the_words_until_another_method_is_chosen(app, classifier):
    result = answer(classifier.trace(EXAMPLE_TEXT))
    largest = max(abs(word.vote) for word in result.words)
    fills = [word["vote"] for word in shaded(app)["words"]]
    assert fills == pytest.approx([word.vote / largest for word in result.words])
    assert legend(app)[:2] == [f"votes {result.label}", f"votes {result.rival}"]


@pytest.mark.parametrize("method", ["gradient_x_input", "integrated_gradients", "occlusion"])
def test_the_chosen_method_shades_the_words(app, classifier, method):
    type_text(app, TEXT)
    trace = classifier.trace(TEXT)
    sent = shaded(choose(app, method))
    scores = attribute(classifier, trace, methods=[method]).scores[method]
    words = word_scores(trace, method, scores)
    expected = words / np.abs(words).max()
    assert [word["vote"] for word in sent["words"]] == pytest.approx(expected.tolist(), abs=1e-4)
    assert legend(app)[0].endswith(f"for {trace.prediction}")
    assert legend(app)[1] == f"against {trace.prediction}"


def test_attention_shades_in_its_own_colour_and_has_no_side(app, classifier):
    type_text(app, TEXT)
    sent = shaded(choose(app, "attention"))
    trace = classifier.trace(TEXT)
    words = word_scores(trace, "attention", trace.attention.mean(axis=1))
    expected = words / words.max()
    assert [word["vote"] for word in sent["words"]] == pytest.approx(expected.tolist(), abs=1e-5)
    assert ATTENTION["light"] in sent["hues"]["towards"]
    assert legend(app)[0] == "attention"
    assert len(legend(app)) == 2


def test_the_choice_holds_for_the_next_text(app, classifier):
    choose(app, "attention")
    type_text(app, TEXT)
    trace = classifier.trace(TEXT)
    words = word_scores(trace, "attention", trace.attention.mean(axis=1))
    sent = shaded(done(app))
    assert [word["vote"] for word in sent["words"]] == pytest.approx((words / words.max()).tolist())


def test_a_long_text_is_asked_about_before_what_takes_long(app, monkeypatch):
    monkeypatch.setattr(shading, "UNASKED", 3)
    monkeypatch.setattr(shading, "CHEAP", 0)
    type_text(app, TEXT)
    votes = shaded(app)["words"]
    choose(app, "occlusion")
    assert shaded(app)["words"] == votes
    app.button(key="explore-shade").click()
    assert shaded(done(app))["words"] != votes
    assert not [button for button in app.button if button.key == "explore-shade"]


def test_the_pieces_of_a_word_are_added_up_but_occlusion_has_one_score_a_word(trace):
    scores = np.arange(1.0, len(trace.tokens) + 1)
    added = word_scores(trace, "votes", scores)
    alone = word_scores(trace, "occlusion", scores)
    words = list(dict.fromkeys(trace.words))
    assert len(added) == len(alone) == len(words) < len(trace.tokens)
    for place, word in enumerate(words):
        rows = [row for row, number in enumerate(trace.words) if number == word]
        assert added[place] == sum(scores[row] for row in rows)
        assert alone[place] == scores[rows[0]]
    assert added.sum() == scores.sum()


def test_of_more_than_two_classes_what_speaks_against_one_is_grey(trace):
    shade = shading.Shade("occlusion", "Occlusion", ())
    assert len(trace.labels) > 2
    assert hues(trace, answer(trace), shade)["against"] == shading.GREY
    assert hues(trace, answer(trace))["against"] != shading.GREY


def test_a_model_that_cannot_be_opened_leaves_the_votes(app, monkeypatch):
    from attnviz.errors import ModelFolderError

    def refuse(folder):
        raise ModelFolderError("{folder} is gone.", folder="here")

    monkeypatch.setattr(shading, "loaded_classifier", refuse)
    app.radio(key=shading.CHOICE).set_value("occlusion")
    run(app)
    done(app)
    assert "here is gone." in [warning.value for warning in app.warning]
    assert shaded(app)["words"]
