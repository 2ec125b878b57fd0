"""One token's way through the network as a row of steps, from left to right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from attnviz.evidence.path import MemoryStep
from attnviz.panels import WEIGHTS, row_labels
from attnviz.ui.components.answer import signed
from attnviz.ui.components.explanations.path_card import Card
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import label_name

ARROWS = "→←"  # by direction
NAMED = 3  # filters


@dataclass(frozen=True)
class Step:
    """One part of the network: what it is, one number, a few lines; `kind` gives it its colour."""

    title: str
    value: str
    lines: tuple[str, ...]
    kind: str


def flow_html(card: Card) -> str:
    """The steps in the order in which data flows, as HTML."""
    items = "".join(
        f'<li class="{step.kind}"><small>{escape(step.title)}</small>'
        f"<strong><bdi>{escape(step.value)}</bdi></strong>"
        f"{''.join(f'<span>{escape(line)}</span>' for line in step.lines)}</li>"
        for step in steps(card)
    )
    return f'<ol class="flow">{items}</ol>'


def steps(card: Card) -> list[Step]:
    """What each part of the network made of the token."""
    path = card.path
    middle = [step for stage in path.stages for step in STAGE_STEPS[stage](card)]
    ends = [_self_attention(card)] if path.reads is not None else []
    return [_word(card), _embedding(card), *middle, *ends, _attention(card), _vote(card)]


def _word(card: Card) -> Step:
    path = card.path
    place = _("token {row} of {rows}").format(row=path.row + 1, rows=path.tokens)
    return Step(_("Word"), row_labels(card.trace)[path.row].strip() or "␣", (place,), "word")


def _embedding(card: Card) -> Step:
    path = card.path
    lines = (_("length"), _place(path.embedding_rank, path.tokens))
    return Step(_("Embedding"), f"{path.embedding_norm:.3g}", lines, "word")


def _place(rank: int, tokens: int) -> str:
    return _("place {rank} of {tokens}").format(rank=rank, tokens=tokens)


def _detectors(card: Card) -> list[Step]:
    """How many filters respond, and the strongest ones of all kernel sizes."""
    path, total = card.path, sum(maps.shape[1] for maps in card.trace.feature_maps.values())
    active = sum(found.active for found in path.filters.values())
    strongest = sorted(
        (
            (float(value), size, int(number))
            for size, found in path.filters.items()
            for number, value in zip(found.numbers, found.activations, strict=True)
        ),
        reverse=True,
    )
    lines = [_("respond, of {total}").format(total=total)]
    for value, size, number in strongest[:NAMED]:
        lines.append(_("filter {name}").format(name=f"{size}/{number}") + f" {value:.3g}")
    return [Step(_("Detectors"), str(active), tuple(lines), "detectors")]


def _memory(card: Card) -> list[Step]:
    """A step for each layer: what every direction kept of the past and wrote of this token."""
    layers: dict[int, list[MemoryStep]] = {}
    for memory in card.path.memories:
        layers.setdefault(memory.layer, []).append(memory)
    found = []
    for layer, memories in layers.items():
        number = f" {layer + 1}" if len(layers) > 1 else ""
        lines = [_("of the memory is its own")]
        for memory in memories:
            arrow = ARROWS[memory.direction] if len(memories) > 1 else ""
            values = {name: f"{norm:.3g}" for name, norm in memory.norms.items()}
            lines.append(f"{arrow} " + _("kept {kept}").format(kept=values["kept"]))
            lines.append(f"{arrow} " + _("written {written}").format(written=values["written"]))
        lines = [line.strip() for line in lines]
        found.append(
            Step(_("Memory") + number, f"{own_share(memories):.0%}", tuple(lines), "memory")
        )
    return found


def own_share(memories: Sequence[MemoryStep]) -> float:
    """How much of what a layer remembers here the token wrote itself: what was written along the
    state, `written · state / state · state`, over all directions. With the same share of what was
    kept it sums to 1; above 1 or below 0 where both point different ways."""
    along = sum(float(memory.written @ memory.state) for memory in memories)
    return along / (sum(float(memory.state @ memory.state) for memory in memories) or 1.0)


def _self_attention(card: Card) -> Step:
    reads = card.path.reads.mean(axis=0)
    best = int(reads.argmax())
    token = row_labels(card.trace)[best].strip() or "␣"
    lines = (_("reads most:"), f"{token} {reads[best]:.0%}")
    return Step(
        _("Self-attention"), f"{reads[card.path.row]:.0%}", (_("of itself"), *lines), "looks"
    )


def _attention(card: Card) -> Step:
    mean = card.trace.attention.mean(axis=1)
    share = float(mean[card.path.row])
    rank = int((mean > share).sum()) + 1
    title = _(WEIGHTS[card.trace.pooling])
    return Step(title, f"{share:.0%}", (_place(rank, card.path.tokens),), "looks")


def _vote(card: Card) -> Step:
    path, label = card.path, card.label
    lines = (
        _("for {label}").format(label=label_name(card.trace.labels[label])),
        _place(int(path.vote_ranks[label]), path.tokens),
    )
    return Step(_("Vote"), signed(float(path.votes[label])), lines, "vote")


STAGE_STEPS: dict[str, Callable[[Card], list[Step]]] = {
    "convolutions": _detectors,
    "recurrent": _memory,
}
"""A row for each key of `attnviz.modeling.STAGES`."""
