"""Where a team can be in a run, and what leads from one to the other: a table, so that nothing is left to chance."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class TeamState(StrEnum):
    """How a team's run is. ``waiting`` waits for a person, ``parked`` for its device."""

    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    PARKED = "parked"
    PAUSED = "paused"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"


class Cause(StrEnum):
    """What can happen to a team."""

    START = "start"
    WAIT = "wait"
    GO_ON = "go-on"
    SKIP = "skip"
    LOSE = "lose"
    BACK = "back"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    END = "end"
    CUT = "cut"


READY, RUNNING, WAITING, PARKED, PAUSED, STOPPED, INTERRUPTED, FINISHED = TeamState

OVER = frozenset({FINISHED, INTERRUPTED})
"""From here a run goes nowhere; a new one begins where a person says."""

TABLE: Mapping[tuple[TeamState, Cause], TeamState] = {
    (READY, Cause.START): RUNNING,
    (READY, Cause.END): FINISHED,
    (READY, Cause.CUT): INTERRUPTED,
    (RUNNING, Cause.WAIT): WAITING,
    (RUNNING, Cause.SKIP): RUNNING,
    (RUNNING, Cause.LOSE): PARKED,
    (RUNNING, Cause.PAUSE): PAUSED,
    (RUNNING, Cause.STOP): STOPPED,
    (RUNNING, Cause.END): FINISHED,
    (RUNNING, Cause.CUT): INTERRUPTED,
    (WAITING, Cause.GO_ON): RUNNING,
    (WAITING, Cause.SKIP): RUNNING,
    (WAITING, Cause.PAUSE): PAUSED,
    (WAITING, Cause.END): FINISHED,
    (WAITING, Cause.CUT): INTERRUPTED,
    (PARKED, Cause.BACK): RUNNING,
    (PARKED, Cause.STOP): STOPPED,
    (PARKED, Cause.SKIP): RUNNING,
    (PARKED, Cause.PAUSE): PAUSED,
    (PARKED, Cause.END): FINISHED,
    (PARKED, Cause.CUT): INTERRUPTED,
    (PAUSED, Cause.RESUME): RUNNING,
    (PAUSED, Cause.SKIP): PAUSED,
    (PAUSED, Cause.END): FINISHED,
    (PAUSED, Cause.CUT): INTERRUPTED,
    (STOPPED, Cause.GO_ON): RUNNING,
    (STOPPED, Cause.SKIP): RUNNING,
    (STOPPED, Cause.PAUSE): PAUSED,
    (STOPPED, Cause.END): FINISHED,
    (STOPPED, Cause.CUT): INTERRUPTED,
}


class UnknownTransition(AssertionError):
    """A bug in the runner: this cannot happen to a team that is there."""


def after(state: TeamState, cause: Cause) -> TeamState:
    """Where a team goes.

    Raises:
        UnknownTransition: The table knows no such way.
    """
    try:
        return TABLE[state, cause]
    except KeyError:
        raise UnknownTransition(f"{cause} cannot happen to a team that is {state}") from None
