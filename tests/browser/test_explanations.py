"""The explanations in a real browser: what stands on the page is what Python computes."""

import re
from base64 import b64decode

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.colours import OTHERS, RAMPS
from attnviz.panels import row_labels
from attnviz.ui.components.questions import QUESTIONS
from tests.browser.driving import READ_CANVASES, ask, edit, number_of, reran, settled, type_text
from tests.browser.test_pages import violations

TEXT = "It is not a bad film at all, and the cast is wonderful."
NUMBER = r"[\u2212-]?\d+(?:\.\d+)?"


def card(page, title):
    return page.get_by_role("paragraph").filter(has_text=title)


def numbers_in(locator) -> list[float]:
    return [number_of(found) for found in re.findall(NUMBER, locator.inner_text())]


def unfold(page, question):
    """Open the details of a question."""
    details = page.locator(f".st-key-explore-{question}-details")
    with reran(page):
        details.locator("summary").click()


@pytest.fixture
def texted(page):
    """The Explore page with `TEXT` read."""
    type_text(page, TEXT)
    settled(page)
    return page


def test_one_question_stands_beside_the_table_until_it_is_closed(texted):
    whole = texted.locator("canvas[data-panel]").count()
    for name, shown, hidden in (
        ("ledger", "Sum so far, with the bias", "Previous"),
        ("path", "Previous", "Sum so far, with the bias"),
    ):
        ask(texted, name)
        expect(texted.get_by_text(shown, exact=True).first).to_be_visible()
        expect(texted.get_by_text(hidden, exact=True)).to_have_count(0)
        expect(texted.locator(".token-table")).to_have_count(1)
        assert 2 <= texted.locator("canvas[data-panel]").count() < whole
    with reran(texted):
        texted.get_by_role("button", name="Back to the whole table").click()
    expect(texted.get_by_text("Previous", exact=True)).to_have_count(0)
    expect(texted.locator("canvas[data-panel]")).to_have_count(whole)


def test_every_question_is_answered_without_a_fault(texted):
    for name in QUESTIONS:
        ask(texted, name)
        settled(texted)
        expect(texted.get_by_test_id("stException")).to_have_count(0)
        expect(texted.get_by_test_id("stAlertContentWarning")).to_have_count(0)


def test_the_ledger_on_the_page_adds_up_to_the_logit(texted, shipped):
    from attnviz.explain.ledger import vote_ledger

    ask(texted, "ledger")
    unfold(texted, "ledger")
    trace = shipped.trace(TEXT)
    label = int(trace.probabilities.argmax())
    ledger = vote_ledger(shipped, trace, label, 1 - label)
    said = texted.get_by_text(re.compile("= bias")).last
    logit, bias, votes = numbers_in(said)[-3:]
    assert logit == pytest.approx(ledger.logit, abs=1e-4)
    assert bias == pytest.approx(ledger.bias, abs=1e-4)
    assert bias + votes == pytest.approx(logit, abs=2e-4)


def test_a_click_on_a_row_opens_that_token(texted, shipped):
    trace = shipped.trace(TEXT)
    ask(texted, "path")
    unfold(texted, "path")
    for row in (4, 2, 4):
        with reran(texted):
            texted.locator(".token").nth(row).click()
        if row == 2:  # the page moves on by itself, and the same row is clicked again
            with reran(texted):
                texted.get_by_role("button", name="Next").click()
            with reran(texted):
                texted.locator(".token").nth(row).click()
        expect(card(texted, f"Text · token {row + 1} of {len(trace.tokens)}")).to_be_visible()
        expect(texted.locator(".token-table")).to_have_attribute("data-pinned", str(row))


def test_a_row_pinned_among_everything_is_the_token_that_opens(texted, shipped):
    with reran(texted):
        texted.locator(".token").nth(4).click()
    ask(texted, "path")
    unfold(texted, "path")
    expect(card(texted, f"Text · token 5 of {len(shipped.trace(TEXT).tokens)}")).to_be_visible()
    expect(texted.locator(".token.pinned bdi")).to_have_text(row_labels(shipped.trace(TEXT))[4])


def test_another_text_opens_at_its_own_token(texted, shipped):
    ask(texted, "path")
    unfold(texted, "path")
    with reran(texted):
        texted.locator(".token").nth(4).click()
    edit(texted)
    with reran(texted):
        texted.get_by_label("Your text").fill("A dull and lazy film, so very dull.")
        texted.keyboard.press("Control+Enter")
    trace = shipped.trace("A dull and lazy film, so very dull.")
    best = int(trace.attention.mean(axis=1).argmax())
    expect(card(texted, f"Text · token {best + 1} of {len(trace.tokens)}")).to_be_visible()
    expect(texted.locator(".token-table")).to_have_attribute("data-pinned", str(best))
    row = best - 1 if best else 1
    with reran(texted):
        texted.locator(".token").nth(row).click()
    expect(card(texted, f"Text · token {row + 1} of {len(trace.tokens)}")).to_be_visible()


def test_the_cards_tell_the_trace_s_numbers(texted, shipped):
    trace = shipped.trace(TEXT)
    ask(texted, "path")
    unfold(texted, "path")
    with reran(texted):
        texted.locator(".token").nth(4).click()
    share = 100 * trace.attention[4].mean()
    expect(texted.get_by_text(re.compile(rf"share {share:.1f}%"))).to_be_visible()
    length = np.linalg.norm(trace.embeddings[4])
    expect(texted.get_by_text(re.compile(rf"length {length:.3f}"))).to_be_visible()


