"""Tags on constructed columns, each with a case just on the other side; and their lift."""

from math import exp, inf, log, sqrt

import pyarrow as pa
import pytest
from pyarrow import parquet

from attnviz.charts.causes import lift_chart, lift_rows, number
from attnviz.colours import OTHERS, ink
from attnviz.inspection.lift import Lift, of_labels, tag_lifts, unmeasured
from attnviz.inspection.reading import MEASURES
from attnviz.runs import CAUSES, Filter, causes_of
from attnviz.runs.schema import EVIDENCE, LATER, later_schema, scores_schema
from tests.scored_runs import make_run, random_rows

USUAL = {"tokens": 11, "cut": 0, "votes_for": 3.0, "votes_against": 1.0, "margin": 0.5}
USUAL["negation_tested"] = True
CASES = {
    "cut": ({"cut": 1}, {"cut": 0}),
    "foreign": ({"foreign_share": 0.5}, {"foreign_share": 0.49}),
    "rare": ({"rare_row": 0}, {"rare_row": None}),
    "cancelled": (
        {"votes_for": 1.0, "votes_against": 0.61},
        {"votes_for": 1.0, "votes_against": 0.59},
    ),
    "flat": (
        {"attention_entropy": 0.91, "tokens": 5},
        {"attention_entropy": 0.89, "tokens": 5},
    ),
    "idle": ({"attention_idle": 0.61, "tokens": 5}, {"attention_idle": 0.61, "tokens": 4}),
    "negation": (
        {"negation_row": 3, "negation_tested": True},
        {"negation_row": None, "negation_tested": True},
    ),
    "outvoted": ({"outvoted_row": 0}, {"outvoted_row": None}),
    "single": (
        {"decisive_row": 2, "strongest_share": 0.21},
        {"decisive_row": 2, "strongest_share": 0.19},
    ),
    "close": ({"margin": 0.099}, {"margin": 0.101}),
    "duplicate": ({"duplicate_of": 0}, {"duplicate_of": None}),
    "phrase": ({"phrase": "won me over"}, {"phrase": None}),
    "suspect": (
        {"suspect": True, "label_quality": 0.069},
        {"suspect": True, "label_quality": 0.071},
    ),
}
"""Tag → columns that have it, columns that do not."""
MORE = {
    "cancelled": [
        {"votes_for": 0.9, "votes_against": 0.9},
        {"votes_for": 1.0, "votes_against": 1.7},
    ],
    "flat": [{"attention_entropy": 1.0, "tokens": 4}, {"attention_entropy": None}],
    "idle": [{"attention_idle": 0.59, "tokens": 5}],
    "suspect": [{"suspect": False, "label_quality": 0.0}],
    "single": [
        {"decisive_row": None, "strongest_share": 0.9},
        {"decisive_row": 0, "strongest_share": 1.0, "tokens": 1},
    ],
}
"""Further columns that do not have the tag."""


def run_of(folder, classifier, columns, outcomes=None):
    """A run whose scores are these columns; `outcomes` says which texts are right."""
    labels, context = classifier.labels, classifier.network.head.in_features
    outcomes = outcomes or [True] * len(columns)
    truths = [labels[0] if right else labels[1] for right in outcomes]
    run = make_run(folder, classifier, [("a text", truth, "web") for truth in truths])
    schemas = {"scores": scores_schema(len(labels), context), "later": later_schema()}
    tables = {}
    for name, schema in schemas.items():
        rows = [{"row": row, "prediction": 0} | USUAL | c for row, c in enumerate(columns)]
        known = [{n: row.get(n) for n in schema.names} for row in rows]
        tables[name] = pa.Table.from_pylist(known, schema=schema)
    run.write_part(0, tables["scores"])
    run.write_later(tables["later"])
    return run


def test_every_tag_has_a_case_and_every_column_a_measure():
    assert set(CASES) == set(causes_of("text"))  # those of samples: test_sample_runs.py
    inputs = {name: measure.inputs for name, measure in MEASURES.items()}
    assert inputs == {
        **dict.fromkeys(("lengths", "votes", "entropy", "outvoted"), ()),
        **dict.fromkeys(("idle", "rare"), ("text",)),
        **dict.fromkeys(("missing", "range"), ("series",)),
    }


@pytest.mark.parametrize("tag", causes_of("text"))
def test_a_tag_stands_on_one_side_of_its_threshold(tmp_path, classifier, tag):
    has, has_not = CASES[tag]
    columns = [has, has_not, *MORE.get(tag, [])]
    run = run_of(tmp_path / "run", classifier, columns, [False] * len(columns))
    tagged = [tag in tags for tags in run.page()["tags"]]
    assert tagged == [True] + [False] * (len(tagged) - 1)


