"""Equations of the attention: from the state of a token to the weight that it gets."""

import numpy as np

from attnviz.errors import N_
from attnviz.evidence.formulas import Formula
from attnviz.explain.formulas.place import Place, array, exact, products

BAHDANAU, VASWANI = "Bahdanau et al. 2015, eq. 6", "Vaswani et al. 2017, eq. 1"


def attention(place: Place) -> list[Formula]:
    """What the network's attention computes for one token, in one head."""
    return ATTENTION_FORMULAS[place.config.attention](place)


def _additive(place: Place) -> list[Formula]:
    return _pooled(
        place, place.states, place.state, "Bahdanau et al. 2015, A.1.2; Yang 2016, eq. 5"
    )


def _pooled(place: Place, states: np.ndarray, symbol: str, source: str) -> list[Formula]:
    """vᵀ tanh(W h_t + b), one query v for each head, and its softmax."""
    module = place.attention
    weight, query = exact(module.project.weight), exact(module.query.weight)[place.head]
    inner = np.tanh(states @ weight.T + exact(module.project.bias))  # (T, attention size)
    return _scored(
        place,
        inner @ query,
        products(query, inner[place.row], "a_{%s}"),
        rf"v^{{\top}} \underbrace{{\tanh(W {symbol}_t + b)}}_{{a}}",
        source,
        {"W": array(module.project.weight), r"v^{\top}": array(module.query.weight)},
    )


def _linear(place: Place) -> list[Formula]:
    weight = exact(place.attention.query.weight)[place.head]
    return _scored(
        place,
        place.states @ weight,
        products(weight, place.states[place.row], place.state + "_{%s}"),
        rf"w^{{\top}} {place.state}_t",
        "Felbo et al. 2017, eq. 1",
        {r"w^{\top}": array(place.attention.query.weight)},
    )


def _dot(place: Place) -> list[Formula]:
    query = _final_state(place)
    return _scored(
        place,
        place.states @ query,
        products(query, place.states[place.row], place.state + "_{%s}"),
        rf"q^{{\top}} {place.state}_t",
        "Luong et al. 2015, §3.1 (dot)",
    )


def _scaled_dot(place: Place) -> list[Formula]:
    query = _final_state(place)
    units = len(query)
    expression, inputs, labels = products(query, place.states[place.row], place.state + "_{%s}")
    return _scored(
        place,
        place.states @ query / np.sqrt(units),
        (f"({expression}) / sqrt(units)", inputs | {"units": float(units)}, labels),
        rf"\frac{{q^{{\top}} {place.state}_t}}{{\sqrt{{N}}}}",
        VASWANI,
    )


def _general(place: Place) -> list[Formula]:
    query, weight = _final_state(place), exact(place.attention.bilinear.weight)
    read = place.states @ weight.T  # (T, N)
    return _scored(
        place,
        read @ query,
        products(query, read[place.row], rf"(W {place.state})_{{%s}}"),
        rf"q^{{\top}} W {place.state}_t",
        "Luong et al. 2015, §3.1 (general)",
        {"W": array(place.attention.bilinear.weight)},
    )


def _final_state(place: Place) -> np.ndarray:
    """The query of the dot products: what each direction knows when it has read all (N,)."""
    halves = np.split(place.states, place.config.directions, axis=1)
    return np.concatenate([half[end] for half, end in zip(halves, (-1, 0), strict=False)])


def _multi_head(place: Place) -> list[Formula]:
    """What this token reads from the one it reads most, what it becomes, how it is pooled."""
    mixed = place.attended[0].reshape(len(place.states), -1)  # (T, N)
    source = "Lin et al. 2017, eq. 6"
    return [*_self_attention(place), *_pooled(place, mixed, "u", source)]


def _self_attention(place: Place) -> list[Formula]:
    row, head, module = place.row, place.head, place.attention
    layer, size = module.queries_keys_values, module.values_size
    split = place.states @ exact(layer.weight).T + exact(layer.bias)  # (T, 3N)
    queries, keys, values = np.split(split.reshape(len(split), -1, size), 3, axis=1)  # (T, A, V)
    scores = keys[:, head] @ queries[row, head] / np.sqrt(size)  # (T,)
    weights = place.trace.self_attention[head, row].astype(np.float64)  # (T,)
    most, unit = int(weights.argmax()), place.state_unit % size
    expression, inputs, labels = products(queries[row, head], keys[most, head], "k_{%s}")
    share, own = values[:, head, unit] * weights, head * size + unit
    symbol, pair = place.state, f"{place.t},{most + 1}"
    matrices = zip("QKV", np.split(array(layer.weight), 3), strict=True)
    shared = {"step": "self_attention", "source": VASWANI}
    return [
        Formula(
            key="self_attention/score",
            title=N_("Self-attention: score of the token that is read most"),
            symbolic=r"e_{t,j} = \frac{q_t^{\top} k_j}{\sqrt{d}}, \quad "
            rf"q_t = Q {symbol}_t + b_Q,\ k_j = K {symbol}_j + b_K",
            left=rf"e_{{{pair}}}",
            expression=f"({expression}) / sqrt(units)",
            inputs=inputs | {"units": float(size)},
            result=float(scores[most]),
            labels=labels,
            matrices={name: rows[head * size :][:size] for name, rows in matrices},
            **shared,
        ),
        Formula(
            key="self_attention/weight",
            title=N_("Self-attention: how much of it is read"),
            symbolic=r"a_{t,j} = \frac{e^{e_{t,j} - \max e_t}}{\sum_k e^{e_{t,k} - \max e_t}}",
            left=rf"a_{{{pair}}}",
            result=float(weights[most]),
            **_softmax(scores, most),
            **shared,
        ),
        Formula(
            key="self_attention/mixed",
            title=N_("Self-attention: what the token becomes"),
            symbolic=rf"u_t = {symbol}_t + \sum_j a_{{t,j}} v_j, \quad v_j = V {symbol}_j + b_V",
            left=rf"u_{{{place.t},{own}}}",
            expression="state + weight * value + rest",
            inputs={
                "state": float(place.states[row, own]),
                "weight": float(weights[most]),
                "value": float(values[most, head, unit]),
                "rest": float(share.sum() - share[most]),
            },
            result=float(place.attended[0][row, head, unit]),
            labels={
                "state": symbol,
                "weight": f"a_{{{pair}}}",
                "value": f"v_{{{most + 1}}}",
                "rest": r"\ldots",
            },
            **shared,
        ),
    ]


