"""Downloads, languages and accessibility in a real browser."""

import json
import re
from itertools import pairwise
from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from attnviz.panels import row_labels
from attnviz.ui.components.questions import QUESTIONS
from tests.browser.driving import (
    ask,
    assert_painted,
    await_repaint,
    choose,
    edit,
    open_models,
    open_units,
    painted,
    reran,
    settled,
    speak,
    text_of,
    type_text,
)
from tests.browser.test_token_table import shown


def download(page, name):
    with page.expect_download() as found:
        page.get_by_role("button", name=name, exact=True).click()
    return found.value.suggested_filename, found.value.path().read_bytes()


# Downloads


def test_the_trace_downloads_whole(page, example):
    name, data = download(page, "Trace (JSON)")
    assert name == "attnviz-trace.json"
    assert json.loads(data) == json.loads(json.dumps(example.to_dict()))


def open_figure(page):
    page.get_by_role("button", name="Figure", exact=True).click()
    page.locator(".st-key-figure-preview img").wait_for()
    settled(page)


@pytest.mark.parametrize(
    ("kind", "start"), [("SVG", b"<svg"), ("PNG", b"\x89PNG\r\n\x1a\n"), ("PDF", b"%PDF-")]
)
def test_figures_download(page, kind, start):
    open_figure(page)
    name, data = download(page, kind)
    assert name == f"attnviz-drawn.{kind.lower()}"
    assert data.startswith(start)
    assert len(data) > 10_000


def test_the_figure_holds_the_tokens_the_chosen_panels_and_what_the_model_says(page, example):
    choose(page, "How many", "32")
    page.keyboard.press("Escape")
    open_figure(page)
    _, data = download(page, "SVG")
    figure = data.decode("utf-8")
    for panel in shown(example, limit=32):
        assert panel.title.format(detail=panel.detail) in figure
    for token in row_labels(example):
        assert re.search(rf">{re.escape(token)}<", figure), token
    said = f"en-sentiment: {example.prediction} {example.probabilities.max():.1%}"
    assert f">{said}<" in figure


def test_a_figure_of_a_question_is_a_chart_of_the_size_that_was_chosen(page):
    ask(page, "ledger")
    open_figure(page)
    image, question = page.locator(".st-key-figure-preview img"), QUESTIONS["ledger"][0]
    expect(image).to_have_attribute("alt", f"{question}, As drawn")
    page.get_by_label("Size", exact=True).click()
    page.get_by_role("option", name="Slide").click()
    expect(image).to_have_attribute("alt", f"{question}, Slide, 16 : 9")
    settled(page)
    expect(page.get_by_text("Smallest letters:")).to_be_visible()
    name, data = download(page, "PNG")
    assert name == "attnviz-slide.png"
    assert [int.from_bytes(data[at : at + 4], "big") for at in (16, 20)] == [1920, 1080]


def test_a_figure_is_in_the_theme_of_the_page_and_can_be_copied(new_page):
    page = new_page(color_scheme="dark", permissions=["clipboard-read", "clipboard-write"])
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    open_figure(page)
    assert violations(page) == []
    page.get_by_role("button", name="Copy picture").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    kinds = page.evaluate("async () => (await navigator.clipboard.read())[0].types")
    assert kinds == ["image/png"]
    assert b"#11161c" in download(page, "SVG")[1]


# Long texts


