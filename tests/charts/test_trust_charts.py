"""The trust check's drawings: every number drawn is one of the record."""

import json

import numpy as np
import pytest

from attnviz import charts
from attnviz.charts import trust as drawing
from attnviz.evidence.trust import SAME, THRESHOLDS, TITLES, Trust, TrustSample

TOKENS = ("not", "bad", "not", "at", "all", "!", "电影")


def record(tokens=7, heads=3, seed=0) -> Trust:
    generator = np.random.default_rng(seed)
    attention = generator.dirichlet([0.5] * tokens, size=heads).T
    return Trust(
        label=1,
        probabilities=np.array([0.25, 0.75]),
        attention=attention,
        pooling="attention",
        constant=False,
        permuted=generator.uniform(0, 0.6, 41),
        permuted_labels=generator.integers(0, 2, 41),
        uniform=np.array([0.5, 0.5]),
        sizes=np.array([1, 2, 4]),
        comprehensiveness=generator.uniform(-0.2, 0.7, 3),
        sufficiency=generator.uniform(-0.2, 0.7, 3),
        random_comprehensiveness=generator.uniform(-0.2, 0.7, (21, 3)),
        random_sufficiency=generator.uniform(-0.2, 0.7, (21, 3)),
        leave_one_out=generator.uniform(0, 1, tokens),
        integrated_gradients=generator.normal(size=tokens),
        adversarial=generator.dirichlet([0.1] * tokens, size=heads).T,
        adversarial_probabilities=np.array([0.29, 0.71]),
    )


def quote(text):
    return f"«{text}»"


def test_every_permutation_is_in_the_bar_that_its_distance_belongs_to():
    trust = record()
    rows = drawing.permutation_rows(trust)
    bars = [row for row in rows if row["kind"] == "bin"]
    assert sum(bar["count"] for bar in bars) == 41
    for bar in bars:
        inside = [bar["value"] <= value < bar["end"] for value in trust.permuted]
        assert sum(inside) == bar["count"]
    marks = {row["kind"]: row["value"] for row in rows if row["kind"] != "bin"}
    assert marks == {"median": float(np.median(trust.permuted)), "limit": SAME}


def test_no_bar_lies_on_both_sides_of_the_limit():
    edges = np.histogram([], bins=drawing.BINS, range=(0, 1))[1]
    assert np.abs(edges - SAME).min() < 1e-12


def test_a_distance_of_one_is_drawn():
    trust = record()
    trust.permuted[:] = 1.0
    bars = [row for row in drawing.permutation_rows(trust) if row["kind"] == "bin"]
    assert [(bar["end"], bar["count"]) for bar in bars] == [(1.0, 41)]


@pytest.mark.parametrize("name", drawing.REMOVALS)
def test_both_curves_are_those_of_the_record_and_the_band_leaves_one_draw_in_twenty(name):
    trust = record()
    rows = drawing.removal_rows(trust, name)
    found, drawn = rows[:3], rows[3:]
    assert [row["value"] for row in found] == getattr(trust, name).tolist()
    draws = getattr(trust, f"random_{name}")
    assert [row["value"] for row in drawn] == pytest.approx(draws.mean(axis=0))
    ordered = np.sort(draws, axis=0)  # of 21 draws the second from either end
    assert [row["low"] for row in drawn] == pytest.approx(ordered[1])
    assert [row["high"] for row in drawn] == pytest.approx(ordered[-2])
    assert [row["count"] for row in rows] == [1, 2, 4] * 2
    assert [row["share"] for row in rows] == pytest.approx([1 / 7, 2 / 7, 4 / 7] * 2)
    axis = drawing.removal(trust, name).to_dict()["layer"][1]["encoding"]["x"]
    assert (axis["field"], axis["title"]) == ("count", "Number of tokens")


def test_every_removal_has_a_title():
    assert drawing.REMOVALS.keys() <= TITLES.keys()


def test_both_attentions_stand_side_by_side_as_means_over_the_heads():
    trust = record()
    rows = drawing.attention_rows(trust, TOKENS)
    assert [row["token"] for row in rows] == list(TOKENS)
    assert len({row["row"] for row in rows}) == len(TOKENS)  # repeated tokens stay apart
    assert [row["attention"] for row in rows] == pytest.approx(trust.attention.mean(axis=1))
    assert [row["adversarial"] for row in rows] == pytest.approx(trust.adversarial.mean(axis=1))
    spec = drawing.attentions(trust, TOKENS).to_dict()
    ranges = [layer["encoding"]["x"]["scale"]["range"] for layer in spec["layer"]]
    assert ranges == [
        [{"expr": f"width * {end}"} for end in ends] for ends in drawing.COLUMNS.values()
    ]


def test_of_a_long_text_the_largest_weights_of_either_are_drawn_in_their_order():
    trust = record(tokens=97)
    tokens = [str(place) for place in range(97)]
    rows = drawing.attention_rows(trust, tokens)
    places = [row["position"] - 1 for row in rows]
    assert places == sorted(places)
    assert len(places) == drawing.STRONGEST
    largest = np.maximum(trust.attention.mean(axis=1), trust.adversarial.mean(axis=1))
    left_out = np.setdiff1d(np.arange(97), places)
    assert largest[left_out].max() <= largest[places].min()
    assert len(drawing.attention_rows(trust, tokens, None)) == 97


def test_a_sample_has_a_dot_for_each_text_that_has_both_measures():
    per_unit = record(seed=2)
    object.__setattr__(per_unit, "adversarial", None)
    checks = [record(seed=0), None, record(seed=1), per_unit]
    found = TrustSample.of(["x" * 200, " ", "second", "third"], checks)
    rows = drawing.sample_rows(found)
    assert [row["text"] for row in rows] == ["x" * drawing.BEGINNING, "second"]
    assert [row["x"] for row in rows] == found.measures["permuted"][[0, 2]].tolist()
    assert [row["y"] for row in rows] == found.measures["adversarial"][[0, 2]].tolist()
    assert [row["color"] for row in rows] == found.measures["largest"][[0, 2]].tolist()
    assert len(drawing.sample_rows(found, y="removal")) == 3
    spec = json.dumps(drawing.sample(found).to_dict())
    assert str(THRESHOLDS["adversarial"]) in spec


def test_every_chart_can_be_rendered_and_speaks_the_readers_language():
    trust = record()
    found = TrustSample.of(["first", "second"], [record(seed=1), record(seed=2)])
    drawn = [
        drawing.permutations(trust, translate=quote),
        *(drawing.removal(trust, name, translate=quote) for name in drawing.REMOVALS),
        drawing.attentions(trust, TOKENS, translate=quote),
        drawing.sample(found, translate=quote),
    ]
    said = ["«median", "«most attention»", "«random»", "«Most different»", "«Largest weight»"]
    for chart, words in zip(drawn, said, strict=True):
        picture = charts.render(chart.properties(width=300), "svg").decode()
        assert words in picture
        assert "NaN" not in picture
