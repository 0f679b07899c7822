"""A robot that sends ten readings a second is shown ten a second, none of them late."""

from __future__ import annotations

import asyncio
import math
import random

from devices.api import Reading
from devices.robots.readings import Readings
from labctl.telemetry import BETWEEN_FRAMES, Coalescer

PERIOD = 0.1  # seconds: what robots are told to send at


def test_no_value_waits_longer_than_for_the_next_frame() -> None:
    chance = random.Random(1)
    coalescer = Coalescer()
    coming = sorted(
        (number * PERIOD + phase + chance.uniform(0, 0.01), f"robot-{robot}", number)
        for robot, phase in enumerate(chance.uniform(0, PERIOD) for _ in range(30))
        for number in range(100)
    )
    came: dict[tuple[str, float], float] = {}
    delays: list[float] = []
    while coming or coalescer.due() < math.inf:
        if coming and coming[0][0] <= coalescer.due():
            at, robot, number = coming.pop(0)
            came[robot, number] = at
            coalescer.put(robot, "distance", number)
        else:
            at = coalescer.due() + chance.uniform(0, 0.002)  # a timer is never early and often a little late
            delays += (at - came[robot, value] for robot, one in coalescer.take(at).items() for value in one.values())
    assert len(delays) == 30 * 100
    assert max(delays) <= BETWEEN_FRAMES + 0.002


async def test_a_reading_each_tenth_of_a_second_is_told_at_once() -> None:
    readings = Readings("Robot 1")
    told: list[float] = []
    readings.listen(lambda reading: told.append(reading.value))
    for number in range(6):
        readings.publish(Reading("distance", number, 0.0))
        assert told[-1] == number
        await asyncio.sleep(PERIOD)
