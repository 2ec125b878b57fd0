"""Ratios that mean something on a busy machine: two things timed in turn, again and again."""

import statistics
import time
from collections.abc import Callable


def ratios(
    one: Callable[[], object], other: Callable[[], object], rounds: int = 41
) -> tuple[list[float], float, float]:
    """Time of `one` / time of `other` for each round; and the medians of both in milliseconds.

    Each round times both, now the one first, now the other, so that neither always finds the
    caches warm and a slower minute slows both.
    """
    for call in (one, other) * 2:
        call()
    times: dict[Callable, list[float]] = {one: [], other: []}
    for number in range(rounds):
        for call in (one, other) if number % 2 else (other, one):
            start = time.perf_counter()
            call()
            times[call].append(1000 * (time.perf_counter() - start))
    found = [a / b for a, b in zip(times[one], times[other], strict=True)]
    return found, statistics.median(times[one]), statistics.median(times[other])


def line(name: str, found: list[float], one: float, other: float) -> str:
    """One line of a report: median ratio, its range, both medians."""
    middle = statistics.median(found)
    spread = f"{min(found):.2f}–{max(found):.2f}"
    return f"{name:<52} {middle:5.2f} ×  ({spread})   {one:7.2f} / {other:.2f} ms"
