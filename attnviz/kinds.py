"""What networks can read and what they can be asked: every kind by its key, with its title."""

from typing import NamedTuple

from attnviz.errors import N_, ConfigurationError


class InputKind(NamedTuple):
    """What a network reads at each position.

    `needs` names the fields of the configuration that it cannot do without, `uses` those that it
    may have besides; any other field of an input must be empty.
    """

    title: str
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    tokenizer: bool = False


class TaskKind(NamedTuple):
    """What a network is asked; `needs`, `uses` as of an input, `inputs` what it can be asked of."""

    title: str
    inputs: tuple[str, ...]
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


FORECAST = ("season", "spread", "naive_error")
_PICTURE = ("picture",)
_FILTERS = ("picture_filters",)
_LETTERS = ("letters", "letter_filters")
_TIME = ("step", "step_unit")
INPUT_KINDS = {
    "text": InputKind(N_("text"), tokenizer=True),
    "words": InputKind(N_("words with their letters"), _LETTERS, tokenizer=True),
    "series": InputKind(N_("series"), ("channels",), (*_TIME, "stride", "level", "front_end")),
    "frames": InputKind(N_("films, frame by frame"), _PICTURE, (*_FILTERS, *_TIME)),
    "rows": InputKind(N_("pictures, row by row"), _PICTURE, _FILTERS),
    "columns": InputKind(N_("pictures, column by column"), _PICTURE, _FILTERS),
    "filters": InputKind(N_("pictures, filter by filter"), (*_PICTURE, *_FILTERS)),
}
TASK_KINDS = {
    "classify": TaskKind(
        N_("one class for the whole"), tuple(key for key in INPUT_KINDS if key != "words")
    ),
    "forecast": TaskKind(N_("the coming values"), ("series",), ("target", "horizon"), FORECAST),
    "tag": TaskKind(N_("a tag for every word"), ("text", "words"), (), ("transitions",)),
}
CHAIN_KINDS = {
    "none": N_("each tag by itself"),
    "rules": N_("only tags that may follow one another"),
    "learnt": N_("a learnt chain of tags (CRF)"),
}
"""How the tags of a sequence depend on one another."""
STEP_ATTENTION_KINDS = {"none": N_("no attention"), "multi_head": N_("multi-head attention")}
"""How a position that is tagged reads the others."""
LEVEL_KINDS = {
    "files": N_("the mean of the training files"),
    "sample": N_("the mean of the sample"),
    "season": N_("the mean of the sample's last season"),
}
"""What the values of a channel are measured from."""
FRONT_ENDS = {"none": N_("as it is"), "log_mel": N_("sound, as log mel energies")}
"""How a recording becomes channels."""
STEP_UNITS = ("", "ms", "s", "min", "h", "day", "week", "month", "quarter", "year")
SAMPLE_INPUTS = ("series", "frames", "rows", "columns", "filters")
PICTURE_INPUTS = tuple(key for key, kind in INPUT_KINDS.items() if "picture" in kind.needs)

MOST_CHANNELS, LARGEST_PICTURE, MOST_FILTERS = 10_000, 4_096, 4_096
MOST_LETTERS, MOST_CHAINED = 100, 1_000
EMPTY = {"step": None, "step_unit": "", "stride": 1, "level": "files", "front_end": "none"}
EMPTY |= {
    "horizon": 0,
    "season": 1,
    "naive_error": 0.0,
    "transitions": "none",
    "letters": 0,
    "letter_filters": 0,
}
LISTS = ("channels", "picture", "picture_filters", "target", "spread")
EMPTY |= {name: [] for name in LISTS}
"""What a field says that an input or task has no use for."""


def settle(config) -> None:
    """Bring the fields of input and task of a configuration into one spelling, and check them.

    Raises
    ------
    ConfigurationError
        If no network can be built from them; the message names the field and the remedy.
    """
    for name in LISTS:
        setattr(config, name, list(getattr(config, name)))
    tables = {"input": INPUT_KINDS, "task": TASK_KINDS, "level": LEVEL_KINDS}
    tables |= {"front_end": FRONT_ENDS, "transitions": CHAIN_KINDS}
    if config.task == "tag":
        tables["attention"] = STEP_ATTENTION_KINDS
    for name, table in tables.items():
        if getattr(config, name) not in table:
            raise _unknown(name, getattr(config, name), table)
    if config.step_unit not in STEP_UNITS:
        raise _unknown("step_unit", config.step_unit, STEP_UNITS[1:])
    task, kind = TASK_KINDS[config.task], INPUT_KINDS[config.input]
    if config.input not in task.inputs:
        raise ConfigurationError(
            "task {task!r} cannot be asked of input {input!r}, only of: {known}.",
            task=config.task,
            input=config.input,
            known=", ".join(task.inputs),
        )
    if config.task == "forecast" and config.stride != 1:
        raise ConfigurationError(
            "stride is {stride}; a forecast reads every step. Leave it out, or average the file.",
            stride=config.stride,
        )
    _check_needs(config, kind, task)
    _check_sizes(config)
    if config.input in SIZES:
        config.embedding_size = SIZES[config.input](config)


