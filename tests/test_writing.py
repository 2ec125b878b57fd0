"""Files that are written whole or not at all, and locks that hold one process at a time."""

import os
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from attnviz import writing
from attnviz.errors import WriteError
from attnviz.writing import append_whole, locked, tidy, write_text, written_whole


def test_what_goes_wrong_leaves_the_file_before_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "before")
    with pytest.raises(ZeroDivisionError), written_whole(path) as temporary:
        temporary.write_text(f"half {1 / 0}")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk_is_one_line_that_names_the_file(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.txt"
    write_text(path, "before")
    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(WriteError, match=r"a\.txt could not be written: No space left on device"):
        write_text(path, "after")
    with pytest.raises(WriteError, match="No space left"):
        append_whole(path, b" and more")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_that_is_missing_or_a_file_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "none" / "a.txt", tmp_path / "file" / "a.txt", tmp_path):
        with pytest.raises(WriteError):
            write_text(path, "x")
    with pytest.raises(WriteError), locked(tmp_path / "none" / "lock"):
        pass


def test_an_error_of_another_file_is_not_said_of_the_one_that_is_written(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "out" / "a"):
        (tmp_path / "in" / "gone").read_bytes()


def test_a_link_stays_and_its_file_keeps_its_rights(tmp_path):
    path, link = tmp_path / "a.txt", tmp_path / "link.txt"
    path.write_text("before")
    path.chmod(0o600)
    link.symlink_to(path)
    write_text(link, "after")
    assert link.is_symlink()
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_file_is_written_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        write_text(pipe, "through")
        assert read.result(30) == "through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_threads_that_write_one_file_at_once_each_succeed(tmp_path):
    path = tmp_path / "a.txt"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: write_text(path, f"{n}\n" * 5_000), range(80)))
    assert len(set(path.read_text().split())) == 1
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("system", ["fcntl", "file"])
def test_a_lock_holds_one_at_a_time(tmp_path, monkeypatch, system):
    if system == "file":
        monkeypatch.setattr(writing, "fcntl", None)
    inside, most, turn = 0, 0, threading.Lock()

    def work(_):
        nonlocal inside, most
        with locked(tmp_path / "lock"):
            with turn:
                inside += 1
                most = max(most, inside)
            time.sleep(0.001)
            with turn:
                inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(60)))
    assert (inside, most) == (0, 1)


@pytest.mark.parametrize("system", ["fcntl", "file"])
def test_a_lock_that_is_never_given_back_is_said(tmp_path, monkeypatch, system):
    if system == "file":
        monkeypatch.setattr(writing, "fcntl", None)
    monkeypatch.setattr(writing, "PATIENCE", 1.0)
    with locked(tmp_path / "lock"):
        if system == "file":  # what is held for long was left by a process that was killed
            os.utime(tmp_path / "lock", (time.time() + 60, time.time() + 60))
        with pytest.raises(WriteError, match="another process"), locked(tmp_path / "lock"):
            pass


def test_what_a_killed_process_left_goes_and_what_is_being_written_stays(tmp_path):
    code = (
        "import os, sys, pathlib; from attnviz.writing import written_whole\n"
        "with written_whole(pathlib.Path(sys.argv[1])) as place:\n"
        "    place.write_text('half'); os.kill(os.getpid(), 9)"
    )
    (tmp_path / "scores").mkdir()
    for name in ("a.txt", "scores/b.txt"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], check=False)
    (tmp_path / "map.tmp").write_text("of an older attnviz")
    (tmp_path / "mine.tmp.txt").write_text("")
    long_ago = time.time() - 2 * 86_400
    os.utime(tmp_path / "map.tmp", (long_ago, long_ago))
    assert len(list(tmp_path.rglob("*.tmp"))) == 3
    with written_whole(tmp_path / "now") as place:
        place.write_text("x")
        tidy(tmp_path)
        assert list(tmp_path.rglob("*.tmp")) == [place]
    assert sorted(os.listdir(tmp_path)) == ["mine.tmp.txt", "now", "scores"]


def test_what_another_computer_writes_is_left_alone_for_a_day(tmp_path):
    other = tmp_path / "a.1-1-00000000-abcd.tmp"
    other.write_text("")
    tidy(tmp_path)
    assert other.exists()
    os.utime(other, (time.time() - 90_000,) * 2)
    tidy(tmp_path)
    assert not other.exists()
