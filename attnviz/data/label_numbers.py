"""Labels that are numbers matched to a model's: a scheme fits them as a whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from attnviz.data.meanings import Quantity, quantity, side_of, sides
from attnviz.data.scales import scale_of
from attnviz.data.table import Notice, visible
from attnviz.errors import N_

SHOWN = 20  # pairs in a notice

NUMBER = N_("matched by number: {pairs}")
ASSUMED = N_("assumed: {pairs}. If it is the other way round, say so (--label FOUND=LABEL)")
POSITIONS = N_(
    "taken for positions in the model's order, as nothing says what they mean: {pairs}. If the "
    "file counts in another order, say which stands for which (--label)"
)
FROM_ONE = N_(
    "taken for positions from 1 in the model's order, as nothing says what they mean: {pairs}. If "
    "the file counts in another order, say which stands for which (--label)"
)
SCALE = N_("taken for {scale}: {pairs}")
SCALE_NEUTRAL = N_("taken for {scale}: {pairs}; neither, so without a label: {neither} ({count:,})")
HIDDEN = N_("All labels are -1, which marks hidden labels: the rows count as unlabelled.")
HIDDEN_ROWS = N_("Rows with -1, which marks hidden labels, count as unlabelled.")
SCORES = N_(
    "The values are scores ({examples}) and no classes, so they are no labels: the rows count as "
    "unlabelled."
)
OTHER_NUMBERS = N_(
    "The labels are numbers ({found}) of another set of classes than the model's (it has "
    "{count:,}), or it cannot be told which stands for which. Say it for each, or choose another "
    "column."
)


LOW_IS_GOOD = N_(
    "By the name of the column, a low number may be the good one: it cannot be told which number "
    "stands for which label. Say it for each."
)


@dataclass(frozen=True)
class Way:
    """One way to match labels: its key in `LabelMatch.how`, the mapping, and that in words."""

    how: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    scheme: Notice | None = None
    notices: tuple[Notice, ...] = ()


def by_number(
    quantities: Mapping[str, Quantity],
    found: Mapping[str, int],
    known: Sequence[str],
    rating: str,
) -> Way:
    """Labels that are all numbers, each with how often it occurs in `found`."""
    own = _own_numbers(known)
    if own and {q.number for q in quantities.values()} <= set(own):
        mapping = {raw: own[q.number] for raw, q in quantities.items()}
        return Way("name", mapping, Notice(NUMBER, {"pairs": pairs_of(mapping)}))
    if {q.number for q in quantities.values()} == {-1}:
        return Way("hidden", dict.fromkeys(quantities, ""), notices=(Notice(HIDDEN),))
    ours = sides(known)
    if ours and rating == "low":
        return Way("nothing", notices=(Notice(LOW_IS_GOOD),))
    way = _by_side(quantities, found, ours, rating)
    if way is None and (not ours or len(ours) == 3):
        way = _by_position(quantities, known, binary=bool(ours)) if not own else None
    if way is not None:
        return way
    if any(q.number % 1 for q in quantities.values()):
        return Way("score", notices=(Notice(SCORES, {"examples": some(list(quantities))}),))
    found = some(sorted(quantities, key=lambda raw: quantities[raw].number))
    return Way("nothing", notices=(Notice(OTHER_NUMBERS, {"found": found, "count": len(known)}),))


def _own_numbers(known: Sequence[str]) -> dict[float, str]:
    """Number → label, for a model whose labels all hold one: "1 star", "LABEL_0", "3"."""
    own = {q.number: label for label in known if (q := quantity(label)) is not None}
    return own if len(own) == len(known) else {}


def _by_side(
    quantities: Mapping[str, Quantity],
    found: Mapping[str, int],
    ours: Mapping[int, str],
    rating: str,
) -> Way | None:
    """For a model of sentiment: 0 and 1, 1 and 2, or a scale."""
    numbers = {q.number for q in quantities.values()}
    bare = all(q.unit is None for q in quantities.values())
    if not ours:
        return None
    if len(ours) == 2 and bare:
        fasttext = all(raw.strip().casefold().startswith("__label__") for raw in quantities)
        for negative in (0, 1):  # 0 and 1, or 1 and 2
            pair = {negative: ours[-1], negative + 1: ours[1]}
            shown = negative == 0 or (not rating and numbers == {1, 2}) or fasttext
            if numbers <= set(pair) and shown and not (rating and numbers == {1}):
                mapping = {raw: pair[q.number] for raw, q in quantities.items()}
                return Way("number", mapping, Notice(ASSUMED, {"pairs": pairs_of(mapping)}))
    scale = scale_of(list(quantities.values()), rating)
    if scale is None:
        return None
    degrees = {raw: scale.grade(q.number, len(ours) == 5) for raw, q in quantities.items()}
    mapping = {raw: side_of(degree, ours) for raw, degree in degrees.items()}
    neither = [raw for raw, label in mapping.items() if not label]
    values = {"scale": Notice(scale.title), "pairs": pairs_of(mapping)}
    values |= {"neither": some(neither), "count": sum(found[raw] for raw in neither)}
    return Way("scale", mapping, Notice(SCALE_NEUTRAL if neither else SCALE, values))


def _by_position(
    quantities: Mapping[str, Quantity], known: Sequence[str], binary: bool
) -> Way | None:
    """0 … C − 1, or 1 … C; 0 and 1 alone are no positions of a model that has a neutral too."""
    hidden = {raw: "" for raw, q in quantities.items() if q.number == -1}
    numbers = {raw: q.number for raw, q in quantities.items() if raw not in hidden}
    found = set(numbers.values())
    if any(q.unit for q in quantities.values()) or (binary and found <= {0, 1}):
        return None
    start = 0 if found <= set(range(len(known))) else 1
    if not found <= set(range(start, start + len(known))):
        return None
    mapping = {raw: known[int(number) - start] for raw, number in numbers.items()}
    scheme = Notice(FROM_ONE if start else POSITIONS, {"pairs": pairs_of(mapping)})
    return Way("number", mapping | hidden, scheme, (Notice(HIDDEN_ROWS),) * bool(hidden))


def pairs_of(mapping: Mapping[str, str]) -> str:
    """What stands for what: "1, 2 = negative; 4, 5 = positive", in the order of the numbers."""

    def order(raw: str) -> tuple:
        number = quantity(raw)
        return (0, number.number, raw) if number else (1, 0.0, raw)

    groups: dict[str, list[str]] = {}
    for raw in sorted((raw for raw in mapping if mapping[raw]), key=order):
        groups.setdefault(mapping[raw], []).append(raw)
    shown = [f"{some(raws)} = {visible(label)}" for label, raws in list(groups.items())[:SHOWN]]
    return "; ".join(shown) + "; …" * (len(groups) > SHOWN)


def some(raws: Sequence[str]) -> str:
    return ", ".join(visible(raw.strip())[:40] for raw in raws[:8]) + ", …" * (len(raws) > 8)
