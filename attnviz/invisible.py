"""Characters that nobody sees: they are taken out of a text before a model reads it, and named.

Zero-width spaces, direction marks, soft hyphens, byte order marks, tags, control characters and
the like come with what is copied from web pages, or are put into a word so that no filter knows it.
Two kinds of places keep theirs, for there they change what is seen: sequences of emoji (joiners,
variation selectors, the tags of a flag), and scripts whose letters join (Arabic, those of India,
Mongolian, …). A filler that is as wide as a letter is read as a space.

The patterns are written for `re` and for the tokenizers library alike, which applies them to every
tokenizer (`attnviz.tokenization`), so that offsets go on counting characters of the text.
"""

import re
import unicodedata
from collections import Counter

JOINING = (  # scripts with letters that join: from Arabic to Sinhala, Tibetan to Myanmar, …
    "\u0600-\u061b\u061d-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1800-\u180a\u1810-\u18af"
    "\u1900-\u1aff\u1b00-\u1c4f\ua800-\ua8ff\ua930-\uaadf\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00010fff\U00011000-\U00011fff\U0001e900-\U0001e95f"
)
EMOJI = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
FLAG, TAGS = "\U0001f3f4", "\U000e0020-\U000e007f"
NEVER_SEEN = (
    "\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u17b4\u17b5\u200b\u200e"
    "\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e001f\U000e0080-\U000e0fff"
)
VARIATION, MONGOLIAN = "\ufe00-\ufe0f", "\u180b-\u180f"  # selectors
KEPT = (
    f"(?<=[{JOINING}]\u200c)(?=[{JOINING}])",  # zero-width non-joiner
    f"(?<=[{JOINING}]\u200d)",  # zero-width joiner
    f"(?<=[{EMOJI}]\u200d)(?=[{EMOJI}])",
    f"(?<=[{EMOJI}]\ufe0f\u200d)(?=[{EMOJI}])",
    f"(?<=[{JOINING}{EMOJI}][{VARIATION}])",
    f"(?<=[{VARIATION}])(?=\u20e3)",  # of a keycap
    f"(?<=[{JOINING}][{MONGOLIAN}])",
    *(f"(?<={FLAG}{f'[{TAGS}]' * count})" for count in range(1, 8)),
)
"""Places behind a character that is kept."""
INVISIBLE = f"[{NEVER_SEEN}\u200c\u200d{VARIATION}{MONGOLIAN}{TAGS}](?!{'|'.join(KEPT)})"
BLANK = "[\u2800\u3164\uffa0]"

UNSEEN = {INVISIBLE: "", BLANK: " "}
"""Pattern → what a tokenizer reads in its place."""

_INVISIBLE, _BLANK = re.compile(INVISIBLE), re.compile(BLANK)
_ANY = re.compile(f"{INVISIBLE.partition('(')[0]}|{BLANK}")  # a class: quick to search for
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")


def without_invisible(text: str) -> str:
    """The text as it is read: without what nobody sees."""
    return _BLANK.sub(" ", _INVISIBLE.sub("", text)) if _ANY.search(text) else text


def invisible(text: str) -> Counter[str]:
    """Each character of a text that nobody sees and no model reads, and how often it is there."""
    if not _ANY.search(text):
        return Counter()
    return Counter(_INVISIBLE.findall(text)) + Counter(_BLANK.findall(text))


def seen_from(text: str, place: int) -> int:
    """The next place at or behind this one whose character can be seen; else the text's length."""
    while place < len(text) and _ANY.match(text, place):
        place += 1
    return place


def code_of(character: str) -> str:
    """For instance `U+200B`."""
    return f"U+{ord(character):04X}"


def named(counts: Counter[str], most: int = 3) -> str:
    """The most frequent ones, as `U+200B zero width space × 2, U+FEFF`."""
    parts = []
    for character, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:most]:
        name = unicodedata.name(character, "control character" * (character < "\u00a0")).lower()
        parts.append(f"{code_of(character)} {name}".rstrip() + (f" × {count}" if count > 1 else ""))
    return ", ".join(parts) + (", …" if len(counts) > most else "")


def named_if_blank(surface: str) -> str:
    """What a person can see in place of characters that leave no mark, else the characters."""
    if any(not _leaves_no_mark(character) for character in surface):
        return surface
    return " ".join(map(code_of, surface))


def _leaves_no_mark(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN or _ANY.match(character) is not None
