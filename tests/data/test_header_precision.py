"""How often a header is told from data, on tables whose truth is known."""

import csv
import io
from random import Random

from attnviz.data import open_rows

WORDS = (
    *("soup", "warm", "staff", "room", "quiet", "waited", "hour", "nobody", "answered", "lovely"),
    *("little", "place", "film", "dull", "boring", "great", "value", "arrived", "early", "works"),
    *("price", "delivery", "box", "broken", "screen", "battery", "never", "again"),
)
NAMES = [
    *(
        "Rückmeldung",
        "Note",
        "Filiale",
        "Wie war es?",
        "How was your stay?",
        "Q1",
        "Q2_1",
        "X",
        "y",
    ),
    *("What did you like most about our service and why?", "Overall", "Satisfaction (1-5)", "2023"),
    *("Meinung der Gäste", "polarité", "opinión", "would you recommend us?", "用户说", "好坏", "a"),
]
KINDS = {  # of a column: what stands in a row
    "text": lambda random, row: " ".join(random.choices(WORDS, k=random.randint(3, 25))) + ".",
    "label": lambda random, row: random.choice(("positive", "negative", "neutral")),
    "number": lambda random, row: str(random.randint(0, 1)),
    "stars": lambda random, row: str(random.randint(1, 5)),
    "key": lambda random, row: str(4_711 + row),
    "day": lambda random, row: f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}",
    "share": lambda random, row: f"{random.random():.2f}",
    "word": lambda random, row: random.choice(WORDS),
}


def table(random: Random, rows: int, headed: bool) -> tuple[bytes, int]:
    """A table with a column of texts and some others, and its number of rows below a header."""
    kinds = ["text", *random.choices([*KINDS], k=random.randint(1, 4))]
    random.shuffle(kinds)
    cells = [[KINDS[kind](random, row) for kind in kinds] for row in range(rows)]
    head = [random.sample(NAMES, len(kinds))] if headed else []
    out = io.StringIO()
    csv.writer(out, delimiter=random.choice(",;\t")).writerows([*head, *cells])
    return out.getvalue().encode(), rows


def test_no_header_of_400_is_lost():
    random = Random(7)
    for _ in range(400):
        data, rows = table(random, random.choice((1, 2, 3, 5, 30)), headed=True)
        stream = open_rows(data, "a.csv")
        assert (stream.header, sum(1 for _ in stream)) == (1, rows), data.decode()


def test_four_of_five_missing_headers_are_found_and_every_other_loss_of_a_text_is_told():
    random, found, told = Random(7), 0, 0
    for _ in range(200):
        data, rows = table(random, random.choice((5, 30, 150)), headed=False)
        stream = open_rows(data, "a.csv")
        assert sum(1 for _ in stream) == rows - (stream.header == 1)
        found += stream.header == 0
        told += stream.header == 1 and any("--no-header" in str(note) for note in stream.notices)
    assert found >= 160  # of the rest, no column is a number, a date or of few values
    assert found + told == 200
