"""Words with their letters: a tokenizer that is pure data, and the letters as bytes.

The vocabulary is that of a `WordLevel` tokenizer in `tokenizer.json`: words in lower case, [PAD]
and [UNK]. The letters of a word, capitals included, come from the text itself.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.invisible import UNSEEN
from attnviz.tokenization import PAD, UNKNOWN, WORDS, open_tokenizer, wrap

TOKENS = (
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w.-]+\w"
    r"|\p{N}[\p{N}.,:/]*\p{N}|(?:\p{L}\.){2,}|(?i:mr|mrs|ms|dr|prof|jr|sr|vs|inc|ltd|co|corp|etc)\."
    r"|\.{2,}|-{2,}|" + WORDS
)
"""What one word is in a text that is typed: addresses, numbers and abbreviations stay whole."""


def letters_of(word: str, count: int) -> list[int]:
    """`count` numbers: the bytes of a word in UTF-8, from 1; 0 beyond its end.

    Of a longer word a third is how it begins and the rest how it ends: endings say more.
    """
    spelt = unicodedata.normalize("NFKC", word).replace("’", "'").encode("utf-8", "replace")
    if len(spelt) > count:
        first = count // 3
        spelt = spelt[:first] + spelt[len(spelt) - (count - first) :]
    return [1 + byte for byte in spelt] + [0] * (count - len(spelt))


def learn_words(
    texts: Iterable[Sequence[str]], vocab_size: int, letters: int, more: Sequence[str] = ()
) -> "WordsTokenizer":
    """A tokenizer of the most frequent words of texts that are cut into words already.

    `more` are further words, most useful first, such as those of a file of vectors; they fill what
    room is left. A word that stands in the texts once and is none of them is left to its letters.
    """
    normalizer = _normalizer()
    counts = Counter(normalizer.normalize_str(word).strip() for text in texts for word in text)
    known = set(more)
    words = [word for word, count in counts.most_common() if word and (count > 1 or word in known)]
    seen = set(words)
    words += [word for word in more if word not in seen]
    words = [PAD, UNKNOWN, *words[: max(0, vocab_size - 2)]]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(TOKENS), "isolated")]
    )
    return wrap_words(tokenizer, letters)


def _normalizer() -> normalizers.Normalizer:
    return normalizers.Sequence(
        [
            *(normalizers.Replace(Regex(found), content) for found, content in UNSEEN.items()),
            normalizers.NFKC(),
            normalizers.Replace("’", "'"),
            normalizers.Lowercase(),
        ]
    )


class WordsTokenizer(PreTrainedTokenizerFast):
    """A Transformers tokenizer that gives, beside each word's number, its letters.

    `input_values` (B, T, 1 + letters) is what the network reads; `input_ids` (B, T) is what
    `pipeline` looks words up by.
    """

    @property
    def letters(self) -> int:
        """How many letters of a word are read."""
        # No constructor sets it: of a class that has one Transformers would build the tokenizer
        # anew, without the normalizer and the pre-tokenizer of its file.
        return self.init_kwargs["letters"]

    def __call__(self, text=None, return_tensors=None, return_offsets_mapping=False, **options):
        encoded = super().__call__(text, return_offsets_mapping=True, **options)
        alone = isinstance(text, str) or (options.get("is_split_into_words") and _is_row(text))
        texts = [text] if alone else text
        values = [self._spelt(read, encoded.encodings[row]) for row, read in enumerate(texts)]
        encoded["input_values"] = values[0] if alone else values
        if not return_offsets_mapping:
            del encoded["offset_mapping"]
        if return_tensors:
            encoded.convert_to_tensors(return_tensors, prepend_batch_axis=bool(alone))
        return encoded

    def _spelt(self, text: str | Sequence[str], encoding) -> list[list[int]]:
        rows = []
        for number, (start, end), word in zip(
            encoding.ids, encoding.offsets, encoding.word_ids, strict=True
        ):
            source = text if isinstance(text, str) else text[word or 0]
            rows.append([number, *letters_of(source[start:end], self.letters)])
        return rows


def _is_row(text: object) -> bool:
    return bool(text) and isinstance(text[0], str)


def wrap_words(tokenizer: Tokenizer, letters: int) -> WordsTokenizer:
    """As a Transformers tokenizer, for a network that reads so many letters of a word."""
    return WordsTokenizer(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        padding_side="right",
        split_special_tokens=True,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask", "input_values"],
        letters=letters,
    )


def tokenizer_of(folder: str | Path, read: str, letters: int = 0) -> PreTrainedTokenizerFast:
    """That of a folder, as a network needs it that reads `read`, a key of `INPUTS`."""
    tokenizer = open_tokenizer(folder)
    return wrap_words(tokenizer, letters) if read == "words" else wrap(tokenizer)


def word_rows(tokenizer: WordsTokenizer, words: Sequence[str]) -> np.ndarray:
    """(T, 1 + letters) of words that are known to be words: no text is cut."""
    normalizer = tokenizer.backend_tokenizer.normalizer
    numbers = tokenizer.get_vocab()
    unknown = numbers[UNKNOWN]
    return np.array(
        [
            [
                numbers.get(normalizer.normalize_str(word).strip(), unknown),
                *letters_of(word, tokenizer.letters),
            ]
            for word in words
        ],
        dtype=np.int64,
    ).reshape(len(words), 1 + tokenizer.letters)


AutoTokenizer.register(CnnLstmAttentionConfig, fast_tokenizer_class=WordsTokenizer)
