"""A server that others can reach: no paths, and runs that are each visitor's own."""

from types import SimpleNamespace

import pytest

from attnviz.runs import find_runs
from attnviz.ui import visitors
from tests.ui.page_driving import CSV, INSPECT_PAGE, button, run, start, upload, visit

LOCAL = ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "::1", "[::1]"]
OTHERS = [None, "", "0.0.0.0", "::", "192.168.0.7", "attnviz.example.org", "localhost.example.org"]
SECRET = "00112233445566778899aabbccddeeff"


@pytest.fixture
def address(monkeypatch):
    def put(value):
        monkeypatch.setattr(visitors.st, "get_option", lambda name: value)

    monkeypatch.delenv("ATTNVIZ_SHARED", raising=False)
    monkeypatch.delenv("ATTNVIZ_PATHS", raising=False)
    return put


@pytest.fixture
def shared(monkeypatch):
    monkeypatch.setenv("ATTNVIZ_SHARED", "1")


@pytest.mark.parametrize("value", LOCAL + OTHERS)
def test_a_server_is_shared_unless_its_address_is_local(address, value, monkeypatch):
    address(value)
    assert visitors.is_shared() == (value in OTHERS)
    assert visitors.may_type_paths() == (value in LOCAL)
    monkeypatch.setenv("ATTNVIZ_PATHS", "1")
    assert visitors.may_type_paths()
    monkeypatch.setenv("ATTNVIZ_SHARED", "1")
    assert visitors.is_shared()


def inspect():
    return run(visit().switch_page(INSPECT_PAGE))


def said(at):
    return " ".join(text.value for text in at.caption)


def path_boxes(at):
    """The boxes for paths, that in the sheet of models among them."""
    at.button(key="open-models").click()
    return {box.key for box in run(at).text_input} & {"inspect-path", "folder"}


def test_no_path_can_be_typed_on_a_shared_server(shelf, shared, monkeypatch):
    at = inspect()
    assert path_boxes(inspect()) == set()
    assert "Paths on the server cannot be opened" in said(at)
    assert "Others can reach this server." in said(at)
    assert "Nothing leaves this computer" not in said(at)
    monkeypatch.setenv("ATTNVIZ_PATHS", "1")
    assert path_boxes(inspect()) == {"inspect-path", "folder"}


def test_at_home_everything_is_as_ever(shelf):
    at = inspect()
    assert path_boxes(inspect()) == {"inspect-path", "folder"}
    assert "Others can reach" not in said(at)
    assert "Nothing leaves this computer" in said(at)


def test_a_visitor_sees_opens_and_deletes_his_own_runs_alone(shelf, shared, tmp_path):
    mine = inspect()
    upload(mine, "reviews.csv", CSV)
    start(mine)
    named = mine.query_params["run"]
    name = named if isinstance(named, str) else named[0]
    (folder,) = (tmp_path / "runs" / visitors.FOLDER).iterdir()
    assert [kept.folder.name for kept in find_runs(folder)] == [name]
    assert not find_runs(tmp_path / "runs")
    other = visit()
    other.query_params["run"] = name
    run(other.switch_page(INSPECT_PAGE))
    assert "There is no run" in other.warning[0].value
    assert not [b for b in other.button if (b.key or "").startswith("inspect-open")]
    button(mine, "Delete this run").click()
    run(mine)
    assert not find_runs(folder)


def test_a_browser_keeps_its_folder_while_its_cookie_changes_its_mask(monkeypatch, shared):
    from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

    def shelf_of(token):
        cookies = {visitors.COOKIE: generate_xsrf_token_string(bytes.fromhex(token))}
        monkeypatch.setattr(visitors.st, "context", SimpleNamespace(cookies=cookies))
        return visitors.shelf()

    assert shelf_of(SECRET) == shelf_of(SECRET)
    assert shelf_of(SECRET) != shelf_of(SECRET[::-1])
    assert SECRET not in str(shelf_of(SECRET))
