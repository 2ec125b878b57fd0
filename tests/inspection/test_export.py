"""A run out as a table and back: what stands in it, what no spreadsheet runs, what returns."""

import re
import shutil

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnviz.data import open_rows, read_table
from attnviz.data.guards import guarded, is_export, unguarded, unguarded_cell
from attnviz.errors import FileError
from attnviz.inspection import sheets
from attnviz.inspection.export import export
from attnviz.inspection.restoring import restore_marks
from attnviz.inspection.sheets import EXPORTS
from attnviz.inspection.starting import start_run
from attnviz.runs import CAUSES, Filter, Run
from attnviz.runs import about as about_module
from attnviz.runs.schema import later_schema
from tests.scored_runs import COLUMNS, make_run

RISKY = ["=1+1", "'=1+1", "''@x", "+49 30", "-2 stars", "\tgood", "'quoted'", "'", "0'=", "|cmd"]
RISKY += [" =1", "\u200b=1", "\ufeff@x", "\u3000＝1", "'\xa0=1"]
RISKY += ["\n=1", "＝1+1", "＋1", "－1", "＠sum", "-1", "'-1", "+1.5e-3", "-"]
# As OWASP lists them (CSV injection): = + - @, tab, carriage return, line feed, = + - @ full width.
DANGEROUS = tuple(map(chr, (61, 43, 45, 64, 9, 13, 10, 0xFF1D, 0xFF0B, 0xFF0D, 0xFF20)))
NUMBERS = ["-1", "+1", "-0.5", "-.5", "+49", "-1,234.50", "-1e-05", "+2E3", "-12%"]
OURS = ["line", "row", "prediction", "confidence"]
OURS += ["p_negative", "p_neutral", "p_positive"]
OURS += ["true", "outcome", "tags", "mark", "new_label", "note"]
OURS = [f"attnviz_{name}" for name in OURS]
NOTES = ["so so", "=HYPERLINK(1)", "'=mine", 'says "no",\nthen goes', ""]


@pytest.fixture
def marked(own_run):
    """A run with marks of each kind, a note alone, and notes that look like formulas."""
    own_run.mark([3], "keep", note=NOTES[0])
    own_run.mark([5], "relabel", "neutral", NOTES[1])
    own_run.mark([7, 11], "drop", note=NOTES[2])
    own_run.mark([13], "", note=NOTES[3])
    own_run.mark([112], "relabel", "positive")
    return own_run


def markings(run):
    return {r: (m["mark"], m["label"], m["note"]) for r, m in run.marks().items()}


def table_of(run, path, kind, **options):
    """The exported file as attnviz reads any other: columns, rows."""
    found = read_table(export(run, path / f"out.{kind}", kind, **options).path)
    return list(found.columns), [dict(zip(found.columns, row, strict=True)) for row in found.rows]


# What stands in it


@pytest.mark.parametrize("kind", EXPORTS)
def test_the_file_s_own_columns_come_first_then_what_the_model_said(
    marked, classifier, tmp_path, kind
):
    columns, rows = table_of(marked, tmp_path, kind)
    assert columns == [*COLUMNS, *OURS]
    assert len(rows) == marked.about.rows
    expected = classifier.predict([row["review"] for row in rows])
    assert [row["attnviz_prediction"] for row in rows] == expected.labels
    for number, label in enumerate(classifier.labels):
        shares = [float(row[f"attnviz_p_{label}"]) for row in rows]
        np.testing.assert_allclose(shares, expected.probabilities[:, number], atol=2e-6)
    for row in rows:
        best = max(float(row[f"attnviz_p_{label}"]) for label in classifier.labels)
        assert float(row["attnviz_confidence"]) == pytest.approx(best, abs=2e-6)
        right = {True: "right", False: "wrong"}[row["label"] == row["attnviz_prediction"]]
        assert row["attnviz_outcome"] == (right if row["label"] else "")
        assert row["attnviz_true"] == row["label"]
    assert [int(row["attnviz_row"]) for row in rows] == list(range(len(rows)))
    assert [int(row["attnviz_line"]) for row in rows] == list(range(2, len(rows) + 2))
    assert rows[5]["attnviz_mark"] == "relabel"
    assert rows[5]["attnviz_new_label"] == "neutral"


