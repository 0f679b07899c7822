"""What every test is held to: nothing may be left running, open or unawaited when it ends."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LEAVE = 2.0  # seconds that a thread or descriptor on its way out is given


def _settled(before: set, now, *, seconds: float = LEAVE) -> set:
    deadline = time.monotonic() + seconds
    while (left := now() - before) and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    return left


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.name.startswith(("asyncio_", "pytest_timeout"))}


def _descriptors() -> set[tuple[str, str]]:
    found = set()
    for entry in Path("/proc/self/fd").iterdir() if sys.platform == "linux" else ():
        try:
            found.add((entry.name, os.readlink(entry)))
        except OSError:
            continue
    return {(fd, where) for fd, where in found if not where.startswith(("anon_inode", "/dev/null", "pipe:", "/proc"))}


def _children() -> set[str]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(path.read_text().split()) if path.exists() else set()


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves a thread, a child process or a descriptor behind."""
    if request.node.get_closest_marker("browser"):
        yield
        return
    with leaving_nothing():
        yield


@contextmanager
def leaving_nothing() -> Iterator[None]:
    """Fail where a thread, a child process or a descriptor is left behind."""
    threads, descriptors, children = _threads(), _descriptors(), _children()
    yield
    left = _settled(threads, _threads)
    assert not left, f"threads left running: {sorted(thread.name for thread in left)}"
    assert not (more := _settled(children, _children)), f"child processes left running: {sorted(more)}"
    opened = _settled(descriptors, _descriptors)
    assert not opened, f"descriptors left open: {sorted(opened)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hold every asynchronous test to its tasks; a synchronous one may run where a loop of its own cannot."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, "no_task_left_behind")


@pytest.fixture
async def no_task_left_behind() -> AsyncIterator[None]:
    """Fail the test that leaves an asyncio task pending."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if not task.done() and task is not asyncio.current_task()}
    assert not left, f"tasks left pending: {left}"
