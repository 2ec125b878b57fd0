"""Within a column of a table, all numbers have as many decimals."""

import numpy as np
import pandas as pd
import pytest

from attnviz.ui.components.tables import even


def form(shown, name):
    return shown["column_config"][name]["type_config"]["format"]


def test_shares_are_percentages_with_one_decimal_and_the_frame_stays_as_it_was():
    frame = pd.DataFrame({"class": ["a", "b", "c"], "recall": [0.6, 5 / 9, np.nan]})
    shown = even(frame, ["recall"])
    assert form(shown, "recall") == "%.1f%%"
    assert shown["data"]["recall"].tolist() == pytest.approx([60, 500 / 9, np.nan], nan_ok=True)
    assert shown["data"]["class"].tolist() == ["a", "b", "c"]
    assert frame["recall"][0] == 0.6


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([0.5, 0.05, 1], 2), ([1 / 3, 0.5], 4), ([1.5, np.nan, np.inf], 1), ([2e-4, 0, -0.1], 4)],
)
def test_a_column_has_the_decimals_of_its_longest_number(values, decimals):
    assert form(even(pd.DataFrame({"value": values})), "value") == f"%.{decimals}f"


def test_a_number_too_small_for_four_decimals_is_never_shown_as_zero():
    frame = pd.DataFrame({"norm": [0.12, 4e-6, 2e-9], "rate": [1e-3, 6.9e-5, 0.0]})
    assert even(frame)["column_config"] == {}


def test_whole_numbers_and_words_are_left_alone():
    frame = pd.DataFrame(
        {"count": [1, 2], "some": [3.0, None], "none": [None] * 2, "word": ["a"] * 2}
    )
    assert even(frame)["column_config"] == {}


def test_columns_may_be_numbered():
    shown = even(pd.DataFrame(np.array([[0.25, 7], [1, 2]])))
    assert [*shown["column_config"]] == ["0"]
