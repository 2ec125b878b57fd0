"""Data sets of the Hugging Face hub, through the optional library `datasets`."""

import re
from collections.abc import Iterator, Sequence

from attnviz.data.arrow import BATCH, arrow_rows
from attnviz.data.stream import RowStream, collect
from attnviz.data.table import EMPTY, MAX_CELLS, Table, listed
from attnviz.errors import N_, FileError, reason

PREFIX = "hub:"
HUB = N_("data sets of the hub")
FORM = "hub:NAME[:CONFIG]:SPLIT"
_PARTS = re.compile(r"hub:([^:]+)(?::([^:\[\]]+))??(?::([^:\[\]]+(?:\[[^\[\]]*\])?))?")
OLDEST = 4  # the first version that never runs a script which lies beside the data


def read_hub(source: str) -> Table:
    """All rows of a split; see `open_hub`."""
    return collect(open_hub(source, MAX_CELLS))


def open_hub(source: str, most: int | None = None) -> RowStream:
    """A split of a data set: "hub:NAME:SPLIT", or "hub:NAME:CONFIG:SPLIT" where there are several.

    A split can be cut, as train[:1000]; one of more than `most` cells is refused. Labels that the
    data set names are these names. `FileError` says what there is to choose from, or how to come
    by the library.
    """
    parts = _PARTS.fullmatch(source)
    if parts is None:
        template = N_("“{source}” names no data set. Write {form}.")
        raise FileError(template, source=source, form=FORM)
    name, config, split = parts.groups()
    datasets = _library()
    data, split = _loaded(datasets, name, config, split)
    if most is not None and data.num_rows * len(data.column_names) > most:
        template = N_(
            "{name} has more than {limit:,} cells. Take a part of its rows: {split}[:100000]."
        )
        raise FileError(template, name=name, limit=most, split=split.partition("[")[0])
    classes = {
        column: feature.names
        for column, feature in data.features.items()
        if isinstance(feature, datasets.ClassLabel)
    }

    def batches(names: Sequence[str] | None = None) -> Iterator:
        for table in data.with_format("arrow").iter(BATCH):
            yield from (table if names is None else table.select(names)).to_batches()

    first = next(batches(), None)
    if first is None:
        raise FileError(EMPTY, name=name)
    return arrow_rows(batches, first.schema, name, "Arrow", classes)


def _loaded(datasets, name: str, config: str | None, split: str | None) -> tuple:
    """The split of the data set, and its name."""
    try:
        config = _chosen_config(datasets, name, config)
        split = _chosen_split(datasets, name, config, split)
        return datasets.load_dataset(name, config, split=split), split
    except FileError:
        raise
    except datasets.exceptions.DatasetNotFoundError as error:
        template = N_(
            "The hub has no data set {name} that you may read. Check its name; if it is private "
            "or gated, accept its terms and run “hf auth login”."
        )
        raise FileError(template, name=name) from error
    except ConnectionError as error:
        template = N_(
            "The data set {name} is not on this computer, and the hub cannot be reached: {reason}. "
            "Check the connection, or give a file."
        )
        raise FileError(template, name=name, reason=reason(error)) from error
    except Exception as error:  # of the library's many dependencies, each with errors of its own
        template = N_("The data set {name} cannot be read: {reason}. Save it as a file instead.")
        raise FileError(template, name=name, reason=reason(error)) from error


def _library():
    try:
        import datasets
    except ImportError as error:
        template = N_("Data sets of the hub need one more library: run “{command}”.")
        raise FileError(template, command="python -m pip install datasets") from error
    if int(datasets.__version__.partition(".")[0]) < OLDEST:
        template = N_("The library datasets {version} is too old: run “{command}”.")
        command = "python -m pip install --upgrade datasets"
        raise FileError(template, version=datasets.__version__, command=command)
    return datasets


def _chosen_config(datasets, name: str, config: str | None) -> str:
    known = datasets.get_dataset_config_names(name)
    default = config or datasets.get_dataset_default_config_name(name)
    if default in known:
        return default
    if config is None:
        template = N_("{name} has several configurations. Write {form}; CONFIG is one of: {known}.")
        raise FileError(template, name=name, form=FORM, known=listed(known))
    template = N_("{name} has no configuration “{config}”. Choose one of: {known}.")
    raise FileError(template, name=name, config=config, known=listed(known))


def _chosen_split(datasets, name: str, config: str, split: str | None) -> str:
    known = datasets.get_dataset_split_names(name, config)
    if split is None and len(known) == 1:
        return known[0]
    if split is None:
        template = N_("{name} has several splits. Write {form}; SPLIT is one of: {known}.")
        raise FileError(template, name=name, form=FORM, known=listed(known))
    if split.partition("[")[0] not in known:
        template = N_("{name} has no split “{split}”. Choose one of: {known}.")
        raise FileError(template, name=name, split=split, known=listed(known))
    return split
