"""The clock is distrusted while the journal knows a later time, until a teacher says that it is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from labctl.clock import ClockGuard, confirm, guard, latest_known, now, read_guard
from labctl.store.journal import Event
from labctl.store.store import Store

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("latest", "held", "behind"),
    [
        (None, False, timedelta(0)),
        (NOON - DAY, False, timedelta(0)),
        (NOON, False, timedelta(0)),
        (NOON + 2 * MINUTE, False, 2 * MINUTE),
        (NOON + 2 * MINUTE + SECOND, True, 2 * MINUTE + SECOND),
        (NOON + 300 * DAY, True, 300 * DAY),
    ],
)
def test_a_clock_that_is_far_behind_the_journal_is_held(latest, held: bool, behind: timedelta) -> None:
    assert guard(latest, NOON) == ClockGuard(held, behind)


def test_now_is_utc() -> None:
    assert now().utcoffset() == timedelta(0)
    assert abs(now() - datetime.now(UTC)) < MINUTE


async def held_at(store: Store, at: datetime) -> bool:
    return (await store.read(lambda session: read_guard(session, at))).held


async def test_a_new_lab_trusts_its_clock(store: Store) -> None:
    assert not await held_at(store, NOON)
    await store.write(lambda session: confirm(session, NOON))
    assert not await held_at(store, NOON)


async def test_events_written_while_the_clock_is_wrong_do_not_prove_it_right(store: Store) -> None:
    await store.record(Event("before", at=NOON))
    await store.record(Event("after a power cut", at=NOON - 3 * DAY))
    assert await store.read(latest_known) == NOON
    assert await held_at(store, NOON - 3 * DAY + MINUTE)
    assert not await held_at(store, NOON + MINUTE), "a clock that was set right needs nobody"


async def test_a_teacher_confirms_the_time_and_what_was_wrong_before_is_forgiven(store: Store) -> None:
    await store.record(Event("from a clock in the future", at=NOON + 300 * DAY))
    assert await held_at(store, NOON)
    await store.write(lambda session: confirm(session, NOON))
    assert not await held_at(store, NOON + SECOND)
    await store.record(Event("next", at=NOON + DAY))
    assert not await held_at(store, NOON + DAY)
    assert await held_at(store, NOON + MINUTE), "what came after the confirmation counts again"
    assert await held_at(store, NOON - DAY)


async def test_a_confirmed_time_is_itself_the_latest_known(store: Store) -> None:
    await store.write(lambda session: confirm(session, NOON))
    assert await held_at(store, NOON - DAY)
