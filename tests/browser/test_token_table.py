"""The Explore page in a real browser: what is painted, pointed at, pinned and typed."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.colours import CLASSES
from attnviz.panels import panels, pick_units, row_labels, unit_order, with_range
from tests.browser.driving import (
    ROW,
    ask,
    assert_painted,
    await_repaint,
    bar_ends,
    bitmaps,
    cell_centre,
    choose,
    edit,
    number_of,
    open_units,
    painted,
    reran,
    said,
    settled,
    speak,
    type_text,
)

INSET = 4  # px of the bitmap between a bar and its neighbour column


def shown(trace, order=None, limit=0, only=(), mode="panel", **place):
    """The panels that the page's controls ask for; by default the strongest filters and the units
    of the last layer that vary most, in one order for all gates and states. A `limit` of None is
    no limit."""
    whole = panels(trace, **{"layer": -1} | place)
    units = unit_order(whole, order or "variance")

    def pick(panel):
        of_units = panel.group == "remembers"
        most = (16 if of_units else 12) if limit == 0 else limit
        return pick_units(panel, units if of_units else order or "largest value", most, only)

    return with_range([pick(panel) for panel in whole], mode)


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
        image, units = images[key], panel.values.shape[1]
        room = image.shape[1] // units - 2 * INSET
        place = INSET + (panel.values - panel.low) / (panel.high - panel.low) * room
        zero = INSET + (0 - panel.low) / (panel.high - panel.low) * room
        ends = bar_ends(image, units)
        long = np.abs(place - zero) > 2
        assert long.any()
        right = long & (panel.values > 0)
        assert np.abs(ends[..., 1] + 1 - place)[right].max() <= 1, key
        assert np.abs(ends[..., 0] - zero)[right].max() <= 1, key
        left = long & (panel.values < 0)
        if left.any():
            assert np.abs(ends[..., 0] - place)[left].max() <= 1, key


def test_a_vote_has_the_hue_of_the_class_that_it_speaks_for(page, example):
    panel, image = find(shown(example), "votes"), bitmaps(page)["votes"]
    rival = 1 - int(example.probabilities.argmax())
    for row in np.argsort(-np.abs(panel.values[:, 0]))[:3]:
        place = 1 - rival if panel.values[row, 0] > 0 else rival
        colour = CLASSES["light"][place]
        painted = image[row][image[row][:, 3] > 0][:, :3]
        assert "#" + "".join(f"{part:02x}" for part in painted[0]) == colour


def test_what_is_large_is_written_beside_its_bar(page, example):
    for key in ("votes", "attention"):
        panel = find(shown(example), key)
        texts = page.locator(f".panel:has([data-panel='{key}']) .number").all_inner_texts()
        large = panel.values[np.abs(panel.values) >= panel.named]
        assert len(texts) == len(large) > 0
    assert "71%" in texts


def test_a_typed_text_is_painted_on_ctrl_enter(page, shipped):
    text = "The plot is thin, but I laughed until the very end."
    type_text(page, text)
    trace = shipped.trace(text)
    assert_painted(page, shown(trace), exactly=False)
    expect(page.locator(".token")).to_have_count(len(trace.tokens))


def test_the_button_reads_the_text_too(page, shipped):
    before = painted(page)
    edit(page)
    page.get_by_label("Your text").fill("Two words")
    page.get_by_role("button", name="Look inside").click()
    await_repaint(page, before)
    expect(page.locator(".token")).to_have_count(len(shipped.trace("Two words").tokens))


def test_the_same_text_again_is_not_painted_again(page):
    edit(page)
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
    assert page.locator(".shaded-text").text_content() == text


def test_nothing_to_read_keeps_text_and_picture(page, example):
    edit(page)
    page.get_by_label("Your text").fill("   ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("There is nothing to read")).to_be_visible()
    expect(page.get_by_label("Your text")).to_have_value("   ")
    assert_painted(page, shown(example))


def test_of_a_long_text_the_page_scrolls_and_the_head_stays(page, shipped):
    text = "The film was long and I loved every minute of it. " * 55
    trace = shipped.trace(text)
    rows = len(trace.tokens)
    assert rows > 512
    type_text(page, text)
    assert_painted(page, shown(trace), exactly=False)
    assert page.locator(".scroll").evaluate("node => node.clientHeight") >= rows * ROW
    expect(page.locator(".overview")).to_be_visible()
    settled(page)
    box = page.locator(".overview").bounding_box()
    page.locator(".overview").click(position={"x": box["width"] - 2, "y": box["height"] / 2})
    expect(page.locator(".token").last).to_be_in_viewport()
    expect(page.locator(".head")).to_be_in_viewport()
    column = 3
    page.mouse.move(*cell_centre(page, "gates/forget", rows - 1, column, 16))
    expect(page.locator(".tip-row")).to_have_text(f"token {rows} of {rows}")
    value = find(shown(trace), "gates/forget").values[-1, column]
    assert abs(number_of(page.locator(".tip-value").inner_text().rstrip("%")) - 100 * value) < 0.5


def test_a_short_text_has_no_overview(page):
    expect(page.locator(".overview")).to_be_hidden()


# The shaded text


def test_a_click_on_a_word_pins_its_row_and_a_pinned_row_frames_its_word(page, example):
    words = page.locator(".shaded-text span")
    words.get_by_text("lazy", exact=True).click()
    row = example.surfaces.index("lazy")
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", str(row))
    page.mouse.click(*cell_centre(page, "votes", 3, 0, 1))
    expect(page.locator(".shaded-text .pinned")).to_have_text(example.surfaces[3])


def test_the_frame_of_a_pinned_word_outlives_a_rerun_and_the_field(page, example):
    page.locator(".shaded-text span").get_by_text("lazy", exact=True).click()
    framed = page.locator(".shaded-text .pinned")
    expect(framed).to_have_text("lazy")
    speak(page, "中")
    expect(framed).to_have_text("lazy")
    speak(page, "EN")
    edit(page)
    page.get_by_role("button", name="Look inside").click()
    expect(framed).to_have_text("lazy")
    row = str(example.surfaces.index("lazy"))
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", row)


def test_a_word_pins_no_row_of_a_table_whose_rows_are_units(page, example):
    ask(page, "gates")
    with reran(page):
        page.get_by_text("Weights and bias").click()
    weights = page.locator(".st-key-explore-gates-weights .token-table")
    unit = weights.get_attribute("data-pinned")
    page.locator(".shaded-text span").get_by_text("lazy", exact=True).click()
    row = example.surfaces.index("lazy")
    framed = page.locator(".shaded-text .pinned")
    expect(framed).to_have_text("lazy")
    assert row != int(unit)
    expect(weights).to_have_attribute("data-pinned", unit)
    weights.locator(".token").nth(row + 1).click()
    expect(weights).to_have_attribute("data-pinned", str(row + 1))
    expect(framed).to_have_text("lazy")


def test_the_token_in_the_address_is_pinned_until_it_is_unpinned(new_page, example):
    page = new_page("/?token=3")
    table = page.locator(".token-table")
    expect(table).to_have_attribute("data-pinned", "2")
    expect(page.locator(".shaded-text .pinned")).to_have_text(example.surfaces[2])
    with reran(page):
        page.get_by_role("button", name="Unpin").click()
    expect(table).to_have_attribute("data-pinned", "")
    expect(page).not_to_have_url(re.compile("token="))
    with reran(page):
        page.mouse.click(*cell_centre(page, "votes", 4, 0, 1))
    expect(page).to_have_url(re.compile("token=5"))
    page.reload()
    expect(table).to_have_attribute("data-pinned", "4")


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
        if panel.mark == "cells":
            assert panel.columns[unit] in page.locator(".tip-column").inner_text()
        expect(page.locator(".tip-value")).to_have_text(said(panel, panel.values[row, unit]))


def test_a_tooltip_says_what_the_number_means(page, example):
    panel = find(shown(example), "gates/forget")
    row = example.surfaces.index("lazy")
    page.mouse.move(*cell_centre(page, "gates/forget", row, 0, 16))
    expect(page.locator(".tip-meaning")).to_have_text(
        "of what this unit had stored before it read “lazy” is kept."
    )
    votes = find(shown(example), "votes").values[:, 0]
    for row, label in ((int(votes.argmax()), 0), (int(votes.argmin()), 1)):
        page.mouse.move(*cell_centre(page, "votes", row, 0, 1))
        expect(page.locator(".tip-meaning")).to_have_text(
            f"This position moves the answer towards {example.labels[label]}."
        )
    assert panel.low == 0


def test_one_unit_is_marked_in_every_gate_and_state(page, example):
    page.mouse.move(*cell_centre(page, "gates/input", 2, 5, 16))
    marks = page.locator(".column-mark:not([hidden])")
    expect(marks).to_have_count(6)
    for number, key in enumerate(panel.key for panel in shown(example) if panel.columns[5:]):
        if key.startswith(("gates", "states")):
            box = page.locator(f"canvas[data-panel='{key}']").bounding_box()
            lefts = [mark.bounding_box()["x"] for mark in marks.all()]
            assert min(abs(left - (box["x"] + 5 * box["width"] / 16)) for left in lefts) < 1, number


def test_panels_beyond_the_right_edge_are_named(page):
    more = page.locator(".more")
    expect(more).to_contain_text("Hidden state")
    page.locator(".scroll").evaluate("node => (node.scrollLeft = node.scrollWidth)")
    expect(more).to_be_hidden()


def test_pointing_marks_the_row_in_every_panel_without_a_rerun(page):
    before, frames = painted(page), len(page.sent)
    page.locator(".scroll").evaluate("node => node.scrollIntoView()")
    for row in (1, 4, 2):
        page.mouse.move(*cell_centre(page, "votes", row, 0, 1))
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
    page.mouse.click(*cell_centre(page, "votes", 2, 0, 1))
    expect(table).to_have_attribute("data-pinned", "2")
    expect(page.locator(".readout")).to_be_visible()
    expect(page.locator(".live")).to_have_text(f"Pinned: {row_labels(example)[2]}")
    votes = find(shown(example), "votes")
    expect(page.locator(".readout-bars span").first).to_have_text(
        f"Votes: {said(votes, votes.values[2, 0])}"
    )
    choose(page, "Colour range", "Panels alike")
    expect(table).to_have_attribute("data-pinned", "2")
    page.keyboard.press("Escape")  # closes the settings
    page.locator(".scroll").focus()
    page.keyboard.press("Escape")
    expect(table).to_have_attribute("data-pinned", "")
    expect(page.locator(".readout")).to_be_hidden()
    expect(page.locator(".live")).to_have_text("Nothing pinned")


def test_a_second_click_and_the_button_unpin(page):
    table = page.locator(".token-table")
    place = cell_centre(page, "votes", 1, 0, 1)
    page.mouse.click(*place)
    expect(table).to_have_attribute("data-pinned", "1")
    page.mouse.click(*place)
    expect(table).to_have_attribute("data-pinned", "")
    page.mouse.click(*place)
    page.get_by_role("button", name="Unpin").click()
    expect(table).to_have_attribute("data-pinned", "")
    expect(page.locator(".scroll")).to_be_focused()


def test_another_text_unpins(page):
    page.mouse.click(*cell_centre(page, "votes", 2, 0, 1))
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
    votes, attention, *_, last = shown(example)
    expect(live).to_have_text(f"{labels[1]}, Votes, Votes, {said(votes, votes.values[1, 0])}")
    page.keyboard.press("Control+ArrowRight")
    value = said(attention, attention.values[1, 0])
    expect(live).to_have_text(f"{labels[1]}, Attention, Attention, {value}")
    page.keyboard.press("End")
    value = said(last, last.values[1, -1])
    expect(live).to_have_text(f"{labels[1]}, {last.title}, unit {last.columns[-1]}, {value}")
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
    page.locator(".st-key-explore-more button").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".scroll")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".scroll")).not_to_be_focused()


# Controls


def test_panels_can_be_hidden(page, example):
    before = painted(page)
    open_units(page)
    page.locator("[data-testid=stPopoverBody]").get_by_role("button", name="Votes").click()
    await_repaint(page, before)
    chosen = [panel for panel in shown(example) if panel.key != "votes"]
    assert_painted(page, chosen)


def test_units_can_be_ordered_counted_and_picked(page, example):
    choose(page, "Order", "By number")
    assert_painted(page, shown(example, "index"))
    choose(page, "How many", "32")
    assert_painted(page, shown(example, "index", 32))
    choose(page, "Order", "Largest value first")
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
    page.get_by_role("radio", name="←").click()
    await_repaint(page, before)
    assert_painted(page, shown(example, direction="backward"))


def test_the_colour_range_changes_ends_and_colours(page, example):
    def ends(key):
        head = page.locator(".panel-head").nth([p.key for p in shown(example)].index(key))
        return head.locator(".ends").inner_text()

    maps = find(shown(example), "feature_maps/3")
    assert ends("feature_maps/3") == f"0 – {maps.high:.2g}"
    assert ends("gates/forget") == "0 closed – 1 open"
    choose(page, "Colour range", "Panels alike")
    assert ends("feature_maps/1") == ends("feature_maps/3") == ends("feature_maps/5")
    assert ends("gates/forget") == "0 closed – 1 open"
    assert_painted(page, shown(example, mode="family"))


def test_controls_keep_their_choice_when_the_text_changes(page, shipped):
    choose(page, "Order", "By number")
    choose(page, "Colour range", "Panels alike")
    page.keyboard.press("Escape")
    type_text(page, "Another text for the same controls")
    trace = shipped.trace("Another text for the same controls")
    assert_painted(page, shown(trace, "index", mode="family"), exactly=False)


# Windows and themes


def test_the_dark_theme_has_its_own_ramps(new_page, example):
    page = new_page(color_scheme="dark")
    page.locator(".token-table[data-painted]").wait_for()
    assert_painted(page, shown(example), theme="dark")


def test_the_example_fits_a_window_of_1400_by_900(new_page, example):
    page = new_page(viewport={"width": 1400, "height": 900})
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    last = page.locator(".token").nth(len(example.tokens) - 1).bounding_box()
    assert last["y"] + last["height"] <= 900


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
