"""The Explore page in a real browser: what is painted, pointed at, pinned and typed."""

from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.panels import panels, pick_units, row_labels, with_range
from tests.browser.driving import (
    ROW,
    assert_painted,
    await_repaint,
    bar_lengths,
    bitmaps,
    cell_centre,
    choose,
    five_digits,
    is_close,
    legends,
    luminance,
    number_at_end,
    number_of,
    painted,
    reran,
    type_text,
)


def shown(trace, order="variance", limit=16, only=(), mode="panel", **place):
    """The panels that the page's controls ask for; by default its first ones."""
    return with_range(
        [pick_units(panel, order, limit, only) for panel in panels(trace, **place)], mode
    )


def find(chosen, key):
    return next(panel for panel in chosen if panel.key == key)


# Painting


def test_the_first_visit_paints_every_panel_of_the_example(page, example):
    assert_painted(page, shown(example))
    expect(page.locator(".token bdi")).to_have_count(len(example.tokens))
    assert page.locator(".token bdi").all_inner_texts() == list(row_labels(example))


def test_bars_are_as_long_as_their_values(page, example):
    images = bitmaps(page)
    for key in ("attention", "votes"):
        panel = find(shown(example), key)
        image, (rows, units) = images[key], panel.values.shape
        if panel.signed:
            lengths = bar_lengths(image, units)
        else:
            lengths = (image[..., 3] > 0).reshape(rows, units, -1).sum(-1)
        longest = np.abs(lengths).max() / np.abs(panel.values).max()
        assert np.abs(lengths - panel.values * longest).max() <= 2, key


def test_a_typed_text_is_painted_on_ctrl_enter(page, shipped):
    text = "The plot is thin, but I laughed until the very end."
    type_text(page, text)
    trace = shipped.trace(text)
    assert_painted(page, shown(trace), exactly=False)
    expect(page.locator(".token")).to_have_count(len(trace.tokens))


def test_the_button_reads_the_text_too(page, shipped):
    before = painted(page)
    page.get_by_label("Your text").fill("Two words")
    page.get_by_role("button", name="Look inside").click()
    await_repaint(page, before)
    expect(page.locator(".token")).to_have_count(len(shipped.trace("Two words").tokens))


def test_the_same_text_again_is_not_painted_again(page):
    before = painted(page)
    frames = len(page.sent)
    with reran(page):
        page.get_by_role("button", name="Look inside").click()
    assert len(page.sent) > frames
    assert painted(page) == before


def test_hostile_texts_are_shown_and_not_run(page, shipped):
    text = "<img src=x onerror=\"document.title='run'\"> <b>bold</b> \u202eabc שלום 😀 **x** [a](b)"
    type_text(page, text)
    trace = shipped.trace(text)
    expect(page.locator(".token")).to_have_count(len(trace.tokens))
    assert page.locator(".token-table img, .token-table b").count() == 0
    assert "run" not in page.title()
    expect(page.get_by_label("Your text")).to_have_value(text)


