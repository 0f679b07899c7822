"""What to do when a step did not pass: one pure function, so that it can be read and tested as the rule it is."""

from __future__ import annotations

from enum import StrEnum

from devices.errors import BadValue, DeviceLost, LabError, NotSupported, Stopped, UnknownName, WrongReply
from lessons.outcomes import Outcome
from lessons.steps import Step

LOSSES = 3
"""How often a device may be lost in one step before a person is asked: a cable that keeps dropping needs hands."""


class Recovery(StrEnum):
    """What happens next.

    ``retry``: the step begins again by itself. ``hint``: the next hint is shown and the team begins again when it
    wants to. ``teacher``: a person looks, then the step begins again. ``device``: the team waits for its device.
    ``release``: the team waits for the end of a stop. ``fail``: beginning again cannot help; the step is over.
    """

    RETRY = "retry"
    HINT = "hint"
    TEACHER = "teacher"
    DEVICE = "device"
    RELEASE = "release"
    FAIL = "fail"


def decide(step: Step, trouble: LabError | Outcome, times: int) -> Recovery:
    """What to do about a step that did not pass.

    Nothing that moves is ever repeated by itself, but for a device that was lost and came back.

    Args:
        step: The step.
        trouble: The error that broke it off, or the outcome of an attempt that was carried through.
        times: How many times this step has come to the same kind of trouble (``kind_of``), this one counted.
    """
    match trouble:
        case Outcome():
            if not step.moves and times == 1:
                return Recovery.RETRY
            tried = times if step.moves else times - 1
            return Recovery.HINT if tried <= len(step.hints) else Recovery.TEACHER
        case Stopped():
            return Recovery.RELEASE
        case DeviceLost():
            return Recovery.DEVICE if times <= LOSSES else Recovery.TEACHER
        case BadValue() | NotSupported() | UnknownName():
            return Recovery.FAIL
        case WrongReply() if not step.moves and times == 1:
            return Recovery.RETRY
        case _:
            return Recovery.TEACHER


def kind_of(trouble: LabError | Outcome) -> str:
    """Troubles that are counted together: attempts that were carried through, and every way of losing a device."""
    match trouble:
        case Outcome():
            return "outcome"
        case DeviceLost():
            return DeviceLost.slug
        case _:
            return trouble.slug


def stuck(step: Step, seconds: float) -> bool:
    """Whether a team has been at a step for longer than it is expected to need."""
    return seconds > step.minutes * 60
