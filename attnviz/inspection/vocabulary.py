"""What is known of a model's pieces: which are punctuation or stop words, negations, bytes."""

from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """For each of V pieces, (V,) bool: what it is."""

    size: int


def vocabulary_of(tokenizer: PreTrainedTokenizerFast) -> Vocabulary:
    """Looked up once for a run."""
    return Vocabulary(len(tokenizer))
