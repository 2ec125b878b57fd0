"""Equations of what follows the attention: context, vote, logit, probability."""

import numpy as np

from attnviz.errors import N_
from attnviz.evidence.formulas import Formula, text
from attnviz.explain.formulas.place import Place, array, exact, products, weighed_symbol

TEMPERATURE = "τ: Guo et al. 2017, eq. 9"  # the votes themselves are the head's own sum


def head(place: Place) -> list[Formula]:
    """From the weighed states to the probability of the chosen class."""
    return [_context(place), _vote(place), _logit(place), _probability(place)]


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
    return Formula(
        key="vote",
        step="head",
        title=N_("Vote"),
        source=TEMPERATURE,
        symbolic=rf"\mathrm{{vote}}_{{t,c}} = \frac{{1}}{{\tau}} {symbolic}",
        left=rf"\mathrm{{vote}}_{{{place.t},{_label(place)}}}",
        expression=f"({expression}) / temperature",
        inputs=inputs | {"temperature": float(place.config.temperature)},
        result=float(place.trace.votes[place.row, place.label]),
        labels=labels | {"temperature": r"\tau"},
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
    votes = place.trace.votes[:, place.label].astype(np.float64)
    return Formula(
        key="logit",
        step="head",
        title=N_("Logit"),
        source=TEMPERATURE,
        symbolic=r"\mathrm{logit}_c = \frac{b_c}{\tau} + \sum_t \mathrm{vote}_{t,c}",
        left=rf"\mathrm{{logit}}_{{{_label(place)}}}",
        expression="bias / temperature + vote + rest",
        inputs={
            "bias": float(exact(place.classifier.network.head.bias)[place.label]),
            "temperature": float(place.config.temperature),
            "vote": float(votes[place.row]),
            "rest": float(votes.sum() - votes[place.row]),
        },
        result=float(place.trace.logits[place.label]),
        labels={
            "bias": "b",
            "temperature": r"\tau",
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


def _label(place: Place) -> str:
    return text(place.trace.labels[place.label])
