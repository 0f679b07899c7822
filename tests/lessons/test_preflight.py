"""Preflight finds before class what would stop a lesson, and moves nothing."""

from __future__ import annotations

import pytest

from devices.connect import Entry, connect
from devices.errors import LabError
from devices.sim.host import SimHost
from lessons.preflight import fits, preflight
from tests.lessons.benches import OneRobot, drive, plan_of, read, sense


def sentences(problems: tuple[LabError, ...]) -> list[str]:
    return [str(problem) for problem in problems]


async def test_a_robot_that_has_everything_is_ready_and_has_not_moved(bench: OneRobot) -> None:
    before = bench.host.history("robot-1")
    assert preflight(plan_of(read(), sense(), drive()), bench) == ()
    assert bench.host.history("robot-1") == before


async def test_a_place_that_nobody_filled_is_named_once(bench: OneRobot) -> None:
    bench.device = nothing
    assert sentences(preflight(plan_of(sense(), drive()), bench)) == ["There is nothing at robot"]


async def test_a_firmware_that_measures_nothing_is_named_with_what_it_lacks(host: SimHost) -> None:
    robot = connect(Entry("robot-9", "sim:standard-firmata", chassis="two-motor", allow_no_watchdog=True), sims=host)
    bench = OneRobot(host, "robot-8")
    bench.robot = robot
    await robot.open()
    try:
        assert sentences(preflight(plan_of(drive()), bench)) == [
            "robot-9 cannot do this: senses.distance, senses.travelled, senses.turned"
        ]
    finally:
        await robot.close()


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (
            sense(measure={"sensor": "distance", "min": 20, "unit": "mm"}),
            "The lesson gives distance in mm; this device measures it in cm",
        ),
        (
            sense(measure={"sensor": "distance", "min": 500, "unit": "cm"}),
            "The lesson asks for a value of distance that this device cannot measure (2 to 400 cm)",
        ),
        (
            drive(until={"sensor": "distance", "below": 1, "unit": "cm", "limit": 3}),
            "The lesson asks for a value of distance that this device cannot measure (2 to 400 cm)",
        ),
        (
            drive(check=[{"sensor": "wind", "min": 1, "unit": "m/s"}]),
            "There is no sensor wind",
        ),
    ],
    ids=["unit", "range", "mark", "sensor"],
)
async def test_what_a_robot_cannot_measure_is_said_once(step, expected: str, bench: OneRobot) -> None:
    problems = preflight(plan_of(step, {**step, "id": "again"}), bench)
    assert sentences(problems) == [expected]
    assert problems[0].hint


def test_a_lesson_longer_than_the_period_is_told() -> None:
    plan = plan_of(read())
    assert fits(plan) == ()
    (problem,) = fits(plan, period_minutes=40)
    assert str(problem) == "The lesson takes 45 minutes; the period has 40"


def nothing(role: str) -> None:
    raise LabError(f"There is nothing at {role}")
