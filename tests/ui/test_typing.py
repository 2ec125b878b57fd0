"""A typed text on the Explore page: read, refused, kept, or read in windows."""

from dataclasses import replace

import pytest

from attnviz.explain.answer import answer
from attnviz.invisible import invisible
from attnviz.ui.components import long_text
from attnviz.ui.components.answer import sentences
from attnviz.ui.examples import EXAMPLES
from attnviz.windows import together, windows
from tests.ui.page_driving import (
    EXAMPLE_TEXT,
    EXPLORE_PAGE,
    INSPECT_PAGE,
    answered,
    assert_drawn,
    button,
    messages,
    picture,
    run,
    shaded,
    type_text,
)


def test_a_typed_text_shows_what_the_model_computes(app, classifier):
    trace = classifier.trace("The second film was terrible.")
    type_text(app, trace.text)
    assert_drawn(app, trace)
    label, share, _why = answered(app)
    assert (label, share) == (trace.prediction, f"{trace.probabilities.max():.1%}")


def test_a_click_that_also_ends_the_typing_reads_the_text_once(app, classifier):
    """Leaving the field and the click reach the server together, so both callbacks run."""
    app.button(key="edit").click()
    run(app)
    app.text_area(key="text-field").set_value("Two words")
    app.button(key="look").click()
    run(app)
    assert_drawn(app, classifier.trace("Two words"))


def test_words_are_shaded_by_their_share_of_the_lead(app, classifier):
    trace = classifier.trace("The second film was terrible.")
    type_text(app, trace.text)
    result, sent = answer(trace), shaded(app)
    assert "".join(piece[0] for piece in sent["pieces"]) == trace.text
    assert [piece[0] for piece in sent["pieces"] if len(piece) == 2] == [
        word.text for word in result.words
    ]
    largest = max(abs(word.vote) for word in result.words)
    heard = max(word.attention for word in result.words)
    for word, drawn in zip(result.words, sent["words"], strict=True):
        assert drawn["vote"] == pytest.approx(word.vote / largest)
        assert drawn["attention"] == pytest.approx(word.attention / heard)
        assert drawn["first"] <= drawn["row"] <= drawn["last"]


def test_a_word_that_the_text_has_twice_is_named_with_its_row(classifier):
    trace = classifier.trace("good film good bad good bad")
    result = replace(answer(trace), basis="words")
    named = [*result.carriers, *filter(None, [result.opponent])]
    assert {word.text for word in named} <= {"good", "bad", "film"}
    said = " ".join(sentences(trace, result))
    for word in named:
        twice = word.text != "film"
        assert f"<bdi>{word.text}</bdi></b>{f' ({word.row + 1})' if twice else ''}" in said
        assert twice or "film</bdi></b> (" not in said


def test_what_an_example_replaced_can_be_brought_back(app, classifier):
    type_text(app, "My very own words.")
    button(app, "Sarcastic").click()
    run(app)
    undo = app.button(key="bring-back")
    assert not undo.proto.shortcut  # Ctrl + Z belongs to the field that is typed in
    undo.click()
    run(app)
    assert_drawn(app, classifier.trace("My very own words."))


def test_an_example_button_reads_its_text(app, classifier):
    button(app, "Sarcastic").click()
    run(app)
    assert app.session_state["text"] == EXAMPLES["Sarcastic"]
    assert_drawn(app, classifier.trace(EXAMPLES["Sarcastic"]))


@pytest.mark.parametrize("text", ["", "   ", " \n\t\n ", "\u3000"], ids=ascii)
def test_a_text_without_a_token_gets_a_message_and_keeps_the_picture(app, classifier, text):
    type_text(app, text)
    assert messages(app) == ["There is nothing to read: the text is empty or holds only spaces."]
    assert app.text_area(key="text-field").value == text
    assert_drawn(app, classifier.trace(EXAMPLE_TEXT))


