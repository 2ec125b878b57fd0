"""Pretrained word vectors as a start of the embedding."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from attnviz.errors import FileError
from attnviz.modeling import CnnLstmAttentionForSequenceClassification


def start_from_vectors(
    model: CnnLstmAttentionForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    path: str | Path,
) -> int:
    """Copy the vectors of known words into the embedding; returns how many were found.

    `path` is a text file as GloVe and word2vec write it: a word and its numbers on each line.
    Vectors longer than the embedding are projected on their leading singular directions. All are
    scaled together to three times the spread of the embedding's own initial values.

    Raises
    ------
    FileError
        If the file cannot be read, or holds no vector of finite numbers, long enough and not all
        equal, of any piece.
    """
    embedding = model.embedding
    weight = (embedding.words if model.config.input == "words" else embedding).weight.data
    found = _known_vectors(Path(path), tokenizer.get_vocab(), weight.shape[1])
    vectors = torch.tensor(np.stack(list(found.values())))
    if not vectors.isfinite().all() or not vectors.std() > 0:
        raise FileError(
            "{path} holds numbers to which nothing can be scaled: not finite, or all equal. Choose "
            "another file of --vectors.",
            path=path,
        )
    if vectors.shape[1] > weight.shape[1]:
        _, components = torch.linalg.eigh(vectors.T @ vectors)  # ascending by their share
        vectors = vectors @ components[:, -weight.shape[1] :]
    weight[list(found)] = vectors * (3 * weight.std() / vectors.std())
    return len(found)


def words_in(path: str | Path) -> list[str]:
    """The words of such a file in lower case, in its order, each once."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as lines:
            words = (line.rstrip().split(" ", 1) for line in lines)
            return list(dict.fromkeys(row[0].lower() for row in words if len(row) > 1))
    except OSError as error:
        raise FileError("{path} cannot be read: {error}", path=path, error=error) from error


def _known_vectors(path: Path, vocabulary: Mapping[str, int], size: int) -> dict[int, np.ndarray]:
    """Row of the embedding → vector, of the first word that spells the piece in any case."""
    found: dict[int, np.ndarray] = {}
    width = read = 0
    try:
        with path.open("rb") as lines:
            for encoded in lines:
                read += 1
                line = encoded.decode("utf-8")
                # word2vec's header has two fields; later on, a word may hold spaces.
                if not width and len(line.split()) <= 2:
                    continue
                width = width or len(line.split()) - 1
                word, *numbers = line.rstrip().rsplit(" ", width)
                row = vocabulary.get(word.lower())
                if row is not None and row not in found and len(numbers) == width >= size:
                    found[row] = np.array(numbers, dtype=np.float32)
    except OSError as error:
        raise FileError("{path} cannot be read: {error}", path=path, error=error) from error
    except ValueError as error:  # bytes that are no UTF-8, or words where numbers should be
        raise FileError(
            "{path}, line {line}: no word vector ({error}). Give a text file in UTF-8 with a word "
            "and its numbers on each line, as GloVe has them; unpack one that is packed.",
            path=path,
            line=read,
            error=error,
        ) from error
    if 0 < width < size:
        raise FileError(
            "{path} holds vectors of {width} numbers, which do not fill an embedding of {size}. "
            "Set --embedding-size to {width} or less.",
            path=path,
            width=width,
            size=size,
        )
    if not found:
        raise FileError(
            "{path} holds no vector of any piece of the vocabulary. Is it of another language?",
            path=path,
        )
    return found
