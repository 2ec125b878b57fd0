"""Equations of what follows the attention: context, vote, logit, probability."""

from dataclasses import dataclass, replace

import numpy as np

from attnviz.errors import N_
from attnviz.evidence.formulas import Formula, text
from attnviz.explain.formulas.place import Place, array, exact, products, weighed_symbol

TEMPERATURE = "τ: Guo et al. 2017, eq. 9"  # the votes themselves are the head's own sum


def head(place: Place) -> list[Formula]:
    """From the weighed states to the probability of the chosen class, or to the coming value."""
    answer = ANSWER_FORMULAS[place.config.task]
    return [_context(place), _vote(place), _logit(place), answer(place)]


@dataclass(frozen=True)
class Unit:
    """What the head's numbers are brought to: of a class by τ, of a forecast by its channel's σ.

    `latex` stands before a sum and `of_bias` is the bias by it; `apply` does it to an expression.
    """

    latex: str
    of_bias: str
    name: str
    value: float
    label: str
    source: str

    def apply(self, expression: str) -> str:
        return f"{expression} {'/' if self.name == 'temperature' else '*'} {self.name}"


def _unit(place: Place) -> Unit:
    if place.config.task == "forecast":
        value = float(place.classifier.network.unit[place.label])
        sigma = r"\sigma"
        return Unit(r"\sigma\,", r"\sigma\, b_c", "scale", value, sigma, "LeCun et al. 2012, §4.3")
    value = float(place.config.temperature)
    return Unit(r"\frac{1}{\tau}", r"\frac{b_c}{\tau}", "temperature", value, r"\tau", TEMPERATURE)


def _vote(place: Place) -> Formula:
    values, weights = (found[place.row] for found in place.attended)  # (A, V), (A, U)
    matrix = place.classifier.network.head.weight
    rows = exact(matrix)[place.label].reshape(values.shape)  # (A, V)
    symbol = weighed_symbol(place.config, place.trace)
    if weights.shape == values.shape:  # each unit has a weight of its own
        sides = rows.ravel(), (weights * values).ravel(), rf"\alpha {symbol}_{{%s}}"
        symbolic = rf"\sum_n w_{{c,n}}\, \alpha_{{t,n}} {symbol}_{{t,n}}"
    else:
        arguments = (rows * values).sum(axis=1)  # (A,)
        sides = weights[:, 0], arguments, rf"w \cdot {symbol}"
        symbolic = rf"\alpha_t\, (w_c \cdot {symbol}_t)"
        if len(arguments) > 1:
            sides = *sides[:2], rf"w_{{%s}} \cdot {symbol}"
            symbolic = rf"\sum_a \alpha_{{t,a}}\, (w_{{c,a}} \cdot {symbol}_{{t,a}})"
    expression, inputs, labels = products(*sides)
    unit = _unit(place)
    return Formula(
        key="vote",
        step="head",
        title=N_("Vote"),
        source=unit.source,
        symbolic=rf"\mathrm{{vote}}_{{t,c}} = {unit.latex} {symbolic}",
        left=rf"\mathrm{{vote}}_{{{place.t},{_label(place)}}}",
        expression=unit.apply(f"({expression})"),
        inputs=inputs | {unit.name: unit.value},
        result=float(place.trace.votes[place.row, place.label]),
        labels=labels | {unit.name: unit.label},
        matrices={"w": array(matrix)},
    )


def _context(place: Place) -> Formula:
    values, weights = place.attended
    size = values.shape[2]
    unit = place.state_unit % size
    value = values[:, place.head, unit]  # (T,)
    weight = weights[:, place.head, unit if weights.shape[2] > 1 else 0]  # (T,)
    shares, symbol = value * weight, weighed_symbol(place.config, place.trace)
    return Formula(
        key="context",
        step="head",
        title=N_("Context vector"),
        source="Bahdanau et al. 2015, eq. 5",
        symbolic=rf"\bar{{v}} = \sum_t \alpha_t\, {symbol}_t",
        left=rf"\bar{{v}}_{{{place.head * size + unit}}}",
        expression="weight * value + rest",
        inputs={
            "weight": float(weight[place.row]),
            "value": float(value[place.row]),
            "rest": float(shares.sum() - shares[place.row]),
        },
        result=float(shares.sum()),
        labels={
            "weight": rf"\alpha_{{{place.t}}}",
            "value": rf"{symbol}_{{{place.t}}}",
            "rest": r"\ldots",
        },
    )


def _logit(place: Place) -> Formula:
    votes, unit = place.trace.votes[:, place.label].astype(np.float64), _unit(place)
    return Formula(
        key="logit",
        step="head",
        title=N_("Logit"),
        source=unit.source,
        symbolic=rf"\mathrm{{logit}}_c = {unit.of_bias} + \sum_t \mathrm{{vote}}_{{t,c}}",
        left=rf"\mathrm{{logit}}_{{{_label(place)}}}",
        expression=f"{unit.apply('bias')} + vote + rest",
        inputs={
            "bias": float(exact(place.classifier.network.head.bias)[place.label]),
            unit.name: unit.value,
            "vote": float(votes[place.row]),
            "rest": float(votes.sum() - votes[place.row]),
        },
        result=float(place.trace.logits[place.label]),
        labels={
            "bias": "b",
            unit.name: unit.label,
            "vote": rf"\mathrm{{vote}}_{{{place.t}}}",
            "rest": r"\ldots",
        },
    )


def _probability(place: Place) -> Formula:
    logits = place.trace.logits.astype(np.float64)
    return Formula(
        key="probability",
        step="head",
        title=N_("Probability"),
        source="Bridle 1990",
        symbolic=r"p_c = \frac{e^{\mathrm{logit}_c - \max}}"
        r"{\sum_k e^{\mathrm{logit}_k - \max}}",
        left=rf"p_{{{_label(place)}}}",
        expression="exp(logit - largest) / denominator",
        inputs={
            "logit": float(logits[place.label]),
            "largest": float(logits.max()),
            "denominator": float(np.exp(logits - logits.max()).sum()),
        },
        result=float(place.trace.probabilities[place.label]),
        labels={"denominator": r"\sum"},
    )


def _forecast(place: Place) -> Formula:
    """The coming value: what it is measured from, and the logit."""
    return Formula(
        key="forecast",
        step="head",
        title=N_("Coming value"),
        source="Kim et al. 2022, §3",
        symbolic=r"y_c = \mu + \mathrm{logit}_c",
        left=rf"y_{{{_label(place)}}}",
        expression="level + logit",
        inputs={
            "level": float(place.trace.level[place.label]),
            "logit": float(place.trace.logits[place.label]),
        },
        result=float(place.trace.forecast[place.label]),
        labels={"level": r"\mu"},
    )


def _label(place: Place) -> str:
    return text(place.trace.labels[place.label])


def _alone(place: Place) -> Formula:
    """What a position says by itself; what the chain makes of it is no formula of one position."""
    shares = place.trace.logits.astype(np.float64)
    shares = np.exp(shares - shares.max())
    return replace(_probability(place), result=float(shares[place.label] / shares.sum()))


ANSWER_FORMULAS = {
    "tag": _alone,
    "classify": _probability,
    "forecast": _forecast,
}
"""A row for each key of `attnviz.tasks.TASKS`."""
