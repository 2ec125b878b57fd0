"""The app with a shelf of tiny models."""

import pytest

from attnviz.folders import example_path
from attnviz.ui import state
from tests.ui.page_driving import (
    EXAMPLE_TEXT,
    INSPECT_PAGE,
    run,
    visit,
)


@pytest.fixture
def shelf(model_folder, classifier, tmp_path, monkeypatch):
    """The folder that the app takes for `pretrained/`: one tiny model with a stored example. Runs
    are kept beside it."""
    classifier.trace(EXAMPLE_TEXT).save(example_path(model_folder))
    monkeypatch.setattr(state, "PRETRAINED", tmp_path)
    monkeypatch.setenv("ATTNVIZ_RUNS", str(tmp_path / "runs"))
    state.models_at_hand.clear()
    yield model_folder
    state.models_at_hand.clear()


@pytest.fixture
def app(shelf):
    """A first visit to the app."""
    return visit()


@pytest.fixture
def put(shelf, build_network, tokenizer):
    """A function that puts another network, built with changes, on the shelf under a name."""

    def put_network(name, **changes):
        folder = shelf.parent / name
        build_network(**changes).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        state.models_at_hand.clear()
        return folder

    return put_network


@pytest.fixture
def inspect_page(app):
    return run(app.switch_page(INSPECT_PAGE))
