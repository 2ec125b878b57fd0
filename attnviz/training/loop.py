"""One training run on Transformers' `Trainer`, which can be stopped and go on."""

import math
import os
import signal
import threading
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import torch
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

from attnviz.errors import TrainingError
from attnviz.history import METRICS
from attnviz.modeling import CnnLstmAttentionForSequenceClassification
from attnviz.training.averaging import Average
from attnviz.training.batches import Collator, blanked, measure_of, shuffled
from attnviz.training.checkpoints import saving
from attnviz.training.progress import Progress
from attnviz.training.recipe import SCHEDULES, Recipe
from attnviz.training.recorder import Recorder

ARGUMENTS = ("input_ids", "input_values", "attention_mask")  # of the network
MOST_ENTRIES = 200  # of the record; a run of no more steps has an entry for each
ORDER = "order.pth"


class NetworkTrainer(Trainer):
    """Trainer with a teacher's share of the loss, word dropout, and a `Recorder` looking on."""

    def __init__(self, recipe: Recipe, recorder: Recorder, **options) -> None:
        self.recipe, self.recorder = recipe, recorder
        config = recorder.network.config
        self.alike = alike_channels(config.channels, recipe.shuffle_channels, config.target)
        self.stop, self.patience = StopOnSignal(), EarlyStoppingCallback(recipe.patience)
        self.order, self.progress = OrderOfTexts(), Progress(recorder, recipe.patience)
        self.average = Average(recorder.network, recipe.average)
        callbacks = [self.average, recorder, self.patience, self.stop, self.order, self.progress]
        super().__init__(callbacks=callbacks, **options)
        self.remove_callback(PrinterCallback)  # Trainer's own lines are not for people

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """The task's loss, and the teacher's share of it (Tang et al. 2019, eq. 4–6).

        The teacher's is the mean square of the differences of the logits; a text that the teacher
        did not read counts by its label alone, one without a label by the teacher's share alone.
        """
        labels, smoothing = inputs["labels"], 0.0
        batch = {name: inputs[name] for name in ARGUMENTS if name in inputs}
        if model.training:
            smoothing = self.recipe.label_smoothing
            token = self.data_collator.processor.blank
            batch = shuffled(blanked(batch, self.recipe.word_dropout, token), self.alike)
        outputs = model(**batch)
        labels = self._departures(labels, batch)
        losses = self.recorder.network.losses(outputs.logits, labels, smoothing)  # (B,)
        teacher = inputs.get("teacher_logits")
        if teacher is not None:
            read = ~teacher[:, 0].isnan()
            taught = (outputs.logits - teacher.nan_to_num()).square().mean(1)
            share = self.recipe.teacher_weight * read
            losses = (1 - share) * losses + share * taught
        return (losses.mean(), outputs) if return_outputs else losses.mean()

    def prediction_step(self, model, inputs, prediction_loss_only, ignore_keys=None):
        """As ever; the values to come are compared as the network says them, less their level."""
        loss, logits, labels = super().prediction_step(
            model, inputs, prediction_loss_only, ignore_keys
        )
        return loss, logits, self._departures(labels, inputs)

    def _departures(self, labels, batch):
        values, mask = batch.get("input_values"), batch.get("attention_mask")
        return self.recorder.network.departures(labels, values, mask)

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

    def go_on(self, checkpoint: Path | None) -> None:
        """Train to the end, from a checkpoint if there is one."""
        if checkpoint:
            self.recorder.restore(checkpoint)
            self.order.restore(checkpoint)
            self.average.restore(checkpoint)
            without_gain = self.recorder.evaluations_without_gain
            self.patience.early_stopping_patience_counter = without_gain
            if without_gain >= self.recipe.patience:  # it had ended, but was not saved
                self.args.num_train_epochs = 0
        try:
            self.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        finally:
            self.stop.restore()
            self.progress.bar.close()

    def _save_checkpoint(self, model, trial):
        """As ever, but what cannot be written is taken away, so that the one before is the last."""
        step = self.state.global_step
        folder = Path(self.args.output_dir) / f"checkpoint-{step}"
        with saving(folder, f"The checkpoint of step {step}"), self.average.in_place():
            super()._save_checkpoint(model, trial)
            if self.args.should_save:
                self.average.save(folder)

    def evaluate(self, *arguments, **options):
        """As ever, of the mean of the weights where the recipe asks for one."""
        with self.average.in_place():
            return super().evaluate(*arguments, **options)

    def _save_rng_state(self, output_dir):
        super()._save_rng_state(output_dir)
        if self.args.should_save:
            within = _within_epoch(self.state)
            began = self.order.began if within else torch.get_rng_state()
            torch.save(began, Path(output_dir) / ORDER)

    def _get_train_sampler(self, *arguments):
        """Samples of similar length together.

        Under torchrun with a generator that accelerate keeps in step between the processes:
        without one, their orders would part with their dropouts, and some texts would be read
        twice in an epoch, others never.
        """
        several = self.args.world_size > 1
        return LengthGroupedSampler(
            self.args.train_batch_size * self.args.gradient_accumulation_steps,
            lengths=[len(item["inputs"]) for item in self.train_dataset],
            generator=torch.Generator().manual_seed(self.args.seed) if several else None,
        )


