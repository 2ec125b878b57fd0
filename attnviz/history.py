"""What a training run left behind: `training.json` in the model folder, as plain data."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from attnviz.errors import ModelFolderError

FILE_NAME = "training.json"


@dataclass(frozen=True)
class History:
    """One training run, from its command to its result.

    Parameters
    ----------
    command, seed, seconds, finished
        How it was run, for how long, and the day (ISO 8601) on which it ended.
    recipe
        The fields of `attnviz.training.Recipe`.
    data
        `{"name": …, "texts": …, "use": "training" | "validation" | "unlabelled"}` of each file.
    steps
        One entry for every few steps: `step`, `epoch`; means since the entry before of `loss` and
        of `gradient_norm`, the Euclidean norm over all parameters before clipping, and of
        `gradient_norms`, the same for each layer, by name; `clipped`, the share 0…1 of these steps
        whose gradient was clipped; the `learning_rate` of the last of them.
    evaluations
        One entry for each: `step`, `epoch`, `loss` and `accuracy` (0…1) on the validation files.
    state_gradients
        ‖∂loss/∂h_t‖ through the recurrence, in the last recurrent layer, at some steps: `step`,
        `epoch`, `direction` and `norms`, of which entry d is the mean over a few training texts
        at the position d before the last that the direction reads. A norm that falls with the
        distance is a vanishing gradient, one that rises an exploding one (Pascanu et al. 2013).
    accuracy
        On each validation file, 0…1, measured on the folder as saved.
    calibration
        `temperature`; `ece_before` and `ece_after`, the expected calibration error 0…1 on the
        validation files with temperature 1 and with temperatures fitted on their other half.
    """

    command: str
    seed: int
    seconds: float
    finished: str
    recipe: dict
    data: list[dict]
    steps: list[dict] = field(default_factory=list)
    evaluations: list[dict] = field(default_factory=list)
    state_gradients: list[dict] = field(default_factory=list)
    accuracy: dict[str, float] = field(default_factory=dict)
    calibration: dict[str, float] = field(default_factory=dict)

    def save(self, folder: str | Path) -> None:
        """Write `training.json` into a model folder."""
        entries = json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)
        (Path(folder) / FILE_NAME).write_text(entries + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "History | None":
        """What `save` wrote, or None where the folder holds none.

        Raises
        ------
        ModelFolderError
            If the file is there but holds no training run.
        """
        path = Path(folder) / FILE_NAME
        if not path.is_file():
            return None
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise ModelFolderError(
                "{path} holds no training run: {error}", path=path, error=error
            ) from error
