"""The cards of a signal path: each shows what one part of the network made of one token."""

import numpy as np
import streamlit as st

from attnviz.colours import ink, sides
from attnviz.evidence.path import Filters, MemoryStep
from attnviz.panels import TITLES
from attnviz.trace import DIRECTIONS
from attnviz.ui.components import vega
from attnviz.ui.components.explanations import choices
from attnviz.ui.components.explanations.path_card import Card, memory_spec, span_text, title
from attnviz.ui.components.explanations.wording import _
from attnviz.ui.components.panel_choice import DIRECTION_NAMES, label_name
from attnviz.ui.components.trace_view import signed
from attnviz.ui.translation import escape_markdown, gap

FILTERS = 3  # filters described for each kernel size
TOKENS = 3  # tokens named in self-attention


def token_pills(card: Card, shown: range) -> None:
    """These tokens, each of which a click makes the chosen one; what a kernel sees is shaded."""
    path, key = card.path, f"{card.key}-pills"
    first, last = path.window
    near = [card.names[row] for row in shown]

    def name(row: int) -> str:
        label = card.names[row]
        shaded = f":gray-background[{label}]" if first <= row <= last else label
        # The browser sends back the label, so equal tokens need different ones.
        return shaded if near.count(label) == 1 else f"{shaded} :small[:gray[{row + 1}]]"

    st.session_state[key] = path.row
    st.pills(
        _("Click a token to follow it"),
        shown,
        format_func=name,
        required=True,
        key=key,
        on_change=lambda: choices.remember_token(st.session_state[key]),
        label_visibility="collapsed",
    )


def show_text(card: Card) -> None:
    """Where the token is, and what its position can know."""
    path = card.path
    with st.container(border=True):
        title(_("Text"), _("token {row} of {rows}").format(row=path.row + 1, rows=path.tokens))
        if path.filters:
            st.caption(_("Shaded above: what the widest kernel sees around the token."))
        st.caption(
            _("Before the attention, this position can know {tokens}.").format(
                tokens=span_text(path.reach)
            )
        )


def show_embedding(card: Card) -> None:
    path = card.path
    norms = np.linalg.norm(card.trace.embeddings, axis=1)
    with st.container(border=True):
        title(
            _("Embedding"),
            _("length **{norm}**, place {rank} of {tokens}").format(
                norm=f"{path.embedding_norm:.3f}", rank=path.embedding_rank, tokens=path.tokens
            ),
        )
        card.strip("embedding", _("Length of the vector"), norms, ink("word"))
        card.formula("embedding")


def _convolution(card: Card) -> None:
    """The strongest filters of each kernel size, and the n-gram that moved them."""
    path = card.path
    with st.container(border=True):
        active = sum(found.active for found in path.filters.values())
        total = sum(maps.shape[1] for maps in card.trace.feature_maps.values())
        title(
            _("Convolution"),
            _("filters that respond: **{count}** of {total}").format(count=active, total=total),
        )
        for found in path.filters.values():
            _kernel(card, found)
    if path.channel_weights is not None:
        _channels(card)


def _kernel(card: Card, found: Filters) -> None:
    size = _("Kernel size {detail}").format(detail=found.kernel_size)
    lines = [f"**{size}** :gray-background[{card.words(found.window)}]"]
    if found.reach != found.window:
        lines.append(
            ":gray["
            + _("It reads states, which themselves know {tokens}.").format(
                tokens=span_text(found.reach)
            )
            + "]"
        )
    if not len(found.numbers):
        lines.append(_("No filter responds here."))
    for place in range(min(FILTERS, len(found.numbers))):
        name = _("filter {name}").format(name=found.numbers[place])
        response = f"**{found.activations[place]:.3f}**"
        parts = response + gap(", ") + _peak(card, found, place)
        lines.append(f"- {name}{gap(': ')}{parts}")
    st.markdown("\n\n".join(lines[:1]) + "\n\n" + "\n".join(lines[1:]))
    if len(found.numbers):
        card.formula(
            "convolution",
            f"-{found.kernel_size}",
            kernel_size=found.kernel_size,
            filter=int(found.numbers[0]),
        )


def _peak(card: Card, found: Filters, place: int) -> str:
    if found.ranks[place] == 1:
        return _("its maximum in the text")
    return _("place {rank} of {tokens}, strongest at {ngram}").format(
        rank=found.ranks[place],
        tokens=card.path.tokens,
        ngram=f":gray-background[{card.words(tuple(found.peak_windows[place]))}]",
    )


def _channels(card: Card) -> None:
    """How much of the filters named above passes on; the same at every position."""
    weights, found = card.path.channel_weights, card.path.filters.values()
    with st.container(border=True):
        title(
            _("Channel attention"),
            _("from **{low}** to **{high}**, the same at all tokens").format(
                low=f"{weights.min():.3f}", high=f"{weights.max():.3f}"
            ),
        )
        lines = []
        for each in found:
            size = _("Kernel size {detail}").format(detail=each.kernel_size)
            pairs = zip(each.numbers[:FILTERS], each.weights[:FILTERS], strict=True)
            named = [f"{_('filter {name}').format(name=n)} × **{w:.3f}**" for n, w in pairs]
            lines.append(f"- {size}{gap(': ')}{gap(', ').join(named) or '–'}")
        st.markdown("\n".join(lines))
        strongest = max(found, key=lambda each: each.activations[:1].sum())
        number = int(strongest.numbers[0]) if len(strongest.numbers) else 0
        card.formula("channel_attention", kernel_size=strongest.kernel_size, filter=number)


