"""The Training page as Streamlit runs it, without a browser: what it says and what it draws."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.history import FILE_NAME
from attnviz.ui import state, translation
from attnviz.ui.components.training_view import percent
from tests.test_history import LAYERS, a_run

ROOT = Path(__file__).parents[2]
PAGE = "attnviz/ui/pages/training.py"


@pytest.fixture
def shelf(model_folder, tmp_path, monkeypatch):
    """The one model that the app finds."""
    monkeypatch.setattr(state, "PRETRAINED", tmp_path)
    state.models_at_hand.clear()
    yield model_folder
    state.models_at_hand.clear()


@pytest.fixture
def open_page(shelf):
    """A function that opens the page on a run, or on the text of a training.json."""

    def visit(run=None, **session):
        if isinstance(run, str):
            (shelf / FILE_NAME).write_text(run, encoding="utf-8")
        elif run is not None:
            run.save(shelf)
        at = AppTest.from_file(ROOT / "app.py", default_timeout=60)
        for name, value in session.items():
            at.session_state[name] = value
        return rerun(rerun(at).switch_page(PAGE))

    return visit


@pytest.fixture
def chinese(monkeypatch):
    """A function that turns a page Chinese."""

    def turn(at):
        at.segmented_control(key="language").set_value("zh")
        rerun(at)
        # AppTest asks widgets for their options' names outside of a run, where no session is known.
        monkeypatch.setattr(translation, "language", lambda: "zh")
        return at

    return turn


def rerun(at):
    at.run()
    assert not at.exception
    return at


def specs(at):
    return [json.loads(chart.proto.spec) for chart in at.get("vega_lite_chart")]


def titles(at):
    return [spec["title"]["text"] for spec in specs(at) if "title" in spec]


def texts(at):
    kinds = (at.markdown, at.caption, at.info, at.error, at.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


def test_a_run_is_drawn_whole(open_page):
    at = open_page(a_run())
    assert titles(at) == [
        "Loss",
        "Validation accuracy",
        "Gradient norm, clipped above 1.5 (dashed)",
        "Clipped steps",
        "Learning rate",
    ]
    assert len(specs(at)) == 7  # and both directions through time
    assert len(at.session_state["figure-caption"]) == 1  # the model's name, below every figure
    assert not at.error
    assert not at.warning


def test_the_facts_of_the_run_stand_on_the_page(open_page):
    at = open_page(a_run())
    said = texts(at)
    assert "Best validation accuracy: 87.5% at step 146" in said
    assert "seed 7 · 38 min · finished 2026\\-11\\-21" in said
    assert "expected calibration error 6.2%, 2% with temperature 1.25" in said
    assert "epochs 3 · learning\\_rate 0\\.001 · clip\\_norm 1\\.5 · schedule linear" in said
    example, command = (code.value for code in at.code)
    assert example.startswith("python -m attnviz train ")
    assert command == a_run().command
    files = at.dataframe[0].value
    assert files["File name"].tolist() == ["a", "b"]
    assert files["Used for"].tolist() == ["training", "validation"]
    assert files["Texts"].tolist() == [1009, 101]
    assert files["Accuracy"].tolist()[1] == 87.5
    assert files["Accuracy"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("temperature", "words"),
    [(1.0, "6.2%, without temperature"), (1.001, "6.2%, 2% with temperature 1.001")],
)
def test_a_temperature_of_one_is_none(open_page, temperature, words):
    calibration = {"temperature": temperature, "ece_before": 0.062, "ece_after": 0.02}
    assert words in texts(open_page(a_run(calibration=calibration)))


def test_a_loss_that_a_teacher_had_a_share_in_says_so(open_page):
    taught = [{"name": "large", "use": "teacher"}]
    told = texts(open_page(a_run(data=taught, recipe={"teacher_weight": 0.7})))
    assert "70% of the loss is the mean square of the differences" in told
    assert "30% the cross-entropy of the label" in told
    assert "teacher" not in texts(open_page(a_run(recipe={"learning_rate": 0.001})))


@pytest.mark.parametrize(
    ("decay", "said"),
    [
        (0.9, "2.3% of that at the end: it **vanishes**"),  # 0.9^36
        (1.0, "100% of that at the end: it **neither vanishes nor explodes**"),
        (0.97, "33.4% of that at the end: it **neither vanishes nor explodes**"),
        (1.08, "16 times that at the end: it **explodes**"),
        (0.3, "< 0.01% of that at the end: it **vanishes**"),
    ],
)
def test_one_sentence_a_direction_says_what_becomes_of_the_gradient(open_page, decay, said):
    at = open_page(a_run(decay))
    sentences = [text.value for text in at.markdown if "about 40 tokens away" in text.value]
    assert [text.split(" · ")[0] for text in sentences] == ["**Forward**", "**Backward**"]
    assert all(said in text for text in sentences), sentences


def test_a_single_direction_has_a_single_chart(open_page):
    run = a_run()
    one = [entry for entry in run.state_gradients if entry["direction"] == "forward"]
    at = open_page(replace(run, state_gradients=one))
    assert len(specs(at)) == 6
    assert "**Backward**" not in texts(at)


@pytest.mark.parametrize("entries", [[], [{"step": 1, "direction": "forward", "norms": [0.0] * 9}]])
def test_a_run_without_gradients_through_time_says_so(open_page, entries):
    at = open_page(a_run(state_gradients=entries))
    assert "a network without recurrence has none" in texts(at)
    assert len(specs(at)) == 5


def test_clipping_is_said_in_words(open_page):
    share = a_run().clipped
    assert f"In {percent(share)} of the steps the gradient was longer than 1.5" in texts(
        open_page(a_run())
    )


def test_a_run_without_clipping_says_so(open_page):
    at = open_page(a_run(recipe={"clip_norm": 0}))
    assert "Gradients were not clipped." in texts(at)
    assert "Clipped steps" not in titles(at)


def test_a_run_that_recorded_nothing_still_opens(open_page):
    at = open_page(a_run(steps=[], evaluations=[], state_gradients=[], data=[], calibration={}))
    assert specs(at) == []
    assert [code.value for code in at.code][1:] == [a_run().command]


def test_every_picture_has_its_numbers_in_a_table(open_page):
    at = open_page(a_run(0.9), **{"training-steps": True, "training-states": True})
    training, validation, states = (frame.value for frame in at.dataframe[:3])
    assert training["Step"].tolist() == [20 * number for number in range(1, 12)]
    assert training["Gradient norm · Attention"].tolist() == [
        entry["gradient_norms"]["attention"] for entry in a_run().steps
    ]
    assert len(training.columns) == 6 + len(LAYERS)
    assert validation["Accuracy"].tolist() == [0.75, 0.875, 0.8125]
    assert states.shape == (61, 8)
    assert states["Backward · Step 220"].tolist() == a_run(0.9).state_gradients[-1]["norms"]


# Nothing to draw


def test_a_model_without_a_record_says_how_to_get_one(open_page):
    at = open_page()
    assert "This model has no record of its training." in at.info[0].value
    assert at.code[0].value.startswith("python -m attnviz train ")
    assert specs(at) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "holds no training run"),
        ("[" * 100_000, "holds no training run"),
        ('{"command": "x"}', "seed is missing, unknown or of the wrong kind"),
    ],
)
def test_a_broken_record_is_explained(open_page, text, said):
    at = open_page(text)
    (error,) = at.error
    assert said in error.value
    assert "Delete the file, or train the model again" in error.value.replace("\\", "")
    assert specs(at) == []


def test_a_broken_record_is_explained_in_chinese(open_page, chinese):
    at = chinese(open_page('{"command": "x"}'))
    assert "seed" in at.error[0].value
    assert "重新训练" in at.error[0].value


def test_a_run_that_replaces_another_is_drawn_anew(open_page, shelf):
    at = open_page(a_run(1.0))
    assert "vanishes**" not in texts(at).replace("neither vanishes", "")
    a_run(0.8, command="second").save(shelf)
    rerun(at)
    assert "it **vanishes**" in texts(at)
    assert at.code[1].value == "second"


# Text from outside


def test_names_from_the_file_stay_text(open_page):
    trap = "![x](http://elsewhere.invalid/x.png) **b** $y$ :red[z]"
    run = a_run(
        command=trap,
        finished=trap,
        recipe={trap: trap},
        data=[{"name": trap, "use": trap}],
        state_gradients=[{"step": 1, "direction": trap, "norms": [1.0] * 61}],
    )
    at = open_page(run)
    said = texts(at)
    for piece in ("![", "](", "**b**", " $y", ":red["):
        assert piece not in said, piece
    assert at.code[1].value == trap


# Chinese


def test_the_page_speaks_chinese(open_page, chinese):
    at = chinese(open_page(a_run(0.9)))
    assert titles(at)[0] == "损失"
    for term in ("梯度消失", "期望校准误差", "验证集准确率", "随机种子", "梯度裁剪"):
        assert term in texts(at) + "".join(titles(at)), term
    said = texts(at) + json.dumps(specs(at), ensure_ascii=False)
    for english in ("Step ", "Training", "Validation", "Learning", "Forward", "tokens", "Loss"):
        assert english not in said, english


# Costs


def test_the_page_opens_without_torch(shelf):
    a_run().save(shelf)
    script = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "tokenizers"):
            raise ImportError(f"{{name}} was imported")

sys.meta_path.insert(0, Refuse())
from pathlib import Path
from streamlit.testing.v1 import AppTest
from attnviz.errors import AttnvizError
from attnviz.ui import state, translation

def refuse(folder):
    raise AttnvizError("not opened")

state.PRETRAINED = Path({str(shelf.parent)!r})
state.loaded_classifier = refuse
at = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout=60).run()
at.switch_page({PAGE!r}).run()
assert not at.exception and len(at.get("vega_lite_chart")) == 7, at
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_charts_are_built_once(open_page, monkeypatch):
    from attnviz.charts import training as training_charts

    at = open_page(a_run(command="counted"))

    def refuse(*_, **__):
        raise AssertionError("built again")

    monkeypatch.setattr(training_charts, "reach", refuse)
    assert len(specs(rerun(at))) == 7


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0%"), (1e-9, "< 0.01%"), (0.000234, "0.023%"), (0.03, "3%"),
     (0.1234, "12.3%"), (1, "100%"), (12.5, "1,250%")],
)  # fmt: skip
def test_percentages_have_two_digits_or_three(share, said):
    assert percent(share) == said
