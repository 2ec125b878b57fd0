"""Which numbers stand in which panel, in which order and colour range."""

from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
import torch

from attnviz.classifier import Classifier
from attnviz.errors import AttnvizError
from attnviz.panels import (
    GROUPS,
    ORDERS,
    PANELS,
    RANGES,
    TITLES,
    VOTED_LABELS,
    Panel,
    laid_flat,
    name_and_unit,
    panels,
    parse_units,
    pick_units,
    recurrent_shape,
    row_labels,
    scales_of,
    told_apart,
    unit_order,
    with_range,
)
from tests.networks import NETWORKS

KEYS = [
    *("votes", "attention", "feature_maps/1", "feature_maps/3", "feature_maps/5"),
    *("gates/input", "gates/forget", "gates/output"),
    *("states/candidate", "states/cell", "states/hidden"),
]


def by_key(chosen) -> dict[str, Panel]:
    return {panel.key: panel for panel in chosen}


def make_panel(values, key="states/cell", signed=True, mark="cells", low=-9.0, high=9.0, **more):
    values = np.array(values, dtype=np.float32)
    names = tuple(str(number) for number in range(values.shape[1]))
    whole = mark == "bars"
    return Panel(key, "Title", values, names, signed, low, high, mark, whole=whole, **more)


@pytest.fixture(params=NETWORKS)
def reader(request, build_network, tokenizer) -> Classifier:
    """A classifier of every order, cell and attention."""
    return Classifier(build_network(**NETWORKS[request.param]), tokenizer)


@pytest.fixture
def weighing(build_network, tokenizer) -> Classifier:
    return Classifier(build_network(**NETWORKS["everything"]), tokenizer)


TEXT = "The film was good, good!  Wonderful actors: 电影 很好 😀"


# Which panels there are.


def test_panels_stand_in_the_order_in_which_data_is_read(trace):
    assert [panel.key for panel in panels(trace)] == KEYS


def test_every_network_has_the_panels_of_what_it_holds_in_one_order(reader):
    trace = reader.trace(TEXT)
    held = {"attention", "votes"}
    for name in PANELS:
        value = getattr(trace, name)
        held |= {name} if value is not None and len(value) else set()
    found = panels(trace, -1, "backward")
    families = list(dict.fromkeys(panel.family for panel in found))
    assert families == [name for name in PANELS if name in held]
    for group in ("feature_maps", "gates", "states"):
        keys = [panel.key for panel in found if panel.family == group]
        assert keys == [f"{group}/{name}" for name in getattr(trace, group)]


def test_every_panel_of_every_network_has_a_title_and_unique_names(reader):
    trace = reader.trace(TEXT)
    for panel in panels(trace):
        assert panel.values.shape == (len(trace.tokens), len(panel.columns)), panel.key
        assert len(set(panel.columns)) == len(panel.columns), panel.key
        assert panel.low < panel.high, panel.key
        if panel.family in ("gates", "states"):
            assert panel.title == TITLES[panel.key.partition("/")[2]]


def test_every_panel_has_a_row_for_every_token_and_a_name_for_every_column(trace):
    for panel in panels(trace):
        assert panel.values.shape == (len(trace.tokens), len(panel.columns)), panel.key
        assert len(set(panel.columns)) == len(panel.columns), panel.key
    columns = {key: panel.columns for key, panel in by_key(panels(trace)).items()}
    assert columns["attention"] == ("0",)
    assert columns["votes"] == ("negative", "neutral", "positive")
    assert columns["feature_maps/3"] == tuple(map(str, range(13)))
    assert columns["gates/forget"] == columns["states/cell"] == columns["feature_maps/3"][:11]


@pytest.mark.parametrize(
    ("layer", "direction", "place"),
    [
        (0, "forward", (0, 0)),
        (0, "backward", (0, 1)),
        (1, "forward", (1, 0)),
        (1, "backward", (1, 1)),
        (-1, "forward", (1, 0)),
        (7, "backward", (1, 1)),
    ],
)
def test_panels_show_the_layer_and_direction_asked_for(trace, layer, direction, place):
    found = by_key(panels(trace, layer, direction))
    for group in ("gates", "states"):
        for name, values in getattr(trace, group).items():
            np.testing.assert_array_equal(
                found[f"{group}/{name}"].values, values[:, place[0], place[1]]
            )
    np.testing.assert_array_equal(found["attention"].values, trace.attention)
    np.testing.assert_array_equal(found["votes"].values, trace.votes)
    np.testing.assert_array_equal(found["feature_maps/5"].values, trace.feature_maps[5])


