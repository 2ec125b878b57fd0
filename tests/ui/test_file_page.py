"""The File page: files of many kinds, their rows, their faults."""

import numpy as np
import pytest

from tests.ui.page_driving import (
    CSV,
    EXPLORE_PAGE,
    FILE_PAGE,
    assert_drawn,
    messages,
    open_row,
    picture,
    run,
    upload,
)


def rows_of(at):
    return at.dataframe[0].value


def assert_predicted(at, classifier, texts):
    expected = classifier.predict(texts)
    shown = rows_of(at)
    assert shown["Text"].tolist() == texts
    assert shown["Prediction"].tolist() == expected.labels
    np.testing.assert_allclose(
        shown["Probability"].astype(float), expected.probabilities.max(axis=1), atol=1e-6
    )


def test_before_an_upload_the_page_says_what_it_takes(file_page):
    assert "One text a line" in messages(file_page)[0]


def test_a_csv_shows_what_the_model_predicts_for_each_row(file_page, classifier):
    upload(file_page, "reviews.csv", CSV)
    assert_predicted(file_page, classifier, ["a good film", "<b>bad</b> music", "  "])
    assert rows_of(file_page)["Line"].tolist() == [2, 3, 4]
    assert rows_of(file_page)["stars"].tolist() == ["5", "1", "3"]
    assert rows_of(file_page)["Prediction"].tolist()[2] == ""
    assert picture(file_page) is None


def test_choosing_a_row_opens_it_in_the_token_table(file_page, classifier):
    upload(file_page, "reviews.csv", CSV)
    open_row(file_page, 1)
    assert "#### Line 3" in [text.value for text in file_page.markdown]
    assert "<b>bad</b> music" in [text.value for text in file_page.text]
    assert_drawn(file_page, classifier.trace("<b>bad</b> music"))


def test_choosing_a_row_without_a_token_gets_a_message(file_page):
    upload(file_page, "reviews.csv", CSV)
    open_row(file_page, 2)
    assert "There is nothing to read" in messages(file_page)[0]
    assert len(rows_of(file_page)) == 3


def test_another_column_is_read_instead(file_page, classifier):
    upload(file_page, "reviews.csv", CSV)
    column = next(box for box in file_page.selectbox if box.label == "Column of the texts")
    assert column.value == "review"
    column.set_value("stars")
    run(file_page)
    assert_predicted(file_page, classifier, ["5", "1", "3"])


def test_a_file_stays_while_one_visits_the_other_page(file_page):
    upload(file_page, "reviews.csv", CSV)
    run(file_page.switch_page(EXPLORE_PAGE))
    run(file_page.switch_page(FILE_PAGE))
    assert len(rows_of(file_page)) == 3


def test_many_rows_are_all_read(file_page, classifier):
    texts = [f"film {number} was {'good' if number % 3 else 'bad'}" for number in range(601)]
    upload(file_page, "many.txt", "\n".join(texts).encode())
    assert_predicted(file_page, classifier, texts)


READABLE = {
    "plain.txt": (b"good film\n\nbad film\n", ["good film", "bad film"]),
    "tabs.tsv": (b"text\tlabel\ngood, really\tx\n", ["good, really"]),
    "UPPER.CSV": (b"text\ngood\n", ["good"]),
    "utf-16.csv": ("text\ngood é 好\n".encode("utf-16"), ["good é 好"]),
    "gb18030.txt": ("这部电影很好看，音乐也好，我们都喜欢它。\n".encode("gb18030"),
                    ["这部电影很好看，音乐也好，我们都喜欢它。"]),
    "cp1252.csv": ("text\nun café très bon, déjà vu\n".encode("cp1252"),
                   ["un café très bon, déjà vu"]),
    "no-texts.csv": (b"a,b\n1,22\n3,44\n", ["22", "44"]),
    "script.csv": (b"<script>alert(1)</script>,n\ngood film,2\n", ["good film"]),
    "our-names.csv": (b"Line,Text,Prediction,Probability\n1,good film,x,9\n", ["good film"]),
}  # fmt: skip


@pytest.mark.parametrize("name", READABLE)
def test_files_of_many_kinds_are_read(file_page, classifier, name):
    data, texts = READABLE[name]
    upload(file_page, name, data)
    assert messages(file_page) == []
    assert_predicted(file_page, classifier, texts)


def test_columns_that_share_a_name_with_ours_keep_their_values(file_page):
    upload(file_page, "our-names.csv", READABLE["our-names.csv"][0])
    values = rows_of(file_page).iloc[0].astype(str).tolist()
    assert {"1", "x", "9"} <= set(values)
    assert len(values) == 7


UNREADABLE = {
    "empty.csv": b"",
    "blank.txt": b" \n\n",
    "header.csv": b"text,label\n",
    "binary.csv": bytes(range(256)) * 9,
    "picture.txt": b"\x89PNG\r\n\x1a\n rest",
    "ragged.csv": b"a,b\n1,2\n1,2,3\n",
    "quote.csv": b'text,n\n"never closed,1\nx,2\n',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_files_that_cannot_be_read_get_one_message(file_page, classifier, name):
    upload(file_page, name, UNREADABLE[name])
    assert len(file_page.error) == 1
    assert name in file_page.error[0].value.replace("\\", "")
    upload(file_page, "plain.txt", b"good film\n")
    assert_predicted(file_page, classifier, ["good film"])


def test_the_same_bytes_under_another_ending_are_read_anew(file_page, classifier):
    upload(file_page, "texts.csv", b"good, film\nbad\n")
    assert len(file_page.error) == 1
    upload(file_page, "texts.txt", b"good, film\nbad\n")
    assert_predicted(file_page, classifier, ["good, film", "bad"])


def test_a_whole_file_can_be_one_text(file_page, classifier):
    upload(file_page, "plain.txt", b"good film\n\nbad film\n")
    file_page.toggle(key="whole").set_value(True)
    run(file_page)
    assert_predicted(file_page, classifier, ["good film\n\nbad film\n"])


@pytest.mark.parametrize("mark", ["![x](http://example.com/x.png)", "[a](http://example.com)"])
def test_names_from_files_never_become_markdown(file_page, mark):
    """An image from elsewhere would tell a stranger that, and when, this file was read."""
    for ending, data in ((".csv", f"{mark},y\n"), (".txt", "good\n")):
        upload(file_page, mark.replace("/", "-") + ending, data.encode())
        shown = messages(file_page) + [caption.value for caption in file_page.caption]
        assert shown
        assert not [text for text in shown if "](" in text]