def _scored(
    place: Place,
    scores: np.ndarray,
    terms: tuple[str, dict, dict],
    symbolic: str,
    source: str,
    matrices: dict | None = None,
) -> list[Formula]:
    """The score of this token, and its softmax over the scores (T,) of all."""
    expression, inputs, labels = terms
    return [
        Formula(
            key="attention/score",
            step="attention",
            title=N_("Score"),
            source=source,
            symbolic=f"s_t = {symbolic}",
            left=f"s_{{{place.t}}}",
            expression=expression,
            inputs=inputs,
            result=float(scores[place.row]),
            labels=labels,
            matrices=matrices or {},
        ),
        Formula(
            key="attention/weight",
            step="attention",
            title=N_("Attention weight"),
            source=BAHDANAU,
            symbolic=r"\alpha_t = \frac{e^{s_t - \max s}}{\sum_j e^{s_j - \max s}}",
            left=rf"\alpha_{{{place.t}}}",
            result=float(place.trace.attention[place.row, place.head]),
            **_softmax(scores, place.row),
        ),
    ]


def _softmax(scores: np.ndarray, row: int) -> dict:
    """The share of one score, shifted by the largest so that nothing overflows."""
    return {
        "expression": "exp(score - largest) / denominator",
        "inputs": {
            "score": float(scores[row]),
            "largest": float(scores.max()),
            "denominator": float(np.exp(scores - scores.max()).sum()),
        },
        "labels": {"denominator": r"\sum"},
    }


def _uniform(place: Place) -> list[Formula]:
    return [
        Formula(
            key="attention/weight",
            step="attention",
            title=N_("Attention weight"),
            source="Wiegreffe & Pinter 2019, §3.2",
            symbolic=r"\alpha_t = \frac{1}{T}",
            left=rf"\alpha_{{{place.t}}}",
            expression="1 / tokens",
            inputs={"tokens": float(len(place.states))},
            result=float(place.trace.attention[place.row, 0]),
            labels={"tokens": "T"},
        )
    ]


def _last(place: Place) -> list[Formula]:
    """1 where the unit's direction has read the whole text, else 0."""
    backward = place.state_unit >= place.config.hidden_size
    return _unit_by_unit(
        place,
        symbolic=r"\alpha_{t,n} = [t = 1]" if backward else r"\alpha_{t,n} = [t = T]",
        expression="equal(position, end)",
        inputs={"position": float(place.t), "end": 1.0 if backward else float(len(place.states))},
        labels={"position": "t", "end": "1" if backward else "T"},
        source="Cho et al. 2014, §2.2",
    )


def _max(place: Place) -> list[Formula]:
    """The largest value of a unit takes it all; ties share it."""
    column, symbol = place.states[:, place.state_unit], place.state
    return _unit_by_unit(
        place,
        symbolic=rf"\alpha_{{t,n}} = \frac{{[{symbol}_{{t,n}} = \max_j {symbol}_{{j,n}}]}}"
        rf"{{\#\{{j : {symbol}_{{j,n}} = \max\}}}}",
        expression="equal(value, largest) / ties",
        inputs={
            "value": float(column[place.row]),
            "largest": float(column.max()),
            "ties": float((column == column.max()).sum()),
        },
        labels={"value": symbol, "largest": r"\max", "ties": r"\#"},
        source="Kim 2014, §2",
    )


def _unit_by_unit(place: Place, symbolic: str, source: str, **rest) -> list[Formula]:
    """The weight of one unit, where each has its own, and the share of units that they make."""
    weights = place.attended[1][place.row, 0]  # (N,)
    won = Formula(
        key="attention/unit",
        step="attention",
        title=N_("Weight of the unit"),
        source=source,
        symbolic=symbolic,
        left=rf"\alpha_{{{place.t},{place.state_unit}}}",
        result=float(weights[place.state_unit]),
        **rest,
    )
    share = Formula(
        key="attention/weight",
        step="attention",
        title=N_("Attention weight: the share of units that count here"),
        source=source,
        symbolic=r"\alpha_t = \frac{1}{N} \sum_{n=1}^{N} \alpha_{t,n}",
        left=rf"\alpha_{{{place.t}}}",
        expression="sum / units",
        inputs={"sum": float(weights.sum()), "units": float(len(weights))},
        result=float(place.trace.attention[place.row, 0]),
        labels={"sum": r"\sum", "units": "N"},
    )
    return [won, share]


ATTENTION_FORMULAS = {
    "additive": _additive,
    "linear": _linear,
    "dot": _dot,
    "scaled_dot": _scaled_dot,
    "general": _general,
    "multi_head": _multi_head,
    "last": _last,
    "mean": _uniform,
    "max": _max,
    "uniform": _uniform,
}
"""A row for each key of `ATTENTIONS`; the last formula of each gives the trace's attention."""