def _recurrence(card: Card) -> None:
    """What each layer and direction kept of the past and wrote of this token."""
    for memory in card.path.memories:
        with st.container(border=True):
            _memory(card, memory)


def _memory(card: Card, memory: MemoryStep) -> None:
    from attnviz.charts.path import memory_rows

    name = f"{memory.layer}-{memory.direction}"
    titles = [_("Recurrent layer")]
    if card.path.memories[-1].layer:
        titles[0] += f" {memory.layer + 1}"
    if any(other.direction for other in card.path.memories):
        titles.append(_(DIRECTION_NAMES[DIRECTIONS[memory.direction]]))
    norms = {name: f"{norm:.2f}" for name, norm in memory.norms.items()}
    title(
        " · ".join(titles),
        _("length of kept **{kept}**, written **{written}**, state **{state}**").format(**norms),
    )
    rows = memory_rows(memory, translate=_)
    vega.draw(memory_spec(), f"{card.key}-memory-{name}", rows)
    gates = [f"{_(TITLES.get(gate, gate))} {mean:.2f}" for gate, mean in memory.gates.items()]
    st.caption(_("Gates, mean of all units: {gates}").format(gates=gap(", ").join(gates)))
    st.caption(
        _("In each unit, kept + written = state, which can know {tokens}.").format(
            tokens=span_text(memory.reach)
        )
    )
    card.formula(
        "recurrent",
        f"-{name}",
        layer=memory.layer,
        direction=memory.direction,
        unit=int(memory.strongest(1)[0]),
    )


def show_self_attention(card: Card) -> None:
    path = card.path
    if path.reads is None:
        return
    reads, read_by = path.reads.mean(axis=0), path.read_by.mean(axis=0)
    with st.container(border=True):
        title(_("Self-attention"), _("mean of {heads} heads").format(heads=len(path.reads)))
        st.markdown(
            f"- {_('It reads most:')} {_named(card, reads)}\n"
            f"- {_('It is read most by:')} {_named(card, read_by)}"
        )
        card.strip("reads", _("How much it is read"), reads)
        card.formula("self_attention", head=int(path.attention.argmax()))


def _named(card: Card, shares: np.ndarray) -> str:
    best = np.argsort(-shares, kind="stable")[:TOKENS]
    return gap(", ").join(f":gray-background[{card.names[row]}] {shares[row]:.1%}" for row in best)


def show_attention(card: Card) -> None:
    path, mean = card.path, card.trace.attention.mean(axis=1)
    rank = int((mean > mean[path.row]).sum()) + 1
    with st.container(border=True):
        title(
            _("Attention"),
            _("share **{share}**, place {rank} of {tokens}").format(
                share=f"{mean[path.row]:.1%}", rank=rank, tokens=path.tokens
            ),
        )
        card.strip("attention", _("Attention"), mean)
        if len(path.attention) > 1:
            heads = zip(path.attention, path.attention_ranks, strict=True)
            named = [
                f"{_('head {name}').format(name=head)} **{share:.1%}** ({place})"
                for head, (share, place) in enumerate(heads)
            ]
            st.caption(
                _("In each head, with its place: {heads}").format(heads=gap(", ").join(named))
            )
        card.formula("attention", head=int(path.attention.argmax()), **_unit(card))


def show_vote(card: Card) -> None:
    path, label = card.path, card.label
    with st.container(border=True):
        title(
            _("Vote"),
            _("**{vote}** for {label}, place {rank} of {tokens}").format(
                vote=signed(path.votes[label]),
                label=escape_markdown(label_name(card.trace.labels[label])),
                rank=path.vote_ranks[label],
                tokens=path.tokens,
            ),
        )
        hues = sides(card.trace.probabilities, label)
        card.strip("vote", _("Vote"), card.trace.votes[:, label], *hues)
        card.formula("head", head=int(path.attention.argmax()), **_unit(card))


def _unit(card: Card) -> dict[str, int]:
    """The unit of the last layer that wrote most, for what the attention weighs unit by unit."""
    if not card.path.memories:
        return {}
    layer = card.path.memories[-1].layer
    last = [memory for memory in card.path.memories if memory.layer == layer]
    strongest = max(last, key=lambda memory: np.abs(memory.written).max())
    return {
        "layer": layer,
        "direction": strongest.direction,
        "unit": int(strongest.strongest(1)[0]),
    }


STAGE_CARDS = {"convolutions": _convolution, "recurrent": _recurrence}
"""A row for each key of `attnviz.modeling.STAGES`."""
