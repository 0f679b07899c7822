"""Measuring for a check: the middle one of several readings, so that one stray echo decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median

from devices.api import Senses
from devices.errors import BadValue, LabError
from devices.text import _
from lessons.outcomes import Measured
from lessons.parts import Limits
from lessons.ports import Bench, sensing, sensor_of

READINGS = 3
"""Fewest readings behind one number: the middle of three leaves out a single stray one."""


async def settled(senses: Senses, sensor: str) -> float:
    """What a sensor says now: the middle one of the next few readings. Raises as ``sense`` does."""
    return median([(await senses.sense(sensor)).value for _reading in range(READINGS)])


async def over(senses: Senses, sensor: str, seconds: float) -> float:
    """The middle one of all readings of some time, and of at least a few. Raises as ``sense`` does."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    values: list[float] = []
    while len(values) < READINGS or loop.time() < until:
        values.append((await senses.sense(sensor)).value)
    return median(values)


async def values_of(senses: Senses, sensors: Sequence[str]) -> dict[str, float]:
    """What each of several sensors says now, by name. Raises as ``sense`` does."""
    return {name: await settled(senses, name) for name in dict.fromkeys(sensors)}


def against(limits: Limits, senses: Senses, value: float, before: float | None = None) -> Measured:
    """A value, or its change since ``before``, held against limits."""
    sensor = sensor_of(senses, limits.sensor)
    number = value - before if limits.change and before is not None else value
    return Measured(
        sensor.name, number, sensor.unit, limits.min, limits.max, change=limits.change, digits=sensor.digits
    )


def check_limits(limits: Sequence[Limits], bench: Bench, place: str) -> tuple[LabError, ...]:
    """Whether a device can measure what is asked, in the unit and range that it has. Nothing is measured."""
    try:
        senses = sensing(bench, place)
    except LabError as error:
        return (error,)
    problems: list[LabError] = []
    for each in limits:
        try:
            sensor = sensor_of(senses, each.sensor)
        except LabError as error:
            problems.append(error)
            continue
        if each.unit != sensor.unit:
            problems.append(
                BadValue(
                    _(
                        "The lesson gives %(sensor)s in %(asked)s; this device measures it in %(unit)s",
                        sensor=each.sensor,
                        asked=each.unit,
                        unit=sensor.unit,
                    ),
                    hint=_("Give the team another device for this lesson."),
                )
            )
        elif not each.change and _outside(each, sensor.low, sensor.high):
            problems.append(
                BadValue(
                    _(
                        "The lesson asks for a value of %(sensor)s that this device cannot measure "
                        "(%(low)g to %(high)g %(unit)s)",
                        sensor=each.sensor,
                        low=sensor.low,
                        high=sensor.high,
                        unit=sensor.unit,
                    ),
                    hint=_("Give the team another device for this lesson."),
                )
            )
    return tuple(problems)


def _outside(limits: Limits, low: float, high: float) -> bool:
    return (limits.min is not None and limits.min > high) or (limits.max is not None and limits.max < low)
