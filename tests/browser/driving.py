"""How the tests look at the page: pixels, rows, tooltips. The component's open shadow root is
pierced by Playwright's selectors."""

import re
from base64 import b64decode
from contextlib import contextmanager

import numpy as np

from attnviz.colours import RAMPS
from attnviz.ui.components.questions import QUESTIONS

ROW = 20  # px, the height of a row on the page

MIXED = 3  # of 255: browsers mix a gradient with less care than we do

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
    for _ in range(1200):
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
    edit(page)
    page.get_by_label("Your text").fill(text)
    page.keyboard.press("Control+Enter")
    await_repaint(page, before)


def edit(page):
    """Open the field to type in, where the shaded text stands."""
    field = page.get_by_label("Your text")
    if not field.is_visible():
        page.locator(".st-key-edit button").click()
        field.wait_for()


def open_units(page):
    """The settings behind “Units”, open."""
    if not page.get_by_label("How many", exact=True).is_visible():
        page.locator(".st-key-explore-units-menu button").click()
        page.get_by_label("How many", exact=True).wait_for()


def ask(page, name: str):
    """Open a question by its key in `QUESTIONS`, in the strip or behind “More”; back when it stands
    beside the table."""
    title = QUESTIONS[name][0]
    link = page.locator(f".st-key-explore-ask-{name} button")
    for _ in range(20):  # a click while the page is drawn anew opens nothing
        if link.is_visible():
            break
        page.locator(".st-key-explore-more button").first.click()
        page.wait_for_timeout(500)
    with reran(page):
        link.click()
    page.keyboard.press("Escape")  # closes what “More” opened
    page.locator(".st-key-explore-question-head").get_by_text(title, exact=True).wait_for()


def speak(page, language: str):
    """Switch the page to "EN" or "中"; back when it speaks that."""
    page.locator(".st-key-language").get_by_text(language, exact=True).click()
    tag = {"EN": "en", "中": "zh-CN"}[language]
    page.wait_for_function("tag => document.documentElement.lang === tag", arg=tag)
    settled(page)


def open_models(page):
    """The sheet of models, open."""
    page.locator(".st-key-open-models button").click()
    page.get_by_role("dialog").wait_for()


def text_of(page) -> str:
    """The text that is read, as it stands on the page."""
    return page.locator(".shaded-text").text_content()


def choose(page, label: str, option: str):
    """An option of a select box; back when the table is painted anew."""
    before = painted(page)
    open_units(page)
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    await_repaint(page, before)


def bitmaps(page, selector: str = "canvas[data-panel]") -> dict[str, np.ndarray]:
    """Key of each panel → (height, width, 4) uint8, as painted."""
    return _images(page, selector, lambda image, number: image["key"])


def palette(ramp: str, theme: str = "light") -> np.ndarray:
    """(255, 3): the stops of a ramp mixed evenly, as the browser does within a step or two."""
    stops = [[int(stop[at : at + 2], 16) for at in (1, 3, 5)] for stop in RAMPS[theme][ramp]]
    places = np.linspace(0, len(stops) - 1, 255)
    return np.stack(
        [np.interp(places, range(len(stops)), channel) for channel in zip(*stops, strict=True)],
        axis=1,
    )


def _images(page, selector: str, name) -> dict:
    found = page.locator(selector).evaluate_all(READ_CANVASES)
    return {
        name(image, number): np.frombuffer(b64decode(image["pixels"]), dtype=np.uint8).reshape(
            image["height"], image["width"], 4
        )
        for number, image in enumerate(found)
    }


def palette_places(panel) -> np.ndarray:
    """(T, U) places on the ramp, 0…254, that the values of a panel must have."""
    values = panel.values.astype(np.float64)
    if panel.signed:
        reach = max(abs(panel.low), abs(panel.high)) or 1
        places = 127 + values * (127 / reach)
    else:
        places = (values - panel.low) * (254 / ((panel.high - panel.low) or 1))
    return np.clip(np.floor(places + 0.5), 0, 254).astype(int)


def assert_painted(page, panels, exactly: bool = True, theme: str = "light"):
    """Every panel is on the page, in order, and its pixels are those of its values.

    `exactly` allows no other place on the ramp; else the next one, for values that were computed in
    another process.
    """
    images = bitmaps(page)
    assert list(images) == [panel.key for panel in panels]
    for panel in panels:
        image = images[panel.key]
        rows, units = panel.values.shape
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
        ramp = palette(panel.ramp, theme)
        near = [ramp[np.clip(places + step, 0, 254)] for step in steps]
        off = np.min([np.abs(image[..., :3] - colours).max(axis=-1) for colours in near], axis=0)
        assert off.max() <= MIXED, f"{panel.key}: {np.argwhere(off > MIXED)[:5].tolist()}"


def bar_ends(image: np.ndarray, units: int) -> np.ndarray:
    """(T, C, 2): the first and the last painted pixel of each bar, from its column's start."""
    rows, width, _ = image.shape
    cells = image[..., 3].reshape(rows, units, width // units) > 0
    first = cells.argmax(-1)
    last = cells.shape[-1] - 1 - cells[..., ::-1].argmax(-1)
    return np.where(cells.any(-1)[..., None], np.stack([first, last], axis=-1), -1)


def cell_centre(page, key: str, row: int, unit: int, units: int) -> tuple[float, float]:
    """The point of the window over a cell."""
    box = page.locator(f"canvas[data-panel='{key}']").bounding_box()
    return box["x"] + (unit + 0.5) * box["width"] / units, box["y"] + (row + 0.5) * ROW


def number_of(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def said(panel, value) -> str:
    """What the table says of a value: a share as a percentage, a vote with its sign."""
    value = float(value)
    digits = lambda number: float(f"{number:.2e}")  # noqa: E731
    if panel.ramp in ("gates", "attention"):
        text = f"{digits(100 * value):g}%"
    elif panel.ramp != "classes":
        text = f"{digits(value):g}"
    else:
        text = f"{value:+.2f}" if abs(value) >= 0.095 else f"{digits(value):+g}"
    return text.replace("-", "\u2212")


def number_at_end(text: str) -> float:
    return number_of(re.search(r"([\u2212-]?[\d.]+(?:e[\u2212+-]?\d+)?)$", text)[1])


def luminance(colour) -> float:
    red, green, blue = (float(part) for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
