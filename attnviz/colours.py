"""What each colour means: the same in the token table, every chart, every figure and report.

A colour names a thing: each class has its hue, attention has one, and detectors, gates and signed
numbers have a ramp each, whose strong stops are the colours of their bars. What has no colour of
its own is ink, and what it is compared with is grey; so are mistakes and right texts. Every entry
has a form for light and for dark pages. Charts are drawn with the light ones, and `in_theme` or
`in_both` exchange them.
"""

import re
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

PAGE = {
    "light": {"background": "#ffffff", "text": "#1b2733", "quiet": "#5d6771", "line": "#d5dade"},
    "dark": {"background": "#11161c", "text": "#e4e9ee", "quiet": "#a3abb3", "line": "#36414c"},
}
"""The page itself: its background, its letters, and its quieter letters and lines."""

INKS = {
    "light": {
        "ink": "#2b3642",
        "page": "#fefefe",
        "wrong": "#33404d",
        "right": "#8995a1",
        "unlabelled": "#c5ccd3",
        "word": "#a8790f",
        "before": "#b03a72",
        "marker": "#e8862a",
    },
    "dark": {
        "ink": "#d3dae1",
        "page": "#11161c",
        "wrong": "#cbd3db",
        "right": "#5a6877",
        "unlabelled": "#36414c",
        "word": "#d9ae4c",
        "before": "#ea86b3",
        "marker": "#f0a050",
    },
}
"""Colours of what is neither a class nor a part of the network.

ink: a number that has no colour of its own. page: letters on ink. wrong, right, unlabelled: what
became of a text. word, before: what comes from the word that is read, and from the state before it.
marker: what is open or chosen.
"""

METHODS = {
    "light": {
        "gradient_x_input": "#0e8f9c",
        "integrated_gradients": "#c2326f",
        "occlusion": "#4b4f54",
        "votes": "#4f8a2a",
    },
    "dark": {
        "gradient_x_input": "#59d0db",
        "integrated_gradients": "#f58cb5",
        "occlusion": "#c9ced4",
        "votes": "#a5d67f",
    },
}
"""Methods of attribution beside attention."""

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


_STRONG = {
    "negative": ("signed", 1),
    "positive": ("signed", -2),
    "gate": ("gates", -2),
    "closed": ("gates", 2),
    "detector": ("detectors", -2),
}
"""Bars of what has a ramp: its name → the ramp and the stop."""


def ink(name: str, theme: str = "light") -> str:
    """The colour of a key of `INKS`, or of bars of what has a ramp: of "negative" and "positive"
    signed numbers, a "gate", one that is "closed", a "detector"."""
    if name not in _STRONG:
        return INKS[theme][name]
    ramp, stop = _STRONG[name]
    return RAMPS[theme][ramp][stop]


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


def side_hues(
    probabilities: Sequence[float], label: int, against: int | None = None
) -> tuple[int, int]:
    """The numbers, for `hue`, of a vote for a class and of one against it, by the classes' places.

    Of a class alone, what speaks against it speaks for the other one of two, and else for no one
    class: grey.
    """
    numbers = class_hues(probabilities)
    if against is None and len(numbers) == 2:
        against = 1 - label
    return numbers[label], len(CLASSES["light"]) if against is None else numbers[against]


def sides(
    probabilities: Sequence[float], label: int, against: int | None = None, theme: str = "light"
) -> tuple[str, str]:
    """The colours of `side_hues`."""
    towards, other = side_hues(probabilities, label, against)
    return hue(towards, theme), hue(other, theme)


def in_theme(drawn: str, theme: str) -> str:
    """A drawing as JSON or SVG, made with the colours of light pages, in those of the theme."""
    own = dict(zip(_of(THEMES[0]), _of(theme), strict=True))
    return re.sub("#[0-9a-f]{6}", lambda found: own.get(found[0], found[0]), drawn)


def in_both(drawn: str) -> str:
    """The same for a document that is read in either theme: CSS chooses."""
    own = dict(zip(*map(_of, THEMES), strict=True))
    return re.sub(
        "#[0-9a-f]{6}",
        lambda found: f"light-dark({found[0]}, {own[found[0]]})" if found[0] in own else found[0],
        drawn,
    )


def _of(theme: str) -> list[str]:
    ramps = [stop for stops in RAMPS[theme].values() for stop in stops]
    named = [*INKS[theme].values(), *METHODS[theme].values()]
    return [*ramps, *CLASSES[theme], *named, OTHERS[theme], ATTENTION[theme]]


def bar_hues(theme: str = "light") -> dict[str, tuple[str, str]]:
    """Name of a ramp → the colours of bars below and above zero. Those of detectors are grey."""
    return {
        "attention": (ATTENTION[theme],) * 2,
        "gates": (ink("gate", theme),) * 2,
        "signed": (ink("negative", theme), ink("positive", theme)),
        "detectors": (OTHERS[theme],) * 2,
    }


def browser_colours() -> dict[str, dict]:
    """Everything above by theme, as the components in the browser take it."""
    return {
        theme: {
            "classes": [*CLASSES[theme], OTHERS[theme]],
            "attention": ATTENTION[theme],
            "ink": INKS[theme]["ink"],
            "other": OTHERS[theme],
            **{name: PAGE[theme][name] for name in ("quiet", "line")},
            "bars": {ramp: list(ends) for ramp, ends in bar_hues(theme).items()},
            "ramps": {name: list(stops) for name, stops in RAMPS[theme].items()},
        }
        for theme in THEMES
    }