def test_tags_stand_by_their_titles_in_the_reader_s_language(own_run, tmp_path):
    planted = [{"row": 3, "duplicate_of": 5, "suspect": True}, {"row": 7, "suspect": True}]
    own_run.write_later(pa.Table.from_pylist(planted, later_schema()))
    _, rows = table_of(own_run, tmp_path, "parquet", translate=lambda text: f"[{text}]")
    tags = own_run.page(most=1_000)["tags"]
    titles = [[f"[{CAUSES[tag].title}]" for tag in found] for found in tags]
    assert [row["attnviz_tags"] for row in rows] == ["; ".join(found) for found in titles]
    assert len(titles[3]) >= 2


def test_a_filter_leaves_out_the_other_rows(run, tmp_path):
    chosen = Filter(outcome="wrong", truth=("positive",))
    _, rows = table_of(run, tmp_path, "csv", chosen=chosen)
    expected = run.page(chosen, most=1_000)["row"].tolist()
    assert [int(row["attnviz_row"]) for row in rows] == expected
    assert 0 < len(rows) < run.about.rows


def test_many_classes_get_no_column_each(run, tmp_path, monkeypatch):
    monkeypatch.setattr("attnviz.inspection.export.CLASSES", 2)
    columns, _ = table_of(run, tmp_path, "csv")
    assert not [name for name in columns if name.startswith("attnviz_p_")]


def test_what_is_not_scored_yet_has_no_prediction(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, [("good", "positive", "web")])
    for kind in EXPORTS:
        _, (row,) = table_of(run, tmp_path, kind)
        assert row["review"] == "good"
        assert row["attnviz_prediction"] == row["attnviz_confidence"] == ""


def test_a_file_that_was_exported_before_has_its_old_columns_replaced(tmp_path, classifier):
    columns = ("review", "attnviz_prediction", "label", "attnviz_p_old")
    run = make_run(tmp_path / "run", classifier, [("good", "x", "positive", "1")], columns)
    found, (row,) = table_of(run, tmp_path, "csv")
    assert found == ["review", "label", *OURS]
    assert row["attnviz_prediction"] == ""


def test_a_stopped_export_leaves_no_file(run, tmp_path, monkeypatch):
    monkeypatch.setattr("attnviz.inspection.export.ROWS_AT_ONCE", 41)
    told = []

    def stop(done, total):
        told.append((done, total))
        if done > 50:
            raise KeyboardInterrupt

    for kind in EXPORTS:
        with pytest.raises(KeyboardInterrupt):
            export(run, tmp_path / f"out.{kind}", kind, progress=stop)
        assert told == [(41, 113), (82, 113)]
        told.clear()
    assert list(tmp_path.iterdir()) == []


# Formulas


def is_harmless(cell):
    """Begins with nothing dangerous, or is a sign and a number without any other operator."""
    alone = cell[:1] in ("+", "-") and not re.search(r"(?<![eE])[^\d.,eE%]", cell[1:])
    return not cell.startswith(DANGEROUS) or (alone and any(map(str.isdigit, cell)))


@given(st.text(alphabet=["'", "1", ".", "e", "%", "a", " ", *DANGEROUS], max_size=6))
def test_a_guarded_cell_is_no_formula_and_comes_back_as_it_was(cell):
    assert is_harmless(guarded(cell))
    assert unguarded_cell(guarded(cell)) == cell
    if cell.strip()[:1] not in ("'", *DANGEROUS):
        assert guarded(cell) == cell or cell.startswith(DANGEROUS)


UNSEEN = [" ", "\u3000", "\xa0", "\u200b", "\ufeff", "\u200e", "\u202e", "\u2066", "\xad", "\u0301"]


@given(st.lists(st.sampled_from([*UNSEEN, "'"]), max_size=4), st.sampled_from("=+-@＝＋－＠"))
def test_what_nobody_sees_before_a_formula_does_not_hide_it(before, sign):
    cell = f"{''.join(before)}{sign}A1"
    assert guarded(cell) == f"'{cell}"
    assert unguarded_cell(guarded(cell)) == cell


@given(st.text())
def test_any_text_comes_back_from_its_guard(cell):
    assert unguarded_cell(guarded(cell)) == cell
    assert guarded(unguarded_cell(guarded(cell))) == guarded(cell)


@pytest.mark.parametrize("text", ["a = b", " two words", "\u200bgood", "'tis", "  ", "❤️ =", "-5"])
def test_an_ordinary_text_is_left_as_it_is(text):
    assert guarded(text) == text


