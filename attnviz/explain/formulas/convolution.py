"""Equations of a convolution's filter and of the weight that it gets."""

import numpy as np

from attnviz.errors import N_
from attnviz.evidence.formulas import Formula, text
from attnviz.explain.formulas.place import Place, array, exact
from attnviz.explain.layers import stage_input


def convolutions(place: Place) -> list[Formula]:
    """One filter's answer, one dot product for each token of its window; then its weight."""
    weigh = CHANNEL_FORMULAS[place.config.channel_attention]
    return [_feature_map(place), *weigh(place)]


def _feature_map(place: Place) -> Formula:
    layer = place.classifier.network.convolutions.by_size[str(place.kernel_size)]
    weight = exact(layer.weight[place.filter])  # (I, size)
    read = stage_input(place.classifier, place.trace, "convolutions")  # (T, I)
    reach = place.kernel_size // 2
    inputs, labels = {"bias": float(exact(layer.bias)[place.filter])}, {"bias": "b"}
    for offset in range(-reach, reach + 1):
        row = place.row + offset
        if 0 <= row < len(read):  # beyond the text stand zeros, which add nothing
            name = f"part_{row}"
            inputs[name] = float(weight[:, offset + reach] @ read[row].astype(np.float64))
            labels[name] = text(place.trace.surfaces[row])
    x = place.read_by("convolutions")
    window = rf"\sum_{{k=-{reach}}}^{{{reach}}} w_{{j,k}} \cdot {x}_{{t+k}}"
    return Formula(
        key="feature_map",
        step="convolution",
        title=N_("Convolution"),
        source="Kim 2014, eq. 2",
        symbolic=rf"m_{{t,j}} = \max\Bigl(0,\ b_j + {window if reach else f'w_j {x}_t'}\Bigr)",
        left=rf"m_{{{place.t},{place.filter}}}",
        expression=f"relu({' + '.join(inputs)})",
        inputs=inputs,
        result=float(place.trace.feature_maps[place.kernel_size][place.row, place.filter]),
        labels=labels,
        matrices={rf"w_{{{place.filter}}}^{{\top}}": array(layer.weight[place.filter]).T},
    )


def _unweighed(place: Place) -> list[Formula]:
    return []


def _squeeze_excitation(place: Place) -> list[Formula]:
    trace, channel = place.trace, place.channel
    module = place.classifier.network.convolutions.channel_attention
    maps = np.concatenate(list(trace.feature_maps.values()), axis=1).astype(np.float64)
    here, column = maps[place.row, channel], maps[:, channel]
    means = maps.mean(axis=0)  # (sum of F,)
    inner = np.maximum(exact(module.squeeze.weight) @ means + exact(module.squeeze.bias), 0)
    row, weight = exact(module.excite.weight)[channel], float(trace.channel_attention[channel])
    shared = {"step": "channel_attention", "source": "Hu et al. 2018, eq. 2–3"}
    return [
        Formula(
            key="channel/mean",
            title=N_("Squeeze: the filter's mean over the text"),
            symbolic=r"z_j = \frac{1}{T}\sum_{t=1}^{T} m_{t,j}",
            left=rf"z_{{{channel}}}",
            expression="(here + others) / tokens",
            inputs={
                "here": float(here),
                "others": float(column.sum() - here),
                "tokens": float(len(maps)),
            },
            result=float(column.mean()),
            labels={"here": f"m_{{{place.t}}}", "others": r"\ldots"},
            **shared,
        ),
        Formula(
            key="channel/weight",
            title=N_("Excitation: how much of the filter passes"),
            symbolic=r"s = \sigma\bigl(W_2 \max(0, W_1 z + b_1) + b_2\bigr)",
            left=rf"s_{{{channel}}}",
            expression="sigmoid(excited + bias)",
            inputs={
                "excited": float(row @ inner),
                "bias": float(exact(module.excite.bias)[channel]),
            },
            result=weight,
            labels={"excited": r"W_2 \max(0, W_1 z + b_1)", "bias": "b_2"},
            matrices={"W_1": array(module.squeeze.weight), "W_2": array(module.excite.weight)},
            **shared,
        ),
        Formula(
            key="channel/weighed",
            title=N_("Weighed feature map"),
            symbolic=r"\tilde{m}_{t,j} = s_j\, m_{t,j}",
            left=rf"\tilde{{m}}_{{{place.t},{channel}}}",
            expression="weight * here",
            inputs={"weight": weight, "here": float(here)},
            result=float(np.float32(weight) * np.float32(here)),
            labels={"weight": "s", "here": "m"},
            **shared,
        ),
    ]


CHANNEL_FORMULAS = {"none": _unweighed, "squeeze_excitation": _squeeze_excitation}
"""A row for each key of `CHANNEL_ATTENTIONS`."""
