"""Tokenizers that are pure data: they reload without a line of our code.

A text is cleaned (what nobody sees is taken out, line-break tags become spaces, NFKC, lower case),
cut into words, numbers and single marks, and those into byte-pair pieces (Sennrich et al. 2016). A
character that the vocabulary lacks becomes its UTF-8 bytes, `<0xF0>` and so on, so that no text
dissolves into unknowns, and every piece keeps the place of its characters in the text.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from attnviz.errors import AttnvizError, ModelFolderError
from attnviz.folders.tokenizers import tokenizer_parts
from attnviz.invisible import UNSEEN, seen_from

PAD, UNKNOWN = "[PAD]", "[UNK]"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
LONG_RUN = re.compile(r"\w{1000}(?=\w)")  # no word of any language; learning takes its square

# English contractions are cut as the Penn Treebank does (did | n't, it | 's), so that texts that
# were tokenized before and texts that were not give the same pieces. Han runs stand by themselves.
WORDS = (
    r"(?:(?!\p{Han})\p{L})+(?=n't(?!\p{L}))|n't(?!\p{L})|'(?:s|re|ve|ll|d|m)(?!\p{L})"
    r"|\p{Han}+|(?:(?!\p{Han})[\p{L}\p{M}])+|\p{N}+|[^\s\p{L}\p{M}\p{N}]"
)


def learn_tokenizer(
    texts: Iterable[str], vocab_size: int, *, min_frequency: int = 3, keep_case: bool = False
):
    """A tokenizer with at most `vocab_size` pieces, 257 of them bytes and padding.

    At most half of them are single characters, the most frequent ones (English has a few hundred,
    Chinese several thousand); rarer characters are spelt in bytes. Runs of more than a thousand
    letters or digits without a break (encoded pictures) are cut while it learns.
    """
    learner = _cutter(models.BPE(), keep_case)
    texts = [LONG_RUN.sub(r"\g<0> ", text) for text in texts]
    room = max(vocab_size - len(BYTES) - 1, 1)
    alphabet = _characters(map(learner.normalizer.normalize_str, texts), max(room // 2, 1))
    trainer = trainers.BpeTrainer(
        vocab_size=room,
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),  # on its own it would choose anew each time among equals
        min_frequency=min_frequency,
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    learned = _model_of(learner)
    pieces = [PAD, *BYTES, *sorted(learned["vocab"], key=learned["vocab"].get)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    merges = [tuple(pair) for pair in learned["merges"]]
    return wrap(_cutter(models.BPE(vocabulary, merges, byte_fallback=True), keep_case))


class Pieces(NamedTuple):
    """How texts become tokens: a key of `PIECES`, and whether capitals stay."""

    kind: str = "words"
    keep_case: bool = False


USUAL = Pieces()


def learn_pieces(texts: Iterable[str], vocab_size: int, pieces: Pieces = USUAL):
    """A tokenizer by a row of `PIECES`."""
    return PIECES[pieces.kind](texts, vocab_size, keep_case=pieces.keep_case)


def learn_characters(
    texts: Iterable[str], vocab_size: int, *, min_frequency: int = 2, keep_case: bool = False
):
    """A tokenizer without merges: each character is one token, a rarer one an unknown one.

    Its bytes would be several tokens, and a tag is said of a character.
    """
    cutter = _cutter(models.BPE(), keep_case, each=True)
    cleaned = map(cutter.normalizer.normalize_str, texts)
    pieces = [PAD, UNKNOWN, *_characters(cleaned, max(vocab_size - 2, 1), min_frequency)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    model = models.WordLevel(vocabulary, unk_token=UNKNOWN)
    return wrap(_cutter(model, keep_case, each=True))


def _characters(texts: Iterable[str], most: int, least: int = 1) -> list[str]:
    """The most frequent characters; of equally frequent ones those that Unicode has first.

    None that stands there fewer than `least` times.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    found = sorted(counts, key=lambda character: (-counts[character], character))
    found = [c for c in found if not c.isspace() and counts[c] >= least]
    return found[:most]


