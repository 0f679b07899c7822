"""What waits for the teacher, most urgent first: a pure function of what the Room shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from devices.text import _
from labctl.views import DeviceState, DeviceView, NeedView, Outcome, Problem, RunView, TeamState, TeamView

URGENCY = ("unconfirmed", "disk", "interrupted", "clock", "lost", "error", "not-yet", "waiting", "stuck", "no-watchdog")
"""The order of the list: what may still move, then what holds up the class, then one team, then a remark."""


def needs_of(
    devices: Iterable[DeviceView],
    run: RunView | None,
    *,
    now: datetime,
    latched: bool,
    clock_behind: datetime | None = None,
    store_problem: Problem | None = None,
) -> tuple[NeedView, ...]:
    """Everything that asks for the teacher, by urgency and then by how long it has waited.

    ``clock_behind`` is the time of the last event where the clock stands behind it, else None; ``store_problem`` why
    nothing can be written down at present, else None.
    """
    found = [need for device in devices if (need := _of_device(device)) is not None]
    if store_problem is not None:
        found.append(NeedView("disk", store_problem.message, store_problem.hint, now))
    if clock_behind is not None:
        found.append(
            NeedView(
                "clock",
                _("The clock of this computer is behind"),
                _("Timed starts, purges and quota resets wait until you confirm the time."),
                clock_behind,
            )
        )
    if run is not None and run.state == "interrupted":
        found.append(NeedView("interrupted", _("The lesson was interrupted"), _why(run), run.started_at))
    if run is not None and run.state == "running" and not latched:
        found += [need for team in run.teams if (need := _of_team(team, run)) is not None]
    return tuple(sorted(found, key=lambda need: (URGENCY.index(need.kind), need.since)))


def _why(run: RunView) -> str:
    if run.steps:
        return _("labctl was restarted. Nothing moves until you go on.")
    return _(
        "The lesson %(lesson)s is not in the library any more. Put its folder back, or end the lesson.",
        lesson=run.lesson,
    )


def _of_device(device: DeviceView) -> NeedView | None:
    about = device.problem
    match device.state:
        case DeviceState.UNCONFIRMED:
            kind, title = "unconfirmed", _("%(device)s: not known to have stopped", device=device.name)
        case DeviceState.LOST:
            kind, title = "lost", _("%(device)s does not answer", device=device.name)
        case DeviceState.ERROR:
            kind, title = "error", _("%(device)s cannot be used", device=device.name)
        case DeviceState.READY | DeviceState.BUSY | DeviceState.STOPPED if (
            "drives" in device.capabilities and not device.stops_by_itself
        ):
            return NeedView(
                "no-watchdog",
                _("%(device)s does not stop by itself", device=device.name),
                _("Keep within reach of it, or give it the lab's own firmware."),
                device.since,
                device=device.id,
                team=device.user,
            )
        case _:
            return None
    detail = (about.hint or about.message) if about else ""
    return NeedView(kind, title, detail, device.since, device=device.id, team=device.user)


def _of_team(team: TeamView, run: RunView) -> NeedView | None:
    if team.since is None:
        return None
    step = run.steps[min(team.step, len(run.steps) - 1)]
    if team.outcome is Outcome.NOT_YET and team.state is TeamState.WAITING:
        kind, title = "not-yet", _("Team %(team)s has not got it yet", team=team.number)
    elif team.outcome in (Outcome.ERROR, Outcome.TIMEOUT) and team.state is TeamState.WAITING:
        kind, title = "error", _("Team %(team)s: the step broke off", team=team.number)
    elif team.state is TeamState.INTERRUPTED or (team.state is TeamState.WAITING and step.do == "hold"):
        kind, title = "waiting", _("Team %(team)s waits for you", team=team.number)
    elif team.stuck:
        kind, title = "stuck", _("Team %(team)s is not getting on", team=team.number)
    else:
        return None
    detail = team.problem.message if team.problem else team.line
    return NeedView(kind, title, detail, team.since, team=team.number)
