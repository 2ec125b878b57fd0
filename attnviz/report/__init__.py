"""A run as one HTML file to keep or send: no script, no request, light and dark, to be printed.

Text from outside stays text: the template escapes it, and long ones are cut.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from attnviz.charts import overview as drawing
from attnviz.classifier import Classifier
from attnviz.data import Notice
from attnviz.evidence.overview import Overview
from attnviz.inspection import sentences
from attnviz.inspection.metrics import metrics
from attnviz.inspection.rematching import of_matching
from attnviz.inspection.sentences import interval, percent
from attnviz.inspection.wording import of_samples
from attnviz.report import sections
from attnviz.report.mistakes import worst_mistakes
from attnviz.report.sections import LONGEST, cut
from attnviz.runs import Run
from attnviz.writing import write_text

NAMED = 30  # classes

Translate = Callable[[str], str]


def report(
    run: Run,
    path: str | Path | None = None,
    *,
    classifier: Classifier | None = None,
    translate: Translate = str,
    language: str = "en",
) -> str:
    """The run as HTML, also written to `path` if one is given.

    Of a run that is not scored to its end: what is scored. With the run's `classifier` each of the
    worst mistakes shows its tokens' votes. `language` is what `translate` translates into, as HTML
    names it.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    if run.about.of_samples:
        translate = of_samples(translate)
    overview = metrics(run)
    shown = [*sections.labelled(run, overview, translate)] if overview.labelled else []
    if not overview.labelled:
        figure = drawing.predictions(overview, translate=translate)
        title = translate("What the model says")
        shown = [sections.Section(title, figure=sections.figure(figure))]
    for part in (sections.causes, sections.slices, sections.marks):
        shown += part(run, translate)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    html = environment.get_template("report.html.j2").render(
        language=language,
        facts=_facts(run, translate),
        numbers=_numbers(overview, translate),
        notices=[cut(notice, LONGEST) for notice in _notices(run, overview, translate)],
        sections=[
            {**vars(section), "figure": section.figure and Markup(section.figure)}  # ours: SVG
            for section in shown
        ],
        mistakes=worst_mistakes(run, classifier, translate),
        words=_words(classifier, translate),
    )
    if path is not None:
        write_text(path, html)
    return html


def _words(classifier: Classifier | None, translate: Translate) -> dict[str, str]:
    strip = translate(
        "Each token of these texts is coloured by its vote, in the colour of the class that it "
        "speaks for: the predicted one or the true one."
    )
    footer = translate("Written by attnviz on {day}. This file asks nothing of any server.")
    return {
        "subtitle": translate("How a model does on a file, and where it goes wrong"),
        "mistakes": translate("The worst mistakes"),
        "mistakes_said": translate(
            "Those whose true class had the least probability; labels in doubt come last."
        ),
        "strip": strip if classifier else "",
        "footer": footer.format(day=datetime.now(UTC).date().isoformat()),
    }


def _facts(run: Run, translate: Translate) -> dict:
    about = run.about
    rows = [
        (translate("Model"), f"{Path(about.model).name} ({about.weights})"),
        (translate("Classes"), ", ".join(cut(label) for label in about.labels[:NAMED])),
        (translate("File"), about.file),
        *([] if about.of_samples else _of_table(run, translate)),
        (translate("Columns"), ", ".join(map(cut, about.columns[:60]))),
        (translate("Date"), about.created.replace("T", " ")[:16]),
    ]
    if len(about.labels) > NAMED:
        more = translate("{count} more").format(count=len(about.labels) - NAMED)
        rows[1] = (rows[1][0], f"{rows[1][1]}, {more}")
    return {"name": cut(about.name), "rows": [(title, cut(said, 4_000)) for title, said in rows]}


def _of_table(run: Run, translate: Translate) -> list[tuple[str, str]]:
    about = run.about
    return [
        (translate("Encoding"), about.encoding),
        (translate("Text column"), about.text_column),
        (translate("Label column"), about.label_column or "–"),
    ]


def _numbers(overview: Overview, translate: Translate) -> list[tuple[str, str, str]]:
    scored = translate("of {count} in the file").format(count=f"{overview.rows:,}")
    texts = (translate("Texts"), f"{overview.scored:,}", scored)
    if not overview.labelled:
        return [texts]
    gap = translate("between its probability and its accuracy")
    if overview.temperature != 1:
        plain = translate("without its temperature {error}")
        gap = plain.format(error=percent(overview.untempered.error))
    meaning = translate("95% interval {interval}").format(interval=interval(overview.interval))
    mean = translate("the mean over classes, large or small")
    return [
        texts,
        (translate("Accuracy"), percent(overview.accuracy), meaning),
        (translate("Macro-F1"), f"{overview.macro_f1:.3f}", mean),
        (translate("Calibration error"), percent(overview.calibration.error), gap),
        (
            translate("Mistakes"),
            f"{overview.mistakes:,}",
            translate("labelled texts: {count}").format(count=f"{overview.labelled:,}"),
        ),
    ]


def _notices(run: Run, overview: Overview, translate: Translate) -> list[str]:
    said = [_said(told, translate) for told in run.about.told]
    if overview.labelled:
        said.insert(0, sentences.of_accuracy(overview, translate))
    doubted = of_matching(overview, run.about.label_map, overview.labels, translate)
    return [*filter(None, [doubted]), *said, *sentences.of_gaps(overview, translate)]


def _said(notice: Notice, translate: Translate) -> str:
    """A notice and those in it."""
    values = {
        name: _said(value, translate) if isinstance(value, Notice) else value
        for name, value in notice.values.items()
    }
    return translate(notice.template).format(**values)