def test_a_long_text_shows_its_first_lines_and_the_table_is_in_sight(page):
    type_text(page, "The film was not bad, and I would see it again. " * 60)
    text, fold = page.locator(".shaded-text"), page.get_by_role("button", name="Show the whole")
    folded = text.bounding_box()["height"]
    assert folded < 200
    assert page.locator(".token").first.bounding_box()["y"] < 700
    fold.click()
    expect(page.get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
    assert text.bounding_box()["height"] > 2 * folded
    page.get_by_role("button", name="Show less").click()
    assert text.bounding_box()["height"] == folded
    page.locator(".token").nth(20).click()
    pinned = page.locator(".shaded-text .pinned")
    expect(pinned).to_have_count(1)
    type_text(page, "Short.")
    expect(page.locator(".fold")).to_be_hidden()


# Links


def copied(page, name=None):
    page.get_by_role("button", name="Copy link", exact=True).click()
    if name:
        page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    return page.evaluate("navigator.clipboard.readText()")


@pytest.fixture
def clipboard(new_page):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    return page


def test_a_typed_text_is_in_a_link_only_when_the_person_says_so(clipboard, new_page):
    assert "text=" not in copied(clipboard)  # an example has nothing private
    expect(clipboard.get_by_role("button", name="Copy link", exact=True)).to_be_visible()
    type_text(clipboard, "My own words & secrets?")
    assert "text=" not in clipboard.url
    assert copied(clipboard, "Link without the text") == clipboard.url
    expect(clipboard.get_by_role("button", name="Copy link", exact=True)).to_be_visible()
    link = copied(clipboard, "Link with the text")
    assert "text=" not in clipboard.url
    visitor = new_page("/" + link.partition("/?")[2].join(["?", ""]))
    expect(visitor.locator(".shaded-text")).to_have_text("My own words & secrets?")


def test_a_typed_text_and_its_token_outlive_a_reload(page, new_page, app):
    type_text(page, "My own words, twice read.")
    with reran(page):
        page.locator(".token").nth(2).click()
    page.wait_for_function("location.search.includes('token=3')")
    page.reload()
    expect(page.locator(".shaded-text")).to_have_text("My own words, twice read.")
    page.wait_for_function("location.search.includes('token=3')")
    assert "text=" not in page.url
    other = page.context.new_page()  # another tab has a memory of its own
    other.goto(app)
    other.locator(".token-table[data-painted]").wait_for()
    settled(other)
    assert "My own words" not in text_of(other)
    other.close()


# Languages


def test_one_click_turns_the_page_chinese_and_back(page, example):
    choose(page, "Order", "By number")
    page.keyboard.press("Escape")
    before = painted(page)
    speak(page, "中")
    await_repaint(page, before)
    expect(page.get_by_role("button", name="编辑文本")).to_be_visible()
    expect(page.locator(".panel-head .title").first).to_have_text("投票")
    assert_painted(page, shown(example, "index"))  # the choice made in English still holds
    text = page.locator("[data-testid=stMain]").inner_text()
    for icon in page.locator("[data-testid=stMain] [data-testid=stIconMaterial]").all():
        text = text.replace(icon.inner_text(), "")
    own_words = ("EN", "attnviz", "en-sentiment", "NFKC", "logit", "SVG", "PNG", "JSON")
    for own in (example.text, *row_labels(example), *own_words, "CNN", "BiLSTM", "MB"):
        text = re.sub(rf"(?<![A-Za-z]){re.escape(own)}(?![A-Za-z])", "", text)
    assert re.findall(r"[A-Za-z]{2,}", text) == []
    speak(page, "EN")
    expect(page.get_by_role("button", name="Edit text")).to_be_visible()


def select_boxes(page):
    return [box.input_value() for box in page.locator("[data-testid=stSelectbox] input").all()]


def test_select_boxes_speak_the_chosen_language_at_once_and_keep_their_choice(page):
    choose(page, "Order", "By number")
    before = select_boxes(page)
    assert len(before) == 3
    assert "By number" in before
    page.keyboard.press("Escape")
    speak(page, "中")
    page.locator(".st-key-explore-units-menu button").click()
    expect(page.get_by_label("显示个数", exact=True)).to_be_visible()
    assert all(re.search("[一-鿿]", text) for text in select_boxes(page))
    assert "按编号" in select_boxes(page)
    page.keyboard.press("Escape")
    speak(page, "EN")
    open_units(page)
    assert select_boxes(page) == before


@pytest.mark.parametrize(("locale", "tag"), [("zh-CN", "zh-CN"), ("zh-TW", "zh-CN"), ("de", "en")])
def test_the_first_visit_speaks_the_language_of_the_browser(new_page, locale, tag):
    page = new_page(locale=locale)
    name = "编辑文本" if tag == "zh-CN" else "Edit text"
    expect(page.get_by_role("button", name=name)).to_be_visible()
    page.wait_for_function("tag => document.documentElement.lang === tag", arg=tag)


def test_the_language_of_the_page_is_that_of_its_markup(page):
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_text("中", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    page.get_by_text("EN", exact=True).click()
    page.wait_for_function("document.documentElement.lang === 'en'")


@pytest.mark.parametrize("said", ["%E4%B8%AD%E6%96%87", "zh"])
def test_a_link_opens_the_page_in_chinese(new_page, said):
    page = new_page(f"/?language={said}")
    expect(page.get_by_role("button", name="编辑文本")).to_be_visible()
    page.get_by_role("link", name="检查").first.click()
    place = page.locator("[data-testid=stFileUploaderDropzoneInstructions] > div")
    expect(place).to_be_visible()
    said = "getComputedStyle(node, '::after').content"
    assert "把文件拖到这里" in place.evaluate(f"node => {said}")
    button = page.locator("[data-testid=stFileUploaderDropzone] button").first
    assert "选择文件" in button.evaluate(f"node => {said}")


def test_language_and_text_survive_a_visit_to_the_other_page(page):
    type_text(page, "Some words to keep")
    speak(page, "中")
    expect(page.get_by_role("button", name="编辑文本")).to_be_visible()
    page.get_by_role("link", name="检查").first.click()
    expect(page.get_by_text("或用示例：")).to_be_visible()
    page.get_by_role("link", name="探索").first.click()
    expect(page.locator(".shaded-text")).to_have_text("Some words to keep")
    page.get_by_role("button", name="编辑文本").click()
    expect(page.locator(".shaded-text")).to_have_text("Some words to keep")


# Accessibility

# What axe finds in Streamlit's own markup, which no page of ours can change.
STREAMLITS = {
    "presentation-role-conflict": "[data-testid='stFileUploaderDropzone']",
    "scrollable-region-focusable": ".katex-display",  # a formula wider than its column
}


def violations(page):
    """Serious and critical ones, as readable lines."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_timeout(1_000)  # what a run has replaced fades away, and is paler until then
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
    edit(page)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_settings_and_the_sheet_of_models_are_accessible(new_page, scheme):
    page = new_page(color_scheme=scheme)
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    assert violations(page) == []
    open_units(page)
    page.wait_for_timeout(300)
    assert violations(page) == []
    page.keyboard.press("Escape")
    open_models(page)
    page.wait_for_timeout(500)
    assert violations(page) == []


LEVEL = "node => node.getAttribute('aria-level') ?? node.tagName[1]"


def levels(page):
    return [int(one.evaluate(LEVEL)) for one in page.get_by_role("heading").all()]


def in_order(found):
    """One title, then headings that go down one level at a time."""
    steps = all(after - before <= 1 for before, after in pairwise(found))
    return found[0] == 1 and found.count(1) == 1 and steps


def test_headings_go_down_one_level_at_a_time_from_the_class(page):
    assert levels(page) == [1]
    for name in QUESTIONS:
        ask(page, name)
        found = levels(page)
        assert found[:2] == [1, 2], name
        assert in_order(found), name


def test_headings_of_every_view_of_a_run_are_in_order(new_page, runs):
    page = new_page("/inspect")
    page.get_by_text("Or a sample:").wait_for()
    settled(page)
    assert in_order(levels(page))
    with reran(page):
        page.get_by_role("button", name="Reviews in English").click()
    assert in_order(levels(page))
    page.get_by_role("button", name="Score this file").click()
    expect(page.get_by_role("button", name="All runs")).to_be_visible()
    expect(page.get_by_text("What is taken for what")).to_be_visible()
    settled(page)
    assert in_order(levels(page))  # of the overview
    views = page.locator(".st-key-inspect-strip").get_by_role("radio")
    assert views.count() > 5
    for view in views.all_inner_texts()[1:]:
        with reran(page):
            page.get_by_role("radio", name=view, exact=True).click()
        assert in_order(levels(page)), view


def test_headings_of_the_training_page_are_in_order(new_page):
    page = new_page("/training")
    page.get_by_role("heading", name="Data").wait_for()
    settled(page)
    assert in_order(levels(page))


def test_the_lead_is_explained_to_the_keyboard(page):
    lead, help = page.locator(".lead"), page.locator("#lead-help")
    expect(help).to_be_hidden()
    lead.focus()
    expect(help).to_be_visible()
    expect(help).to_contain_text("Lead: the logit of")
    assert lead.get_attribute("aria-describedby") == "lead-help"


def test_the_theme_button_says_what_it_does_and_a_copied_link_is_announced(page):
    assert page.get_by_role("button", name="Theme: dark").inner_text() == "☾"
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".bar-tools [role=status]")).to_have_text("Copied")


def test_a_theme_that_is_chosen_holds_on_every_page(new_page):
    page = new_page("/inspect", color_scheme="light")
    page.get_by_role("button", name="Theme: dark").click()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    for place in ("/training", "/inspect", "/"):
        page.goto(urljoin(page.url, place))
        expect(page.get_by_role("button", name="Theme: light")).to_be_visible()


def test_axe_looks_into_the_token_table(page):
    """A guard for the tests above: a fault put into the shadow root is found."""
    page.locator(".token-table").evaluate("node => node.append(document.createElement('button'))")
    assert any(line.startswith("button-name") for line in violations(page))


def says_finished(sent):
    return ForwardMsg.FromString(sent).WhichOneof("type") == "script_finished"


def test_a_download_that_is_clicked_before_the_page_shows_a_change_arrives(new_page):
    """The server is ready with the change, and has new buttons; the browser shows the old ones."""
    page = new_page()
    held, holding = [], False

    def route(socket):
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(lambda sent: held.append(sent) if holding else socket.send(sent))
        page.release = lambda: [socket.send(held.pop(0)) for _ in range(len(held))]

    page.route_web_socket(re.compile("_stcore/stream"), route)
    page.reload()
    label = "Trace (JSON)"
    page.get_by_role("button", name=label).wait_for()
    settled(page)
    edit(page)
    field = page.get_by_label("Your text")
    settled(page)
    holding = True
    field.fill("A dull film, and bad music.")
    page.keyboard.press("Control+Enter")
    for _ in range(600):
        if any(map(says_finished, held)):
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(1_000)  # in which the server forgets what nobody shows any more
    with page.expect_download() as caught:
        page.get_by_role("button", name=label).click()
        page.wait_for_timeout(2_000)
        holding = False
        page.release()
    assert caught.value.path().stat().st_size > 1_000
