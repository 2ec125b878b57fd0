"""What a training run leaves behind can be read again, or is refused with a word on why."""

import json
from dataclasses import asdict

import pytest

from attnviz.errors import ModelFolderError
from attnviz.history import FILE_NAME, History, layer_title

LAYERS = {
    "embedding": "Embedding",
    "convolutions": "Convolutions",
    "recurrent.layers.0": "Recurrent layer 1",
    "attention": "Attention",
    "head": "Linear head",
}


def a_run(decay: float = 1.0, entries: int = 11, tokens: int = 61, **changes) -> History:
    """A run whose gradient changes by a factor `decay` with every token further from the end.

    Evaluations after every third of the steps; of their accuracies the second is the best.
    """
    steps = [
        {
            "step": 20 * number,
            "epoch": 3 * number / entries,
            "loss": 0.7 / number**0.3,
            "learning_rate": 1e-3 * min(number / 3, (entries - number) / (entries - 2)),
            "gradient_norm": 2.0 / number**0.2,
            "gradient_norms": {
                layer: 10.0**-place / number**0.2 for place, layer in enumerate(LAYERS)
            },
            "clipped": 1 / number,
        }
        for number in range(1, entries + 1)
    ]
    last = 20 * entries
    evaluations = [
        {"step": last * third // 3, "epoch": float(third), "loss": loss, "accuracy": accuracy}
        for third, loss, accuracy in ((1, 0.5, 0.75), (2, 0.4, 0.875), (3, 0.45, 0.8125))
    ]
    state_gradients = [
        {
            "step": last * third // 3,
            "epoch": float(third),
            "direction": direction,
            "norms": [0.01 / (third + 1) * decay**distance for distance in range(tokens)],
        }
        for third in range(4)
        for direction in ("forward", "backward")
    ]
    run = {
        "command": "python -m attnviz train a.csv --validation b.csv --output it",
        "seed": 7,
        "seconds": 2280.0,
        "finished": "2026-11-21",
        "recipe": {"epochs": 3, "learning_rate": 1e-3, "clip_norm": 1.5, "schedule": "linear"},
        "data": [
            {"name": "a", "texts": 1009, "use": "training"},
            {"name": "b", "texts": 101, "use": "validation"},
        ],
        "steps": steps,
        "evaluations": evaluations,
        "state_gradients": state_gradients,
        "accuracy": {"b": 0.875},
        "calibration": {"temperature": 1.25, "ece_before": 0.0625, "ece_after": 0.02},
    }
    return History(**run | changes)


@pytest.fixture
def written(tmp_path):
    """A function that writes a run with changes as JSON; null stands for what is left out."""

    def write(**changes):
        run = asdict(a_run()) | changes
        kept = {name: value for name, value in run.items() if value is not None}
        (tmp_path / FILE_NAME).write_text(json.dumps(kept), encoding="utf-8")
        return tmp_path

    return write


# There and back


@pytest.mark.parametrize("run", [a_run(), a_run(command="训练 --output 模型", data=[], steps=[])])
def test_a_run_is_read_as_it_was_saved(tmp_path, run):
    run.save(tmp_path)
    assert History.load(tmp_path) == run


def test_a_folder_without_a_run_holds_none(tmp_path):
    assert History.load(tmp_path) is None
    assert History.load(tmp_path / "nowhere") is None


def test_a_run_with_a_number_that_is_none_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        a_run(seconds=float("nan")).save(tmp_path)
    assert not (tmp_path / FILE_NAME).exists()


def test_what_a_step_did_not_measure_may_be_left_out_or_null(written):
    steps = [{"step": 1}, {"step": 2, "loss": None, "gradient_norms": None}]
    assert History.load(written(steps=steps)).steps == steps


# Refused


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "7", '"training"', "[" * 100_000, "\x00", '{"seed": 1' + "0" * 5000],
)
def test_a_file_that_is_no_object_is_refused_by_name(tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(ModelFolderError, match=r"training\.json holds no training run.*Delete"):
        History.load(tmp_path)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b'{"command": "\xff"}')
    with pytest.raises(ModelFolderError, match="holds no training run"):
        History.load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"command": None}, "command"),
        ({"surprise": 1}, "surprise"),
        ({"seed": "1"}, "seed"),
        ({"seed": True}, "seed"),
        ({"seconds": -1e999}, "seconds"),
        ({"seconds": 10**400}, "seconds"),
        ({"recipe": [1]}, "recipe"),
        ({"accuracy": {"b": "high"}}, "accuracy"),
        ({"calibration": {"temperature": float("nan")}}, "calibration"),
        ({"data": {}}, "data"),
        ({"data": [{"texts": 1}]}, r"data\[0\]\.name"),
        ({"steps": [{"step": 1}, 2]}, r"steps\[1\]"),
        ({"steps": [{"loss": 1.0}]}, r"steps\[0\]\.step"),
        ({"steps": [{"step": 1.5}]}, r"steps\[0\]\.step"),
        ({"steps": [{"step": 1, "loss": "low"}]}, r"steps\[0\]\.loss"),
        ({"steps": [{"step": 1, "gradient_norms": {"a": []}}]}, r"steps\[0\]\.gradient_norms"),
        ({"evaluations": [{"step": -1}]}, r"evaluations\[0\]\.step"),
        ({"state_gradients": [{"step": 1, "norms": []}]}, r"state_gradients\[0\]\.direction"),
        (
            {"state_gradients": [{"step": 1, "direction": "forward", "norms": [1, None]}]},
            r"state_gradients\[0\]\.norms",
        ),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(written, changes, place):
    with pytest.raises(ModelFolderError, match=rf"run: {place} is missing, unknown or of the"):
        History.load(written(**changes))


