"""Every equation says what the network computed, for every cell, attention and order."""

import math
import re
from itertools import product

import numpy as np
import pytest
import torch

from attnviz.attention import ATTENTIONS, CHANNEL_ATTENTIONS
from attnviz.classifier import Classifier
from attnviz.configuration import ORDERS
from attnviz.evidence.formulas import FUNCTIONS, Formula, number, text
from attnviz.explain.formulas import STAGE_FORMULAS, formulas
from attnviz.explain.formulas.cells import CELL_FORMULAS
from attnviz.explain.formulas.convolution import CHANNEL_FORMULAS
from attnviz.explain.formulas.weighing import ATTENTION_FORMULAS
from attnviz.modeling import STAGES
from attnviz.recurrent import RECURRENTS
from tests.networks import NETWORKS
from tests.shipped_models import text_models

TEXT = "Wonderful music, and a bad, bad film!"
CHOICES = {"unit": 4, "layer": 1, "direction": 1, "kernel_size": 3, "filter": 5, "head": 1}
ASK_WITH_THE_LAST_STATE = {"dot", "scaled_dot", "general", "last"}
COMBINATIONS = [
    {"order": order, "recurrent": cell, "attention": attention, "channel_attention": channels}
    for (order, attention, channels) in product(ORDERS, ATTENTIONS, CHANNEL_ATTENTIONS)
    for cell in (RECURRENTS if "recurrent" in ORDERS[order] else ["none"])
    if attention not in ASK_WITH_THE_LAST_STATE or ORDERS[order][-1] == "recurrent"
    if channels == "none" or "convolutions" in ORDERS[order]
]


def opened(build_network, tokenizer, **changes):
    classifier = Classifier(build_network(**changes), tokenizer)
    return classifier, classifier.trace(TEXT)


def by_key(*arguments, **chosen) -> dict[str, Formula]:
    return {formula.key: formula for formula in formulas(*arguments, **chosen)}


# The contract


@pytest.mark.parametrize(
    ("rows", "kinds"),
    [
        (STAGE_FORMULAS, STAGES),
        (CHANNEL_FORMULAS, CHANNEL_ATTENTIONS),
        (CELL_FORMULAS, RECURRENTS),
        (ATTENTION_FORMULAS, ATTENTIONS),
    ],
)
def test_every_kind_has_its_equations(rows, kinds):
    assert set(rows) == set(kinds)


@pytest.mark.parametrize("name", NETWORKS)
def test_data_flows_through_the_steps_in_the_order_of_the_network(build_network, tokenizer, name):
    classifier, trace = opened(build_network, tokenizer, **NETWORKS[name])
    found = [formula.step for formula in formulas(classifier, trace, 2, 1)]
    expected = ["embedding"]
    for stage in classifier.network.config.stages:
        expected += ["convolution"] if stage == "convolutions" else ["recurrent"]
        if stage == "convolutions" and trace.channel_attention is not None:
            expected += ["channel_attention"]
    expected += ["self_attention"] if trace.self_attention is not None else []
    assert list(dict.fromkeys(found)) == [*expected, "attention", "head"]


# The laws


def assert_true(classifier, trace, row, label, **chosen) -> None:
    """Each right side gives its result, and each result is the network's own number."""
    found = formulas(classifier, trace, row, label, **chosen)
    assert len({formula.key for formula in found}) == len(found)
    for formula in found:
        assert formula.value == pytest.approx(formula.result, abs=1e-5, rel=1e-5), formula.key
        assert printed(formula.numeric) == pytest.approx(
            formula.result, rel=6e-3, abs=5e-4 * max(1, *map(abs, formula.inputs.values()))
        ), formula.numeric
    for key, expected in traced(trace, row, label, **chosen).items():
        result = next(formula.result for formula in found if formula.key == key)
        assert result == pytest.approx(float(expected), abs=1e-5, rel=1e-5), key


def traced(trace, row, label, *, unit=0, layer=0, direction=0, kernel_size=None, filter=0, head=0):
    """Key of a formula → the number that the trace holds for it."""
    found = {
        "vote": trace.votes[row, label],
        "logit": trace.logits[label],
        "probability": trace.probabilities[label],
        "attention/weight": trace.attention[row, min(head, trace.attention.shape[1] - 1)],
    }
    if trace.tags is not None:  # what the position says alone, before the chain
        shares = np.exp(trace.logits.astype(float) - trace.logits.max())
        found["probability"] = (shares / shares.sum())[label]
        del found["attention/weight"]
    for family in ("gates", "states"):
        for name, values in getattr(trace, family).items():
            layers, directions = values.shape[1:3]
            place = (row, min(layer, layers - 1), min(direction, directions - 1), unit)
            found[f"{family}/{name}"] = values[place]
    if trace.feature_maps:
        size = kernel_size or next(iter(trace.feature_maps))
        found["feature_map"] = trace.feature_maps[size][row, filter]
    if trace.channel_attention is not None:
        weight = trace.channel_weights[size][filter]
        found |= {"channel/weight": weight, "channel/weighed": weight * found["feature_map"]}
        found["channel/mean"] = trace.feature_maps[size][:, filter].mean()
    return found


