"""Python's way to write dictionaries, {'text': "It's good"}, as JSON; nothing is run."""

import ast
import json
import re

PYTHON = re.compile(r"\s*[\[(]?\s*\{\s*[uU]?'")  # how a file of them begins
_TOKEN = re.compile(
    r"""[uUbB]?('(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+")|\b(?:True|False|None)\b|[()]""", re.DOTALL
)
_WORDS = {"True": "true", "False": "false", "None": "null", "(": "[", ")": "]"}


def as_json(text: str) -> str:
    """The text with its Python words and strings as JSON spells them, on the same lines."""
    return _TOKEN.sub(_as_json, text)


def _as_json(match: re.Match) -> str:
    if match[1] is None:
        return _WORDS[match[0]]
    try:
        return json.dumps(ast.literal_eval(match[1]), ensure_ascii=False)
    except (SyntaxError, ValueError):  # an escape that ends too early, for example
        return match[0]
