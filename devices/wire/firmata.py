"""Firmata as bytes, for both ends of the wire: what a board is sent, and the parser of what it says."""

from __future__ import annotations

from devices.wire.codes import (
    ANALOG_MAPPING_QUERY,
    ANALOG_MAPPING_RESPONSE,
    ANALOG_MESSAGE,
    BAUD,
    CAPABILITY_QUERY,
    CAPABILITY_RESPONSE,
    DIGITAL_MESSAGE,
    END_SYSEX,
    EXTENDED_ANALOG,
    I2C_CONFIG,
    I2C_REPLY,
    I2C_REQUEST,
    LAB,
    LAB_ECHO_MIN_MS,
    LAB_ENCODERS,
    LAB_FIRMWARE,
    LAB_ID_MAX,
    LAB_IDENTIFY,
    LAB_KEEP_ALIVE,
    LAB_REST,
    LAB_STORE_ID,
    LAB_ULTRASONIC,
    PIN_STATE_QUERY,
    PIN_STATE_RESPONSE,
    REPORT_ANALOG,
    REPORT_DIGITAL,
    REPORT_FIRMWARE,
    REPORT_VERSION,
    SAMPLING_INTERVAL,
    SERVO_CONFIG,
    SET_DIGITAL_PIN,
    SET_PIN_MODE,
    START_SYSEX,
    STRING_DATA,
    SYSEX_MAX,
    SYSTEM_RESET,
    Feature,
    PinMode,
    RestCause,
    number,
    pairs,
    sysex,
    u7s,
    unpairs,
)
from devices.wire.cutter import FROM_BOARD, TO_BOARD, Cutter
from devices.wire.messages import (
    AnalogMapping,
    AnalogValue,
    Capabilities,
    DigitalPort,
    Echo,
    Encoders,
    Firmware,
    LabIdentity,
    Message,
    PinState,
    Rested,
    Sysex,
    Version,
    Words,
    decode,
    encode_analog_mapping,
    encode_capabilities,
    encode_echo,
    encode_encoders,
    encode_firmware,
    encode_lab_identity,
    encode_pin_state,
    encode_rested,
    encode_version,
)

__all__ = [
    "ANALOG_MAPPING_QUERY",
    "ANALOG_MAPPING_RESPONSE",
    "ANALOG_MESSAGE",
    "BAUD",
    "CAPABILITY_QUERY",
    "CAPABILITY_RESPONSE",
    "DIGITAL_MESSAGE",
    "END_SYSEX",
    "EXTENDED_ANALOG",
    "FROM_BOARD",
    "I2C_CONFIG",
    "I2C_REPLY",
    "I2C_REQUEST",
    "LAB",
    "LAB_ECHO_MIN_MS",
    "LAB_ENCODERS",
    "LAB_FIRMWARE",
    "LAB_IDENTIFY",
    "LAB_ID_MAX",
    "LAB_KEEP_ALIVE",
    "LAB_REST",
    "LAB_STORE_ID",
    "LAB_ULTRASONIC",
    "PIN_STATE_QUERY",
    "PIN_STATE_RESPONSE",
    "REPORT_ANALOG",
    "REPORT_DIGITAL",
    "REPORT_FIRMWARE",
    "REPORT_VERSION",
    "SAMPLING_INTERVAL",
    "SERVO_CONFIG",
    "SET_DIGITAL_PIN",
    "SET_PIN_MODE",
    "START_SYSEX",
    "STRING_DATA",
    "SYSEX_MAX",
    "SYSTEM_RESET",
    "TO_BOARD",
    "AnalogMapping",
    "AnalogValue",
    "Capabilities",
    "Cutter",
    "DigitalPort",
    "Echo",
    "Encoders",
    "Feature",
    "Firmware",
    "LabIdentity",
    "Message",
    "Parser",
    "PinMode",
    "PinState",
    "RestCause",
    "Rested",
    "Sysex",
    "Version",
    "Words",
    "analog",
    "ask_analog_mapping",
    "ask_capabilities",
    "ask_firmware",
    "ask_pin_state",
    "ask_version",
    "decode",
    "digital_pin",
    "digital_port",
    "encode_analog_mapping",
    "encode_capabilities",
    "encode_echo",
    "encode_encoders",
    "encode_firmware",
    "encode_lab_identity",
    "encode_pin_state",
    "encode_rested",
    "encode_version",
    "lab_encoders",
    "lab_identify",
    "lab_keep_alive",
    "lab_rest",
    "lab_store_id",
    "lab_ultrasonic",
    "number",
    "pairs",
    "pin_mode",
    "report_analog",
    "report_digital",
    "sampling_interval",
    "servo_config",
    "string",
    "sysex",
    "system_reset",
    "u7s",
    "unpairs",
]


def ask_version() -> bytes:
    """Ask for the protocol version: one byte, answered with three."""
    return bytes((REPORT_VERSION,))


def ask_firmware() -> bytes:
    """Ask for the name and version of the firmware."""
    return sysex(REPORT_FIRMWARE)


