"""Out again: a table with predictions and marks, the corrected file, the report; marks back in."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from attnviz.errors import N_, AttnvizError
from attnviz.runs import Filter, Run
from attnviz.runs.filters import MARKS
from attnviz.ui.components.background import AT_ONCE, Job, watch
from attnviz.ui.components.downloads import download
from attnviz.ui.components.inspection.chosen import NAMES, chosen_filter, in_words, state_of
from attnviz.ui.state import loaded_classifier
from attnviz.ui.translation import _, escape_markdown, explain_error, fill, language, translations
from attnviz.writing import make_folder, write_text

KINDS = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}
MEDIA = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
    ".html": "text/html",
    ".json": "application/json",
}


@dataclass(frozen=True)
class Request:
    """What shall be written: of which texts, as which kind of table, in which language."""

    chosen: Filter
    kind: str
    language: str
    classifier: object = field(default=None, compare=False)

    def translate(self, text: str) -> str:
        """For the thread that writes, which knows of no page."""
        return translations(self.language).gettext(text) if text else ""


def _write_table(run: Run, request: Request, progress: Callable, corrected: bool = False):
    from attnviz.inspection.export import export

    return export(
        run,
        None,
        request.kind,
        request.chosen,
        corrected=corrected,
        translate=request.translate,
        progress=progress,
    )


def _write_corrected(run: Run, request: Request, progress: Callable):
    return _write_table(run, request, progress, corrected=True)


def _write_report(run: Run, request: Request, progress: Callable):
    from attnviz.inspection.export import Exported, export_path
    from attnviz.report import report

    asked = (request.language, request.classifier is not None)
    path = export_path(run, "report.html", asked)
    make_folder(path.parent)
    progress(0, 1)
    report(
        run,
        path,
        classifier=request.classifier,
        translate=request.translate,
        language=request.language,
    )
    return Exported(path, run.scored)


def _write_metrics(run: Run, request: Request, progress: Callable):
    from attnviz.evidence import to_plain
    from attnviz.inspection.export import Exported, export_path
    from attnviz.inspection.metrics import metrics

    path = export_path(run, "metrics.json", request.chosen.to_dict())
    make_folder(path.parent)
    progress(0, 1)
    found = to_plain(metrics(run, request.chosen))
    write_text(path, json.dumps(found, ensure_ascii=False, indent=1))
    return Exported(path, run.count(request.chosen))


@dataclass(frozen=True)
class Product:
    """Something that can be written: what it is called, what is in it, what it asks for."""

    title: str
    says: str
    write: Callable
    kinds: bool = False
    filtered: bool = True
    model: bool = False
    of_samples: bool = True


PRODUCTS = {
    "table": Product(
        N_("Table"),
        N_(
            "Your file's own columns, then the prediction, the probability of each class, outcome, "
            "tags, mark, new label and note of every text. A spreadsheet takes no cell for a "
            "formula. Marks that you set there come back below."
        ),
        _write_table,
        kinds=True,
    ),
    "corrected": Product(
        N_("Corrected file"),
        N_(
            "Your file's own columns with the marks applied: dropped rows are left out, relabelled "
            "ones have their new label. Train the next model with it. A CSV also has the column "
            "`attnviz_corrected`, by which attnviz knows it again."
        ),
        _write_corrected,
        kinds=True,
        of_samples=False,
    ),
    "report": Product(
        N_("Report (HTML)"),
        N_("One page to keep, print or send: numbers, charts, the worst mistakes, notes."),
        _write_report,
        filtered=False,
        model=True,
    ),
    "metrics": Product(
        N_("Metrics (JSON)"),
        N_("Accuracy, F1, confusion, calibration and the rest, for programs."),
        _write_metrics,
    ),
}


def show(run: Run, key: str) -> None:
    """What to write, the button, the file; below it the way back for marks."""
    name = st.segmented_control(
        _("What"),
        [n for n, one in PRODUCTS.items() if one.of_samples or not run.about.of_samples],
        default="table",
        required=True,
        format_func=lambda name: _(PRODUCTS[name].title),
        key=f"{key}-what" + "-samples" * run.about.of_samples,
        persist_state="session",
    )
    product = PRODUCTS[name]
    st.markdown(_(product.says))
    if run.about.of_samples and product.kinds:
        st.caption(
            _("Parquet also holds the values of every sample, as bytes with type and shape.")
        )
    request = _choose(run, product, key)
    _marks_said(run)
    asked = (name, request, state_of(run))
    if st.button(_("Write the file"), type="primary", key=f"{key}-write"):
        _begin(run, product, request, asked, key)
    job_of, job = st.session_state.get(f"{key}-job", (None, None))
    if job_of == asked:
        _result(job, key)
    _restore(run, key)


def _choose(run: Run, product: Product, key: str) -> Request:
    """Kind of table, and which texts."""
    chosen, kind = Filter(), "csv"
    current = chosen_filter(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if product.kinds:
            kind = st.segmented_control(
                _("Kind"),
                list(KINDS),
                default="csv",
                required=True,
                format_func=KINDS.get,
                key=f"{key}-kind",
                persist_state="session",
            )
        if product.filtered and current != Filter():
            only = _("Only {words}").format(words=escape_markdown(in_words(current)))
            names = {"all": _("All texts"), "filter": only}
            which = st.radio(
                _("Texts"), list(names), format_func=names.get, key=f"{key}-which", horizontal=True
            )
            chosen = current if which == "filter" else Filter()
    return Request(chosen, kind, language())


def _marks_said(run: Run) -> None:
    entries = run.marks().values()
    counts = Counter(entry["mark"] for entry in entries)
    parts = [f"{_(NAMES[mark])} {counts[mark]:,}" for mark in MARKS if counts[mark]]
    notes = sum(bool(entry["note"]) for entry in entries)
    parts += [_("notes {count}").format(count=f"{notes:,}")] * bool(notes)
    said = _("Marks so far: {marks}").format(marks=" · ".join(parts))
    st.caption(said if parts else _("Nothing is marked yet."))


def _begin(run: Run, product: Product, request: Request, asked: tuple, key: str) -> None:
    classifier = _model(run) if product.model else None
    request = Request(request.chosen, request.kind, request.language, classifier)
    job = Job(lambda progress: product.write(run, request, progress))
    job.finished(AT_ONCE)
    st.session_state[f"{key}-job"] = (asked, job)


def _model(run: Run):
    """The run's model, which colours the tokens of the report, or None where it has gone."""
    try:
        with st.spinner(_("Opening the model…")):
            return loaded_classifier(run.about.model)
    except AttnvizError:
        return None