class OrderOfTexts(TrainerCallback):
    """Lets a run that goes on within an epoch read the texts in the order that the epoch began.

    Trainer draws that order from the random numbers at the epoch's start, but its checkpoints hold
    those of their own moment alone.
    """

    def __init__(self) -> None:
        self.began: torch.Tensor | None = None

    def restore(self, checkpoint: Path) -> None:
        if (checkpoint / ORDER).is_file():
            self.began = torch.load(checkpoint / ORDER, weights_only=True)

    def on_train_begin(self, args, state, control, **kwargs) -> None:
        if self.began is not None:
            torch.set_rng_state(self.began)

    def on_epoch_begin(self, args, state, control, **kwargs) -> None:
        self.began = torch.get_rng_state()


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
        if args.world_size > 1:  # one that stops alone leaves the others waiting for ever
            asked = torch.tensor(float(self.asked), device=args.device)
            torch.distributed.all_reduce(asked)
            self.asked = bool(asked)
        if self.asked:
            control.should_training_stop = True
            control.should_save = _within_epoch(state)

    def on_epoch_end(self, args, state, control, **kwargs) -> None:
        if self.asked and _within_epoch(state):  # Trainer takes every stop for an epoch's end
            control.should_evaluate = control.should_save = False

    def restore(self) -> None:
        """Give Ctrl-C its old meaning back."""
        if hasattr(self, "_before"):
            signal.signal(signal.SIGINT, self._before)
            del self._before

    def _ask(self, number, frame) -> None:
        self.asked = True
        self.restore()


def _within_epoch(state) -> bool:
    return state.epoch % 1 != 0


def make_trainer(
    network: CnnLstmAttentionForSequenceClassification,
    processor,
    training: list[dict],
    validation: list[dict],
    checkpoints: Path,
    recipe: Recipe,
) -> NetworkTrainer:
    """A trainer that keeps the epoch that is best on all validation files together.

    `processor` is a row of `attnviz.processing.PROCESSORS`.
    """
    measure, collate = measure_of(network.config), Collator(processor)
    recorder = Recorder(network, training, collate, measure.metric)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    steps = recipe.epochs * math.ceil(len(training) / (processes * recipe.batch_size))
    return NetworkTrainer(
        recipe,
        recorder,
        model=network,
        args=_arguments(checkpoints, recipe, steps_per_entry(steps), measure.metric),
        train_dataset=training,
        eval_dataset=validation,
        data_collator=collate,
        compute_metrics=lambda found: {
            measure.metric: measure.of(network, found.predictions, found.label_ids)
        },
    )


def steps_per_entry(steps: int) -> int:
    """How many steps share an entry of the record, in a run of so many."""
    return math.ceil(steps / MOST_ENTRIES)


def alike_channels(
    channels: Sequence[str], patterns: Sequence[str], target: Sequence[str] = ()
) -> list[int]:
    """Numbers of the channels that a pattern such as `I*` matches; `*` stands for anything.

    Raises
    ------
    TrainingError
        If patterns match fewer than two channels, or one that is forecast.
    """
    alike = [
        number
        for number, name in enumerate(channels)
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    if patterns and (len(alike) < 2 or {channels[number] for number in alike} & set(target)):
        raise TrainingError(
            "--shuffle-channels {patterns} matches: {matched}. It needs two channels or more that "
            "are alike, and none that is forecast. The channels: {known}.",
            patterns=" ".join(patterns),
            matched=", ".join(channels[number] for number in alike) or "–",
            known=", ".join(channels),
        )
    return alike


def _arguments(
    checkpoints: Path, recipe: Recipe, logged_steps: int, metric: str
) -> TrainingArguments:
    higher = METRICS[metric].best is max
    several_on_cpu = int(os.environ.get("WORLD_SIZE", "1")) > 1 and not torch.cuda.is_available()
    plateau = {"mode": "max" if higher else "min", "factor": 0.5, "patience": 0, "threshold": 0.0}
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=2 * recipe.batch_size,
        remove_unused_columns=False,  # or the teacher's logits would never arrive
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=SCHEDULES[recipe.schedule],
        lr_scheduler_kwargs=plateau if recipe.schedule == "plateau" else None,
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.clip_norm,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model=metric,
        greater_is_better=higher,
        logging_steps=logged_steps,
        disable_tqdm=True,  # `Progress` has the bar
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available(),  # without one, torch warns
        use_cpu=several_on_cpu,  # or the processes of `torchrun` would not know of each other
        ddp_backend="gloo" if several_on_cpu else None,
        ddp_find_unused_parameters=False,
        seed=recipe.seed,
    )
