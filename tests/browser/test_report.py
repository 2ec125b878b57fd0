"""The report in a real Chromium: it stands alone, on a wide and a narrow page."""

import pytest

from attnviz.report import report
from attnviz.runs import Filter


@pytest.fixture(scope="module")
def written(own_report, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(own_report, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def own_report(run, classifier):
    return report(run, classifier=classifier)


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_the_report_opens_without_a_request_and_fits(browser, written, run, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    asked, problems = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(written.as_uri())
    assert asked == [written.as_uri()]
    assert problems == []
    assert page.locator("article").count() == min(25, run.count(Filter(outcome="wrong")))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colors = page.evaluate(
        "[document.body, document.querySelector('svg .role-axis-label text')]"
        ".map(part => getComputedStyle(part))"
        ".map((style, place) => place ? style.fill : style.color)"
    )
    assert colors[0] == colors[1]  # axes of figures are drawn in the ink of the page
    context.close()
