"""A step that drives: for some seconds or until a sensor passes a value; then its checks are measured."""

from __future__ import annotations

import asyncio
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from devices.api import DRIVE_LIMIT, Drives, Senses
from devices.errors import LabError
from devices.text import Text, _
from lessons.outcomes import Result, judged, quantity, unit
from lessons.parts import Limits, Part, Slug, Speed, StepPart
from lessons.ports import Bench, Context, driving, sensing
from lessons.steps.measuring import against, check_limits, values_of

RENEW = DRIVE_LIMIT - 0.5
"""Seconds after which a long drive is renewed: early enough that the wheels do not rest in between."""

IN_A_ROW = 2
"""Readings in a row that must have passed the value: an ultrasonic sensor gives a stray echo now and then."""


RUN_OUT = 0.3
"""Seconds that a robot is given to stand still before it is measured: at 40 cm/s it rolls on for about 0.1 s."""


class Until(Part):
    """Drive until a sensor passes a value.

    Attributes:
        sensor: Name of the sensor.
        below: The value is passed when readings are less than this; give this or ``above``.
        above: The value is passed when readings are more than this.
        unit: Unit of the value; it must be the sensor's own.
        limit: Seconds after which the robot stops although the value was not passed.
    """

    sensor: Slug
    below: float | None = None
    above: float | None = None
    unit: Annotated[str, Field(min_length=1)]
    limit: Annotated[float, Field(gt=0, le=30)]

    @model_validator(mode="after")
    def _one_side(self) -> Until:
        if (self.below is None) == (self.above is None):
            raise ValueError(_("give either below or above"))
        return self

    def passed_by(self, value: float) -> bool:
        """Whether a reading has passed the value."""
        if self.below is not None:
            return value < self.below
        return self.above is not None and value > self.above

    def as_limits(self) -> Limits:
        """The value as limits, to be checked like any other."""
        return Limits(sensor=self.sensor, min=self.above, max=self.below, unit=self.unit)


class Drive(StepPart):
    """Turn the two wheels, then measure what came of it.

    Attributes:
        role: The place on the bench (``with`` in the file).
        left: Speed of the left wheel, -1 (full back) to 1 (full forward).
        right: Speed of the right wheel, likewise.
        seconds: How long; give this or ``until``.
        until: Drive until a sensor passes a value.
        checks: What is measured afterwards and what passes (``check`` in the file).
    """

    do: Literal["drive"]
    role: Annotated[Slug, Field(alias="with")]
    left: Speed
    right: Speed
    seconds: Annotated[float, Field(gt=0, le=30)] | None = None
    until: Until | None = None
    checks: Annotated[tuple[Limits, ...], Field(alias="check", min_length=1)]
    moves: ClassVar[bool] = True

    @model_validator(mode="after")
    def _one_end(self) -> Drive:
        if (self.seconds is None) == (self.until is None):
            raise ValueError(_("give either seconds or until"))
        return self

    @property
    def place(self) -> str:
        return self.role

    @property
    def needs(self) -> frozenset[str]:
        sensors = {each.sensor for each in self.checks} | ({self.until.sensor} if self.until else set[str]())
        return frozenset({"drives"} | {f"senses.{sensor}" for sensor in sensors})


def check(step: Drive, bench: Bench) -> tuple[LabError, ...]:
    """Whether the device drives and has the sensors, in their units and ranges. Nothing moves."""
    try:
        driving(bench, step.role)
    except LabError as error:
        return (error,)
    asked = (*step.checks, step.until.as_limits()) if step.until else step.checks
    return check_limits(asked, bench, step.role)


async def run(step: Drive, context: Context) -> Result:
    """Measure, drive, measure again, and say whether what changed is within the limits."""
    drives, senses = driving(context.bench, step.role), sensing(context.bench, step.role)
    before = await values_of(senses, [each.sensor for each in step.checks if each.change])
    await context.announce(step.role)
    context.say(_("Driving."))
    shortfall: Text | None = None
    if step.until is not None:
        if not await drive_until(drives, senses, step.left, step.right, step.until):
            shortfall = _not_reached(step.until)
    else:
        await drive_for(drives, step.left, step.right, step.seconds or 0)
    context.say(_("Measuring."))
    await asyncio.sleep(RUN_OUT)
    after = await values_of(senses, [each.sensor for each in step.checks])
    measured = [against(each, senses, after[each.sensor], before.get(each.sensor)) for each in step.checks]
    return judged(measured, origin=context.bench.origin(step.role), shortfall=shortfall)


async def drive_for(drives: Drives, left: float, right: float, seconds: float) -> None:
    """Drive for any time by drives that are each short, renewed before they end; at rest when it returns or raises.

    A controller that forgets the robot leaves at most one short drive under way.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    under_way: set[asyncio.Task[None]] = set()
    try:
        while (left_over := end - clock()) > DRIVE_LIMIT:
            under_way.add(asyncio.create_task(drives.drive(left, right, seconds=DRIVE_LIMIT)))
            done, under_way = await asyncio.wait(under_way, timeout=RENEW, return_when=asyncio.FIRST_EXCEPTION)
            for each in done:
                each.result()
        await drives.drive(left, right, seconds=left_over)
    finally:
        await _end(under_way)


async def drive_until(drives: Drives, senses: Senses, left: float, right: float, until: Until) -> bool:
    """Drive until a sensor passes a value; at rest when it returns or raises.

    A sensor that falls silent ends the drive with ``NoAnswer`` within a second.

    Returns:
        Whether the value was passed within the time.
    """
    wheels = asyncio.create_task(drive_for(drives, left, right, until.limit))
    watch = asyncio.create_task(_passes(senses, until))
    try:
        await asyncio.wait({wheels, watch}, return_when=asyncio.FIRST_COMPLETED)
        if watch.done():
            watch.result()
            return True
        wheels.result()
        return False
    finally:
        await _end({wheels, watch})


async def _passes(senses: Senses, until: Until) -> None:
    in_a_row = 0
    while in_a_row < IN_A_ROW:
        reading = await senses.sense(until.sensor)
        in_a_row = in_a_row + 1 if until.passed_by(reading.value) else 0


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel and see each one out: a cancelled drive ends with the wheels at rest."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # looked at, or asyncio complains that nobody did


def _not_reached(until: Until) -> Text:
    places = {"what": quantity(until.sensor), "unit": unit(until.unit), "seconds": _short(until.limit)}
    if until.below is not None:
        return _(
            "Did not come below the mark within %(seconds)s s. %(what)s: %(value)s %(unit)s was the mark.",
            value=_short(until.below),
            **places,
        )
    return _(
        "Did not come above the mark within %(seconds)s s. %(what)s: %(value)s %(unit)s was the mark.",
        value=_short(until.above or 0),
        **places,
    )


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value