def test_a_direction_that_the_network_lacks_falls_back_to_forward(trace):
    one = {
        group: {name: values[:, :, :1] for name, values in getattr(trace, group).items()}
        for group in ("gates", "states")
    }
    found = by_key(panels(replace(trace, **one), 0, "backward"))
    np.testing.assert_array_equal(found["states/hidden"].values, trace.states["hidden"][:, 0, 0])


def test_gates_and_states_of_an_unknown_cell_get_panels_by_their_names(trace):
    gates = {"reset": trace.gates["input"], "update": trace.gates["forget"]}
    found = panels(replace(trace, gates=gates))
    assert [panel.key for panel in found if panel.family == "gates"] == [
        "gates/reset",
        "gates/update",
    ]


def test_titles_and_signs_say_what_a_panel_holds(trace):
    found = by_key(panels(trace))
    assert found["gates/forget"].title == "Forget gate"
    assert found["states/hidden"].title == "Hidden state"
    title = found["feature_maps/5"].title.format(detail=found["feature_maps/5"].detail)
    assert title == "Feature maps, kernel size 5"
    signed = {key for key, panel in found.items() if panel.signed}
    assert signed == {"votes", "states/candidate", "states/cell", "states/hidden"}
    assert {key for key, panel in found.items() if panel.mark == "bars"} == {"attention", "votes"}


def test_the_most_probable_labels_have_votes_the_prediction_first(trace):
    steps = len(trace.tokens)
    probabilities = np.array([0.05, 0.3, 0.01, 0.2, 0.02, 0.15, 0.12, 0.15])
    many = replace(
        trace,
        labels=tuple("abcdefgh"),
        votes=np.arange(8.0) * np.ones((steps, 1)),
        bias=np.zeros(8),
        logits=np.zeros(8),
        probabilities=probabilities,
    )
    panel = by_key(panels(many))["votes"]
    assert VOTED_LABELS == 6
    assert panel.columns == ("b", "d", "f", "h", "g", "a")  # without c 0.01 and e 0.02
    assert panel.values[0].tolist() == [1, 3, 5, 7, 6, 0]
    fewer = by_key(panels(many, voted=2))["votes"]
    assert fewer.columns == ("b", "d")


def test_of_two_classes_one_column_holds_the_prediction_s_votes_less_the_other_s(trace):
    votes = np.array([[1.0, 4.0], [-2.0, 0.5]]).repeat([1, len(trace.tokens) - 1], axis=0)
    two = replace(
        trace,
        labels=("bad", "good"),
        votes=votes,
        bias=np.zeros(2),
        logits=votes.sum(0),
        probabilities=np.array([0.1, 0.9]),
    )
    panel = by_key(panels(two))["votes"]
    assert panel.columns == ("good",)
    assert panel.detail == "bad"
    assert panel.classes == ((1, 0),)
    assert panel.values[:2, 0].tolist() == [3.0, 2.5]
    assert (panel.low, panel.high) == (-0.75, 3.0)  # a quarter is left where nothing pulls


def test_what_is_large_is_written_out(trace):
    panel = by_key(panels(trace))["attention"]
    assert panel.level == pytest.approx(1 / len(trace.tokens))
    assert panel.named == pytest.approx(max(0.05, 2 / len(trace.tokens)))


def test_labels_that_occur_twice_are_told_apart_by_their_position():
    assert told_apart(["a", "rainy", "day", "rainy"]) == ("a", "rainy (2)", "day", "rainy (4)")
    assert told_apart([]) == ()


# Self-attention.


