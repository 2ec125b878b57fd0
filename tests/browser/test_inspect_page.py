"""The Inspect page in a real browser: from a file to a run that lasts, and two runs compared."""

import shutil

import pytest
from playwright.sync_api import expect

from attnviz.inspection.comparing import compare
from attnviz.runs import Run, find_runs
from tests.browser.driving import reran, settled
from tests.browser.test_pages import violations

CSV = "id,review,label\n7,b: a good film,positive\n8,c: <b>bad</b> music,positive\n"
CSV += "9,a: so so,negative\n"


@pytest.fixture
def inspect(new_page, runs):
    """The page at a first visit."""
    page = new_page()
    page.locator(".token-table[data-painted]").wait_for()
    page.get_by_role("link", name="Inspect").first.click()
    expect(page.get_by_text("Or a sample:")).to_be_visible()
    settled(page)
    return page


def upload(page, name, data):
    """Through the dialog that the button opens, in place of the file before if there is one."""
    if page.get_by_role("button", name="Another file").count():
        with reran(page):
            page.get_by_role("button", name="Another file").click()
    data = data if isinstance(data, bytes) else data.encode()
    with page.expect_file_chooser() as chooser:
        page.locator("[data-testid=stFileUploaderDropzone] button").first.click()
    with reran(page):
        chooser.value.set_files(files=[{"name": name, "mimeType": "text/csv", "buffer": data}])


def score(page):
    page.get_by_role("button", name="Score this file").click()
    expect(page.get_by_role("button", name="All runs")).to_be_visible()
    expect(page.get_by_text("What is taken for what")).to_be_visible()
    settled(page)


def open_view(page, name):
    with reran(page):
        page.get_by_role("radio", name=name, exact=True).click()


def test_a_run_is_there_after_a_reload_in_the_list_and_one_step_back(inspect, runs):
    upload(inspect, "reviews.csv", CSV)
    score(inspect)
    (run,) = find_runs(runs)
    assert inspect.url.endswith(f"/inspect?run={run.folder.name}")
    inspect.reload()
    expect(inspect.get_by_role("heading", name="reviews.csv")).to_be_visible()
    settled(inspect)
    inspect.get_by_role("button", name="All runs").click()
    expect(inspect.get_by_text("Your runs")).to_be_visible()
    settled(inspect)
    inspect.locator(f".st-key-inspect-open-{run.folder.name} button").click()
    expect(inspect.get_by_role("heading", name="reviews.csv")).to_be_visible()
    settled(inspect)
    inspect.go_back()
    expect(inspect.get_by_text("Your runs")).to_be_visible()
    settled(inspect)


def test_a_sample_is_a_click_away_and_every_view_of_it_opens_soundly(inspect):
    with reran(inspect):
        inspect.get_by_role("button", name="Reviews in English").click()
    score(inspect)
    assert violations(inspect) == []
    for view in ("Slices", "Compare", "Causes", "Export"):
        open_view(inspect, view)
        assert inspect.get_by_test_id("stException").count() == 0
    assert violations(inspect) == []


def test_a_mark_in_the_comparison_opens_its_text(inspect, runs):
    """Two runs of the same rows: the second is a copy of the first."""
    upload(inspect, "reviews.csv", CSV)
    score(inspect)
    (run,) = find_runs(runs)
    twin = Run.open(shutil.copytree(run.folder, runs / "twin"))
    open_view(inspect, "Compare")
    expect(inspect.get_by_text("Rows of the same file scored in both: 3.")).to_be_visible()
    with reran(inspect):
        inspect.locator("g.role-mark path[aria-label*='Still right']").click()
    inspect.get_by_role("button", name="Open the chosen text").click()
    ((row, _),) = compare(twin, run).rows["right"].tolist()
    expect(inspect.get_by_role("heading", name=f"Line {row + 2} ")).to_be_visible()
    expect(inspect.locator(".token-table[data-painted]")).to_be_visible()
    settled(inspect)


def test_names_in_a_file_load_nothing_and_run_nothing(inspect):
    """The fixture fails the test if anything is asked of another host."""
    name = "![x](http://elsewhere.invalid/x.png)"
    upload(inspect, "header.csv", f"{name},<script>document.title='run'</script>\n")
    expect(inspect.get_by_text("but no rows")).to_be_visible()
    assert inspect.locator("[data-testid=stAlert] img").count() == 0
    upload(inspect, "![y](http:..elsewhere.invalid).csv", f"{name},text\n1,hello\n2,**bye**\n")
    inspect.get_by_role("button", name="Score this file").click()
    expect(inspect.get_by_role("button", name="All runs")).to_be_visible()
    settled(inspect)
    assert "run" not in inspect.title()
    assert inspect.locator("[data-testid=stMain] img").count() == 0


def test_a_file_that_cannot_be_read_gets_a_message(inspect):
    upload(inspect, "binary.csv", bytes(range(256)))
    expect(inspect.get_by_text("Save its texts as .csv or .txt in UTF-8.")).to_be_visible()
