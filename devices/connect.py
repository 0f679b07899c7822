"""From a line of the inventory to a device: the address picks the transport, the driver's name the driver."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from devices import plugin
from devices.api import Device
from devices.errors import BadValue, NotSupported
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

SHAPES: Final = {
    "usb": "usb:<serial number>",
    "serial": "serial:<path>",
    "socket": "socket:<host>:<port>",
    "rfc2217": "rfc2217:<host>:<port>",
    "sim": "sim:<firmware>",
}
"""Each scheme and how its address is written."""


@dataclass(frozen=True)
class Entry:
    """One device of the inventory. Without a ``chassis`` it is a bare board."""

    name: str
    address: str
    driver: str = "firmata"
    chassis: str | None = None
    allow_no_watchdog: bool = False


@dataclass(frozen=True)
class Address:
    """A device's address, taken apart: ``where`` is all after the scheme; host and port only where it has them."""

    scheme: str
    where: str
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        return f"{self.scheme}:{self.where}"


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


def parse_address(text: str, *, name: str | None = None) -> Address:
    """Take an address apart.

    Raises:
        BadValue: It is not one; the hint says what was probably meant.
    """
    scheme, colon, where = text.strip().partition(":")
    if scheme not in SHAPES or not colon:
        raise _bad(text, _meant(text.strip(), scheme), name)
    shape = _("Write it as %(shape)s.", shape=SHAPES[scheme])
    if not where or where != where.strip() or "<" in where:
        raise _bad(text, shape, name)
    if scheme not in {"socket", "rfc2217"}:
        return Address(scheme, where)
    found = re.fullmatch(r"(?://)?(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(?P<port>\d{1,5})", where)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise _bad(text, shape, name)
    return Address(scheme, f"{found['host']}:{found['port']}", found["host"].strip("[]"), int(found["port"]))


def _bad(text: str, hint: str, name: str | None) -> BadValue:
    return BadValue(_("“%(address)s” is not the address of a device", address=text), device=name, hint=hint)


def _meant(text: str, scheme: str) -> str:
    if text.startswith(("/dev/", "COM", r"\\.\COM")):
        return _("Did you mean “%(name)s”?", name=f"serial:{text}")
    if re.fullmatch(r"[^\s:]+:\d+", text) and scheme.count("."):
        return _("Did you mean “%(name)s”?", name=f"socket:{text}")
    near = difflib.get_close_matches(scheme.lower(), SHAPES, n=1)
    if near and ":" in text:
        return _("Did you mean “%(name)s”?", name=f"{near[0]}:{text.partition(':')[2]}")
    return _("An address is one of: %(shapes)s", shapes=", ".join(SHAPES.values()))
