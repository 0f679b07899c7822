"""The lock: one process a lab, and whoever comes second is told who."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices.errors import LabError
from labctl.lock import LabLock, LabRuns, holder_of
from tests.cli.typing_it import labctl

HOLD = """
import sys
from pathlib import Path
from labctl.lock import LabLock
lock = LabLock(Path(sys.argv[1]))
lock.take(command="panel")
lock.announce("http://lab.local:8000/", local="http://127.0.0.1:8000/")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_elsewhere(path: Path, *, without: str = "") -> Iterator[subprocess.Popen[str]]:
    block = f"import sys\nsys.modules['{without}'] = None\n" if without else ""
    process = subprocess.Popen(
        [sys.executable, "-c", block + HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "lab.lock"


def test_the_second_is_told_who_came_first(path):
    with held_elsewhere(path) as first:
        with pytest.raises(LabRuns) as caught:
            LabLock(path).take()
        holder = holder_of(path)

    assert f"process {first.pid} since " in str(caught.value)
    assert "at http://lab.local:8000/" in str(caught.value)
    assert str(path.parent) in str(caught.value)
    assert "http://lab.local:8000/" in caught.value.hint
    assert holder is not None
    assert (holder.pid, holder.local, holder.command) == (first.pid, "http://127.0.0.1:8000/", "panel")


def test_two_locks_in_one_process_are_two(path):
    with LabLock(path), pytest.raises(LabRuns):
        LabLock(path).take(patience=0)


def test_a_lock_that_was_let_go_is_free(path):
    lock = LabLock(path)
    with lock:
        assert holder_of(path) is not None
    lock.release()

    assert holder_of(path) is None
    with LabLock(path):
        pass


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize("without", ["", "fcntl"])
def test_a_killed_process_leaves_nothing_to_clean_up(path, without):
    with held_elsewhere(path, without=without) as first:
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        assert json.loads(path.read_text())["pid"] == first.pid

    assert holder_of(path) is None
    with LabLock(path):
        holder = holder_of(path)
    assert holder is not None
    assert holder.pid == os.getpid()


def test_without_file_locks_the_living_process_is_respected(path):
    with held_elsewhere(path, without="fcntl") as first:
        code = (
            "import sys\nsys.modules['fcntl'] = None\nfrom pathlib import Path\n"
            "from labctl.lock import LabLock, LabRuns\n"
            "try:\n    LabLock(Path(sys.argv[1])).take(patience=0)\nexcept LabRuns as error:\n    print(error)\n"
        )
        second = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=20)

    assert f"process {first.pid} since " in second.stdout


def test_looking_does_not_make_a_folder(tmp_path):
    assert holder_of(tmp_path / "nowhere" / "lab.lock") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="modes")
def test_the_data_folder_and_the_lock_are_private(path):
    with LabLock(path):
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_said_and_nothing_is_held(tmp_path):
    (tmp_path / "lab.lock").symlink_to("/dev/full")
    lock = LabLock(tmp_path / "lab.lock")
    with pytest.raises(LabError) as caught:
        lock.take()

    assert caught.value.message == f"The disk is full: {tmp_path / 'lab.lock'} cannot be written"
    assert f"on the disk of {tmp_path}" in caught.value.hint
    lock.release()
    assert holder_of(tmp_path / "lab.lock") is None


@pytest.mark.parametrize("name", ["local-token", "session-key", "lab.lock"])
def test_a_folder_in_the_place_of_a_file_is_said(tmp_path, name):
    (tmp_path / name).mkdir()
    said = labctl(tmp_path, "panel", "--no-browser")

    assert said.returncode == 1
    assert said.stderr.startswith(f"{tmp_path / name} cannot be written: Is a directory\n")
