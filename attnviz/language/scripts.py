"""The scripts of a text: its words and, where a script has no spaces, its characters."""

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

from attnviz.errors import N_

KANA = 0.2  # of the characters without spaces: then the Chinese ones among them are Japanese
LOOKED_AT = 2_000  # characters of a text
# Thai, Lao, Burmese, Khmer, kana, Han: no spaces between words
SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
SPACELESS += "\U00020000-\U0003ffff"
UNIT = re.compile(f"[{SPACELESS}]|[^\\W\\d_{SPACELESS}]+")
SPACELESS_SCRIPTS = ("Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar")
NO_LANGUAGE = re.compile(r"[!-~]*(?:://|www\.|@)[!-~]*")

SCRIPTS = {
    "Latin": N_("Latin letters"),
    "Han": N_("Chinese characters"),
    "Kana": N_("Japanese characters"),
    "Hangul": N_("Korean letters"),
    "Cyrillic": N_("Cyrillic letters"),
    "Greek": N_("Greek letters"),
    "Arabic": N_("Arabic letters"),
    "Hebrew": N_("Hebrew letters"),
    "Devanagari": N_("Devanagari letters"),
    "Thai": N_("Thai letters"),
}
"""Script → what it is called; others are called by the name that Unicode gives them."""
_NAMES = {"Cjk": "Han", "Hiragana": "Kana", "Katakana": "Kana", "Katakana-hiragana": "Kana"}


@lru_cache(2**14)
def script_of(letter: str) -> str:
    name = unicodedata.name(letter, "?").split()[0].capitalize()
    return _NAMES.get(name, name)


def units_of(text: str) -> dict[str, list[str]]:
    """Script → its words or characters in the beginning of a text."""
    bare = unicodedata.normalize("NFKC", NO_LANGUAGE.sub(" ", text[:LOOKED_AT]))
    found: defaultdict[str, list[str]] = defaultdict(list)
    for unit in UNIT.findall(bare):
        found[script_of(unit[0])].append(unit)
    if len(found["Kana"]) >= KANA * (len(found["Kana"]) + len(found["Han"])):
        found["Kana"] += found.pop("Han", [])
    return {script: units for script, units in found.items() if units}
