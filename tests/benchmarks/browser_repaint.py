"""From a changed text to the new picture: `python -m tests.benchmarks.browser_repaint`.

In a real Chromium, with the app's own server, in the page's own clock. A text change starts at the
keydown of Ctrl + Enter and ends when the token table has painted all panels. An empty rerun starts
at the click on “Look inside” with the text unchanged and ends when the server's message that the
script has finished arrives, so it holds the same script, the same widgets and nothing new to
compute or paint. Both are done in turn; printed are the median of the ratios, with the lowest and
the highest, and both medians in milliseconds.
"""

import statistics
import sys
import tempfile
import time
from base64 import b64decode
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.pairs import line
from tests.browser.driving import choose, painted, type_text
from tests.browser.serving import ARGUMENTS, find_chromium, serve

CASES = ((30, "16"), (512, "16"), (512, "all"))  # words, units of each panel
ROUNDS = 21
WORDS = ("good", "film", "bad", "music", "the", "end", "was", "not", "very", "long")

# Notes when keys and clicks begin, when short messages arrive, when the table has been painted.
NOTE_TIMES = """
window.starts = []; window.paints = []; window.messages = [];
for (const kind of ['keydown', 'click'])
  addEventListener(kind, event => {
    if (event.key !== 'Control') starts.push(performance.now());
  }, true);
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', async ({ data }) => {
      const now = performance.now();
      const bytes = new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data);
      if (bytes.length < 2000) messages.push([now, btoa(String.fromCharCode(...bytes))]);
    });
  }
};
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  new MutationObserver(() => paints.push(performance.now())).observe(root, {
    subtree: true, attributeFilter: ['data-painted'],
  });
  return root;
};
"""


def finished_at(page: Page) -> list[float]:
    """When the messages arrived that say that a script has finished."""
    return [
        at
        for at, frame in page.evaluate("messages")
        if ForwardMsg.FromString(b64decode(frame)).WhichOneof("type") == "script_finished"
    ]


def wait_finished(page: Page, before: int) -> None:
    end = time.monotonic() + 60
    while len(finished_at(page)) <= before:
        if time.monotonic() > end:
            raise TimeoutError("the script did not finish")
        page.wait_for_timeout(30)
    page.wait_for_timeout(150)  # let the page render what is left


def open_field(page: Page) -> None:
    """The field to type in, in place of the shaded text; back when that run is over."""
    page.evaluate("messages.length = 0")
    page.get_by_role("button", name="Edit text").click()
    wait_finished(page, 0)


def change_text(page: Page, text: str) -> tuple[float, float]:
    """Milliseconds until all is painted, and until the script has finished."""
    open_field(page)
    page.get_by_label("Your text").fill(text)
    page.evaluate("starts.length = paints.length = messages.length = 0")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("paints.length > 0")
    wait_finished(page, 0)
    start = page.evaluate("starts[0]")
    return page.evaluate("paints[0]") - start, finished_at(page)[0] - start


def rerun(page: Page) -> float:
    """Milliseconds that a rerun takes in which nothing is new but that the field is closed."""
    open_field(page)
    page.evaluate("starts.length = paints.length = messages.length = 0")
    page.get_by_role("button", name="Look inside").click()
    wait_finished(page, 0)
    assert page.evaluate("paints.length") == 0, "an empty rerun painted"
    return finished_at(page)[0] - page.evaluate("starts[0]")


def measure(page: Page, words: int) -> str:
    changed, whole, empty, inside = [], [], [], []
    for number in range(ROUNDS + 2):
        text = " ".join(WORDS[(number + place * place) % len(WORDS)] for place in range(words))
        to_paint, to_end = change_text(page, text)
        inside.append(
            page.evaluate("performance.getEntriesByName('attnviz:token-table')[0].duration")
        )
        changed.append(to_paint)
        whole.append(to_end)
        empty.append(rerun(page))
    changed, whole, empty, inside = (part[2:] for part in (changed, whole, empty, inside))
    middle = statistics.median(empty)
    pairs = [one / other for one, other in zip(changed, empty, strict=True)]
    ends = [one / other for one, other in zip(whole, empty, strict=True)]
    return "\n".join(
        (
            line("  text change → painted / empty rerun (≤ 1.5)", pairs,
                 statistics.median(changed), middle),
            line("  text change → script finished / empty rerun", ends,
                 statistics.median(whole), middle),
            f"  of which the table's own work: {statistics.median(inside):.1f} ms",
        )
    )  # fmt: skip


def main() -> None:
    path = find_chromium()
    if path is None:
        sys.exit("there is no Chromium on this machine")
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "log.txt") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.add_init_script(NOTE_TIMES)
        page.goto(address)
        page.locator(".token-table[data-painted]").wait_for()
        type_text(page, "The model is loaded now.")
        page.wait_for_timeout(2000)
        shown = ""
        for words, units in CASES:
            if units != shown:
                choose(page, "How many", units)
                page.keyboard.press("Escape")
                shown = units
            print(f"{words} words, {units} units, painted {painted(page)} times so far")
            print(measure(page, words), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
