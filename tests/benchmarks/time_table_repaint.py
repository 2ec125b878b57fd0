"""5,000 steps in the time table: `python -m tests.benchmarks.time_table_repaint`.

In a real Chromium, the component alone, in the page's own clock. A repaint starts when the bytes of
another series arrive and ends when the browser has put the frame on the screen: decoding, tracks,
every pixel. Drawn are 24 channels of four units, attention, votes of four classes and four heat
maps of 64 units, of 5,000 steps, 1,184 px wide on a screen with two device pixels in a px. In turn
with it the upright table repaints the same numbers of 500 steps, a tenth. Printed are the median of
the ratios, with the lowest and the highest, both medians in milliseconds, and the same for a zoom
and for moving sideways by one screen in what was zoomed to.
"""

import statistics
import sys

import numpy as np
from playwright.sync_api import Page, sync_playwright

from attnviz.panels import Panel, scales_of
from attnviz.ui.components.token_table import payload
from tests.benchmarks.pairs import line
from tests.browser.mounting import mount
from tests.browser.serving import ARGUMENTS, find_chromium

STEPS, FEWER, UNITS, ROUNDS = 5_000, 500, 64, 15
LIMIT = 300  # ms
CHANNELS = tuple(f"x{number} ({'AVKs'[number % 4]})" for number in range(24))

FRAME = """async () => {
  const start = performance.now();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
ZOOM = """async ({ from, to }) => {
  const root = document.querySelector('#host').shadowRoot;
  const scroll = root.querySelector('.scroll');
  const box = root.querySelector('.over:not(.behind)').getBoundingClientRect();
  const say = (kind, x, buttons) => scroll.dispatchEvent(new PointerEvent(kind, {
    clientX: box.left + x * box.width, clientY: box.top + 50, buttons, bubbles: true }));
  say('pointerdown', from, 1);
  say('pointermove', (from + to) / 2, 1);
  say('pointermove', to, 1);
  const start = performance.now();
  say('pointerup', to, 0);
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
SCROLL = """async () => {
  const scroll = document.querySelector('#host').shadowRoot.querySelector('.scroll');
  const start = performance.now();
  scroll.scrollLeft += scroll.clientWidth;
  await new Promise((done) => requestAnimationFrame(
    () => requestAnimationFrame(() => setTimeout(done))));
  return performance.now() - start;
}"""


def series(steps: int, seed: int) -> list[Panel]:
    chance = np.random.default_rng(seed)
    values = chance.normal(size=(steps, len(CHANNELS))).cumsum(axis=0).astype(np.float32)
    more = {"whole": True, "scales": scales_of(values, CHANNELS)}
    channels = Panel("channels", "Channels", values, CHANNELS, False, 0.0, 1.0, "lines", **more)
    weights = chance.dirichlet(np.ones(steps))[:, None].astype(np.float32)
    more = {"whole": True, "ramp": "attention", "level": 1 / steps, "named": 0.05}
    high = float(weights.max())
    attention = Panel("attention", "Attention", weights, ("0",), False, 0.0, high, "bars", **more)
    numbers = chance.normal(size=(steps, 4)).astype(np.float32)
    more = {"whole": True, "ramp": "classes", "classes": tuple((n, n) for n in range(4))}
    votes = Panel("votes", "Votes", numbers, tuple("abcd"), True, -4.0, 4.0, "bars", **more)
    return [channels, attention, votes, *(heat_map(chance, steps, n) for n in range(4))]


def heat_map(chance: np.random.Generator, steps: int, number: int) -> Panel:
    values = chance.normal(size=(steps, UNITS)).astype(np.float32)
    names = tuple(map(str, range(UNITS)))
    more = {"ramp": "signed"}
    return Panel(f"states/{number}", "State", values, names, True, -3.0, 3.0, "cells", **more)


def data(steps: int, seed: int, layout: str) -> bytes:
    rows = [f"{step / 50:.2f} s" for step in range(steps)]
    return payload(rows, series(steps, seed), range(steps), {}, layout=layout, of_steps=True)


def repaint(page: Page, packed: bytes) -> float:
    """Milliseconds from the bytes until the frame is there."""
    return mount(page, packed) + page.evaluate(FRAME)


def main() -> None:
    path = find_chromium()
    if path is None:
        sys.exit("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        view = {"width": 1400, "height": 900}
        pages = [browser.new_page(viewport=view, device_scale_factor=2) for _ in range(2)]
        flat, upright, zooms, moves = [], [], [], []
        for number in range(ROUNDS + 2):
            flat.append(repaint(pages[0], data(STEPS, number, "flat")))
            upright.append(repaint(pages[1], data(FEWER, number, "upright")))
            zooms.append(pages[0].evaluate(ZOOM, {"from": 0.4, "to": 0.42}))
            moves.append(pages[0].evaluate(SCROLL))
            pages[0].locator(".whole").click()
        browser.close()
    flat, upright, zooms, moves = (part[2:] for part in (flat, upright, zooms, moves))
    middle = statistics.median(upright)
    for name, found in (("repaint", flat), ("zoom", zooms), ("one screen on", moves)):
        pairs = [one / other for one, other in zip(found, upright, strict=True)]
        said = f"  {name}, {STEPS:,} steps flat / repaint of {FEWER} steps upright"
        print(line(said, pairs, statistics.median(found), middle))
    print(f"  median repaint {statistics.median(flat):.0f} ms (≤ {LIMIT} ms)", end="")
    print(f", fastest {min(flat):.0f}, slowest {max(flat):.0f}")


if __name__ == "__main__":
    main()
