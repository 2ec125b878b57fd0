"""Does any filter notice a negation? The convolution again, without it."""

import torch
from torch import Tensor

from attnviz.inspection.batch import Batch
from attnviz.inspection.vocabulary import NEGATION, NEGATION_START
from attnviz.runs.causes import UNHEARD

EQUAL = 1e-4  # the same negation twice must not be told apart by rounding


def negation(batch: Batch) -> dict[str, Tensor]:
    """How the filters react to a text's negations, and the one that they hardly react to.

    The reaction to a negation is the largest change of a weighed feature map when its embedding is
    set to 0, relative to the filter's usual size in this text:

        max over filters f and positions t of  w_f |relu(a_tf) − relu(a'_tf)| / rms_f

    with a the responses before the activation, a' those without the negation, w the channel
    attention as it was (1 without), and rms_f the root mean square of a_tf over the text's tokens.
    An ordinary word moves some filter by about twice its usual size (the median over the texts that
    the shipped models were tried on). `negation_response` is that of the negation with the smallest
    reaction; `negation_row` is its first piece, given where the response is below `UNHEARD`.

    Null without a negation, and where the first stage is no convolution: what a convolution behind
    a recurrent layer reads mixes the whole text, so nothing can be taken out of its window.
    """
    if batch.network.config.stages[0] != "convolutions" or not (batch.notes & NEGATION).any():
        return {}
    texts, rows, reactions = reactions_to_negations(batch)
    found = torch.full((len(batch.ids),), float("inf"), dtype=reactions.dtype)
    found = found.scatter_reduce(0, texts, reactions, "amin")
    least = torch.full((len(batch.ids),), batch.ids.shape[1])
    here = reactions <= found[texts] * (1 + EQUAL)  # of equals the first
    least = least.scatter_reduce(0, texts[here], rows[here], "amin").double()
    nothing = float("nan")
    return {
        "negation_response": found.masked_fill(found.isinf(), nothing),
        "negation_row": torch.where(found < UNHEARD, least, nothing),
    }


def reactions_to_negations(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """For each of G negations: number of its text, row of its first piece, reaction; (G,) each."""
    texts, rows = ((batch.notes & NEGATION) > 0).nonzero(as_tuple=True)  # (P,) pieces, in order
    starts = (batch.notes[texts, rows] & NEGATION_START) > 0
    group = starts.cumsum(0) - 1  # (P,): whose piece it is
    place = rows - rows[starts][group]  # (P,) within its negation
    convolutions = batch.network.convolutions.by_size
    reach = max(map(int, convolutions)) // 2
    width = 2 * reach + 1 + int(place.max())  # positions whose window holds a piece

    # What the negation adds to each response: its pieces' embeddings times the filters' columns.
    added = batch.responses.new_zeros(int(starts.sum()), width, batch.responses.shape[2])
    filters = 0
    for size, convolution in convolutions.items():
        half, last = int(size) // 2, filters + convolution.out_channels
        columns = convolution.weight.flip(2).permute(1, 2, 0)  # (E, size, F): from left to right
        parts = torch.tensordot(batch.embeddings[texts, rows], columns, 1)  # (P, size, F)
        for shift in range(-half, half + 1):
            at = (group, place + reach + shift)
            filled = added[:, :, filters:last]
            filled.index_put_(at, parts[:, shift + half], accumulate=True)
        filters = last

    texts, rows = texts[starts], rows[starts]
    windows = rows[:, None] - reach + torch.arange(width)  # (G, width): positions in the text
    inside = (windows >= 0) & (windows < batch.lengths[texts, None])
    before = batch.responses[texts[:, None], windows.clamp(0, batch.ids.shape[1] - 1)]
    change = (before.relu() - (before - added).relu()).abs() * inside[..., None]
    squares = batch.responses.square() * batch.mask[..., None]
    usual = (squares.sum(1) / batch.lengths[:, None]).sqrt()  # (B, sum of F)
    weights = 1 / usual.clamp(min=torch.finfo(usual.dtype).tiny)
    weights = weights if batch.channels is None else weights * batch.channels
    return texts, rows, (change.amax(1) * weights[texts]).amax(1)
