"""The report: one file that holds a run's numbers, and texts from outside as text."""

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest

from attnviz.colours import hue, ink
from attnviz.data import Notice
from attnviz.inspection.lift import tag_lifts
from attnviz.inspection.metrics import metrics
from attnviz.inspection.scoring import score_run
from attnviz.inspection.sentences import percent
from attnviz.report import report
from attnviz.report.mistakes import MISTAKES, STRIP
from attnviz.report.sections import LISTED, LONGEST
from attnviz.runs import CAUSES, Filter
from tests.scored_runs import make_run, random_rows

SCRIPT = "<script>alert('a')</script>"
VOID = {"meta", "br", "link"}


class Page(HTMLParser):
    """Tags, attributes and texts of a document whose tags must be closed in their order."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.texts = [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def page(run):
    return Page(report(run))


def test_the_document_is_whole(page, run):
    assert page.tags[:2] == ["html", "head"]
    assert page.tags.count("title") == page.tags.count("h1") == page.tags.count("main") == 1
    for drawing in re.findall(r"<svg.*?</svg>", report(run), re.DOTALL):
        ElementTree.fromstring(drawing)  # and as XML, too


def test_the_numbers_are_the_runs(page, run):
    found = metrics(run)
    for number in (f"{found.accuracy:.1%}", f"{found.macro_f1:.3f}", f"{found.mistakes}"):
        assert f" {number} " in page.text
    for number, name in enumerate(found.labels):
        shares = (found.precision[number], found.recall[number], found.f1[number])
        assert " ".join([name, *map(percent, shares)]) in page.text
    truth, prediction, texts = found.confused(1)[0]
    assert f"{found.labels[truth]} {found.labels[prediction]} {texts}" in page.text
    assert page.tags.count("svg") == 3 + len(found.groups)


def test_it_says_what_was_read_by_what(page, run):
    about = run.about
    for said in (about.file, about.weights, about.encoding, *about.columns, *about.labels):
        assert said in page.text
    assert about.created[:10] in page.text


def test_the_worst_mistakes_come_first(page, run):
    worst = run.page(Filter(outcome="wrong"), "loss", most=MISTAKES)
    places = [page.text.index(f"Line {line}: ") for line in worst["line"]]
    assert places == sorted(places)
    assert page.tags.count("article") == len(worst) == MISTAKES
    for text, tags in zip(worst["text"], worst["tags"], strict=True):
        assert " ".join(text.split()) in page.text
        assert all(CAUSES[tag].title in page.text for tag in tags)


@pytest.mark.parametrize("labels", [True, False])
def test_every_cause_that_occurs_stands_there_with_its_counts(own_run, labels):
    if not labels:
        own_run.change(label_column=None, label_map={})
    text = Page(report(own_run)).text
    text = text[text.index("Causes seen from the inside") :]
    found = [part for part in tag_lifts(own_run) if part.count]
    assert found
    for part in found:
        cause = CAUSES[part.tag]
        shares = [(part.wrong, part.wrong_share), (part.right, part.right_share)]
        shares = shares if labels else [(part.count, part.count / part.texts)]
        counts = [f"{count} ({share:.0%})" if count else "0" for count, share in shares]
        assert " ".join([cause.title, cause.says, *counts]) in text


def test_texts_from_outside_stay_text(tmp_path, classifier):
    rows = [
        (f"{SCRIPT} & a good film {number}", label, SCRIPT if number % 2 else "<u>")
        for number in range(23)
        for label in classifier.labels
    ]
    columns = (SCRIPT, "label", "<u>&source")
    run = make_run(tmp_path / "bad", classifier, rows, columns=columns, text=SCRIPT)
    score_run(classifier, run)
    run.change(
        name=SCRIPT,
        file=SCRIPT,
        model=f"/x/{SCRIPT}",
        notices=(Notice("{said}", {"said": SCRIPT}),),
    )
    run.mark([3], "relabel", SCRIPT, SCRIPT)
    run.change_slices(lambda _: {SCRIPT: Filter(words="film")})
    page = Page(report(run, classifier=classifier))
    assert not {"script", "u", "img", "iframe", "link"} & set(page.tags)
    assert page.text.count(SCRIPT) > 10
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_nothing_is_fetched(page):
    addresses = {"src", "href", "xlink:href", "action", "data", "srcset"}
    assert not addresses & {name for name, _ in page.attributes}
    policies = [value for name, value in page.attributes if name == "content"]
    assert any("default-src 'none'" in policy for policy in policies)


def test_it_is_written_where_asked(run, tmp_path):
    html = report(run, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html


def test_each_token_is_coloured_by_its_vote(run, classifier):
    html = report(run, classifier=classifier)
    strips = re.findall(r'<div class="strip".*?</div>', html, re.DOTALL)
    worst = run.page(Filter(outcome="wrong"), "loss", most=MISTAKES).to_dict("records")
    assert len(strips) == len(worst)
    for strip, row in zip(strips, worst, strict=True):
        trace = classifier.trace(row["text"])
        places = [classifier.labels.index(row[name]) for name in ("predicted", "truth")]
        votes = trace.votes[:, places[0]] - trace.votes[:, places[1]]
        pattern = r'title="(.*?)" style="background:color-mix\(in srgb, (.*?\)) (\d+)%, transparent'
        found = re.findall(pattern, strip)
        assert [float(vote) for vote, *_ in found] == pytest.approx(votes.tolist(), abs=6e-4)
        shares = np.array([float(share) for *_, share in found])
        assert shares == pytest.approx(50 * abs(votes) / abs(votes).max(), abs=0.6)
        predicted, truth = (f"light-dark({hue(at)}, {hue(at, 'dark')})" for at in places)
        for vote, (_, colour, _) in zip(votes, found, strict=True):
            assert colour == (predicted if vote > 0 else truth)
    assert "color-mix" not in report(run)


def test_figures_have_the_colours_of_the_theme_in_which_they_are_read(run):
    html = report(run)
    assert f"light-dark({ink('wrong')}, {ink('wrong', 'dark')})" in html
    assert f'"{ink("wrong")}"' not in html


def test_long_texts_and_many_marks_are_cut(tmp_path, classifier):
    long = "a wonderful film , " * 5_000
    rows = [(long, label, long) for label in classifier.labels * 9]
    rows += random_rows(LISTED + 7, classifier.labels)
    run = make_run(tmp_path / "long", classifier, rows)
    score_run(classifier, run)
    run.mark(range(len(rows)), "keep", note=long)
    html = report(run, classifier=classifier)
    assert long[: LONGEST + 1] not in html
    assert len(html) < 700_000
    assert max(strip.count("<span") for strip in html.split('class="strip"')[1:]) <= STRIP
    assert Page(html).text.count(long[:100]) > 10


def test_marks_and_slices_stand_in_it(own_run):
    own_run.mark([3, 5], "drop", note="says so so")
    own_run.change_slices(lambda _: {"the short ones": Filter(tokens=(None, 10))})
    text = Page(report(own_run)).text
    lines = own_run.page(Filter(rows=(3, 5)))["line"]
    for line in lines:
        assert re.search(rf" {line} .{{1,130}} drop says so so", text)
    assert f"the short ones {own_run.count(Filter(tokens=(None, 10)))} " in text


@pytest.mark.parametrize("count", [0, 1, 7])
def test_without_labels_there_is_a_report_all_the_same(tmp_path, classifier, count):
    run = make_run(tmp_path / "new", classifier, random_rows(7, classifier.labels)[: count or 7])
    if count:
        score_run(classifier, run)
    run.change(label_column=None, label_map={})
    page = Page(report(run))
    assert "What the model says" in page.text
    assert "Accuracy" not in page.text


def test_it_is_written_in_the_users_language(run):
    html = report(run, translate=lambda text: text.replace("Accuracy", "准确率"), language="zh")
    assert '<html lang="zh">' in html
    assert "准确率" in html
    assert "Accuracy" not in html