def test_nothing_to_read_keeps_text_and_picture(page, example):
    page.get_by_label("Your text").fill("   ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("There is nothing to read")).to_be_visible()
    expect(page.get_by_label("Your text")).to_have_value("   ")
    assert_painted(page, shown(example))


def test_a_long_text_scrolls_inside_the_table(page, shipped):
    text = "The film was long and I loved every minute of it. " * 55
    trace = shipped.trace(text)
    assert len(trace.tokens) > 512
    type_text(page, text)
    assert_painted(page, shown(trace), exactly=False)
    scroll = page.locator(".scroll")
    inner, outer = scroll.evaluate("node => [node.scrollHeight, node.clientHeight]")
    assert inner > len(trace.tokens) * ROW > outer
    assert outer <= 0.85 * 1000
    scroll.scroll_into_view_if_needed()
    head = page.locator(".head").bounding_box()
    scroll.hover()
    page.mouse.wheel(0, inner - outer)
    expect(page.locator(".token").last).to_be_in_viewport()
    assert page.locator(".head").bounding_box()["y"] <= head["y"]
    expect(page.locator(".head")).to_be_in_viewport()
    column = 3
    x, y = cell_centre(page, "gates/forget", len(trace.tokens) - 1, column, 16)
    page.mouse.move(x, y)
    expect(page.locator(".tip-row")).to_have_text(
        f"token {len(trace.tokens)} of {len(trace.tokens)}"
    )
    value = find(shown(trace), "gates/forget").values[-1, column]
    assert is_close(number_of(page.locator(".tip-value").inner_text()), value)


# Pointing and pinning


@pytest.mark.parametrize("key", ["attention", "votes", "feature_maps/3", "gates/forget",
                                 "states/cell"])  # fmt: skip
def test_pointing_at_a_cell_reads_its_exact_value(page, example, key):
    panel = find(shown(example), key)
    rows, units = panel.values.shape
    for row, unit in ((0, 0), (rows - 1, units - 1), (rows // 2, units // 2)):
        page.locator(f"canvas[data-panel='{key}']").scroll_into_view_if_needed()
        page.mouse.move(*cell_centre(page, key, row, unit, units))
        expect(page.locator(".tooltip.shown")).to_be_visible()
        expect(page.locator(".tip-token")).to_have_text(row_labels(example)[row])
        expect(page.locator(".tip-row")).to_have_text(f"token {row + 1} of {rows}")
        assert panel.columns[unit] in page.locator(".tip-column").inner_text()
        said = number_of(page.locator(".tip-value").inner_text())
        assert said == five_digits(panel.values[row, unit])


def test_pointing_marks_the_row_in_every_panel_without_a_rerun(page):
    before, frames = painted(page), len(page.sent)
    page.locator(".scroll").evaluate("node => node.scrollIntoView()")
    for row in (1, 4, 2):
        page.mouse.move(*cell_centre(page, "votes", row, 0, 2))
        token = page.locator(".token").nth(row).bounding_box()
        mark = page.locator(".hover-mark")
        expect(mark).to_be_visible()
        page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => done(true)))")
        box = mark.bounding_box()
        assert (box["y"], box["height"]) == (token["y"], ROW)
        last = page.locator("canvas[data-panel]").last.bounding_box()
        assert box["x"] <= token["x"]
        assert box["x"] + box["width"] >= last["x"] + last["width"]
    page.mouse.move(1, 1)
    expect(page.locator(".hover-mark")).to_be_hidden()
    expect(page.locator(".tooltip.shown")).to_have_count(0)
    assert len(page.sent) == frames
    assert painted(page) == before


def test_a_click_pins_a_row_that_survives_a_change_and_escape_unpins(page, example):
    table = page.locator(".token-table")
    page.mouse.click(*cell_centre(page, "votes", 2, 0, 2))
    expect(table).to_have_attribute("data-pinned", "2")
    expect(page.locator(".readout")).to_be_visible()
    expect(page.locator(".live")).to_have_text(f"Pinned: {row_labels(example)[2]}")
    vote = number_at_end(page.locator(".readout-bars span").last.inner_text())
    assert vote == five_digits(find(shown(example), "votes").values[2, -1])
    choose(page, "Colour range", "Fixed")
    expect(table).to_have_attribute("data-pinned", "2")
    page.locator(".scroll").focus()
    page.keyboard.press("Escape")
    expect(table).to_have_attribute("data-pinned", "")
    expect(page.locator(".readout")).to_be_hidden()
    expect(page.locator(".live")).to_have_text("Nothing pinned")


def test_a_second_click_and_the_button_unpin(page):
    table = page.locator(".token-table")
    place = cell_centre(page, "votes", 1, 0, 2)
    page.mouse.click(*place)
    expect(table).to_have_attribute("data-pinned", "1")
    page.mouse.click(*place)
    expect(table).to_have_attribute("data-pinned", "")
    page.mouse.click(*place)
    page.get_by_role("button", name="Unpin").click()
    expect(table).to_have_attribute("data-pinned", "")
    expect(page.locator(".scroll")).to_be_focused()


def test_another_text_unpins(page):
    page.mouse.click(*cell_centre(page, "votes", 2, 0, 2))
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", "2")
    type_text(page, "A different text altogether")
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", "")


# The keyboard


def test_arrows_move_from_cell_to_cell_and_are_read_out(page, example):
    page.locator(".scroll").focus()
    live, labels = page.locator(".live"), row_labels(example)
    rows = len(labels)
    page.keyboard.press("ArrowDown")
    expect(live).to_have_text(f"{labels[1]}, token 2 of {rows}")
    page.keyboard.press("ArrowRight")
    expect(live).to_contain_text(f"{labels[1]}, Attention, head 0, ")
    assert number_at_end(live.inner_text()) == five_digits(example.attention[1, 0])
    page.keyboard.press("Control+ArrowRight")
    expect(live).to_contain_text(f"{labels[1]}, Votes, {example.labels[0]}, ")
    assert number_at_end(live.inner_text()) == five_digits(example.votes[1, 0])
    page.keyboard.press("End")
    last = shown(example)[-1]
    expect(live).to_contain_text(f"{labels[1]}, {last.title}, unit {last.columns[-1]}, ")
    assert number_at_end(live.inner_text()) == five_digits(last.values[1, -1])
    expect(page.locator(".cell-mark")).to_be_in_viewport()
    page.keyboard.press("Control+Home")
    expect(live).to_have_text(f"{labels[0]}, token 1 of {rows}")
    page.keyboard.press("ArrowUp")  # stays inside
    page.keyboard.press("ArrowLeft")
    expect(live).to_have_text(f"{labels[0]}, token 1 of {rows}")


def test_enter_pins_and_the_table_is_a_labelled_grid(page):
    grid = page.get_by_role("grid", name="Tokens and what the network did at each of them")
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", "1")
    page.keyboard.press("Escape")
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", "")


def test_the_keyboard_reaches_the_table_and_leaves_it(page):
    page.get_by_role("button", name="Panels").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".scroll")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".scroll")).not_to_be_focused()


