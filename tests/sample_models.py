"""A small network of series that is right for a reason that we know, and files for it.

A series has 31 steps of three channels around 5, 50 and 500, all of them noise but for a bump of
seven steps in one channel: which channel that is is its class.
"""

from functools import lru_cache

import numpy as np
import torch

from attnviz.configuration import CnnLstmAttentionConfig
from attnviz.modeling import CnnLstmAttentionForSequenceClassification

CLASSES = ("current", "voltage", "warmth")
CHANNELS = ("I (A)", "V (V)", "T (°C)")
MEANS, SPREADS = np.array([5.0, 50.0, 500.0]), np.array([1.0, 10.0, 100.0])
STEPS, BUMP = 31, 7
TIMES = [f"{6 + step // 6:02d}:{step % 6}0" for step in range(STEPS)]


def bumps(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values (n, 31, 3) float32, classes (n,), first steps of the bumps (n,)."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 0.3, (count, STEPS, 3))
    classes, starts = rng.integers(0, 3, count), rng.integers(0, STEPS - BUMP, count)
    for row, (label, start) in enumerate(zip(classes, starts, strict=True)):
        values[row, start : start + BUMP, label] += 2 * np.sin(np.pi * (np.arange(BUMP) + 1) / 8)
    return (values * SPREADS + MEANS).astype(np.float32), classes, starts


def save_bumps(path, values, classes=None, **more) -> None:
    """The same as a file that people bring; without `classes` nobody knows them."""
    labels = {} if classes is None else {"y": classes, "classes": np.array(CLASSES)}
    about = {"channels": np.array(CHANNELS), "times": np.array(TIMES)}
    np.savez(path, X=values, **labels, **about, **more)


@lru_cache(maxsize=1)
def network() -> CnnLstmAttentionForSequenceClassification:
    """Trained in two seconds; always the same."""
    torch.manual_seed(7)
    names = dict(enumerate(CLASSES))
    config = CnnLstmAttentionConfig(
        **{"input": "series", "channels": list(CHANNELS), "step": 10.0, "step_unit": "min"},
        **{"kernel_sizes": [3], "filters": 11, "hidden_size": 7, "attention_size": 5},
        **{"max_tokens": 37, "id2label": names, "label2id": {n: i for i, n in names.items()}},
    )
    found = CnnLstmAttentionForSequenceClassification(config)
    found.embedding.mean.copy_(
        torch.tensor(MEANS + 2 * SPREADS)
    )  # a missing value looks like a bump
    found.embedding.scale.copy_(torch.tensor(SPREADS))
    values, classes, _ = bumps(600, seed=1)
    steps = torch.optim.Adam(found.parameters(), 0.02)
    for step in range(120):
        rows = np.arange(step * 60, step * 60 + 60) % len(values)
        labels = torch.from_numpy(classes[rows])
        loss = found.train()(input_values=torch.from_numpy(values[rows]), labels=labels).loss
        steps.zero_grad()
        loss.backward()
        steps.step()
    return found.eval()


def save_model(folder) -> None:
    network().save_pretrained(folder)
