"""What people bring, on its way into the network.

The contract of every row of `PROCESSORS`: `kind(config, tokenizer)` builds it. `all_of(values)` is
what was brought as a list; `encode(values)` the network's input of each, `cut(input)` as much of it
as is read, and `batch(inputs)` the arguments of the network, padded; `read(value)` is a `Reading`:
one of them with all that a page says of its positions.
"""

from transformers import PreTrainedTokenizerFast

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.processing.reading import Reading
from attnviz.processing.samples import FilmProcessor, PictureProcessor, SeriesProcessor
from attnviz.processing.tagged import TaggedTextProcessor, WordProcessor
from attnviz.processing.text import (
    LONGEST_TEXT,
    TextProcessor,
    encode,
    normalized,
    readable,
    start_of,
    texts_of,
    words_of,
)

__all__ = [
    "LONGEST_TEXT",
    "PROCESSORS",
    "Reading",
    "encode",
    "normalized",
    "readable",
    "start_of",
    "texts_of",
    "words_of",
]


def _texts(config: CnnLstmAttentionConfig, tokenizer: PreTrainedTokenizerFast) -> TextProcessor:
    kind = TaggedTextProcessor if config.task == "tag" else TextProcessor
    return kind(config, tokenizer)


PROCESSORS = {
    "text": _texts,
    "words": WordProcessor,
    "series": SeriesProcessor,
    "frames": FilmProcessor,
    "rows": PictureProcessor,
    "columns": PictureProcessor,
    "filters": PictureProcessor,
}
"""A row for each key of `attnviz.inputs.INPUTS`."""
