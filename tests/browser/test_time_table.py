"""The time table: time runs across the page. Most of it is drawn alone, of numbers that are known
here; what the page does with it is looked at in the app."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.panels import Panel, row_labels, scales_of
from attnviz.ui.components.token_table import payload
from tests.browser.driving import (
    MIXED,
    bitmaps,
    number_of,
    painted,
    palette,
    palette_places,
    reran,
    settled,
    type_text,
)
from tests.browser.mounting import mount
from tests.browser.test_pages import violations

STEPS = 71
CHANNELS = ("I1 (A)", "I2 (A)", "I3 (A)", "V (V)", "noise")
GAP = range(29, 36)  # steps at which V is missing
UNITS = 13
GUTTER = 84  # px right of the axis, where sums stand


def times(steps=STEPS):
    return [f"{6 + step // 6:02d}:{step % 6}0" for step in range(steps)]


def panels_of(steps=STEPS, seed=0):
    """Channels, attention, votes of three classes, a gate and a state, with known numbers."""
    chance = np.random.default_rng(seed)
    values = np.cumsum(chance.normal(size=(steps, 5)), axis=0).astype(np.float32)
    values[:, 3] = 400 + 40 * np.sin(np.arange(steps) / 7)
    values[GAP.start : GAP.stop, 3] = np.nan
    scales = scales_of(values, CHANNELS)
    more = {"whole": True, "scales": scales}
    channels = Panel("channels", "Channels", values, CHANNELS, False, 0.0, 1.0, "lines", **more)
    weights = chance.dirichlet(np.ones(steps) / 3)[:, None].astype(np.float32)
    more = {"whole": True, "ramp": "attention", "level": 1 / steps, "named": 0.05}
    high = float(weights.max())
    attention = Panel("attention", "Attention", weights, ("0",), False, 0.0, high, "bars", **more)
    votes = chance.normal(size=(steps, 3)).astype(np.float32)
    more = {"whole": True, "ramp": "classes", "classes": ((0, 0), (1, 1), (2, 2)), "named": 9.0}
    names = ("open", "shade", "normal")
    votes = Panel("votes", "Votes", votes, names, True, -3.0, 3.0, "bars", **more)
    units = tuple(map(str, range(UNITS)))
    open_ = chance.uniform(size=(steps, UNITS)).astype(np.float32)
    more = {"ramp": "gates", "plain": "Keeps"}
    gate = Panel("gates/forget", "Forget gate", open_, units, False, 0.0, 1.0, "cells", **more)
    state = chance.normal(size=(steps, UNITS)).astype(np.float32)
    more = {"ramp": "signed", "plain": "Stores"}
    cell = Panel("states/cell", "Cell state", state, units, True, -3.0, 3.0, "cells", **more)
    return [channels, attention, votes, gate, cell]


def flat(panels, rows=None, **settings):
    rows = times(len(panels[0].values)) if rows is None else rows
    more = {"layout": "flat", "of_steps": True, "may_turn": True} | settings
    return payload(rows, panels, range(len(rows)), {}, **more)


@pytest.fixture
def sheet(browser):
    """An empty page, on which one pixel is one pixel."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def drawn(sheet):
    panels = panels_of()
    mount(sheet, flat(panels))
    return sheet, panels


def track(page, key, unit=0):
    return page.locator(f"canvas[data-panel='{key}'][data-unit='{unit}']")


def pixels(page, key, unit=0):
    """(height, width, 4) as drawn, as far as the axis goes."""
    found = bitmaps(page, f"canvas[data-panel='{key}'][data-unit='{unit}']")
    return found[key][:, : round(page.locator(".over").last.bounding_box()["width"])]


def width_of(page):
    """px of a step."""
    return page.locator(".over:not(.behind)").bounding_box()["width"] / STEPS


def point_at(page, step, key, unit=0, share=0.5):
    box = track(page, key, unit).bounding_box()
    page.mouse.move(
        box["x"] + (step + 0.5) * width_of(page), box["y"] + float(share) * box["height"]
    )


# Drawing


