"""A class keeps its colour, and every colour can be read on its page."""

import numpy as np
import pytest

from attnviz.colours import ATTENTION, CLASSES, OTHERS, RAMPS, THEMES, class_hues, hue, in_theme

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


def test_a_drawing_for_light_pages_gets_every_colour_of_dark_ones():
    names = [*CLASSES["light"], OTHERS["light"], ATTENTION["light"], "#123456"]
    own = [*CLASSES["dark"], OTHERS["dark"], ATTENTION["dark"], "#123456"]
    assert in_theme(" ".join(names), "dark") == " ".join(own)
    assert in_theme(" ".join(names), "light") == " ".join(names)
