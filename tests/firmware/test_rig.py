"""Real firmware drives a robot on the simulated floor, and feels it."""

from __future__ import annotations

import math

import pytest

from devices.firmware import hex_path
from devices.sim.plant import ECHO_US_PER_CM
from tests.firmware import wire
from tests.firmware.wire import OUTPUT, PWM, Board
from tests.real.arduino import Uno
from tests.real.rig import Rig

pytestmark = pytest.mark.real

CM_PER_PULSE = math.pi * 6.5 / 20


def test_a_robot_drives_counts_and_sees_the_wall_come_nearer() -> None:
    with Uno(hex_path()) as uno, Board(uno) as board, Rig({"robot-1": uno}, seed=3) as rig:
        board.send(*(wire.mode(pin, PWM) for pin in (5, 6)), *(wire.mode(pin, OUTPUT) for pin in (4, 7, 8, 9)))
        board.send(wire.ultrasonic(12, 11, 60), wire.encoders(100))
        rig.place("robot-1", 140, 125, 0)
        board.ignore(0.3)
        before = rig.pose("robot-1")
        board.send(wire.port(0, 0x90), wire.analog(5, 255), wire.analog(6, 255), wire.KEEP_ALIVE)
        board.heard(0.4)
        board.send(wire.KEEP_ALIVE)
        board.heard(1.2)  # the dead man stops it meanwhile
        moved = before.y - rig.pose("robot-1").y
        assert rig.speeds("robot-1") == (0, 0)
        assert 20 < moved < 45
        reports = board.heard(0.3)
        board.send(wire.encoders(100))
        reports += board.heard(0.1)
        counts = next(report for report in reports if report.startswith(b"\xf0\x0a\x04"))
        rolled = [wire.number(counts[start : start + 4]) * CM_PER_PULSE for start in (3, 7)]
        assert rolled == pytest.approx(rig.travel("robot-1"), abs=3 * CM_PER_PULSE)
        echo = next(report for report in reversed(reports) if report.startswith(b"\xf0\x0a\x03"))
        assert wire.number(echo[3:-1]) / ECHO_US_PER_CM == pytest.approx(rig.distance("robot-1"), abs=1)
