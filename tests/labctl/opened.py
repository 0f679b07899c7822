"""A lab under test as its tests see it, and waiting for something to be so."""

from __future__ import annotations

import time
from collections.abc import Callable

from devices.sim.host import SimHost
from labctl.core import Core
from labctl.lab import Lab

ROBOT = '[devices.robot-{n}]\nchassis = "two-motor"\naddress = "sim:labctl-robot"\n'


class Opened:
    """A lab under test: the facade, the floor its robots stand on, and the parts beneath."""

    def __init__(self, lab: Lab, core: Core, sims: SimHost) -> None:
        self.lab, self.core, self.sims = lab, core, sims

    def wheels(self, n: int) -> tuple[float, float]:
        """What the motors of robot n are told, at the far end of the wire."""
        return self.sims.wheels(f"Robot {n}")


def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until something is so; fail when it is not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
