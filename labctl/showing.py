"""How the lab shows itself: views made from slots, runs and the latch, on the hub's loop, with nothing waited for."""

from __future__ import annotations

from collections.abc import Mapping

from devices.api import Senses
from devices.errors import LabError
from labctl.leases import Leases
from labctl.registry import Link, Slot
from labctl.stopping import StopReport
from labctl.telemetry import Telemetry
from labctl.views import DeviceState, DeviceView, Problem, ReadingView, StopView


def problem(error: LabError) -> Problem:
    """An error as people see it."""
    return Problem(error.slug, error.message, error.hint)


def problem_if(error: LabError | None) -> Problem | None:
    """The same where there may be none."""
    return None if error is None else problem(error)


def device_state(slot: Slot, *, latched: bool, used: bool) -> DeviceState:
    """What is said of a device: what it did not confirm comes first, then its connection, then the latch."""
    if slot.unconfirmed is not None:
        return DeviceState.UNCONFIRMED
    match slot.link:
        case Link.LOST:
            return DeviceState.LOST
        case Link.ERROR:
            return DeviceState.ERROR
        case Link.CONNECTING:
            return DeviceState.CONNECTING
        case Link.OPEN if latched:
            return DeviceState.STOPPED
        case Link.OPEN:
            return DeviceState.BUSY if used else DeviceState.READY


def device_view(slot: Slot, *, latched: bool, leases: Leases, telemetry: Telemetry) -> DeviceView:
    """One device as the pages and the command line show it."""
    team = leases.team_of(slot.id)
    identity = slot.device.identity
    return DeviceView(
        id=slot.id,
        name=slot.device.name,
        kind=slot.about.kind,
        model=slot.about.model,
        address=slot.about.address,
        state=device_state(slot, latched=latched, used=team is not None),
        since=slot.since,
        simulated=slot.about.simulated,
        firmware=identity.firmware if identity else "",
        version=identity.version if identity else "",
        stops_by_itself=identity.stops_by_itself if identity else False,
        capabilities=tuple(sorted(slot.device.capabilities)),
        problem=problem_if(slot.unconfirmed or slot.problem),
        user=team,
        readings=_readings(slot, telemetry),
    )


def _readings(slot: Slot, telemetry: Telemetry) -> Mapping[str, ReadingView]:
    device = slot.device
    if not isinstance(device, Senses) or slot.link is not Link.OPEN:
        return {}
    latest = telemetry.latest(slot.id)
    return {
        name: ReadingView(name, latest[name].value, sensor.unit, sensor.digits)
        for name, sensor in device.sensors.items()
        if name in latest
    }


def stop_view(report: StopReport | None, *, epoch: int, latched: bool) -> StopView:
    """The latch and what the last press did."""
    if report is None:
        return StopView(latched=latched, epoch=epoch)
    return StopView(
        latched=latched,
        epoch=epoch,
        at=report.at,
        by=report.by,
        pending=tuple(sorted(report.pending)),
        confirmed=dict(report.confirmed),
        failed={id: problem(error) for id, error in report.failed.items()},
    )