HOSTILE = {
    "emoji": "😀👩‍👧‍👦🏴‍☠️",
    "right to left": "مرحبا שלום עולם",
    "direction marks": "\u202eabc\u2066def",
    "control characters": "\x00\x07\x1b[31m\x7f\x9f",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markdown": "**x** [a](http://example.com) ![i](http://example.com/i.png) :material/home: $x$",
    "one long word": "x" * 100_000,
    "long text": "good film, " * 9_000,
    "combining": "e" + "\u0301" * 300,
    "braces": "{text} {0} %s {{}}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_get_a_picture_and_are_kept(app, classifier, text):
    type_text(app, text)
    assert app.session_state["text"] == text
    assert messages(app) == []
    whole = classifier.trace(text)
    first = windows(classifier, text)[0]
    trace = classifier.trace(text[first.start : first.end])
    assert_drawn(app, trace)
    said = [caption.value for caption in app.caption]
    strips = [caption for caption in said if "single bytes" in caption]
    to_say = trace.byte_pieces > 0 or invisible(trace.text).total() > 0
    assert len(strips) == to_say  # only where there is something to say
    for strip in strips:
        assert f"tokens read: {len(trace.tokens)} of {len(trace.tokens)}" in strip
        assert f"{trace.byte_pieces} of them single bytes" in strip
    total = len(whole.tokens) + whole.truncated
    assert any(f"The text has {total:,} tokens" in one for one in said) == (whole.truncated > 0)


def test_invisible_characters_are_counted_and_named_in_the_strip(app, classifier):
    type_text(app, "A won\u00adder\u00adful\u200b film")
    assert_drawn(app, classifier.trace("A won\u00adder\u00adful\u200b film"))
    strip = next(said.value for said in app.caption if "single bytes" in said.value)
    assert ":orange[**invisible characters left out: 3**]" in strip
    assert "U+00AD soft hyphen × 2, U+200B zero width space" in strip.replace("\\", "")
    type_text(app, "A wonderful film")
    assert not any("invisible" in said.value for said in app.caption)
    type_text(app, "A wonderful film ☃")
    strip = next(said.value for said in app.caption if "single bytes" in said.value)
    assert "invisible" not in strip


def test_a_text_stays_while_one_visits_the_other_page(app):
    type_text(app, "A bad evening.")
    run(app.switch_page(INSPECT_PAGE))
    run(app.switch_page(EXPLORE_PAGE))
    assert app.session_state["text"] == "A bad evening."
    assert picture(app)[0]["rows"][0] == "A"


LONG = "A wonderful film, but the music was bad. " * 30


def window_box(at):
    return next(box for box in at.selectbox if (box.key or "").startswith("explore-window"))


def test_each_window_of_a_long_text_can_be_opened(app, classifier):
    type_text(app, LONG)
    found = windows(classifier, LONG)
    assert len(window_box(app).options) == len(found) > 2
    for number in (0, 2, len(found) - 1):
        window_box(app).set_value(number)
        run(app)
        assert_drawn(app, classifier.trace(LONG[found[number].start : found[number].end]))


def test_all_windows_together_say_the_mean_of_their_probabilities(app, classifier):
    type_text(app, LONG)
    found = windows(classifier, LONG)
    parts = [LONG[window.start : window.end] for window in found]
    shares = together(found, classifier.predict(parts).probabilities)
    label, share = classifier.labels[shares.argmax()], f"{shares.max():.1%}"
    said = [markdown.value for markdown in app.markdown]
    assert any(f"All windows together: {label}, {share}" in one for one in said)


def test_very_many_windows_are_read_when_asked(app, monkeypatch):
    monkeypatch.setattr(long_text, "AT_ONCE", 2)
    type_text(app, LONG)
    together = "All windows together"
    assert not any(together in markdown.value for markdown in app.markdown)
    next(button for button in app.button if button.label.startswith("Read all")).click()
    run(app)
    assert any(together in markdown.value for markdown in app.markdown)
