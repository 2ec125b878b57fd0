"""What each colour means: the same in the token table, every chart, every figure and report.

A colour names a thing and never a sign: each class has its hue, attention has one, and detectors,
gates and signed states have a ramp each. Every entry has a form for light and for dark pages.
"""

from collections.abc import Sequence

THEMES = ("light", "dark")

CLASSES = {
    "light": (
        *("#c2491d", "#1f6fb4", "#2f7d4f", "#8a5a00", "#8f3f8c"),
        *("#00707a", "#a3354e", "#5c5fb0", "#6b6b1f", "#7a4b2b"),
    ),
    "dark": (
        *("#f08a5d", "#7bb8f0", "#7fcb9b", "#e0b45c", "#dc9ad8"),
        *("#63c5cd", "#f2919f", "#adb0f2", "#c9c96b", "#d3a585"),
    ),
}
"""Hues of classes, by the class's place among the model's labels."""

OTHERS = {"light": "#7b858f", "dark": "#8d98a3"}
"""Classes that have no hue of their own."""

ATTENTION = {"light": "#6b4fa3", "dark": "#b7a0ea"}

RAMPS = {
    "light": {
        "detectors": ("#f5f6f8", "#cfd4dc", "#8f98a8", "#565f72", "#2b3345"),
        "gates": ("#eef6f4", "#b5dbd4", "#5fb0ac", "#1f7f86", "#0b4a5a"),
        "signed": ("#3c1361", "#8a5fb3", "#cdbbe0", "#f6f5f3", "#b5d8b0", "#539a54", "#0f4a22"),
        "attention": ("#f5f2fa", "#cfc3e6", "#9a83c9", "#6b4fa3", "#3c2570"),
    },
    "dark": {
        "detectors": ("#171e27", "#333d4b", "#647083", "#9ea9ba", "#e3e8f0"),
        "gates": ("#14222a", "#14505a", "#238a8a", "#6cc2b2", "#d9f3e3"),
        "signed": ("#d3a9f5", "#8f5fc4", "#4a3166", "#1c222b", "#2c5232", "#5fae63", "#bdf0b8"),
        "attention": ("#1b1a28", "#3d3260", "#6b58a0", "#a48fdd", "#ece5ff"),
    },
}
"""Stops of each ramp, evenly spaced. Lightness changes evenly, so each also works in grey."""


def class_hues(probabilities: Sequence[float]) -> list[int]:
    """For each class the number of its hue in `CLASSES`; the number behind the last is grey.

    Up to ten classes have a hue each, whatever is predicted. Of more, the predicted class is blue,
    the runner-up orange and the rest grey.
    """
    count, grey = len(probabilities), len(CLASSES["light"])
    if count <= grey:
        return list(range(count))
    first, second = sorted(range(count), key=lambda place: -probabilities[place])[:2]
    return [{first: 1, second: 0}.get(place, grey) for place in range(count)]


def hue(number: int, theme: str = "light") -> str:
    """The colour of a number that `class_hues` gives."""
    hues = CLASSES[theme]
    return hues[number] if number < len(hues) else OTHERS[theme]


def in_theme(drawn: str, theme: str) -> str:
    """A drawing as JSON or SVG, made with the colours of light pages, in those of the theme."""
    pairs = zip(_of(THEMES[0]), _of(theme), strict=True)
    for light, own in pairs if theme != THEMES[0] else ():
        drawn = drawn.replace(light, own)
    return drawn


def _of(theme: str) -> list[str]:
    return [*CLASSES[theme], OTHERS[theme], ATTENTION[theme]]


def browser_colours() -> dict[str, dict]:
    """Everything above by theme, as the components in the browser take it."""
    return {
        theme: {
            "classes": [*CLASSES[theme], OTHERS[theme]],
            "attention": ATTENTION[theme],
            "ramps": {name: list(stops) for name, stops in RAMPS[theme].items()},
        }
        for theme in THEMES
    }
