"""The map of a file in a real browser: a rectangle drawn on it chooses texts for the queue."""

import re

import pytest
from playwright.sync_api import expect

from attnviz.inspection.mapping import load_map
from tests.browser.driving import reran, settled
from tests.scored_runs import finished_run, random_rows

COUNT = 29


@pytest.fixture
def scored(shipped, model_path, runs):
    rows = random_rows(COUNT, shipped.labels)
    return finished_run(runs / "reviews", shipped, rows, model_path)


def test_a_rectangle_on_the_map_leads_to_the_texts_in_it(new_page, scored):
    page = new_page(viewport={"width": 1440, "height": 1400})
    page.get_by_role("link", name="Inspect").first.click()
    page.get_by_role("button", name="reviews.csv").click()
    page.get_by_role("radio", name="Similar texts", exact=True).click()
    expect(page.get_by_text(f"of the context vectors of {COUNT} texts")).to_be_visible()
    chart = page.get_by_test_id("stVegaLiteChart")
    chart.locator("canvas, svg").first.wait_for()
    chart.scroll_into_view_if_needed()
    settled(page)
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 0.03 * box["width"], box["y"] + 60, steps=3)  # below the legend
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 12, steps=8)
    with reran(page):
        page.mouse.up()
    said = page.get_by_text(re.compile(r"Texts chosen: \d+\. Mistakes among them: \d+\."))
    expect(said).to_be_visible()
    count = int(re.search(r"\d+", said.inner_text())[0])
    points = load_map(scored).points
    middle = points[:, 0].min() + (points[:, 0].max() - points[:, 0].min()) / 2
    left = int((points[:, 0] < middle).sum())
    assert 0 < count < COUNT
    assert abs(count - left) <= 5  # the axis ends at round numbers
    page.get_by_role("button", name="Open them in the queue").click()
    expect(page.get_by_text(f"chosen rows: {count}")).to_be_visible()
