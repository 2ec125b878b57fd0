"""What a person made of a run's texts, on disk: marks a line each, slices as one file."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from attnviz.errors import N_, FileError, reason
from attnviz.runs.filters import MARKS, Filter
from attnviz.writing import append_whole, write_text

UNREADABLE = N_(
    "{path} cannot be read: {reason}. Mend the file or delete it; nothing else of the run needs it."
)


def append_marks(path: Path, marks: Mapping[int, tuple[str, str, str]]) -> None:
    """Row → mark, label, note: one line for each row, all or none. Raises `WriteError`."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    entries = (
        {"row": int(row), "mark": mark, "label": label, "note": note, "at": at}
        for row, (mark, label, note) in marks.items()
    )
    # The line before may be torn off, so the line break comes first.
    data = "".join("\n" + json.dumps(entry, ensure_ascii=False) for entry in entries)
    append_whole(path, data.encode("utf-8", "replace"))


def read_marks(path: Path) -> tuple[dict[int, dict], int]:
    """Row → its latest mark: mark, label, note, at; and how many lines cannot be read.

    Raises `FileError` if the file is there and cannot be opened.
    """
    found, unreadable = {}, 0
    for line in _text(path).split("\n"):
        if not line.strip():
            continue
        try:
            entry = _entry(json.loads(line))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # cut off
            unreadable += 1
            continue
        found[entry["row"]] = entry
    return {
        row: entry for row, entry in found.items() if entry["mark"] or entry["note"]
    }, unreadable


def _entry(found: dict) -> dict:
    row = int(found["row"])
    texts = {name: found.get(name, "") for name in ("mark", "label", "note", "at")}
    known = texts["mark"] in (*MARKS, "") and 0 <= row < 1 << 63
    if not known or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError(found)
    return {"row": row, **texts}


def read_slices(path: Path) -> dict[str, Filter]:
    """Name → filter, in the order in which they were saved; raises `FileError`."""
    text = _text(path)
    try:
        found = json.loads(text or "{}")
        return {str(name): Filter.from_dict(entry) for name, entry in found.items()}
    except (FileError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise FileError(UNREADABLE, path=path, reason=reason(error)) from error


def write_slices(path: Path, slices: Mapping[str, Filter]) -> None:
    found = {name: chosen.to_dict() for name, chosen in slices.items()}
    write_text(path, json.dumps(found, ensure_ascii=False))


def _text(path: Path) -> str:
    """What a file holds, "" where there is none."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        said = error.strerror or reason(error)
        raise FileError(UNREADABLE, path=path, reason=said) from error
