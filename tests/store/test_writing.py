"""Writes and reads: in order, in whole, within their time, whatever the disk does."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from devices.errors import BadValue, DeviceLost
from labctl.store.errors import DiskFull, StoreBehind, StoreClosed, StoreFailed, StoreLocked, StoreSlow
from labctl.store.journal import Event, record
from labctl.store.models import SettingRow
from labctl.store.settings import put_setting, setting
from labctl.store.store import Store
from labctl.store.writer import EVENTS_WAITING, WRITES_WAITING


@pytest.fixture
def commits() -> Iterator[list[Engine]]:
    """One entry for each transaction that is committed anywhere."""
    seen: list[Engine] = []

    def on_commit(connection) -> None:
        seen.append(connection.engine)

    event.listen(Engine, "commit", on_commit)
    yield seen
    event.remove(Engine, "commit", on_commit)


@contextlib.contextmanager
def held_writer(store: Store) -> Iterator[None]:
    """The writer is busy with one long write, as on a disk that stalls."""
    begun, release = threading.Event(), threading.Event()

    def stall(session: Session) -> None:
        begun.set()
        release.wait(20)

    thread = threading.Thread(target=store.write_now, args=(stall,), kwargs={"seconds": 20})
    thread.start()
    begun.wait(5)
    try:
        yield
    finally:
        release.set()
        thread.join()


def keys(session: Session) -> list[str]:
    return list(session.scalars(select(SettingRow.key).order_by(SettingRow.key)))


async def test_a_write_is_there_when_it_returns(store: Store) -> None:
    def act(session: Session) -> str:
        put_setting(session, "theme", {"dark": True})
        return "done"

    assert await store.write(act) == "done"
    assert await store.read(lambda session: setting(session, "theme")) == {"dark": True}


async def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    def act(session: Session) -> None:
        put_setting(session, "half", 1)
        record(session, Event("half"))
        raise DeviceLost("gone")

    told: list[Event] = []
    store.subscribe(told.append)
    with pytest.raises(DeviceLost):
        await store.write(act)
    await store.record(Event("next"))
    await asyncio.sleep(0.05)

    assert await store.read(keys) == []
    assert [(event.seq, event.kind) for event in told] == [(1, "next")]


async def test_a_row_that_does_not_fit_is_an_error_of_the_lab(store: Store) -> None:
    def act(session: Session) -> None:
        session.add_all([SettingRow(key="same", value=1)])
        session.flush()
        session.execute(text("INSERT INTO setting VALUES ('same', '2')"))

    with pytest.raises(StoreFailed, match="UNIQUE"):
        await store.write(act)
    assert await store.read(keys) == []


async def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(StoreFailed):
        await store.read(lambda session: session.execute(text("DELETE FROM lab")))


async def test_a_reader_sees_one_state(store: Store) -> None:
    await store.write(lambda session: put_setting(session, "n", 1))

    def twice(session: Session) -> tuple[int, int]:
        first = setting(session, "n")
        store.write_now(lambda other: put_setting(other, "n", 2))
        session.expire_all()
        return first, setting(session, "n")

    assert await store.read(twice) == (1, 1)
    assert await store.read(lambda session: setting(session, "n")) == 2


async def test_a_query_that_does_not_end_is_ended(store: Store) -> None:
    endless = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    begun = time.monotonic()
    for ask in (store.read, store.write):
        with pytest.raises(StoreSlow):
            await ask(lambda session: session.scalar(endless), seconds=0.3)
    assert await store.read(keys, seconds=1) == []
    assert time.monotonic() - begun < 3


async def test_writes_and_events_keep_their_order(store: Store) -> None:
    told: list[Event] = []
    store.subscribe(told.append)
    writes: list[asyncio.Task] = []
    for n in range(30):
        store.append(Event("appended", data={"n": 2 * n}))
        event = Event("recorded", data={"n": 2 * n + 1})
        writes.append(asyncio.create_task(store.record(event)))
        await asyncio.sleep(0)
    await asyncio.gather(*writes)
    await asyncio.sleep(0.05)
    assert [event.data["n"] for event in told] == list(range(60))
    assert [event.seq for event in told] == list(range(1, 61))
    assert list(await store.since(0)) == told


async def test_events_that_wait_together_share_a_commit(store: Store, commits: list[Engine]) -> None:
    begun = time.monotonic()
    for _ in range(100):
        store.append(Event("tick"))
        await asyncio.sleep(0.005)
    used = time.monotonic() - begun
    while len(await store.since(0)) < 100:
        await asyncio.sleep(0.02)
    # One at once, then at most one each 50 ms; one to spare for the last.
    assert len(commits) <= used / 0.05 + 2


async def test_the_first_event_after_a_pause_does_not_wait(store: Store) -> None:
    told: asyncio.Queue[float] = asyncio.Queue()
    store.subscribe(lambda event: told.put_nowait(time.monotonic()))
    await store.record(Event("warm"))
    await told.get()
    await asyncio.sleep(0.1)
    store.append(Event("lost"))
    store.append(Event("lost"))
    first = await told.get()
    assert await told.get() - first < 0.04


async def test_a_full_queue_says_so_and_takes_nothing(store: Store) -> None:
    with held_writer(store):
        store.append(*[Event("tick") for _ in range(EVENTS_WAITING)])
        with pytest.raises(StoreBehind) as caught:
            store.append(Event("one more"))
        writes = [asyncio.create_task(store.write(lambda session: None, seconds=30)) for _ in range(WRITES_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(StoreBehind):
            await store.write(lambda session: put_setting(session, "late", 1))
    assert caught.value.hint
    await asyncio.gather(*writes)
    assert await store.read(keys) == []
    newest = await store.last()
    assert newest is not None
    assert (newest.seq, newest.kind) == (EVENTS_WAITING, "tick")


async def test_a_write_whose_time_is_up_while_it_waits_is_never_done(store: Store) -> None:
    with held_writer(store):
        with pytest.raises(StoreSlow):
            await store.write(lambda session: put_setting(session, "late", 1), seconds=0.05)
        with pytest.raises(StoreSlow):
            await asyncio.to_thread(store.write_now, lambda session: put_setting(session, "late", 2), seconds=0.05)
    await store.write(lambda session: put_setting(session, "next", 1))
    assert await store.read(keys) == ["next"]


async def test_a_write_whose_time_is_up_while_it_runs_is_rolled_back(store: Store) -> None:
    release = threading.Event()

    def slow(session: Session) -> None:
        put_setting(session, "late", 1)
        release.wait(5)

    with pytest.raises(StoreSlow):
        await store.write(slow, seconds=0.1)
    release.set()
    await store.write(lambda session: put_setting(session, "next", 1))
    assert await store.read(keys) == ["next"]


async def test_a_cancelled_write_leaves_nothing(store: Store) -> None:
    with held_writer(store):
        write = asyncio.create_task(store.write(lambda session: put_setting(session, "late", 1)))
        await asyncio.sleep(0.02)
        write.cancel()
        with pytest.raises(asyncio.CancelledError):
            await write
    await store.write(lambda session: put_setting(session, "next", 1))
    assert await store.read(keys) == ["next"]


async def test_a_full_disk_is_said_and_work_goes_on_when_there_is_room(store: Store) -> None:
    await store.write(lambda session: put_setting(session, "before", 1))
    pages = await store.write(lambda session: session.scalar(text("PRAGMA page_count")))
    await store.write(lambda session: session.scalar(text(f"PRAGMA max_page_count = {pages}")))
    told: list[Event] = []
    store.subscribe(told.append)

    with pytest.raises(DiskFull) as caught:
        await store.write(lambda session: put_setting(session, "big", "x" * 100_000))
    store.append(Event("big", data={"x": "x" * 100_000}))
    await asyncio.sleep(0.3)

    assert str(store.path.parent) in caught.value.hint
    assert [(event.seq, event.kind) for event in told] == [(0, "big")]
    assert isinstance(store.problem, DiskFull)
    assert store.unwritten == 1
    assert await store.read(keys) == ["before"]
    assert await store.since(0) == ()

    await store.write(lambda session: session.scalar(text("PRAGMA max_page_count = 1000000")))
    store.append(Event("big", data={"x": "x" * 100_000}))
    await store.write(lambda session: put_setting(session, "big", "x" * 100_000))
    assert store.problem is None
    assert [event.seq for event in await store.since(0)] == [1]
    assert await store.read(keys) == ["before", "big"]


async def test_another_programs_lock_is_waited_for(store: Store) -> None:
    with contextlib.closing(sqlite3.connect(store.path, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.7, other.rollback).start()
        await store.write(lambda session: put_setting(session, "patient", 1), seconds=5)
    assert await store.read(keys) == ["patient"]


async def test_another_programs_lock_is_named_when_it_lasts(store: Store) -> None:
    with contextlib.closing(sqlite3.connect(store.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked) as caught:
            await store.write(lambda session: put_setting(session, "patient", 1), seconds=1.2)
        assert await store.read(keys) == []
        other.rollback()
    assert str(store.path) in caught.value.hint


async def test_a_database_that_breaks_while_the_lab_runs_is_said(store: Store) -> None:
    await store.write(lambda session: [put_setting(session, f"key {n}", "x" * 900) for n in range(200)])
    await asyncio.to_thread(store.scrub)
    with store.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (store.path.stat().st_size - 4096))
    with pytest.raises(StoreFailed):
        await store.read(keys)
    store.append(Event("tick"))
    with pytest.raises(StoreFailed) as caught:
        await store.record(Event("tock"))
    assert caught.value.hint
    assert store.problem is not None


async def test_one_event_that_does_not_fit_does_not_take_others_with_it(store: Store) -> None:
    twice = Event("twice")
    await store.record(twice)
    store.append(Event("before"), twice, Event("after"))
    await store.write(lambda session: None)
    assert [event.kind for event in await store.since(0)] == ["twice", "before", "after"]
    assert [event.seq for event in await store.since(0)] == [1, 2, 3]


async def test_an_event_that_is_no_json_is_refused_with_its_fellows(store: Store) -> None:
    for bad in (
        Event("bad", data={"x": object()}),
        Event("bad", data={"x": float("nan")}),
        Event("bad", data={"x": "\ud800"}),
        Event("bad", device="\ud800"),
    ):
        with pytest.raises(BadValue):
            store.append(Event("good"), bad)
    with pytest.raises(BadValue):
        await store.record(Event("bad", at=Event("now").at.replace(tzinfo=None)))
    assert await store.since(0) == ()


async def test_closing_writes_what_waits(path: Path) -> None:
    store = Store.open(path)
    for _ in range(500):
        store.append(Event("tick"))
    assert await store.close() == 0
    assert await store.close() == 0
    with pytest.raises(StoreClosed):
        store.append(Event("late"))
    with pytest.raises(StoreClosed):
        await store.write(lambda session: None)
    with pytest.raises(StoreClosed):
        await store.read(keys)

    again = Store.open(path)
    assert len(again.since_now(0)) == 500
    again.close_now()


async def test_closing_ends_in_time_though_the_disk_is_held(path: Path) -> None:
    store = Store.open(path)
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.append(Event("tick"), Event("tick"))
        write = asyncio.create_task(store.write(lambda session: None))
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        left = await store.close(seconds=0.6)
        used = time.monotonic() - begun
        with pytest.raises(StoreFailed):
            await write
        other.rollback()
    assert used < 1.5
    assert left >= 2


async def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_ever(store: Store) -> None:
    with pytest.raises(RuntimeError):
        await store.write(lambda session: store.write_now(lambda inner: None))


async def test_an_idle_store_does_not_wake(store: Store) -> None:
    await store.record(Event("once"))
    await store.read(keys)
    await asyncio.sleep(0.1)
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("labctl-")]
    assert {thread.name.split("_")[0] for thread in threads} == {"labctl-writer", "labctl-read"}

    def switches() -> list[str]:
        statuses = [Path(f"/proc/self/task/{thread.native_id}/status").read_text() for thread in threads]
        return [line for status in statuses for line in status.splitlines() if "ctxt_switches" in line]

    if not Path("/proc/self/task").exists():
        pytest.skip("needs /proc")
    before = switches()
    await asyncio.sleep(0.5)
    assert switches() == before
