"""Who wrote this memory: a recurrent state as the exact sum of what each token wrote.

Unrolling c_t = f_t c_{t-1} + i_t g_t from c_0 = 0 gives c_p = Σ_{t≤p} (Π_{t<k≤p} f_k) i_t g_t
(Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000); for the GRU, h_p =
Σ_{t≤p} (Π_{t<k≤p} z_k) (1 − z_t) n_t (Cho et al. 2014, eq. 7). Everything is in the trace: neither
the network nor torch is needed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from attnviz.evidence.memory import Erasure, Fate, Memory, Remnant
from attnviz.trace import Trace

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Recurrence:
    """A state with state_t = keep_t · state_{t-1} + written_t, and the signs to write it with."""

    state: str
    written: Callable[[Arrays, Arrays], np.ndarray]
    letters: tuple[str, str, str]  # LaTeX: state, keep gate, what is written at step t


RECURRENCES = {
    "forget": Recurrence(
        "cell",
        lambda gates, states: gates["input"] * states["candidate"],
        ("c", "f", r"i_t \, g_t"),
    ),
    "update": Recurrence(
        "hidden",
        lambda gates, states: (1 - gates["update"]) * states["new"],
        ("h", "z", r"(1 - z_t) \, n_t"),
    ),
}
"""Name of the gate that keeps → how the state is written. Every cell has exactly one of them."""


def fits(trace: Trace) -> bool:
    """Whether the trace holds a memory: not where the network has no recurrent layer."""
    return any(gate in trace.gates for gate in RECURRENCES)


def is_coupled(trace: Trace) -> bool:
    """Whether the forget gate is what the input gate leaves, f = 1 − i (Greff et al. 2017)."""
    if not {"forget", "input"} <= trace.gates.keys():
        return False
    return bool(np.allclose(trace.gates["forget"] + trace.gates["input"], 1, atol=1e-6))


def memory(trace: Trace, position: int, layer: int = 0, direction: int = 0) -> Memory:
    """What each token wrote into a layer's memory, and how much of it is left at `position`.

    `position` counts tokens of the text from 0, also in the backward direction, which has read
    the tokens from the last one down to it. `trace` must fit (`fits`).
    """
    gate = next(name for name in RECURRENCES if name in trace.gates)
    recurrence = RECURRENCES[gate]
    gates, states = (
        {name: values[:, layer, direction].astype(float) for name, values in found.items()}
        for found in (trace.gates, trace.states)
    )
    kept = gates[gate]  # (T, H)
    turn = _turn(direction)
    place = len(kept) - 1 - position if direction else position
    return Memory(
        position=position,
        layer=layer,
        direction=direction,
        gate=gate,
        kept=kept,
        written=recurrence.written(gates, states),
        survival=_survival(kept[turn], place)[turn],
        state=states[recurrence.state][position],
        half_life=half_life(kept[turn]),
    )


def fate(trace: Trace, row: int, layer: int = 0) -> Fate:
    """What became of what token `row` wrote into a layer's memory, in every reading direction.

    `trace` must fit (`fits`); tokens and layers count from 0.
    """
    kept, written = _kept_and_written(trace, layer)  # (D, T, H) in the order of reading
    shares = np.zeros_like(kept)
    for direction, gates in enumerate(kept):
        place = len(gates) - 1 - row if direction else row
        shares[direction, place] = 1
        shares[direction, place + 1 :] = np.cumprod(gates[place + 1 :], axis=0)
        shares[direction] = shares[direction][_turn(direction)]
        written[direction] = written[direction][_turn(direction)]
    return Fate(row, layer, written[:, row], shares)


def word_half_lives(trace: Trace, layer: int = 0, direction: int = 0) -> np.ndarray:
    """(T,): after how many tokens half of what each token wrote is left; see `Fate.half_life`.

    inf where more than half of it reaches the token that is read last.
    """
    kept, written = (values[direction] for values in _kept_and_written(trace, layer))
    count, left = len(kept), written.copy()
    whole = np.maximum(np.linalg.norm(written, axis=1), 1e-12)
    before, found = np.ones(count), np.full(count, np.inf)
    before[np.linalg.norm(written, axis=1) == 0] = 0
    found[before == 0] = 0
    for lag in range(1, count):
        left[: count - lag] *= kept[lag:]
        share = np.linalg.norm(left[: count - lag], axis=1) / whole[: count - lag]
        falls = np.flatnonzero((share <= 0.5) & np.isinf(found[: count - lag]))
        found[falls] = lag - 1 + (before[falls] - 0.5) / (before[falls] - share[falls])
        before[: count - lag] = share
        if not np.isinf(found[: count - lag - 1]).any():
            break
    return found[_turn(direction)]


def _kept_and_written(trace: Trace, layer: int) -> tuple[np.ndarray, np.ndarray]:
    """The gate that keeps and what is written, (D, T, H) each, in the order of reading."""
    gate = next(name for name in RECURRENCES if name in trace.gates)
    gates, states = (
        {name: values[:, layer].astype(float).swapaxes(0, 1) for name, values in found.items()}
        for found in (trace.gates, trace.states)
    )
    both = gates[gate], RECURRENCES[gate].written(gates, states)
    for values in both:
        values[1:] = values[1:, ::-1].copy()  # the second direction reads from the right
    return both


def half_life(kept: np.ndarray) -> np.ndarray:
    """ln ½ / mean ln f: after how many tokens half of a write is left, (H,) in 0…inf.

    `kept` (T, H) in the order of reading. Each unit's keep gate varies along the text; its
    geometric mean is the constant gate that would have kept as much from the first token to the
    last, so that the first token's write ends at ½ ** ((T − 1) / half-life) of itself. The first
    token's own gate is left out: it keeps an empty memory. 0 where a gate closed fully, inf where
    none closed at all, NaN for a single token, after which nothing had to be kept.
    """
    if len(kept) < 2:
        return np.full(kept.shape[1], np.nan)
    with np.errstate(divide="ignore"):  # a gate of 0 has logarithm −inf, and that is right
        mean = np.log(kept[1:]).mean(axis=0)
    return np.divide(np.log(0.5), mean, out=np.full(mean.shape, np.inf), where=mean < 0)


def erasures(found: Memory, limit: int | None = None, writer: int | None = None) -> list[Erasure]:
    """Writes of which one token took more than half, the largest loss first, one for each unit.

    Only tokens read up to the memory's position count, as writers and as erasers; `writer` asks
    for one token's writes alone. The loss is |written| · lost.
    """
    turn = _turn(found.direction)
    place = _place(found)
    eraser, lost = np.zeros(found.kept.shape, dtype=int), np.zeros(found.kept.shape)
    places, shares = _greatest_loss(found.kept[turn][: place + 1])
    eraser[turn][: place + 1] = len(eraser) - 1 - places if found.direction else places
    lost[turn][: place + 1] = shares
    losses = _written_by(writer, np.abs(found.written) * lost)
    return [
        Erasure(
            writer=token,
            unit=unit,
            eraser=int(eraser[token, unit]),
            written=float(found.written[token, unit]),
            lost=float(lost[token, unit]),
            left=float(found.survival[token, unit]),
        )
        for token, unit in _largest_per_unit(losses, limit)
    ]


def remnants(found: Memory, limit: int | None = None, writer: int | None = None) -> list[Remnant]:
    """What earlier tokens wrote and is still there, the largest first, one for each unit.

    The memory's own position is left out: what was just written is always there in full.
    """
    earlier = np.abs(found.contributions)
    earlier[found.position] = 0
    return [
        Remnant(
            writer=token,
            unit=unit,
            written=float(found.written[token, unit]),
            left=float(found.survival[token, unit]),
        )
        for token, unit in _largest_per_unit(_written_by(writer, earlier), limit)
    ]


def _survival(kept: np.ndarray, place: int) -> np.ndarray:
    """Π_{t<k≤place} kept_k for every t, (T, H), all in the order of reading.

    Plain products: a gate near 0 makes them vanish, as it should, where logarithms would not.
    """
    left = np.zeros_like(kept)
    left[place] = 1
    left[:place] = np.cumprod(kept[place:0:-1], axis=0)[::-1]
    return left


def _greatest_loss(kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every write, the one token that took more than half of it and how much; (T, H) each.

    Where there is no such token, the loss is 0.
    """
    eraser, lost = np.zeros(kept.shape, dtype=int), np.zeros(kept.shape)
    left = np.ones_like(kept)
    for step, gate in enumerate(kept[1:], start=1):
        closing = np.flatnonzero(gate < 0.5)  # no other unit can lose half at once
        losses = left[:step, closing] * (1 - gate[closing])  # (step, units)
        writers, units = np.nonzero(losses > 0.5)
        eraser[writers, closing[units]] = step
        lost[writers, closing[units]] = losses[writers, units]
        left[:step] *= gate
    return eraser, lost


def _written_by(writer: int | None, values: np.ndarray) -> np.ndarray:
    """The values (T, H) of one token, 0 elsewhere; all of them where none is asked for."""
    if writer is None:
        return values
    return np.where(np.arange(len(values))[:, None] == writer, values, 0)


def _largest_per_unit(values: np.ndarray, limit: int | None) -> list[tuple[int, int]]:
    """(token, unit) of each unit's largest value (T, H), largest first; zeros are left out."""
    tokens = values.argmax(axis=0)  # (H,)
    largest = values.max(axis=0)
    units = np.argsort(-largest, kind="stable")[: np.count_nonzero(largest)][:limit]
    return [(int(tokens[unit]), int(unit)) for unit in units]


def _turn(direction: int) -> slice:
    """From the order of the text to the order of reading, and back."""
    return slice(None, None, -1 if direction else 1)


def _place(found: Memory) -> int:
    """The memory's position in the order of reading."""
    return len(found.kept) - 1 - found.position if found.direction else found.position
