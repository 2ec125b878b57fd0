"""The record of a forward pass: what it holds, refuses, and gives back."""

import json
import os
import zipfile
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from attnviz.errors import ModelFolderError
from attnviz.trace import Trace

ARRAYS = ("embeddings", "attention", "votes", "bias", "logits", "probabilities")
TOKEN_FIRST = ("embeddings", "attention", "votes")
GROUPS = ("feature_maps", "gates", "states")


def make_trace(**changes) -> Trace:
    """T 5, E 7, F 13, L 2, D 2, H 11, A 1, C 3."""
    numbers = np.random.default_rng(0)
    values = {
        "text": "Ünï 好\n😀 “x”",
        "normalized": "ünï 好 😀 “x”",
        "tokens": ("ünï", "好", "<0xF0>", "<0x9F>", "x"),
        "offsets": ((0, 3), (4, 5), (6, 7), (6, 7), (9, 10)),
        "words": (0, 1, 2, 2, 3),
        "truncated": 4,
        "embeddings": numbers.normal(size=(5, 7)),
        "feature_maps": {1: numbers.random((5, 13)), 3: numbers.random((5, 13))},
        "channel_attention": None,
        "gates": {"input": numbers.random((5, 2, 2, 11)), "forget": numbers.random((5, 2, 2, 11))},
        "states": {"hidden": numbers.normal(size=(5, 2, 2, 11))},
        "attention": np.full((5, 1), 0.2),
        "self_attention": None,
        "votes": numbers.normal(size=(5, 3)),
        "bias": np.array([0.5, -0.25, 0.125]),
        "logits": np.array([1.0, 3.0, 2.0]),
        "probabilities": np.array([0.2, 0.5, 0.3]),
        "labels": ("a", "b", "好"),
    }
    return Trace(**values | changes)


def arrays_of(trace: Trace) -> dict[str, np.ndarray]:
    found = {name: getattr(trace, name) for name in ARRAYS}
    for group in GROUPS:
        found |= {f"{group}/{key}": array for key, array in getattr(trace, group).items()}
    return found


@pytest.mark.parametrize("name", list(arrays_of(make_trace())))
def test_arrays_are_float32_and_cannot_be_written_to(name):
    array = arrays_of(make_trace())[name]
    assert array.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_fields_and_groups_cannot_be_replaced():
    trace = make_trace()
    with pytest.raises(FrozenInstanceError):
        trace.text = "another"
    for group in GROUPS:
        with pytest.raises(TypeError):
            getattr(trace, group)["input"] = np.zeros((5, 2, 2, 11))


def test_a_trace_does_not_change_with_the_arrays_it_was_made_from():
    votes, gate = np.zeros((5, 3)), np.zeros((5, 2, 2, 11), dtype=np.float32)
    trace = make_trace(votes=votes, gates={"input": gate})
    votes[:], gate[:] = 9, 9
    assert trace.votes.max() == 0
    assert trace.gates["input"].max() == 0


@pytest.mark.parametrize("name", TOKEN_FIRST)
def test_an_array_that_lacks_the_row_of_a_token_is_refused_by_name(name):
    with pytest.raises(ValueError, match=f"{name} has 4 rows for 5 tokens"):
        make_trace(**{name: getattr(make_trace(), name)[:4]})


@pytest.mark.parametrize("name", GROUPS)
def test_an_array_in_a_group_that_lacks_the_row_of_a_token_is_refused_by_name(name):
    group = {key: array[:4] for key, array in getattr(make_trace(), name).items()}
    with pytest.raises(ValueError, match=rf"{name}\[.*\] has 4 rows for 5 tokens"):
        make_trace(**{name: group})


@pytest.mark.parametrize("name", ["offsets", "words"])
def test_every_token_needs_its_place_and_its_word(name):
    with pytest.raises(ValueError, match=f"{name} has 4 rows for 5 tokens"):
        make_trace(**{name: getattr(make_trace(), name)[:4]})


@pytest.mark.parametrize("name", ["bias", "logits", "probabilities"])
def test_every_label_needs_its_value(name):
    with pytest.raises(ValueError, match=name):
        make_trace(**{name: np.zeros(2)})


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("votes", (5, 2)),
        ("attention", (5,)),
        ("embeddings", (5,)),
        ("self_attention", (1, 5, 4)),
        ("channel_attention", (13,)),
    ],
)
def test_an_array_of_another_shape_is_refused_by_name(name, shape):
    with pytest.raises(ValueError, match=name):
        make_trace(**{name: np.zeros(shape)})


@pytest.mark.parametrize(
    ("group", "key", "shape"),
    [("feature_maps", 3, (5, 13, 1)), ("gates", "input", (5, 11)), ("states", "cell", (5, 2, 11))],
)
def test_an_array_of_another_rank_in_a_group_is_refused_by_name(group, key, shape):
    with pytest.raises(ValueError, match=group):
        make_trace(**{group: {key: np.zeros(shape)}})


