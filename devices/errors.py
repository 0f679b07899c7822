"""Everything that can go wrong, in one family: what happened, to which device, and what a person does next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from devices.text import Text, _, as_data


class LabError(Exception):
    """Something in the lab went wrong; the message says what, ``hint`` what to do next.

    ``slug`` names the kind of error in the docs, in logs and in JSON. Messages are sentences made with
    :func:`devices.text._`, so that they can be said in the reader's language.
    """

    slug = "lab-error"

    def __init__(self, message: str, *, device: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.device = device
        self.hint = hint

    def __str__(self) -> str:
        return str(self.message)

    def as_data(self) -> dict[str, Any]:
        """The error as JSON data: slug, device, message and hint, each translatable by its reader."""
        return {
            "slug": self.slug,
            "device": self.device,
            "message": as_data(self.message),
            "hint": as_data(self.hint),
        }


class BadValue(LabError, ValueError):
    """A value is out of range or of the wrong type; nothing was sent."""

    slug = "bad-value"


class NotSupported(LabError):
    """The device cannot do this, or its firmware cannot."""

    slug = "not-supported"


class Stopped(LabError):
    """The lab was stopped since this command was made; nothing moves until a teacher releases the latch."""

    slug = "stopped"


class NotStopped(LabError):
    """A device did not confirm that it stopped."""

    slug = "not-stopped"


class InUse(LabError):
    """Someone else is using the device."""

    slug = "in-use"


class DeviceLost(LabError, ConnectionError):
    """The device stopped answering or went away."""

    slug = "device-lost"


class NoAnswer(DeviceLost, TimeoutError):
    """The device did not answer in time."""

    slug = "no-answer"


class WrongReply(LabError):
    """The device answered with something that its protocol does not allow."""

    slug = "wrong-reply"


class WrongFirmware(LabError):
    """Something answers at that address, but not the firmware that this driver speaks to."""

    slug = "wrong-firmware"


class PortMissing(LabError, FileNotFoundError):
    """There is no such port, or nothing listens at that address."""

    slug = "port-missing"


class PortBusy(LabError):
    """Another program holds the port."""

    slug = "port-busy"


class PortForbidden(LabError, PermissionError):
    """This user may not open the port."""

    slug = "port-forbidden"


class AmbiguousDevice(LabError, LookupError):
    """Two or more boards match one entry; none is chosen."""

    slug = "ambiguous-device"


class UnknownName(LabError, LookupError):
    """There is no device, driver, chassis, sensor or lesson of that name."""

    slug = "unknown-name"


class BadFile(LabError, ValueError):
    """A file that a person wrote does not say what it must; ``problems`` lists each place."""

    slug = "bad-file"

    def __init__(self, message: str, *, problems: Sequence[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)

    def as_data(self) -> dict[str, Any]:
        return {**super().as_data(), "problems": [as_data(problem) for problem in self.problems]}


class GroupFailed(LabError):
    """Several devices failed at once; ``failures`` maps each device to its error, or to a further group."""

    slug = "group-failed"

    def __init__(self, message: str, failures: Mapping[str, LabError], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.failures = dict(failures)

    def tree(self, indent: int = 0) -> str:
        """The failures as indented lines, a device a line."""
        pad = "  " * indent
        lines = [f"{pad}{self.message}"]
        for name, error in self.failures.items():
            if isinstance(error, GroupFailed):
                lines += [f"{pad}  {name}:", error.tree(indent + 2)]
            else:
                lines.append(f"{pad}  {name}: {error}")
                if error.hint:
                    lines.append(f"{pad}    {error.hint}")
        return "\n".join(lines)

    def as_data(self) -> dict[str, Any]:
        return {**super().as_data(), "failures": {name: error.as_data() for name, error in self.failures.items()}}


def unexpected(error: BaseException, *, device: str | None = None) -> LabError:
    """Wrap an error that nobody foresaw, so that a person still gets a sentence; the cause is kept."""
    if isinstance(error, LabError):
        return error
    wrapped = LabError(
        Text("Something went wrong inside labctl: %(what)s", {"what": f"{type(error).__name__}: {error}"}),
        device=device,
        hint=_("Send the report of labctl doctor --report to whoever looks after the lab."),
    )
    wrapped.__cause__ = error
    return wrapped
