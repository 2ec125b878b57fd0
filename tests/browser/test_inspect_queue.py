"""The mistakes in a real browser: the list beside the opened text, keys that walk and mark."""

import pytest
from playwright.sync_api import expect

from attnviz.panels import row_labels
from attnviz.runs import Filter, Run
from tests.browser.driving import reran, settled
from tests.browser.test_pages import violations
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


@pytest.fixture
def mistakes(scored):
    """The wrong texts, the worst first."""
    return scored.page(Filter(outcome="wrong"), "loss")


def press(page, key):
    with reran(page):
        page.keyboard.press(key)


def line(page, number):
    return page.get_by_role("heading", name=f"Line {number}", exact=True)


def open_queue(page):
    """From the first page: Streamlit itself asks for what is not there when another is reloaded."""
    page.get_by_role("link", name="Inspect").first.click()
    page.get_by_role("button", name="reviews.csv").click()
    page.get_by_role("radio", name="Mistakes", exact=True).click()
    expect(page.locator(".text-list .item")).to_have_count(5)
    expect(page.locator(".opened-head")).to_be_visible()
    expect(page.locator(".token-table[data-painted]")).to_be_visible()
    settled(page)


def inside(page, locator) -> bool:
    """Whether all of it is in the window, above the marks at the foot."""
    box, size = locator.bounding_box(), page.viewport_size
    foot = page.locator(".st-key-inspect-queue-text-marks").bounding_box()["y"]
    return box["y"] >= 0 and box["y"] + box["height"] <= foot <= size["height"]


@pytest.mark.parametrize("size", [(1400, 900), (1280, 720)])
def test_the_opened_text_is_on_the_screen_beside_the_list(new_page, mistakes, size):
    page = new_page(viewport={"width": size[0], "height": size[1]})
    open_queue(page)
    for number in mistakes["line"][:2]:
        expect(line(page, number)).to_be_visible()
        for part in (".opened-head", ".shaded-text", ".why", ".st-key-inspect-queue-text-tags"):
            assert inside(page, page.locator(part).first), part
        head = page.locator(".token-table .head").bounding_box()
        assert head["y"] + head["height"] < size[1] - 64  # so that rows stand below it
        listed = page.locator(".text-list").bounding_box()
        opened = page.locator(".shaded-text").bounding_box()
        assert listed["x"] + listed["width"] <= opened["x"]
        marks = page.locator(".st-key-inspect-queue-text-marks").bounding_box()
        assert marks["y"] + marks["height"] <= size[1] + 1
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
        press(page, "j")


def test_on_a_phone_the_list_and_the_text_are_two_screens(new_page, mistakes):
    page = new_page(viewport={"width": 390, "height": 844})
    page.get_by_role("link", name="Inspect").first.click()
    page.get_by_role("button", name="reviews.csv").click()
    page.get_by_role("radio", name="Mistakes", exact=True).click()
    expect(page.locator(".text-list .item")).to_have_count(5)
    expect(page.locator(".opened-head")).to_be_hidden()
    with reran(page):
        page.locator(".text-list .item").nth(1).click()
    expect(line(page, mistakes["line"][1])).to_be_visible()
    expect(page.locator(".text-list")).to_be_hidden()
    for name in ("Keep", "Drop", "Note"):
        assert page.get_by_role("button", name=name).first.bounding_box()["height"] >= 44
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 390
    with reran(page):
        page.get_by_role("button", name="List", exact=True).click()
    expect(page.locator(".text-list")).to_be_visible()


