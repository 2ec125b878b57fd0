"""Samples that come with a model, and what is done to a sample on a page."""

import numpy as np
import pytest

from attnviz.errors import FileError, SampleError
from attnviz.samples import Sample
from attnviz.samples.changing import Change, changed
from attnviz.samples.shipped import FILE_NAME, Shipped, load, save


def sample(**about):
    values = np.arange(21, dtype=np.float32).reshape(7, 3)
    return Sample(values, "b", channels=("I (A)", "V (V)", "T (°C)"), **about)


def test_what_is_saved_is_loaded(tmp_path):
    film = Sample(np.arange(2 * 3 * 5, dtype=np.uint8).reshape(2, 3, 5, 1), name="film")
    marked = sample(
        name="day", times=tuple("abcdefg"), step=10.0, step_unit="min", marks=((1, 3, "x"),)
    )
    save(
        tmp_path,
        [Shipped(marked, {"en": "a day", "zh": "一天"}, {"en": "synthetic"}), Shipped(film)],
    )
    day, other = load(tmp_path)
    assert np.array_equal(day.sample.values, marked.values)
    assert {**vars(day.sample), "values": 0} == {**vars(marked), "values": 0}
    assert (day.title("zh"), day.title("fr"), day.note["en"]) == ("一天", "a day", "synthetic")
    assert other.sample.values.dtype == np.uint8
    assert other.title() == "film"


def test_a_model_without_samples_has_none(tmp_path):
    assert load(tmp_path) == ()


def test_two_samples_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="a name of its own"):
        save(tmp_path, [Shipped(sample(name="a")), Shipped(sample(name="a"))])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_a_broken_file_is_one_clear_line(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(FileError, match="Write it again"):
        load(tmp_path)


def test_a_pickled_array_is_never_opened(tmp_path):
    with open(tmp_path / FILE_NAME, "wb") as file:
        np.savez(file, about=np.array(["[{}]"], dtype=object), allow_pickle=True)
    with pytest.raises(FileError, match="allow_pickle"):
        load(tmp_path)


def test_only_the_stretch_and_the_channel_change():
    before = sample()
    after = changed(before, Change("scale", 2, 5, 1, 10.0)).values
    expected = before.values.copy()
    expected[2:5, 1] *= 10
    assert np.array_equal(after, expected)
    assert before.values[2, 1] == 7


def test_blank_is_missing_in_a_series_and_black_in_a_film():
    assert np.isnan(changed(sample(), Change("blank", 1, 3)).values[1:3]).all()
    film = Sample(np.full((5, 2, 3, 1), 9, np.uint8))
    assert changed(film, Change("blank", 1, 3)).values[:, 0, 0, 0].tolist() == [9, 0, 0, 9, 9]


def test_steps_behind_a_dropped_stretch_move_up_with_their_times_and_marks():
    before = sample(times=tuple("abcdefg"), marks=((0, 2, "x"), (3, 6, "y"), (1, 3, "gone")))
    after = changed(before, Change("drop", 1, 3))
    assert "".join(after.times) == "adefg"
    assert after.values[:, 0].tolist() == [0, 9, 12, 15, 18]
    assert after.marks == ((0, 1, "x"), (1, 4, "y"))


def test_nothing_can_be_dropped_entirely():
    with pytest.raises(SampleError, match="shorter stretch"):
        changed(sample(), Change("drop", 0, 7))


def test_an_order_keeps_every_step():
    for kind in ("reverse", "shuffle"):
        after = changed(sample(), Change(kind, 1, 6)).values
        assert sorted(after[:, 0]) == sorted(sample().values[:, 0])
        assert after[0, 0] == 0
        assert after[6, 0] == 18
    assert changed(sample(), Change("reverse", 1, 6)).values[1:6, 0].tolist() == [15, 12, 9, 6, 3]
