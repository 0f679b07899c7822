"""What a Firmata board says, as values: each message, its bytes, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from devices.wire.codes import (
    ANALOG_MAPPING_RESPONSE,
    ANALOG_MESSAGE,
    CAPABILITY_RESPONSE,
    DIGITAL_MESSAGE,
    LAB,
    LAB_ENCODERS,
    LAB_IDENTIFY,
    LAB_REST,
    LAB_ULTRASONIC,
    PIN_STATE_RESPONSE,
    REPORT_FIRMWARE,
    REPORT_VERSION,
    START_SYSEX,
    STRING_DATA,
    number,
    pairs,
    sysex,
    u7s,
    unpairs,
)


@dataclass(frozen=True, slots=True)
class Version:
    """The protocol version."""

    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class Firmware:
    """The firmware's name and version."""

    name: str
    major: int
    minor: int


@dataclass(frozen=True, slots=True)
class AnalogValue:
    """A reading of an analog channel, 0 to 1023 on an Uno."""

    channel: int
    value: int


@dataclass(frozen=True, slots=True)
class DigitalPort:
    """The inputs of eight pins; bit 0 is pin ``8 * port``."""

    port: int
    mask: int


@dataclass(frozen=True, slots=True)
class PinState:
    """A pin's mode and the value last written to it."""

    pin: int
    mode: int
    value: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """For each pin the modes it has and their resolution in bits; a pin that cannot be used has none."""

    pins: tuple[Mapping[int, int], ...]


@dataclass(frozen=True, slots=True)
class AnalogMapping:
    """For each pin its analog channel, or None."""

    channels: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A text from the firmware, mostly a complaint."""

    text: str


@dataclass(frozen=True, slots=True)
class LabIdentity:
    """What the lab's firmware is and can do; ``features`` is a set of bits of :class:`Feature`."""

    protocol: int
    watchdog_ms: int
    features: int
    board_id: bytes


@dataclass(frozen=True, slots=True)
class Rested:
    """All outputs are at rest."""

    cause: int


@dataclass(frozen=True, slots=True)
class Echo:
    """An ultrasonic echo time; 0 is no echo."""

    microseconds: int


@dataclass(frozen=True, slots=True)
class Encoders:
    """Rising edges counted on each wheel, modulo 2**28."""

    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Sysex:
    """Any other sysex, as it came."""

    command: int
    data: bytes


Message = (
    Version
    | Firmware
    | AnalogValue
    | DigitalPort
    | PinState
    | Capabilities
    | AnalogMapping
    | Words
    | LabIdentity
    | Rested
    | Echo
    | Encoders
    | Sysex
)


def encode_version(version: Version) -> bytes:
    """The board's answer to :func:`ask_version`."""
    return bytes((REPORT_VERSION,)) + u7s(version.major, 1) + u7s(version.minor, 1)


def encode_firmware(firmware: Firmware) -> bytes:
    """The board's answer to :func:`ask_firmware`."""
    head = u7s(firmware.major, 1) + u7s(firmware.minor, 1)
    return sysex(REPORT_FIRMWARE, head + pairs(firmware.name.encode()))


def encode_pin_state(state: PinState) -> bytes:
    """The board's answer to :func:`ask_pin_state`; the value takes as many bytes as it needs."""
    count = max(1, -(-state.value.bit_length() // 7))
    return sysex(PIN_STATE_RESPONSE, u7s(state.pin, 1) + u7s(state.mode, 1) + u7s(state.value, count))


def encode_capabilities(capabilities: Capabilities) -> bytes:
    """The board's answer to :func:`ask_capabilities`."""
    pins = (b"".join(bytes(mode) for mode in modes.items()) + b"\x7f" for modes in capabilities.pins)
    return sysex(CAPABILITY_RESPONSE, b"".join(pins))


def encode_analog_mapping(mapping: AnalogMapping) -> bytes:
    """The board's answer to :func:`ask_analog_mapping`."""
    return sysex(ANALOG_MAPPING_RESPONSE, bytes(0x7F if c is None else c for c in mapping.channels))


def encode_lab_identity(identity: LabIdentity) -> bytes:
    """The lab firmware's answer to :func:`lab_identify`."""
    head = bytes((LAB_IDENTIFY, identity.protocol)) + u7s(identity.watchdog_ms, 2)
    return sysex(LAB, head + bytes((identity.features, len(identity.board_id))) + pairs(identity.board_id))


def encode_rested(rested: Rested) -> bytes:
    """The lab firmware's word that all outputs are at rest."""
    return sysex(LAB, bytes((LAB_REST, rested.cause)))


def encode_echo(echo: Echo) -> bytes:
    """The lab firmware's report of one echo."""
    return sysex(LAB, bytes((LAB_ULTRASONIC,)) + u7s(echo.microseconds, 3))


def encode_encoders(encoders: Encoders) -> bytes:
    """The lab firmware's report of both wheels."""
    return sysex(LAB, bytes((LAB_ENCODERS,)) + u7s(encoders.left, 4) + u7s(encoders.right, 4))


def _firmware(data: bytes) -> Message | None:
    return Firmware(unpairs(data[2:]).decode("utf-8", "replace"), data[0], data[1]) if len(data) >= 2 else None


def _pin_state(data: bytes) -> Message | None:
    return PinState(data[0], data[1], number(data[2:])) if len(data) >= 3 else None


def _capabilities(data: bytes) -> Message | None:
    if not data.endswith(b"\x7f"):
        return None
    pins = data[:-1].split(b"\x7f")
    if any(len(pin) % 2 for pin in pins):
        return None
    return Capabilities(tuple(dict(zip(pin[::2], pin[1::2], strict=True)) for pin in pins))


def _analog_mapping(data: bytes) -> Message | None:
    return AnalogMapping(tuple(None if byte == 0x7F else byte for byte in data)) if data else None


def _words(data: bytes) -> Message | None:
    return Words(unpairs(data).decode("utf-8", "replace"))


def _lab(data: bytes) -> Message | None:
    match data[:1], len(data):
        case b"\x00", length if length >= 6 and length == 6 + 2 * data[5]:
            return LabIdentity(data[1], number(data[2:4]), data[4], unpairs(data[6:]))
        case b"\x02", 2:
            return Rested(data[1])
        case b"\x03", 4:
            return Echo(number(data[1:]))
        case b"\x04", 9:
            return Encoders(number(data[1:5]), number(data[5:]))
        case _:
            return None


_SYSEX: Final[Mapping[int, Callable[[bytes], Message | None]]] = {
    LAB: _lab,
    ANALOG_MAPPING_RESPONSE: _analog_mapping,
    CAPABILITY_RESPONSE: _capabilities,
    PIN_STATE_RESPONSE: _pin_state,
    STRING_DATA: _words,
    REPORT_FIRMWARE: _firmware,
}


def decode(frame: bytes) -> Message | None:
    """What a whole frame from the board says, or None where it is damaged."""
    status = frame[0]
    if status == START_SYSEX:
        read = _SYSEX.get(frame[1]) if len(frame) >= 3 else None
        return read(frame[2:-1]) if read else (Sysex(frame[1], frame[2:-1]) if len(frame) >= 3 else None)
    if status == REPORT_VERSION:
        return Version(frame[1], frame[2])
    if status & 0xF0 == ANALOG_MESSAGE:
        return AnalogValue(status & 0x0F, number(frame[1:]))
    if status & 0xF0 == DIGITAL_MESSAGE:
        return DigitalPort(status & 0x0F, number(frame[1:]))
    return None
