"""A file of series, films or pictures that is to be scored: chosen, looked at, and begun."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import streamlit as st

from attnviz.data import digest
from attnviz.data.table import Notice
from attnviz.errors import N_, AttnvizError
from attnviz.inspection.thumbnails import thumbnails
from attnviz.kinds import INPUT_KINDS
from attnviz.runs import Run
from attnviz.samples import SAMPLE_READERS, Sample, SampleFile
from attnviz.samples.shipped import FILE_NAME
from attnviz.ui import visitors
from attnviz.ui.components import menus
from attnviz.ui.components.inspection import pictures
from attnviz.ui.state import settings_of
from attnviz.ui.translation import _, escape_markdown, explain_error, fill

GIVEN = "inspect-given-samples"  # in the session: the file that was chosen
FIRST = 8  # samples that are shown before the file is scored
ENDINGS = 8  # of files that are named
KNOWN = N_("The model reads {input}: {about}.")


@dataclass(frozen=True)
class SampleSource:
    """A file of samples, and what of it is scored."""

    name: str
    data: bytes | Path = field(repr=False)
    digest: str
    split: str | None = None
    labels: bool = True

    def begin(self, folder: str, shelf: Path, moved: Callable[[int], object]) -> Run:
        """The run of this file and a model; see `start_sample_run`."""
        from attnviz.inspection.starting_samples import start_sample_run

        file = _opened(folder, self, self.split)
        options = {"digest": self.digest, "root": shelf, "labels": self.labels}
        return start_sample_run(folder, file, progress=moved, **options)


@dataclass(frozen=True)
class Seen:
    """The beginning of a file: its first samples, its parts, and what was guessed."""

    samples: tuple[Sample, ...]
    splits: tuple[str, ...]
    split: str | None
    notices: tuple[Notice, ...]


def choose(folder: str) -> SampleSource | None:
    """The file that the user wants scored, when it was just asked for."""
    given = st.session_state.get(GIVEN)
    if given is None:
        _hand_over(folder)
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("## " + escape_markdown(given.name), width="content")
        st.button(
            _("Another file"), on_click=forget, icon=":material/close:", key="inspect-another"
        )
    try:
        with st.spinner(_("Reading the file…")):
            return _settle(folder, given)
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return None


def forget() -> None:
    st.session_state.pop(GIVEN, None)
    st.session_state["inspect-sample-path"] = ""


def _hand_over(folder: str) -> None:
    """The ways in which a file can be given: dropped, named, or that of the model."""
    settings = settings_of(folder)
    kind = INPUT_KINDS[settings["input"]]
    about = ", ".join(map(str, settings.get("channels") or settings.get("picture", ())))
    st.caption(_(KNOWN).format(input=_(kind.title), about=escape_markdown(about)))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        upload = st.file_uploader(
            _("A file of samples, with labels or without ({endings})").format(
                endings=", ".join([*list(SAMPLE_READERS)[:ENDINGS], "…"])
            ),
            key="inspect-upload-samples",
        )
    with right:
        typed = _path_box()
        own = Path(folder) / FILE_NAME
        shipped = own.is_file() and st.button(
            _("The samples that came with the model"),
            icon=":material/table_rows:",
            key="inspect-sample-own",
        )
    if shipped:
        _take(FILE_NAME, own)
    elif upload is not None:
        _take(upload.name, upload.getvalue())
    elif typed := typed.strip().strip("\"'"):
        _take(Path(typed).name, Path(typed))


def _path_box() -> str:
    if not visitors.may_type_paths():
        st.caption(_("Paths on the server cannot be opened: others can reach it."))
        return ""
    return st.text_input(
        _("Or the path of a file on this computer"),
        key="inspect-sample-path",
        placeholder="/home/me/days.npz",
    )


def _take(name: str, data: bytes | Path) -> None:
    """Keep a file for the session, or say what is wrong with it."""
    try:
        st.session_state[GIVEN] = SampleSource(name, data, digest(data, name))
    except AttnvizError as error:
        st.error(explain_error(error), icon=":material/error:")
        return
    st.rerun()


def _opened(folder: str, given: SampleSource, split: str | None) -> SampleFile:
    from attnviz.inspection.starting_samples import open_samples

    kind = str(settings_of(folder)["input"])
    return open_samples(given.data, kind, given.name, split)


def _settle(folder: str, given: SampleSource) -> SampleSource | None:
    """What was guessed and the first samples, to be looked at, and the button that begins."""
    key = f"inspect-{given.digest[:16]}"
    seen = _seen(folder, given, st.session_state.get(f"{key}-split"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(seen.splits) > 1:
            place = list(seen.splits).index(seen.split)
            menus.selectbox(
                _("Part of the file"), seen.splits, index=place, key=f"{key}-split", width=220
            )
        labelled = any(sample.label for sample in seen.samples)
        asked = _("Compare with the file's labels")
        labels = not labelled or st.toggle(asked, True, f"{key}-labels")  # the first have none
    for notice in seen.notices:
        st.caption(fill(notice.template, notice.values))
    st.caption(_("The first samples:"))
    with st.container(horizontal=True, key=f"{key}-first"):
        for sample, drawn in zip(seen.samples, thumbnails(seen.samples), strict=True):
            pictures.show(drawn, sample.name, sample.label or "")
    if st.button(
        _("Score this file"), type="primary", icon=":material/play_arrow:", key="inspect-start"
    ):
        return SampleSource(given.name, given.data, given.digest, seen.split, labels)
    return None


def _seen(folder: str, given: SampleSource, split: str | None) -> Seen:
    """Read once for each part of a file; raises `FileError`."""
    kept = st.session_state.setdefault("inspect-seen-samples", {})
    asked = (folder, given.digest, split)
    if asked not in kept:
        kept.clear()
        file = _opened(folder, given, split)
        samples = tuple(islice(file, FIRST))
        kept[asked] = Seen(samples, file.splits, file.split, tuple(file.notices))
    return kept[asked]


def may_score(run: Run, settings: Mapping[str, object]) -> bool:
    """Whether a model reads what the rows of a run are."""
    same = {"text": "text", "series": "series", "frames": "frames"}
    kinds = (run.about.input, str(settings.get("input", "text")))
    return len({same.get(kind, "picture") for kind in kinds}) == 1


def again(folder: str, run: Run, shelf: Path, moved: Callable[[int], object]) -> Run:
    """The same samples for another model, from what the run keeps of them."""
    from attnviz.inspection.starting_samples import start_sample_run
    from attnviz.runs.samples import kept_samples

    about = run.about
    labels = about.label_column is not None
    options = {"digest": about.digest, "root": shelf, "labels": labels}
    return start_sample_run(folder, kept_samples(run), progress=moved, **options)
