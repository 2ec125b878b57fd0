"""Networks of every kind in a real browser, opened by their path as a user's own."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.classifier import Classifier
from attnviz.panels import row_labels
from tests.browser.driving import (
    assert_painted,
    await_repaint,
    cell_centre,
    choose,
    number_of,
    open_models,
    open_units,
    painted,
    said,
    settled,
    speak,
    text_of,
    type_text,
)
from tests.browser.test_pages import violations
from tests.browser.test_token_table import find, shown
from tests.networks import NETWORKS


@pytest.fixture
def open_network(build_network, tokenizer, tmp_path):
    """A function that opens a network of `NETWORKS` on a page and gives it as a classifier."""

    def open_on(page, kind: str) -> Classifier:
        folder = tmp_path / kind.replace(" ", "-")
        build_network(**NETWORKS[kind]).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        open_folder(page, folder)
        return Classifier.from_pretrained(folder)

    return open_on


def open_folder(page, folder: Path):
    before = painted(page)
    open_models(page)
    page.get_by_label("Open another: model folder on this computer").fill(str(folder))
    page.keyboard.press("Enter")
    await_repaint(page, before)
    expect(page.get_by_role("dialog")).to_have_count(0)  # it closes with what was chosen
    settled(page)


def titles(page) -> list[str]:
    """The terms in the panels' titles, without the plain words before them."""
    return page.locator(".panel-head .title > :last-child").all_inner_texts()


def charts(page):
    return page.locator("[data-testid=stVegaLiteChart]")


@pytest.mark.parametrize("kind", ["gru", "peephole", "cnn", "lstm", "lstm-cnn", "everything"])
def test_every_panel_of_a_network_is_painted(page, open_network, kind):
    classifier = open_network(page, kind)
    assert_painted(page, shown(classifier.trace(text_of(page))), exactly=False)
    type_text(page, "A slow, bad evening; but good music.")
    trace = classifier.trace("A slow, bad evening; but good music.")
    assert_painted(page, shown(trace), exactly=False)
    expect(charts(page)).to_have_count(int(trace.channel_attention is not None))


def test_self_attention_is_painted_in_the_order_of_the_text_and_read_out(page, open_network):
    classifier = open_network(page, "self-attention")
    type_text(page, "Good film, bad music")
    trace = classifier.trace("Good film, bad music")
    choose(page, "Order", "Largest value first")
    page.keyboard.press("Escape")
    assert_painted(page, shown(trace, "largest value"), exactly=False)
    rows, labels = len(trace.tokens), row_labels(trace)
    canvas = page.locator("canvas[data-panel='self_attention/1']")
    canvas.scroll_into_view_if_needed()
    for row, column in ((0, rows - 1), (2, 1)):
        page.mouse.move(*cell_centre(page, "self_attention/1", row, column, rows))
        expect(page.locator(".tip-panel")).to_have_text("Self-attention, head 1")
        expect(page.locator(".tip-token")).to_have_text(labels[row])
        name = f"{column + 1} {labels[column]}"
        expect(page.locator(".tip-column")).to_have_text(f"reads {name}")
        share = number_of(page.locator(".tip-value").inner_text().rstrip("%"))
        assert share == pytest.approx(100 * trace.self_attention[1, row, column], rel=6e-3)


def test_a_long_text_fits_its_self_attention(page, open_network):
    classifier = open_network(page, "self-attention")
    text = "The film was long and good. " * 40
    trace = classifier.trace(text)
    assert len(trace.tokens) == 101  # as many as the tiny model reads
    type_text(page, text)
    assert_painted(page, shown(trace), exactly=False)
    width = page.locator("canvas[data-panel='self_attention/0']").bounding_box()["width"]
    assert width == 2 * 101  # px: no cell is narrower than two


def test_weighed_maps_tell_their_weights_and_a_chart_draws_them(page, open_network):
    classifier = open_network(page, "channels")
    type_text(page, "Good film, bad music")
    trace = classifier.trace("Good film, bad music")
    panel = find(shown(trace), "channel_attention/3")
    units = len(panel.columns)
    page.locator("canvas[data-panel='channel_attention/3']").scroll_into_view_if_needed()
    page.mouse.move(*cell_centre(page, panel.key, 1, 2, units))
    expect(page.locator(".tip-column")).to_have_text(f"filter {panel.columns[2]}")
    expect(page.locator(".tip-value")).to_have_text(said(panel, panel.values[1, 2]))
    chart = charts(page).first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box["height"] > 100
    assert box["width"] > 1000
    assert len(chart.screenshot()) > 5_000  # bars and names, not a blank


def test_hidden_panels_stay_hidden_and_those_of_another_cell_are_shown(page, open_network):
    before = painted(page)
    open_units(page)
    page.locator("[data-testid=stPopoverBody]").get_by_role("button", name="Votes").click()
    await_repaint(page, before)
    page.keyboard.press("Escape")
    classifier = open_network(page, "gru")
    chosen = [p for p in shown(classifier.trace(text_of(page))) if p.key != "votes"]
    assert_painted(page, chosen, exactly=False)
    assert titles(page)[-4:] == ["reset gate", "update gate", "new state", "hidden state"]


def test_the_picker_tells_networks_apart_and_leads_back(page, open_network, example):
    open_network(page, "gru")
    open_models(page)
    rows = page.get_by_role("dialog").locator("[class*='st-key-row-']")
    gru = rows.filter(has_text="CNN → 2 × BiGRU → additive attention")
    expect(gru).to_have_count(1)
    expect(gru.get_by_role("button")).to_have_text(re.compile("gru$"))
    first = rows.filter(has=page.get_by_role("button", name="en-sentiment", exact=True))
    expect(first).to_contain_text("CNN → BiLSTM")
    before = painted(page)
    first.get_by_role("button").click()
    await_repaint(page, before)
    assert text_of(page) == example.text
    assert_painted(page, shown(example))


def test_a_network_that_was_opened_stays_and_speaks_chinese(page, open_network):
    open_network(page, "gru")
    settled(page)
    before = painted(page)
    speak(page, "中")
    await_repaint(page, before)
    assert titles(page)[-4:] == ["重置门", "更新门", "候选状态", "隐藏状态"]


@pytest.mark.parametrize("width", [320, 400])
@pytest.mark.parametrize("kind", ["everything", "heads"])
def test_no_network_makes_a_narrow_window_scroll_sideways(new_page, open_network, width, kind):
    page = new_page(viewport={"width": width, "height": 800})
    page.locator(".token-table[data-painted]").wait_for()
    open_network(page, kind)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_network_with_everything_is_accessible(new_page, open_network, scheme):
    page = new_page(color_scheme=scheme)
    page.locator(".token-table[data-painted]").wait_for()
    classifier = open_network(page, "everything")
    assert np.isfinite(classifier.trace(text_of(page)).votes).all()
    assert violations(page) == []
