"""The ways in for a sample: a file, an example of ours, a drawing, the microphone."""

from collections.abc import Sequence

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.samples import SAMPLE_READERS
from attnviz.samples.shipped import Shipped
from attnviz.ui.components import menus
from attnviz.ui.components.entrances import brought, making, reading
from attnviz.ui.components.panel_choice import label_name
from attnviz.ui.translation import _, escape_markdown, explain_error, language

TAKEN = "sample-upload-taken"  # in the session: which upload was read
CHIPS = 8  # examples that are offered by name; the rest stand in a menu


def ways_in(folder: str):
    """A row of buttons, which is returned for more; below it, where the file has several samples,
    which of them."""
    own = []
    try:
        own = brought.own_samples(folder)
    except AttnvizError as error:
        st.warning(explain_error(error), icon=":material/info:")
    row = st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="under-sample"
    )
    with row:
        with st.popover(_("Open a file"), key="sample-file"):
            _upload(folder)
        making.ways(folder)
        if own:
            st.caption(_("Try:"), width="content")
            _chips(folder, own)
    if error := st.session_state.get(brought.FAILED):
        st.warning(explain_error(error), icon=":material/info:")
    _steps_through(folder)
    return row


def _upload(folder: str) -> None:
    upload = st.file_uploader(
        _("A file with one sample or many ({endings})").format(
            endings=", ".join([*list(SAMPLE_READERS)[:8], "…"])
        ),
        key="sample-upload",  # of any type: what cannot be read is said, with the remedy
    )
    if upload is None or st.session_state.get(TAKEN) == upload.file_id:
        return
    st.session_state[TAKEN] = upload.file_id
    st.session_state[brought.FAILED] = None
    try:
        with st.spinner(_("Reading the file…")):
            file = brought.read(upload.name, upload.getvalue(), brought.input_of(folder))
            first = file.samples[0]  # where it cannot be read, the sample before stays
            reading.as_read(folder, first, brought.content_key(first))
    except AttnvizError as error:
        st.session_state[brought.FAILED] = error
        return
    brought.keep_file(folder, file)


def _chips(folder: str, own: Sequence[Shipped]) -> None:
    """One button a title; a second click goes on to the next sample of that title."""
    by_title: dict[str, list[str]] = {}
    for one in own:
        by_title.setdefault(one.title(language()), []).append(one.sample.name)
    for title, names in list(by_title.items())[:CHIPS]:
        _chip(folder, title, names)
    rest = [name for names in list(by_title.values())[CHIPS:] for name in names]
    if rest:
        with st.popover(_("More"), type="tertiary", key="try-more"):
            titles = {one.sample.name: one.title(language()) for one in own}
            for name in rest:
                _chip(folder, titles[name], [name])


def _chip(folder: str, title: str, names: list[str]) -> None:
    label = escape_markdown(label_name(title))
    key = f"try-{names[0]}"
    st.button(label, on_click=_try, args=(folder, names), type="tertiary", key=key)


def _try(folder: str, names: list[str]) -> None:
    st.session_state[brought.FAILED] = None
    kind, *rest = brought.choice_of(folder)
    now = names.index(rest[0]) if kind == "shipped" and rest[0] in names else -1
    brought.choose(folder, ("shipped", names[(now + 1) % len(names)]))


def _steps_through(folder: str) -> None:
    """Which sample of the file: a menu between two buttons, where there are several."""
    file, choice = brought.file_of(folder), brought.choice_of(folder)
    if file is None or choice[0] != "file" or len(file.samples) < 2:
        return
    count, number = len(file.samples), choice[1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="sample-of"):
        st.button(
            _("Previous"),
            on_click=brought.choose,
            args=(folder, ("file", max(0, number - 1))),
            disabled=number == 0,
            key="sample-previous",
        )
        key = f"sample-number-{file.digest}"
        st.session_state[key] = number
        menus.selectbox(
            _("Sample"),
            range(count),
            format_func=lambda place: _name(file.samples[place], place, count),
            key=key,
            label_visibility="collapsed",
            width=300,
            on_change=lambda: brought.choose(folder, ("file", st.session_state[key])),
        )
        st.button(
            _("Next"),
            on_click=brought.choose,
            args=(folder, ("file", min(count - 1, number + 1))),
            disabled=number == count - 1,
            key="sample-next",
        )


def _name(sample, place: int, count: int) -> str:
    said = _("sample {number} of {count}").format(number=place + 1, count=count)
    return f"{said} · {label_name(sample.label)}" if sample.label is not None else said