def _result(job: Job, key: str) -> None:
    """How far the writing is, or the file."""
    if job.cancelled:
        st.caption(_("Cancelled; no file was written."))
        return
    if not job.finished():
        watch(job, _("Writing…"), lambda: None, key=f"{key}-watch")
        return
    try:
        exported = job.result()
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return
    except OSError as error:  # a full disk
        text = _("The file could not be written: {reason}.")
        st.error(text.format(reason=escape_markdown(str(error))), icon=":material/error:")
        return
    _offer(exported, key)


def _offer(exported, key: str) -> None:
    path = exported.path
    with st.container(horizontal=True, vertical_alignment="center"):
        download(
            _("Download {name}").format(name=escape_markdown(path.name)),
            path.read_bytes,
            path.name,
            MEDIA[path.suffix],
            f"{key}-download",
            icon=":material/download:",
        )
        st.caption(
            _("Texts: {rows}, {size} MB, also here: {path}").format(
                rows=f"{exported.rows:,}",
                size=f"{path.stat().st_size / 1e6:,.2f}",
                path=escape_markdown(str(path)),
            )
        )
    for notice in exported.notices:
        st.warning(fill(notice.template, notice.values), icon=":material/warning:")


def _restore(run: Run, key: str) -> None:
    """Marks of a file that was exported from this run, and perhaps changed in a spreadsheet."""
    with st.expander(_("Go on from an exported file")):
        st.caption(
            _(
                "Choose a table that was exported from this run. Its marks, new labels and notes "
                "come back; an empty cell leaves what stands here."
            )
        )
        upload = st.file_uploader(
            _("An exported table"), type=list(KINDS), key=f"{key}-upload-{run.folder.name}"
        )
        if upload is None:
            return
        done = st.session_state.setdefault(f"{key}-restored", {})
        try:
            if upload.file_id not in done:
                done[upload.file_id] = _restored(run, upload)
                st.rerun()  # what stands above counts marks
        except AttnvizError as error:
            st.error(explain_error(error), icon=":material/error:")
            return
        said = _("Texts whose mark or note came back: {count}.")
        st.success(said.format(count=f"{done[upload.file_id]:,}"), icon=":material/check:")


def _restored(run: Run, upload) -> int:
    from attnviz.data import open_rows
    from attnviz.inspection.restoring import restore_marks

    with st.spinner(_("Reading {name}…").format(name=escape_markdown(upload.name))):
        return restore_marks(run, open_rows(upload.getvalue(), upload.name))
