"""Every kind of network opens on the page and is drawn."""

import re

import pytest

from attnviz.ui import translation
from tests.networks import NETWORKS
from tests.ui.page_driving import (
    EXAMPLE_TEXT,
    answered,
    assert_drawn,
    chart_rows,
    choose_model,
    computed,
    english_words,
    messages,
    panel_of,
    picture,
    run,
    show_panels,
    type_text,
    visit,
)


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_network_opens_and_is_drawn(put, kind, monkeypatch):
    folder = put("mine", **NETWORKS[kind])
    at = choose_model(visit(), folder)
    text = at.session_state["text"]
    trace = computed(folder, text)
    assert_drawn(at, trace)
    assert messages(at) == []
    charts = at.get("vega_lite_chart")
    assert len(charts) == (trace.channel_attention is not None)
    if trace.channel_attention is not None:
        drawn = chart_rows(charts[0])["weight"].tolist()
        assert sorted(drawn) == sorted(trace.channel_attention.tolist())
    switches = [switch.key for switch in at.segmented_control if switch.key]
    assert any(key.startswith("explore-layer") for key in switches) == (
        bool(trace.states) and next(iter(trace.states.values())).shape[1] > 1
    )
    at.segmented_control(key="language").set_value("zh")
    run(at)
    monkeypatch.setattr(translation, "language", lambda: "zh")
    assert english_words(at, trace.labels) == set()
    at.session_state["explore-twin"] = True
    run(at)
    columns = at.dataframe[0].value.columns
    assert len(columns) == 1 + sum(part.shape[1] for part in picture(at)[1].values())


def test_how_to_read_speaks_of_the_panels_there_are(put):
    at = visit()
    for kind, said, unsaid in (
        ("gru", "reset gate", "forget gate"),
        ("cnn", "Feature maps", "Gates"),
        ("lstm", "forget gate", "Feature maps"),
        ("everything", "Self-attention", "reset gate"),
        ("channels", "Weighed feature maps", "Self-attention"),
    ):
        choose_model(at, put(kind, **NETWORKS[kind]))
        texts = " ".join(node.value for node in at.markdown)
        assert said in texts, kind
        assert unsaid not in texts, kind


def test_what_another_network_has_is_shown_and_what_was_hidden_stays_so(put, shelf, app):
    gru = put("gru", recurrent="gru")
    shown = [key for key in picture(app)[1] if key not in ("votes", "gates/forget")]
    show_panels(app, shown)
    choose_model(app, gru)
    keys = list(picture(app)[1])
    assert "votes" not in keys
    assert {"gates/reset", "gates/update", "states/new"} <= set(keys)
    choose_model(app, shelf)
    assert list(picture(app)[1]) == shown


def test_a_layer_or_direction_that_the_next_model_lacks_is_let_go(put, app):
    app.segmented_control(key="explore-layer-2").set_value(0)
    app.segmented_control(key="explore-direction").set_value("backward")
    run(app)
    folder = put("other", **NETWORKS["one direction"])
    choose_model(app, folder)
    assert_drawn(app, computed(folder, EXAMPLE_TEXT))
    folder = put("cnn", **NETWORKS["cnn"])
    choose_model(app, folder)
    assert_drawn(app, computed(folder, EXAMPLE_TEXT))


def test_of_150_classes_the_most_probable_are_drawn_and_the_others_summed(put):
    names = dict(enumerate(f"intent {number}" for number in range(150)))
    folder = put("intents", id2label=names, label2id={name: n for n, name in names.items()})
    at = choose_model(visit(), folder)
    trace = computed(folder, at.session_state["text"])
    assert answered(at)[0] == trace.prediction
    best = sorted(zip(trace.probabilities, trace.labels, strict=True), reverse=True)[:3]
    bar = next(part.proto.body for part in at.get("html") if 'class="ends"' in part.proto.body)
    ends = bar.partition('class="ends"')[2].partition("</div>")[0]  # the sentence follows
    assert re.findall(r"<span[^>]*>(.*?)</span>", ends) == [
        *(f"{label} {share:.1%}" for share, label in best),
        "+147",
    ]
    assert len(panel_of(at, "votes")[0]["columns"]) == 6
    assert trace.prediction in panel_of(at, "votes")[0]["columns"]


def test_self_attention_of_a_very_long_text_is_left_out_and_said(put, monkeypatch):
    from attnviz.ui.components import panel_choice

    at = choose_model(visit(), put("mine", **NETWORKS["self-attention"]))
    type_text(at, "good bad film")
    assert {"self_attention/0", "self_attention/1"} <= set(picture(at)[1])
    monkeypatch.setattr(panel_choice, "SELF_ATTENTION_CELLS", 2 * 3 * 3)
    type_text(at, "good film bad")
    assert {"self_attention/0", "self_attention/1"} <= set(picture(at)[1])
    type_text(at, "good film, bad")
    assert not [key for key in picture(at)[1] if "self_attention" in key]
    said = [
        caption.value for caption in at.caption if "Self-attention is not drawn" in caption.value
    ]
    assert len(said) == 1
    assert "32 cells" in said[0]
    type_text(at, "good film bad")
    assert {"self_attention/0", "self_attention/1"} <= set(picture(at)[1])
