"""Choosing a file to inspect: what was guessed can be seen and changed, and nothing crashes."""

import hashlib
import io
import zipfile
from threading import Event
from time import sleep

import pytest
from streamlit.testing.v1 import AppTest

from attnviz.data import USUAL, Reading
from attnviz.data.files import go_on
from attnviz.inspection.export import export
from attnviz.runs import Run
from attnviz.ui import state
from attnviz.ui.components.inspection import source
from tests.scored_runs import finished_run
from tests.ui.page_driving import done as run
from tests.ui.page_driving import messages

CSV = b"id;review;verdict\n7;a good film;pos\n8;<b>bad</b> music;neg\n9;dull;neg\n10;fine;pos\n"


def page():
    import streamlit as st

    from attnviz.ui.components.inspection import source

    st.session_state["chosen"] = source.choose(st.session_state["model"])


@pytest.fixture
def two_way(build_network, tokenizer, tmp_path):
    """The folder of a tiny model of two labels."""
    names = {"id2label": {0: "negative", 1: "positive"}, "label2id": {"negative": 0, "positive": 1}}
    build_network(**names).save_pretrained(tmp_path / "two")
    tokenizer.save_pretrained(tmp_path / "two")
    return tmp_path / "two"


@pytest.fixture
def runs_root(tmp_path, monkeypatch):
    """The folder that the page takes for the user's runs, empty."""
    monkeypatch.setenv("ATTNVIZ_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def at(two_way, runs_root):
    at = AppTest.from_function(page, default_timeout=60)
    at.session_state["model"] = str(two_way)
    return run(at)


def upload(at, name, data):
    at.file_uploader(key="inspect-upload").set_value((name, data, "text/plain"))
    return run(at)


def box(at, label):
    (found,) = (box for box in at.selectbox if box.label == label)
    return found


def choose(at, label, value):
    run(at)  # AppTest knows no option that was not on the page before
    box(at, label).set_value(value)
    return run(at)


def start(at):
    at.button(key="inspect-start").click()
    return run(at).session_state["chosen"]


def rows_of(chosen):
    return [cells for _, cells in chosen.stream()]


def shown(at):
    return at.dataframe[0].value


def test_every_visit_offers_the_usual_endings_a_path_and_the_samples(at):
    assert all(ending in at.get("file_uploader")[0].label for ending in USUAL)
    assert at.text_input(key="inspect-path").value == ""
    keys = [button.key for button in at.button]
    assert keys[:2] == ["inspect-sample-en", "inspect-sample-zh"]
    assert at.session_state["chosen"] is None


def test_on_the_first_visit_a_sample_stands_there_ready_to_be_scored(at):
    assert shown(at).columns.tolist() == ["Line", "text", "label", "topic", "kind"]
    chosen = start(at)
    assert (chosen.name, chosen.data) == ("reviews_en.csv", source.SAMPLES["en"])
    assert chosen.label_map == {"negative": "negative", "positive": "positive"}


def test_where_there_are_runs_no_sample_stands_in_the_way(at, own_run, runs_root):
    runs_root.mkdir()
    own_run.folder.rename(runs_root / "mine")
    assert not run(at).dataframe


def test_an_upload_shows_what_was_guessed_and_is_given_when_it_is_asked_for(at):
    upload(at, "reviews.csv", CSV)
    assert box(at, "Encoding").options[0] == "found: utf-8"
    assert box(at, "Delimiter").options[0] == "found: semicolon ;"
    assert box(at, "Column of the texts").value == "review"
    assert box(at, "Column of the labels").value == "verdict"
    assert shown(at)["Line"].tolist() == [2, 3, 4, 5]
    assert shown(at)["review"].tolist() == ["a good film", "<b>bad</b> music", "dull", "fine"]
    assert at.expander[0].label == "Labels: 2 of 2 matched by what they mean"
    assert not at.expander[0].proto.expanded
    assert at.session_state["chosen"] is None
    chosen = start(at)
    assert (chosen.name, chosen.text_column, chosen.label_column) == ("reviews.csv", "review",
                                                                      "verdict")  # fmt: skip
    assert chosen.label_map == {"pos": "positive", "neg": "negative"}
    assert chosen.digest == hashlib.sha256(b"reviews.csv\0" + CSV).hexdigest()
    assert rows_of(chosen)[0] == ("7", "a good film", "pos")
    assert run(at).session_state["chosen"] is None  # asked for once


def test_a_rerun_reads_nothing_again(at, monkeypatch):
    upload(at, "reviews.csv", CSV)
    monkeypatch.setattr(source, "open_rows", None)
    monkeypatch.setattr(source, "digest", None)
    choose(at, "Column of the labels", "id")
    assert messages(at) != []


def test_columns_encoding_and_delimiter_can_be_changed(at):
    upload(at, "a.csv", "text,other,kind\né;1,ü,x\n".encode("cp1252"))
    choose(at, "Encoding", "cp1250")
    choose(at, "Delimiter", ";")
    assert "than the header: 2, not 1" in messages(at)[0].replace("\\", "")
    choose(at, "Delimiter", ",")
    choose(at, "Column of the texts", "other")
    chosen = start(at)
    assert chosen.reading == Reading(encoding="cp1250", delimiter=",")
    assert chosen.text_column == "other"
    assert chosen.label_column is None
    assert rows_of(chosen) == [("é;1", "ü", "x")]


def test_header_and_quotation_marks_can_be_changed(at):
    rows = "".join(f'"text {number}",{["pos", "neg"][number % 2]}\n' for number in range(8))
    upload(at, "a.csv", rows.encode())
    assert box(at, "Header").options[0] == "found: none"
    assert "--header-row 1 if it names the columns" in at.caption[0].value
    assert shown(at)["column 1"].tolist()[0] == "text 0"
    choose(at, "Header", "1")
    assert shown(at).columns.tolist() == ["Line", "text 0", "pos"]
    choose(at, "Header", "3")
    assert shown(at)["Line"].tolist()[0] == 4
    choose(at, "Header", "found")
    assert box(at, "Quotation marks").options[0] == "found: around cells"
    choose(at, "Quotation marks", "none")
    assert shown(at)["column 1"].tolist()[0] == '"text 0"'
    choose(at, "Header", "none")
    assert start(at).reading == Reading(header=0, quoting="none")


def test_rows_that_do_not_fit_can_be_left_out(at):
    upload(at, "b.csv", b"text,label\na,b,pos\nc,neg\nd,pos\n")
    assert "line 2: the row has another number of fields" in messages(at)[0].replace("\\", "")
    (skip,) = (box for box in at.checkbox if box.label == "Leave out rows that do not fit")
    skip.check()
    assert shown(run(at))["text"].tolist() == ["c", "d"]
    assert "Rows left out that do not fit the table: 1 (lines 2)." in at.caption[0].value
    assert start(at).reading == Reading(skip_bad_rows=True)


def test_lines_that_were_taken_for_a_table_can_be_read_as_texts_and_the_other_way_round(at):
    rows = "".join(f"text {number}\t{number % 2}\n" for number in range(8))
    upload(at, "a.txt", rows.encode())
    assert box(at, "Delimiter").options[0] == "found: tab"
    assert shown(at).columns.tolist() == ["Line", "column 1", "column 2"]
    choose(at, "Delimiter", "single")
    assert shown(at)["text"].tolist()[0] == "text 0\t0"
    choose(at, "Delimiter", "\t")
    assert shown(at).columns.tolist() == ["Line", "column 1", "column 2"]


def test_a_file_that_cannot_be_read_says_why_and_its_encoding_can_still_be_changed(at):
    upload(at, "a.csv", "text\n好的电影\n".encode("utf-16-le"))
    assert "UTF-16 without a byte order mark" in messages(at)[0].replace("\\", "")
    assert not [button for button in at.button if button.key == "inspect-start"]
    choose(at, "Encoding", "utf-16-le")
    assert rows_of(start(at)) == [("好的电影",)]


def test_labels_that_the_model_does_not_know_are_told_and_matched_by_hand(at):
    rows = "".join(
        f"text {number},{['neg', 'pos', 'splendid'][number % 3]}\n" for number in range(9)
    )
    upload(at, "a.csv", f"text,label\n{rows}".encode())
    assert at.expander[0].proto.expanded
    assert "does not know these labels: “splendid”" in messages(at)[0].replace("\\", "")
    choose(at, "splendid (rows: 3)", "positive")
    assert messages(at) == []
    assert start(at).label_map == {
        "neg": "negative",
        "pos": "positive",
        "splendid": "positive",
    }


def test_a_file_without_labels_is_as_good(at):
    upload(at, "a.txt", b"good film\n\nbad film\n")
    assert [box.label for box in at.selectbox] == [
        "Encoding",
        "Delimiter",  # for a table that looks like lines of text
        "Column of the texts",
        "Column of the labels",
    ]
    assert "Blank lines skipped: 1" in at.caption[0].value
    chosen = start(at)
    assert (chosen.text_column, chosen.label_column, chosen.label_map) == ("text", None, {})


def test_labels_can_be_left_aside(at):
    upload(at, "reviews.csv", CSV)
    choose(at, "Column of the labels", "")
    assert not at.expander
    assert start(at).label_column is None


def test_a_column_of_texts_is_no_column_of_labels(at):
    rows = "".join(f"{'x' * 1_009}{number},{number}\n" for number in range(1_009))
    upload(at, "a.csv", f"text,number\n{rows}".encode())
    for column in ("text", "number"):
        choose(at, "Column of the labels", column)
        assert "too many different values" in messages(at)[0]


def test_numbers_where_texts_should_be_are_told(at):
    upload(at, "a.csv", b"text,label\n1,pos\n2,neg\n")
    assert "holds numbers and no words" in messages(at)[0]


def test_a_path_is_taken_however_long_the_file_and_a_wrong_one_is_explained(at, tmp_path):
    path = tmp_path / "some.csv"
    path.write_bytes(CSV)
    for typed, said in (
        (tmp_path / "gone.csv", "cannot be opened: No such file"),
        (tmp_path / "a.mp3", "does not end in one of"),
        (tmp_path / "a.xls", "save it as .xlsx"),
        ("~nobody\0/a.csv", "cannot be opened"),
    ):
        at.text_input(key="inspect-path").set_value(str(typed))
        assert said in messages(run(at))[0].replace("\\", "")
    at.text_input(key="inspect-path").set_value(f' "{path}" ')
    run(at)
    chosen = start(at)
    assert chosen.data == path
    assert rows_of(chosen)[3] == ("10", "fine", "pos")
    at.button(key="inspect-another").click()
    assert run(at).text_input(key="inspect-path").value == ""


@pytest.mark.parametrize("name", ["en", "zh"])
def test_a_sample_is_one_click_away_and_its_labels_match(at, name):
    at.button(key=f"inspect-sample-{name}").click()
    chosen = start(run(at))
    assert chosen.name == f"reviews_{name}.csv"
    assert (chosen.text_column, chosen.label_column) == ("text", "label")
    assert chosen.label_map == {"negative": "negative", "positive": "positive"}
    assert len(rows_of(chosen)) >= 60


@pytest.mark.parametrize(
    ("folder", "page_language", "first"),
    [
        ("/mine/zh-tiny", "en", "zh"),
        ("/mine/en-tiny", "zh", "en"),
        ("/mine/tiny", "zh", "zh"),
        ("/mine/tiny", "en", "en"),
        (state.PRETRAINED / "family" / "gru", "zh", "en"),
        (state.PRETRAINED / "zh-sentiment", "en", "zh"),
    ],
)
def test_the_first_sample_is_in_the_language_of_the_model(
    folder, page_language, first, monkeypatch
):
    monkeypatch.setattr(source, "language", lambda: page_language)
    assert source._samples(str(folder))[0] == first


@pytest.mark.parametrize("mark", ["![x](http://example.com/x.png)", "[a](http://example.com)"])
def test_what_a_file_says_never_becomes_markdown(at, mark):
    rows = "".join(f"text {number},{mark}{number % 2}\n" for number in range(8))
    upload(at, f"{mark.replace('/', '-')}.csv", f"{mark},{mark}\n{rows}".encode())
    parts = (at.markdown, at.caption, at.warning, at.error, at.expander, at.selectbox)
    texts = [getattr(e, "value", None) for kind in parts[:4] for e in kind]
    texts += [element.label for kind in parts[4:] for element in kind]
    assert len(texts) > 5
    assert not [text for text in texts if "](" in text]


# Which columns, which meaning.


def test_one_line_says_which_columns_were_taken_and_what_labels_mean(at):
    rows = "".join(f"a text {n},{n % 5 + 1},{'yes' if n % 2 else 'no'}\n" for n in range(20))
    upload(at, "a.csv", f"body,star_rating,verified\n{rows}".encode())
    (said,) = messages(at)
    said = said.replace("\\", "")
    assert "Texts from the column “body” (its name); labels from the column “star_rating”" in said
    assert "taken for stars from 1 to 5: 1, 2 = negative; 4, 5 = positive" in said
    chosen = start(at)
    assert chosen.label_column == "star_rating"
    assert chosen.label_map["3"] == ""


def test_of_two_columns_that_are_as_likely_none_is_chosen_for_the_person(at):
    rows = "".join(
        f"a text {n},{['pos', 'neg'][n % 2]},{['neg', 'pos'][n % 3 % 2]}\n" for n in range(12)
    )
    upload(at, "a.csv", f"body,rater_a,rater_b\n{rows}".encode())
    assert box(at, "Column of the labels").value is None
    assert "may stand in “rater_a”, “rater_b”" in messages(at)[0].replace("\\", "")
    assert shown_candidates(at)["rater_a"].tolist()[:2] == ["pos → positive", "neg → negative"]
    assert "inspect-start" not in [button.key for button in at.button]
    choose(at, "Column of the labels", "rater_b")
    assert start(at).label_column == "rater_b"


def shown_candidates(at, column="rater_a"):
    return next(
        frame.value for frame in at.dataframe if column in frame.value and "Line" not in frame.value
    )


def test_a_list_of_classes_beside_the_file_names_the_numbers_of_columns_to_choose_from(
    at, tmp_path
):
    (tmp_path / "class.txt").write_text("positive\nnegative\n")
    rows = "".join(f"a text {n},{n % 2},{n % 3 % 2}\n" for n in range(12))
    (tmp_path / "a.csv").write_text(f"body,a_label,b_label\n{rows}")
    at.text_input(key="inspect-path").set_value(str(tmp_path / "a.csv"))
    frame = shown_candidates(run(at), "a_label")
    assert frame["a_label"].tolist()[:2] == ["0 → positive", "1 → negative"]
    assert frame["b_label"].tolist()[:3] == ["0 → positive", "1 → negative", "0 → positive"]


def test_texts_that_are_only_marked_as_missing_are_counted_before_scoring(at):
    upload(at, "a.csv", b"text,label\ngood,pos\n[deleted],neg\nNaN,neg\n")
    captions = " ".join(caption.value for caption in at.caption).replace("\\", "")
    assert "so that it is not read: “[deleted]” (1), “NaN” (1)." in captions


def test_numbers_that_fit_nothing_are_said_with_the_reason(at):
    rows = "".join(f"a text {n},{n % 3}\n" for n in range(12))
    upload(at, "a.csv", f"body,label\n{rows}".encode())
    said = " ".join(messages(at)).replace("\\", "")
    assert "another set of classes than the model's (it has 2)" in said
    assert start(at).label_column is None


def test_a_file_that_was_exported_leads_back_to_its_run_with_its_marks(
    at, tmp_path, runs_root, classifier, saved
):
    runs_root.mkdir()
    rows = [("good film", "positive", "web"), ("bad film", "negative", "web")]
    made = finished_run(runs_root / "mine", classifier, rows, saved)
    made.mark([1], "drop", "", "torn")
    path = export(made, tmp_path / "exported.csv", "csv").path
    made.mark([1], "", "", "")
    upload(at, "exported.csv", path.read_bytes())
    assert box(at, "Column of the labels").value == "label"
    assert "exported from the run reviews.csv" in messages(at)[0].replace("\\", "")
    at.button(key="inspect-go-on").click()
    run(at)
    assert at.session_state["run"] == "mine"
    (mark,) = Run.open(made.folder).marks().values()
    assert (mark["mark"], mark["note"]) == ("drop", "torn")


def test_an_export_whose_run_is_gone_says_so_and_is_scored_by_its_own_labels(
    at, tmp_path, classifier, saved
):
    rows = [("good film", "positive", "web"), ("bad film", "negative", "web")]
    made = finished_run(tmp_path / "gone", classifier, rows, saved)
    path = export(made, tmp_path / "exported.csv", "csv").path
    upload(at, "exported.csv", path.read_bytes())
    assert "its run is not on this computer" in messages(at)[0]
    assert start(at).label_column == "label"


# Files that hold several.


def packed(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_another_part_of_an_archive_can_be_chosen(at):
    upload(at, "all.zip", packed({"test.csv": b"text\nnot this one\n", "train.csv": CSV}))
    assert box(at, "Part").options == ["found: train.csv", "test.csv", "train.csv"]
    assert shown(at)["review"].tolist()[0] == "a good film"
    choose(at, "Part", "test.csv")
    assert shown(at)["text"].tolist() == ["not this one"]
    chosen = start(at)
    assert chosen.reading.part == "test.csv"
    assert rows_of(chosen) == [("not this one",)]


def test_a_part_that_cannot_be_read_leaves_the_choice(at):
    upload(at, "all.zip", packed({"bad.xlsx": b"no spreadsheet", "train.csv": CSV}))
    choose(at, "Part", "bad.xlsx")
    assert "bad.xlsx" in messages(at)[0].replace("\\", "")
    choose(at, "Part", "train.csv")
    assert shown(at)["review"].tolist()[0] == "a good film"


def test_any_file_can_be_dropped_and_what_cannot_be_read_is_said(at):
    upload(at, "reviews.ndjson", b'{"text": "a good film"}\n')
    assert shown(at)["text"].tolist() == ["a good film"]
    at.button(key="inspect-another").click()
    upload(run(at), "film.mp3", b"x")
    assert "does not end in one of" in messages(at)[0].replace("\\", "")


def test_a_folder_is_read_by_its_path(at, tmp_path):
    for label in ("pos", "neg"):
        (tmp_path / "films" / label).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "films" / label / f"{number}.txt").write_text(f"a {label} film {number}")
    at.text_input(key="inspect-path").set_value(str(tmp_path / "films"))
    run(at)
    assert shown(at)["label"].tolist() == ["neg", "neg", "pos", "pos"]
    chosen = start(at)
    assert chosen.label_map == {"neg": "negative", "pos": "positive"}
    assert rows_of(chosen)[0] == ("a neg film 0", "neg", "neg/0.txt")


def test_columns_that_belong_together_are_joined_and_others_on_request(at):
    upload(at, "news.csv", b"title,body,topic\nOne,First text,a\nTwo,Second text,b\n")
    assert box(at, "Column of the texts").value == "title+body"
    choose(at, "Column of the texts", "body")
    assert start(at).text_column == "body"
    run(at)  # AppTest knows no option that was not on the page before
    (more,) = at.multiselect
    more.select("title")
    run(at)
    assert shown(at)["body+title"].tolist() == ["First text\nOne", "Second text\nTwo"]
    assert start(at).text_column == "body+title"


def test_reading_that_takes_long_can_be_ended(at, monkeypatch):
    begun = Event()

    def endless(stream):
        while True:
            begun.set()
            sleep(0.01)
            go_on()

    monkeypatch.setattr(source, "peek", endless)
    at.file_uploader(key="inspect-upload").set_value(("reviews.csv", CSV, "text/plain"))
    at.run()
    assert begun.wait(60)
    assert at.get("progress")
    *_, job = at.session_state["inspect-read"].values()
    at.button(key="inspect-reading-cancel").click()
    at.run()
    assert job.finished(60)
    assert not at.dataframe
    monkeypatch.undo()
    at.button(key="inspect-reading-again").click()
    run(at)
    assert shown(at)["review"].tolist()[0] == "a good film"
