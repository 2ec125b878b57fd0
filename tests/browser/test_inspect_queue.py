"""The mistake queue in a real browser: keys walk through it, marks last."""

import pytest
from playwright.sync_api import expect

from attnviz.panels import row_labels
from attnviz.runs import Filter, Run
from tests.browser.driving import reran, settled
from tests.scored_runs import finished_run

TEXTS = ["A wonderful film.", "A dull, lifeless film.", "Not bad at all!", "I was bored.", "A joy."]
TEXTS += ["It is what it is, and it is long.", "Good actors, bad music."]


@pytest.fixture
def scored(shipped, model_path, runs):
    """A run of the shipped model whose first five labels are all wrong."""
    predicted = shipped.predict(TEXTS).labels
    other = dict(zip(shipped.labels, reversed(shipped.labels), strict=True))
    labels = [other[name] if row < 5 else name for row, name in enumerate(predicted)]
    rows = [(text, label, "web") for text, label in zip(TEXTS, labels, strict=True)]
    return finished_run(runs / "reviews", shipped, rows, model_path)


def press(page, key):
    with reran(page):
        page.keyboard.press(key)


def line(page, number):
    return page.get_by_role("heading", name=f"Line {number} ")


def open_queue(page):
    """From the first page: Streamlit itself asks for what is not there when another is reloaded."""
    page.get_by_role("link", name="Inspect").first.click()
    page.get_by_role("button", name="reviews.csv").click()
    page.get_by_role("radio", name="Mistakes", exact=True).click()
    expect(page.get_by_text("Texts: 5 of 7 (wrong)")).to_be_visible()
    settled(page)


def click_row(page, row):
    box = page.get_by_test_id("stDataFrame").bounding_box()
    place = box["x"] + 0.3 * box["width"], box["y"] + 35 * (row + 1.5)
    page.mouse.move(place[0] + 50, place[1])  # it overlooks a click of a mouse that never moved
    page.mouse.move(*place, steps=5)
    with reran(page):
        page.mouse.click(*place)


def test_keys_walk_through_the_mistakes_and_mark_them(new_page, scored, shipped):
    mistakes = scored.page(Filter(outcome="wrong"), "loss")
    page = new_page()
    open_queue(page)
    press(page, "o")
    for number in mistakes["line"][:3]:
        expect(line(page, number)).to_be_visible()
        if number != mistakes["line"][2]:
            press(page, "j")
    expect(page.locator(".token bdi")).to_have_text(
        list(row_labels(shipped.trace(mistakes["text"][2])))
    )
    press(page, "k")
    expect(line(page, mistakes["line"][1])).to_be_visible()
    press(page, "3")
    expect(page.get_by_test_id("stBaseButton-primary").filter(has_text="Drop")).to_be_visible()
    row = int(mistakes["row"][1])
    assert Run.open(scored.folder).marks()[row]["mark"] == "drop"

    page.get_by_label("Note").click()
    page.keyboard.type("jkx123")  # letters that are written are no keys
    with reran(page):
        page.keyboard.press("Enter")
    expect(line(page, mistakes["line"][1])).to_be_visible()
    entry = Run.open(scored.folder).marks()[row]
    assert (entry["mark"], entry["note"]) == ("drop", "jkx123")

    page.goto(page.url.partition("/inspect")[0])  # as after a restart: nothing but what is on disk
    open_queue(page)
    click_row(page, 1)
    expect(page.get_by_test_id("stBaseButton-primary").filter(has_text="Drop")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("jkx123")
    press(page, "j")  # the table has the focus, and the keys still work
    expect(line(page, mistakes["line"][2])).to_be_visible()
    expect(page.get_by_test_id("stBaseButton-primary")).to_have_count(0)
