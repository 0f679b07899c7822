"""The self-test: a phase a measurement, and its result from the robot itself."""

from __future__ import annotations

import pytest

from devices.api import Device
from devices.selftest import Phase, Result, overall, selftest
from devices.sim.arena import Pose
from tests.devices.benches import robot_on


async def phases_of(device: Device, *, move: bool = False) -> dict[str, Phase]:
    return {phase.name: phase async for phase in selftest(device, move=move)}


async def test_a_sound_robot_passes_and_does_not_move() -> None:
    async with robot_on(opened=False) as bench:
        phases = await phases_of(bench.robot)
        assert overall(phases.values()) is Result.PASS
        assert set(phases) == {
            "identify", "link-loss", "link-median", "link-p95", "link-throughput",
            "sensor-distance", "sensor-travelled", "sensor-turned", "stop",
        }  # fmt: skip
        assert "labctl-robot 1.0" in phases["identify"].note
        median = phases["link-median"]
        assert median.value is not None
        assert 0 < median.value < 50
        assert (median.unit, median.high) == ("ms", 50)
        assert not any(any(change.wheels) for change in bench.sims.history("robot-1"))


async def test_with_leave_to_move_it_turns_the_wheels_and_stops() -> None:
    async with robot_on() as bench:
        bench.sims.place("robot-1", Pose(140, 125, 0))
        phases = await phases_of(bench.robot, move=True)
        assert overall(phases.values()) is Result.PASS, phases
        assert phases["wheels"].value == pytest.approx(10, abs=5)
        assert phases["stop"].value is not None
        assert bench.wheels == (0, 0)
        assert any(any(change.wheels) for change in bench.sims.history("robot-1"))


async def test_wheels_that_are_held_fail() -> None:
    async with robot_on() as bench:
        bench.fault("blocked")
        phases = await phases_of(bench.robot, move=True)
        assert phases["wheels"].result is Result.FAIL
        assert overall(phases.values()) is Result.FAIL


async def test_without_encoders_a_person_has_to_look() -> None:
    async with robot_on("standard-firmata", allowed=True) as bench:
        phases = await phases_of(bench.robot, move=True)
        assert overall(phases.values()) is Result.PASS
        assert "look" in phases["wheels"].note
        assert phases["wheels"].value is None


async def test_what_does_not_open_is_an_error() -> None:
    async with robot_on(opened=False) as bench:
        bench.fault("unplugged")
        phases = await phases_of(bench.robot)
        assert list(phases) == ["identify"]
        assert phases["identify"].result is Result.ERROR
        assert phases["identify"].problem is not None


async def test_a_slow_link_fails_and_a_silent_one_is_an_error() -> None:
    async with robot_on() as bench:
        bench.fault("silent")
        phases = await phases_of(bench.robot)
        assert phases["link-loss"].result is Result.FAIL
        assert phases["link-loss"].value == 100
        assert overall(phases.values()) is Result.ERROR
