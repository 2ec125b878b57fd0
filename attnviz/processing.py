"""Texts on their way into the tokenizer: what is one, and what of it can be encoded."""

from collections.abc import Iterable, Mapping, Set

from transformers import BatchEncoding, PreTrainedTokenizerFast

from attnviz.errors import TextError
from attnviz.tokenization import without_panic

LONGEST_TEXT = 1_000_000  # characters; tokenizing so many takes about a second


def texts_of(values: Iterable[str]) -> list[str]:
    """N texts as a list: of a list, tuple, generator, Series or one-dimensional array of str.

    Raises
    ------
    TextError
        If it is one text, a table or a mapping, has no order, or holds something that is no str,
        such as None or NaN for a missing cell; the message names its row, counted from 0.
    """
    if isinstance(values, str | bytes):
        raise TextError("Give a list of texts, not one text.")
    table = isinstance(values, Mapping | Set) or getattr(values, "ndim", 1) != 1
    if table or not isinstance(values, Iterable):
        raise TextError(
            "Give a list of texts, not a value of type {type}. Of a table, pass one column.",
            type=type(values).__name__,
        )
    texts = [*values]
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise TextError(
                "Text {row} is {found}, of type {type}; only str can be read. Fill in what is "
                "missing, and pass one column of texts.",
                row=row,
                found=str(text)[:50],
                type=type(text).__name__,
            )
    return list(map(str, texts))  # NumPy's are no JSON


def readable(text: str) -> str:
    """The text as it can be encoded: half a surrogate pair (a broken copy) becomes `?`.

    Raises
    ------
    TextError
        If it is no str, or has more than a million characters.
    """
    if not isinstance(text, str):
        raise TextError(
            "The text is {found}, of type {type}; only str can be read.",
            found=str(text)[:50],
            type=type(text).__name__,
        )
    if len(text) > LONGEST_TEXT:
        raise TextError(
            "The text has {count:,} characters; at most {most:,} can be read at once. Cut it.",
            count=len(text),
            most=LONGEST_TEXT,
        )
    return text.encode("utf-8", "replace").decode("utf-8")


def encode(
    tokenizer: PreTrainedTokenizerFast, texts: str | list[str], **options: object
) -> BatchEncoding:
    """The tokens of one text or of several, without special ones.

    Raises
    ------
    ModelFolderError
        If the tokenizer, which may come from anywhere, fails on a text.
    """
    with without_panic():
        return tokenizer(texts, add_special_tokens=False, **options)


def normalized(tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """What the tokenizer makes of a text before it cuts it."""
    normalizer = tokenizer.backend_tokenizer.normalizer
    with without_panic():
        return normalizer.normalize_str(text) if normalizer else text


def start_of(text: str) -> str:
    """As much of a text in a file as is read: its first million characters."""
    return readable(text[:LONGEST_TEXT])
