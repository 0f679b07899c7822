"""Checks of the machine: Python, disk, clock, and who may use the serial ports."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from devices.text import _
from labctl.clock import guard
from labctl.doctor.finding import Finding, problem, warning

NEEDED_PYTHON = (3, 11)
DISK_PROBLEM = 200 << 20  # bytes; a school year of journal and a backup of it
DISK_WARNING = 1 << 30

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right says an earlier time."""


def python_version(version: tuple[int, int, int] | None = None) -> Iterable[Finding]:
    """Whether this Python is new enough."""
    found = version or sys.version_info[:3]
    spoken = ".".join(str(part) for part in found)
    if found[:2] < NEEDED_PYTHON:
        yield problem(
            "python",
            _("Python %(version)s", version=spoken),
            why=_("labctl needs Python 3.11 or newer."),
            fix=_("Install Python 3.11 or newer, then install labctl with it."),
        )
    else:
        yield Finding("python", _("Python %(version)s", version=spoken))


def disk_space(folder: Path, *, free: int | None = None) -> Iterable[Finding]:
    """Whether there is room for what the lab writes down."""
    there = next((one for one in (folder, *folder.parents) if one.exists()), Path("/"))
    left = shutil.disk_usage(there).free if free is None else free
    what = _("%(free)s MB free where the lab keeps its data", free=left >> 20)
    if left < DISK_PROBLEM:
        yield problem(
            "disk-space",
            what,
            why=_("On a full disk the lab cannot write down what happens."),
            fix=_("Free at least 1 GB on the disk of %(folder)s.", folder=str(folder)),
        )
    elif left < DISK_WARNING:
        yield warning(
            "disk-space",
            what,
            why=_("That is little for a school year with backups."),
            fix=_("Free some room on the disk of %(folder)s.", folder=str(folder)),
        )
    else:
        yield Finding("disk-space", what)


def clock(now: datetime, *, last_event: datetime | None) -> Iterable[Finding]:
    """Whether the clock can be right: not before the last thing that happened, nor before this labctl was made."""
    what = _("The clock says %(now)s", now=now.astimezone().strftime("%Y-%m-%d %H:%M"))
    fix = _("Set the clock, or connect to a network that does. Then confirm the time in the panel.")
    if last_event is not None and guard(last_event, now).held:
        yield problem(
            "clock",
            what,
            why=_(
                "It is behind the last thing that happened in this lab (%(last)s); timed starts are held.",
                last=last_event.astimezone().strftime("%Y-%m-%d %H:%M"),
            ),
            fix=fix,
        )
    elif now < RELEASED:
        yield problem("clock", what, why=_("That is before this version of labctl was made."), fix=fix)
    else:
        yield Finding("clock", what)


def serial_permission(ports: Iterable[str] | None = None) -> Iterable[Finding]:
    """Whether this user may open the serial ports that are there (Linux and macOS)."""
    found = list(ports) if ports is not None else _serial_ports()
    refused = [path for path in found if not os.access(path, os.R_OK | os.W_OK)]
    for path in refused:
        group = _group_of(path)
        fix = (
            _("Run: sudo usermod -a -G %(group)s %(user)s, then sign out and in again.", group=group, user=_user())
            if group
            else _("Sign in with an account that may use %(path)s.", path=path)
        )
        yield problem(
            "serial-permission",
            _("This account may not use %(path)s", path=path),
            why=_("A board that is plugged in there cannot be reached."),
            fix=fix,
        )
    if not refused:
        yield Finding("serial-permission", _("%(count)s serial ports, all open to this account", count=len(found)))


def _serial_ports() -> list[str]:
    if os.name != "posix":
        return []
    patterns = ("ttyACM*", "ttyUSB*", "cu.usbmodem*", "cu.usbserial*", "cu.wchusbserial*")
    return sorted(str(path) for pattern in patterns for path in Path("/dev").glob(pattern))


def _group_of(path: str) -> str | None:
    try:
        import grp  # POSIX only

        return grp.getgrgid(os.stat(path).st_gid).gr_name
    except (ImportError, KeyError, OSError):
        return None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "$USER"
