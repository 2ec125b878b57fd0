"""Drawings as values: every function takes plain data and returns an Altair chart.

Dense heat maps belong on the Explore page's canvas; these are for what is small, and for figures
in notebooks and papers. `chart.to_dict()` tells what was drawn.
"""

from attnviz.charts.figure import token_table
from attnviz.charts.files import render
from attnviz.charts.time_figure import time_table
from attnviz.charts.tokens import attention, channel_attention, channel_rows, votes

__all__ = [
    "attention",
    "channel_attention",
    "channel_rows",
    "render",
    "time_table",
    "token_table",
    "votes",
]