@pytest.mark.parametrize("order", ORDERS)
def test_self_attention_stays_whole_in_the_order_of_the_text(weighing, order):
    trace = weighing.trace(TEXT)
    found = [panel for panel in panels(trace) if panel.family == "self_attention"]
    assert [panel.key for panel in found] == [f"self_attention/{head}" for head in range(3)]
    labels = [f"{number} {label}" for number, label in enumerate(row_labels(trace), start=1)]
    for head, panel in enumerate(found):
        picked = pick_units(panel, order, 2, only=(5,))
        np.testing.assert_array_equal(picked.values, trace.self_attention[head])
        assert list(picked.columns) == labels
        assert panel.title.format(detail=panel.detail) == f"Self-attention, head {head}"


def test_self_attention_is_drawn_as_shares_from_0(weighing):
    for panel in panels(weighing.trace(TEXT)):
        if panel.family == "self_attention":
            np.testing.assert_allclose(panel.values.sum(axis=1), 1, atol=1e-5)
            assert (panel.low, panel.high) == (0, panel.values.max())
            assert not panel.signed


# Channel attention.


def test_weighed_maps_are_what_the_next_stage_reads(build_network, tokenizer):
    changes = {"order": "cnn", "channel_attention": "squeeze_excitation"}
    reader = Classifier(build_network(**changes), tokenizer)
    trace = reader.trace(TEXT)
    inputs = torch.tensor(trace.embeddings)[None]
    mask = torch.ones(1, len(trace.tokens), dtype=torch.bool)
    with torch.inference_mode():
        passed_on, _ = reader.network.get_submodule("convolutions")(inputs, mask, False)
    found = [panel for panel in panels(trace) if panel.family == "channel_attention"]
    assert [panel.detail for panel in found] == ["1", "3", "5"]
    drawn = np.concatenate([panel.values for panel in found], axis=1)
    np.testing.assert_allclose(drawn, passed_on[0].numpy(), atol=1e-5)


def test_each_kernel_size_gets_its_own_channels_and_names_their_weights(trace):
    steps = len(trace.tokens)
    maps = {3: np.ones((steps, 2)), 1: np.full((steps, 3), 2.0)}
    weighed = replace(
        trace, feature_maps=maps, channel_attention=np.array([0.5, 0.25, 1, 0, 0.125])
    )
    assert [list(part) for part in weighed.channel_weights.values()] == [
        [0.5, 0.25],
        [1, 0, 0.125],
    ]
    found = by_key(panels(weighed))
    assert found["channel_attention/3"].columns == ("0 × 0.50", "1 × 0.25")
    assert found["channel_attention/3"].values[0].tolist() == [0.5, 0.25]
    assert found["channel_attention/1"].values[-1].tolist() == [2, 0, 0.25]
    assert pick_units(found["channel_attention/1"], only=(2,)).columns == ("2 × 0.12",)


def test_without_channel_attention_nothing_is_weighed(trace):
    assert trace.channel_weights == {}


def test_layers_and_directions_are_1_where_nothing_is_recurrent(trace):
    assert recurrent_shape(trace) == (2, 2)
    assert recurrent_shape(replace(trace, gates={}, states={})) == (1, 1)


# Rows.


def test_rows_are_named_by_their_characters_and_shared_ones_are_numbered(trace):
    assert len(row_labels(trace)) == len(trace.tokens)
    for label, surface in zip(row_labels(trace)[:-4], trace.surfaces[:-4], strict=True):
        assert label == surface
    assert row_labels(trace)[-4:] == ("😀 1/4", "😀 2/4", "😀 3/4", "😀 4/4")


# Colour ranges.


def test_gates_are_drawn_on_0_to_1_and_other_panels_on_what_they_hold(trace):
    for panel in panels(trace):
        reach = np.abs(panel.values).max()
        if panel.family == "gates":
            assert (panel.low, panel.high) == (0, 1), panel.key
        elif panel.key == "votes":
            wanted = min(panel.values.min(), -reach / 4), max(panel.values.max(), reach / 4)
            assert (panel.low, panel.high) == pytest.approx(wanted)
        elif panel.signed:
            assert (panel.low, panel.high) == (-reach, reach), panel.key
        elif panel.key == "attention":
            assert (panel.low, panel.high) == (0, max(reach, 3 / len(trace.tokens)))
        else:
            assert (panel.low, panel.high) == (panel.values.min(), panel.values.max()), panel.key


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_equal_attention_fills_its_bars(trace, weight):
    same = replace(trace, attention=np.full(trace.attention.shape, weight))
    panel = by_key(panels(same))["attention"]
    assert (panel.low, panel.high) == (0, weight)


