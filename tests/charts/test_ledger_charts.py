"""The ledger's charts hold the ledger's numbers, and the waterfall ends at the logit."""

import numpy as np
import pytest

from attnviz import charts
from attnviz.charts.ledger import MARK, ledger, ledger_rows, waterfall, waterfall_rows
from attnviz.colours import ATTENTION, CLASSES
from attnviz.evidence.ledger import VoteLedger
from attnviz.explain.ledger import vote_ledger
from attnviz.panels import row_labels


def record_of(votes, bias=0.25, attention=None) -> VoteLedger:
    """A ledger of one head with these votes, all positions alike unless told."""
    vote = np.array(votes, dtype=float)[:, None]
    shares = (
        np.full_like(vote, 1 / len(vote)) if attention is None else np.array(attention)[:, None]
    )
    logit = bias + vote.sum()
    return VoteLedger("a", None, bias, logit, shares, vote / shares, vote, False)


def names_of(count: int) -> list[str]:
    return [f"w{number}" for number in range(count)]


@pytest.fixture(scope="module")
def long_record():
    """503 positions, of which number 7 disagrees."""
    votes = np.random.default_rng(0).normal(0.1, 1.0, 503)
    votes[7] = -9
    shares = np.full(503, 1 / 509)
    shares[7] = 7 / 509
    found = record_of(votes, attention=shares)
    assert found.logit > 0
    return found


# The three columns.


def test_a_row_holds_the_three_numbers_of_its_position_over_all_heads(build_network, tokenizer):
    from attnviz.classifier import Classifier

    classifier = Classifier(build_network(attention="linear", num_attention_heads=5), tokenizer)
    trace = classifier.trace("a good, good film")
    record = vote_ledger(classifier, trace, 1)
    rows = ledger_rows(record, row_labels(trace))
    assert [row["token"] for row in rows] == list(row_labels(trace))
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    for place, row in enumerate(rows):
        assert row["attention"] == pytest.approx(sum(record.attention[place]) / 5)
        assert row["argument"] == pytest.approx(sum(record.argument[place]))
        assert row["vote"] == pytest.approx(sum(record.vote[place]))


def test_repeated_tokens_have_rows_of_their_own():
    rows = ledger_rows(record_of([1, 2, 3]), ["good", "good", "good"])
    assert [row["row"] for row in rows] == ["0:good (1)", "1:good (2)", "2:good (3)"]
    assert {row["token"] for row in rows} == {"good"}


def test_a_position_that_disagrees_is_marked_by_a_sign_and_by_a_shaded_row():
    record = record_of([4, -1, 0.1], attention=[0.5, 0.4, 0.1])
    rows = ledger_rows(record, ["x", "y", "z"])
    assert [row["disagrees"] for row in rows] == [False, True, False]
    assert [row["row"] for row in rows] == ["0:x", f"1:{MARK} y", "2:z"]
    drawn = charts.render(ledger(record, ["x", "y", "z"]).properties(width=400), "svg").decode()
    assert f">{MARK} y</text>" in drawn
    assert drawn.count('opacity="0.28"') == 1


def test_a_share_has_attention_s_colour_unless_it_went_to_one_who_disagrees():
    record = record_of([4, -1, 0.1], attention=[0.5, 0.4, 0.1])
    towards, against = CLASSES["light"][4], CLASSES["light"][2]
    drawn = ledger(record, ["x", "y", "z"], sides=(towards, against)).properties(width=400)
    drawn = charts.render(drawn, "svg").decode()
    colours = ATTENTION["light"], against, towards
    _shade, attention, argument, vote = drawn.split('aria-roledescription="rect mark container"')[
        1:
    ]
    assert [attention.count(f'fill="{color}"') for color in colours] == [2, 1, 0]
    for column in (argument, vote):
        assert [column.count(f'fill="{color}"') for color in colours] == [0, 1, 2]


def test_the_strongest_votes_of_a_long_text_are_drawn_in_its_order(long_record):
    rows = ledger_rows(long_record, names_of(503))
    votes = np.abs(long_record.position_vote)
    positions = [row["position"] - 1 for row in rows]
    assert len(rows) == 40
    assert positions == sorted(positions)
    assert votes[positions].min() >= np.delete(votes, positions).max()
    assert [row["position"] for row in rows if row["disagrees"]] == [8]
    assert len(ledger_rows(long_record, names_of(503), None)) == 503


