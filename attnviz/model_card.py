"""The README.md of a trained model's folder: what it learnt from, how, and how well."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from attnviz.folders import label_names

CARD = """---
library_name: transformers
pipeline_tag: text-classification
tags: [attnviz, cnn_lstm_attention]
---
# {name}

A {recurrent} network with {attention} attention that tells {labels} apart, for attnviz.

## Network

{network}

## Data

| file | texts | used for |
|---|---|---|
{data}

## Training

```
{command}
```

Seed {seed}, {minutes:.0f} minutes on {machine}, finished {day}.

## Accuracy

Measured on the folder as saved (float16), on files that chose the best epoch:

| file | accuracy |
|---|---|
{metrics}
"""


def write_card(
    folder: str | Path,
    training: Sequence,
    validation: Sequence,
    accuracies: Mapping[str, float],
    command: str,
    seed: int,
    seconds: float,
) -> None:
    """Write `README.md` into a model folder, from its config.json and what `train` returned."""
    from platform import machine

    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shown = ("vocab_size", "embedding_size", "kernel_sizes", "filters", "recurrent", "hidden_size")
    shown += ("num_hidden_layers", "bidirectional", "attention", "attention_size", "max_tokens")
    files = [
        (file, use)
        for use, group in (("training", training), ("choosing", validation))
        for file in group
    ]
    card = CARD.format(
        name=folder.name,
        recurrent=config["recurrent"].upper(),
        attention=config["attention"],
        labels=", ".join(label_names(config)),
        network="\n".join(f"- {name}: {config[name]}" for name in shown),
        data="\n".join(f"| {file.name} | {len(file.texts):,} | {use} |" for file, use in files),
        command=command,
        seed=seed,
        minutes=seconds / 60,
        machine=machine(),
        day=date.today().isoformat(),
        metrics="\n".join(f"| {name} | {value:.2%} |" for name, value in accuracies.items()),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
