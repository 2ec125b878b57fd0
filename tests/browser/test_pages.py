"""Files, downloads, languages and accessibility in a real browser."""

import csv
import io
import json
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.panels import row_labels
from tests.browser.driving import await_repaint, choose, painted, reran, settled, type_text
from tests.browser.test_token_table import shown

CSV = "id,review,stars\n7,b: a good film,5\n8,c: <b>bad</b> music,1\n9,a: so so,3\n"
HEADER, LINE = 35, 35  # px, heights in Streamlit's data frame
SHARE_OF_TEXT = 0.62  # of its width: there stands the column Text


def open_file_page(page):
    page.get_by_role("link", name="File").first.click()
    expect(page.get_by_text("One text a line")).to_be_visible()


def upload(page, name, data):
    """Through the dialog that the button opens; a second file takes the place of the first."""
    data = data if isinstance(data, bytes) else data.encode()
    files = [{"name": name, "mimeType": "text/csv", "buffer": data}]
    with reran(page):
        if page.locator("[data-testid=stFileUploaderDropzoneInstructions]").count():
            with page.expect_file_chooser() as chooser:
                page.locator("[data-testid=stFileUploaderDropzone] button").click()
            chooser.value.set_files(files=files)
        else:
            page.locator("input[type=file]").set_input_files(files=files)


@pytest.fixture
def rows(page):
    """The File page with the three rows of `CSV` read."""
    open_file_page(page)
    upload(page, "reviews.csv", CSV)
    expect(page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()
    return page


def click_frame(page, share, y):
    """The data frame is painted on a canvas, so only places are known: a share of its width."""
    frame = page.locator("[data-testid=stDataFrame]")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    place = box["x"] + share * box["width"], box["y"] + y
    page.mouse.move(place[0] + 50, place[1])  # it overlooks a click of a mouse that never moved
    page.mouse.move(*place, steps=5)
    page.mouse.click(*place)


def click_row(page, row):
    click_frame(page, 0.03, HEADER + (row + 0.5) * LINE)


def download(page, name):
    with page.expect_download() as found:
        page.get_by_role("button", name=name).click()
    return found.value.suggested_filename, found.value.path().read_bytes()


# Files


def test_a_click_on_a_row_opens_it_in_the_token_table(rows, shipped):
    for row, text in ((1, "c: <b>bad</b> music"), (0, "b: a good film")):
        click_row(rows, row)
        expect(rows.get_by_text(f"Line {row + 2}", exact=True)).to_be_visible()
        labels = list(row_labels(shipped.trace(text)))
        expect(rows.locator(".token bdi")).to_have_text(labels)
    assert rows.locator(".token-table b").count() == 0


def test_a_click_on_a_sorted_row_opens_that_row(rows):
    click_frame(rows, SHARE_OF_TEXT, HEADER / 2)  # a: so so, b: a good film, c: bad music
    rows.wait_for_timeout(300)
    click_row(rows, 0)
    expect(rows.get_by_text("Line 4", exact=True)).to_be_visible()
    expect(rows.locator(".token bdi").first).to_have_text("a")


def test_predictions_download_with_every_class_and_the_file_s_own_columns(rows, shipped):
    name, data = download(rows, "Predictions (CSV)")
    assert name == "predictions.csv"
    found = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    texts = ["b: a good film", "c: <b>bad</b> music", "a: so so"]
    expected = shipped.predict(texts)
    assert [row["prediction"] for row in found] == expected.labels
    assert [row["line"] for row in found] == ["2", "3", "4"]
    assert texts in [list(column) for column in zip(*(row.values() for row in found), strict=True)]
    for label, shares in zip(shipped.labels, expected.probabilities.T, strict=True):
        np.testing.assert_allclose([float(row[label]) for row in found], shares, atol=1e-5)


def test_another_column_is_read_when_chosen(rows):
    rows.get_by_label("Column of the texts").click()
    with reran(rows):
        rows.get_by_role("option", name="stars").click()
    click_row(rows, 1)
    expect(rows.locator(".token bdi")).to_have_text(["1"])


def test_a_file_that_cannot_be_read_gets_a_message(page):
    open_file_page(page)
    upload(page, "binary.csv", bytes(range(256)))
    expect(page.get_by_text("Save its texts as .csv or .txt in UTF-8.")).to_be_visible()


def test_names_in_a_file_load_nothing_and_run_nothing(page):
    """The fixture fails the test if anything is asked of another host."""
    open_file_page(page)
    name = "![x](http://elsewhere.invalid/x.png)"
    upload(page, "header.csv", f"{name},<script>document.title='run'</script>\n")
    expect(page.get_by_text("but no rows")).to_be_visible()
    assert page.locator("[data-testid=stAlert] img").count() == 0
    upload(page, "![y](http:..elsewhere.invalid).csv", f"{name},text\n1,hello\n")
    expect(page.get_by_text("1 rows, read as utf-8")).to_be_visible()
    assert "run" not in page.title()


# Downloads


def test_the_trace_downloads_whole(page, example):
    name, data = download(page, "Trace (JSON)")
    assert name == "attnviz-trace.json"
    assert json.loads(data) == json.loads(json.dumps(example.to_dict()))


@pytest.mark.parametrize(("kind", "start"), [("SVG", b"<svg"), ("PNG", b"\x89PNG\r\n\x1a\n")])
def test_figures_download(page, kind, start):
    name, data = download(page, f"Figure ({kind})")
    assert name == f"attnviz.{kind.lower()}"
    assert data.startswith(start)
    assert len(data) > 10_000


def test_the_figure_holds_the_tokens_and_the_chosen_panels(page, example):
    choose(page, "How many", "32")
    _, data = download(page, "Figure (SVG)")
    figure = data.decode("utf-8")
    for panel in shown(example, limit=32):
        assert panel.title.format(detail=panel.detail) in figure
    for token in row_labels(example):
        assert re.search(rf">{re.escape(token)}<", figure), token


# Languages


def test_one_click_turns_the_page_chinese_and_back(page, example):
    choose(page, "Units", "By number")
    before = painted(page)
    page.get_by_text("中文", exact=True).click()
    await_repaint(page, before)
    expect(page.get_by_role("button", name="看看内部")).to_be_visible()
    expect(page.locator(".corner")).to_have_text("词元")
    expect(page.locator(".panel-head .title").first).to_have_text("注意力")
    # The choice made in English still holds.
    expect(page.locator(".panel-head .names").nth(2)).to_contain_text("滤波器 0")
    text = page.locator("[data-testid=stMain]").inner_text()
    for icon in page.locator("[data-testid=stMain] [data-testid=stIconMaterial]").all():
        text = text.replace(icon.inner_text(), "")
    own_words = ("English", "en-sentiment", "NFKC", "logit", "SVG", "PNG", "JSON")
    for own in (example.text, *own_words, "CNN", "BiLSTM", "MB"):
        text = text.replace(own, "")
    assert re.findall(r"[A-Za-z]{2,}", text) == []
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_role("button", name="Look inside")).to_be_visible()


