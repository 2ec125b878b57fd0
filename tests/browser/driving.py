"""How the tests look at the page: pixels, rows, tooltips. The component's open shadow root is
pierced by Playwright's selectors."""

import math
import re
from base64 import b64decode
from contextlib import contextmanager

import numpy as np

ROW = 22  # px, the height of a row on the page

READ_CANVASES = """canvases => canvases.map(canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let bytes = '';
  for (let at = 0; at < data.length; at += 30000)
    bytes += String.fromCharCode(...data.subarray(at, at + 30000));
  return { key: canvas.dataset.panel, width, height, pixels: btoa(bytes) };
})"""


def settled(page):
    """Waits until no script is running. Not enough by itself after a click: await its effect."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


@contextmanager
def reran(page):
    """What is done inside makes the script run; afterwards it has run to its end."""
    before = page.runs()
    yield
    for _ in range(600):
        if page.runs() > before:
            return settled(page)
        page.wait_for_timeout(50)
    raise AssertionError("the script did not run")


def painted(page) -> int:
    """How often the table has been painted."""
    return int(page.locator(".token-table").get_attribute("data-painted") or 0)


def await_repaint(page, before: int):
    page.wait_for_function(
        """before => {
          const hosts = [...document.querySelectorAll('*')].filter(node => node.shadowRoot);
          const tables = hosts.map(host => host.shadowRoot.querySelector('.token-table'));
          return tables.some(table => Number(table?.dataset.painted) > before);
        }""",
        arg=before,
    )


def type_text(page, text: str):
    """Into the text area, sent with Ctrl + Enter; back when the table shows it."""
    before = painted(page)
    page.get_by_label("Your text").fill(text)
    page.keyboard.press("Control+Enter")
    await_repaint(page, before)


def choose(page, label: str, option: str):
    """An option of a select box; back when the table is painted anew."""
    before = painted(page)
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    await_repaint(page, before)


def bitmaps(page) -> dict[str, np.ndarray]:
    """Key of each panel → (height, width, 4) uint8, as painted."""
    return _images(page, "canvas[data-panel]", lambda image, number: image["key"])


def legends(page) -> list[np.ndarray]:
    """(255, 4) uint8 for each panel, in their order: the palette itself where cells are painted."""
    found = _images(page, "canvas.legend", lambda image, number: number)
    return [image[0] for image in found.values()]


def _images(page, selector: str, name) -> dict:
    found = page.locator(selector).evaluate_all(READ_CANVASES)
    return {
        name(image, number): np.frombuffer(b64decode(image["pixels"]), dtype=np.uint8).reshape(
            image["height"], image["width"], 4
        )
        for number, image in enumerate(found)
    }


def palette_places(panel) -> np.ndarray:
    """(T, U) places on the legend, 0…254, that the values of a panel must have."""
    values = panel.values.astype(np.float64)
    if panel.signed:
        reach = max(abs(panel.low), abs(panel.high)) or 1
        places = 127 + values * (127 / reach)
    else:
        places = (values - panel.low) * (254 / ((panel.high - panel.low) or 1))
    return np.clip(np.floor(places + 0.5), 0, 254).astype(int)


def assert_painted(page, panels, exactly: bool = True):
    """Every panel is on the page, in order, and its pixels are those of its values.

    `exactly` allows no other colour; else one step of the palette, for values that were computed
    in another process.
    """
    images, palettes = bitmaps(page), legends(page)
    assert list(images) == [panel.key for panel in panels]
    for panel, palette in zip(panels, palettes, strict=True):
        image = images[panel.key]
        rows, units = panel.values.shape
        assert palette.shape == (255, 4), panel.key
        assert len(image) == rows, panel.key
        if panel.mark == "bars":
            assert image.shape[1] % units == 0, panel.key
            assert image[..., 3].any(), panel.key
            continue
        assert image.shape[1] == units, panel.key
        places = palette_places(panel)
        if len(np.unique(places)) > 1:
            assert len(np.unique(image.reshape(-1, 4), axis=0)) > 1, panel.key
        steps = (0,) if exactly else (-1, 0, 1)
        near = [palette[np.clip(places + step, 0, 254)] for step in steps]
        right = np.any([(image == colours).all(axis=-1) for colours in near], axis=0)
        assert right.all(), f"{panel.key}: {np.argwhere(~right)[:5].tolist()}"


def bar_lengths(image: np.ndarray, units: int) -> np.ndarray:
    """(T, C): how many pixels of each bar's column are painted, left of the middle negative."""
    rows, width, _ = image.shape
    cells = image[..., 3].reshape(rows, units, width // units) > 0
    middle = width // units // 2
    return cells[..., middle:].sum(-1) - cells[..., :middle].sum(-1)


def cell_centre(page, key: str, row: int, unit: int, units: int) -> tuple[float, float]:
    """The point of the window over a cell."""
    box = page.locator(f"canvas[data-panel='{key}']").bounding_box()
    return box["x"] + (unit + 0.5) * box["width"] / units, box["y"] + (row + 0.5) * ROW


def number_of(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def five_digits(value) -> float:
    """What the table says of a value."""
    return float(f"{float(value):.4e}")


def number_at_end(text: str) -> float:
    return number_of(re.search(r"([\u2212-]?[\d.]+(?:e[\u2212+-]?\d+)?)$", text)[1])


def luminance(colour) -> float:
    red, green, blue = (float(part) for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-5)