def test_a_line_goes_through_its_values(drawn):
    page, panels = drawn
    image, values = pixels(page, "channels", 3), panels[0].values[:, 3]
    low, high = panels[0].scales[3]
    step = image.shape[1] / STEPS
    room = len(image) - 10  # 5 px above and below
    for row in np.flatnonzero(np.isfinite(values)):
        middle = int((row + 0.5) * step)  # a line ends in the middle of its last step
        inked = np.flatnonzero(image[:, middle - 1 : middle + 1, 3].max(axis=1) > 60)
        wanted = 5 + (1 - (values[row] - low) / (high - low)) * room
        assert inked.size, row
        assert abs(inked.mean() + 0.5 - wanted) <= 1.5, row
    assert np.ptp(values[np.isfinite(values)]) > 70


def test_a_line_breaks_where_values_are_missing(drawn):
    page, _ = drawn
    image = pixels(page, "channels", 3)
    step = image.shape[1] / STEPS
    beside = image[:, int((GAP.stop - 3) * step) : int((GAP.stop - 0.2) * step)]
    assert not beside[..., 3].any()
    assert image[:, int((GAP.start + 3.5) * step), 3].any()  # the ring that says so
    point_at(page, GAP.start + 2, "channels", 3)
    expect(page.locator(".tip-value")).to_have_text("missing")


def test_channels_of_one_unit_share_a_track_and_a_scale(drawn):
    page, panels = drawn
    labels = page.locator(".track.lines .track-title").all_inner_texts()
    assert [label.strip() for label in labels] == ["I1, I2, I3", "V", "noise"]
    values = panels[0].values[:, :3]
    ends = page.locator(".track.lines .track-ends").first.locator("span").all_inner_texts()
    assert [number_of(end) for end in ends] == pytest.approx([values.max(), values.min()], rel=5e-3)
    image = pixels(page, "channels", 0)
    step, room = image.shape[1] / STEPS, len(image) - 14
    for unit in range(3):
        for row in range(3, STEPS, 7):
            y = 7 + (1 - (values[row, unit] - values.min()) / np.ptp(values)) * room
            near = image[max(0, int(y) - 1) : int(y) + 3, int((row + 0.5) * step), 3]
            assert near.max() > 100, (unit, row)


def test_bars_are_as_high_as_their_values_and_the_even_line_is_named(drawn):
    page, panels = drawn
    image, values = pixels(page, "attention"), panels[1].values[:, 0]
    step, foot, room = image.shape[1] / STEPS, len(image) - 1, len(image) - 15
    for row in np.argsort(-values)[:7]:
        column = image[:, int((row + 0.5) * step)]
        inked = np.flatnonzero((column[:, :3] == (0x6B, 0x4F, 0xA3)).all(axis=1))
        assert abs((foot - inked.min()) - values[row] / values.max() * room) <= 1.5
    rule = image[round(foot - room / STEPS / values.max()), :, 3]
    assert 0.2 < (rule > 0).mean() < 0.9  # dashed
    whole = bitmaps(page, "canvas[data-panel='attention']")["attention"]
    assert whole.shape[1] == image.shape[1] + GUTTER
    assert whole[:, -GUTTER:, 3].any()  # its name