def test_formulas_are_set_without_a_fault_and_carry_the_logit(texted, shipped):
    ask(texted, "formulas")
    with reran(texted):
        texted.get_by_role("radio", name="All", exact=True).or_(
            texted.get_by_role("button", name="All", exact=True)
        ).first.click()
    expect(texted.locator(".katex").first).to_be_visible()
    assert texted.locator(".katex").count() > 20
    assert texted.locator(".katex-error").count() == 0
    trace = shipped.trace(TEXT)
    logit = f"{trace.logits[trace.probabilities.argmax()]:.4f}"
    said = " ".join(texted.locator(".katex annotation").all_text_contents())
    assert logit in said


def test_a_long_text_is_read_in_windows(page, shipped):
    text = "The film was good, but the second half was bad. " * 120
    edit(page)
    page.get_by_label("Your text").fill(text)
    page.keyboard.press("Control+Enter")
    tokens = len(shipped.tokenizer(text, add_special_tokens=False)["input_ids"])
    most = shipped.network.config.max_tokens
    expect(page.get_by_text(f"The text has {tokens:,} tokens")).to_be_visible()
    expect(page.get_by_text("All windows together")).to_be_visible()
    expect(page.locator(".token")).to_have_count(most)  # of them none is cut
    with reran(page):
        page.get_by_label("Window (tokens)").click()
        page.get_by_role("option").last.click()
    expect(page.get_by_text(f"–{tokens:,}.")).to_be_visible()


def test_explanations_speak_chinese(new_page):
    page = new_page("/?language=%E4%B8%AD%E6%96%87")
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    page.locator(".st-key-explore-more button").first.click()
    links = page.locator("[class*='st-key-explore-ask-'] button")
    expect(links).to_have_count(len(QUESTIONS))
    for said in links.all_inner_texts():
        assert re.search("[一-鿿]", said)
        assert not re.search(r"[A-Za-z]{3,}", said), said


def opened_one_by_one(page):
    """Every question, each when it stands."""
    for name in QUESTIONS:
        ask(page, name)
        page.wait_for_timeout(1_000)  # what a run replaces fades
        settled(page)
        yield name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_explanation_is_accessible(new_page, scheme):
    page = new_page(color_scheme=scheme)
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    found = {}
    for name in opened_one_by_one(page):
        page.wait_for_timeout(300)
        found[name] = violations(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_no_explanation_makes_a_narrow_window_scroll_sideways(new_page):
    page = new_page(viewport={"width": 390, "height": 800})
    page.locator(".token-table[data-painted]").wait_for()
    settled(page)
    for name in opened_one_by_one(page):
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        main = page.locator("[data-testid=stMain]")
        assert main.evaluate("node => node.scrollWidth - node.clientWidth") <= 0, name


def inks_of(page, panel: str) -> set[str]:
    """The colours of a panel's bars."""
    painted = page.locator(f".st-key-explore-memory-table canvas[data-panel='{panel}']")
    image = painted.evaluate_all(READ_CANVASES)[0]
    pixels = np.frombuffer(b64decode(image["pixels"]), np.uint8).reshape(-1, 4)
    return {"#" + bytes(pixel[:3]).hex() for pixel in pixels if pixel[3] == 255}


def test_bars_that_are_no_attention_no_votes_and_no_gates_are_grey(texted):
    ask(texted, "memory")
    assert inks_of(texted, "memory/half_life") == {OTHERS["light"]}
    assert inks_of(texted, "memory/left_both_ways") == {RAMPS["light"]["gates"][3]}


@pytest.mark.parametrize(
    ("size", "text"),
    [((1400, 900), None), ((1280, 720), "It is not a bad film at all.")],
    ids=["the example", "a short text"],
)
def test_a_question_is_one_screen_verdict_first(new_page, size, text):
    width, height = size
    page = new_page(viewport={"width": width, "height": height})
    page.locator(".token-table[data-painted]").wait_for()
    if text is not None:
        type_text(page, text)
    settled(page)
    for name in QUESTIONS:
        ask(page, name)
        page.locator("[class*='-screen-verdict'] h3").wait_for()
        page.wait_for_timeout(1_000)
        settled(page)
        line = page.locator("[class*='-screen-verdict'] h3").bounding_box()
        assert line["y"] + line["height"] < 0.55 * height, name
        last = page.locator(".token").last.bounding_box()
        assert last["y"] + last["height"] <= height, name
        page.keyboard.press("Escape")


def test_the_chosen_row_of_a_long_text_is_in_sight_beside_its_path(new_page):
    text = "The film was good, but the second half was bad. " * 12
    page = new_page()
    page.locator(".token-table[data-painted]").wait_for()
    type_text(page, text)
    settled(page)
    ask(page, "path")
    with reran(page):
        page.locator(".token").nth(100).click()
    page.wait_for_timeout(1_500)
    pinned = page.locator(".token.pinned").bounding_box()
    flow = page.locator(".flow").bounding_box()
    for box in (pinned, flow):
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= page.viewport_size["height"]
