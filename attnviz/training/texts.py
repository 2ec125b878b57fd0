"""What the training files hold, checked and cut into tokens."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from attnviz.errors import TrainingError
from attnviz.evaluation import Labelled
from attnviz.language import Language
from attnviz.overlap import Texts, shared
from attnviz.processing import encode as cut
from attnviz.processing import start_of
from attnviz.tasks import IGNORED
from attnviz.tokenization import Pieces, learn_pieces, load_tokenizer

NO_LABEL = IGNORED


def label_names(training: Sequence[Labelled], validation: Sequence[Labelled]) -> list[str]:
    """The labels of the training texts in alphabetical order, once all files are fit for training.

    Raises
    ------
    TrainingError
        If a text has no label, or one that no training text has, if fewer than two are left, or a
        validation file is empty or called like another.
    """
    for file in [*training, *validation]:
        for row, label in enumerate(file.labels, 1):
            if not label.strip():
                raise TrainingError(
                    "{file}: text {row} has no label. Fill it in, or take the row out.",
                    file=file.name,
                    row=row,
                )
    check_files(validation)
    names = sorted({label for file in training for label in file.labels})
    if len(names) < 2:
        raise TrainingError(
            "Different labels in the training files: {count} ({names}); a classifier needs two or "
            "more.",
            count=len(names),
            names=", ".join(names),
        )
    _refuse_strangers(validation, names)
    return names


def check_files(validation: Sequence[Labelled]) -> None:
    """Refuse a validation file that is empty, or is called like another."""
    counts = Counter(file.name for file in validation)
    if doubled := [name for name, count in counts.items() if count > 1]:
        raise TrainingError(
            "Two validation files are called {name}, so their results could not be told apart. "
            "Rename one.",
            name=doubled[0],
        )
    for file in validation:
        if not file.texts:
            raise TrainingError(
                "{file} holds no text to validate with. Name a larger file.", file=file.name
            )


def _refuse_strangers(validation: Sequence[Labelled], names: Sequence[str]) -> None:
    """Labels that a model of these `names` can never say."""
    known = frozenset(names)
    for file in validation:
        for row, label in enumerate(file.labels, 1):
            if label not in known:
                raise TrainingError(
                    "{file}: text {row} has the label {label!r}, which no training text has. "
                    "Known labels: {known}.",
                    file=file.name,
                    row=row,
                    label=label,
                    known=", ".join(names),
                )


def tokenizer_of(
    checkpoint: Path | None,
    training: Sequence[Labelled],
    unlabelled: Sequence[str],
    vocab_size: int,
    pieces: Pieces,
) -> PreTrainedTokenizerFast:
    """That of the run whose checkpoint is gone on from, else a new one; nothing is written yet."""
    if checkpoint:
        return load_tokenizer(checkpoint.parent)
    texts = [text for file in training for text in file.texts] + list(unlabelled)
    return learn_pieces(map(start_of, texts), vocab_size, pieces)


def language_of(
    files: Sequence[Labelled], tokenizer: PreTrainedTokenizerFast, start_from: str | Path | None
) -> Language:
    """What the model reads; of few texts too little is known, so that of the start stays."""
    texts = [text for file in files for text in file.texts]
    found = Language.of(texts, tokenizer.backend_tokenizer)
    before = Language.load(start_from) if start_from and not found.frequent else None
    return before or found


def encode(
    files: Sequence[Labelled],
    tokenizer: PreTrainedTokenizerFast,
    label2id: Mapping[str, int],
    max_tokens: int,
) -> list[dict]:
    """One dict per text as `Trainer` wants them; texts without a token teach nothing.

    The label of an unlabelled text, whose label is None, is `NO_LABEL`.
    """
    texts = [text for file in files for text in file.texts]
    labels = [label for file in files for label in file.labels]
    encoded = [
        {"inputs": ids, "labels": NO_LABEL if label is None else label2id[label], "row": row}
        for row, (ids, label) in enumerate(
            zip(_pieces(texts, tokenizer, max_tokens), labels, strict=True)
        )
        if ids
    ]
    if not encoded:
        raise TrainingError("{files}: no text holds anything to read.", files=files[0].name)
    return encoded


def with_teacher(encoded: list[dict], logits: np.ndarray) -> list[dict]:
    """The same with what the teacher said of each text; without a label or a teacher, left out."""
    taught = [item | {"teacher_logits": logits[item["row"]].tolist()} for item in encoded]
    return [
        item
        for item in taught
        if item["labels"] != NO_LABEL or not np.isnan(item["teacher_logits"][0])
    ]


def _pieces(texts: list[str], tokenizer: PreTrainedTokenizerFast, max_tokens: int) -> list:
    return cut(
        tokenizer,
        list(map(start_of, texts)),
        truncation=True,
        max_length=max_tokens,
        return_attention_mask=False,
    )["input_ids"]


def entries_of(
    training: Sequence[Labelled],
    validation: Sequence[Labelled],
    unlabelled: Sequence[str],
    models: Mapping[str, str | Path | None],
    shares: Sequence[float] | None = None,
) -> list[dict]:
    """What `History.data` says of the files and models that a run begins with.

    `shares` of the validation files that are trained on too are measured where they are not given.
    """
    files = [{"name": f.name, "texts": len(f.texts), "use": "training"} for f in training]
    if shares is None:
        learnt = Texts([text for file in training for text in file.texts] + list(unlabelled))
        shares = [shared(Texts(file.texts), learnt).share for file in validation]
    for file, share in zip(validation, shares, strict=True):
        entry = {"name": file.name, "texts": len(file.texts), "use": "validation"}
        files.append(entry | ({"shared": round(share, 4)} if share else {}))
    if unlabelled:
        files.append({"name": "unlabelled", "texts": len(unlabelled), "use": "unlabelled"})
    files += [{"name": Path(path).name, "use": use} for use, path in models.items() if path]
    return files
