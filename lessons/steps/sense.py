"""A step that measures: a sensor, its limits, and for how long."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from devices.errors import LabError
from devices.text import _
from lessons.outcomes import Result, judged, quantity
from lessons.parts import Limits, Slug, StepPart
from lessons.ports import Bench, Context, sensing
from lessons.steps.measuring import against, check_limits, over


class Sense(StepPart):
    """One measurement: the middle one of the readings of some seconds, held against limits.

    Attributes:
        role: The place on the bench (``with`` in the file).
        measure: What is measured and what passes.
        seconds: For how long it is measured.
    """

    do: Literal["sense"]
    role: Annotated[Slug, Field(alias="with")]
    measure: Limits
    seconds: Annotated[float, Field(gt=0, le=30)] = 2.0
    moves: ClassVar[bool] = False

    @property
    def place(self) -> str:
        return self.role

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({f"senses.{self.measure.sensor}"})


def check(step: Sense, bench: Bench) -> tuple[LabError, ...]:
    """Whether the device has the sensor, in this unit and range."""
    return check_limits((step.measure,), bench, step.role)


async def run(step: Sense, context: Context) -> Result:
    """Measure, and say whether it is within the limits."""
    senses = sensing(context.bench, step.role)
    context.say(_("Measuring. %(what)s", what=quantity(step.measure.sensor)))
    value = await over(senses, step.measure.sensor, step.seconds)
    measured = against(step.measure, senses, value)
    return judged([measured], origin=context.bench.origin(step.role))
