"""Every page of `screenshots`: accessible in both themes and languages, and never too wide."""

import shutil

import pytest

from tests.browser.screenshots import LANGUAGES, SCENES, Scene, address_of, quiet, score
from tests.browser.test_pages import violations

WIDTHS = (1920, 1280, 1024, 700, 390)  # 700: what a window of 1400 holds at 200 %


@pytest.fixture(scope="module")
def first(server_log):
    """A scored file in each language, and the row of its first mistake."""
    runs = server_log.parent / "runs"
    shutil.rmtree(runs, ignore_errors=True)
    yield {language: score(language, runs) for language in LANGUAGES}
    shutil.rmtree(runs, ignore_errors=True)


def go_to(page, app, scene: Scene, language: str, first: dict) -> None:
    page.goto(app + address_of(scene, language, first))
    quiet(page)
    scene.act(page, language)
    quiet(page)


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh")])
def test_every_page_is_accessible(new_page, app, first, theme, language):
    page = new_page(color_scheme=theme, viewport={"width": 1400, "height": 900})
    found = {}
    for scene in SCENES:
        go_to(page, app, scene, language, first)
        if lines := violations(page):
            found[scene.name] = lines
    assert not found


def test_no_page_is_wider_than_its_window(new_page, app, first):
    page = new_page(viewport={"width": 1400, "height": 900})
    wide = []
    for scene in SCENES:
        go_to(page, app, scene, "en", first)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(150)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((scene.name, width))
        page.set_viewport_size({"width": 1400, "height": 900})
    assert not wide