@pytest.mark.parametrize("tag", [tag for tag, cause in CAUSES.items() if cause.at_mistakes])
def test_what_is_no_error_at_a_correct_text_is_no_tag_there_but_counts_for_the_lift(
    tmp_path, classifier, tag
):
    outcomes = [False] * 7 + [True] * 5
    run = run_of(tmp_path / "run", classifier, [CASES[tag][0]] * 12, outcomes)
    assert [tag in tags for tags in run.page()["tags"]] == [True] * 7 + [False] * 5
    assert run.count(Filter(tags=(tag,))) == 7
    lift = next(lift for lift in tag_lifts(run) if lift.tag == tag)
    assert (lift.wrong, lift.right) == (7, 5)


@pytest.mark.parametrize("missing", ["scores", "later"])
def test_a_run_of_an_older_version_opens_and_says_which_tags_it_lacks(
    tmp_path, classifier, missing
):
    """Its files have no column of the new measures, and those of measures that are gone."""
    run = run_of(tmp_path / "run", classifier, [{"margin": 0.05}], [False])
    new = {"scores": ["outvoted_row"], "later": ["phrase", "negation_tested", "negation_row"]}
    path = run.part_path(0) if missing == "scores" else run.later_path
    table = parquet.read_table(path).drop_columns(new[missing])
    parquet.write_table(table.append_column("forgotten_row", pa.nulls(1, pa.int32())), path)
    assert run.page()["tags"][0].tolist() == ["close"]
    assert unmeasured(run) == ["outvoted"] * (missing == "scores")
    assert ("outvoted" in {lift.tag for lift in tag_lifts(run)}) == (missing == "later")
    assert run.compared == (missing == "scores")  # what needs the whole file is computed anew


@pytest.mark.parametrize("tag", CAUSES)
def test_the_evidence_of_a_tag_is_a_column_and_a_question_of_the_page(tag):
    from attnviz.ui.components.questions import QUESTIONS

    cause = CAUSES[tag]
    assert cause.row is None or (EVIDENCE | LATER)[cause.row] == "int32"
    assert cause.question is None or cause.question in QUESTIONS
    assert cause.needs_truth == any(column in cause.condition for column in LATER)
    assert cause.evidence


def test_a_text_without_evidence_has_no_tag(tmp_path, classifier):
    nothing = dict.fromkeys([*USUAL, "prediction"])
    assert run_of(tmp_path / "run", classifier, [nothing]).page()["tags"][0].tolist() == []


# Lift


@pytest.fixture
def tagged_run(tmp_path, classifier):
    """20 mistakes, 7 of them close; 50 correct texts, 2 of them close and 6 cut; one flat each."""
    close, cut, flat = CASES["close"][0], CASES["cut"][0], CASES["flat"][0]
    wrong = [close] * 7 + [flat] + [{}] * 12
    right = [close] * 2 + [cut] * 6 + [flat] + [{}] * 41
    outcomes = [False] * 20 + [True] * 50
    return run_of(tmp_path / "run", classifier, wrong + right, outcomes)


def test_lifts_are_shares_among_mistakes_over_shares_among_the_rest(tagged_run):
    found = {lift.tag: lift for lift in tag_lifts(tagged_run)}
    close = found["close"]
    assert (close.wrong, close.wrong_texts, close.right, close.right_texts) == (7, 20, 2, 50)
    assert close.lift == pytest.approx((7 / 20) / (2 / 50))
    assert close.excess == pytest.approx(7 - 20 * 2 / 50)
    middle = log(7.5 / 20.5) - log(2.5 / 50.5)
    reach = 1.96 * sqrt(1 / 7.5 - 1 / 20.5 + 1 / 2.5 - 1 / 50.5)
    assert close.interval == pytest.approx((exp(middle - reach), exp(middle + reach)))
    assert close.systematic
    assert (found["cut"].lift, found["cut"].interval[0]) == (0, 0)
    assert found["rare"].lift is found["rare"].interval is None


def test_the_systematic_cause_stands_first_and_few_mistakes_do_not_impress(tagged_run):
    order = [lift.tag for lift in tag_lifts(tagged_run)]
    assert order[0] == "close"
    assert [tag for tag in order if CAUSES[tag].labelled] == order[-3:]
    lucky = Lift("rare", 4, 0, 10, 10_000, 4, 10_010)
    assert lucky.lift == inf
    assert lucky.interval[0] > 100
    assert not lucky.systematic
    assert Lift("rare", 5, 0, 10, 10_000, 5, 10_010).systematic


def test_labels_and_phrases_that_are_surely_commoner_come_before_causes_that_are_not(
    tmp_path, classifier
):
    """The phrase: at 6 of 10 mistakes and 1 of 40 correct texts; close: at one mistake."""
    phrase, close = CASES["phrase"][0], CASES["close"][0]
    columns = [phrase] * 6 + [close] + [{}] * 3 + [phrase] + [{}] * 39
    lifts = tag_lifts(run_of(tmp_path / "run", classifier, columns, [False] * 10 + [True] * 40))
    assert [lift.tag for lift in lifts[:2]] == ["phrase", "close"]
    assert of_labels(lifts) == "Recurring phrase 24 ×"


