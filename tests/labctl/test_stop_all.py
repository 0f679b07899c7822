"""One press: every wheel at rest, nothing moves until release, and what did not confirm is named within a second."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from devices.errors import LabError, Stopped
from labctl.views import DeviceState
from tests.labctl.conftest import Opening
from tests.labctl.opened import Opened, until


def drive(opened: Opened, n: int, seconds: float = 2.0) -> threading.Thread:
    """Drive robot n from a thread, as a page would; what it raises is its own affair."""
    epoch = opened.lab.stop_view().epoch

    def go() -> None:
        with contextlib.suppress(LabError):
            opened.lab.drive(f"robot-{n}", 1, 1, seconds, epoch=epoch, by="test")

    thread = threading.Thread(target=go, name=f"drive {n}")
    thread.start()
    return thread


def test_one_press_stops_every_robot_and_all_confirm(open_robots: Opening) -> None:
    opened = open_robots(3)
    drives = [drive(opened, n) for n in (1, 2, 3)]
    until(lambda: all(opened.wheels(n) == (1, 1) for n in (1, 2, 3)))

    view = opened.lab.stop_all("test")

    assert [opened.wheels(n) for n in (1, 2, 3)] == [(0, 0)] * 3
    assert view.latched
    assert set(view.confirmed) == {"robot-1", "robot-2", "robot-3"}
    assert not view.failed
    for thread in drives:
        thread.join(3)
    assert {device.state for device in opened.lab.devices()} == {DeviceState.STOPPED}


def test_a_late_command_does_nothing_until_release_and_one_from_before_never(
    open_robots: Opening,
) -> None:
    opened = open_robots(1)
    before = opened.lab.stop_view().epoch
    opened.lab.stop_all("test")
    with pytest.raises(Stopped):
        opened.lab.drive("robot-1", 1, 1, 0.2, epoch=opened.lab.stop_view().epoch, by="test")
    opened.lab.release("test")
    with pytest.raises(Stopped):
        opened.lab.drive("robot-1", 1, 1, 0.2, epoch=before, by="test")
    assert all(change_is_rest(change) for change in opened.sims.history("Robot 1"))
    opened.lab.drive("robot-1", 0.5, 0.5, 0.1, epoch=opened.lab.stop_view().epoch, by="test")
    assert not all(change_is_rest(change) for change in opened.sims.history("Robot 1"))


def change_is_rest(change: object) -> bool:
    return not any(getattr(change, "wheels", (0, 0)))


def test_a_silent_robot_is_named_within_a_second_and_does_not_delay_the_others(
    open_robots: Opening,
) -> None:
    opened = open_robots(3)
    opened.sims.fault("Robot 2", "silent")
    began = time.monotonic()
    view = opened.lab.stop_all("test")
    took = time.monotonic() - began
    assert took < 1.0
    assert set(view.failed) == {"robot-2"}
    assert view.failed["robot-2"].hint
    assert all(seconds < 0.3 for seconds in view.confirmed.values())
    assert opened.lab.device("robot-2").state is DeviceState.UNCONFIRMED


def test_stop_while_a_write_is_stuck(open_robots: Opening) -> None:
    opened = open_robots(2)
    drives = [drive(opened, n) for n in (1, 2)]
    until(lambda: opened.wheels(1) == opened.wheels(2) == (1, 1))
    opened.sims.fault("Robot 1", "stuck")
    view = opened.lab.stop_all("test")
    assert opened.wheels(2) == (0, 0)
    assert "robot-1" in view.failed
    until(lambda: opened.wheels(1) == (0, 0), 1.5)  # its dead man
    for thread in drives:
        thread.join(4)


def test_stop_while_a_program_drives_at_fifty_hertz(open_robots: Opening) -> None:
    opened = open_robots(1)
    done = threading.Event()
    refused = 0

    def program() -> None:
        nonlocal refused
        epoch = opened.lab.stop_view().epoch
        while not done.is_set():
            try:
                opened.lab.drive("robot-1", 0.8, 0.8, 0.02, epoch=epoch, by="program")
            except Stopped:
                refused += 1
                time.sleep(0.02)

    thread = threading.Thread(target=program, name="program")
    thread.start()
    until(lambda: len(opened.sims.history("Robot 1")) > 20)
    opened.lab.stop_all("test")
    changes = len(opened.sims.history("Robot 1"))
    time.sleep(0.5)
    assert opened.wheels(1) == (0, 0)
    assert len(opened.sims.history("Robot 1")) == changes
    assert refused > 5
    opened.lab.release("test")
    time.sleep(0.3)
    assert len(opened.sims.history("Robot 1")) == changes
    done.set()
    thread.join(2)


def test_stop_while_one_port_is_gone(open_robots: Opening) -> None:
    opened = open_robots(2)
    opened.sims.fault("Robot 1", "unplugged")
    until(lambda: opened.lab.device("robot-1").state is DeviceState.LOST)
    view = opened.lab.stop_all("test")
    assert set(view.confirmed) == {"robot-2"}
    assert set(view.failed) == {"robot-1"}
    opened.sims.fault("Robot 1", None)
    until(lambda: opened.lab.device("robot-1").state is DeviceState.STOPPED)
    assert not opened.lab.stop_view().failed


def test_the_stop_goes_on_when_the_page_that_asked_has_gone(open_robots: Opening) -> None:
    opened = open_robots(2)
    drives = [drive(opened, n) for n in (1, 2)]
    until(lambda: opened.wheels(1) == opened.wheels(2) == (1, 1))
    with pytest.raises(LabError):
        opened.lab._portal.hand_over(lambda: opened.core.press_stop("page"), seconds=0.0001, name="stop all")
    until(lambda: opened.wheels(1) == opened.wheels(2) == (0, 0), 1.0)
    assert opened.lab.stop_view().latched
    for thread in drives:
        thread.join(3)


def test_a_second_press_stops_again_and_reports_anew(open_robots: Opening) -> None:
    opened = open_robots(1)
    first = opened.lab.stop_all("a")
    second = opened.lab.stop_all("b")
    assert second.epoch > first.epoch
    assert set(second.confirmed) == {"robot-1"}
    assert second.by == "b"


def test_a_person_may_say_that_a_robot_is_off(open_robots: Opening) -> None:
    opened = open_robots(1)
    opened.sims.fault("Robot 1", "silent")
    opened.lab.stop_all("test")
    view = opened.lab.acknowledge("robot-1", "test")
    assert not view.failed
    assert view.latched
