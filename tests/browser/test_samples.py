"""Explore with a model of series and one of pictures, in a browser: files, what if, the pad."""

import io

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.samples import Sample
from attnviz.samples.saving import save_table
from attnviz.samples.shipped import Shipped, save
from tests.browser.driving import open_models, reran, settled
from tests.browser.test_pages import violations

STEPS, CHANNELS = 37, ("I (A)", "V (V)", "T (°C)")
TIMES = tuple(f"{6 + step // 6:02}:{step % 6}0" for step in range(STEPS))


def day(seed: int, label: str | None = None, step: int = 10) -> Sample:
    values = np.random.default_rng(seed).normal(size=(STEPS, 3)).astype(np.float32)
    times = tuple(f"{6 + n * step // 60:02}:{n * step % 60:02}" for n in range(STEPS))
    about = {"channels": CHANNELS, "times": times, "step": float(step), "step_unit": "min"}
    return Sample(values, label, f"day-{seed}", marks=((5, 11, "shade"),), **about)


@pytest.fixture
def series_folder(build_network, tmp_path):
    settings = {"input": "series", "channels": list(CHANNELS), "step": 10.0, "step_unit": "min"}
    folder = tmp_path / "series"
    build_network(**settings).save_pretrained(folder)
    save(folder, [Shipped(day(1, "negative")), Shipped(day(2, "positive"))])
    return folder


@pytest.fixture
def rows_folder(build_network, tmp_path):
    folder = tmp_path / "rows"
    build_network(input="rows", picture=[11, 7, 1]).save_pretrained(folder)
    return folder


@pytest.fixture
def explore(new_page):
    """A function that opens Explore with a model of one's own."""

    def open_with(folder, **settings):
        page = new_page(**settings)
        page.locator(".token-table[data-painted]").wait_for()
        open_models(page)
        page.get_by_label("Open another: model folder on this computer").fill(str(folder))
        page.keyboard.press("Enter")
        page.locator(".sample-head").wait_for()
        expect(page.get_by_role("dialog")).to_have_count(0)
        settled(page)
        return page

    return open_with


def bring(page, name: str, data: bytes) -> None:
    """Upload a file; back when the page has taken it."""
    page.locator(".st-key-sample-file button").first.click()
    field = page.locator(".st-key-sample-upload input[type=file]")
    with reran(page):
        field.set_input_files({"name": name, "mimeType": "text/plain", "buffer": data})
    page.keyboard.press("Escape")
    settled(page)


@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 390)])
def test_a_page_about_a_sample_is_accessible(explore, series_folder, theme, width):
    viewport = {"width": width, "height": 900}
    page = explore(series_folder, color_scheme=theme, viewport=viewport)
    expect(page.locator(".answer .says")).to_be_visible()
    assert violations(page) == []
    page.locator(".st-key-what-if button").first.click()
    expect(page.get_by_text("Stretch", exact=True)).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_blanked_stretch_says_what_it_moved_and_undo_brings_it_back(explore, series_folder):
    page = explore(series_folder)
    before = page.locator(".answer .says").inner_text()
    page.locator(".st-key-what-if button").first.click()
    with reran(page):
        page.locator(".st-key-what-if-blank button").click()
    expect(page.locator(".answer .moved")).to_contain_text("→")
    page.keyboard.press("Escape")
    with reran(page):
        page.locator(".st-key-sample-undo button").click()
    expect(page.locator(".answer .moved")).to_have_count(0)
    assert page.locator(".answer .says").inner_text() == before


def test_a_day_of_another_step_is_read_and_said(explore, series_folder, tmp_path):
    save_table(tmp_path / "fast.csv", day(3, step=5))
    page = explore(series_folder)
    bring(page, "fast.csv", (tmp_path / "fast.csv").read_bytes())
    expect(page.locator(".sample-head p")).to_have_text("fast.csv")
    expect(page.get_by_text("5 min", exact=False).first).to_be_visible()


def test_a_file_of_many_samples_is_gone_through(explore, series_folder):
    file = io.BytesIO()
    X = np.random.default_rng(5).normal(size=(3, STEPS, 3))  # noqa: N806
    np.savez(file, X=X, y=np.array(["negative", "neutral", "positive"]))
    page = explore(series_folder)
    bring(page, "three.npz", file.getvalue())
    for number in (2, 3):
        with reran(page):
            page.locator(".st-key-sample-next button").click()
        expect(page.locator(".sample-head p")).to_contain_text(f"sample {number}")
    expect(page.locator(".st-key-sample-next button")).to_be_disabled()


def test_a_file_that_cannot_be_read_is_one_line_and_nothing_is_lost(explore, series_folder):
    page = explore(series_folder)
    bring(page, "pickled.npy", b"\x93NUMPY\x01\x00\x46\x00{'descr': '|O', 'fortran_order': False}")
    expect(page.locator("[data-testid=stAlert]")).to_have_count(1)
    expect(page.locator(".sample-head p")).to_have_text("negative")


def test_a_reload_comes_back_to_the_sample(explore, series_folder):
    page = explore(series_folder)
    with reran(page):
        page.locator(".st-key-try-day-2 button").click()
    expect(page.locator(".sample-head p")).to_have_text("positive")
    page.wait_for_url("**sample=day-2**")


def test_a_digit_is_drawn_with_the_pointer_and_with_the_keyboard(explore, rows_folder):
    page = explore(rows_folder)
    page.locator(".st-key-sample-draw button").first.click()
    pad = page.locator(".drawing-pad canvas")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 200, steps=7)
    with reran(page):
        page.mouse.up()
    expect(page.locator(".sample-head p")).to_have_text("Drawn by you")
    first = page.locator(".answer .ends").inner_text()
    pad.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    with reran(page):
        page.keyboard.press("Space")
    expect(page.locator(".answer .ends")).not_to_have_text(first)
    assert violations(page) == []
