"""How something to read comes in on Explore, by what a network reads.

The contract of every row of `ENTRANCES`: `follow_link(folder)` takes what the address names;
`show(folder, left, right)` puts what was brought, and how to bring something else, into the left
place, what the model says of it into the right one, and returns the trace that the rest of the
page is about, or None where nothing can be read.
"""

from types import ModuleType

from attnviz.ui.components.entrances import samples, texts
from attnviz.ui.state import settings_of

ENTRANCES = {
    "text": texts,
    "words": texts,
    "series": samples,
    "frames": samples,
    "rows": samples,
    "columns": samples,
    "filters": samples,
}
"""A row for each key of `attnviz.kinds.INPUT_KINDS`."""


def entrance_of(folder: str) -> ModuleType:
    """That of a model; of a folder that cannot be opened, that of texts, which says why."""
    return ENTRANCES.get(settings_of(folder).get("input"), texts)
