"""Distillation: a larger classifier says what it thinks of the texts (Hinton et al. 2015)."""

from collections.abc import Callable, Sequence
from os.path import isdir
from pathlib import Path

import numpy as np
import torch
from huggingface_hub import HfApi
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerFast

from attnviz.errors import TrainingError
from attnviz.folders.strangers import HUB_NAME
from attnviz.processing import start_of

TOKENS_PER_BATCH = 4_000


def teacher_logits(
    teacher: str | Path,
    texts: Sequence[str],
    labels: Sequence[str],
    most_tokens: int,
    progress: Callable[[int], object] | None = None,
) -> np.ndarray:
    """Logits (N, C) float32 of any Transformers sequence classifier, in the order of `labels`.

    `teacher` is a folder, or the name of a model on the hub. A text of more than `most_tokens` of
    the teacher's tokens gets NaN: what it would say of a part says nothing of the whole.

    Raises
    ------
    TrainingError
        If the teacher cannot be opened, has no fast tokenizer, or tells other labels apart.
    """
    network, tokenizer = _open(teacher)
    columns = _columns(network.config.id2label, labels)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = network.eval().to(device)
    encoded = tokenizer(list(map(start_of, texts)), truncation=True, max_length=most_tokens + 1)[
        "input_ids"
    ]
    logits = np.full((len(texts), len(labels)), np.nan, dtype=np.float32)
    for numbers in _batches([len(ids) for ids in encoded], most_tokens):
        batch = tokenizer.pad({"input_ids": [encoded[number] for number in numbers]})
        with torch.inference_mode():
            found = network(
                input_ids=torch.tensor(batch["input_ids"], device=device),
                attention_mask=torch.tensor(batch["attention_mask"], device=device),
            ).logits
        logits[numbers] = found.float().cpu().numpy()[:, columns]
        if progress:
            progress(len(numbers))
    return logits


def _open(teacher: str | Path) -> tuple:
    nowhere = False
    try:
        local = isdir(teacher) or not _on_the_hub(str(teacher))
        nowhere = local and not isdir(teacher)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(teacher, local_files_only=local)
        network, report = AutoModelForSequenceClassification.from_pretrained(
            teacher,
            local_files_only=local,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        if missing := sorted(report["missing_keys"]):  # Transformers would make up what is missing
            raise ValueError(f"Its weights lack {missing[0]}.")
        if tokenizer.pad_token is None:
            raise ValueError("Its tokenizer has no padding token.")
    except Exception as error:
        if nowhere:
            raise TrainingError(
                "{teacher}: there is no such folder, and no such model on the hub that can be "
                "reached from here. Check the name and the network, or give a model's folder.",
                teacher=teacher,
            ) from error
        raise TrainingError(
            "{teacher}: no teacher can be opened there. It must be the folder of a Transformers "
            "sequence classifier with model.safetensors and tokenizer.json, or, with a network "
            "connection, its name on the hub. {error}",
            teacher=teacher,
            error=error,
        ) from error
    return network, tokenizer


def _on_the_hub(name: str) -> bool:
    """Asked once: without a network, each file of a model would be asked for again and again."""
    if not HUB_NAME.fullmatch(name):  # a path needs no network
        raise FileNotFoundError("There is no such folder.")
    try:
        HfApi().model_info(name, timeout=10)
    except Exception:  # of the HTTP library, whichever it is; the model may still be in the cache
        return False
    return True


def _columns(id2label: dict[int, str], labels: Sequence[str]) -> list[int]:
    """Where each of our labels stands among the teacher's; upper and lower case are the same."""
    places = {str(name).casefold(): number for number, name in id2label.items()}
    ours = [label.casefold() for label in labels]
    if len(id2label) == len(ours) and sorted(places) == sorted(ours):
        return [places[label] for label in ours]
    raise TrainingError(
        "The teacher tells {theirs} apart, the training files {ours}. Name the teacher's labels "
        "as in the files (id2label in its config.json).",
        theirs=", ".join(map(str, id2label.values())),
        ours=", ".join(labels),
    )


def _batches(lengths: list[int], most_tokens: int):
    """Numbers of texts of similar length together, longest first; those that do not fit left out.

    A text without a token has special ones all the same, or length 0 and nothing to be said of it.
    """
    order = sorted(
        (number for number, length in enumerate(lengths) if 0 < length <= most_tokens),
        key=lambda number: -lengths[number],
    )
    while order:
        count = max(1, TOKENS_PER_BATCH // lengths[order[0]])
        yield order[:count]
        order = order[count:]
