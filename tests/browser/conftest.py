"""The real app, started once, and a real Chromium that reports everything it is unhappy about."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.driving import settled
from tests.browser.serving import ARGUMENTS, BROWSERS, find_chromium, serve

TIMEOUT = 60_000  # ms: on a busy machine, the first text waits for torch
LOCAL = ("127.0.0.1", "localhost", "::1", None)


@pytest.fixture(scope="package")
def chromium() -> str:
    """The path of a Chromium. A machine for all checks must have one; elsewhere the tests skip."""
    path = find_chromium()
    if path is None and os.environ.get("CI"):
        pytest.fail(f"none of {', '.join(BROWSERS)} is on the PATH; install chromium")
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    return path


@pytest.fixture(scope="package")
def browser(chromium):
    # Ends with this folder: its event loop must not run beneath other tests.
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def server_log(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("server") / "log.txt"


@pytest.fixture
def runs(server_log) -> Iterator[Path]:
    """Where the app keeps its runs: empty before and after."""
    folder = server_log.parent / "runs"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def app(server_log):
    """The address of the app."""
    with serve(server_log) as address:
        yield address


@pytest.fixture(scope="package")
def window(browser):
    """What pages share: the browser's memory of Streamlit's own files, which costs a second each
    time; every page is a session of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    yield context
    context.close()


@pytest.fixture
def new_page(browser, window, app, server_log):
    """A function that opens the app; settings are Playwright's, for a window of its own.

    When the test ends, no page may have had an error in its console, a script may not have thrown,
    nothing may have been asked of another host, and the server may not have logged a traceback.
    """
    problems, opened = [], []
    logged = server_log.stat().st_size

    def watch(request):
        if urlsplit(request.url).hostname not in LOCAL:
            problems.append(f"request to another host: {request.url}")

    def listen_to(message):
        # Where an address names a page, Streamlit asks below it first for what lies at the root.
        below = re.search(r"/\w+/_stcore/(health|host-config)$", message.location.get("url", ""))
        if message.type == "error" and not below:
            problems.append(f"console: {message.text}")

    def open_page(path: str = "", **settings):
        settings = settings and {"viewport": {"width": 1440, "height": 1000}} | settings
        context = browser.new_context(**settings) if settings else window
        page = context.new_page()
        opened.append(context if settings else page)
        page.set_default_timeout(TIMEOUT)
        page.on("request", watch)
        page.on("pageerror", lambda error: problems.append(f"thrown: {error}"))
        page.on("console", listen_to)
        page.sent, received = [], []  # what went over the websocket
        page.runs = lambda: sum(map(_says_finished, received))

        def listen(socket):
            # Playwright refuses methods of builtins as listeners.
            socket.on("framesent", lambda frame: page.sent.append(frame))
            socket.on("framereceived", lambda frame: received.append(frame))

        page.on("websocket", listen)
        page.goto(app + path)
        return page

    yield open_page
    for page_or_context in opened:
        page_or_context.close()
    with server_log.open("rb") as log:
        log.seek(logged)
        said = _without_early_goodbyes(log.read().decode("utf-8", "replace"))
    if "Traceback" in said:
        problems.append(f"the server logged:\n{said}")
    assert not problems, "\n".join(problems)


def _without_early_goodbyes(said: str) -> str:
    """A log without what the server of Streamlit logs where a page closes while it connects."""
    first, *raised = said.split("Exception in ASGI application")
    kept = [part for part in raised if "WebSocket is not connected. Need to call" not in part]
    return first + "".join(kept)


def _says_finished(frame: bytes) -> bool:
    return ForwardMsg.FromString(frame).WhichOneof("type") == "script_finished"


@pytest.fixture
def page(new_page):
    """The Explore page with the stored example painted and the model loaded."""
    page = new_page()
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    return page


@pytest.fixture(scope="package")
def model_path() -> Path:
    """The model that the app opens first."""
    from attnviz.ui.state import PRETRAINED, models_at_hand

    found = models_at_hand()
    if not found:
        pytest.fail(f"there is no model in {PRETRAINED}")
    return Path(found[0])


@pytest.fixture(scope="package")
def shipped(model_path):
    """The same model in this process, to know what the page should show."""
    from attnviz.classifier import Classifier

    return Classifier.from_pretrained(model_path)


@pytest.fixture(scope="package")
def example(model_path):
    """The trace that stands on the page before anything is typed."""
    from attnviz.folders import example_path
    from attnviz.trace import Trace

    return Trace.load(example_path(model_path))
