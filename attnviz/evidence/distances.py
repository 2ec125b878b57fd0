"""How far two distributions or two rankings are apart."""

import numpy as np


def total_variation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """½ Σ_c |p_c − q_c| over the last axis, in 0…1, as in Jain & Wallace (2019)."""
    return np.abs(first - second).sum(axis=-1) / 2


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence over the first axis, in 0…ln 2 (Lin 1991, eq. 4.1).

    The mean of both distributions' Kullback-Leibler divergence from their mixture.
    """
    from scipy.special import rel_entr

    mixture = (first + second) / 2
    return (rel_entr(first, mixture) + rel_entr(second, mixture)).sum(axis=0) / 2


def kendall_tau(first: np.ndarray, second: np.ndarray) -> float:
    """Kendall's τ-b of two rankings (Kendall 1945): 1 the same, 0 unrelated, −1 reversed.

    Pairs that tie in one of them count for nothing; NaN where one of them ranks nothing.
    """
    from scipy.stats import kendalltau

    return float(kendalltau(first, second).statistic) if len(first) > 1 else np.nan
