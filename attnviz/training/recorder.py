"""What `History` holds of the steps of a run, noted while it goes on."""

import json
import time
from collections import defaultdict
from math import isfinite
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from torch import Tensor
from transformers import Trainer, TrainerCallback
from transformers.trainer_callback import ExportableState

from attnviz.errors import TrainingError
from attnviz.gradients import by_distance_from_the_end, state_gradients
from attnviz.history import METRICS
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.trace import DIRECTIONS
from attnviz.training.batches import Collator
from attnviz.training.texts import NO_LABEL

PROBED_TEXTS = 16
PROBED_TOKENS = 200


class Recorder(TrainerCallback, ExportableState):
    """Notes every step, and stops a run whose loss is no number.

    A checkpoint keeps all of it, down to the steps that no entry holds yet, so that the record of
    a run that was cut off and went on is that of a run which never was.
    """

    def __init__(
        self,
        network: CnnLstmAttentionForSequenceClassification,
        items: list[dict],
        collate: Collator,
        metric: str,
    ) -> None:
        """`items` are what is trained with, `metric` is a key of `attnviz.history.METRICS`."""
        self.steps: list[dict] = []
        self.evaluations: list[dict] = []
        self.state_gradients: list[dict] = []
        self.network, self.metric = network, metric
        known = [item for item in items if np.any(np.asarray(item["labels"]) != NO_LABEL)]
        self.probe = _probe(known, collate)
        self._groups = defaultdict(list)
        for name, parameter in network.named_parameters():
            self._groups[_layer_of(name)].append(parameter)
        self._noted: list[dict] = []  # the steps since the last entry
        self.last_norm: float | None = None  # of the gradient, at the step before
        self.started, self.seconds_before = time.monotonic(), 0.0

    def note_step(self, trainer: Trainer, loss: Tensor) -> None:
        """After the backward pass, before clipping."""
        squares = {
            layer: torch.stack(torch._foreach_norm(grads)).square().sum()
            for layer, parameters in self._groups.items()
            if (grads := [p.grad for p in parameters if p.grad is not None])
        }
        noted = {
            "loss": trainer.accelerator.gather(loss).mean().item(),
            "learning_rate": trainer._get_learning_rate(),
            "gradient_norm": torch.stack(list(squares.values())).sum().sqrt().item(),
            "gradient_norms": {layer: square.sqrt().item() for layer, square in squares.items()},
        }
        if not (isfinite(noted["loss"]) and isfinite(noted["gradient_norm"])):
            self._refuse(trainer.state.global_step + 1, noted)
        self._noted.append(noted)
        self.last_norm = noted["gradient_norm"]

    def on_train_begin(self, args, state, control, **kwargs) -> None:
        if state.global_step == 0:
            self._probe_states(state)

    def on_log(self, args, state, control, logs=None, **kwargs) -> None:
        if "eval_loss" in logs:
            self._refuse_evaluation(logs["eval_loss"], state.global_step)
            found = {"loss": logs["eval_loss"], self.metric: logs[f"eval_{self.metric}"]}
            self.evaluations.append(_place(state) | found)
        elif "loss" in logs:
            self.enter_steps(args, state)

    def on_evaluate(self, args, state, control, **kwargs) -> None:
        self._probe_states(state)

    def on_train_end(self, args, state, control, **kwargs) -> None:
        self.enter_steps(args, state)

    def state(self) -> dict:
        """What a checkpoint keeps of the record."""
        kept = ("steps", "evaluations", "state_gradients", "_noted", "last_norm")
        attributes = {name: getattr(self, name) for name in kept}
        return {"args": {}, "attributes": attributes | {"seconds_before": self.seconds}}

    def restore(self, checkpoint: Path) -> None:
        """Go on with the record of a checkpoint."""
        state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
        for name, entries in state["stateful_callbacks"]["Recorder"]["attributes"].items():
            setattr(self, name, entries)

    @property
    def seconds(self) -> float:
        """How long the run has taken, without the time between being cut off and going on."""
        return self.seconds_before + time.monotonic() - self.started

    @property
    def evaluations_without_gain(self) -> int:
        """How many evaluations have passed since the best."""
        found = [entry[self.metric] for entry in self.evaluations]
        return len(found) - 1 - found.index(METRICS[self.metric].best(found)) if found else 0

    def enter_steps(self, args, state) -> None:
        """One entry for all steps since the one before."""
        noted, self._noted = self._noted, []
        if not noted:
            return
        norms = [step["gradient_norm"] for step in noted]
        limit = args.max_grad_norm
        self.steps.append(
            _place(state)
            | {
                "loss": fmean(step["loss"] for step in noted),
                "learning_rate": noted[-1]["learning_rate"],
                "gradient_norm": fmean(norms),
                "gradient_norms": {
                    layer: fmean(step["gradient_norms"][layer] for step in noted)
                    for layer in noted[0]["gradient_norms"]
                },
                "clipped": fmean(norm > limit > 0 for norm in norms),
            }
        )

    def _probe_states(self, state) -> None:
        if not state.is_world_process_zero or self.probe is None:
            return
        device, training = self.network.device, self.network.training
        batch = {name: part.to(device) for name, part in self.probe.items()}
        labels = batch.pop("labels")
        if "attention_mask" not in batch:  # pictures, which have no padding
            batch["attention_mask"] = self.network.all_there(batch["input_values"])
        values, mask = batch.get("input_values"), batch["attention_mask"]
        labels = self.network.departures(labels, values, mask)
        self.network.eval()
        norms = state_gradients(
            self.network, batch, lambda logits: self.network.losses(logits, labels).sum()
        )
        self.network.train(training)
        lengths = mask.sum(1).cpu().numpy()
        for number, direction in enumerate(DIRECTIONS[: norms.shape[1]]):
            means = by_distance_from_the_end(norms[:, number], lengths)
            if np.isfinite(means).all():  # a gradient may overflow long before the loss does
                self.state_gradients.append(
                    _place(state) | {"direction": direction, "norms": means.tolist()}
                )

    def _refuse(self, step: int, found: dict) -> None:
        broken = [
            name for name, values in self.network.named_parameters() if not values.isfinite().all()
        ]
        raise TrainingError(
            "Training diverged at step {step}: the loss is {loss}, the gradient norm {norm}; one "
            "step before, the gradient norm was {before} at learning rate {rate}. Weights that are "
            "no numbers: {weights}. Try a smaller --learning-rate or --clip-norm, or a longer "
            "--warmup, with another --output.",
            step=step,
            loss=f"{found['loss']:.4g}",
            norm=f"{found['gradient_norm']:.4g}",
            before="–" if self.last_norm is None else f"{self.last_norm:.3g}",
            rate=f"{found['learning_rate']:.3g}",
            weights=broken[0] if broken else "–",
        )

    def _refuse_evaluation(self, loss: float, step: int) -> None:
        if not isfinite(loss):
            raise TrainingError(
                "Training diverged: after step {step}, the loss on the validation files is {loss}. "
                "Try a smaller --learning-rate with another --output.",
                step=step,
                loss=f"{loss:.4g}",
            )


def _place(state) -> dict:
    return {"step": state.global_step, "epoch": round(state.epoch or 0.0, 4)}


def _layer_of(parameter: str) -> str:
    """`recurrent.layers.0.1.weight_hh_l0` → `recurrent.layers.0`, all others → the first part."""
    first, *rest = parameter.split(".")
    return ".".join([first, *rest[:2]]) if first == "recurrent" else first


def _probe(items: list[dict], collate: Collator) -> dict[str, Tensor] | None:
    """A batch of a few rather long texts or samples, in whose states gradients are watched."""
    if not items:
        return None
    ordered = sorted(items, key=lambda item: len(item["inputs"]))
    last = max(PROBED_TEXTS, int(0.95 * len(ordered)))
    return collate(
        [
            {
                "inputs": collate.processor.cut(item["inputs"], PROBED_TOKENS),
                "labels": item["labels"],
            }
            for item in ordered[:last][-PROBED_TEXTS:]
        ]
    )
