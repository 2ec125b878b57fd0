"""Rows shared out among cores."""

import pytest
import torch

from attnviz import threads as turns
from attnviz.explain.cores import cores, side_by_side


@pytest.fixture(params=[1, 2])
def count(request, monkeypatch):
    monkeypatch.setattr(turns, "_ALL", request.param)
    yield request.param
    torch.set_num_threads(1)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_the_result_is_that_of_all_rows_at_once(count, rows):
    values = torch.arange(3.0 * rows).view(rows, 3)
    seen = []

    def compute(part):
        seen.append(len(part))
        return part**2

    assert torch.equal(side_by_side(compute, values), values**2)
    assert sum(seen) == rows
    assert len(seen) == min(count, rows)
    assert cores() == count


@pytest.mark.parametrize("wanted", [True, False])
def test_whether_gradients_are_kept_is_the_callers_choice(count, wanted):
    found = []
    with torch.set_grad_enabled(wanted):
        side_by_side(lambda part: found.append(torch.is_grad_enabled()) or part, torch.ones(4, 1))
    assert found == [wanted] * count


def test_an_error_is_raised_and_leaves_the_turn_and_the_setting(count):
    def fail(part):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        side_by_side(fail, torch.ones(4, 1))
    assert not turns._TURN.locked()
    assert torch.get_num_threads() == count


@pytest.mark.parametrize("rows", [1, 4])
def test_each_core_has_one_thread(count, rows):
    found = []
    side_by_side(lambda part: found.append(torch.get_num_threads()) or part, torch.ones(rows, 1))
    assert found == [1] * min(count, rows)
    assert torch.get_num_threads() == count