def test_keys_walk_through_the_mistakes_and_mark_them(new_page, scored, mistakes, shipped):
    page = new_page()
    open_queue(page)
    for number in mistakes["line"][:3]:
        expect(line(page, number)).to_be_visible()
        if number != mistakes["line"][2]:
            press(page, "j")
    expect(page.locator(".token bdi")).to_have_text(
        list(row_labels(shipped.trace(mistakes["text"][2])))
    )
    expect(page.locator(".item[aria-current=true]")).to_contain_text(mistakes["text"][2])
    press(page, "Shift+J")
    expect(line(page, mistakes["line"][1])).to_be_visible()
    press(page, "d")  # marks, and moves on
    expect(line(page, mistakes["line"][2])).to_be_visible()
    row = int(mistakes["row"][1])
    assert Run.open(scored.folder).marks()[row]["mark"] == "drop"
    press(page, "r")
    press(page, "k")
    marks = Run.open(scored.folder).marks()
    assert marks[int(mistakes["row"][2])]["label"] == mistakes["predicted"][2]
    assert marks[int(mistakes["row"][3])]["mark"] == "keep"
    press(page, "z")
    expect(line(page, mistakes["line"][3])).to_be_visible()
    assert int(mistakes["row"][3]) not in Run.open(scored.folder).marks()

    press(page, "n")
    field = page.get_by_label("Note").and_(page.locator("input"))
    expect(field).to_be_focused()
    page.keyboard.type("jkrdz123/")  # letters that are written are no keys
    with reran(page):
        page.keyboard.press("Enter")
    expect(line(page, mistakes["line"][3])).to_be_visible()
    entry = Run.open(scored.folder).marks()[int(mistakes["row"][3])]
    assert (entry["mark"], entry["note"]) == ("", "jkrdz123/")

    page.goto(page.url.partition("/inspect")[0])  # as after a restart: nothing but what is on disk
    open_queue(page)
    with reran(page):
        page.locator(".text-list .item").nth(1).click()
    drop = page.get_by_test_id("stBaseButton-primary").filter(has_text="Drop")
    expect(drop).to_be_visible()
    page.locator(".text-list .item").nth(1).focus()
    press(page, "ArrowDown")  # the list has the focus: arrows walk it too
    expect(line(page, mistakes["line"][2])).to_be_visible()
    expect(page.locator(".item[aria-current=true]")).to_be_focused()


def test_the_search_has_a_key_and_the_address_keeps_filter_and_row(new_page, mistakes):
    page = new_page()
    open_queue(page)
    page.keyboard.press("/")
    expect(page.get_by_label("Words in the text")).to_be_focused()
    page.keyboard.type("film")
    with reran(page):
        page.keyboard.press("Enter")
    found = mistakes[mistakes["text"].str.contains("film")]
    expect(page.locator(".text-list .item")).to_have_count(len(found))
    page.locator(".opened-head").click()  # out of the field
    press(page, "j")
    expect(line(page, found["line"].iloc[1])).to_be_visible()
    page.goto(page.url)
    expect(line(page, found["line"].iloc[1])).to_be_visible()
    expect(page.get_by_label("Words in the text")).to_have_value("film")
    expect(page.locator(".text-list .item")).to_have_count(len(found))
    settled(page)
    page.go_back()
    expect(line(page, found["line"].iloc[0])).to_be_visible()
    settled(page)


def test_an_opened_text_can_be_edited_in_explore(new_page, mistakes):
    page = new_page()
    open_queue(page)
    page.get_by_role("button", name="Open in Explore").click()
    expect(page.get_by_label("Your text")).to_have_value(mistakes["text"][0])
    settled(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mistakes_have_no_violation(new_page, mistakes, scheme):
    page = new_page(color_scheme=scheme)
    open_queue(page)
    assert violations(page) == []


def test_keys_may_be_faster_than_the_page(new_page, mistakes):
    page = new_page()
    open_queue(page)
    for _ in range(3):
        page.keyboard.press("j")
        page.wait_for_timeout(60)
    expect(line(page, mistakes["line"][3])).to_be_visible()
    settled(page)
    page.wait_for_timeout(1_000)
    expect(line(page, mistakes["line"][3])).to_be_visible()
    assert f"row={mistakes['row'][3]}" in page.url


def test_at_twice_the_size_the_marks_stay_on_the_screen(new_page, mistakes):
    """200 % zoom of 1400 × 900 is a window of 700 × 450."""
    page = new_page(viewport={"width": 700, "height": 450})
    page.get_by_role("link", name="Inspect").first.click()
    page.get_by_role("button", name="reviews.csv").click()
    page.get_by_role("radio", name="Mistakes", exact=True).click()
    with reran(page):
        page.locator(".text-list .item").first.click()
    expect(line(page, mistakes["line"][0])).to_be_visible()
    for name in ("Keep", "Drop", "Note"):
        box = page.get_by_role("button", name=name).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 450
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