@pytest.mark.parametrize("changes", COMBINATIONS, ids=lambda changes: "-".join(changes.values()))
def test_each_equation_gives_the_number_of_the_network(build_network, tokenizer, changes):
    classifier, trace = opened(build_network, tokenizer, num_hidden_layers=1, **changes)
    for row in (0, 4, len(trace.tokens) - 1):
        assert_true(classifier, trace, row, 2, unit=7, direction=1, kernel_size=5, filter=5)
        assert_true(classifier, trace, row, 0, unit=3, direction=0, kernel_size=3, filter=11)


@pytest.mark.parametrize("name", NETWORKS)
def test_each_equation_holds_in_every_layer_direction_and_head(build_network, tokenizer, name):
    classifier, trace = opened(build_network, tokenizer, temperature=1.7, **NETWORKS[name])
    for layer, direction, head in product(range(2), range(2), range(trace.attention.shape[1])):
        assert_true(
            classifier, trace, 3, 1, unit=10, layer=layer, direction=direction, filter=2, head=head
        )


@pytest.mark.parametrize("folder", text_models(), ids=lambda folder: folder.name)
def test_each_equation_holds_on_the_shipped_models(folder):
    classifier = Classifier.from_pretrained(folder)
    trace = classifier.trace("A film that is not bad at all, 不错！")
    for row in (0, 5):
        assert_true(classifier, trace, row, 1, unit=29, direction=row % 2, filter=17)


