"""Phrases that recur in mistakes, by texts that are made up."""

import pandas as pd

from attnviz.inspection.phrases import recurring

RIGHT = [f"the room number {n} was quiet and the food was fine" for n in range(60)]
WRONG = [f"on day {n} the sequel won me over again" for n in range(12)]


class Texts:
    """What `recurring` asks a run for."""

    def __init__(self, wrong, right=RIGHT):
        self.texts = {"wrong": wrong, "right": right}

    def query(self, sql, values):
        texts = self.texts[values[0]]
        first = 0 if values[0] == "wrong" else 1_000
        return pd.DataFrame({"row": range(first, first + len(texts)), "text": texts})


def test_copies_of_one_mistake_are_no_recurring_phrase():
    assert recurring(Texts(["the sequel won me over again"] * 12))[0].found == ()


def test_a_phrase_of_different_mistakes_has_the_rows_of_their_copies_too():
    found, tagged = recurring(Texts([*WRONG, *WRONG[:3]]))
    phrase = found.found[0]
    assert "won me over" in phrase.text
    assert (phrase.wrong, phrase.wrong_texts, phrase.right) == (12, 12, 0)
    assert phrase.rows == tuple(range(15))
    assert set(tagged) == set(range(15))
