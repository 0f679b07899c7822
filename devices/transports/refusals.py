"""Why a port did not open, in words, and what to do next."""

from __future__ import annotations

import errno
import getpass
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from devices.errors import LabError, PortBusy, PortForbidden, PortMissing
from devices.text import _
from devices.transports.usb import Plugged, missing

GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO}
TAKEN = {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK}
FORBIDDEN = {errno.EACCES, errno.EPERM}


def holder(path: str) -> tuple[str, int] | None:
    """The program that has the port open, and its process id, where the system tells (Linux, own processes)."""
    if sys.platform != "linux":
        return None
    real = os.path.realpath(path)
    mine = os.getpid()
    found = [pid for pid in _processes() if pid != mine and _holds(pid, real)]
    return (_program(found[0]), found[0]) if found else None


def refused(error: OSError, *, name: str, path: str, ports: Iterable[Plugged]) -> LabError:
    """What a failed open means."""
    number = error.errno if error.errno is not None else _windows_reason(error)
    if number in FORBIDDEN:
        return forbidden(name, path)
    if number in TAKEN:
        return busy(name, path)
    if number in GONE:
        return missing(name, path, [port for port in ports if port.vid is not None])
    return PortMissing(
        _("%(path)s of %(name)s is no serial port: %(reason)s", path=path, name=name, reason=str(error)),
        device=name,
        hint=_("Choose the board again in Devices."),
    )


def unreachable(name: str, where: str) -> PortMissing:
    """The error for a network address where nothing listens."""
    return PortMissing(
        _("Nothing listens for %(name)s at %(where)s", name=name, where=where),
        device=name,
        hint=_("Switch on the computer or serial server there, and check its address."),
    )


def busy(name: str, path: str) -> PortBusy:
    """The error for a port that another program holds."""
    who = holder(path)
    if who is None:
        hint = _("Close every other program that uses %(path)s, then press Check again.", path=path)
        return PortBusy(_("%(name)s is used by another program", name=name), device=name, hint=hint)
    program, pid = who
    return PortBusy(
        _("%(name)s is used by %(program)s", name=name, program=program),
        device=name,
        hint=_("Close %(program)s (process %(pid)s), then press Check again.", program=program, pid=pid),
    )


def forbidden(name: str, path: str) -> PortForbidden:
    """The error for a port that this account may not open, with the command that changes it."""
    message = _("This account may not use %(path)s, where %(name)s is", path=path, name=name)
    group, user = _group(path), getpass.getuser()
    if group is None:
        hint = _("Sign in with an account that may use %(path)s.", path=path)
    elif _member(user, group):
        hint = _("This account joined the group %(group)s after it signed in. Sign out and in again.", group=group)
    else:
        command = f"sudo usermod -a -G {group} {user}"
        hint = _("Run “%(command)s”, then sign out and in again.", command=command)
    return PortForbidden(message, device=name, hint=hint)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _holds(pid: int, real: str) -> bool:
    folder = f"/proc/{pid}/fd"
    try:
        entries = os.listdir(folder)
    except OSError:
        return False  # it ended, or belongs to someone else
    for entry in entries:
        try:
            if os.readlink(f"{folder}/{entry}") == real:
                return True
        except OSError:
            continue
    return False


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "?"


def _group(path: str) -> str | None:
    try:
        import grp  # POSIX only

        return grp.getgrgid(os.stat(path).st_gid).gr_name
    except (ImportError, KeyError, OSError):
        return None


def _member(user: str, group: str) -> bool:
    try:
        import grp

        return user in grp.getgrnam(group).gr_mem
    except (ImportError, KeyError):
        return False


def _windows_reason(error: OSError) -> int | None:
    """Windows reports through pyserial as text: a port in use reads ``PermissionError(13, ...)``."""
    text = str(error)
    if "PermissionError" in text:
        return errno.EBUSY
    return errno.ENOENT if "FileNotFoundError" in text else None
