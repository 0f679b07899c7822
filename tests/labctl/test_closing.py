"""Closing a lab takes less than the three seconds that a process has after SIGTERM, whatever its robots do."""

from __future__ import annotations

import time

import pytest

from labctl.views import DeviceState
from tests.labctl.conftest import Opening
from tests.labctl.opened import until

pytestmark = pytest.mark.slow

CLOSE_SECONDS = 2.8


@pytest.mark.parametrize("fault", ["silent", "stuck", "unplugged"])
def test_a_lab_closes_in_time_in_the_middle_of_a_lesson(open_robots: Opening, fault: str) -> None:
    opened = open_robots(3)
    opened.lab.start_run("first-drive", None, "teacher")
    deadline = time.monotonic() + 30
    while not all(opened.wheels(n) != (0, 0) for n in (1, 2, 3)):
        assert time.monotonic() < deadline
        opened.lab.go_on(None, "teacher")
        time.sleep(0.02)
    for n in (1, 2):
        opened.sims.fault(f"Robot {n}", fault)
    if fault == "unplugged":
        until(lambda: opened.lab.device("robot-1").state is DeviceState.LOST)
    began = time.monotonic()
    open_robots.close()
    assert time.monotonic() - began < CLOSE_SECONDS
