"""One training run on Transformers' `Trainer`, with everything that it leaves to be looked at."""

import json
import shutil
import signal
import threading
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import (
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_callback import ExportableState

from attnviz.errors import TrainingError
from attnviz.gradients import by_distance_from_the_end, state_gradients
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.trace import DIRECTIONS
from attnviz.training.recipe import SCHEDULES, Recipe
from attnviz.training.texts import NO_LABEL

LOGGED_STEPS = 50
PROBED_TEXTS = 16
PROBED_TOKENS = 200


class NetworkTrainer(Trainer):
    """Trainer with a teacher's share of the loss, word dropout, and a `Recorder` looking on."""

    def __init__(self, recipe: Recipe, recorder: "Recorder", **options) -> None:
        self.recipe, self.recorder, self.stop = recipe, recorder, StopOnSignal()
        callbacks = [recorder, EarlyStoppingCallback(recipe.patience), self.stop]
        super().__init__(callbacks=callbacks, **options)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """Cross-entropy of the labels, and the teacher's share (Tang et al. 2019, eq. 4–6).

        The teacher's is the mean square of the differences of the logits; a text that the teacher
        did not read counts by its label alone, one without a label by the teacher alone.
        """
        ids, labels = inputs["input_ids"], inputs["labels"]
        smoothing = 0.0
        if model.training:
            smoothing = self.recipe.label_smoothing
            blank = torch.rand(ids.shape, device=ids.device) < self.recipe.word_dropout
            ids = ids.masked_fill(blank, 0) if self.recipe.word_dropout else ids
        outputs = model(input_ids=ids, attention_mask=inputs["attention_mask"])
        losses = functional.cross_entropy(
            outputs.logits,
            labels,
            ignore_index=NO_LABEL,
            label_smoothing=smoothing,
            reduction="none",
        )  # (B,), 0 where there is no label
        teacher = inputs.get("teacher_logits")
        if teacher is not None:
            read = ~teacher[:, 0].isnan()
            taught = (outputs.logits - teacher.nan_to_num()).square().mean(1)
            share = self.recipe.teacher_weight * read
            losses = (1 - share) * losses + share * taught
        return (losses.mean(), outputs) if return_outputs else losses.mean()

    def training_step(self, model, inputs, num_items_in_batch=None):
        self._warm_up_to_a_plateau()
        loss = super().training_step(model, inputs, num_items_in_batch)
        self.recorder.note_step(self, loss)
        return loss

    def _warm_up_to_a_plateau(self) -> None:
        """The one schedule that Transformers starts at its peak rate."""
        steps = self.args.get_warmup_steps(self.state.max_steps)
        if self.recipe.schedule == "plateau" and self.state.global_step < steps:
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.learning_rate * (self.state.global_step + 1) / steps

    def _save_checkpoint(self, model, trial):
        """As ever, but what cannot be written is taken away, so that the one before is the last."""
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        try:
            super()._save_checkpoint(model, trial)
        except Exception as error:  # a full disk has many names: OSError, SafetensorError, …
            shutil.rmtree(folder, ignore_errors=True)
            kept = last_checkpoint(folder.parent)
            raise TrainingError(
                "The checkpoint of step {step} could not be saved: {error}. {kept} is left: make "
                "room, then go on with the same command and --resume.",
                step=self.state.global_step,
                error=error,
                kept=kept.name if kept else "No checkpoint",
            ) from error


class Recorder(TrainerCallback, ExportableState):
    """Notes what `History` holds of the steps, and stops a run whose loss is no number."""

    def __init__(self, network: CnnLstmAttentionForSequenceClassification, texts: list[dict]):
        self.steps: list[dict] = []
        self.evaluations: list[dict] = []
        self.state_gradients: list[dict] = []
        self.network = network
        self.probe = _probe([item for item in texts if item["labels"] != NO_LABEL])
        self._groups = defaultdict(list)
        for name, parameter in network.named_parameters():
            self._groups[_layer_of(name)].append(parameter)
        self._forget()

    def note_step(self, trainer: NetworkTrainer, loss: Tensor) -> None:
        """After the backward pass, before clipping."""
        squares = {
            layer: torch.stack(torch._foreach_norm(grads)).square().sum()
            for layer, parameters in self._groups.items()
            if (grads := [p.grad for p in parameters if p.grad is not None])
        }
        total = torch.stack(list(squares.values())).sum().sqrt().item()
        if not (loss.isfinite() and np.isfinite(total)):
            self._refuse(trainer, loss.item(), total)
        self._norms.append(total)
        for layer, square in squares.items():
            self._by_layer[layer].append(square.sqrt().item())

    def on_train_begin(self, args, state, control, **kwargs) -> None:
        self._probe_states(state)

    def on_log(self, args, state, control, logs=None, **kwargs) -> None:
        place = {"step": state.global_step, "epoch": round(state.epoch or 0.0, 4)}
        if "eval_loss" in logs:
            found = {"loss": logs["eval_loss"], "accuracy": logs["eval_accuracy"]}
            self.evaluations.append(place | found)
        elif "loss" in logs and self._norms:
            norms = {layer: float(np.mean(found)) for layer, found in self._by_layer.items()}
            entry = {"loss": logs["loss"], "learning_rate": logs["learning_rate"]}
            entry |= {"gradient_norm": float(np.mean(self._norms)), "gradient_norms": norms}
            clipped = np.array(self._norms) > args.max_grad_norm if args.max_grad_norm else [False]
            self.steps.append(place | entry | {"clipped": float(np.mean(clipped))})
            self._forget()

    def on_evaluate(self, args, state, control, **kwargs) -> None:
        self._probe_states(state)

    def state(self) -> dict:
        """What a checkpoint keeps of the record."""
        kept = ("steps", "evaluations", "state_gradients")
        return {"args": {}, "attributes": {name: getattr(self, name) for name in kept}}

    def restore(self, checkpoint: Path) -> None:
        """Go on with the record of a checkpoint."""
        state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
        for name, entries in state["stateful_callbacks"]["Recorder"]["attributes"].items():
            setattr(self, name, entries)

    @property
    def evaluations_without_gain(self) -> int:
        """How many evaluations have passed since the best."""
        found = [entry["accuracy"] for entry in self.evaluations]
        return len(found) - 1 - found.index(max(found)) if found else 0

    def _forget(self) -> None:
        self._norms: list[float] = []
        self._by_layer: dict[str, list[float]] = defaultdict(list)

    def _probe_states(self, state) -> None:
        if not state.is_world_process_zero or self.probe is None:
            return
        if any(entry["step"] == state.global_step for entry in self.state_gradients):
            return
        device, training = self.network.device, self.network.training
        ids, mask, labels = (part.to(device) for part in self.probe)
        self.network.eval()
        norms = state_gradients(
            self.network,
            ids,
            mask,
            lambda logits: functional.cross_entropy(logits, labels, reduction="sum"),
        )
        self.network.train(training)
        for number, direction in enumerate(DIRECTIONS[: norms.shape[1]]):
            means = by_distance_from_the_end(norms[:, number], self.probe[1].sum(1).numpy())
            entry = {"step": state.global_step, "epoch": round(state.epoch or 0.0, 4)}
            self.state_gradients.append(
                entry | {"direction": direction, "norms": [float(value) for value in means]}
            )

    def _refuse(self, trainer: NetworkTrainer, loss: float, norm: float) -> None:
        broken = [
            name for name, values in self.network.named_parameters() if not values.isfinite().all()
        ]
        before = f"{self._norms[-1]:.3g}" if self._norms else "unknown"
        raise TrainingError(
            "Training diverged at step {step}: the loss is {loss}, the gradient norm {norm}; one "
            "step before, the gradient norm was {before} at learning rate {rate:.3g}. {weights} "
            "Try a smaller --learning-rate or --clip-norm, or a longer --warmup; the last "
            "checkpoint is kept.",
            step=trainer.state.global_step + 1,
            loss=loss,
            norm=norm,
            before=before,
            rate=trainer._get_learning_rate(),
            weights=f"The weights of {broken[0]} are no numbers." if broken else "",
        )


class StopOnSignal(TrainerCallback):
    """Ctrl-C ends the run after the step, with a checkpoint; a second one ends it at once."""

    def __init__(self) -> None:
        self.asked = False

    def on_train_begin(self, args, state, control, **kwargs) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)

    def on_train_end(self, args, state, control, **kwargs) -> None:
        self.restore()

    def on_step_end(self, args, state, control, **kwargs) -> None:
        if self.asked:
            control.should_save = control.should_training_stop = True

    def restore(self) -> None:
        """Give Ctrl-C its old meaning back."""
        if hasattr(self, "_before"):
            signal.signal(signal.SIGINT, self._before)
            del self._before

    def _ask(self, number, frame) -> None:
        self.asked = True
        self.restore()


