"""One token on its way through the network, stage by stage."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Span = tuple[int, int]
"""First and last row, both inclusive."""


@dataclass(frozen=True, eq=False)
class Filters:
    """The filters of one kernel size that responded most strongly at a token; n of them.

    Parameters
    ----------
    kernel_size
        How many rows the kernel covers.
    window
        The rows of its own input that it covers here, clipped at the text's ends: the n-gram to
        which all its filters responded.
    reach
        The tokens on which that depends. Equal to `window` where the convolution reads embeddings;
        wider where it reads hidden states, each of which has itself read all tokens on its side.
    active
        How many of all filters responded at all.
    numbers, activations, weights
        (n,) each, the strongest first: the filter's number, its activation after the channel
        weight (above 0), and that weight (1 where the network has none).
    ranks
        (n,) place of this position among all positions for the filter, 1 where it is the maximum.
    peaks
        (n,) the row at which the filter is strongest in the text, the first of equals.
    peak_windows
        (n, 2) first and last row that the kernel covers there.
    """

    kernel_size: int
    window: Span
    reach: Span
    active: int
    numbers: np.ndarray
    activations: np.ndarray
    weights: np.ndarray
    ranks: np.ndarray
    peaks: np.ndarray
    peak_windows: np.ndarray


@dataclass(frozen=True, eq=False)
class MemoryStep:
    """What one recurrent layer kept and wrote at a token, in one direction; H units.

    The law: `state = kept + written`.

    Parameters
    ----------
    layer, direction
        Both from 0; direction is an index of `attnviz.trace.DIRECTIONS`.
    reach
        The tokens on which the state can depend.
    state_name
        The state that is kept: `cell`, or `hidden` where the cell has no other.
    written, kept, state
        (H,) each: i · g, f · c_{t-1} and c_t; of a GRU (1 − z) · n, z · h_{t-1} and h_t.
    gates
        Name of a gate → its mean over the units, 0…1.
    """

    layer: int
    direction: int
    reach: Span
    state_name: str
    written: np.ndarray
    kept: np.ndarray
    state: np.ndarray
    gates: Mapping[str, float]

    @property
    def norms(self) -> dict[str, float]:
        """Euclidean length of what was kept, of what was written and of the state."""
        parts = {"kept": self.kept, "written": self.written, "state": self.state}
        return {name: float(np.linalg.norm(values)) for name, values in parts.items()}

    def strongest(self, count: int) -> np.ndarray:
        """Numbers of the units with the largest writes, the largest first."""
        return np.argsort(-np.abs(self.written), kind="stable")[:count]


@dataclass(frozen=True, eq=False)
class SignalPath:
    """What happened to one token in every part of the network.

    Parameters
    ----------
    row, tokens
        The token, and T, how many the text has.
    stages
        What stands between embedding and attention, in the order in which data flows.
    reach
        The tokens on which this position's vote can depend, before any token reads the others.
    embedding_norm, embedding_rank
        Length of the token's vector, and its place among all T, 1 the longest.
    filters
        Kernel size → `Filters`; empty without convolutions.
    channel_weights
        (sum of F,) in 0…1, or None.
    memories
        One for each layer and direction, in that order; empty without recurrence.
    reads, read_by
        (A, T) each or None: how much this token reads each token in self-attention, and is read
        by it. Rows of `reads` sum to 1.
    attention, attention_ranks
        (A,) each: its share in each head, and its place among the T tokens, 1 the largest.
    votes, vote_ranks
        (C,) each: what it adds to each logit, and its place, 1 the one most in favour.
    """

    row: int
    tokens: int
    stages: tuple[str, ...]
    reach: Span
    embedding_norm: float
    embedding_rank: int
    filters: Mapping[int, Filters]
    channel_weights: np.ndarray | None
    memories: tuple[MemoryStep, ...]
    reads: np.ndarray | None
    read_by: np.ndarray | None
    attention: np.ndarray
    attention_ranks: np.ndarray
    votes: np.ndarray
    vote_ranks: np.ndarray

    @property
    def window(self) -> Span:
        """The widest window of any kernel around the token; the token alone without one."""
        windows = [found.window for found in self.filters.values()] or [(self.row, self.row)]
        return min(first for first, _ in windows), max(last for _, last in windows)
