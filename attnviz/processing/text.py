"""Texts on their way into the tokenizer: what is one, and what of it can be encoded."""

from collections.abc import Iterable, Mapping, Sequence, Set

from torch import Tensor
from transformers import BatchEncoding, PreTrainedTokenizerFast

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.errors import TextError
from attnviz.invisible import invisible, named
from attnviz.processing.reading import Reading
from attnviz.tokenization import cover_marks, without_panic

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


class TextProcessor:
    """Texts by way of a tokenizer."""

    def __init__(self, config: CnnLstmAttentionConfig, tokenizer: PreTrainedTokenizerFast) -> None:
        self.config, self.tokenizer = config, tokenizer

    @property
    def blank(self) -> int:
        """The number of a token that says nothing: what is unknown, else padding."""
        return self.tokenizer.unk_token_id or 0

    def all_of(self, texts: Iterable[str]) -> list[str]:
        """The texts as a list; see `texts_of`."""
        return texts_of(texts)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of each text, also those beyond `max_tokens`, which the caller cuts.

        `truncation=True` would be a setting of the tokenizer, which a trace in another thread
        shares, so that its text would be cut without being counted.
        """
        read = [start_of(text) for text in texts]
        return encode(self.tokenizer, read, return_attention_mask=False)["input_ids"]

    def cut(self, ids: list[int], most: int | None = None) -> list[int]:
        """As much of one as the network reads, or its first `most` tokens."""
        return ids[: self.config.max_tokens if most is None else most]

    def batch(self, encoded: Sequence[list[int]]) -> dict[str, Tensor]:
        """Arguments of the network, padded on the right."""
        padded = self.tokenizer.pad({"input_ids": list(encoded)}, return_tensors="pt")
        return {name: padded[name] for name in ("input_ids", "attention_mask")}

    def read(self, text: str) -> Reading:
        """One text, with all that a page says of its tokens.

        Raises
        ------
        TextError
            If the text holds no token at all, or more than a million characters.
        """
        text = readable(text)
        encoding = encode(self.tokenizer, text, return_offsets_mapping=True)
        ids = encoding["input_ids"]
        kept = len(self.cut(ids))
        if not kept:
            raise nothing(text)
        # One token more than is kept, or the last would take in a mark that was cut.
        offsets = cover_marks(text, encoding["offset_mapping"][: kept + 1])[:kept]
        return Reading(
            inputs=ids[:kept],
            tokens=tuple(encoding.tokens()[:kept]),
            offsets=tuple(offsets),
            words=words_of(text, encoding.word_ids()[:kept], offsets),
            truncated=len(ids) - kept,
            text=text,
            normalized=normalized(self.tokenizer, text),
        )


def nothing(text: str) -> TextError:
    """What is wrong with a text without a single token."""
    if unseen := invisible(text):
        return TextError(
            "There is nothing to read: the text holds only spaces and characters that nobody sees "
            "({names}).",
            names=named(unseen),
        )
    return TextError("There is nothing to read: the text is empty or holds only spaces.")


def words_of(text: str, ids: list[int], offsets: list[tuple[int, int]]) -> tuple[int, ...]:
    """Pieces of one word share a number; Han text has no spaces, so there each piece is a word."""
    words, number = [], -1
    for position, word in enumerate(ids):
        start = offsets[position][0]
        han = "\u3400" <= text[start : start + 1] <= "\u9fff"
        fresh = position == 0 or word != ids[position - 1]
        if fresh or (han and offsets[position] != offsets[position - 1]):
            number += 1
        words.append(number)
    return tuple(words)
