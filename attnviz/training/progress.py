"""What a person sees of a run that goes on: a bar over its steps, a line for each evaluation."""

import sys

from tqdm import tqdm
from transformers import TrainerCallback
from transformers.utils import logging as transformers_logging

from attnviz.history import METRICS
from attnviz.training.recorder import Recorder


class Progress(TrainerCallback):
    """On standard error, by the first process alone, and where Transformers may show bars."""

    def __init__(self, recorder: Recorder, patience: int) -> None:
        self.recorder, self.patience = recorder, patience
        self.bar = tqdm(disable=True)

    def on_train_begin(self, args, state, control, **kwargs) -> None:
        silent = not transformers_logging.is_progress_bar_enabled()
        self.bar = tqdm(
            total=state.max_steps,
            initial=state.global_step,
            unit=" steps",
            desc="training",
            file=sys.stderr,
            disable=silent or not state.is_world_process_zero,
        )

    def on_step_end(self, args, state, control, **kwargs) -> None:
        self.bar.update()

    def on_evaluate(self, args, state, control, **kwargs) -> None:
        found, best = self.recorder.evaluations[-1], not self.recorder.evaluations_without_gain
        self._say(
            f"epoch {state.epoch:.0f} of {args.num_train_epochs:.0f}: validation loss "
            f"{found['loss']:.3f}, {self._title} {self._measured(found)}"
            f"{', the best so far' if best else ''}"
        )

    def on_train_end(self, args, state, control, **kwargs) -> None:
        ended_early = state.global_step < state.max_steps
        if ended_early and self.recorder.evaluations_without_gain >= self.patience:
            entries, metric = self.recorder.evaluations, METRICS[self.recorder.metric]
            best = metric.best(entries, key=lambda entry: entry[self.recorder.metric])
            self._say(f"stopped early: no epoch since has beaten {self._measured(best)}")

    def _measured(self, entry: dict) -> str:
        return f"{entry[self.recorder.metric]:{METRICS[self.recorder.metric].format}}"

    @property
    def _title(self) -> str:
        return METRICS[self.recorder.metric].title.lower()

    def _say(self, line: str) -> None:
        if not self.bar.disable:
            tqdm.write(line, file=sys.stderr)