def test_every_field_of_a_real_trace_has_a_row_for_every_token(trace):
    steps = len(trace.tokens)
    assert steps == len(trace.offsets) == len(trace.words)
    assert trace.embeddings.shape == (steps, 7)
    assert {size: array.shape for size, array in trace.feature_maps.items()} == {
        1: (steps, 13),
        3: (steps, 13),
        5: (steps, 13),
    }
    assert set(trace.gates) == {"input", "forget", "output"}
    assert set(trace.states) == {"candidate", "cell", "hidden"}
    for array in (*trace.gates.values(), *trace.states.values()):
        assert array.shape == (steps, 2, 2, 11)
    assert trace.attention.shape == (steps, 1)
    assert trace.votes.shape == (steps, 3)
    assert trace.bias.shape == trace.logits.shape == trace.probabilities.shape == (3,)
    assert trace.labels == ("negative", "neutral", "positive")


@pytest.mark.parametrize("name", list(arrays_of(make_trace())))
def test_arrays_of_a_real_trace_are_float32_and_cannot_be_written_to(trace, name):
    array = arrays_of(trace)[name]
    assert array.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_prediction_is_the_most_probable_label():
    assert make_trace().prediction == "b"
    assert make_trace(probabilities=np.array([0.1, 0.1, 0.8])).prediction == "好"


def test_surfaces_are_the_characters_that_tokens_stand_for():
    assert make_trace().surfaces == ("Ünï", "好", "😀", "😀", "x")


def test_byte_pieces_count_tokens_that_are_single_bytes():
    assert make_trace().byte_pieces == 2
    assert make_trace(tokens=("<", "0", "x", "F0", ">")).byte_pieces == 0


def assert_same(found: Trace, wanted: Trace) -> None:
    for field in fields(Trace):
        left, right = getattr(found, field.name), getattr(wanted, field.name)
        if field.name in GROUPS:
            assert list(left) == list(right), field.name
            for key in right:
                assert left[key].dtype == right[key].dtype
                np.testing.assert_array_equal(left[key], right[key])
        elif isinstance(right, np.ndarray):
            assert left.dtype == right.dtype
            np.testing.assert_array_equal(left, right)
        else:
            assert left == right, field.name
            assert type(left) is type(right), field.name


def test_what_was_saved_is_loaded_exactly(tmp_path):
    wanted = make_trace()
    wanted.save(tmp_path / "a.npz")
    assert_same(Trace.load(tmp_path / "a.npz"), wanted)


def test_a_real_trace_survives_saving_with_both_optional_arrays(trace, tmp_path):
    steps = len(trace.tokens)
    wanted = replace(
        trace,
        channel_attention=np.linspace(0, 1, 39),
        self_attention=np.arange(steps * steps).reshape(1, steps, steps),
    )
    wanted.save(tmp_path / "a.npz")
    assert_same(Trace.load(str(tmp_path / "a.npz")), wanted)


def test_a_file_that_holds_no_trace_is_refused_with_its_path(tmp_path):
    text, other, cut = (tmp_path / name for name in ("text.npz", "other.npz", "cut.npz"))
    text.write_text("no archive")
    np.savez(other, votes=np.zeros(3))
    make_trace().save(cut)
    cut.write_bytes(cut.read_bytes()[:-500])
    for path in (text, other, cut, tmp_path / "missing.npz"):
        with pytest.raises(ModelFolderError) as caught:
            Trace.load(path)
        assert str(path) in str(caught.value)


class Bomb:
    """Unpickling this makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (str(self.path),))


def test_a_pickle_inside_a_saved_trace_is_never_opened(tmp_path):
    make_trace().save(tmp_path / "a.npz")
    np.save(tmp_path / "bias.npy", np.array([Bomb(tmp_path / "boom")]), allow_pickle=True)
    with (
        zipfile.ZipFile(tmp_path / "a.npz") as source,
        zipfile.ZipFile(tmp_path / "b.npz", "w") as target,
    ):
        for name in source.namelist():
            target.writestr(
                name, (tmp_path / name).read_bytes() if name == "bias.npy" else source.read(name)
            )
    with pytest.raises(ModelFolderError):
        Trace.load(tmp_path / "b.npz")
    assert not (tmp_path / "boom").exists()
    np.load(tmp_path / "bias.npy", allow_pickle=True)  # the bomb was live
    assert (tmp_path / "boom").exists()


def test_to_dict_is_complete_and_survives_json(trace):
    found = json.loads(json.dumps(trace.to_dict()))
    assert set(found) == {field.name for field in fields(Trace)} | {"prediction"}
    assert found["prediction"] == trace.prediction
    assert found["text"] == trace.text
    assert [tuple(pair) for pair in found["offsets"]] == list(trace.offsets)
    assert found["channel_attention"] is found["self_attention"] is None
    for name in ARRAYS:
        np.testing.assert_array_equal(np.float32(found[name]), getattr(trace, name))
    for group in GROUPS:
        assert list(found[group]) == [str(key) for key in getattr(trace, group)]
        for key, array in getattr(trace, group).items():
            np.testing.assert_array_equal(np.float32(found[group][str(key)]), array)