def _unknown(name: str, key: object, table) -> ConfigurationError:
    return ConfigurationError(
        "{name} is {key!r}; known kinds: {known}.",
        name=name,
        key=str(key)[:40],
        known=", ".join(table),
    )


def _check_needs(config, kind: InputKind, task: TaskKind) -> None:
    needs, uses = {*kind.needs, *task.needs}, {*kind.uses, *task.uses}
    for name, empty in EMPTY.items():
        value = getattr(config, name)
        if name in needs and value == empty:
            raise ConfigurationError(
                "{name} is missing: input {input!r} with task {task!r} cannot do without it.",
                name=name,
                input=config.input,
                task=config.task,
            )
        if name not in needs | uses and value != empty:
            raise ConfigurationError(
                "{name} is {value}, but input {input!r} with task {task!r} has no use for it. "
                "Leave it out.",
                name=name,
                value=str(value)[:40],
                input=config.input,
                task=config.task,
            )


def _check_sizes(config) -> None:
    _check_channels(config)
    _check_picture(config)
    _check_tags(config)
    _check_forecast(config)


def _check_channels(config) -> None:
    channels, step = config.channels, config.step
    if len(set(channels)) < len(channels) or len(channels) > MOST_CHANNELS:
        raise ConfigurationError(
            "channels holds {count:,} names, {different:,} of them different; each channel needs "
            "a name of its own, at most {most:,}.",
            count=len(channels),
            different=len(set(channels)),
            most=MOST_CHANNELS,
        )
    if step is not None and not 0 < step < float("inf"):
        raise ConfigurationError(
            "step is {step}; the time between two steps is a number above 0.", step=str(step)[:20]
        )


def _check_picture(config) -> None:
    picture = config.picture
    if picture:
        shrunk = 2 ** len(config.picture_filters)
        sound = len(picture) == 3 and picture[2] in (1, 3)
        if not sound or not all(shrunk <= side <= LARGEST_PICTURE for side in picture[:2]):
            raise ConfigurationError(
                "picture is {picture}; give rows, columns and colours (1 or 3), with rows and "
                "columns from {least} (each filter halves them) to {most:,}.",
                picture=str(picture)[:60],
                least=shrunk,
                most=LARGEST_PICTURE,
            )
    if any(not 1 <= filters <= MOST_FILTERS for filters in config.picture_filters):
        raise ConfigurationError(
            "picture_filters is {filters}; each must lie between 1 and {most:,}.",
            filters=str(config.picture_filters)[:60],
            most=MOST_FILTERS,
        )


def _check_tags(config) -> None:
    most = {"letters": MOST_LETTERS, "letter_filters": MOST_FILTERS}
    for name, limit in most.items():
        if not 0 <= getattr(config, name) <= limit:
            raise ConfigurationError(
                "{name} is {value}; it must lie between 0 and {most:,}.",
                name=name,
                value=str(getattr(config, name))[:20],
                most=limit,
            )
    if config.transitions != "none" and config.num_labels > MOST_CHAINED:
        raise ConfigurationError(
            "A chain of {labels:,} tags is too large; at most {most:,}. Set transitions to 'none'.",
            labels=config.num_labels,
            most=MOST_CHAINED,
        )


def _check_forecast(config) -> None:
    channels = config.channels
    if config.task == "forecast" and config.season > config.max_tokens:
        raise ConfigurationError(
            "season is {season:,} steps and the forecast reads {read:,}. Let it read a whole "
            "season with a larger max_tokens.",
            season=config.season,
            read=config.max_tokens,
        )
    measured = [*config.spread, config.naive_error]
    sound = all(0 <= number < float("inf") for number in measured)
    if not sound or len(config.spread) not in (0, config.num_labels):
        raise ConfigurationError(
            "spread and naive_error are no numbers from 0 up, one width for each of the {labels} "
            "values. Train the model again.",
            labels=config.num_labels,
        )
    if strangers := [name for name in config.target if name not in channels]:
        raise ConfigurationError(
            "target names the channel {name!r}, which is none of: {known}.",
            name=strangers[0],
            known=", ".join(channels[:20]),
        )
    if config.task == "forecast" and config.num_labels != len(config.target) * config.horizon:
        raise ConfigurationError(
            "The forecast has {labels} values; {targets} channels, {horizon} steps ahead, make "
            "{wanted}.",
            labels=config.num_labels,
            targets=len(config.target),
            horizon=config.horizon,
            wanted=len(config.target) * config.horizon,
        )


def _line(config, axis: int) -> int:
    """How many numbers one row, column or filter of a picture's maps has."""
    rows, columns, colours = config.picture
    shrunk = 2 ** len(config.picture_filters)
    shape = [(config.picture_filters or [colours])[-1], rows // shrunk, columns // shrunk]
    del shape[axis]
    return shape[0] * shape[1]


SIZES = {
    "series": lambda config: len(config.channels),
    "rows": lambda config: _line(config, 1),
    "columns": lambda config: _line(config, 2),
    "filters": lambda config: _line(config, 0),
}
"""The embedding size of inputs in which it is no choice."""
