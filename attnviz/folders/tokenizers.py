"""What a `tokenizer.json` from outside may hold, looked at before the tokenizers library does.

A few lines there can fill all memory (each “a” becomes five million), never end (a pattern that
tries every way) or end the process. So each part is one of a list, and its numbers are bounded.
"""

import base64
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from attnviz.errors import ModelFolderError
from attnviz.folders.files import MB, read_file

MOST_BYTES = 50 * MB
MOST_PIECES = 500_000
MOST_PARTS = 32  # of a sequence, with all that lie in it
LONGEST_PIECE = 1_000  # characters
LONGEST_PATTERN = 2_000
LONGEST_MAPPED = 100  # bytes that one character may become in a compiled table
MOST_GROWTH = 16  # times that replacing may lengthen a text
MOST_REPEATED = 1_000

NORMALIZERS = {
    *("Sequence", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Lowercase", "Strip", "StripAccents"),
    *("BertNormalizer", "Precompiled", "Prepend", "Replace", "ByteLevel"),
}
SPLITTERS = {
    *("Sequence", "Whitespace", "WhitespaceSplit", "BertPreTokenizer", "Punctuation", "Digits"),
    *("ByteLevel", "Metaspace", "CharDelimiterSplit", "Split", "UnicodeScripts"),
}
POST_PROCESSORS = {
    *("Sequence", "TemplateProcessing", "ByteLevel", "BertProcessing", "RobertaProcessing")
}
BYTES = {f"<0x{byte:02X}>" for byte in range(256)}
SYNTAX = re.compile(
    r"\\[1-9kg]|\(\?[~(]"  # references, calls, absences and conditions
    r"|\\.|\[(?:\\.|[^\]\\])*\]"
    r"|\{(?P<least>\d*),?(?P<most>\d*)\}|[()|*+]",
    re.DOTALL,
)


def tokenizer_parts(path: Path) -> dict:
    """A tokenizer that can be given to the library, without what no reading asks for.

    Raises
    ------
    OSError, ValueError
        If it cannot be read or is no JSON.
    ModelFolderError
        If a part of it is unknown here or too large, or characters that it does not know would
        be lost.
    """
    found = json.loads(read_file(path, MOST_BYTES))
    if not isinstance(found, dict) or not isinstance(found.get("model"), dict):
        raise ValueError("It describes no tokenizer.")
    try:
        fault = _fault(found)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"It describes no tokenizer: {error!r}.") from error
    if fault is not None:
        raise ModelFolderError(
            "{path} is not opened: {fault}. A tokenizer that attnviz trained has no such thing.",
            path=path,
            fault=fault,
        )
    return found | dict.fromkeys(("truncation", "padding", "decoder"))


def _fault(found: dict) -> str | None:
    """The first part that is not allowed, in English words."""
    growth = 1.0
    for part in _parts(found.get("normalizer")):
        if (kind := part["type"]) not in NORMALIZERS:
            return f"normalizer {_short(kind)} is unknown"
        growth *= _growth(part)
    if growth > MOST_GROWTH:
        return f"its normalizer can make texts {growth:,.0f} times as long"
    splitters = list(_parts(found.get("pre_tokenizer")))
    for part in splitters:
        if (kind := part["type"]) not in SPLITTERS:
            return f"pre-tokenizer {_short(kind)} is unknown"
    for part in _parts(found.get("post_processor")):
        if (kind := part["type"]) not in POST_PROCESSORS:
            return f"post-processor {_short(kind)} is unknown"
    for part in [*_parts(found.get("normalizer")), *splitters]:
        if _runs_away(pattern := _pattern(part)):
            return f"the pattern {_short(pattern)} can take for ever"
    return _model_fault(found, splitters)