@pytest.mark.parametrize("name", [*NETWORKS, "additive"])
def test_scores_are_those_whose_softmax_is_the_attention(build_network, tokenizer, name):
    classifier, trace = opened(build_network, tokenizer, **NETWORKS.get(name, {}))
    head = trace.attention.shape[1] - 1
    rows = range(len(trace.tokens))
    found = [by_key(classifier, trace, row, 0, head=head) for row in rows]
    if "attention/score" not in found[0]:
        assert classifier.network.config.attention in ("last", "mean", "max", "uniform")
        return
    powers = np.exp([formulas["attention/score"].result for formulas in found])
    np.testing.assert_allclose(powers / powers.sum(), trace.attention[:, head], atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_context_is_what_the_head_reads(build_network, tokenizer, name):
    classifier, trace = opened(build_network, tokenizer, **NETWORKS[name])
    read = []
    hook = classifier.network.head.register_forward_hook(lambda _, given, __: read.append(given[0]))
    classifier.trace(TEXT)
    hook.remove()
    for head in range(trace.attention.shape[1]):
        formula = by_key(classifier, trace, 2, 0, unit=4, filter=9, head=head)["context"]
        place = int(re.fullmatch(r"\\bar\{v\}_\{(\d+)\}", formula.left)[1])
        assert formula.result == pytest.approx(float(read[0][0, place]), abs=1e-5, rel=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("direction", [0, 1])
def test_a_gate_sums_a_part_of_the_input_a_part_of_the_past_and_a_bias(
    build_network, tokenizer, kind, direction
):
    classifier, trace = opened(
        build_network, tokenizer, recurrent=kind, order="lstm", num_hidden_layers=1
    )
    cell = classifier.network.recurrent.layers[0][direction]
    gate, row_of_gate = {"lstm": ("forget", 11), "gru": ("update", 11)}[kind]  # the second of both
    row, unit = 3, 6
    before = trace.states["hidden"][row - 1 if direction == 0 else row + 1, 0, direction]
    parameters = {name: values.tolist() for name, values in cell.state_dict().items()}
    number = row_of_gate + unit
    expected = {
        "input_part": plain_dot(parameters["weight_ih_l0"][number], trace.embeddings[row]),
        "state_part": plain_dot(parameters["weight_hh_l0"][number], before),
        "bias": parameters["bias_ih_l0"][number] + parameters["bias_hh_l0"][number],
    }
    found = by_key(classifier, trace, row, 0, unit=unit, direction=direction)[f"gates/{gate}"]
    assert found.inputs == pytest.approx(expected, abs=1e-6)


def plain_dot(weights, values) -> float:
    return sum(float(weight) * float(value) for weight, value in zip(weights, values, strict=True))


def test_each_neighbour_adds_its_own_part_to_a_filter(build_network, tokenizer):
    classifier, trace = opened(build_network, tokenizer)
    weight = classifier.network.convolutions.by_size["5"].weight[3].tolist()  # (I, 5)
    found = by_key(classifier, trace, 1, 0, kernel_size=5, filter=3)["feature_map"]
    expected = {
        f"part_{row}": plain_dot([line[row + 1] for line in weight], trace.embeddings[row])
        for row in range(4)  # the window of token 1 begins one token before the text
    }
    bias = classifier.network.convolutions.by_size["5"].bias[3].item()
    assert found.inputs == pytest.approx({"bias": bias} | expected, abs=1e-6)
    assert found.labels["part_1"] == text(trace.surfaces[1])


def test_only_a_candidate_of_the_gru_departs_from_where_its_equations_stand(
    build_network, tokenizer
):
    for kind in RECURRENTS:
        classifier, trace = opened(build_network, tokenizer, recurrent=kind)
        steps = [each for each in formulas(classifier, trace, 2, 0) if each.step == "recurrent"]
        departing = {each.key for each in steps if each.source != CELL_FORMULAS[kind][0]}
        assert departing == ({"states/new"} if kind == "gru" else set())


@pytest.mark.parametrize("attention", ["dot", "scaled_dot", "general", "multi_head"])
def test_a_query_and_the_context_have_letters_of_their_own(build_network, tokenizer, attention):
    classifier, trace = opened(build_network, tokenizer, attention=attention)
    found = by_key(classifier, trace, 2, 0)
    asking = [
        each.symbolic for each in found.values() if "q" in re.findall("[a-z]+", each.symbolic)
    ]
    assert asking
    assert found["context"].symbolic not in asking


def test_only_a_peephole_cell_looks_at_the_cell_state(build_network, tokenizer):
    for kind in RECURRENTS:
        classifier, trace = opened(build_network, tokenizer, recurrent=kind)
        found = by_key(classifier, trace, 2, 0)
        seen = {key for key, formula in found.items() if "peephole_part" in formula.inputs}
        gates = {"gates/input", "gates/forget", "gates/output"}
        assert seen == (gates if kind == "peephole_lstm" else set())


def test_matrices_come_with_their_frobenius_norm(build_network, tokenizer):
    classifier, trace = opened(build_network, tokenizer)
    found = by_key(classifier, trace, 2, 0, layer=1)["gates/input"]
    assert {name: values.shape for name, values in found.matrices.items()} == {
        "W_i": (11, 22),
        "U_i": (11, 11),
    }
    rows = found.matrices["U_i"].tolist()
    squares = sum(weight**2 for row in rows for weight in row)
    assert found.norms["U_i"] == pytest.approx(math.sqrt(squares))


# What was chosen shows


@pytest.mark.parametrize(
    ("changed", "keys"),
    [
        ({"row": 5}, {"embedding", "feature_map", "gates/input", "attention/weight", "vote"}),
        ({"label": 2}, {"vote", "logit", "probability"}),
        ({"unit": 6}, {"embedding", "gates/input", "states/cell", "context"}),
        ({"layer": 0}, {"gates/forget", "states/hidden"}),
        ({"direction": 0}, {"gates/output", "context"}),
        ({"filter": 6}, {"feature_map"}),
        ({"kernel_size": 1}, {"feature_map"}),
        ({"head": 0}, {"attention/score", "attention/weight", "context"}),
    ],
)
def test_numbers_change_with_what_is_chosen_and_only_those(build_network, tokenizer, changed, keys):
    classifier, trace = opened(build_network, tokenizer, num_attention_heads=2)
    chosen = {"row": 2, "label": 1} | CHOICES
    before, after = (by_key(classifier, trace, **choice) for choice in (chosen, chosen | changed))
    moved = {key for key in before if before[key].numeric != after[key].numeric}
    assert keys <= moved
    unmoved = {"label": "gates/input", "unit": "logit", "filter": "gates/input", "head": "vote"}
    for name in unmoved.keys() & changed.keys():
        assert unmoved[name] not in moved


def test_what_the_network_does_not_have_falls_back_to_the_last(build_network, tokenizer):
    classifier, trace = opened(build_network, tokenizer)
    far = by_key(
        classifier, trace, 2, 1, unit=99, layer=9, direction=9, kernel_size=9, filter=99, head=9
    )
    last = by_key(
        classifier, trace, 2, 1, unit=10, layer=1, direction=1, kernel_size=1, filter=12, head=0
    )
    assert {key: f.numeric for key, f in far.items()} == {k: f.numeric for k, f in last.items()}


@pytest.mark.parametrize(("row", "label"), [(99, 0), (-1, 0), (0, 3), (0, -1)])
def test_a_token_or_class_that_does_not_exist_is_refused(classifier, trace, row, label):
    with pytest.raises(IndexError, match=r"none has number"):
        formulas(classifier, trace, row, label)


# What is printed


def test_printed_numbers_are_the_rounded_inputs(build_network, tokenizer):
    classifier, trace = opened(build_network, tokenizer, attention="multi_head")
    for formula in formulas(classifier, trace, 2, 1, **CHOICES):
        allowed = [*formula.inputs.values(), formula.result, 0, 1]
        right = formula.numeric.split("&=", 1)[1]
        for found in re.findall(r"\d+(?:\.\d+)?(?:\\times10\^\{-?\d+\})?", without_labels(right)):
            value = abs(eval_printed(found))
            assert any(
                math.isclose(value, abs(each), rel_tol=5.1e-3, abs_tol=5.1e-5) for each in allowed
            ), (found, formula.numeric)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (19.0, "19"),
        (-0.123456, "-0.1235"),
        (0.00001203, r"1.20\times10^{-5}"),
        (-123456.5, r"-1.23\times10^{5}"),
    ],
)
def test_numbers_are_written_so_that_they_say_something(value, written):
    assert number(value) == written


