"""Numbers in tables: within a column, all of them have as many decimals."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
import streamlit as st

from attnviz.ui.translation import _

MOST = 4  # decimals


def even(frame: pd.DataFrame, shares: Collection[str] = ()) -> dict:
    """What `st.dataframe` needs to show a frame so: its data and the configuration of its columns.

    The columns `shares`, 0…1, become percentages with one decimal. Any other column of numbers has
    as many decimals as its longest one, up to `MOST`; one with numbers too small for that is left
    to the browser, which gives each the digits that it needs.
    """
    columns = {}
    for name in frame.columns:
        if name in shares:
            columns[name] = st.column_config.NumberColumn(format="%.1f%%")
        elif pd.api.types.is_float_dtype(frame[name]) and (most := _decimals(frame[name])):
            columns[str(name)] = st.column_config.NumberColumn(format=f"%.{most}f")
    percents = {name: 100 * frame[name].astype(float) for name in shares if name in frame}
    return {"data": frame.assign(**percents), "column_config": columns}


def same_as_numbers(key: str):
    """Where the numbers of a picture are listed, for reading without colours, once it is opened;
    None until then."""
    expander = st.expander(_("The same as numbers"), key=key, on_change="rerun")
    return expander if expander.open else None


def show_positions(place, columns: Mapping[str, object]) -> None:
    """A table with a row for each position of a text, numbered from 1."""
    frame = pd.DataFrame(columns)
    place.dataframe(**even(frame.set_axis(pd.RangeIndex(1, len(frame) + 1))), width="stretch")


def _decimals(column: pd.Series) -> int:
    """How many the longest number of a column has, up to `MOST`; 0 for none, or for no limit."""
    values = column.to_numpy(np.float64, na_value=np.nan)
    values = values[np.isfinite(values) & (values != 0)]
    if (np.abs(values) < 10.0**-MOST).any():
        return 0
    values = values.round(MOST)
    return next((n for n in range(MOST) if (values.round(n) == values).all()), MOST)
