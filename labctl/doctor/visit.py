"""A visit of the doctor: every check in turn, whatever the others found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from labctl.clock import now
from labctl.doctor import files, lab_devices, machine
from labctl.doctor.finding import Finding, Severity, examine
from labctl.lock import Holder
from labctl.places import Places
from labctl.views import DeviceView

Devices = Callable[[], Sequence[DeviceView]]


def examine_lab(places: Places, *, holder: Holder | None, devices: Devices | None) -> tuple[Finding, ...]:
    """Run every check.

    Args:
        places: The lab.
        holder: Who runs it at this moment, if anyone.
        devices: Reaches the devices and says how each is; None leaves them alone.
    """
    checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("python", machine.python_version),
        ("disk-space", lambda: machine.disk_space(places.data)),
        ("clock", lambda: machine.clock(now(), last_event=files.last_event(places))),
        ("serial-permission", machine.serial_permission),
        ("data-folder", lambda: files.data_folder(places)),
        ("lab-file", lambda: files.lab_file(places)),
        ("lock", lambda: files.lock(places, holder)),
        ("database", lambda: files.database(places)),
    ]
    found = [finding for check, look in checks for finding in examine(check, look)]
    broken = {one.check for one in found if one.severity is Severity.PROBLEM}
    # What keeps a lab from opening is said once. A lab that runs is asked, whatever its database is like.
    shut = broken & ({"lab-file", "lock"} if holder is not None else {"lab-file", "database"})
    if devices is not None and not shut:
        found += examine("devices", lambda: lab_devices.devices(devices()))
    return tuple(found)


def any_problem(findings: Iterable[Finding]) -> bool:
    """Whether something must be put right."""
    return any(one.severity is Severity.PROBLEM for one in findings)
