"""Into how many pieces a tokenizer cuts a word."""

from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from attnviz.errors import ModelFolderError
from attnviz.tokenization import open_tokenizer, without_panic

MOST_WORDS = 2**16  # whose pieces are remembered


class Cutter:
    """Into how many pieces a word is cut; the tokenizer of a folder is opened when it is needed."""

    def __init__(self, folder: str | Path = "", tokenizer: Tokenizer | None = None) -> None:
        self._folder, self._tokenizer, self._known = folder, tokenizer, {}

    def __call__(self, word: str) -> int:
        if word not in self._known:
            if len(self._known) >= MOST_WORDS:
                self._known.clear()
            self._known[word] = self._count(word)
        return self._known[word]

    def _count(self, word: str) -> int:
        if self._tokenizer is None:
            try:
                self._tokenizer = open_tokenizer(self._folder)
            except (OSError, ValueError, RecursionError, ModelFolderError):
                return 1  # whoever opens the model says so
        with without_panic():
            return _pieces(self._tokenizer, word)


def _pieces(tokenizer: Tokenizer, word: str) -> int:
    """As many as there are; what a vocabulary of whole words does not know, counts as its bytes."""
    found = tokenizer.encode(word, add_special_tokens=False)
    if not isinstance(tokenizer.model, WordLevel):
        return len(found.ids)
    unknown = tokenizer.token_to_id(tokenizer.model.unk_token)
    return sum(
        len(word[start:end].encode("utf-8", "replace")) if number == unknown else 1
        for number, (start, end) in zip(found.ids, found.offsets, strict=True)
    )