# Controls


def test_panels_can_be_hidden(page, example):
    before = painted(page)
    page.get_by_role("button", name="Panels").click()
    page.locator("[data-testid=stPopoverBody]").get_by_role("button", name="Votes").click()
    await_repaint(page, before)
    chosen = [panel for panel in shown(example) if panel.key != "votes"]
    assert_painted(page, chosen)


def test_units_can_be_ordered_counted_and_picked(page, example):
    choose(page, "Units", "By number")
    assert_painted(page, shown(example, "index"))
    choose(page, "How many", "32")
    assert_painted(page, shown(example, "index", 32))
    choose(page, "Units", "Largest value first")
    assert_painted(page, shown(example, "largest value", 32))
    before = painted(page)
    page.get_by_label("Only these units").fill("3, 17, 20-31")
    page.keyboard.press("Enter")
    await_repaint(page, before)
    only = [3, 17, *range(20, 32)]
    assert_painted(page, shown(example, "largest value", 32, only))


def test_all_units_of_all_panels_are_painted(page, example):
    choose(page, "How many", "all")
    assert_painted(page, shown(example, limit=None))


def test_the_backward_direction_is_painted_when_chosen(page, example):
    before = painted(page)
    page.get_by_text("Backward", exact=True).click()
    await_repaint(page, before)
    assert_painted(page, shown(example, direction="backward"))


def test_the_colour_range_changes_legend_and_colours(page, example):
    def ends(key):
        place = [panel.key for panel in shown(example)].index(key)
        texts = page.locator(".panel-head .ends").nth(place).locator("span").all_inner_texts()
        return [number_of(text) for text in texts]

    forget = find(shown(example), "gates/forget")
    assert ends("gates/forget") == [float(f"{end:.1e}") for end in (forget.low, forget.high)]
    choose(page, "Colour range", "Fixed")
    assert ends("gates/forget") == [0, 1]
    assert ends("states/cell") == [-1, 0, 1]
    assert_painted(page, shown(example, mode="fixed"))
    choose(page, "Colour range", "Panels alike")
    assert ends("gates/input") == ends("gates/forget") == ends("gates/output")
    assert_painted(page, shown(example, mode="family"))


def test_controls_keep_their_choice_when_the_text_changes(page, shipped):
    choose(page, "Units", "By number")
    choose(page, "Colour range", "Fixed")
    type_text(page, "Another text for the same controls")
    trace = shipped.trace("Another text for the same controls")
    assert_painted(page, shown(trace, "index", mode="fixed"), exactly=False)


# Windows and themes


def test_the_dark_theme_has_its_own_palette(new_page, example):
    page = new_page(color_scheme="dark")
    page.locator(".token-table[data-painted]").wait_for()
    assert_painted(page, shown(example))
    forget = [panel.key for panel in shown(example)].index("gates/forget")
    palette = legends(page)[forget]
    assert luminance(palette[0]) < 60 < 200 < luminance(palette[-1])


def test_the_light_theme_runs_from_light_to_dark(page, example):
    forget = [panel.key for panel in shown(example)].index("gates/forget")
    palette = legends(page)[forget]
    assert luminance(palette[0]) > 200 > 60 > luminance(palette[-1])
    assert all(luminance(one) >= luminance(other) - 1 for one, other in pairwise(palette))


@pytest.mark.parametrize("width", [320, 400])
def test_a_narrow_window_never_scrolls_sideways(new_page, width):
    page = new_page(viewport={"width": width, "height": 800})
    page.locator(".token-table[data-painted]").wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    scroll = page.locator(".scroll")
    assert scroll.evaluate("node => node.scrollWidth > node.clientWidth")
    box = page.locator(".token-table").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
