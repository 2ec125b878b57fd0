"""The Training page in a real browser: what is drawn, what can be read, who can read it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.driving import open_models, reran, settled
from tests.browser.test_pages import violations
from tests.test_history import a_run

CHARTS = "[data-testid=stVegaLiteChart]"


@pytest.fixture
def open_run(new_page, model_folder):
    """A function that opens the page on a model whose gradient decays so much with each token."""

    def open_page(decay=0.9, address="", **settings):
        a_run(decay).save(model_folder)
        page = open_training(new_page, address, **settings)
        open_folder(page, model_folder)
        expect(page.locator(f"{CHARTS} svg, {CHARTS} canvas")).to_have_count(7)
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="hidden")
        settled(page)
        return page

    return open_page


def open_training(new_page, address="", **settings):
    """The page as people come to it, through its link."""
    page = new_page(address, **settings)
    link = page.get_by_role("link", name=re.compile("Training|训练")).first
    for _ in range(10):  # a click while the page is drawn for the first time goes nowhere
        link.click()
        page.wait_for_timeout(1_000)
        if "/training" in page.url:
            break
    settled(page)
    return page


def open_folder(page, folder):
    """Type a folder at the foot of the sheet of models."""
    open_models(page)
    label = re.compile("model folder on this computer|本机上的模型文件夹")
    field = page.get_by_label(label).and_(page.locator("input"))
    field.fill(str(folder))
    with reran(page):
        field.press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_training_page_is_drawn_and_accessible(open_run, scheme):
    page = open_run(color_scheme=scheme)
    expect(page.get_by_text("it vanishes, so the recurrence learns little").first).to_be_visible()
    page.get_by_text("The same as numbers").first.click()
    expect(page.locator("[data-testid=stDataFrame]").first).to_be_visible()
    assert violations(page) == []


def test_pointing_at_a_chart_tells_the_numbers_there(open_run):
    page = open_run()
    chart = page.locator(CHARTS).nth(2)  # the gradient norms
    chart.hover()  # waits until it is drawn and still
    box = chart.bounding_box()
    tooltip = page.locator("#vg-tooltip-element.visible")
    for share in (0.3, 0.6):
        page.mouse.move(box["x"] + share * box["width"] - 9, box["y"] + 80)
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 80, steps=3)
        expect(tooltip).to_contain_text("Recurrent layer 1")
        step = int(re.search(r"Step\s*(\d+)", tooltip.inner_text())[1])
        (entry,) = (entry for entry in a_run().steps if entry["step"] == step)
        expect(tooltip).to_contain_text(f"{entry['gradient_norms']['attention']:.4g}")
        page.mouse.move(5, 5)


def test_on_a_narrow_window_everything_fits_and_is_chinese(open_run):
    page = open_run(1.2, "/?language=%E4%B8%AD%E6%96%87")
    page.set_viewport_size({"width": 390, "height": 900})
    expect(page.locator(CHARTS).last).to_have_css("width", re.compile(r"^3\d\d"))
    settled(page)
    expect(page.get_by_text("梯度爆炸").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for chart in page.locator(CHARTS).all():
        box = chart.locator("svg, canvas").first.bounding_box()
        assert box["x"] + box["width"] <= 390


def test_a_model_without_a_record_gets_a_command_to_copy(new_page, model_folder):
    page = open_training(new_page)
    open_folder(page, model_folder)
    expect(page.get_by_text("This model has no record of its training.")).to_be_visible()
    expect(page.locator("[data-testid=stCode]")).to_contain_text("python -m attnviz train")
    page.keyboard.press("Escape")
    assert violations(page) == []
