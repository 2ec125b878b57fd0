"""A class keeps its colour, and every colour can be read on its page."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import attnviz
from attnviz.colours import (
    ATTENTION,
    CLASSES,
    INKS,
    METHODS,
    OTHERS,
    RAMPS,
    THEMES,
    bar_hues,
    class_hues,
    hue,
    in_both,
    in_theme,
    ink,
    sides,
)

PACKAGE = Path(attnviz.__file__).parent
PAGES = {"light": "#ffffff", "dark": "#11161c"}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_class_hues_and_attention_can_be_read_as_text(theme):
    for colour in (*CLASSES[theme], ATTENTION[theme]):
        assert contrast(colour, PAGES[theme]) >= 4.5, colour
    assert contrast(OTHERS[theme], PAGES[theme]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_ramps_run_evenly_in_grey(theme):
    for name, stops in RAMPS[theme].items():
        greys = [luminance(stop) for stop in stops]
        if name == "signed":
            middle = len(greys) // 2
            greys = [abs(grey - greys[middle]) for grey in greys]
            assert greys[:middle] == sorted(greys[:middle], reverse=True)
            assert greys[middle:] == sorted(greys[middle:])
        else:
            assert greys in (sorted(greys), sorted(greys, reverse=True)), name


def test_a_class_keeps_its_hue_whatever_is_predicted():
    assert class_hues([0.2, 0.8]) == class_hues([0.8, 0.2]) == [0, 1]
    assert class_hues([0.1] * 10) == list(range(10))


def test_of_many_classes_the_prediction_and_the_runner_up_have_a_hue():
    hues = class_hues([0.01, 0.5, 0.02, 0.3, *[0.01] * 8])
    assert hues[1] == 1
    assert hues[3] == 0
    assert {hues[place] for place in range(12) if place not in (1, 3)} == {10}
    assert hue(10, "dark") == OTHERS["dark"]


@pytest.mark.parametrize("theme", THEMES)
def test_bars_and_marks_stand_out_from_their_page(theme):
    names = ("ink", "wrong", "right", "word", "before", "negative", "positive", "gate", "detector")
    for name in names:
        assert contrast(ink(name, theme), PAGES[theme]) >= 2.9, name
    for colour in METHODS[theme].values():
        assert contrast(colour, PAGES[theme]) >= 3, colour


@pytest.mark.parametrize("theme", THEMES)
def test_right_and_wrong_are_told_apart_by_lightness_and_have_no_hue_of_a_class(theme):
    right, wrong = ink("right", theme), ink("wrong", theme)
    assert contrast(right, wrong) >= 3
    for colour in (right, wrong, ink("ink", theme)):
        parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        assert max(parts) - min(parts) <= 0x20, colour  # next to grey


@pytest.mark.parametrize("theme", THEMES)
def test_no_colour_of_another_thing_is_that_of_a_class_or_of_attention(theme):
    others = [*INKS[theme].values(), *METHODS[theme].values(), *RAMPS[theme]["gates"]]
    others += [*RAMPS[theme]["signed"], *RAMPS[theme]["detectors"]]
    assert not {*others} & {*CLASSES[theme], ATTENTION[theme]}


def test_bars_of_a_ramp_have_its_colours():
    for theme in THEMES:
        assert ink("negative", theme) in RAMPS[theme]["signed"][:3]
        assert ink("positive", theme) in RAMPS[theme]["signed"][4:]
        assert ink("gate", theme) in RAMPS[theme]["gates"]
        assert ink("detector", theme) in RAMPS[theme]["detectors"]
        assert bar_hues(theme).keys() == RAMPS[theme].keys()
        assert bar_hues(theme)["signed"] == (ink("negative", theme), ink("positive", theme))


def test_a_vote_against_one_of_two_classes_speaks_for_the_other_and_of_many_for_none():
    assert sides([0.3, 0.7], 1) == sides([0.3, 0.7], 1, 0) == (hue(1), hue(0))
    assert sides([0.1] * 3, 1) == (hue(1), OTHERS["light"])
    assert sides([0.1] * 3, 1, 2, "dark") == (hue(1, "dark"), hue(2, "dark"))


def test_the_package_has_no_colour_of_its_own_outside_the_table_of_colours():
    """The letters of reports follow the page, whatever is drawn."""
    allowed = {"sections.py": "INK ="}
    for path in PACKAGE.rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.search(r"#[0-9a-fA-F]{6}\b", line) and path.name != "colours.py":
                assert path.name in allowed, f"{path}: {line}"
                assert allowed[path.name] in line, f"{path}: {line}"


def test_the_style_sheets_know_attention_by_its_colour():
    said = (PACKAGE / "ui/components/frame.css").read_text(encoding="utf-8")
    assert f"light-dark({ATTENTION['light']}, {ATTENTION['dark']})" in said


def test_a_drawing_for_light_pages_gets_every_colour_of_dark_ones():
    names, own = (
        [
            *(*CLASSES[theme], OTHERS[theme], ATTENTION[theme], "#123456"),
            *(*INKS[theme].values(), *METHODS[theme].values()),
            *(*RAMPS[theme]["gates"], *RAMPS[theme]["signed"]),
        ]
        for theme in THEMES
    )
    assert in_theme(json.dumps(names), "dark") == json.dumps(own)
    assert in_theme(json.dumps(names), "light") == json.dumps(names)
    assert in_both("a #123456") == "a #123456"
    assert in_both(f"fill='{hue(0)}'") == f"fill='light-dark({hue(0)}, {hue(0, 'dark')})'"


def test_no_two_things_share_a_colour_of_light_pages_that_dark_ones_would_part():
    """Attention and its ramp alone do: a drawing takes that of attention."""
    names = [*CLASSES["light"], OTHERS["light"], *INKS["light"].values()]
    names += [*METHODS["light"].values()]
    names += [stop for stops in RAMPS["light"].values() for stop in stops]
    assert len(set(names)) == len(names)
