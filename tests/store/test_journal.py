"""The journal: numbered at commit, told only then, in order, and read back as it was written."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labctl.store.journal import MOST_AT_ONCE, Event
from labctl.store.store import Store

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


async def test_events_are_read_back_as_they_were_written(store: Store) -> None:
    whole = Event(
        "drive",
        device="robot-1",
        team=3,
        run="01M84MQBF2PXHBWWVB5HKS90ED",
        person="01M84MQBF2PXHBWWVB5HKS90EE",
        data={"sentence": {"msgid": "Gəl"}, "cm": 12.5, "no": None},
        at=datetime(2026, 11, 22, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=4))),
    )
    (written,) = await store.record(whole)
    (read,) = await store.since(0)
    assert read == written
    assert (read.seq, read.lab, read.at) == (1, store.lab, datetime(2026, 11, 22, 8, 30, 0, 123456, tzinfo=UTC))
    assert read.data == whole.data
    assert read.at.tzinfo is UTC


@given(data=st.dictionaries(st.text(), JSON, max_size=4), kind=st.text(min_size=1))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_json_comes_back(store: Store, data: dict, kind: str) -> None:
    store.append(Event(kind, data=data))
    store.write_now(lambda session: None)
    read = store.last_now()
    assert read is not None
    assert (read.kind, read.data) == (kind, data)


async def test_since_gives_what_came_after_a_number(store: Store) -> None:
    assert await store.last() is None
    assert await store.since(0) == ()
    store.append(*[Event("tick", data={"n": n}) for n in range(1, 1101)])
    await store.record(Event("last"))
    assert [event.seq for event in await store.since(3, 2)] == [4, 5]
    assert len(await store.since(0)) == MOST_AT_ONCE
    assert len(await store.since(0, 10**9)) == MOST_AT_ONCE
    assert await store.since(5, -1) == ()
    assert await store.since(1101) == ()
    newest = await store.last()
    assert newest is not None
    assert (newest.seq, newest.kind) == (1101, "last")


async def test_numbers_are_never_used_again(store: Store) -> None:
    from sqlalchemy import text

    await store.record(Event("one"), Event("two"))
    await store.write(lambda session: session.execute(text("DELETE FROM event")) and None)
    (next_one,) = await store.record(Event("three"))
    assert next_one.seq == 3


async def test_an_event_is_on_disk_when_it_is_told(store: Store) -> None:
    found: list[tuple[Event, ...]] = []
    store.subscribe(lambda event: found.append(store.since_now(event.seq - 1, 1)))
    store.append(Event("tick"))
    store.append(Event("tock"))
    await store.write(lambda session: None)
    await asyncio.sleep(0.02)
    assert [events[0].kind for events in found] == ["tick", "tock"]


async def test_subscribers_are_called_on_their_own_loop(store: Store) -> None:
    threads: list[threading.Thread] = []
    store.subscribe(lambda event: threads.append(threading.current_thread()))
    await asyncio.to_thread(store.append, Event("tick"))
    await store.write(lambda session: None)
    await asyncio.sleep(0.02)
    assert threads == [threading.current_thread()]


async def test_a_subscriber_that_fails_is_logged_and_the_others_are_told(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(event: Event) -> None:
        raise ValueError("page is gone")

    told: list[int] = []
    store.subscribe(fails)
    store.subscribe(lambda event: told.append(event.seq))
    with caplog.at_level(logging.ERROR):
        await store.record(Event("one"), Event("two"))
        await asyncio.sleep(0.02)
    assert told == [1, 2]
    assert "page is gone" in caplog.text


async def test_who_unsubscribes_is_told_nothing_more(store: Store) -> None:
    told: list[int] = []

    def once(event: Event) -> None:
        told.append(event.seq)
        unsubscribe()

    unsubscribe = store.subscribe(once)
    await store.record(Event("one"), Event("two"))
    await asyncio.sleep(0.02)
    unsubscribe()
    assert told == [1]


def test_a_loop_that_has_ended_does_not_trouble_the_writer(store: Store) -> None:
    async def listen() -> None:
        store.subscribe(lambda event: None)

    asyncio.run(listen())
    store.append(Event("one"))
    store.append(Event("two"))
    store.write_now(lambda session: None)
    assert [event.seq for event in store.since_now(0)] == [1, 2]


async def test_many_threads_append_without_losing_or_doubling(store: Store) -> None:
    def work(n: int) -> None:
        for place in range(50):
            store.append(Event("tick", team=n, data={"place": place}))

    await asyncio.gather(*(asyncio.to_thread(work, n) for n in range(4)))
    await store.write(lambda session: None)
    events = await store.since(0)
    assert [event.seq for event in events] == list(range(1, 201))
    for n in range(4):
        assert [event.data["place"] for event in events if event.team == n] == list(range(50))