def test_nothing_in_a_token_is_a_command():
    assert text(r"\a{b}$") == (
        r"\text{\textbackslash{}a\textbraceleft{}b\textbraceright{}\textdollar{}}"
    )
    assert text("50%_#&") == r"\text{50\%\_\#\&}"
    assert text("电影") == r"\text{电影}"
    assert text(" \n\n ") == text("\u200b\u202e\x00") == r"\text{␣}"
    assert text("\u0301") == r"\text{◌}"  # KaTeX refuses an accent without a letter
    assert text("e\u0301") == r"\text{é}"
    assert text("∑x") == r"\text{◌x}"  # as a command of mathematics, even here
    assert text("x" * 40) == r"\text{" + "x" * 15 + "…}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_computed_as_it_is_written(name):
    names = ["one", "other"] if name == "equal" else ["one"]
    formula = Formula("", "", "", "", "", "y", f"{name}({', '.join(names)})",
                      {"one": 0.75, "other": 0.75}, 0.0)  # fmt: skip
    assert printed(formula.numeric) == pytest.approx(formula.value)


def test_a_strongly_negative_activation_does_not_overflow():
    formula = Formula("", "", "", "", "", "y", "sigmoid(a)", {"a": -9_999.0}, 0.0)
    assert formula.value == 0


# A reader of LaTeX that knows nothing of how it was written.


def printed(latex: str) -> float:
    """The value of the right side of a numeric equation, from the digits on the page."""
    right = latex.split("&=", 1)[1].rsplit(r"\\ &=", 1)[0]
    return eval_printed(without_labels(right))


def without_labels(latex: str) -> str:
    """`\\underbrace{a}_{b}` → `a`."""
    while (start := latex.find(r"\underbrace{")) >= 0:
        inner, end = group(latex, start + len(r"\underbrace"))
        _, last = group(latex, end + 1)
        latex = latex[:start] + inner + latex[last:]
    return latex


def group(latex: str, start: int) -> tuple[str, int]:
    """What stands between the brace at `start` and its partner, and where that ends."""
    assert latex[start] == "{", latex[start:]
    depth = 0
    for place in range(start, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[place], 0)
        if depth == 0:
            return latex[start + 1 : place], place + 1
    raise AssertionError(f"unbalanced: {latex}")


def eval_printed(latex: str) -> float:
    for command, call in ((r"\sqrt", "sqrt"), ("e^", "exp")):
        while (start := latex.find(command + "{")) >= 0:
            inner, end = group(latex, start + len(command))
            latex = f"{latex[:start]} {call}({inner}) {latex[end:]}"
    while (start := latex.rfind(r"\frac{")) >= 0:  # the innermost of nested ones comes last
        above, end = group(latex, start + len(r"\frac"))
        below, last = group(latex, end)
        latex = f"{latex[:start]} (({above}) / ({below})) {latex[last:]}"
    latex = re.sub(r"\\times10\^\{(-?\d+)\}", r"e\1", latex)
    latex = re.sub(r"\\left\[(.*?) = (.*?)\\right\]", r"float((\1) == (\2))", latex)
    for before, after in (
        (r"\begin{gathered}", ""),
        (r"\end{gathered}", ""),
        (r"\\", ""),
        (r"\sigma\left(", "sigmoid("),
        (r"\tanh\left(", "tanh("),
        (r"\max\left(", "max("),
        (r"\left", ""),
        (r"\right", ""),
        (r"\cdot", "*"),
        ("\\ ", " "),
    ):
        latex = latex.replace(before, after)
    assert "\\" not in latex, latex
    names = {"sigmoid": lambda x: float(torch.sigmoid(torch.tensor(x, dtype=torch.double)))}
    names |= {"tanh": math.tanh, "exp": math.exp, "sqrt": math.sqrt, "max": max, "float": float}
    return float(eval(latex.strip(), {"__builtins__": {}}, names))
