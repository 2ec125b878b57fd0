"""The signal path: one token's way from its embedding to its vote."""

import numpy as np

from attnviz.classifier import Classifier
from attnviz.evidence.path import Filters, MemoryStep, SignalPath, Span
from attnviz.explain.memory import RECURRENCES
from attnviz.trace import Trace

STRONGEST = 5


def signal_path(classifier: Classifier, trace: Trace, row: int) -> SignalPath:
    """What each part of the network made of token `row`, in the order in which data flows.

    Identities: the gates of Hochreiter & Schmidhuber (1997) and Cho et al. (2014), the feature maps
    of Kim (2014), the attention of Bahdanau et al. (2015).

    Raises
    ------
    IndexError
        If the text has no such token.
    """
    if not 0 <= row < len(trace.tokens):
        raise IndexError(f"the text has {len(trace.tokens)} tokens, none has number {row}")
    stages = classifier.network.config.stages
    rows = np.arange(len(trace.tokens))
    reach = np.stack([rows, rows], axis=1)  # (T, 2): an embedding depends on its own token
    filters, memories = {}, []
    for stage in stages:
        if stage == "convolutions":
            filters = {size: _filters(trace, row, size, reach) for size in trace.feature_maps}
            reach = _through_window(reach, max(trace.feature_maps) // 2)
        else:
            memories, reach = _memories(trace, row, reach)
    norms = np.linalg.norm(trace.embeddings, axis=1)
    read = trace.self_attention
    return SignalPath(
        row=row,
        tokens=len(trace.tokens),
        stages=tuple(stages),
        reach=_span(reach, row),
        embedding_norm=float(norms[row]),
        embedding_rank=int(ranks(norms)[row]),
        filters=filters,
        channel_weights=trace.channel_attention,
        memories=tuple(memories),
        reads=None if read is None else read[:, row],
        read_by=None if read is None else read[:, :, row],
        attention=trace.attention[row],
        attention_ranks=ranks(trace.attention)[row],
        votes=trace.votes[row],
        vote_ranks=ranks(trace.votes)[row],
    )


def ranks(values: np.ndarray) -> np.ndarray:
    """Place of each value along the first axis: 1 for the largest, equals share the better one."""
    from scipy.stats import rankdata

    return rankdata(-values, method="min", axis=0).astype(int)


def _filters(trace: Trace, row: int, size: int, reach: np.ndarray) -> Filters:
    tokens, half = len(trace.tokens), size // 2
    weights = trace.channel_weights.get(size, np.ones(trace.feature_maps[size].shape[1]))
    maps = trace.feature_maps[size] * weights  # (T, F)
    active = int((maps[row] > 0).sum())
    numbers = np.argsort(-maps[row], kind="stable")[: min(active, STRONGEST)]
    peaks = maps[:, numbers].argmax(axis=0)
    return Filters(
        kernel_size=size,
        window=_window(row, half, tokens),
        reach=_span(_through_window(reach, half), row),
        active=active,
        numbers=numbers,
        activations=maps[row, numbers],
        weights=weights[numbers],
        ranks=ranks(maps[:, numbers])[row] if len(numbers) else np.zeros(0, int),
        peaks=peaks,
        peak_windows=np.array([_window(peak, half, tokens) for peak in peaks]).reshape(-1, 2),
    )


def _memories(trace: Trace, row: int, reach: np.ndarray) -> tuple[list[MemoryStep], np.ndarray]:
    """All layers and directions, and the tokens on which each of the last layer's rows depends."""
    keep = next(name for name in RECURRENCES if name in trace.gates)
    recurrence = RECURRENCES[keep]
    state = trace.states[recurrence.state]
    written = recurrence.written(trace.gates, trace.states)  # (T, L, D, H)
    memories = []
    for layer in range(state.shape[1]):
        sides = [_until(reach), _from(reach)][: state.shape[2]]
        for direction, side in enumerate(sides):
            place = (row, layer, direction)
            before = row + (1 if direction else -1)
            inside = 0 <= before < len(state)
            old = state[before, layer, direction] if inside else np.zeros_like(state[place])
            memories.append(
                MemoryStep(
                    layer=layer,
                    direction=direction,
                    reach=_span(side, row),
                    state_name=recurrence.state,
                    written=written[place],
                    kept=trace.gates[keep][place] * old,
                    state=state[place],
                    gates={name: float(g[place].mean()) for name, g in trace.gates.items()},
                )
            )
        reach = np.stack([np.min(sides, axis=0)[:, 0], np.max(sides, axis=0)[:, 1]], axis=1)
    return memories, reach


# Reach (T, 2): first and last token on which each row depends; both grow with the row.


def _through_window(reach: np.ndarray, half: int) -> np.ndarray:
    rows = np.arange(len(reach))
    first, last = np.maximum(rows - half, 0), np.minimum(rows + half, len(reach) - 1)
    return np.stack([reach[first, 0], reach[last, 1]], axis=1)


def _until(reach: np.ndarray) -> np.ndarray:
    """A reading forwards has seen everything before."""
    return np.stack([np.full(len(reach), reach[0, 0]), reach[:, 1]], axis=1)


def _from(reach: np.ndarray) -> np.ndarray:
    """A reading backwards has seen everything behind."""
    return np.stack([reach[:, 0], np.full(len(reach), reach[-1, 1])], axis=1)


def _window(row: int, half: int, tokens: int) -> Span:
    return int(max(row - half, 0)), int(min(row + half, tokens - 1))


def _span(reach: np.ndarray, row: int) -> Span:
    return int(reach[row, 0]), int(reach[row, 1])
