"""The one thread that writes: what is handed to it is committed in order, and events that wait together share a commit.

An fsync on an SD card takes from milliseconds to seconds; here is the only place that waits for one.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from labctl.store.database import BUSY_MS, until
from labctl.store.errors import DATABASE_ERRORS, StoreFailed, StoreSlow, behind, closed, explain, is_locked, too_slow
from labctl.store.journal import Event, number, recorded

EVENTS_WAITING = 10_000
"""Events that may wait: fifty seconds of two hundred a second."""

WRITES_WAITING = 256
"""Writes that may wait, far more than a class of teams asks for at once."""

GATHER = 0.05
"""Seconds from one commit of events to the next, unless a write comes: twenty commits a second at most spare the card.
The first event after a pause is committed at once."""

EVENT_PATIENCE = 2.0
"""Seconds that events wait for another program's lock before they are told unwritten."""

EVENTS_TOGETHER = 1000
"""Events in one commit at most."""

log = logging.getLogger(__name__)


class Stage(Enum):
    WAITING = auto()
    RUNNING = auto()
    COMMITTING = auto()
    ENDED = auto()
    GIVEN_UP = auto()


class Write:
    """One write on its way. Whoever asked may give it up until its commit has begun; then nothing of it is kept."""

    def __init__(self, act: Callable[[Session], Any], deadline: float) -> None:
        self.act = act
        self.deadline = deadline
        self.future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._lock = threading.Lock()
        self._stage = Stage.WAITING

    def advance(self, stage: Stage) -> bool:
        """Enter the next stage; False where it was given up meanwhile."""
        with self._lock:
            if self._stage is Stage.GIVEN_UP:
                return False
            self._stage = stage
            return True

    def give_up(self) -> StoreSlow:
        """Stop waiting. The error says whether it may be saved all the same."""
        with self._lock:
            if self._stage in (Stage.COMMITTING, Stage.ENDED):
                return too_slow(in_doubt=True)
            self._stage = Stage.GIVEN_UP
            return too_slow()

    def succeed(self, value: Any) -> None:
        self.advance(Stage.ENDED)
        if self.future.set_running_or_notify_cancel():
            self.future.set_result(value)

    def fail(self, error: BaseException) -> None:
        self.advance(Stage.ENDED)
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Upkeep(Write):
    """A write that SQLite does not allow inside a transaction. ``act`` gets the bare connection."""

    def __init__(self, act: Callable[[DBAPIConnection], Any], deadline: float) -> None:
        super().__init__(_no_session, deadline)
        self.keep_up = act


def _no_session(session: Session) -> None:
    raise AssertionError("upkeep runs without a session")


