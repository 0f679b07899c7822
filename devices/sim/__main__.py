"""Runs simulated boards by themselves: ``python -m devices.sim --firmware labctl-robot --count 2``.

Prints their addresses as one line of JSON and runs until its input ends. Meanwhile it takes faults as lines of JSON,
``{"device": "robot-1", "fault": "silent"}``, with null to end one, and answers each with a line.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, cast

from devices.errors import BadValue, LabError
from devices.sim.faults import Fault
from devices.sim.firmata import FIRMWARES
from devices.sim.host import SimHost
from devices.text import _


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the input ends."""
    reader = argparse.ArgumentParser(prog="python -m devices.sim", description="Simulated boards on loopback ports.")
    reader.add_argument("--firmware", choices=sorted(FIRMWARES), default="labctl-robot")
    reader.add_argument("--count", type=int, default=1, help="how many boards")
    reader.add_argument("--seed", type=int, default=0)
    reader.add_argument("--boot-seconds", type=float, default=None, help="instead of what the firmware takes")
    chosen = reader.parse_args(arguments)
    with SimHost(seed=chosen.seed, boot_seconds=chosen.boot_seconds) as host:
        robots = [f"robot-{number + 1}" for number in range(chosen.count)]
        _say({"addresses": {robot: host.add(robot, chosen.firmware) for robot in robots}})
        for line in sys.stdin:
            if line.strip():
                _say(_obey(host, line))
    return 0


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _obey(host: SimHost, line: str) -> dict[str, Any]:
    try:
        asked: Any = json.loads(line)
        if not isinstance(asked, dict):
            raise BadValue(_("A line is an object with a device and a fault"))
        order = cast("dict[str, Any]", asked)
        fault = order.get("fault")
        host.fault(str(order.get("device")), None if fault is None else Fault.read(fault))
    except json.JSONDecodeError as error:
        return {"ok": False, "error": str(error)}
    except LabError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True}


if __name__ == "__main__":
    sys.exit(main())