def wrap(tokenizer: Tokenizer):
    """As a Transformers tokenizer. `[PAD]` typed by a user is text, not padding."""
    from transformers import PreTrainedTokenizerFast  # seconds; a page only cuts texts

    worded = isinstance(tokenizer.model, models.WordLevel)  # others spell what they do not know
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=tokenizer.model.unk_token if worded else None,
        padding_side="right",
        split_special_tokens=True,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
    )


def load_tokenizer(folder: str | Path):
    """What `open_tokenizer` opens, as a Transformers tokenizer."""
    return wrap(open_tokenizer(folder))


def open_tokenizer(folder: str | Path) -> Tokenizer:
    """The tokenizer of a model folder, from `tokenizer.json` alone: data, never code.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or describes no tokenizer.
    ModelFolderError
        If it holds what is not allowed; see `attnviz.folders.tokenizers`.
    """
    described = tokenizer_parts(Path(folder) / "tokenizer.json")
    described["normalizer"] = _seeing(described.get("normalizer"))
    try:
        return Tokenizer.from_str(json.dumps(described))
    except BaseException as error:
        if _is_fault(error):
            raise ValueError(str(error)[:200]) from error
        raise


@contextmanager
def without_panic() -> Iterator[None]:
    """Around calls of the tokenizers library, which is written in Rust.

    Its panics are no `Exception`: they would end a thread or a page without a word.

    Raises
    ------
    ModelFolderError
        If the tokenizer fails on a text.
    """
    try:
        yield
    except BaseException as error:
        if not _is_fault(error):
            raise
        raise ModelFolderError(
            "The tokenizer of this model fails: {error}. Choose another model, or another text.",
            error=str(error)[:200],
        ) from error


def _is_fault(error: BaseException) -> bool:
    """Whether it comes from the library, and not from a user who stops the program."""
    panic = type(error).__name__ == "PanicException"
    return panic or (isinstance(error, Exception) and not isinstance(error, AttnvizError))


def cover_marks(text: str, offsets: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Offsets that take in what composition (NFKC) left without a token of its own.

    Those are combining marks and the second and third letters of a Hangul syllable.
    """
    covered = []
    for number, (start, end) in enumerate(offsets):
        limit = next((s for s, e in offsets[number + 1 :] if s >= end), len(text))
        while (mark := seen_from(text, end)) < limit and _composes(text[mark]):
            end = mark + 1
        covered.append((start, end))
    return covered


def _composes(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or "\u1161" <= character <= "\u11c2"


def _cutter(model: models.Model, keep_case: bool = False, each: bool = False) -> Tokenizer:
    """Cleans and cuts texts for a model: into words, or, with `each`, into characters."""
    tokenizer = Tokenizer(model)
    lower = [] if keep_case else [normalizers.Lowercase()]
    tokenizer.normalizer = normalizers.Sequence(
        [
            *(normalizers.Replace(Regex(found), content) for found, content in UNSEEN.items()),
            normalizers.Replace(Regex(r"(?i)<br\s*/?>"), " "),
            normalizers.NFKC(),
            normalizers.Replace("’", "'"),
            *lower,
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex("." if each else WORDS), "isolated"),
        ]
    )
    return tokenizer


def _seeing(normalizer: dict | None) -> dict:
    """The same without what nobody sees; one that was trained since leaves it out by itself."""
    parts = [
        {"type": "Replace", "pattern": {"Regex": pattern}, "content": content}
        for pattern, content in UNSEEN.items()
    ]
    if normalizer and normalizer.get("normalizers", [])[: len(parts)] == parts:
        return normalizer
    return {"type": "Sequence", "normalizers": [*parts, *([normalizer] if normalizer else [])]}


def _model_of(tokenizer: Tokenizer) -> dict:
    return json.loads(tokenizer.to_str())["model"]


PIECES = {"words": learn_tokenizer, "characters": learn_characters}
"""What a token is: a word or a piece of one, learnt by merging; or a character."""
