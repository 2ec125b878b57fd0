"""The file that is to be scored: chosen, read as it was guessed or as the user says, and named.

`choose` gives a `Source` once the user asks for its scoring, and remembers the file until then.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import streamlit as st

from attnviz.data import (
    READERS,
    USUAL,
    Peek,
    Reading,
    RowStream,
    classes_beside,
    digest,
    open_rows,
    peek,
    whole_text,
)
from attnviz.data.files import watched
from attnviz.data.joining import joined_table
from attnviz.errors import AttnvizError
from attnviz.folders import check_folder, label_names
from attnviz.inspection.gathering import open_source, source_digest
from attnviz.inspection.labelling import prepared
from attnviz.runs import Run, find_runs
from attnviz.ui import state, visitors
from attnviz.ui.components import background, language_line
from attnviz.ui.components.inspection import exported, reading_boxes, source_settings
from attnviz.ui.translation import _, escape_markdown, explain_error, language

SAMPLES = {  # language → the file of our own reviews, and what it is called
    "en": Path(__file__).parents[2] / "samples" / "reviews_en.csv",
    "zh": Path(__file__).parents[2] / "samples" / "reviews_zh.csv",
}
GIVEN = "inspect-given"  # in the session: the file that was chosen
READ = "inspect-read"  # in the session: what its first rows tell, read in a `Job`


@dataclass(frozen=True)
class Source:
    """A file and how to read it. `label_map` goes from its labels to the model's, or to ""."""

    name: str
    data: bytes | Path = field(repr=False)
    reading: Reading
    text_column: str
    label_column: str | None
    label_map: Mapping[str, str] = field(hash=False)
    digest: str
    whole: bool = False  # whether a text file is a single text

    def stream(self) -> RowStream:
        """The rows; raises `FileError` where the file cannot be read any more."""
        return _rows(self, self.reading, self.whole)

    def begin(self, folder: str, shelf: Path, moved: Callable[[int], object]) -> Run:
        """The run of this file and a model; see `start_run`."""
        from attnviz.inspection.starting import start_run

        return start_run(
            folder,
            self.stream(),
            digest=self.digest,
            root=shelf,
            text_column=self.text_column,
            label_column=self.label_column,
            label_map=self.label_map,
            progress=moved,
        )


@dataclass(frozen=True)
class Given:
    """A file as it was handed over."""

    name: str
    data: bytes | Path = field(repr=False)
    digest: str


def _rows(given: "Given | Source", reading: Reading, whole: bool) -> RowStream:
    if _is_folder(given.data):
        return open_source(given.data, **asdict(reading))
    if not whole:
        return open_rows(given.data, given.name, **asdict(reading))
    text = whole_text(given.data, given.name, encoding=reading.encoding)
    found = open_rows(given.data, given.name, encoding=reading.encoding).encoding
    return RowStream(given.name, ("text",), found, lambda tell: iter([(1, (text,))]))


def _is_folder(data: bytes | Path) -> bool:
    return isinstance(data, Path) and data.is_dir()


def choose(folder: str) -> Source | None:
    """The file that the user wants scored by the model in `folder`, when it was just asked for."""
    given = st.session_state.get(GIVEN)
    if given is None:
        _hand_over(folder)
        return None if find_runs(visitors.shelf()) else _to_begin_with(folder)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("## " + escape_markdown(given.name), width="content")
        st.button(
            _("Another file"), on_click=_forget, icon=":material/close:", key="inspect-another"
        )
    try:
        return _settle(folder, given)
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return None


def _to_begin_with(folder: str) -> Source | None:
    """On a first visit, a sample stands there as if it had been chosen."""
    path = SAMPLES[_samples(folder)[0]]
    st.markdown("## " + _("To begin with: reviews that were written for this page"))
    st.caption(_("Some of them are hard on purpose, and a few labels are wrong."))
    return _settle(folder, Given(path.name, path, digest(path, path.name)))


