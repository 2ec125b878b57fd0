"""The models at hand in a sheet: what each reads and tells apart, how good it is, a sample text."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from attnviz.errors import AttnvizError
from attnviz.folders import check_folder, describe, label_names
from attnviz.folders.files import in_megabytes
from attnviz.history import History
from attnviz.kinds import INPUT_KINDS
from attnviz.samples import shipped
from attnviz.ui import address, state, visitors
from attnviz.ui.examples import examples_for
from attnviz.ui.translation import _, escape_markdown, explain_error, language

MODEL = "model"  # in the address and in the session: the name, and the path, of the model
MOST_CHARACTERS = 200  # of a network in the sheet: its configuration may hold anything
NAMED_CLASSES = 6


@dataclass(frozen=True)
class Row:
    """One model in the sheet; what is not known of it is empty."""

    path: str
    name: str
    network: str
    classes: str
    size: str
    accuracy: str
    sample: str

    @property
    def words(self) -> str:
        return " ".join((self.name, self.network, self.classes, self.sample)).casefold()


def button(models: list[str]) -> None:
    """The open model as a quiet button; a click opens the sheet."""
    folder = state.model_folder()
    names = model_names(models)
    _name_model(names)
    network = _row(folder, names[folder], state.weights_version(folder), language()).network
    name = escape_markdown(names[folder])
    clicked = st.button(f"**{name}** :gray[{escape_markdown(network)}]", key="open-models")
    if clicked:
        st.session_state.pop("model_chosen", None)  # of a choice that was made without the sheet
    if clicked or st.session_state.get("folder_error"):
        st.dialog(_("Models"), width="large", on_dismiss=_forget_error)(_models)(models)


def none_at_hand() -> None:
    st.error(
        _(
            "There is no model in the folder pretrained. Open one of your own, or train one "
            "with “python -m attnviz train”."
        )
    )
    open_by_path()


def follow_link(models: list[str]) -> None:
    """Choose the model that the address names, if it is at hand."""
    if asked := address.linked(MODEL):
        named = [path for path, name in model_names(models).items() if name == asked]
        if named:
            state.choose_model(named[0])
        else:
            text = _("The address names the model “{name}”, which is not here.")
            st.warning(text.format(name=escape_markdown(asked)), icon=":material/info:")


def _name_model(names: dict[str, str]) -> None:
    """The address names the model, unless it is the first, or one that a reload would not find."""
    at_hand, chosen = state.models_at_hand(), state.model_folder()
    address.write(MODEL, names[chosen] if chosen in at_hand[1:] else "")


def model_names(models: list[str]) -> dict[str, str]:
    """Path → its place in `pretrained/`; else the folder's name, or the path where two share it."""
    counts = Counter(Path(path).name for path in models)
    names = {}
    for path in map(Path, models):
        if path.is_relative_to(state.PRETRAINED):
            names[str(path)] = path.relative_to(state.PRETRAINED).as_posix()
        else:
            names[str(path)] = path.name if counts[path.name] == 1 else str(path)
    return names


def _choose(path: str) -> None:
    state.choose_model(path)
    st.session_state["model_chosen"] = True
    _forget_error()


def _forget_error() -> None:
    st.session_state["folder_error"] = None


def _models(models: list[str]) -> None:
    if st.session_state.pop("model_chosen", False):
        st.rerun()  # which closes the sheet
    wanted = st.text_input(
        _("Search"),
        key="model-search",
        placeholder=_("name, language, network, class"),
        icon=":material/search:",
        label_visibility="collapsed",
    )
    names = model_names(models)
    rows = [_row(path, names[path], state.weights_version(path), language()) for path in models]
    shown = [row for row in rows if all(word in row.words for word in wanted.casefold().split())]
    for row in shown:
        _show(row)
    if not shown:
        st.caption(_("No model fits “{words}”.").format(words=escape_markdown(wanted)))
    st.divider()
    open_by_path()


def _show(row: Row) -> None:
    chosen = row.path == state.model_folder()
    with st.container(horizontal=True, vertical_alignment="center", key=f"row-{row.name}"):
        st.button(
            row.name,
            on_click=_choose,
            args=(row.path,),
            key=f"choose-{row.path}",
            type="primary" if chosen else "secondary",
        )
        facts = " · ".join(filter(None, (row.network, row.classes, row.accuracy, row.size)))
        quoted = f"  \n:gray[“{escape_markdown(row.sample)}”]" if row.sample else ""
        st.markdown(escape_markdown(facts) + quoted)


@st.cache_data(show_spinner=False, max_entries=200)
def _row(path: str, name: str, version: int, language_name: str) -> Row:
    try:
        config = check_folder(path)
    except AttnvizError:  # a folder that has gone says so where it is opened
        return Row(path, name, "", "", "", "", next(iter(examples_for(path).values())))
    sample = _sample(path, config)
    labels = label_names(config)
    named = ", ".join(labels) if len(labels) <= NAMED_CLASSES else ""
    classes = named or _("{count} classes").format(count=len(labels))
    size = (Path(path) / "model.safetensors").stat().st_size
    weight = in_megabytes(size)
    network = describe(config, _).encode("utf-8", "replace").decode()[:MOST_CHARACTERS]
    return Row(path, name, network, classes, weight, _accuracy(path), sample)


def _sample(path: str, config: dict) -> str:
    """A text for the model, else the title of the first sample that came with it; "" for none."""
    kind = INPUT_KINDS.get(config.get("input", "text"))
    if kind is None or kind.tokenizer:
        return next(iter(examples_for(path).values()))
    try:
        own = shipped.load(path)
    except AttnvizError:  # Explore says so
        return ""
    return own[0].title(language()) if own else ""


def _accuracy(path: str) -> str:
    """On its development files, as training.json has it."""
    try:
        history = History.load(path)
    except AttnvizError:
        return ""
    if history is None:
        return ""
    return ", ".join(f"{name} {worth}" for name, worth in list(history.worth.items())[:2])


def open_by_path() -> None:
    """A model of one's own, by the path of its folder, where visitors may type paths."""
    if not visitors.may_type_paths():
        return
    st.text_input(
        _("Open another: model folder on this computer"),
        key="folder",
        on_change=_add_folder,
        placeholder="/home/me/my-model",
    )
    if error := st.session_state.get("folder_error"):
        st.error(explain_error(error))


def _add_folder() -> None:
    st.session_state["folder_error"] = None
    if not (typed := st.session_state["folder"].strip()):
        return
    try:
        there = Path(typed).expanduser().resolve()
        path = str(there) if there.exists() else typed
    except (RuntimeError, OSError, ValueError):  # ~nobody, a circle of links, a null byte
        path = typed  # opening it says what is wrong
    try:
        state.loaded_classifier(path)  # a folder may look sound and hold broken weights
    except AttnvizError as error:
        if not _was_stopped(path):
            st.session_state["folder_error"] = error
            return
    _choose(path)


def _was_stopped(folder: str) -> bool:
    """Whether a training run ended there before it had a model: its record can be looked at."""
    try:
        history = History.load(folder)
    except AttnvizError:
        return False
    return bool(history and history.stopped)
