"""Checks of the devices: each as it is now, and what it would do if this computer died."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devices.text import _
from labctl.doctor.finding import Finding, problem, warning
from labctl.views import DeviceState, DeviceView

BROKEN = frozenset({DeviceState.LOST, DeviceState.ERROR, DeviceState.UNCONFIRMED, DeviceState.CONNECTING})


def devices(views: Sequence[DeviceView]) -> Iterable[Finding]:
    """A finding for each device."""
    for view in views:
        yield from _device(view)


def _device(view: DeviceView) -> Iterable[Finding]:
    check = f"device {view.id}"
    if view.state in BROKEN:
        if view.problem is None:
            yield problem(
                check,
                _("%(name)s does not answer", name=view.name),
                why=_("It cannot be used."),
                fix=_("See that it is plugged in and switched on: labctl devices scan"),
            )
        else:
            yield problem(check, view.problem.message, why=_("It cannot be used."), fix=view.problem.hint)
        return
    if view.kind == "robot" and not view.stops_by_itself and "drives" not in view.capabilities:
        yield warning(
            check,
            _("%(name)s will not drive", name=view.name),
            why=_("Its firmware does not stop by itself when this computer or its cable fails."),
            fix=_(
                "Put the lab's own firmware on it (docs/how-to/flash-the-firmware.md), or write"
                " allow_no_watchdog = true in the lab file."
            ),
        )
        return
    if "drives" in view.capabilities and not view.stops_by_itself:
        yield warning(
            check,
            _("%(name)s does not stop by itself", name=view.name),
            why=_("With this firmware it drives on when this computer or its cable fails."),
            fix=_("Put the lab's own firmware on it: docs/how-to/flash-the-firmware.md"),
        )
        return
    firmware = f"{view.firmware} {view.version}".strip()
    yield Finding(check, _("%(name)s is well (%(firmware)s)", name=view.name, firmware=firmware))