class Writer:
    """Owns the writing connection and the thread that uses it, which starts with the first work and sleeps without.

    ``append``, ``submit`` and ``close`` may be called from any thread.

    Args:
        engine: An engine of ``open_writer``; the writer disposes of it.
        path: Its file, for what errors say.
        lab: The lab's id, put into every event.
        publish: Called on the writer's thread with events that are committed, and with events that could not be
            written down (their ``seq`` is 0); must not raise.
    """

    def __init__(self, engine: Engine, path: Path, lab: str, publish: Callable[[Sequence[Event]], None]) -> None:
        self._engine = engine
        self._path = path
        self._lab = lab
        self._publish = publish
        self._change = threading.Condition()
        self._order = itertools.count()
        self._events: deque[tuple[int, Event]] = deque()
        self._writes: deque[tuple[int, Write]] = deque()
        self._thread: threading.Thread | None = None
        self._closing: float | None = None
        self._saved_at = 0.0
        self._under_way = 0
        self.problem: StoreFailed | None = None
        self.unwritten = 0

    def append(self, events: Sequence[Event]) -> None:
        """Put events into the queue.

        Raises:
            StoreBehind: The queue has no room for them; none was taken.
            StoreClosed: The store was closed.
        """
        with self._change:
            self._must_be_open()
            if len(self._events) + len(events) > EVENTS_WAITING:
                raise behind()
            gathering = bool(self._events)
            self._events.extend((next(self._order), event) for event in events)
            if not gathering:  # otherwise the thread is at work or gathers: it need not wake for each event
                self._change.notify()

    def submit(self, write: Write) -> None:
        """Put a write into the queue.

        Raises:
            StoreBehind: The queue is full.
            StoreClosed: The store was closed.
        """
        with self._change:
            self._must_be_open()
            if len(self._writes) >= WRITES_WAITING:
                raise behind()
            self._writes.append((next(self._order), write))
            self._change.notify()

    def _must_be_open(self) -> None:
        if self._closing is not None:
            raise closed()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="labctl-writer", daemon=True)
            self._thread.start()

    def on_own_thread(self) -> bool:
        """Whether the caller is a write, which would wait for itself."""
        return threading.current_thread() is self._thread

    def close(self, seconds: float) -> int:
        """Commit what waits, then end the thread, within ``seconds``. May be called again.

        Returns:
            How many events and writes could not be written.
        """
        with self._change:
            unwritten = self.unwritten
            if self._closing is None:
                self._closing = time.monotonic() + seconds
            self._change.notify()
        if self._thread is not None:
            self._thread.join(max(0.0, self._closing - time.monotonic()))
        with self._change:
            writes = [write for _order, write in self._writes]
            left = self._under_way + len(self._events) + len(writes) + self.unwritten - unwritten
            self._events.clear()
            self._writes.clear()
        for write in writes:
            write.fail(closed())
        if self._thread is None:
            self._engine.dispose()
        return left

    def _run(self) -> None:
        try:
            while (work := self._next()) is not None:
                if isinstance(work, Upkeep):
                    self._do_upkeep(work)
                elif isinstance(work, Write):
                    self._do(work)
                else:
                    self._save(work)
                self._under_way = 0
                del work  # an idle writer keeps nothing of the last one alive
        finally:
            self._engine.dispose()

    def _next(self) -> list[Event] | Write | None:
        """What to do now, waiting for it without a timeout while there is nothing at all."""
        with self._change:
            while True:
                if self._writes and (not self._events or self._writes[0][0] < self._events[0][0]):
                    self._under_way = 1
                    return self._writes.popleft()[1]
                if self._events:
                    gather = self._saved_at + GATHER - time.monotonic()
                    if self._writes or gather <= 0 or self._closing is not None:
                        return self._take_events()
                    self._change.wait(gather)
                elif self._closing is not None:
                    return None
                else:
                    self._change.wait()

    def _take_events(self) -> list[Event]:
        before = self._writes[0][0] if self._writes else None
        taken: list[Event] = []
        while self._events and len(taken) < EVENTS_TOGETHER and (before is None or self._events[0][0] < before):
            taken.append(self._events.popleft()[1])
        self._under_way = len(taken)
        return taken

    def _limit(self, deadline: float) -> float:
        return deadline if self._closing is None else min(deadline, self._closing)

    def _save(self, events: list[Event]) -> None:
        saved: Sequence[Event] = events
        deadline = time.monotonic() + EVENT_PATIENCE
        try:
            saved = self._insert(events, deadline)
            self.problem = None
        except Exception as error:
            if isinstance(error, DATABASE_ERRORS) and not isinstance(error, IntegrityError):
                self._note(explain(error, self._path), len(events))
            else:
                saved = [self._insert_alone(event, deadline) for event in events]
        self._saved_at = time.monotonic()
        self._publish(saved)

    def _insert(self, events: Sequence[Event], deadline: float) -> tuple[Event, ...]:
        with self._session() as session:
            with self._locked(session, deadline):
                numbered = number(session, events)
            session.commit()
            return numbered

    def _insert_alone(self, event: Event, deadline: float) -> Event:
        """One event of a group in which one does not fit, such as one that was appended twice."""
        try:
            return self._insert([event], deadline)[0]
        except Exception as error:  # whatever it is, the next events must still have a writer
            self._note(explain(error, self._path), 1)
            return event

    def _note(self, problem: StoreFailed, count: int) -> None:
        if type(problem) is not type(self.problem):
            log.error("%s (%s)", problem, problem.__cause__)
        self.problem = problem
        self.unwritten += count

    def _do(self, write: Write) -> None:
        if not write.advance(Stage.RUNNING):
            return
        try:
            with self._session() as session:
                with self._locked(session, write.deadline):
                    value = write.act(session)
                    session.flush()
                if not write.advance(Stage.COMMITTING):
                    return  # leaving the session rolls back
                session.commit()
                events = recorded(session)
        except DATABASE_ERRORS as error:
            write.fail(explain(error, self._path))
        except BaseException as error:
            write.fail(error)
        else:
            self._publish(events)
            write.succeed(value)

    def _do_upkeep(self, work: Upkeep) -> None:
        if not work.advance(Stage.COMMITTING):
            return
        try:
            connection = self._engine.raw_connection()
            try:
                work.succeed(work.keep_up(connection.dbapi_connection))  # pyright: ignore[reportArgumentType]
            finally:
                connection.close()
        except DATABASE_ERRORS as error:
            work.fail(explain(error, self._path))
        except BaseException as error:
            work.fail(error)

    def _session(self) -> Session:
        return Session(self._engine, expire_on_commit=False, info={"lab": self._lab})

    @contextlib.contextmanager
    def _locked(self, session: Session, deadline: float) -> Generator[None]:
        """Hold the write lock, having waited for another program's; no statement goes on after the deadline."""
        while True:
            try:
                connection: Any = session.connection().connection.dbapi_connection
                break
            except DBAPIError as error:
                session.rollback()
                if not is_locked(error) or time.monotonic() + BUSY_MS / 1000 > self._limit(deadline):
                    raise  # another try would end too late
        with until(connection, lambda: self._limit(deadline)):
            yield
