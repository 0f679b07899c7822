"""A step that a team reads and talks about; it is over when someone goes on."""

from __future__ import annotations

from typing import ClassVar, Literal

from devices.errors import LabError
from devices.text import _
from lessons.outcomes import Outcome, Result
from lessons.parts import StepPart
from lessons.ports import Bench, Context


class Read(StepPart):
    """A text to read, a question to talk about, something to write down on paper."""

    do: Literal["read"]
    moves: ClassVar[bool] = False


def check(step: Read, bench: Bench) -> tuple[LabError, ...]:
    """Nothing can be missing for a text."""
    return ()


async def run(step: Read, context: Context) -> Result:
    """Wait until someone goes on."""
    await context.person(_("Read the step and talk it over, then go on."))
    return Result(Outcome.PASSED)