def _model_fault(found: dict, splitters: list[dict]) -> str | None:
    model, pieces = found["model"], dict(_pieces(found["model"]))
    added = [token["content"] for token in found.get("added_tokens") or []]
    unknown = model.get("unk_token")
    in_bytes = any(
        part["type"] == "ByteLevel" for part in [*splitters, *_parts(found["normalizer"])]
    )
    in_bytes |= bool(model.get("byte_fallback")) and pieces.keys() >= BYTES
    if not pieces or not all(0 < len(piece) <= LONGEST_PIECE for piece in [*added, *pieces]):
        return f"a piece is empty or longer than {LONGEST_PIECE:,} characters, or there is none"
    if len(pieces) + len(added) > MOST_PIECES:
        return f"it has more than {MOST_PIECES:,} pieces"
    if len(set(pieces.values())) < len(pieces):
        return "two pieces have the same number"
    if model.get("dropout"):
        return "it reads a text differently each time (dropout)"
    kind = model.get("type", "BPE")
    if kind == "Unigram":
        known = isinstance(model.get("unk_id"), int) and 0 <= model["unk_id"] < len(pieces)
        if not all(math.isfinite(score) for _, score in model["vocab"]):
            return "a score of its pieces is no number"
    elif kind in ("BPE", "WordPiece", "WordLevel"):
        known = unknown in pieces or (kind == "BPE" and unknown is None and in_bytes)
    else:
        return f"model {_short(kind)} is unknown"
    return None if known else "it has no piece for characters that it does not know"


def _pieces(model: dict) -> Iterator[tuple[str, int]]:
    """Each piece with its number."""
    vocabulary = model["vocab"]
    if isinstance(vocabulary, list):  # Unigram: pairs of piece and score
        return ((piece, number) for number, (piece, _) in enumerate(vocabulary))
    return iter(vocabulary.items())


def _parts(part: dict | None) -> Iterator[dict]:
    """A part, or those of a sequence, however they are nested."""
    waiting, seen = [] if part is None else [part], 0
    while waiting:
        part, seen = waiting.pop(), seen + 1
        if seen > MOST_PARTS:
            raise ValueError(
                f"It has more than {MOST_PARTS} normalizers or pre-tokenizers in a row."
            )
        yield part
        inner = [part.get(name) for name in ("normalizers", "pretokenizers", "processors")]
        waiting += [each for parts in inner if parts for each in parts]


def _growth(part: dict) -> float:
    """How many times as long a normalizer can make a text."""
    if part["type"] == "Prepend":
        return 1.0 if len(part["prepend"]) <= LONGEST_MAPPED else math.inf
    if part["type"] == "Precompiled":
        table = base64.b64decode(part["precompiled_charsmap"])
        mapped = table[4 + int.from_bytes(table[:4], "little") :].split(b"\0")
        return 1.0 if max(map(len, mapped)) <= LONGEST_MAPPED else math.inf
    if part["type"] != "Replace":
        return 1.0
    pattern, content = part["pattern"], len(part["content"])
    if "String" in pattern:
        return max(1.0, content / len(pattern["String"])) if pattern["String"] else math.inf
    return 1.0 + content  # a pattern may match between any two characters


def _pattern(part: dict) -> str:
    pattern = part.get("pattern")
    return pattern.get("Regex", "") if isinstance(pattern, dict) else ""


def _runs_away(pattern: str) -> bool:
    """Whether a pattern may try exponentially many ways, or is too large to be compiled.

    That is refused by its form: a group that may be repeated any number of times, and in which
    something is repeated or chosen; references and calls; large numbers of repetitions.
    """
    if len(pattern) > LONGEST_PATTERN:
        return True
    open_groups = [False]  # whether each holds a repetition or a choice
    closed = -1  # where a group that holds one ended
    for syntax in SYNTAX.finditer(pattern):
        sign = syntax[0]
        behind = syntax.start() == closed
        if re.fullmatch(r"\\[1-9kg]|\(\?[~(]", sign):
            return True
        if sign == "(":
            open_groups.append(False)
        elif sign == ")" and len(open_groups) > 1:
            inner = open_groups.pop()
            open_groups[-1] |= inner
            closed = syntax.end() if inner else -1
        elif sign == "|":
            open_groups[-1] = True
        elif sign in "*+" or sign[0] == "{":
            numbers = [int(number) for number in (syntax["least"], syntax["most"]) if number]
            if max(numbers, default=0) > MOST_REPEATED or behind:
                return True
            open_groups[-1] = True
    return False


def _short(value: object) -> str:
    return repr(str(value)[:60])