def test_the_three_columns_share_the_token_axis_and_no_other():
    drawn = ledger(record_of([1, -2, 3]), ["x", "y", "z"]).to_dict()
    fields = [layer["encoding"]["x"].get("field") for layer in drawn["layer"]]
    assert fields == [None, "attention", "argument", "vote"]
    assert drawn["resolve"] == {"scale": {"x": "independent"}}
    assert {layer["encoding"]["y"]["field"] for layer in drawn["layer"]} == {"row"}
    ends = [layer["encoding"]["x"]["scale"]["range"] for layer in drawn["layer"][1:]]
    places = [float(end["expr"].removeprefix("width * ")) for pair in ends for end in pair]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, 1)


# The waterfall.


def assert_runs_from_bias_to_logit(rows, record):
    bias, *steps, logit = rows
    assert (bias["start"], bias["end"]) == (0, record.bias)
    assert (logit["start"], logit["end"]) == (0, record.logit)
    total = record.bias
    for step in steps:
        assert step["start"] == pytest.approx(total, abs=1e-9)
        total += step["value"]
        assert step["end"] == pytest.approx(total, abs=2e-5)
    assert steps[-1]["end"] == record.logit
    assert [row["ends"] for row in rows] == [True, *(False for _ in steps), True]


@pytest.mark.parametrize("count", [1, 2, 24, 25, 26, 61])
def test_the_running_totals_lead_from_the_bias_to_the_logit(count):
    record = record_of(np.random.default_rng(count).normal(size=count))
    rows = waterfall_rows(record, names_of(count))
    assert_runs_from_bias_to_logit(rows, record)
    others = [row for row in rows if row["others"]]
    assert len(others) == (count > 25)
    assert len(rows) == 2 + min(count, 25)


def test_the_votes_that_are_not_drawn_stand_in_one_bar_before_the_logit(long_record):
    rows = waterfall_rows(long_record, names_of(503), most=5)
    names = [row["name"] for row in rows]
    strongest = np.argsort(-np.abs(long_record.position_vote))[:5]
    assert names == ["bias", *(f"w{n}" for n in sorted(strongest)), "other positions: 498", "logit"]
    left = np.delete(long_record.position_vote, strongest).sum()
    assert rows[-2]["value"] == pytest.approx(left)
    assert_runs_from_bias_to_logit(rows, long_record)


def test_the_last_total_is_the_networks_logit_to_the_last_digit(classifier):
    for count in (1, 3, 17, 40):
        trace = classifier.trace("a good film, bad music; " * count)
        for label in trace.labels:
            rows = waterfall_rows(vote_ledger(classifier, trace, label), row_labels(trace))
            logit = float(trace.logits[trace.labels.index(label)])
            assert f"{rows[-2]['end']:.6f}" == f"{rows[-1]['end']:.6f}" == f"{logit:.6f}"


def test_a_token_called_bias_is_not_taken_for_the_bias():
    rows = waterfall_rows(record_of([1, 2]), ["bias", "logit"])
    assert [row["name"] for row in rows] == ["bias", "bias", "logit", "logit"]
    assert len({row["row"] for row in rows}) == 4
    assert [row["ends"] for row in rows] == [True, False, False, True]


def test_the_numbers_stand_beside_the_bars():
    record = record_of([1.5, -2.25], bias=0.125)
    drawn = waterfall(record, ["x", "y"]).properties(width=500)
    text = charts.render(drawn, "svg").decode()
    for number in ("+1.5000", "−2.2500", "0.1250", "1.6250", "−0.6250"):
        assert f">{number}</text>" in text
    assert text.count(">−0.6250</text>") == 2  # the last total, and the logit


def test_what_is_said_in_the_charts_is_translated():
    record, tokens = record_of(np.arange(30.0)), names_of(30)
    ledger_text = str(ledger(record, tokens, translate=str.upper).to_dict())
    for word in ("ATTENTION", "ARGUMENT", "VOTE", "TOKEN", "POSITION"):
        assert word in ledger_text
    rows = waterfall_rows(record, tokens, translate=lambda text: f"<{text}>")
    assert [rows[place]["name"] for place in (0, -2, -1)] == [
        "<bias>",
        "<other positions: 6>",
        "<logit>",
    ]
    drawn = str(waterfall(record, tokens, translate=lambda text: f"<{text}>").to_dict())
    for word in ("adds", "total", "Step", "Running total"):
        assert f"<{word}>" in drawn
