"""CHANGELOG.md: each line says one thing, once, under a heading."""

from collections import Counter
from pathlib import Path

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"


def entries() -> list[str]:
    """Each entry with the lines that go on with it."""
    found = []
    for line in CHANGELOG.read_text(encoding="utf-8").splitlines():
        if line.startswith("- "):
            found.append(line)
        elif line.startswith("  "):
            found[-1] += " " + line.strip()
    return found


def test_each_entry_stands_once():
    assert [entry for entry, count in Counter(entries()).items() if count > 1] == []


def test_an_entry_that_goes_on_is_indented_and_ends_with_a_full_stop():
    text = CHANGELOG.read_text(encoding="utf-8").splitlines()
    assert [line for line in text if line.startswith(" ") and not line.startswith("  ")] == []
    assert [entry for entry in entries() if not entry.endswith((".", ")", "”"))] == []
