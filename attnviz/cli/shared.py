"""What the command train says of texts that stand in two of its files."""

from collections.abc import Sequence

from attnviz.evaluation import Labelled

LEARNT = (
    "Of the {texts:,} texts in {file}, {count:,} ({share}) are in {other} too{near}, so {verdict}. "
    "Take them out of one of them."
)
FLATTERS = "its accuracy will flatter the model"
COUNTS_TWICE = "they count twice"


def shared_notices(
    training: Sequence[Labelled], validation: Sequence[Labelled], unlabelled: Sequence[str]
) -> list[str]:
    """A line for each two files of a command that share texts, exactly or nearly.

    Validation files that share texts with what is learnt from come first.
    """
    from attnviz.overlap import Texts, overlaps

    kinds = {"training": training, "validation": validation}
    kinds["unlabelled"] = [Labelled("the unlabelled texts", list(unlabelled), [])]
    files = [
        ((kind, file.name), Texts(file.texts))
        for kind in ("training", "unlabelled", "validation")
        for file in kinds[kind]
        if file.texts
    ]
    lines: dict[bool, list[str]] = {True: [], False: []}
    for (kind, name), (other_kind, other), found in overlaps(files):
        leak = other_kind == "validation" != kind
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
    return lines[True] + lines[False]


def percent(share: float) -> str:
    """Without decimals from 10% on, else with one; a share that is not 0 is at least 0.1%."""
    return f"{share:.0%}" if share >= 0.1 else f"{max(share, 0.001):.1%}"