def make_trainer(
    network: CnnLstmAttentionForSequenceClassification,
    tokenizer: PreTrainedTokenizerFast,
    training: list[dict],
    validation: list[dict],
    checkpoints: Path,
    recipe: Recipe,
) -> NetworkTrainer:
    """A trainer that keeps the best epoch, by accuracy on all validation texts together."""
    recorder = Recorder(network, training)
    return NetworkTrainer(
        recipe,
        recorder,
        model=network,
        args=_arguments(checkpoints, recipe),
        train_dataset=training,
        eval_dataset=validation,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_metrics=lambda found: {
            "accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())
        },
    )


def _arguments(checkpoints: Path, recipe: Recipe) -> TrainingArguments:
    plateau = recipe.schedule == "plateau"
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=2 * recipe.batch_size,
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,  # or the teacher's logits would never arrive
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=SCHEDULES[recipe.schedule],
        lr_scheduler_kwargs={"factor": 0.5, "patience": 0} if plateau else None,
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.clip_norm,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="accuracy",
        logging_steps=LOGGED_STEPS,
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available(),  # without one, torch warns
        seed=recipe.seed,
    )


def _layer_of(parameter: str) -> str:
    """`recurrent.layers.0.1.weight_hh_l0` → `recurrent.layers.0`, all others → the first part."""
    first, *rest = parameter.split(".")
    return ".".join([first, *rest[:2]]) if first == "recurrent" else first


def _probe(texts: list[dict]) -> tuple[Tensor, Tensor, Tensor] | None:
    """Ids, mask and labels of a few rather long texts, in whose states gradients are watched."""
    if not texts:
        return None
    ordered = sorted(texts, key=lambda item: len(item["input_ids"]))
    last = max(PROBED_TEXTS, int(0.95 * len(ordered)))
    chosen = [item["input_ids"][:PROBED_TOKENS] for item in ordered[:last][-PROBED_TEXTS:]]
    labels = [item["labels"] for item in ordered[:last][-PROBED_TEXTS:]]
    ids = torch.zeros(len(chosen), max(map(len, chosen)), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, pieces in enumerate(chosen):
        ids[row, : len(pieces)] = torch.tensor(pieces)
        mask[row, : len(pieces)] = 1
    return ids, mask, torch.tensor(labels)


def last_checkpoint(checkpoints: Path) -> Path | None:
    """The newest checkpoint that was written to its end: trainer_state.json comes last."""
    sound = [path.parent for path in checkpoints.glob("checkpoint-*/trainer_state.json")]
    return max(sound, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