@pytest.mark.parametrize("sign", DANGEROUS)
def test_every_sign_that_begins_a_formula_is_guarded(sign):
    assert guarded(f"{sign}A1") == f"'{sign}A1"
    assert guarded(sign) == f"'{sign}"


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_neither_guarded_nor_changed_when_it_is_read(number):
    for cell in (number, f"'{number}"):
        assert guarded(cell) == unguarded_cell(cell) == cell


@pytest.mark.parametrize("cell", ["-1+1", "-1-1", "+1 2", "-1|x", "-e5", "-1e", "-1\n", "-１"])
def test_what_only_begins_like_a_number_is_guarded(cell):
    assert guarded(cell) == f"'{cell}"


@pytest.fixture
def risky(tmp_path, classifier):
    rows = [(f"{cell} film", "positive", cell) for cell in RISKY]
    columns = ("review", "label", "=note")
    return make_run(tmp_path / "risky", classifier, rows, columns)


def test_no_cell_of_a_csv_is_a_formula(risky, tmp_path):
    path = export(risky, tmp_path / "out.csv", "csv").path
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    table = read_table(path)
    for cell in (*table.columns, *(cell for row in table.rows for cell in row)):
        assert is_harmless(cell), cell
    again = unguarded(open_rows(path))
    assert again.columns[2] == "=note"
    assert [cells[2] for _, cells in again] == RISKY


def test_every_text_in_a_spreadsheet_is_a_string(risky, tmp_path):
    from openpyxl import load_workbook

    path = export(risky, tmp_path / "out.xlsx", "xlsx").path
    header, *rows = load_workbook(path)["attnviz"].iter_rows()
    assert header[2].value == "=note"
    assert [row[2].value for row in rows] == RISKY
    assert {cell.data_type for cell in (header[2], *(row[2] for row in rows))} == {"s"}


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_other_kinds_need_no_apostrophe_and_lose_none(risky, tmp_path, kind):
    stream = unguarded(open_rows(export(risky, tmp_path / f"out.{kind}", kind).path))
    assert [cells[2] for _, cells in stream] == RISKY


def test_a_csv_of_somebody_else_keeps_its_apostrophes(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("text,note\ngood,'=1\n")
    assert [cells for _, cells in unguarded(open_rows(path))] == [("good", "'=1")]


# Limits of a spreadsheet


def test_a_spreadsheet_says_what_it_had_to_cut(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "CELL", 90)
    monkeypatch.setattr(sheets, "SHEET_ROWS", 20)
    exported = export(run, tmp_path / "out.xlsx", "xlsx")
    table = read_table(exported.path)
    texts = run.page(most=19)["text"].tolist()
    assert table.column("review") == [text[:90].strip() for text in texts]
    long = [row for row, text in enumerate(texts, 2) if len(text) > 90]
    assert exported.rows == 19
    said = [(notice.values["count"], notice.values.get("row")) for notice in exported.notices]
    assert said == [(str(len(long)), str(long[0])), ("94", None)]


def test_a_table_wider_than_a_spreadsheet_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "SHEET_COLUMNS", 15)
    with pytest.raises(FileError, match="holds 15 columns, and these are 16"):
        export(run, tmp_path / "out.xlsx", "xlsx")
    assert list(tmp_path.iterdir()) == []


# The corrected file


def test_the_corrected_file_applies_the_marks(marked, tmp_path):
    columns, rows = table_of(marked, tmp_path, "csv", corrected=True)
    assert columns == [*COLUMNS, "attnviz_corrected"]
    whole = marked.page(most=1_000)
    assert len(rows) == len(whole) - 2
    kept = whole[~whole["row"].isin([7, 11])]
    assert [row["review"] for row in rows] == kept["text"].tolist()
    labels = dict(zip(whole["row"], whole["label"], strict=True)) | {5: "neutral", 112: "positive"}
    assert [row["label"] for row in rows] == [labels[row] for row in kept["row"]]


def test_new_labels_are_said_in_the_file_s_own_words(tmp_path, classifier):
    labels = ["0", "2", "good", "good", " good", "9"]
    run = make_run(tmp_path / "run", classifier, [(f"film {x}", x, "") for x in labels])
    run.change(label_map={"0": "negative", "2": "positive", "good": "positive"})
    run.mark([0, 5], "relabel", "positive")
    run.mark([2], "relabel", "neutral")
    _, rows = table_of(run, tmp_path, "parquet", corrected=True)
    assert [row["label"] for row in rows] == ["good", "2", "neutral", "good", " good", "good"]


