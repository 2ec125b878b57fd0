"""A long text is read whole, in windows that the network can hold."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attnviz.windows import Window, together, windows

ALPHABET = ["bad, ", "didn't", " film", "电影很好看", "。", "😀", "\n", "é", "它", "x" * 40]
LONG = " ".join(["The movie was wonderful, and the actors were good."] * 60)


def tokens(classifier, text):
    return classifier.tokenizer(text, add_special_tokens=False)["input_ids"]


def test_a_short_text_is_one_window(classifier):
    text = " good film "
    assert windows(classifier, text) == [Window(0, len(text), 0, 2)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=260).map("".join))
def test_windows_leave_nothing_out_and_the_network_can_hold_each(classifier, text):
    if not tokens(classifier, text):
        return
    found, most = windows(classifier, text), classifier.network.config.max_tokens
    assert (found[0].start, found[0].first) == (0, 0)
    assert (found[-1].end, found[-1].last) == (len(text), len(tokens(classifier, text)))
    for before, after in pairwise(found):
        assert before.first < after.first <= before.last < after.last
        assert before.start < after.start <= before.end < after.end
    assert all(window.last - window.first <= most for window in found)


def test_the_tokens_of_a_window_are_those_of_the_whole_text(classifier):
    whole, found = tokens(classifier, LONG), windows(classifier, LONG)
    assert len(found) > 5
    for window in found:
        part = tokens(classifier, LONG[window.start : window.end])
        assert part == whole[window.first : window.last]
        assert classifier.trace(LONG[window.start : window.end]).truncated == 0


def test_each_window_reads_an_eighth_of_the_one_before_again(classifier):
    found, most = windows(classifier, LONG), classifier.network.config.max_tokens
    for before, after in pairwise(found):
        assert most // 8 <= before.last - after.first <= most // 2


def test_windows_are_cut_between_words(classifier):
    for window in windows(classifier, LONG)[1:]:
        assert LONG[window.start - 1] == " " or not LONG[window.start].isalpha()


def test_a_word_longer_than_a_window_is_cut_inside(classifier):
    found = windows(classifier, "Q" * 1_000)
    assert len(found) > 1
    assert found[-1].end == 1_000


def test_all_windows_together_count_by_the_tokens_that_each_adds():
    found = [Window(0, 9, 0, 8), Window(7, 20, 6, 11), Window(15, 30, 10, 13)]
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    expected = [(8 * 1 + 3 * 0.5) / 13, (3 * 0.5 + 2 * 1) / 13]
    assert together(found, probabilities) == pytest.approx(expected)
