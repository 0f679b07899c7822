"""The store as the rest of the lab sees it: write, read, append, and be told of what was committed."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session

from devices.text import _
from labctl.clock import now
from labctl.store import journal
from labctl.store.database import bring_up_to_date, open_readers, open_writer, until
from labctl.store.errors import DATABASE_ERRORS, StoreFailed, StoreLocked, behind, closed, explain, too_slow
from labctl.store.journal import Event, Subscribers, checked, new_id
from labctl.store.models import LabRow
from labctl.store.writer import Upkeep, Write, Writer

T = TypeVar("T")

WRITE_LIMIT = 5.0
"""Seconds that a caller waits for a write: a worn SD card stalls for a second or two."""

READ_LIMIT = 2.0
"""Seconds that a caller waits for a read."""

CLOSE_LIMIT = 2.0
"""Seconds in which closing ends: the lab is gone 3 s after SIGTERM."""

READ_THREADS = 2
"""Threads that read for the hub; callers with a thread of their own use it."""

READS_WAITING = 64
"""Reads that may wait for those threads."""


class Store:
    """One database file.

    ``write``, ``read`` and ``append`` are for the hub's loop, ``write_now`` and ``read_now`` for threads that may wait
    (pages, the command line). A function given to them gets a SQLAlchemy session and returns plain values.
    """

    def __init__(self, path: Path, writer: Engine, readers: Engine, lab: str) -> None:
        self.path = path
        self.lab = lab
        self._readers = readers
        self._subscribers = Subscribers()
        self._writer = Writer(writer, path, lab, self._subscribers.publish)
        self._pool = concurrent.futures.ThreadPoolExecutor(READ_THREADS, "labctl-read")
        self._reads = 0
        self._lock = threading.Lock()
        self._closed = False

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open the database at ``path``, created or brought up to date where that is needed. Blocks; no loop needed.

        Raises:
            StoreTooNew: A newer labctl wrote it.
            StoreDamaged, StoreForbidden, StoreLocked, DiskFull, StoreFailed: It cannot be used; the hint says why.
        """
        bring_up_to_date(path, now())
        writer = open_writer(path)
        try:
            return cls(path, writer, open_readers(path), _lab_id(writer))
        except DATABASE_ERRORS as error:
            writer.dispose()
            raise explain(error, path) from error

    async def write(self, act: Callable[[Session], T], *, seconds: float = WRITE_LIMIT) -> T:
        """Run ``act`` in one transaction on the writer's thread, and return what it returned once that is on disk.

        Writes happen in the order in which they were asked for, after the events appended before them. A caller that
        is cancelled or whose time is up before the commit began leaves no trace.

        Raises:
            StoreBehind: Too much waits already; nothing was done.
            StoreSlow: Time was up; the message says whether it may be saved all the same.
            StoreFailed: The disk is full, the database locked or damaged; nothing was written.
            Exception: What ``act`` raised; nothing was written.
        """
        write = Write(act, time.monotonic() + seconds)
        self._writer.submit(write)
        return await self._wait(write, seconds)

    def write_now(self, act: Callable[[Session], T], *, seconds: float = WRITE_LIMIT) -> T:
        """The same, for a thread that may wait."""
        return self._wait_now(Write(act, time.monotonic() + seconds), seconds)

    async def read(self, act: Callable[[Session], T], *, seconds: float = READ_LIMIT) -> T:
        """Run ``act`` on one state of the database, beside the loop, and return what it returned. It cannot write.

        Raises:
            StoreBehind: Too many wait already.
            StoreSlow: Time was up.
            StoreFailed: The database cannot be read.
            Exception: What ``act`` raised.
        """
        with self._lock:
            if self._closed:
                raise closed()
            if self._reads >= READS_WAITING:
                raise behind()
            self._reads += 1
            reading = self._pool.submit(self._read, act, time.monotonic() + seconds)
        reading.add_done_callback(self._one_read_less)
        future = asyncio.wrap_future(reading)
        try:
            done, _pending = await asyncio.wait({future}, timeout=seconds)
            if not done:
                raise too_slow()
            return future.result()
        finally:
            future.cancel()

    def read_now(self, act: Callable[[Session], T], *, seconds: float = READ_LIMIT) -> T:
        """The same, in the calling thread."""
        if self._closed:
            raise closed()
        return self._read(act, time.monotonic() + seconds)

    def append(self, *events: Event) -> None:
        """Hand events to the journal and go on: they are numbered, committed and then told to subscribers, in order.

        Where the disk fails, they are told with number 0 and not kept (``problem`` says why).

        Raises:
            BadValue: An event cannot be written down; none was taken.
            StoreBehind: Too many wait already; none was taken.
            StoreClosed: The store was closed.
        """
        self._writer.append([checked(event) for event in events])

    async def record(self, *events: Event) -> tuple[Event, ...]:
        """Write events down and wait until they are on disk: for what must be known before something is done.

        Raises:
            StoreFailed, BadValue: None was written down.
        """
        return await self.write(lambda session: journal.record(session, *events))

    def subscribe(self, on_event: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``on_event`` on the running loop for each event once it is on disk, until the returned function is
        called. It must not block."""
        return self._subscribers.subscribe(on_event)

    async def since(self, seq: int, limit: int = journal.MOST_AT_ONCE) -> tuple[Event, ...]:
        """The events after number ``seq``, oldest first; see :func:`labctl.store.journal.since`."""
        return await self.read(lambda session: journal.since(session, seq, limit))

    def since_now(self, seq: int, limit: int = journal.MOST_AT_ONCE) -> tuple[Event, ...]:
        """The same, for a thread that may wait."""
        return self.read_now(lambda session: journal.since(session, seq, limit))

    async def last(self) -> Event | None:
        """The newest event on disk, or None."""
        return await self.read(journal.last)

    def last_now(self) -> Event | None:
        """The same, for a thread that may wait."""
        return self.read_now(journal.last)

    @property
    def problem(self) -> StoreFailed | None:
        """Why events could not be written down last time, or None since one could."""
        return self._writer.problem

    @property
    def unwritten(self) -> int:
        """How many events were told but could not be written down since the store was opened."""
        return self._writer.unwritten

    def scrub(self, *, seconds: float = WRITE_LIMIT) -> None:
        """Empty the write-ahead log, so that what was deleted is in no file of the database any more. Blocks.

        Deleted rows are overwritten in the database itself when they are deleted (``secure_delete``).

        Raises:
            StoreLocked: Somebody is reading; what was deleted can still be found in the log until later.
        """
        deadline = time.monotonic() + seconds
        self._wait_now(Upkeep(lambda connection: _empty_log(connection, deadline), deadline), seconds)

    async def close(self, *, seconds: float = CLOSE_LIMIT) -> int:
        """Commit what waits and close the file, within ``seconds``. Never raises; may be called again.

        Returns:
            How many events and writes could not be written.
        """
        return await asyncio.to_thread(self.close_now, seconds=seconds)

    def close_now(self, *, seconds: float = CLOSE_LIMIT) -> int:
        """The same, for a thread that may wait."""
        with self._lock:
            self._closed = True
        left = self._writer.close(seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._readers.dispose()
        return left

    def _read(self, act: Callable[[Session], T], deadline: float) -> T:
        try:
            with Session(self._readers, expire_on_commit=False, info={"lab": self.lab}) as session:
                connection: Any = session.connection().connection.dbapi_connection
                with until(connection, lambda: deadline):
                    return act(session)
        except DATABASE_ERRORS as error:
            raise explain(error, self.path) from error

    def _one_read_less(self, _reading: object) -> None:
        with self._lock:
            self._reads -= 1

    async def _wait(self, write: Write, seconds: float) -> Any:
        future = asyncio.wrap_future(write.future)
        try:
            done, _pending = await asyncio.wait({future}, timeout=seconds)
            if not done:
                raise write.give_up()
            return future.result()
        except asyncio.CancelledError:
            write.give_up()
            raise
        finally:
            future.cancel()

    def _wait_now(self, write: Write, seconds: float) -> Any:
        if self._writer.on_own_thread():
            raise RuntimeError("a write that waits for another write would wait for ever")
        self._writer.submit(write)
        done, _pending = concurrent.futures.wait([write.future], timeout=seconds)
        if not done:
            raise write.give_up()
        return write.future.result()


def _lab_id(engine: Engine) -> str:
    """The lab's id, made with the first opening."""
    with Session(engine) as session:
        found = session.scalar(select(LabRow.id))
        if found is None:
            found = new_id()
            session.add(LabRow(id=found))
            session.commit()
        return found


def _empty_log(connection: DBAPIConnection, deadline: float) -> None:
    cursor = connection.cursor()
    try:
        while True:
            (busy, _pages, _moved) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() or (1, 0, 0)
            if not busy:
                return
            if time.monotonic() > deadline:
                raise StoreLocked(
                    _("Somebody is reading the lab's records: what was erased can still be found in their log"),
                    hint=_("Close other programs that have the lab's records open, then erase again."),
                )
    finally:
        cursor.close()