def test_an_unlabelled_file_gets_a_column_of_labels(tmp_path, classifier):
    rows = [("good", "x"), ("bad", "y"), ("so so", "z")]
    run = make_run(tmp_path / "run", classifier, rows, ("review", "label"), label=None)
    run.mark([1], "relabel", "negative")
    run.mark([2], "drop")
    columns, rows = table_of(run, tmp_path, "xlsx", corrected=True)
    assert columns == ["review", "label", "label_"]
    assert [row["label_"] for row in rows] == ["", "negative"]


TWEETS = [("@user good", "1"), ("- awful", "-1"), ("=1+1", "-1"), ("'@me", "1"), ("-5", "-1")]


@pytest.fixture
def tweets(tmp_path, classifier):
    """A run of texts that look like formulas, labelled −1 and 1."""
    run = make_run(tmp_path / "tweets", classifier, TWEETS, ("review", "label"))
    run.change(label_map={"-1": "negative", "1": "positive"})
    run.mark([2], "relabel", "positive")
    return run


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_corrected_file_is_read_again_as_it_was(tweets, tmp_path, kind):
    exported = export(tweets, tmp_path / f"out.{kind}", kind, corrected=True)
    stream = unguarded(open_rows(exported.path))
    expected = [(text, "1" if row == 2 else label) for row, (text, label) in enumerate(TWEETS)]
    assert [cells[:2] for _, cells in stream] == expected
    assert stream.columns == ("review", "label", "attnviz_corrected")[: 3 if kind == "csv" else 2]
    assert [notice.values for notice in exported.notices] == [{"count": "4"}] * (kind == "csv")


def test_other_programs_find_the_labels_of_a_corrected_csv_as_they_were(tweets, tmp_path):
    import pandas as pd

    found = pd.read_csv(export(tweets, tmp_path / "out.csv", "csv", corrected=True).path)
    assert found["label"].tolist() == [1, -1, 1, 1, -1]


def test_a_corrected_csv_is_scored_with_the_labels_of_the_file(tweets, saved, tmp_path):
    path = export(tweets, tmp_path / "out.csv", "csv", corrected=True).path
    labels = {"-1": "negative", "1": "positive"}
    anew = start_run(
        saved, open_rows(path), digest="2" * 64, label_map=labels, run_folder=tmp_path / "anew"
    )
    found = anew.page(most=9)
    assert found["text"].tolist() == [text for text, _ in TWEETS]
    assert found["truth"].tolist() == [labels[label] for label in ("1", "-1", "1", "1", "-1")]
    columns, rows = table_of(anew, tmp_path, "parquet", corrected=True)
    assert columns == ["review", "label"]
    assert [row["review"] for row in rows] == [text for text, _ in TWEETS]


def test_a_corrected_csv_saved_as_a_spreadsheet_loses_its_apostrophes_too(tweets, tmp_path):
    import pandas as pd

    frame = pd.read_csv(export(tweets, tmp_path / "out.csv", "csv", corrected=True).path)
    frame.to_excel(tmp_path / "saved.xlsx", index=False)
    stream = unguarded(open_rows(tmp_path / "saved.xlsx"))
    assert [cells[0] for _, cells in stream] == [text for text, _ in TWEETS]


def test_a_corrected_csv_without_formulas_says_nothing_of_apostrophes(tmp_path, classifier):
    run = make_run(tmp_path / "run", classifier, [("good", "1"), ("it's", "-1")], COLUMNS[:2])
    assert export(run, tmp_path / "out.csv", "csv", corrected=True).notices == ()


# And back


