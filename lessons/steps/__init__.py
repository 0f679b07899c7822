"""The steps a lesson is made of, one a file, and the one place where they are told apart."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from devices.errors import LabError
from lessons.outcomes import Result
from lessons.ports import Bench, Context
from lessons.steps import drive, hold, read, sense
from lessons.steps.drive import Drive
from lessons.steps.hold import Hold
from lessons.steps.read import Read
from lessons.steps.sense import Sense

Step: TypeAlias = Annotated[Read | Sense | Drive | Hold, Field(discriminator="do")]
"""A step; ``do`` says which."""


def check(step: Step, bench: Bench) -> tuple[LabError, ...]:
    """What a step would lack on this bench. Nothing moves and nothing is measured."""
    match step:
        case Read():
            return read.check(step, bench)
        case Sense():
            return sense.check(step, bench)
        case Drive():
            return drive.check(step, bench)
        case Hold():
            return hold.check(step, bench)


async def run(step: Step, context: Context) -> Result:
    """One attempt at a step.

    Raises:
        LabError: A device could not do its part; that is never the students' failure.
    """
    match step:
        case Read():
            return await read.run(step, context)
        case Sense():
            return await sense.run(step, context)
        case Drive():
            return await drive.run(step, context)
        case Hold():
            return await hold.run(step, context)
