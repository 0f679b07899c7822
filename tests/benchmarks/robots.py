"""Emulated robots in a process of their own, which write down when the bytes that matter pass their ports.

``python -m tests.benchmarks.robots --count 30`` prints the addresses as a line of JSON and takes orders as lines of
JSON until its input ends. All times are ``time.monotonic()``, which is one clock for all processes on Linux.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from devices.sim.faults import Line
from devices.sim.host import SimHost
from devices.wire import firmata as wire
from tests.benchmarks.processes import Talker

REST = wire.lab_rest()
"""The stop, as the lab's firmware is told it."""

FIRST_US, LAST_US = 200, 23_000
"""Echo times between which a counter runs: 3.4 to 394 cm, which the chassis hands on as they are."""

US_PER_CM = 58.3  # as in devices/robots/robot.py

BOOT_SECONDS = 0.05


class Robots(Talker):
    """The process, as a benchmark sees it."""

    def __init__(self, count: int) -> None:
        super().__init__([sys.executable, "-m", "tests.benchmarks.robots", "--count", str(count)])
        self.addresses: dict[str, str] = self.hear()["addresses"]

    def fault(self, robot: str, kind: str | None) -> None:
        """Let something be wrong with a robot; None mends it."""
        self.ask({"do": "fault", "robot": robot, "fault": kind})

    def turning(self) -> int:
        """How many robots have motors that are told to turn."""
        return self.ask({"do": "turning"})["turning"]

    def stops(self, since: float) -> dict[str, tuple[float | None, float | None]]:
        """For each robot when its stop arrived after ``since``, and when its motors were told to rest."""
        return {robot: tuple(times) for robot, times in self.ask({"do": "stops", "since": since})["stops"].items()}

    def readings(self) -> dict[str, list[tuple[int, float]]]:
        """For each robot the echo times that it has sent since the last question, and when each left it."""
        return self.ask({"do": "readings"})["readings"]


class Tap:
    """What passes the port of one robot, and its distances, which count up so that each reading is known again."""

    def __init__(self, line: Line) -> None:
        self.rests: list[float] = []
        self.sent: list[tuple[int, float]] = []
        self._tail = b""
        self._parser = wire.Parser()
        self._next = itertools.cycle(range(FIRST_US, LAST_US)).__next__
        self._receive: Callable[[bytes, float], None] = line.receive
        self._advance: Callable[[float], bytes] = line.advance
        line.receive, line.advance = self._on_receive, self._on_advance
        line.board.plant.echo_us = lambda trigger, echo: self._next()

    def _on_receive(self, data: bytes, now: float) -> None:
        seen = self._tail + data
        if REST in seen:
            self.rests.append(time.monotonic())
        self._tail = seen[-len(REST) + 1 :]
        self._receive(data, now)

    def _on_advance(self, now: float) -> bytes:
        said = self._advance(now)
        if said:
            at = time.monotonic()
            self.sent += ((m.microseconds, at) for m in self._parser.feed(said) if isinstance(m, wire.Echo))
        return said


class Floor:
    """The robots inside the process."""

    def __init__(self, host: SimHost, count: int) -> None:
        self.host = host
        self.addresses = {f"robot-{n}": host.add(f"robot-{n}") for n in range(1, count + 1)}
        self.taps: dict[str, Tap] = {}
        for robot in self.addresses:
            host.speeds(robot)  # waits until its port is served
            self.taps[robot] = Tap(host._ports[robot].line)

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order."""
        match order["do"]:
            case "fault":
                self.host.fault(order["robot"], order["fault"])
                return {}
            case "turning":
                return {"turning": sum(any(self.host.wheels(robot)) for robot in self.addresses)}
            case "stops":
                return {"stops": {robot: self._stop(robot, order["since"]) for robot in self.addresses}}
            case "readings":
                taken = {}
                for robot, tap in self.taps.items():
                    taken[robot], tap.sent = tap.sent, []
                return {"readings": taken}
            case other:
                raise ValueError(other)

    def _stop(self, robot: str, since: float) -> tuple[float | None, float | None]:
        arrived = next((at for at in self.taps[robot].rests if at >= since), None)
        still = next((c.at for c in self.host.history(robot) if c.at >= since and not any(c.wheels)), None)
        if still is None and not any(self.host.wheels(robot)):
            still = since  # it was at rest already
        return arrived, still


def main() -> int:
    """Serve until the input ends."""
    reader = argparse.ArgumentParser(description="Emulated robots that write down when bytes pass their ports.")
    reader.add_argument("--count", type=int, default=30)
    with SimHost(boot_seconds=BOOT_SECONDS) as host:
        floor = Floor(host, reader.parse_args().count)
        _say({"addresses": floor.addresses})
        for line in sys.stdin:
            _say(floor.obey(json.loads(line)))
    return 0


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
