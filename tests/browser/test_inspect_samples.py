"""A run of samples in a real browser: thumbnails in the list, the time table beside it."""

import numpy as np
import pytest
from playwright.sync_api import expect

from attnviz.classifier import Classifier
from attnviz.data import digest
from attnviz.inspection.later import finish
from attnviz.inspection.scoring import score_run
from attnviz.inspection.starting_samples import open_samples, start_sample_run
from attnviz.runs import Filter
from tests.browser.driving import reran, settled
from tests.browser.test_pages import violations
from tests.sample_models import bumps, save_bumps, save_model


@pytest.fixture
def mistakes(runs, tmp_path):
    """Of 23 series, those that have a wrong label on purpose; the worst first."""
    save_model(tmp_path / "bumps")
    values, classes, _ = bumps(23, seed=5)
    values[:, 17, :] = np.nan
    classes[:4] = (classes[:4] + 1) % 3
    path = tmp_path / "days.npz"
    save_bumps(path, values, classes)
    folder = {"run_folder": runs / "days", "digest": digest(path)}
    run = start_sample_run(tmp_path / "bumps", open_samples(path, "series"), **folder)
    classifier = Classifier.from_pretrained(tmp_path / "bumps")
    score_run(classifier, run)
    finish(run, classifier=classifier)
    return run.page(Filter(outcome="wrong"), "loss")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_opened_sample_stands_beside_the_list_of_drawn_ones(new_page, mistakes, scheme):
    page = new_page(color_scheme=scheme)
    page.get_by_role("link", name="Inspect").first.click()
    page.get_by_role("button", name="days.npz").click()
    page.get_by_role("radio", name="Mistakes", exact=True).click()
    items = page.locator(".text-list .item")
    expect(items).to_have_count(len(mistakes))
    lines = page.locator(".text-list .sparkline path")
    expect(lines).to_have_count(len(mistakes))
    drawn = lines.first.get_attribute("d")
    assert drawn.count("M") == 2  # it breaks where a value is missing
    first, second = mistakes["line"][:2]
    heading = {"role": "heading", "exact": True}
    expect(page.get_by_role(name=f"Sample {first}", **heading)).to_be_visible()
    table = page.locator(".time-table[data-painted]")
    expect(table).to_be_visible()
    settled(page)
    with reran(page):
        page.keyboard.press("j")
    expect(page.get_by_role(name=f"Sample {second}", **heading)).to_be_visible()
    settled(page)
    assert violations(page) == []