def test_lifts_of_a_filter_are_of_its_texts_with_both_outcomes(tagged_run):
    found = tag_lifts(tagged_run, Filter(outcome="wrong", rows=tuple(range(3, 25))))
    close = next(lift for lift in found if lift.tag == "close")
    assert (close.wrong, close.wrong_texts, close.right, close.right_texts) == (4, 17, 2, 5)


def test_without_labels_tags_are_counted(tagged_run):
    tagged_run.change(label_column=None, label_map={})
    found = tag_lifts(tagged_run)
    assert {lift.tag for lift in found} == {
        t for t, cause in causes_of("text").items() if not cause.needs_truth
    }
    assert [(lift.tag, lift.count) for lift in found[:3]] == [("close", 9), ("cut", 6), ("flat", 2)]
    assert {lift.texts for lift in found} == {70}
    assert all(lift.lift is None and lift.excess == 0 for lift in found)


def test_a_run_without_scores_has_no_lift(tmp_path, classifier):
    run = make_run(tmp_path / "new", classifier, random_rows(7, classifier.labels))
    assert {(lift.lift, lift.count, lift.texts) for lift in tag_lifts(run)} == {(None, 0, 0)}


def test_what_adds_most_mistakes_surely_stands_first(tagged_run):
    """40 of 100 mistakes against 40 of 200 correct texts outweigh 12 against none."""
    many, few = Lift("close", 40, 40, 100, 200, 80, 300), Lift("rare", 12, 0, 100, 200, 12, 300)
    assert few.lift == inf
    assert many.sure == pytest.approx(40 * (1 - 1 / many.interval[0]))
    assert many.sure > few.sure > 0
    assert Lift("rare", 3, 9, 100, 200, 12, 300).sure == 0


def test_a_lift_of_0_or_without_end_is_an_arrow_and_not_a_number(tagged_run):
    never, always = Lift("cut", 0, 6, 20, 50, 6, 70), Lift("rare", 7, 0, 20, 50, 7, 70)
    rows = lift_rows([never, always, Lift("close", 7, 2, 20, 50, 9, 70)], ["a", "b", "c"])
    assert [row["shape"] for row in rows] == ["triangle-left", "triangle-right", "circle"]
    assert [row["sign"] for row in rows] == ["0", "∞", ""]
    assert rows[0]["drawn"] < min(always.interval[0], rows[2]["left_end"], 0.25)
    assert rows[1]["drawn"] > max(never.interval[1], rows[2]["right_end"], 4)


def test_what_is_surely_above_1_is_filled_and_all_else_hollow_and_grey(tagged_run):
    surely, unsure = Lift("close", 40, 2, 50, 50, 42, 100), Lift("cut", 3, 2, 50, 50, 5, 100)
    assert (surely.systematic, unsure.systematic) == (True, False)
    filled, hollow = lift_rows([surely, unsure], ["a", "b"])
    assert filled["color"] == filled["fill"] == ink("ink")
    assert (hollow["color"], hollow["fill"]) == (OTHERS["light"], ink("page"))


def test_the_chart_draws_what_has_a_lift_inside_its_edges(tagged_run):
    lifts = tag_lifts(tagged_run)
    rows = lift_rows(lifts, [lift.tag for lift in lifts])
    assert [row["title"] for row in rows] == [x.tag for x in lifts if x.lift is not None]
    assert rows[0]["drawn"] == pytest.approx(8.75)
    assert all(row["left_end"] <= row["drawn"] <= row["right_end"] for row in rows)
    drawn = lift_chart(lifts, [lift.tag for lift in lifts]).to_dict()
    low, high = drawn["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert all(low <= row["left_end"] <= row["right_end"] <= high for row in rows)
    assert lift_chart([], []) is None
    assert [number(x) for x in (0, 0.414, 3.84, 16.2, inf)] == ["0", "0.41", "3.8", "16", "∞"]


def test_labels_in_doubt_do_not_lead_the_worst_and_have_an_order_of_their_own(tmp_path, classifier):
    """Row 0, in doubt, has the least probability of its class; rows 1 and 2 follow."""
    doubt = CASES["suspect"][0]
    logits = [[5.0, 0.0, 0.0], [4.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    columns = [
        {"logits": values, "lse": log(exp(values[0]) + 2)} | (doubt if row == 0 else {})
        for row, values in enumerate(logits)
    ]
    run = run_of(tmp_path / "run", classifier, columns, [False] * 3)
    assert run.page(sort="loss")["row"].tolist() == [1, 2, 0]
    assert run.page(sort="doubt")["row"].tolist() == [0, 1, 2]
