"""What is plugged in, and which port a board is on now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from devices.errors import AmbiguousDevice, PortMissing
from devices.text import _


@dataclass(frozen=True)
class Plugged:
    """A serial port of this computer.

    ``serial`` is the adapter's serial number, empty for a CH340, which has none; ``location`` the USB path such as
    ``1-1.4``, which stays the same as long as the board stays in the same socket. ``vid`` is None off USB.
    """

    path: str
    vid: int | None = None
    pid: int | None = None
    serial: str = ""
    location: str = ""
    product: str = ""

    @property
    def key(self) -> str:
        """What tells it from others: the serial number, or where it is plugged in."""
        return self.serial or self.location

    @property
    def address(self) -> str:
        """The address by which a lab should know it."""
        return f"usb:{self.key}" if self.key else f"serial:{self.path}"

    @property
    def label(self) -> str:
        """The port and what its adapter calls itself."""
        return f"{self.path} ({self.product})" if self.product else self.path


def plugged_in() -> tuple[Plugged, ...]:
    """The serial ports of this computer, by path."""
    from serial.tools import list_ports  # here, so that a lab of simulated robots needs no serial port at all

    found = (
        Plugged(
            path=port.device,
            vid=port.vid,
            pid=port.pid,
            serial=port.serial_number or "",
            location=port.location or "",
            product=port.product or "",
        )
        for port in list_ports.comports()
    )
    return tuple(sorted(found, key=lambda port: port.path))


def find(key: str, ports: Iterable[Plugged], *, name: str) -> str:
    """The path of the one USB board whose serial number, or else USB path, is ``key``.

    Raises:
        PortMissing: None is plugged in; the hint lists what is.
        AmbiguousDevice: Two or more are.
    """
    on_usb = [port for port in ports if port.vid is not None]
    matches = [port for port in on_usb if port.serial and port.serial.casefold() == key.casefold()]
    matches = matches or [port for port in on_usb if port.location == key]
    if not matches:
        raise missing(name, f"usb:{key}", on_usb)
    if len(matches) > 1:
        raise AmbiguousDevice(
            _(
                "Two boards answer to the address of %(name)s: %(ports)s",
                name=name,
                ports=", ".join(port.label for port in matches),
            ),
            device=name,
            hint=_(
                "Unplug one of them, or give each the address of its USB socket: %(addresses)s",
                addresses=", ".join(f"usb:{port.location or port.path}" for port in matches),
            ),
        )
    return matches[0].path


def missing(name: str, where: str, ports: Iterable[Plugged]) -> PortMissing:
    """The error for a port that is not there, with what is plugged in instead."""
    listed = ", ".join(f"{port.address} ({port.path})" for port in ports)
    hint = (
        _("Plug it in. Plugged in now: %(ports)s", ports=listed)
        if listed
        else _("Plug it in and switch it on. No board is plugged in now.")
    )
    return PortMissing(_("%(name)s is not plugged in (%(where)s)", name=name, where=where), device=name, hint=hint)