# What follows from the numbers


def test_the_best_evaluation_is_the_earliest_with_the_highest_accuracy():
    assert a_run().best["epoch"] == 2
    same = [{"step": step, "accuracy": 0.5} for step in (3, 5, 7)]
    assert a_run(evaluations=same).best["step"] == 3
    assert a_run(evaluations=[{"step": 3, "accuracy": None}, {"step": 5}]).best is None


def test_the_share_of_clipped_steps_counts_every_step_once():
    steps = [{"step": 10, "clipped": 1.0}, {"step": 40, "clipped": 0.2}, {"step": 50}]
    assert a_run(steps=steps).clipped == pytest.approx((10 * 1 + 30 * 0.2) / 40)
    assert a_run(steps=[]).clipped is None


UNLABELLED = [{"name": "unlabelled", "texts": 7, "use": "unlabelled"}]
TAUGHT = [{"name": "large", "use": "teacher"}]


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ({"data": TAUGHT}, 0.7),
        ({"data": UNLABELLED}, 0.7),
        ({"data": TAUGHT, "recipe": {"teacher_weight": 0.0}}, None),
        ({"data": TAUGHT, "recipe": {"teacher_weight": "much"}}, None),
        ({"data": TAUGHT, "recipe": {}}, None),
        ({}, None),
    ],
)
def test_a_teacher_has_a_share_of_the_loss_where_there_was_one(changes, share):
    assert a_run(**{"recipe": {"teacher_weight": 0.7}} | changes).teacher_share == share


MESSAGE = {"template": "Stopped after step {step}.", "values": {"step": 5}}


@pytest.mark.parametrize(
    "stopped",
    [
        "why",
        {"template": "{step}"},
        MESSAGE | {"values": {}},
        MESSAGE | {"template": "{step:99999999999}"},
        MESSAGE | {"template": "{step.__class__}"},
        MESSAGE | {"template": "{step!r}"},
        MESSAGE | {"template": "\ud800"},
        MESSAGE | {"template": "x" * 20_000},
        MESSAGE | {"values": {"step": [5]}},
    ],
)
def test_a_message_that_is_none_of_ours_is_refused(tmp_path, stopped):
    a_run(stopped=MESSAGE).save(tmp_path)
    assert History.load(tmp_path).stopped == MESSAGE
    text = json.dumps(asdict(a_run(stopped=stopped)))
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(ModelFolderError, match="stopped is missing, unknown or of the wrong kind"):
        History.load(tmp_path)


@pytest.mark.parametrize("norm", [None, 0, 0.0, "1", float("inf")])
def test_without_a_number_to_clip_at_nothing_is_clipped(norm):
    assert a_run(recipe={"clip_norm": norm}).clip_norm is None
    assert a_run().clip_norm == 1.5


@pytest.mark.parametrize("decay", [0.5, 0.93, 1.0, 1.07])
def test_the_reach_is_the_decay_between_the_middles_of_two_stretches(decay):
    """Positions 0…8 have their median at 4, positions 20…60 at 40: 36 tokens of decay."""
    distance, share = a_run(decay).reach("backward")
    assert distance == 40
    assert share == pytest.approx(decay**36)


def test_the_reach_is_that_of_the_last_step_and_the_direction_alone():
    entries = [
        {"step": step, "direction": direction, "norms": [1.0] * 30 + [far] * 31}
        for step, direction, far in ((1, "forward", 5.0), (2, "backward", 3.0), (2, "forward", 2.0))
    ]
    run = a_run(state_gradients=entries)
    assert run.reach("forward") == (40, 2.0)
    assert run.reach("backward") == (40, 3.0)
    assert run.reach("upward") is None


def test_one_token_with_a_gradient_of_its_own_does_not_decide():
    run = a_run()
    for entry in run.state_gradients:
        entry["norms"][0] *= 1000
        entry["norms"][40] /= 1000
    assert run.reach("forward")[1] == pytest.approx(1)


@pytest.mark.parametrize(("tokens", "distance"), [(61, 40), (31, 20), (7, 4), (4, 2)])
def test_in_short_texts_the_reach_is_shorter(tokens, distance):
    assert a_run(0.9, tokens=tokens).reach("forward")[0] == distance


def test_a_gradient_of_zero_far_away_reaches_nowhere_and_one_at_the_end_says_nothing():
    def run(norms):
        return a_run(state_gradients=[{"step": 1, "direction": "forward", "norms": norms}])

    assert run([1.0] * 9 + [0.0] * 52).reach("forward") == (40, 0.0)
    assert run([0.0] * 61).reach("forward") is None
    assert run([1.0, 1.0]).reach("forward") is None
    assert run([]).reach("forward") is None


def test_layers_are_called_by_their_names_and_others_left_alone():
    assert {name: layer_title(name, str) for name in LAYERS} == LAYERS
    assert layer_title("recurrent.layers.6", str.upper) == "RECURRENT LAYER 7"
    for strange in ("attention.query", "recurrent.x.1", "conv1", "", "."):
        assert layer_title(strange, str) == strange
