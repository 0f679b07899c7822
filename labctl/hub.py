"""The hub: one asyncio loop in one thread, which owns every device and every lesson run."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any

from devices.errors import LabError
from devices.text import _

BEAT = 0.1
"""Seconds between heartbeats; each measures how late the loop woke."""

BEATS_KEPT = 600
"""One minute of heartbeats."""

BLOCKED_AFTER = 1.0
"""Seconds without a heartbeat after which the hub counts as blocked."""

CLOSE_LIMIT = 2.0
"""Seconds that tasks are given to end when the hub closes: the lab must be gone 3 s after SIGTERM."""

log = logging.getLogger(__name__)


class HubClosed(LabError):
    """The lab is shutting down."""

    slug = "hub-closed"


class Hub:
    """Runs a loop in a thread of its own, keeps its tasks and measures its lag.

    ``start`` and ``close`` are called from any other thread and may be called again.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._late: deque[float] = deque(maxlen=BEATS_KEPT)
        self._last_beat = time.monotonic()
        self.started_at = time.monotonic()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop. Raises HubClosed where it does not run."""
        if self._loop is None:
            raise HubClosed(_("The lab is shutting down"), hint=_("Start labctl again."))
        return self._loop

    @property
    def running(self) -> bool:
        """Whether the loop runs."""
        return self._loop is not None

    def start(self) -> None:
        """Start the thread and wait until its loop runs."""
        if self._thread is not None:
            return
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="labctl-hub", daemon=True)
        self._thread.start()
        ready.wait()

    def _run(self, ready: threading.Event) -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            self._loop = loop
            self.started_at = self._last_beat = time.monotonic()
            loop.call_soon(ready.set)
            self._ended = asyncio.Event()
            runner.run(self._until_closed())
        self._loop = None

    async def _until_closed(self) -> None:
        self.spawn(self._beat(), name="heartbeat")
        await self._ended.wait()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_LIMIT)

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Begin a task that the hub owns: it is cancelled when the hub closes, and an unforeseen error is logged.

        Called on the hub's loop.
        """
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended_task)
        return task

    def _ended_task(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, LabError):
            log.warning("%s: %s", task.get_name(), error)
        else:
            log.error("task %s failed", task.get_name(), exc_info=error)

    async def _beat(self) -> None:
        while True:
            due = time.monotonic() + BEAT
            await asyncio.sleep(BEAT)
            self._last_beat = time.monotonic()
            self._late.append(self._last_beat - due)

    def lag_ms(self) -> dict[str, float]:
        """How late the loop woke over the last minute, in milliseconds: median, p99 and max."""
        late = sorted(self._late) or [0.0]
        return {
            "median": round(late[len(late) // 2] * 1e3, 2),
            "p99": round(late[min(len(late) - 1, int(len(late) * 0.99))] * 1e3, 2),
            "max": round(late[-1] * 1e3, 2),
        }

    @property
    def blocked(self) -> bool:
        """Whether the heartbeat has been missing for more than a second."""
        return self.running and time.monotonic() - self._last_beat > BLOCKED_AFTER

    def close(self) -> None:
        """Cancel the tasks, end the loop and wait for the thread."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
        thread.join(CLOSE_LIMIT + 1)
