"""Files of texts whose words have tags, on the command line."""

import argparse
import csv
import json
import sys
import zlib
from collections import Counter
from pathlib import Path

from attnviz.cli.files import bar, progress, speaks, tell
from attnviz.data import Notice
from attnviz.errors import N_, FileError
from attnviz.evaluation import Labelled
from attnviz.samples import TAGGED_READERS, Tagged, read_tagged

HELD_OUT = 0.1
UNTAGGED = N_("Texts without tags left out: {count:,}.")


def reads(file: str) -> bool:
    """Whether a file's name is that of tagged texts, not of a table with a column of texts."""
    return Path(file).suffix.lower() in {*TAGGED_READERS} - {".txt", ".tsv"}


def tagged_file(file: str, tags: str | None = None) -> Labelled:
    """The texts of a file whose words have tags; says what was found and guessed."""
    opened = read_tagged(file, tags=tags)
    everything = [tagged for tagged in opened if tagged.tokens]
    known = [tagged for tagged in everything if tagged.tags]
    if not known:
        raise FileError(
            "{file} holds no text whose words have tags. Bring CoNLL columns, or JSON lines with "
            "tokens and tags.",
            file=file,
        )
    notices = list(opened.notices)
    if len(known) < len(everything):
        notices.append(Notice(UNTAGGED, {"count": len(everything) - len(known)}))
    counts = Counter(tag for tagged in known for tag in tagged.tags).most_common()
    shown = ", ".join(f"{tag} ({count:,})" for tag, count in counts[:12])
    words = sum(len(tagged.tokens) for tagged in known)
    more = ", …" if len(counts) > 12 else ""
    tell(
        [
            f"{file}: {len(known):,} texts, {words:,} words, {len(counts):,} tags: {shown}{more}",
            *notices,
        ]
    )
    return Labelled(Path(file).name, known, [tagged.tags for tagged in known])


def training_files(options: argparse.Namespace) -> tuple[list[Labelled], list[Labelled]]:
    """What is trained with, and what is validated with."""
    training = [tagged_file(file, options.label_column) for file in options.files]
    validation = [tagged_file(file, options.label_column) for file in options.validation]
    for file in options.hold_out:
        kept, held_out = _divided(tagged_file(file, options.label_column))
        training.append(kept)
        validation.append(held_out)
    if not (training and validation):
        raise FileError(
            "There must be texts to train with and texts to validate with. Name files for both, or "
            "one with --hold-out."
        )
    return training, validation


def _divided(file: Labelled) -> tuple[Labelled, Labelled]:
    """The texts to train with, and a random tenth of them to validate with; always the same."""
    digests = [zlib.crc32("\n".join(tagged.tokens).encode()) for tagged in file.texts]
    chosen = [digest % 1_000 < 1_000 * HELD_OUT for digest in digests]
    parts = []
    for wanted, name in ((False, file.name), (True, f"{file.name}_held_out")):
        rows = [row for row, held in enumerate(chosen) if held == wanted]
        texts, labels = ([part[row] for row in rows] for part in (file.texts, file.labels))
        parts.append(Labelled(name, texts, labels))
    return parts[0], parts[1]


def predict_tags(classifier, file: str, batch_size: int) -> None:
    """A line for each word on standard output: text, word, tag, how sure."""
    from attnviz.data.guards import guarded

    values = _texts(file)
    found = classifier.tag(values, batch_size, progress=progress(len(values)))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["text", "word", "tag", "probability"])
    for number, (value, said) in enumerate(zip(values, found, strict=True), 1):
        for word, tag, sure in zip(
            classifier.words(value), said.tags, said.probabilities, strict=True
        ):
            writer.writerow([number, guarded(word), guarded(tag), f"{sure:.6f}" if tag else ""])


def _texts(file: str) -> list[str | Tagged]:
    """Texts that are cut into words already, or the rows of a table."""
    if reads(file):
        return [tagged for tagged in read_tagged(file) if tagged.tokens]
    from attnviz.cli.files import texts_of

    return texts_of(file, None)[1]


def evaluate_tags(classifier, file: str, tags: str | None) -> dict[str, float]:
    """Print and return what a tagger is worth on a file of tagged texts."""
    from attnviz.tag_scores import scores_of

    gold = tagged_file(file, tags)
    with bar(len(gold.texts), "tagging", unit=" texts") as moved:
        done = 0

        def more(count: int) -> None:
            nonlocal done
            done += count
            moved(done)

        said = [each.tags for each in classifier.tag(gold.texts, progress=more)]
    scores = scores_of(classifier.labels, gold.labels, said)
    if speaks():
        print(json.dumps({name: round(value, 6) for name, value in scores.items()}, indent=2))
    return scores
