"""What stands on the page before anybody types, and without a model."""

import importlib
import pkgutil
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz import ui
from attnviz.folders import example_path, find_models
from attnviz.trace import Trace
from attnviz.ui import state, translation
from attnviz.ui.examples import EXAMPLES
from tests.shipped_models import read_again
from tests.ui.page_driving import (
    EXAMPLE_TEXT,
    INSPECT_PAGE,
    ROOT,
    assert_drawn,
    messages,
    run,
)


@pytest.fixture
def everything_imported():
    """A module that is first imported while `state` is patched would keep what was put there."""
    for module in pkgutil.walk_packages(ui.__path__, "attnviz.ui."):
        if not module.name.startswith("attnviz.ui.pages"):  # which are scripts
            importlib.import_module(module.name)


def test_the_first_visit_draws_the_stored_example_without_the_model(
    shelf, classifier, everything_imported, monkeypatch
):
    def refuse(folder):
        raise translation.AttnvizError("not opened")

    monkeypatch.setattr(state, "loaded_classifier", refuse)
    stored = classifier.trace(EXAMPLE_TEXT)
    marked = replace(stored, votes=stored.votes + 7, attention=stored.attention[::-1])
    marked.save(example_path(shelf))
    at = run(AppTest.from_file(ROOT / "app.py", default_timeout=60))
    assert at.session_state["text"] == EXAMPLE_TEXT
    assert_drawn(at, marked)
    assert messages(at) == ["not opened"]


def test_pages_open_without_torch():
    script = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "attnviz.classifier"):
            raise ImportError(f"{{name}} was imported")

sys.meta_path.insert(0, Refuse())
from streamlit.testing.v1 import AppTest
from attnviz.errors import AttnvizError
from attnviz.ui import state

def refuse(folder):
    raise AttnvizError("not opened")

state.loaded_classifier = refuse
at = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout=60).run()
assert not at.exception and len(at.get("bidi_component")) == 3, at
at.switch_page({INSPECT_PAGE!r}).run()
assert not at.exception and len(at.file_uploader) == 1, at
assert not {{"torch", "transformers", "altair.vegalite.v5"}} & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "folder",
    [path for path in find_models(ROOT / "pretrained") if list(path.glob("example-*.npz"))],
    ids=lambda path: path.name,
)
def test_a_stored_example_is_what_its_model_computes(folder):
    from attnviz.classifier import Classifier

    stored = Trace.load(example_path(folder))
    computed = Classifier.from_pretrained(folder).trace(read_again(stored, folder))
    for field in fields(Trace):
        one, other = getattr(stored, field.name), getattr(computed, field.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_allclose(one, other, atol=1e-4, err_msg=field.name)
        elif field.name == "tags" and one is not None:
            for name, array in vars(one).items():
                if array is not None:
                    np.testing.assert_allclose(array, getattr(other, name), atol=1e-4, err_msg=name)
        elif field.name in ("feature_maps", "gates", "states"):
            assert list(one) == list(other)
            for key in one:
                np.testing.assert_allclose(one[key], other[key], atol=1e-4, err_msg=key)
        else:
            assert one == other, field.name


def test_a_model_without_an_example_opens_with_a_text_of_ours(shelf, classifier):
    (example_path(shelf)).unlink()
    at = run(AppTest.from_file(ROOT / "app.py", default_timeout=60))
    text = next(iter(EXAMPLES.values()))
    assert at.session_state["text"] == text
    assert_drawn(at, classifier.trace(text))


def test_a_broken_example_is_passed_over(shelf, classifier):
    (example_path(shelf)).write_bytes(b"not a zip file")
    at = run(AppTest.from_file(ROOT / "app.py", default_timeout=60))
    assert_drawn(at, classifier.trace(at.session_state["text"]))


def test_without_any_model_the_page_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "PRETRAINED", tmp_path)
    state.models_at_hand.clear()
    at = run(AppTest.from_file(ROOT / "app.py", default_timeout=60))
    state.models_at_hand.clear()
    assert "There is no model in the folder pretrained" in messages(at)[0]
    assert at.text_input(key="folder")
