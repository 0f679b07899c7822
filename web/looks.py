"""How a state looks: one of six outlines, and the word for it. The outline may not change, the word may be exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devices.text import _
from labctl.views import DeviceState, DeviceView, Outcome, RunView, TeamState, TeamView


@dataclass(frozen=True)
class Look:
    """``s`` is the outline (ok, work, wait, stop, lost or err), ``word`` what stands beside it."""

    s: str
    word: str

    @property
    def icon(self) -> str:
        return f"s-{self.s}"


OK, WORK, WAIT, STOP, LOST, ERR = "ok", "work", "wait", "stop", "lost", "err"

_DEVICES = {
    DeviceState.CONNECTING: Look(WORK, _("Connecting")),
    DeviceState.READY: Look(OK, _("Ready")),
    DeviceState.BUSY: Look(WORK, _("Working")),
    DeviceState.STOPPED: Look(STOP, _("Stopped")),
    DeviceState.UNCONFIRMED: Look(ERR, _("Did not confirm")),
    DeviceState.LOST: Look(LOST, _("No connection")),
    DeviceState.ERROR: Look(ERR, _("Error")),
}

_OUTCOMES = {
    Outcome.PASSED: Look(OK, _("Passed")),
    Outcome.NOT_YET: Look(WORK, _("Not yet")),
    Outcome.ERROR: Look(ERR, _("Error")),
    Outcome.TIMEOUT: Look(ERR, _("Took too long")),
    Outcome.ABORTED: Look(STOP, _("Broken off")),
    Outcome.INTERRUPTED: Look(STOP, _("Interrupted")),
    Outcome.SKIPPED: Look(OK, _("Skipped")),
}

_TEAMS = {
    TeamState.READY: Look(OK, _("Ready")),
    TeamState.RUNNING: Look(WORK, _("Working")),
    TeamState.WAITING: Look(WAIT, _("Waits for you")),
    TeamState.PARKED: Look(LOST, _("No connection")),
    TeamState.PAUSED: Look(WORK, _("On a break")),
    TeamState.STOPPED: Look(STOP, _("Stopped")),
    TeamState.INTERRUPTED: Look(WAIT, _("Interrupted")),
    TeamState.FINISHED: Look(OK, _("Finished")),
}

_PHASES = {
    "pass": Look(OK, _("Within limits")),
    "fail": Look(ERR, _("Outside limits")),
    "error": Look(ERR, _("Could not be measured")),
    "skip": Look(LOST, _("Not measured")),
}

TROUBLE = frozenset({DeviceState.LOST, DeviceState.ERROR, DeviceState.UNCONFIRMED})
"""The states in which a device needs somebody to go to it."""


def device_look(state: DeviceState) -> Look:
    """How a device looks."""
    return _DEVICES[state]


def outcome_look(outcome: Outcome) -> Look:
    """How the end of a step looks; 'not yet' is work, never an error."""
    return _OUTCOMES[outcome]


def phase_look(outcome: str) -> Look:
    """How a phase of a self-test looks, or a whole self-test."""
    return _PHASES.get(outcome, _PHASES["error"])


def team_look(team: TeamView, devices: Sequence[DeviceView], run: RunView | None) -> Look:
    """How a team looks: what may still move first, then its own state, then that of its devices."""
    states = {device.state for device in devices}
    if DeviceState.UNCONFIRMED in states:
        return _DEVICES[DeviceState.UNCONFIRMED]
    if DeviceState.STOPPED in states and team.state is TeamState.INTERRUPTED:
        return _OUTCOMES[Outcome.INTERRUPTED]
    if DeviceState.STOPPED in states and team.state is not TeamState.FINISHED:
        return _DEVICES[DeviceState.STOPPED]
    match team.state:
        case TeamState.WAITING if team.outcome is Outcome.ERROR or team.outcome is Outcome.TIMEOUT:
            return _OUTCOMES[team.outcome]
        case TeamState.WAITING if _reads(team, run):
            return Look(WORK, _("Reading"))
        case TeamState.RUNNING | TeamState.WAITING if team.stuck:
            return Look(WAIT, _("Not getting on"))
        case TeamState.READY if bad := states & TROUBLE:
            return _DEVICES[min(bad)]
        case state:
            return _TEAMS[state]


def _reads(team: TeamView, run: RunView | None) -> bool:
    """Whether the team has a text before it and nobody needs to come."""
    if run is None or team.stuck or team.step >= len(run.steps):
        return False
    return run.steps[team.step].do == "read" and team.outcome is None
