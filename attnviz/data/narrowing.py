"""Tables of thousands of columns, of which a run keeps those that somebody may look at."""

from collections.abc import Collection

from attnviz.data.columns import column_notices
from attnviz.data.names import is_usual_name
from attnviz.data.stream import RowStream, rewritten
from attnviz.data.table import Notice, listed
from attnviz.errors import N_

MOST = 1_000  # columns

LEFT_OUT = N_(
    "Columns left out: {count:,} ({columns}). Of so many, {most:,} are kept: those of words, and "
    "the first and the last of numbers."
)


def narrowed(stream: RowStream, kept: Collection[str | None] = ()) -> RowStream:
    """At most `MOST` columns: those `kept`, those of words, the first and the last of numbers."""
    if len(stream.columns) <= MOST:
        return stream
    head = stream.head()
    order = sorted(
        range(len(head.columns)),
        key=lambda i: (
            head.columns[i] not in kept,
            not is_usual_name(head.columns[i]),
            bool(column_notices(head, head.columns[i])),  # numbers alone
            min(i, 2 * (len(head.columns) - 1 - i)),
        ),
    )
    places = sorted(order[:MOST])
    others = [head.columns[i] for i in sorted(order[MOST:])]
    values = {"count": len(others), "columns": listed(others), "most": MOST}
    return rewritten(
        stream,
        [stream.columns[place] for place in places],
        lambda cells: tuple(cells[place] for place in places),
        (Notice(LEFT_OUT, values),),
    )