def test_votes_of_a_class_have_its_hue_and_their_sum_is_said(drawn):
    page, panels = drawn
    row = int(panels[2].values[:, 1].argmax())
    image = pixels(page, "votes", 1)
    column = image[:, int((row + 0.5) * image.shape[1] / STEPS)]
    assert (column[:, :3] == (0x1F, 0x6F, 0xB4)).all(axis=1).any()
    assert page.locator(".called").all_inner_texts() == ["open", "shade", "normal"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("number", [3, 4])
def test_cells_are_those_of_the_upright_table_turned(sheet, theme, number):
    panels = panels_of()
    mount(sheet, flat(panels), theme)
    panel = panels[number]
    image = pixels(sheet, panel.key)
    step, line = image.shape[1] / STEPS, len(image) / UNITS
    rows = ((np.arange(STEPS) + 0.5) * step).astype(int)
    units = ((np.arange(UNITS) + 0.5) * line).astype(int)
    found = image[units][:, rows, :3].swapaxes(0, 1)
    wanted = palette(panel.ramp, theme)[palette_places(panel)]
    assert np.abs(found - wanted).max() <= MIXED


def test_of_many_steps_no_extreme_is_lost_and_gates_are_means(sheet):
    steps = 4_999
    panels = panels_of(steps)
    values = np.zeros_like(panels[0].values)
    values[1_234, 3] = 100.0
    opened = np.zeros_like(panels[3].values)
    opened[1::2] = 1.0
    state = np.zeros_like(panels[4].values)
    state[3_210, 5] = -3.0
    panels[0] = replace(panels[0], values=values, scales=scales_of(values, CHANNELS))
    panels[3] = replace(panels[3], values=opened)
    panels[4] = replace(panels[4], values=state)
    mount(sheet, flat(panels, [str(step) for step in range(steps)]))
    line, width = pixels(sheet, "channels", 3), pixels(sheet, "channels", 3).shape[1]
    assert line[4:7, 1_234 * width // steps, 3].max() > 100
    assert line[4:7, 2_234 * width // steps, 3].max() == 0
    cells = pixels(sheet, "states/cell")
    height = len(cells) // UNITS
    spike = cells[5 * height + height // 2, :, :3].astype(int)
    assert np.abs(spike[3_210 * width // steps] - palette("signed")[0]).max() <= MIXED
    gates = pixels(sheet, "gates/forget")[:, 100:-100, :3].astype(int)
    middle = palette("gates")[127]
    assert np.abs(gates - middle).max() <= 80  # far from open and from closed
    assert sheet.locator(".tick").count() > 3


def test_ticks_stand_at_full_hours(drawn):
    page, _ = drawn
    ticks = page.locator(".tick")
    assert ticks.all_inner_texts() == [f"{hour:02d}:00" for hour in range(6, 18)]
    box, over = ticks.nth(2).bounding_box(), page.locator(".over").last.bounding_box()
    assert abs(box["x"] - over["x"] - 12 * width_of(page)) < 1


def test_a_labelled_interval_is_a_bracket_over_its_steps(sheet):
    mount(sheet, flat(panels_of(), marks=[(8, 21, "shade on string 1")]))
    name = sheet.locator(".bracket-name")
    said = "labelled: shade on string 1, 07:20 – 09:20"
    expect(name).to_have_text(said)
    expect(sheet.get_by_role("grid")).to_have_accessible_description(re.compile(said))
    over = sheet.locator(".over").last.bounding_box()
    for mark in (sheet.locator(".bracket"), sheet.locator(".band")):
        box = mark.bounding_box()
        assert abs(box["x"] - over["x"] - 8 * width_of(sheet)) < 1
        assert abs(box["width"] - 13 * width_of(sheet)) < 1


def test_frames_stand_above_their_steps(sheet):
    frames = np.zeros((STEPS, 7, 5, 1), dtype=np.uint8)
    frames[:] = (np.arange(STEPS) * 3)[:, None, None, None]
    brightness = frames.mean(axis=(1, 2, 3))[:, None].astype(np.float32) / 255
    more = {"whole": True, "pictures": frames}
    film = Panel("channels", "Frames", brightness, ("brightness",), False, 0.0, 1.0, "film", **more)
    mount(sheet, flat([film, *panels_of()[1:]]))
    image = pixels(sheet, "channels")
    box, scroll = track(sheet, "channels").bounding_box(), sheet.locator(".scroll")
    steps = scroll.evaluate("node => node.querySelector('.reel').offsetWidth") - 168 - GUTTER
    for row in (0, 11, 23):
        grey = image[len(image) // 2, int((row + 0.5) * steps / STEPS), :3]
        assert set(grey.tolist()) == {3 * row}, row
    sheet.mouse.move(box["x"] + 11.5 * steps / STEPS, box["y"] + 20)
    expect(sheet.locator(".tip-value")).to_have_text(f"{33 / 255:.3g}")


# Pointing, pinning, the keyboard


def test_one_cursor_goes_through_all_tracks_and_the_tip_reads_every_channel(drawn):
    page, panels = drawn
    row = 17
    point_at(page, row, "gates/forget", 0, (4 + 0.5) / UNITS)
    cursor = page.locator(".time-cursor")
    expect(cursor).to_be_visible()
    box, tracks = cursor.bounding_box(), page.locator(".tracks").bounding_box()
    assert abs(box["width"] - width_of(page)) < 1
    assert box["height"] >= tracks["height"] - 1
    expect(page.locator(".tip-token")).to_have_text("08:50")
    expect(page.locator(".tip-row")).to_have_text(f"step {row + 1} of {STEPS}")
    expect(page.locator(".tip-column")).to_have_text("unit 4")
    value = number_of(page.locator(".tip-value").inner_text().rstrip("%"))
    assert abs(value - 100 * panels[3].values[row, 4]) < 0.5
    said = page.locator(".tip-channels").inner_text().replace("\u00a0", " ").split(" · ")
    assert [text.split(" ")[0] for text in said] == ["I1", "I2", "I3", "V", "noise"]
    assert number_of(said[1].split(" ")[1]) == pytest.approx(panels[0].values[row, 1], rel=5e-3)
    assert said[1].endswith(" A")
    expect(page.locator(".time-unit:not([hidden])")).to_have_count(2)  # the unit in gate and state


def test_of_lines_the_one_closest_to_the_pointer_is_read(drawn):
    page, panels = drawn
    values, row = panels[0].values, 40
    low, high = panels[0].scales[0]
    for unit in range(3):
        share = (7 + (1 - (values[row, unit] - low) / (high - low)) * 70) / 84
        point_at(page, row, "channels", 0, share)
        expect(page.locator(".tip-column")).to_have_text(CHANNELS[unit])


def test_a_click_pins_a_step_and_tells_the_page(drawn):
    page, panels = drawn
    point_at(page, 23, "attention")
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", "23")
    expect(page.locator(".time-pin")).to_be_visible()
    expect(page.locator(".readout-token")).to_have_text("09:50")
    assert page.evaluate("told") == [["pinned", 23]]
    mount(page, flat(panels, layout="upright"))
    expect(page.locator(".token.pinned bdi")).to_have_text("09:50")


def test_a_drag_zooms_to_a_stretch_and_a_double_click_shows_the_whole(drawn):
    page, _ = drawn
    before = width_of(page)
    point_at(page, 20, "attention")
    page.mouse.down()
    point_at(page, 26, "attention")
    point_at(page, 29, "attention")
    expect(page.locator(".time-stretch")).to_be_visible()
    page.mouse.up()
    expect(page.get_by_role("button", name="Show the whole")).to_be_visible()
    assert page.evaluate("told") == []  # nothing is pinned by it
    assert page.locator(".tick").first.inner_text() in times()[20:23]
    box = track(page, "attention").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"] / 10, box["y"] + 9)
    expect(page.locator(".tip-token")).to_have_text(times()[20])
    page.mouse.dblclick(box["x"] + 300, box["y"] + 9)
    expect(page.get_by_role("button", name="Show the whole")).to_be_hidden()
    assert width_of(page) == before
    assert page.locator(".tick").count() == 12


def test_keys_move_step_by_step_and_between_panels_and_are_read_out(drawn):
    page, panels = drawn
    grid = page.get_by_role("grid", name="Steps and what the network did at each of them")
    grid.focus()
    live = page.locator(".live")
    page.keyboard.press("ArrowRight")
    expect(live).to_have_text(f"06:10, step 2 of {STEPS}")
    page.keyboard.press("ArrowDown")
    value = f"{float(f'{panels[0].values[1, 0]:.2e}'):g}".replace("-", "\u2212")
    expect(live).to_have_text(f"06:10, Channels, I1 (A), {value} A")
    page.keyboard.press("Control+ArrowDown")
    expect(live).to_contain_text("06:10, Attention, Attention, ")
    page.keyboard.press("End")
    expect(live).to_contain_text(f"{times()[-1]}, Attention, Attention, ")
    page.keyboard.press("Control+End")
    expect(live).to_contain_text(f"{times()[-1]}, Cell state, unit {UNITS - 1}, ")
    expect(page.locator(".time-cell")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", str(STEPS - 1))
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="Show the whole")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show the whole")).to_be_hidden()
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", str(STEPS - 1))
    page.keyboard.press("Escape")
    expect(page.locator(".token-table")).to_have_attribute("data-pinned", "")


def test_the_upright_table_of_a_series_has_a_scale_for_each_unit(sheet):
    panels = panels_of()
    mount(sheet, flat(panels, layout="upright"))
    image = bitmaps(sheet)["channels"]
    ramp = palette("detectors")
    for unit, (low, high) in enumerate(panels[0].scales):
        values = panels[0].values[:, unit]
        known = np.isfinite(values)
        places = np.floor((values[known] - low) / (high - low) * 254 + 0.5).astype(int)
        assert np.abs(image[known, unit, :3] - ramp[places]).max() <= MIXED, unit
        assert (image[~known, unit, 3] == 0).all()


def test_a_series_without_numbers_and_one_of_one_step_are_drawn(sheet):
    panels = panels_of(3)
    empty = np.full_like(panels[0].values, np.nan)
    panels[0] = replace(panels[0], values=empty, scales=scales_of(empty, CHANNELS))
    mount(sheet, flat(panels))
    one = [replace(panel, values=panel.values[:1]) for panel in panels]
    mount(sheet, flat(one, ["06:00"]))
    expect(sheet.locator(".tick")).to_have_text(["06:00"])


# A text on the page


def lay_flat(page):
    before = painted(page)
    page.get_by_role("button", name="Lay flat").click()
    page.locator(".time-table[data-painted]").wait_for()
    assert before
    settled(page)


def test_a_text_is_laid_flat_and_stays_so_for_the_session(page, example):
    lay_flat(page)
    names = page.locator(".time-table .token bdi").all_inner_texts()
    assert names == list(row_labels(example))
    type_text(page, "Another text, which is laid flat as well")
    expect(page.locator(".time-table .token bdi").first).to_have_text("Another")
    with reran(page):
        page.get_by_role("button", name="Set upright").click()
    expect(page.locator(".time-table")).to_have_count(0)
    expect(page.locator(".token-table .panel")).not_to_have_count(0)


def test_turning_keeps_the_pin_and_a_word_pins_its_step(page, example):
    word = page.locator(".shaded-text span").get_by_text("lazy", exact=True)
    word.click()
    lay_flat(page)
    row = str(example.surfaces.index("lazy"))
    expect(page.locator(".time-table")).to_have_attribute("data-pinned", row)
    expect(page.locator(".time-table .token.pinned bdi")).to_have_text("lazy")
    page.locator(".time-table .token").nth(2).click()
    expect(page.locator(".shaded-text .pinned")).to_have_text(example.surfaces[2])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_flat_table_is_accessible(new_page, scheme):
    page = new_page(color_scheme=scheme)
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    lay_flat(page)
    page.locator(".time-table .token").nth(3).click()
    expect(page.locator(".readout")).to_be_visible()
    assert violations(page) == []


def test_a_flat_table_never_makes_a_narrow_page_scroll_sideways(new_page):
    page = new_page(viewport={"width": 390, "height": 844})
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    lay_flat(page)
    type_text(page, "one long text " * 20)
    page.locator(".time-table[data-painted]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    scroll = page.locator(".time-table .scroll")
    assert scroll.evaluate("node => node.scrollWidth > node.clientWidth")
    label = page.locator(".track-label").first
    before = label.bounding_box()["x"]
    scroll.evaluate("node => (node.scrollLeft = 600)")
    expect(page.locator(".time-table .token").first).not_to_have_attribute("data-row", "0")
    assert label.bounding_box()["x"] == before


def test_tokens_out_of_sight_are_counted_and_a_click_goes_there(sheet):
    rows = [f"word{number}" for number in range(STEPS)]
    mount(sheet, flat(panels_of()[1:], rows, of_steps=False))
    more = sheet.locator(".more")
    over = sheet.locator(".over").last.bounding_box()
    boxes = [token.bounding_box() for token in sheet.locator(".time-table .token").all()]
    middles = [box["x"] + box["width"] / 2 for box in boxes]
    seen = sum(middle < over["x"] + over["width"] for middle in middles)
    assert 0 < seen < STEPS
    expect(more).to_have_text(f"more: {STEPS - seen} ›")
    before = sheet.locator(".time-table .token").first.get_attribute("data-row")
    more.click()
    expect(sheet.locator(".time-table .token").first).not_to_have_attribute("data-row", before)
    sheet.locator(".scroll").evaluate("node => (node.scrollLeft = node.scrollWidth)")
    expect(more).to_be_hidden()
    expect(sheet.locator(".time-table .token bdi").last).to_have_text(rows[-1])


def test_names_of_tokens_never_touch(sheet):
    rows = [("tremendously" if number % 5 == 1 else "a") for number in range(STEPS)]
    mount(sheet, flat(panels_of()[1:], rows, of_steps=False))
    boxes = sheet.locator(".time-table .token bdi").evaluate_all(
        """names => names.map(name => {
          const { left, right, top } = name.getBoundingClientRect();
          return [left, right, top];
        })"""
    )
    assert len({round(top) for _, _, top in boxes}) == 2
    for line in {round(top) for _, _, top in boxes}:
        places = sorted((left, right) for left, right, top in boxes if round(top) == line)
        gaps = [after[0] - before[1] for before, after in pairwise(places)]
        assert min(gaps) >= -1


def test_upright_a_frame_stands_in_its_row(sheet):
    frames = np.zeros((STEPS, 7, 5, 3), dtype=np.uint8)
    frames[:] = (np.arange(STEPS) * 3)[:, None, None, None]
    brightness = frames.mean(axis=(1, 2, 3))[:, None].astype(np.float32) / 255
    more = {"whole": True, "pictures": frames}
    film = Panel("channels", "Frames", brightness, ("brightness",), False, 0.0, 1.0, "film", **more)
    mount(sheet, flat([film, *panels_of()[1:]], layout="upright"))
    image = bitmaps(sheet)["channels"]
    for row in (0, 11, 70):
        assert set(image[40 * row + 20, 10, :3].tolist()) == {3 * row}


@pytest.mark.parametrize("layout", ["flat", "upright"])
def test_a_picture_is_turned_as_time_runs(sheet, layout):
    picture = np.zeros((1, 5, STEPS, 1), dtype=np.uint8)  # its columns are read one by one
    picture[0, 0] = 255
    picture[0, :, 0] = 102
    more = {"whole": True, "pictures": picture}
    values = np.zeros((STEPS, 1), dtype=np.float32)
    panel = Panel(
        "channels", "Picture", values, ("brightness",), False, 0.0, 1.0, "picture", **more
    )
    mount(sheet, flat([panel, *panels_of()[1:]], layout=layout))
    image = pixels(sheet, "channels") if layout == "flat" else bitmaps(sheet)["channels"]
    image = image if layout == "flat" else image.swapaxes(0, 1)
    high, wide = image.shape[:2]
    assert image[high // 2, wide // STEPS // 2, 0] == 102
    assert image[high // 10, wide // 2, 0] == 255
    assert image[high // 2, wide // 2, 0] == 0


def test_many_channels_of_one_unit_are_cells_the_first_lowest(sheet):
    channels = tuple(f"mel {number + 1} (dB)" for number in range(17))
    values = np.tile(np.arange(17, dtype=np.float32), (STEPS, 1))
    more = {"whole": True, "scales": scales_of(values, channels)}
    panel = Panel("channels", "Channels", values, channels, False, 0.0, 16.0, "lines", **more)
    mount(sheet, flat([panel, *panels_of()[1:]]))
    expect(sheet.locator(".track-title").first).to_have_text("mel 1 – mel 17")
    image = pixels(sheet, "channels", 16)
    line = len(image) / 17
    found = image[((np.arange(17) + 0.5) * line).astype(int), 500, :3]
    wanted = palette("detectors")[np.floor(np.arange(17) / 16 * 254 + 0.5).astype(int)][::-1]
    assert np.abs(found - wanted).max() <= MIXED
    point_at(sheet, 5, "channels", 16, (2 + 0.5) / 17)
    expect(sheet.locator(".tip-column")).to_have_text("mel 15 (dB)")


def test_a_vote_against_a_class_is_fainter_and_bars_share_one_scale(drawn):
    page, panels = drawn
    heights = []
    for unit in range(3):
        values = panels[2].values[:, unit]
        image = pixels(page, "votes", unit)
        row = int(values.argmax())
        inked = image[:, int((row + 0.5) * image.shape[1] / STEPS), 3]
        heights.append((np.flatnonzero(inked == 255).size - 1) / values[row])
        below = int(values.argmin())
        column = image[:, int((below + 0.5) * image.shape[1] / STEPS), 3]
        assert ((column > 60) & (column < 200)).sum() > 2
    assert max(heights) - min(heights) <= 1.2
