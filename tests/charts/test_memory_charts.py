"""What the charts of the memory draw can be looked up in them."""

import numpy as np
import pytest

from attnviz.charts import render
from attnviz.charts.memory import (
    LONGEST,
    SHORTEST,
    half_life_rows,
    half_lives,
    memory_panels,
    memory_shares,
    memory_units,
    share_rows,
)
from attnviz.evidence.memory import Memory
from attnviz.ui.components.token_table import payload
from tests.ui.test_token_table import read


def record(tokens=7, units=5, half_life=None):
    generator = np.random.default_rng(3)
    written = generator.normal(size=(tokens, units))
    survival = generator.uniform(size=(tokens, units))
    return Memory(
        position=tokens - 1,
        layer=0,
        direction=0,
        gate="forget",
        kept=generator.uniform(size=(tokens, units)),
        written=written,
        survival=survival,
        state=(written * survival).sum(axis=0),
        half_life=np.array([2.5, 0.5, 7, 3, 1] if half_life is None else half_life),
    )


def labels(found):
    return [f"w{token}:x" for token in range(len(found.kept))]


def test_every_token_has_a_bar_as_long_as_its_share():
    found = record()
    spec = memory_shares(found, labels(found)).to_dict()
    rows = spec["datasets"][spec["data"]["name"]]
    assert [row["row"] for row in rows] == [f"{token}:w{token}:x" for token in range(7)]
    assert [row["share"] for row in rows] == found.shares.tolist()


def test_of_a_long_text_the_largest_shares_stand_in_its_order():
    found = record(tokens=113)
    rows = share_rows(found, labels(found))
    places = [int(row["row"].partition(":")[0]) for row in rows]
    assert len(places) == 60
    assert places == sorted(places)
    largest = np.sort(np.abs(found.shares))[-60:]
    assert np.sort([abs(row["share"]) for row in rows]).tolist() == largest.tolist()


def test_half_lives_stand_longest_first_with_their_units():
    found = record()
    spec = half_lives(found).to_dict()
    rows = spec["datasets"][spec["data"]["name"]]
    assert [row["unit"] for row in rows] == [2, 3, 0, 4, 1]
    assert [row["drawn"] for row in rows] == [7, 3, 2.5, 1, 0.5]
    assert [row["place"] for row in rows] == [0, 1, 2, 3, 4]
    assert {row["length"] for row in rows} == {7}


def test_half_lives_beyond_the_axis_are_drawn_at_its_end_and_told_truly():
    rows = half_life_rows(record(half_life=[0, np.inf, 3, 5, 1e6]))
    assert [row["half_life"] for row in rows] == ["inf", "1e+06", "5", "3", "0"]
    assert [row["drawn"] for row in rows] == [LONGEST, LONGEST, 5, 3, SHORTEST]
    assert half_life_rows(record(half_life=[np.nan] * 5)) == []


def test_the_map_holds_contributions_and_survival_of_the_same_units():
    found = record()
    units = memory_units(found)
    totals = np.abs(found.contributions).sum(axis=0)
    assert totals[units].tolist() == sorted(totals, reverse=True)
    norms, left, share = memory_panels(found, units[:3])
    assert norms.values[:, 0].tolist() == found.norms.tolist()
    assert left.columns == share.columns == tuple(map(str, units[:3]))
    assert left.values.tolist() == found.contributions[:, units[:3]].tolist()
    assert share.values.tolist() == found.survival[:, units[:3]].tolist()
    assert left.low == -left.high == -np.abs(left.values).max()
    assert (share.low, share.high) == (0, 1)
    assert (left.ramp, share.ramp) == ("signed", "gates")
    header, _ = read(payload(labels(found), [norms, left, share], range(7), {}))
    assert [panel["note"] for panel in header["panels"]] == ["", "", ""]  # no gate opens there


def test_an_empty_memory_has_a_map_too():
    found = record()
    nothing = Memory(**vars(found) | {"written": found.written * 0, "state": found.state * 0})
    panels = memory_panels(nothing, [0, 1])
    assert payload(labels(found), panels, range(7), {})


@pytest.mark.parametrize("draw", [lambda f, **k: memory_shares(f, labels(f), **k), half_lives])
def test_every_text_of_a_chart_can_be_translated(draw):
    found, seen = record(), []

    def translate(text):
        seen.append(text)
        return f"⟦{text}⟧"

    chart = draw(found, translate=translate)
    spec = chart.to_json(ensure_ascii=False)
    assert seen
    assert all(f"⟦{text}⟧" in spec for text in seen)
    assert render(chart, "svg").startswith(b"<svg")
