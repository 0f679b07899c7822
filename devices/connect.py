"""From a line of the inventory to a device: the address picks the transport, the driver's name the driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devices import plugin
from devices.addresses import Address, parse_address
from devices.api import Device
from devices.errors import NotSupported
from devices.plugin import Board
from devices.robots.chassis import chassis
from devices.robots.robot import Robot
from devices.sim.host import SimHost
from devices.sim.plant import Wiring, wiring
from devices.text import _
from devices.transports import usb
from devices.transports.link import Link
from devices.transports.serial import SerialLink
from devices.transports.socket import SocketLink
from devices.wire.firmata import BAUD


@dataclass(frozen=True)
class Entry:
    """One device of the inventory. Without a ``chassis`` it is a bare board."""

    name: str
    address: str
    driver: str = "firmata"
    chassis: str | None = None
    allow_no_watchdog: bool = False


def connect(entry: Entry, *, sims: SimHost | None = None, chassis_folders: Sequence[Path] = ()) -> Device:
    """The device of an entry, not opened.

    Raises:
        BadValue: The address is not one.
        UnknownName: There is no such driver or chassis, or no such simulated firmware.
        BadFile: The chassis file is not right.
        NotSupported: The driver's boards have no pins to put a chassis on, or nothing is simulated here.
    """
    address = parse_address(entry.address, name=entry.name)
    body = chassis(entry.chassis, chassis_folders) if entry.chassis else None
    build = plugin.driver(entry.driver)
    wired = wiring(body) if body else None
    device = build(entry.name, link_to(address, name=entry.name, sims=sims, wired=wired), {})
    if body is None:
        return device
    if not isinstance(device, Board):
        raise NotSupported(
            _("A device of the driver %(driver)s takes no chassis", driver=entry.driver), device=entry.name
        )
    return Robot(device, body, allow_no_watchdog=entry.allow_no_watchdog)


def link_to(
    address: Address,
    *,
    name: str,
    sims: SimHost | None = None,
    wired: Wiring | None = None,
    baud: int = BAUD,
) -> Link:
    """The byte stream to an address, not opened. USB boards are looked for at each opening.

    A simulated board is put on the floor of ``sims`` under ``name``, wired as ``wired`` says.
    """
    match address.scheme:
        case "usb":
            return SerialLink(name, lambda: usb.find(address.where, usb.plugged_in(), name=name), baud=baud)
        case "serial":
            return SerialLink(name, lambda: address.where, baud=baud)
        case "rfc2217":
            return SerialLink(name, lambda: f"rfc2217://{address.where}", baud=baud)
        case "sim":
            if sims is None:
                raise NotSupported(_("%(name)s is simulated, and nothing is simulated here", name=name), device=name)
            simulated = parse_address(sims.add(name, address.where, wiring=wired), name=name)
            return SocketLink(name, simulated.host, simulated.port, baud=baud)
        case _:
            return SocketLink(name, address.host, address.port, baud=baud)