def ask_capabilities() -> bytes:
    """Ask which modes each pin has; an Uno answers with 195 bytes, 37 ms."""
    return sysex(CAPABILITY_QUERY)


def ask_analog_mapping() -> bytes:
    """Ask which pin carries which analog channel."""
    return sysex(ANALOG_MAPPING_QUERY)


def ask_pin_state(pin: int) -> bytes:
    """Ask for a pin's mode and the value last written to it."""
    return sysex(PIN_STATE_QUERY, u7s(pin, 1))


def pin_mode(pin: int, mode: int) -> bytes:
    """Set a pin's mode."""
    return bytes((SET_PIN_MODE,)) + u7s(pin, 1) + u7s(mode, 1)


def digital_pin(pin: int, high: bool) -> bytes:
    """Set one digital output (protocol 2.5 and newer)."""
    return bytes((SET_DIGITAL_PIN,)) + u7s(pin, 1) + bytes((int(high),))


def digital_port(port: int, mask: int) -> bytes:
    """Set the outputs of eight pins at once, or report their inputs; bit 0 is pin ``8 * port``."""
    return bytes((DIGITAL_MESSAGE | _nibble(port),)) + u7s(mask, 2)


def analog(pin: int, value: int) -> bytes:
    """Set PWM or servo of a pin, or report an analog channel; in three bytes where both fit."""
    if pin < 16 and value < 1 << 14:
        return bytes((ANALOG_MESSAGE | _nibble(pin),)) + u7s(value, 2)
    return sysex(EXTENDED_ANALOG, u7s(pin, 1) + u7s(value, 2 if value < 1 << 14 else 3))


def report_analog(channel: int, on: bool) -> bytes:
    """Have an analog channel reported each sampling interval, or no more."""
    return bytes((REPORT_ANALOG | _nibble(channel), int(on)))


def report_digital(port: int, on: bool) -> bytes:
    """Have a port of eight digital inputs reported on change, or no more."""
    return bytes((REPORT_DIGITAL | _nibble(port), int(on)))


def sampling_interval(milliseconds: int) -> bytes:
    """How often analog channels are reported."""
    return sysex(SAMPLING_INTERVAL, u7s(milliseconds, 2))


def servo_config(pin: int, low_us: int, high_us: int) -> bytes:
    """Make a pin a servo with these pulse lengths."""
    return sysex(SERVO_CONFIG, u7s(pin, 1) + u7s(low_us, 2) + u7s(high_us, 2))


def system_reset() -> bytes:
    """Put the firmware back to how it starts, without its boot report."""
    return bytes((SYSTEM_RESET,))


def string(text: str) -> bytes:
    """A text, in either direction."""
    return sysex(STRING_DATA, pairs(text.encode()))


def lab_identify() -> bytes:
    """Ask the lab's firmware what it is and can do."""
    return sysex(LAB, bytes((LAB_IDENTIFY,)))


def lab_keep_alive() -> bytes:
    """Tell the lab's firmware that its controller is alive; no reply."""
    return sysex(LAB, bytes((LAB_KEEP_ALIVE,)))


def lab_rest() -> bytes:
    """Put all outputs to rest; answered with :class:`Rested`."""
    return sysex(LAB, bytes((LAB_REST,)))


def lab_ultrasonic(trigger: int, echo: int, interval_ms: int) -> bytes:
    """Measure the echo every ``interval_ms`` (0 is off, 30 the least)."""
    return sysex(LAB, bytes((LAB_ULTRASONIC,)) + u7s(trigger, 1) + u7s(echo, 1) + u7s(interval_ms, 2))


def lab_encoders(interval_ms: int) -> bytes:
    """Report both wheel encoders every ``interval_ms`` when they changed, and once now (0 is off)."""
    return sysex(LAB, bytes((LAB_ENCODERS,)) + u7s(interval_ms, 2))


def lab_store_id(board_id: bytes) -> bytes:
    """Store a board id of at most eight bytes; answered with :class:`LabIdentity`."""
    if len(board_id) > LAB_ID_MAX:
        raise ValueError(f"a board id has at most {LAB_ID_MAX} bytes")
    return sysex(LAB, bytes((LAB_STORE_ID, len(board_id))) + pairs(board_id))


def _nibble(value: int) -> int:
    if not 0 <= value < 16:
        raise ValueError(f"{value} is not a channel (0 to 15)")
    return value


class Parser:
    """Turns what a board sends into messages, however it is split; damage is counted, never raised.

    ``noise`` counts the bytes that said nothing, ``frames`` the messages that did.
    """

    def __init__(self) -> None:
        self._cutter = Cutter(FROM_BOARD)
        self._damaged = 0
        self.frames = 0

    @property
    def noise(self) -> int:
        """Bytes that belonged to no message."""
        return self._cutter.noise + self._damaged

    def feed(self, data: bytes) -> list[Message]:
        """The messages that ``data`` completed."""
        messages: list[Message] = []
        for frame in self._cutter.feed(data):
            message = decode(frame)
            if message is None:
                self._damaged += len(frame)
            else:
                messages.append(message)
        self.frames += len(messages)
        return messages