def _hand_over(folder: str) -> None:
    """The ways in which a file can be given: dropped, named, or ours."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        upload = st.file_uploader(
            _("A file of texts, with labels or without ({endings})").format(
                endings=", ".join([*USUAL, "…"])
            ),
            key="inspect-upload",  # of any type: what cannot be read is said, with the remedy
        )
    with right:
        typed = _path_box()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_("Or a sample:"), width="content")
            samples = [name for name in _samples(folder) if _sample_button(name)]
    said = _(
        "One text a line, or a table with a header and a column of texts. Encoding, delimiter, "
        "columns and labels are guessed, and can be changed."
    )
    where = _("It is kept on the server that shows this page.")
    where = where if visitors.is_shared() else _("Nothing leaves this computer.")
    st.caption(f"{said} {where}")
    if samples:
        _take(SAMPLES[samples[0]].name, SAMPLES[samples[0]])
    elif upload is not None:
        _take(upload.name, upload.getvalue())
    elif typed := typed.strip().strip("\"'"):
        _take_path(typed)


def _path_box() -> str:
    """What was typed as a path on this computer; "" where no path may be typed."""
    if not visitors.may_type_paths():
        st.caption(_("Paths on the server cannot be opened: others can reach it."))
        return ""
    return st.text_input(
        _("Or the path of a file or folder on this computer, however long"),
        key="inspect-path",
        placeholder="/home/me/reviews.csv",
    )


def _sample_button(name: str) -> bool:
    titles = {"en": _("Reviews in English"), "zh": _("Reviews in Chinese")}
    return st.button(titles[name], icon=":material/table_rows:", key=f"inspect-sample-{name}")


def _samples(folder: str) -> list[str]:
    """The samples, first the one in the language of the model where its name tells, or the page's.

    The shipped models without a language in their name read English.
    """
    name = Path(folder).name
    told = name.startswith(("en-", "zh-")) or Path(folder).is_relative_to(state.PRETRAINED)
    chinese = name.startswith("zh-") if told else language() == "zh"
    return ["zh", "en"] if chinese else ["en", "zh"]


def _take_path(typed: str) -> None:
    """Keep the file of a path that the user typed, or say what is wrong with it."""
    try:
        path = Path(typed).expanduser()
    except (RuntimeError, ValueError):  # ~nobody, a null byte
        path = Path(typed)
    try:
        if path.suffix.lower() not in READERS and not _is_folder(path):
            open_rows(path)  # says so
        _take(path.name, path)
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")


def _take(name: str, data: bytes | Path) -> None:
    """Keep a file for the session: leaving the page would drop the widget's own copy."""
    with st.spinner(_("Reading the file…")):
        found = source_digest(data) if _is_folder(data) else digest(data, name)
        st.session_state[GIVEN] = Given(name, data, found)
    st.rerun()


def _forget() -> None:
    st.session_state.pop(GIVEN, None)
    for job in st.session_state.pop(READ, {}).values():
        job.cancel()
    st.session_state["inspect-path"] = ""


def _settle(folder: str, given: Given) -> Source | None:
    """Everything that was guessed, to be looked at and changed, and the button that begins."""
    key = f"inspect-{given.digest[:16]}"
    asked = reading_boxes.asked(key)
    place = st.container(horizontal=True, vertical_alignment="bottom")
    whole = given.name.lower().endswith(".txt") and st.toggle(
        _("The whole file is one text"), key=f"{key}-whole", persist_state="session"
    )
    known = label_names(check_folder(folder))
    about = (given.digest, asked, whole, tuple(known))
    seen = _looked_at(given, about)
    if seen is None:
        if background.has_failed(READ, about):  # perhaps it goes well in another encoding
            reading_boxes.reading(place, given.name, key, None)
        return None
    reading_boxes.reading(place, given.name, key, seen)
    classes = classes_beside(given.data) if isinstance(given.data, Path) else None
    columns = source_settings.columns(place, key, seen, known, classes)
    seen = replace(seen, table=joined_table(seen.table, columns.text))
    source_settings.preview(seen, columns.text)
    language_line.of_rows(folder, seen.table.column(columns.text))
    exported.offer(given.data, given.name, asked, seen)
    if columns.undecided:
        source_settings.candidates(columns, seen, known, classes)
        return None
    label_column = columns.label
    label_map = source_settings.labels(known, key, seen, columns, classes)
    if label_column and not any(label_map.values()):
        label_column, label_map = None, {}
        st.caption(
            _("No label is matched with one of the model's: the texts are scored without labels.")
        )
    if not st.button(
        _("Score this file"), type="primary", icon=":material/play_arrow:", key="inspect-start"
    ):
        return None
    told = given.digest + "-whole" * whole  # of one text is another run than of its lines
    return Source(given.name, given.data, asked, columns.text, label_column, label_map, told, whole)


def _looked_at(given: Given, about: tuple) -> Peek | None:
    """The beginning of the file, read once for each way of reading it; None until it is read.

    Reading goes on beside the page, under a button that ends it, and ends when nobody looks at it.
    """
    _digest, reading, whole, labels = about

    def look(progress: background.Progress) -> Peek:
        with watched(lambda: progress(0, 1)):
            return peek(prepared(_rows(given, reading, whole), labels))

    text, again = _("Reading the file…"), _("Read the file")
    return background.asked(READ, about, look, text, again, "inspect-reading")