def test_a_link_opens_the_page_in_chinese(new_page):
    page = new_page("/?language=%E4%B8%AD%E6%96%87")
    expect(page.get_by_role("button", name="看看内部")).to_be_visible()
    page.get_by_role("link", name="文件").first.click()
    place = page.locator("[data-testid=stFileUploaderDropzoneInstructions] > div")
    expect(place).to_be_visible()
    said = "getComputedStyle(node, '::after').content"
    assert "把文件拖到这里" in place.evaluate(f"node => {said}")
    button = page.locator("[data-testid=stFileUploaderDropzone] button").first
    assert "选择文件" in button.evaluate(f"node => {said}")


def test_language_and_text_survive_a_visit_to_the_other_page(page):
    type_text(page, "Some words to keep")
    page.get_by_text("中文", exact=True).click()
    expect(page.get_by_role("button", name="看看内部")).to_be_visible()
    page.get_by_role("link", name="文件").first.click()
    expect(page.get_by_text("每行一条文本")).to_be_visible()
    page.get_by_role("link", name="探索").first.click()
    expect(page.get_by_label("你的文本")).to_have_value("Some words to keep")


# Accessibility

# What axe finds in Streamlit's own markup, which no page of ours can change.
STREAMLITS = {
    "presentation-role-conflict": "[data-testid='stFileUploaderDropzone']",
    "scrollable-region-focusable": ".katex-display",  # a formula wider than its column
}


def violations(page):
    """Serious and critical ones, as readable lines."""
    from axe_playwright_python.sync_playwright import Axe

    exclude = [[selector] for selector in STREAMLITS.values()]
    found = Axe().run(page, context={"include": [["body"]], "exclude": exclude}).response
    assert found["passes"], "axe has checked nothing"
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_explore_page_is_accessible(new_page, scheme):
    page = new_page(color_scheme=scheme)
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    type_text(page, "one long text " * 500)  # so that a warning stands in the strip
    page.locator(".token").nth(1).click()
    expect(page.locator(".readout")).to_be_visible()
    assert violations(page) == []


def test_the_file_page_is_accessible(rows):
    click_row(rows, 0)
    expect(rows.locator(".token-table[data-painted]")).to_be_visible()
    settled(rows)
    assert violations(rows) == []


def test_axe_looks_into_the_token_table(page):
    """A guard for the tests above: a fault put into the shadow root is found."""
    page.locator(".token-table").evaluate("node => node.append(document.createElement('button'))")
    assert any(line.startswith("button-name") for line in violations(page))
