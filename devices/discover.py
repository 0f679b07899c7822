"""What is plugged in, what it probably is, and under which address a lab should know it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from devices.text import _
from devices.transports.usb import Plugged, plugged_in

ARDUINO: Final = 0x2341  # USB-IF: Arduino SA
ARDUINO_ORG: Final = 0x2A03  # USB-IF: dog hunter AG, which made arduino.org's boards
WCH: Final = 0x1A86  # USB-IF: QinHeng Electronics
FTDI: Final = 0x0403  # USB-IF: Future Technology Devices
SILABS: Final = 0x10C4  # USB-IF: Silicon Labs
ARM: Final = 0x0D28  # USB-IF: Arm, for DAPLink

ROBOT: Final = "two-motor"


@dataclass(frozen=True)
class Kind:
    """What a USB id stands for. ``firmata`` is whether it may be a board that speaks Firmata."""

    label: str
    firmata: bool = True
    exact: bool = True  # the id names the board itself, not only the chip that makes its serial port


KINDS: Final[dict[tuple[int, int], Kind]] = {
    # boards.txt of ArduinoCore-avr (github.com/arduino/ArduinoCore-avr)
    (ARDUINO, 0x0043): Kind("Arduino Uno"),
    (ARDUINO, 0x0001): Kind("Arduino Uno"),
    (ARDUINO, 0x0243): Kind("Arduino Uno"),
    (ARDUINO_ORG, 0x0043): Kind("Arduino Uno"),
    (ARDUINO, 0x0042): Kind("Arduino Mega 2560"),
    (ARDUINO, 0x0010): Kind("Arduino Mega 2560"),
    (ARDUINO, 0x0242): Kind("Arduino Mega 2560"),
    (ARDUINO_ORG, 0x0042): Kind("Arduino Mega 2560"),
    (ARDUINO, 0x8036): Kind("Arduino Leonardo"),
    (ARDUINO_ORG, 0x8036): Kind("Arduino Leonardo"),
    # the makers' data sheets: the ids that their chips carry as they are sold
    (WCH, 0x7523): Kind("CH340", exact=False),
    (WCH, 0x5523): Kind("CH341", exact=False),
    (FTDI, 0x6001): Kind("FT232R", exact=False),
    (SILABS, 0xEA60): Kind("CP2102", exact=False),
    # github.com/ARMmbed/DAPLink, docs: the interface chip of every micro:bit
    (ARM, 0x0204): Kind("micro:bit", firmata=False),
}


@dataclass(frozen=True)
class Found:
    """Something plugged in.

    Attributes:
        address: Under which the lab should know it; not one that a second board shares.
        port: Where it is now.
        label: What it probably is.
        why: What says so.
        chassis: The chassis it could be adopted with, or None where this driver cannot use it.
        ambiguous: The addresses of other boards that look just the same.
    """

    address: str
    port: Plugged
    label: str
    why: str
    chassis: str | None
    ambiguous: tuple[str, ...] = ()


def discover() -> tuple[Found, ...]:
    """What is plugged in now. Nothing is opened: that would reset boards that are in use."""
    return judge(plugged_in())


def judge(ports: Iterable[Plugged]) -> tuple[Found, ...]:
    """What these ports probably are; those that are not on USB are left out."""
    on_usb = [port for port in ports if port.vid is not None]
    serials = Counter(port.serial for port in on_usb if port.serial)
    return tuple(_found(port, on_usb, serials) for port in on_usb)


def _found(port: Plugged, all_ports: Sequence[Plugged], serials: Counter[str]) -> Found:
    kind = KINDS.get((port.vid or 0, port.pid or 0))
    usb_id = f"{port.vid:04x}:{port.pid:04x}"
    shared = serials[port.serial] > 1
    if kind is None:
        label = port.product or _("Unknown board")
        why = _("Its USB id %(id)s is not known here", id=usb_id)
    elif kind.exact:
        label, why = kind.label, _("Its USB id %(id)s is that of %(board)s", id=usb_id, board=kind.label)
    else:
        label = _("Board with a %(chip)s", chip=kind.label)
        why = _(
            "Its USB id %(id)s is that of %(chip)s, the serial chip of many Arduino clones and Nanos",
            id=usb_id,
            chip=kind.label,
        )
    twins = tuple(
        other.path for other in all_ports if other is not port and port.serial and other.serial == port.serial
    )
    return Found(
        address=_address(port, shared=shared),
        port=port,
        label=label,
        why=why,
        chassis=ROBOT if kind is not None and kind.firmata else None,
        ambiguous=twins,
    )


def _address(port: Plugged, *, shared: bool) -> str:
    if shared and port.location:
        return f"usb:{port.location}"
    return port.address
