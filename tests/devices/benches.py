"""Robots and boards on the emulator that ships with labctl."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from devices.addresses import parse_address
from devices.connect import link_to
from devices.drivers.firmata import FirmataBoard
from devices.robots.chassis import chassis
from devices.robots.robot import Robot
from devices.sim.host import SimHost


class Bench:
    """A simulated robot, from the lab's side and from the floor's."""

    def __init__(self, sims: SimHost, firmware: str, *, allowed: bool, body: str) -> None:
        self.sims = sims
        address = parse_address(sims.add("robot-1", firmware))
        self.board = FirmataBoard("robot-1", link_to(address, name="robot-1"))
        self.robot = Robot(self.board, chassis(body), allow_no_watchdog=allowed)

    @property
    def wheels(self) -> tuple[float, float]:
        """What the motors are told."""
        return self.sims.wheels("robot-1")

    def fault(self, kind: str | None) -> None:
        """Let something be wrong with the board."""
        self.sims.fault("robot-1", kind)


@asynccontextmanager
async def robot_on(
    firmware: str = "labctl-robot", *, allowed: bool = False, body: str = "two-motor", opened: bool = True
) -> AsyncIterator[Bench]:
    """A simulated robot, open."""
    with SimHost(boot_seconds=0.02) as sims:
        bench = Bench(sims, firmware, allowed=allowed, body=body)
        try:
            if opened:
                await bench.robot.open()
            yield bench
        finally:
            await bench.robot.close()


async def until(true: Callable[[], bool], seconds: float = 2.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.01)