def test_a_panel_of_equal_values_still_has_a_range(trace):
    flat = {name: np.full_like(values, 0.5) for name, values in trace.gates.items()}
    zero = {name: np.zeros_like(values) for name, values in trace.states.items()}
    for panel in panels(replace(trace, gates=flat, states=zero)):
        assert panel.low < panel.high, panel.key


def test_a_range_per_panel_is_left_as_it_is():
    chosen = [make_panel([[1, 2]], low=-2, high=2), make_panel([[3, 4]], low=-4, high=4)]
    assert [(panel.low, panel.high) for panel in with_range(chosen, "panel")] == [(-2, 2), (-4, 4)]


def test_a_range_per_family_is_shared_within_it_alone():
    chosen = [
        make_panel([[1]], "feature_maps/1", low=0.2, high=0.5),
        make_panel([[1]], "states/cell", low=-3, high=3),
        make_panel([[1]], "feature_maps/3", low=0.1, high=0.4),
        make_panel([[1]], "attention", low=0, high=0.7),
    ]
    found = with_range(chosen, "family")
    assert [panel.key for panel in found] == [panel.key for panel in chosen]
    assert [(panel.low, panel.high) for panel in found] == [
        (0.1, 0.5),
        (-3, 3),
        (0.1, 0.5),
        (0, 0.7),
    ]


def test_gates_and_bars_keep_their_range_beside_others():
    chosen = [
        make_panel([[1]], "gates/input", low=0, high=1, ramp="gates"),
        make_panel([[9]], "gates/other", low=0, high=9),
        make_panel([[1]], "votes", low=-1, high=2, mark="bars"),
    ]
    assert [(p.low, p.high) for p in with_range(chosen, "family")] == [(0, 1), (0, 9), (-1, 2)]


@pytest.mark.parametrize("order", ORDERS)
def test_gates_and_states_share_one_order_of_units(trace, order):
    chosen = [panel for panel in panels(trace) if panel.group == "remembers"]
    shared = unit_order(chosen, order)
    assert sorted(shared.tolist()) == list(range(len(chosen[0].columns)))
    cut = [pick_units(panel, shared, 4) for panel in chosen]
    assert len({panel.columns for panel in cut}) == 1


def test_the_unit_that_varies_most_over_all_gates_stands_first():
    still, moving = [[0.5, 0.2]] * 3, [[0.5, 0.1], [0.5, 0.9], [0.5, 0.1]]
    chosen = [make_panel(still, "gates/input"), make_panel(moving, "gates/forget")]
    assert unit_order(chosen, "variance").tolist() == [1, 0]
    assert unit_order([make_panel([[1]], "votes")], "variance") is None


@pytest.mark.parametrize("mode", RANGES)
def test_no_range_changes_a_value(trace, mode):
    for before, after in zip(panels(trace), with_range(panels(trace), mode), strict=True):
        np.testing.assert_array_equal(before.values, after.values)
        assert after.low < after.high


# Units.

VALUES = [[0.0, 5.0, 1.0, -7.0], [0.5, 5.0, -1.0, -7.0], [1.0, 5.0, 1.0, -7.1]]


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ("index", "0 1 2 3"),
        ("variance", "2 0 3 1"),  # 8/9, 1/6, 1/450, 0
        ("largest value", "3 1 0 2"),  # 7.1, 5, then 1 and 1 as they came
    ],
)
def test_units_are_ordered_as_asked(order, wanted):
    panel = make_panel(VALUES)
    found = pick_units(panel, order)
    assert found.columns == tuple(wanted.split())
    numbers = [int(name) for name in wanted.split()]
    np.testing.assert_array_equal(found.values, panel.values[:, numbers])


