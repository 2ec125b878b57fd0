"""Tables of series: .csv, .tsv, .parquet, .xlsx, .txt; a step in each row, or a sample in each."""

from collections.abc import Callable
from functools import partial

from attnviz.data.files import File
from attnviz.data.table import listed
from attnviz.errors import N_, FileError
from attnviz.samples.long_tables import long_samples
from attnviz.samples.sample_file import SampleFile, SampleReading, choose_split
from attnviz.samples.table_columns import Columns, columns_of, plain_columns_of
from attnviz.samples.table_roles import find_roles
from attnviz.samples.wide_tables import find_wide, wide_samples

NO_NUMBERS = N_(
    "{name} has no column of numbers over time; its columns are: {columns}. Give each channel a "
    "column with a number in each row."
)
TEXTS = N_(
    "{name} is a table of texts and no series: the column “{column}”. Choose a model of texts for "
    "it, or a file with a column of numbers for each channel."
)


def read_table_samples(
    file: File, reading: SampleReading, *, cut: Callable[[File], Columns] = columns_of
) -> SampleFile:
    """The series of a table, which `cut` gives by columns.

    Long: one step a row, a column for each channel, with or without a time column, a column that
    names the sample and one with its class. Wide: one sample a row, its columns numbered: I1_0,
    I1_1, … Raises `FileError` where no column holds numbers.
    """
    choose_split(file.name, (), reading.split)
    table = cut(file)
    wide = find_wide(table.names, table.columns, headed=table.headed, layout=reading.layout)
    if wide is not None:
        return wide_samples(file.name, table, wide)
    roles = find_roles(table.names, table.columns)
    if roles.prose and roles.time is None:
        raise FileError(TEXTS, name=file.name, column=table.names[roles.left_out[0]])
    if not roles.channels or not len(table.lines):
        raise FileError(NO_NUMBERS, name=file.name, columns=listed(table.names) or "—")
    return long_samples(file.name, table, roles)


read_plain_samples = partial(read_table_samples, cut=plain_columns_of)
"""The same of a text of numbers that spaces part."""
