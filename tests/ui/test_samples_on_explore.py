"""Explore with models that read series, films and pictures: what comes in, what is said of it."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from attnviz.samples import Sample
from attnviz.samples.shipped import Shipped, save
from attnviz.ui.components.entrances.brought import content_key
from tests.ui.page_driving import answered, choose_model, done, messages, picture, run

STEPS, CHANNELS = 23, ("I (A)", "V (V)", "T (°C)")
SERIES = {"input": "series", "channels": list(CHANNELS), "step": 10.0, "step_unit": "min"}
FILMS = {"input": "frames", "picture": [5, 7, 1], "picture_filters": [3]}
ROWS = {"input": "rows", "picture": [11, 7, 1]}
FORECAST = {
    **{"input": "series", "channels": ["P (W)", "G (W/m²)"], "step": 1.0, "step_unit": "h"},
    **{"task": "forecast", "target": ["P (W)"], "horizon": 3, "season": 5, "max_tokens": 17},
    "id2label": {number: f"P (W) +{number + 1} h" for number in range(3)},
    "label2id": {f"P (W) +{number + 1} h": number for number in range(3)},
    "spread": [1.0, 2.0, 3.0],
}
TIMES = tuple(f"{6 + step // 6:02}:{step % 6}0" for step in range(STEPS))


def series(seed=0, steps=STEPS, channels=CHANNELS, **about):
    values = np.random.default_rng(seed).normal(size=(steps, len(channels))).astype(np.float32)
    times = TIMES[:steps] if steps <= STEPS else tuple(f"day {n}" for n in range(steps))
    return Sample(values, channels=channels, times=times, step=10.0, step_unit="min", **about)


@pytest.fixture
def explore(app, put):
    """A function that opens Explore with a network of other settings and samples of its own."""

    def open_with(samples=(), **settings):
        folder = put("own", **settings)
        if samples:
            save(folder, samples)
        return choose_model(app, folder)

    return open_with


def shipped(name, seed=0, label=None):
    return Shipped(series(seed, name=name, label=label), {"en": label or name, "zh": f"样本{name}"})


def head(at):
    return next(part.proto.body for part in at.get("html") if "sample-head" in part.proto.body)


def said(at):
    """The whole answer block."""
    return next(part.proto.body for part in at.get("html") if 'class="answer"' in part.proto.body)


def sent(at):
    """The bytes of the table."""
    return next(part.proto.bytes for part in at.get("bidi_component") if part.proto.bytes)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def bring(at, name, data):
    at.file_uploader(key="sample-upload").set_value((name, data, "application/octet-stream"))
    return run(at)


def choices(at, key):
    return [button for button in at.button if button.key and button.key.startswith(key)]


def test_the_first_sample_of_a_model_stands_there_on_opening(explore):
    at = explore([shipped("a", 1, "negative"), shipped("b", 2, "positive")], **SERIES)
    assert "negative" in head(at)
    header, _values = picture(at)
    assert len(header["rows"]) == STEPS
    assert header["rows"][0] == "06:00"
    assert at.query_params["sample"] == "a"
    label, share, why = answered(at)
    assert label in ("negative", "neutral", "positive")
    assert share.endswith("%")
    assert "lead" in why


def test_a_class_is_tried_by_its_name_and_the_address_says_which_sample(explore):
    at = explore([shipped("a", 1, "negative"), shipped("b", 2, "positive")], **SERIES)
    at.button(key="try-b").click()
    run(at)
    assert "positive" in head(at)
    assert at.query_params["sample"] == "b"


def test_a_link_brings_its_sample(app, put):
    folder = put("own", **SERIES)
    save(folder, [shipped("a", 1), shipped("b", 2)])
    app.query_params["model"] = "own"
    app.query_params["sample"] = "b"
    at = run(app)
    assert at.query_params["sample"] == "b"
    assert "<p>b</p>" in head(at)


def test_the_label_of_a_sample_is_held_against_the_answer(explore):
    at = explore([shipped("a", 1, "negative")], **SERIES)
    right = answered(at)[0] == "negative"
    assert ("Right" in said(at)) is right
    assert ("Wrong: the label is negative" in said(at)) is not right


def test_a_model_without_samples_says_so_and_takes_a_file(explore):
    at = explore(**SERIES)
    assert any("came without a sample" in text for text in messages(at))
    X = np.random.default_rng(3).normal(size=(5, STEPS, 3))  # noqa: N806
    at = bring(at, "five.npz", npz(X=X, y=np.arange(5), channels=np.array(CHANNELS)))
    assert "five.npz" in head(at)
    menu = next(box for box in at.selectbox if box.key.startswith("sample-number-"))
    assert "sample 1 of 5 · 0" in menu.options
    at.button(key="sample-next").click()
    run(at)
    assert "sample 2" in head(at)
    at.button(key="sample-previous").click()
    run(at)
    assert "sample 1" in head(at)


def test_missing_values_and_steps_are_told(explore):
    sample = series(5, name="gaps")
    sample.values[3, 1] = np.nan
    at = explore([Shipped(sample)], **SERIES)
    captions = " ".join(caption.value for caption in at.caption)
    assert "23 steps of 10 min" in captions
    assert "missing values: 1 of 69, read as the mean" in captions


def test_steps_that_were_not_read_are_told(explore):
    at = explore([Shipped(series(5, 23, name="long"))], **SERIES, max_tokens=19)
    assert any("4 steps more were not read" in caption.value for caption in at.caption)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("other.npz", npz(X=np.zeros((2, 5, 2)), channels=np.array(["a", "b"]))),
        ("pickled.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False}"),
        ("empty.csv", b""),
        ("nothing.csv", b"time,I (A),V (V),T (\xc2\xb0C)\n06:00,,,\n06:10,,,\n"),
        ("unknown.xyz", b"1 2 3"),
        ("broken.wav", b"RIFF0000WAVE"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_line(explore, name, data):
    at = explore([shipped("a", 1)], **SERIES)
    at = bring(at, name, data)
    assert len(messages(at)) == 1
    assert "Traceback" not in messages(at)[0]


def test_after_a_file_that_cannot_be_read_the_sample_before_stands(explore):
    at = explore([shipped("a", 1)], **SERIES)
    at = bring(at, "unknown.xyz", b"1 2 3")
    assert "<p>a</p>" in head(at)
    at.button(key="try-a").click()
    run(at)
    assert not messages(at)


def test_a_blanked_stretch_moves_the_answer_and_undo_brings_it_back(explore):
    at = explore([shipped("a", 1)], **SERIES)
    before = answered(at)
    at.button(key="what-if-blank").click()
    run(at)
    assert "What that moved" in said(at)
    assert answered(at) != before
    _header, values = picture(at)
    assert np.isnan(values["channels"]).all()
    at.button(key="sample-undo").click()
    run(at)
    assert answered(at) == before
    assert "What that moved" not in said(at)


def test_times_of_day_that_come_again_keep_their_steps_apart(explore):
    times = tuple(f"{7 + step % 3:02d}:00" for step in range(STEPS))
    sample = replace(series(1, name="days"), times=times)
    at = explore([Shipped(sample, {"en": "days", "zh": "天"})], **SERIES)
    slider = at.select_slider(key=f"what-if-stretch-{STEPS}")
    assert len(set(slider.options)) == STEPS
    slider.set_value((0, 4))
    run(at)
    at.button(key="what-if-blank").click()
    run(at)
    gone = np.isnan(picture(at)[1]["channels"]).all(1)
    assert gone.tolist() == [True] * 5 + [False] * (STEPS - 5)


def test_every_sample_has_a_key_of_its_own_also_where_it_takes_anothers_place_in_memory():
    keys = [content_key(series(seed)) for seed in range(7)]
    assert len(set(keys)) == 7
    assert content_key(series(3)) == keys[3]
    assert content_key(replace(series(3), label="b")) != keys[3]


def test_a_stretch_of_one_channel_is_shifted_alone(explore):
    at = explore([shipped("a", 1)], **SERIES)
    whole = picture(at)[1]["channels"]
    at.select_slider(key=f"what-if-stretch-{STEPS}").set_value((2, 6))
    at.selectbox(key="what-if-channel-3").set_value(1)
    at.number_input(key="what-if-amount-shift").set_value(7.0)
    run(at)
    at.button(key="what-if-shift").click()
    run(at)
    moved = picture(at)[1]["channels"] - whole
    assert np.allclose(moved[2:7, 1], 7, atol=1e-5)
    assert not moved[:, [0, 2]].any()
    assert not moved[:2].any()
    assert not moved[7:].any()


def film(seed=0):
    values = np.random.default_rng(seed).integers(0, 256, (13, 5, 7, 1), dtype=np.uint8)
    return Sample(values, name=f"film-{seed}")


def test_a_film_is_reversed(explore):
    at = explore([Shipped(film())], **FILMS)
    assert any("13 frames of 5 × 7 pixels" in caption.value for caption in at.caption)
    before = sent(at)[-film().values.size :]  # the pixels of the frames come last
    at.button(key="what-if-reverse").click()
    run(at)
    assert sent(at)[-film().values.size :] == film().values[::-1].tobytes()
    assert before == film().values.tobytes()


def test_a_picture_is_read_row_by_row(explore):
    pixels = np.random.default_rng(0).integers(0, 256, (11, 7, 1), dtype=np.uint8)
    at = explore([Shipped(Sample(pixels, name="picture"))], **ROWS)
    length = int.from_bytes(sent(at)[:4], "little")
    rows = json.loads(sent(at)[4 : 4 + length])["rows"]
    assert rows == [f"row {number}" for number in range(1, 12)]


def coming(seed=0, steps=61):
    hours = np.arange(steps)
    values = np.stack([np.sin(hours * 2 * np.pi / 5), np.cos(hours)], axis=1).astype(np.float32)
    times = tuple(f"{hour // 24 + 1}. {hour % 24:02}:00" for hour in hours)
    about = {"channels": ("P (W)", "G (W/m²)"), "step": 1.0, "step_unit": "h"}
    return Sample(values, name="plant", times=times, **about)


def test_a_forecast_stands_in_its_unit_beside_the_naive_and_what_came(explore):
    at = explore([Shipped(coming())], **FORECAST)
    block = said(at)
    assert "The model forecasts" in block
    assert "in 3 h" in block
    assert "80% of such values lie between" in block
    assert "Mean absolute error over 3 steps" in block
    assert "Worse than the seasonal naive" in block  # which is exact where the season is


def test_a_forecast_of_what_nobody_knows_yet_has_no_error(explore):
    at = explore([Shipped(coming())], **FORECAST)
    slider = next(one for one in at.select_slider if one.key.startswith("as-of-"))
    slider.set_value(61)
    at = run(at)
    assert "Mean absolute error" not in said(at)
    assert "The seasonal naive, which repeats the last season, says" in said(at)


@pytest.mark.parametrize("settings", [SERIES, FILMS, ROWS, FORECAST], ids=lambda s: s["input"])
def test_every_question_of_a_sample_is_answered_or_not_asked(explore, settings):
    from attnviz.ui.components.questions import QUESTIONS

    pixels = np.random.default_rng(0).integers(0, 256, (11, 7, 1), dtype=np.uint8)
    of_input = {
        "frames": film(),
        "rows": Sample(pixels, name="picture"),
        "series": series(name="a"),
    }
    sample = coming() if "task" in settings else of_input[settings["input"]]
    at = explore([Shipped(sample)], **settings)
    for name in QUESTIONS:
        at.session_state["explore-question"] = name
        run(at)
        assert not at.error, name


def test_a_page_about_a_sample_is_all_chinese(explore):
    from tests.ui.page_driving import english_words

    at = explore([Shipped(series(1, name="一"), {"zh": "一"})], **SERIES)
    at.segmented_control(key="language").set_value("zh")
    run(at)
    known = {"own", "min", "CNN", "negative", "neutral", "positive", "npz", "npy"}
    assert not english_words(at, known)


def markdowns(at):
    return " ".join(part.value for part in at.markdown)


def ask(at, question):
    at.session_state["explore-question"] = question
    return done(at)  # what takes long is computed beside the page


def test_questions_of_a_sample_speak_of_steps(explore):
    at = ask(explore([shipped("a", 1)], **SERIES), "memory")
    assert "What became of a step?" in markdowns(at)
    assert "steps; " in markdowns(at)
    assert "10 min" not in markdowns(at) or "steps are" in markdowns(at)
    words = markdowns(ask(at, "path")).split("attnviz")[1]
    assert not {"token", "word", "text"} & set(re.findall("[a-z]+", words))


def test_questions_of_a_text_speak_of_words_after_one_of_a_sample(explore, shelf):
    at = ask(explore([shipped("a", 1)], **SERIES), "memory")
    at = choose_model(at, shelf)
    assert any(button.label == "What became of a word?" for button in at.button)


def test_a_series_has_a_map_of_time_and_channel(explore):
    at = ask(explore([shipped("a", 1)], **SERIES), "attributions")
    values = picture(at)[1]
    assert values["scores/channels"].shape == (STEPS, 3)
    of_steps = values["scores/integrated_gradients"][:, 0]
    assert np.allclose(values["scores/channels"].sum(1), of_steps, atol=1e-4)


def test_a_forecast_is_raised_and_lowered_not_voted_for(explore):
    at = ask(explore([Shipped(coming())], **FORECAST), "ledger")
    assert re.search("raise|lower|outweighs|bias decides", markdowns(at))
    assert not any("trusted" in button.label for button in at.button)


def test_the_sheet_of_models_names_a_sample(explore):
    at = explore([Shipped(series(1, name="a"), {"en": "a cloudy day"})], **SERIES)
    at.button(key="open-models").click()
    run(at)
    assert "a cloudy day" in markdowns(at)


def test_a_file_that_the_model_does_not_read_leaves_the_sample_before(explore):
    at = explore([shipped("a", 1)], **SERIES)
    before = answered(at)
    at = bring(at, "other.npz", npz(X=np.zeros((2, 5, 2)), channels=np.array(["p", "q"])))
    assert len(messages(at)) == 1
    assert "<p>a</p>" in head(at)
    assert answered(at) == before


def test_steps_without_times_are_called_steps(explore):
    sample = Sample(series(4).values, name="a", channels=CHANNELS)
    why = answered(explore([Shipped(sample)], **SERIES | {"step": None, "step_unit": ""}))[2]
    assert re.search(r"steps? \d", why) or "before it" in why


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("frame 3–5", "frames 3–5"),
        ("row 2", "row 2"),
        ("7–9", "steps 7–9"),
        ("08:10–09:40", "08:10–09:40"),
        ("0.4–0.6 s", "0.4–0.6 s"),
    ],
)
def test_a_stretch_is_said_as_people_say_it(text, name):
    from attnviz.ui.components.entrances.sample_answer import step_name

    assert step_name(text) == name


def test_a_year_is_no_number_of_a_step():
    from attnviz.ui.components.entrances.sample_answer import step_name

    assert step_name("1949–1951", counted=False) == "1949–1951"
    assert step_name("frame 3", counted=False) == "frame 3"
