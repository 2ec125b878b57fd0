"""What is said of a file's texts before they are read: markup and letters decoded wrongly."""

import pytest

from attnviz.inspection.languages import unseen_notices

PLAIN = [
    "A < B and C > D.",
    "R&D; AT&T",
    "<3 this film",
    "Citroën, Übung, São Paulo, naïve",
    "x<y>z",
]


@pytest.mark.parametrize("text", ["Good.<br /><br />Bad.", "<p>Hi", "Tom &amp; Ann", "don&#39;t"])
def test_markup_that_is_read_as_text_is_counted(text):
    (notice,) = unseen_notices([text, *PLAIN, text])
    assert str(notice).startswith("Rows with HTML markup, which the model reads as part of the")
    assert (notice.values["count"], notice.values["rows"]) == (2, 2 + len(PLAIN))
    assert notice.values["example"][1:-1] in text


@pytest.mark.parametrize("text", ["It’s a café, “so” good", "voilà", "锟斤拷"])
def test_letters_that_were_decoded_twice_are_counted(text):
    broken = text if text == "锟斤拷" else text.encode().decode("cp1252", "replace")
    (notice,) = unseen_notices([broken, *PLAIN])
    assert "decoded wrongly before they came into the file: 1 of 6" in str(notice)


def test_ordinary_texts_are_not_said_to_hold_markup():
    assert unseen_notices([*PLAIN, "voilà", "It’s a café"]) == []
