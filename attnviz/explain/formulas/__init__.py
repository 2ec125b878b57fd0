"""Every layer's equation with the numbers of one token and one unit in it.

A network is put together from rows of a few dicts, and so are its equations: `STAGE_FORMULAS` here;
`EMBEDDING_FORMULAS`, `CHANNEL_FORMULAS`, `CELL_FORMULAS` and `ATTENTION_FORMULAS` in the modules
beside. Each has the keys of the dict that makes the part.
"""

from attnviz.classifier import Classifier
from attnviz.evidence.formulas import Formula
from attnviz.explain.formulas.cells import recurrent
from attnviz.explain.formulas.convolution import convolutions
from attnviz.explain.formulas.embedding import EMBEDDING_FORMULAS
from attnviz.explain.formulas.head import head as head_formulas
from attnviz.explain.formulas.place import Place
from attnviz.explain.formulas.weighing import attention
from attnviz.trace import Trace

STAGE_FORMULAS = {"convolutions": convolutions, "recurrent": recurrent}
"""A row for each key of `attnviz.modeling.STAGES`."""


def formulas(
    classifier: Classifier,
    trace: Trace,
    row: int,
    label: int,
    *,
    unit: int = 0,
    layer: int = 0,
    direction: int = 0,
    kernel_size: int | None = None,
    filter: int = 0,
    head: int = 0,
) -> list[Formula]:
    """The equations of the network in the order in which data flows, for token `row`.

    All numbers count from 0. `unit` is one of the hidden state, of `layer` and `direction`; where
    the attention weighs feature maps, `filter` of `kernel_size` takes its part there. A number that
    the network does not have falls back to its last and a kernel size to the first, so that a page
    may keep a choice when the model changes.

    The steps are `embedding`, `convolution`, `channel_attention`, `recurrent`, `self_attention`,
    `attention` and `head`, as far as the network has them.

    Raises
    ------
    IndexError
        If the text has no token `row` or the model no class `label`.
    """
    if not 0 <= row < len(trace.tokens):
        raise IndexError(f"the text has {len(trace.tokens)} tokens, none has number {row}")
    if not 0 <= label < len(trace.labels):
        raise IndexError(f"the model has {len(trace.labels)} classes, none has number {label}")
    classifier = classifier.at(trace.place)
    config = classifier.network.config
    sizes = config.kernel_sizes
    place = Place(
        classifier,
        trace,
        row,
        label,
        unit=min(unit, config.hidden_size - 1),
        layer=min(layer, config.num_hidden_layers - 1),
        direction=min(direction, config.directions - 1),
        kernel_size=kernel_size if kernel_size in sizes else next(iter(sizes), None),
        filter=min(filter, config.filters - 1),
        head=min(head, trace.attention.shape[1] - 1),
    )
    found = EMBEDDING_FORMULAS[config.input](place)
    for stage in config.stages:
        found += STAGE_FORMULAS[stage](place)
    if config.task == "tag":  # whose heads look at the position itself, or are those of a row
        return found + head_formulas(place)
    return found + attention(place) + head_formulas(place)
