"""A step that the teacher ticks off: what no sensor can see."""

from __future__ import annotations

from typing import ClassVar, Literal

from devices.errors import LabError
from devices.text import _
from lessons.outcomes import Origin, Outcome, Result
from lessons.parts import Phrase, StepPart
from lessons.ports import Bench, Context


class Hold(StepPart):
    """The team shows something and the teacher says that it is there.

    Attributes:
        look_for: What the teacher looks for before ticking.
    """

    do: Literal["hold"]
    look_for: Phrase
    moves: ClassVar[bool] = False


def check(step: Hold, bench: Bench) -> tuple[LabError, ...]:
    """Nothing can be missing: the teacher is there."""
    return ()


async def run(step: Hold, context: Context) -> Result:
    """Wait for the teacher's tick."""
    await context.person(_("Show your work to your teacher."))
    return Result(Outcome.PASSED, _("The teacher saw it and ticked it off."), origin=Origin.TYPED)
