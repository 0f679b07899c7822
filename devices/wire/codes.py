"""Firmata's numbers: status bytes, sysex commands, pin modes, and how seven bits a byte carry a value.

Source: the Firmata protocol 2.x (github.com/firmata/protocol, protocol.md) and, for the family 0x0A, the
lab's own firmware (devices/firmware).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Final

BAUD: Final = 57600  # what StandardFirmata and labctl-robot open the UART with

# Status bytes. The four with a channel carry it in their low four bits.
DIGITAL_MESSAGE: Final = 0x90
REPORT_ANALOG: Final = 0xC0
REPORT_DIGITAL: Final = 0xD0
ANALOG_MESSAGE: Final = 0xE0
START_SYSEX: Final = 0xF0
SET_PIN_MODE: Final = 0xF4
SET_DIGITAL_PIN: Final = 0xF5
END_SYSEX: Final = 0xF7
REPORT_VERSION: Final = 0xF9
SYSTEM_RESET: Final = 0xFF

# Sysex commands.
LAB: Final = 0x0A  # the lab's own family; 0x01 to 0x0F are left to users by the protocol
ANALOG_MAPPING_QUERY: Final = 0x69
ANALOG_MAPPING_RESPONSE: Final = 0x6A
CAPABILITY_QUERY: Final = 0x6B
CAPABILITY_RESPONSE: Final = 0x6C
PIN_STATE_QUERY: Final = 0x6D
PIN_STATE_RESPONSE: Final = 0x6E
EXTENDED_ANALOG: Final = 0x6F
SERVO_CONFIG: Final = 0x70
STRING_DATA: Final = 0x71
I2C_REQUEST: Final = 0x76
I2C_REPLY: Final = 0x77
I2C_CONFIG: Final = 0x78
REPORT_FIRMWARE: Final = 0x79
SAMPLING_INTERVAL: Final = 0x7A

# The second byte of the lab's family.
LAB_IDENTIFY: Final = 0x00
LAB_KEEP_ALIVE: Final = 0x01
LAB_REST: Final = 0x02
LAB_ULTRASONIC: Final = 0x03
LAB_ENCODERS: Final = 0x04
LAB_STORE_ID: Final = 0x05

LAB_FIRMWARE: Final = "labctl-robot"
LAB_ID_MAX: Final = 8  # bytes of board id
LAB_ECHO_MIN_MS: Final = 30  # an echo from 4 m takes 24 ms to come back

SYSEX_MAX: Final = 4096  # bytes; a Mega's capability answer, the longest known, is about 1000


class PinMode(IntEnum):
    """What a pin can be set to."""

    INPUT = 0x00
    OUTPUT = 0x01
    ANALOG = 0x02
    PWM = 0x03
    SERVO = 0x04
    SHIFT = 0x05
    I2C = 0x06
    ONEWIRE = 0x07
    STEPPER = 0x08
    ENCODER = 0x09
    SERIAL = 0x0A
    PULLUP = 0x0B


class Feature(IntEnum):
    """The bits of what the lab's firmware can do."""

    WATCHDOG = 1
    ULTRASONIC = 2
    ENCODERS = 4
    SERVO = 8


class RestCause(IntEnum):
    """Why the lab's firmware put its outputs to rest."""

    ASKED = 1
    SILENCE = 2


def u7s(value: int, count: int) -> bytes:
    """An unsigned number as ``count`` bytes of seven bits, lowest first."""
    if not 0 <= value < 1 << (7 * count):
        raise ValueError(f"{value} does not fit in {7 * count} bits")
    return bytes((value >> (7 * place)) & 0x7F for place in range(count))


def number(data: Iterable[int]) -> int:
    """The number that :func:`u7s` wrote."""
    return sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(data))


def pairs(data: bytes) -> bytes:
    """Bytes as pairs of seven and one bit, the way Firmata carries text and ids."""
    return b"".join(bytes((byte & 0x7F, byte >> 7)) for byte in data)


def unpairs(data: Sequence[int]) -> bytes:
    """The bytes that :func:`pairs` wrote; an odd one at the end is dropped, bits beyond the eighth too."""
    return bytes((low | high << 7) & 0xFF for low, high in zip(data[::2], data[1::2], strict=False))


def sysex(command: int, data: bytes = b"") -> bytes:
    """One sysex frame; ``data`` is 7-bit already."""
    if any(byte > 0x7F for byte in data) or not 0 <= command <= 0x7F:
        raise ValueError("sysex carries 7-bit bytes only")
    return bytes((START_SYSEX, command)) + data + bytes((END_SYSEX,))