def test_orders_agree_with_numpy_on_a_real_panel(trace):
    panel = by_key(panels(trace))["states/cell"]
    measures = {
        "variance": [np.var(column) for column in panel.values.T],
        "largest value": [max(abs(column)) for column in panel.values.T],
    }
    assert set(ORDERS) == {"index", "similarity", *measures}
    for order, measure in measures.items():
        found = [int(name) for name in pick_units(panel, order).columns]
        assert sorted(found) == list(range(11))
        assert [measure[unit] for unit in found] == sorted(measure, reverse=True)


def test_a_limit_keeps_the_first_and_the_range_follows():
    found = pick_units(make_panel(VALUES), "variance", 2)
    assert found.columns == ("2", "0")
    assert (found.low, found.high) == (-1, 1)
    assert pick_units(make_panel(VALUES), "index", 99).columns == ("0", "1", "2", "3")


def test_named_units_are_kept_in_the_order_asked_and_missing_ones_left():
    found = pick_units(make_panel(VALUES), "variance", only=(1, 3, 0, 17))
    assert found.columns == ("0", "3", "1")
    assert pick_units(make_panel(VALUES), "variance", 1, only=(1, 3)).columns == ("3", "1")


def test_no_unit_left_is_an_empty_panel_with_a_range():
    found = pick_units(make_panel(VALUES), only=(99,))
    assert found.columns == ()
    assert found.values.shape == (3, 0)
    assert found.low < found.high


def test_bars_stay_whole():
    panel = make_panel(VALUES, "votes", mark="bars")
    assert pick_units(panel, "variance", 1, only=(2,)) is panel


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ()),
        ("  ", ()),
        ("3", (3,)),
        ("3, 17, 20-23", (3, 17, 20, 21, 22, 23)),
        ("17 3 3", (3, 17)),
        ("1-3,2-4", (1, 2, 3, 4)),
        ("3，5、7；9;11", (3, 5, 7, 9, 11)),
        ("5–6", (5, 6)),
        ("4-4", (4,)),
        ("6-4", (4, 5, 6)),
        ("007", (7,)),
        (",3,", (3,)),
    ],
)
def test_units_are_read_as_a_person_writes_them(text, wanted):
    assert parse_units(text) == wanted


@pytest.mark.parametrize("text", ["x", "3, x", "-3", "3-", "1.5", "1-2-3", "3 - 5", "9999999"])
def test_what_names_no_units_is_refused_with_an_example(text):
    with pytest.raises(AttnvizError, match="3, 17, 20-31"):
        parse_units(text)


def test_a_giant_range_of_units_costs_no_memory():
    assert parse_units("0-999999") == tuple(range(10_000))


def test_columns_that_move_together_stand_side_by_side():
    """Three waves, each in four versions that differ by scale and shift alone."""
    turn = np.linspace(0, 2 * np.pi, 29)
    waves = [np.sin(turn), np.sin(turn + 2), np.sin(turn + 4)]
    order = np.random.default_rng(3).permutation(12)
    values = np.stack([(1 + n) * waves[n % 3] + n for n in range(12)], axis=1)[:, order]
    names = tuple(map(str, order % 3))
    panel = Panel("states/x", "x", values, names, True, -1, 1, "cells")
    groups = [name for name, _ in groupby(pick_units(panel, "similarity").columns)]
    assert sorted(groups) == ["0", "1", "2"]


def test_units_can_be_put_in_any_given_order(trace):
    panel = next(panel for panel in panels(trace) if panel.family == "gates")
    chosen = pick_units(panel, np.array([4, 0, 9]), 2)
    assert chosen.columns == ("4", "0")
    np.testing.assert_array_equal(chosen.values, panel.values[:, [4, 0]])


# What was read, where it was no text.


@pytest.fixture
def series(trace):
    """The same passage through the network, as if a series of five channels had been read."""
    steps = len(trace.tokens)
    values = np.arange(5 * steps, dtype=np.float32).reshape(steps, 5)
    values[2, 3] = np.nan
    times = tuple(f"{step} s" for step in range(steps))
    names = ("I1 (A)", "I2 (A)", "V (V)", "T (°C)", "noise")
    read = {"text": None, "normalized": None, "values": values, "channels": names}
    return replace(trace, tokens=times, **read)


