"""A clock behind the journal is said in the Room, and what is timed waits until a teacher confirms the time."""

from __future__ import annotations

from datetime import timedelta

from labctl.clock import now
from labctl.store.journal import Event
from labctl.store.store import Store
from tests.labctl.conftest import Opening
from tests.labctl.opened import Opened


def asked(opened: Opened) -> bool:
    return any(need.kind == "clock" for need in opened.lab.room().needs)


def test_a_clock_behind_the_last_event_asks_for_the_teacher_until_confirmed(open_robots: Opening) -> None:
    assert not asked(open_robots(1))
    open_robots.close()
    store = Store.open(open_robots.places.database)
    store.append(Event("run.finished", at=now() + timedelta(days=3)))
    store.close_now()

    opened = open_robots.restart()
    assert asked(opened)
    opened.lab.confirm_clock("teacher")
    assert not asked(opened)
    assert not asked(open_robots.restart())
