"""What the command train says of texts that stand in two of its files."""

from collections.abc import Sequence

from attnviz.evaluation import Labelled

LEARNT = (
    "Of the {texts:,} texts in {file}, {count:,} ({share}) are in {other} too{near}, so {verdict}. "
    "Take them out of one of them."
)
FLATTERS = "its accuracy will flatter the model"
COUNTS_TWICE = "they count twice"


def compared(
    training: Sequence[Labelled], validation: Sequence[Labelled], unlabelled: Sequence[str]
) -> tuple[list[str], list[float]]:
    """A line for each two files of a command that share texts, exactly or nearly; and of each
    validation file the share, 0…1, that is in what is learnt from.

    Lines on validation files that share texts with what is learnt from come first.
    """
    from attnviz.overlap import Texts, counted, overlaps

    kinds = {"training": training, "validation": validation}
    kinds["unlabelled"] = [Labelled("the unlabelled texts", list(unlabelled), [])]
    files = [
        ((kind, number, file.name), Texts(file.texts))
        for kind in ("training", "unlabelled", "validation")
        for number, file in enumerate(kinds[kind])
        if file.texts
    ]
    lines: dict[bool, list[str]] = {True: [], False: []}
    learnt: dict[int, object] = {}  # validation file → (its texts,) which of them are learnt from
    for (kind, _, name), (other_kind, number, other), places in overlaps(files):
        leak, found = other_kind == "validation" != kind, counted(places)
        if leak:
            learnt[number] = (places > 0) | learnt.get(number, False)
        near = f", {found.near:,} of them nearly" if found.near else ""
        line = LEARNT.format(
            texts=found.texts,
            file=other,
            count=found.equal + found.near,
            share=percent(found.share),
            other=name,
            near=near,
            verdict=FLATTERS if leak else COUNTS_TWICE,
        )
        lines[leak].append(line)
    shares = [float(learnt[n].mean()) if n in learnt else 0.0 for n in range(len(validation))]
    return lines[True] + lines[False], shares


def percent(share: float) -> str:
    """Without decimals from 10% on, else with one; a share that is not 0 is at least 0.1%."""
    return f"{share:.0%}" if share >= 0.1 else f"{max(share, 0.001):.1%}"