def test_channels_come_first_as_they_were_measured(series):
    panel, *others = panels(series)
    assert (panel.key, panel.group, panel.mark) == ("channels", "reads", "lines")
    assert [other.key for other in others] == KEYS
    np.testing.assert_array_equal(panel.values, series.values)
    assert panel.columns == series.channels
    assert pick_units(panel, "variance", 1) is panel
    assert row_labels(series) == series.tokens
    assert panel.low == 0
    assert panel.high == series.values[-1, -1]


def test_channels_of_one_unit_share_a_scale_and_one_without_a_unit_has_its_own(series):
    scales = panels(series)[0].scales
    last = 5 * (len(series.tokens) - 1)
    assert scales == ((0, last + 1), (0, last + 1), (2, last + 2), (3, last + 3), (4, last + 4))
    unitless = scales_of(np.array([[1.0, 5.0], [3.0, 9.0]]), ("a", "b"))
    assert unitless == ((1, 3), (5, 9))


def test_a_channel_without_numbers_or_with_one_number_still_has_a_scale():
    values = np.array([[np.nan, 4.0], [np.nan, 4.0]])
    assert scales_of(values, ("a", "b")) == ((0, 1), (3.5, 4.5))


@pytest.mark.parametrize(
    ("channel", "wanted"),
    [("I1 (A)", ("I1", "A")), ("G (W/m²)", ("G", "W/m²")), ("noise", ("noise", "")),
     ("a (b) (c)", ("a (b)", "c")), ("(A)", ("(A)", "")), ("x ()", ("x", ""))],
)  # fmt: skip
def test_a_channel_ends_in_its_unit(channel, wanted):
    assert name_and_unit(channel) == wanted


def test_a_film_is_its_frames_and_their_brightness(series):
    steps = len(series.tokens)
    film = np.zeros((steps, 300, 5, 3), dtype=np.uint8)
    film[1] = 51
    panel = panels(replace(series, values=film, channels=()))[0]
    assert (panel.mark, panel.columns) == ("film", ("brightness",))
    assert panel.pictures.shape == (steps, 100, 2, 3)  # every third pixel
    assert panel.pictures.dtype == np.uint8
    assert panel.values[:3, 0].tolist() == pytest.approx([0, 0.2, 0])


def test_a_picture_is_turned_so_that_its_lines_are_in_the_order_of_reading(series):
    steps = len(series.tokens)
    picture = np.zeros((2 * steps, 7, 1), dtype=np.uint8)
    picture[2:4] = 255  # the second position reads rows 2 and 3
    names = {kind: tuple(f"{kind} {n + 1}" for n in range(steps)) for kind in ("row", "filter")}
    panel = panels(replace(series, values=picture, channels=(), tokens=names["row"]))[0]
    assert panel.pictures.shape == (1, 7, 2 * steps, 1)
    assert panel.values[:3, 0].tolist() == [0, 1, 0]
    columns = tuple(name.replace("row", "column") for name in names["row"])
    turned = replace(series, values=picture.swapaxes(0, 1), channels=(), tokens=columns)
    np.testing.assert_array_equal(panels(turned)[0].pictures, panel.pictures)
    of_filters = replace(series, values=picture, channels=(), tokens=names["filter"])
    assert panels(of_filters)[0].family == "votes"


def test_votes_of_a_forecast_are_cells_a_column_for_each_coming_value(series):
    level = np.zeros(len(series.labels), dtype=np.float32)
    unknown = np.full(len(series.labels), np.nan, dtype=np.float32)
    asked = replace(series, task="forecast", level=level, probabilities=unknown)
    votes = by_key(panels(asked))["votes"]
    assert (votes.mark, votes.ramp, votes.columns) == ("cells", "signed", series.labels)
    np.testing.assert_array_equal(votes.values, series.votes)


def test_flat_what_counts_when_stands_below_what_was_read(series):
    groups = [group for group, _ in groupby(panel.group for panel in laid_flat(panels(series)))]
    assert groups == ["reads", "looks", "decides", "detects", "remembers"]
    assert sorted(GROUPS.values()) == sorted(GROUPS[p] for p in PANELS)