@pytest.fixture
def unmarked(marked, tmp_path):
    """The same run before anything was marked."""
    copy = Run.open(shutil.copytree(marked.folder, tmp_path / "unmarked"))
    (copy.folder / "marks.jsonl").unlink()
    return copy


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_brings_its_marks_back_into_the_same_run(marked, unmarked, tmp_path, kind):
    path = export(marked, tmp_path / f"out.{kind}", kind).path
    assert restore_marks(unmarked, open_rows(path)) == 6
    assert markings(unmarked) == markings(marked)
    assert restore_marks(unmarked, open_rows(path)) == 0


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_scored_anew_has_its_marks(marked, classifier, tmp_path, kind, monkeypatch):
    chosen = Filter(rows=(5, 7, 13, 100, 112))
    path = export(marked, tmp_path / f"out.{kind}", kind, chosen).path
    stream = unguarded(open_rows(path))
    assert is_export(stream.columns)
    rows = [cells for _, cells in stream]
    anew = make_run(tmp_path / "anew", classifier, rows, columns=stream.columns)
    anew.mark([1], "keep")
    assert restore_marks(anew) == 3
    assert markings(anew) == {
        0: ("relabel", "neutral", NOTES[1]),
        1: ("keep", "", ""),
        2: ("", "", NOTES[3]),
        4: ("relabel", "positive", ""),
    }
    _, exported = table_of(anew, tmp_path, kind)
    assert [row["attnviz_mark"] for row in exported] == ["relabel", "keep", "", "", "relabel"]


def test_marks_written_in_a_spreadsheet_come_back_and_empty_cells_take_none(marked, tmp_path):
    from openpyxl import load_workbook

    path = export(marked, tmp_path / "out.xlsx", "xlsx").path
    book = load_workbook(path)
    page = book["attnviz"]
    place = {cell.value: cell.column for cell in page[1]}
    page.cell(2, place["attnviz_mark"]).value = "Drop "
    page.cell(5, place["attnviz_mark"]).value = None  # row 3, kept
    page.cell(5, place["attnviz_note"]).value = None
    page.delete_rows(40, 60)
    book.save(path)
    before = markings(marked)
    assert restore_marks(marked, open_rows(path)) == 1
    assert markings(marked) == before | {0: ("drop", "", "")}


def test_a_cut_text_and_other_line_breaks_are_still_the_same_text(tmp_path, classifier):
    text = "good\r\nfilm " * 4_000
    run = make_run(tmp_path / "run", classifier, [(text, "positive", "")])
    run.mark([0], "drop")
    path = export(run, tmp_path / "out.xlsx", "xlsx").path
    (run.folder / "marks.jsonl").unlink()
    assert restore_marks(run, open_rows(path)) == 1


WRONG = {
    "attnviz_mark": ("delete", "is no mark. Write one of keep, relabel, drop"),
    "attnviz_new_label": ("great", "no class “great”. It has negative, neutral, positive"),
    "attnviz_row": ("4", "is not that of row 4"),
    "review": ("another film", "is not that of row 5"),
}


@pytest.mark.parametrize("column", WRONG)
def test_a_file_with_one_fault_brings_no_mark_and_names_the_line(
    marked, unmarked, tmp_path, column
):
    import pandas as pd

    value, said = WRONG[column]
    frame = pd.read_parquet(export(marked, tmp_path / "out.parquet", "parquet").path).astype(str)
    frame = frame.replace({"None": ""})
    frame.loc[5, column] = value
    frame.to_csv(tmp_path / "out.csv", index=False)
    with pytest.raises(FileError, match=r"out\.csv, line 7: ") as error:
        restore_marks(unmarked, open_rows(tmp_path / "out.csv"))
    assert said in str(error.value)
    assert markings(unmarked) == {}


def test_a_file_that_is_no_export_says_which_column_it_lacks(run, tmp_path):
    (tmp_path / "x.csv").write_text("review,attnviz_row\ngood,1\n")
    with pytest.raises(FileError, match="has no column attnviz_mark"):
        restore_marks(run, open_rows(tmp_path / "x.csv"))


def test_a_run_of_a_plain_file_has_no_marks_to_restore(run):
    assert restore_marks(run) == 0


def test_rows_are_exported_in_their_order_over_chunks(tmp_path, classifier, monkeypatch):
    monkeypatch.setattr(about_module, "CHUNK", 31)
    monkeypatch.setattr("tests.scored_runs.CHUNK", 31)
    monkeypatch.setattr("attnviz.inspection.export.ROWS_AT_ONCE", 7)
    texts = [f"film {number}" for number in range(101)]
    run = make_run(tmp_path / "run", classifier, [(text, "", "") for text in texts])
    for kind in EXPORTS:
        _, rows = table_of(run, tmp_path, kind)
        assert [row["review"] for row in rows] == texts
