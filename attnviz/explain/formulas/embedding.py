"""Equations of what a network reads at a position, by what it reads."""

import numpy as np
import torch

from attnviz.errors import N_
from attnviz.evidence.formulas import Formula
from attnviz.explain.formulas.place import Place, array


def _row_of_the_matrix(place: Place) -> list[Formula]:
    """The token's row of the embedding matrix."""
    token = place.trace.tokens[place.row]
    number = place.classifier.tokenizer.convert_tokens_to_ids(token)
    row = array(place.classifier.network.embedding.weight[number])  # (E,)
    unit = min(place.unit, len(row) - 1)
    return [
        Formula(
            key="embedding",
            step="embedding",
            title=N_("Embedding"),
            source="Bengio et al. 2003, §2",
            symbolic=r"x_t = E_{w_t}",
            left=rf"x_{{{place.t},{unit}}}",
            expression="entry",
            inputs={"entry": float(row[unit])},
            result=float(place.trace.embeddings[place.row, unit]),
            labels={"entry": rf"E_{{{number},{unit}}}"},
            matrices={rf"E_{{{number}}}": row[None]},
        )
    ]


def _standardised(place: Place) -> list[Formula]:
    """A channel's value less its mean, in standard deviations; a missing value is the mean."""
    channels, values = place.classifier.network.embedding, place.trace.values  # (T, K)
    channel = min(place.unit, values.shape[1] - 1)
    read = torch.from_numpy(values.copy())[None]
    mean = channels.level(read, torch.ones(read.shape[:2], dtype=torch.bool))[0, channel]
    value = float(values[place.row, channel])
    missing = bool(np.isnan(value))
    inputs = {"mean": float(mean), "scale": float(channels.scale[channel])}
    return [
        Formula(
            key="embedding",
            step="embedding",
            title=N_("Standardised channel"),
            source="LeCun et al. 2012, §4.3",
            symbolic=r"x_{t,k} = \frac{v_{t,k} - \mu_k}{\sigma_k}",
            left=rf"x_{{{place.t},{channel}}}",
            expression="(mean - mean) / scale" if missing else "(value - mean) / scale",
            inputs=inputs if missing else {"value": value, **inputs},
            result=float(place.trace.embeddings[place.row, channel]),
            labels={
                "value": rf"v_{{{place.t},{channel}}}",
                "mean": rf"\mu_{{{channel}}}",
                "scale": rf"\sigma_{{{channel}}}",
            },
        )
    ]


def _none(place: Place) -> list[Formula]:
    """Where a network of its own reads letters or pixels, no equation of a line says how."""
    return []


EMBEDDING_FORMULAS = {
    "text": _row_of_the_matrix,
    "words": _none,
    "series": _standardised,
    "frames": _none,
    "rows": _none,
    "columns": _none,
    "filters": _none,
}
"""A row for each key of `attnviz.inputs.INPUTS`."""
