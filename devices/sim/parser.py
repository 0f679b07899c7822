"""How a board reads Firmata: FirmataParser of the Firmata 2.5.8 library, its weaknesses included.

A client must get along with them: a message that was cut inside a sysex swallows all that follows up to the next
end byte, and a sysex of more than 64 bytes loses its tail.
"""

from __future__ import annotations

from typing import Final, Protocol

from devices.wire.firmata import (
    ANALOG_MESSAGE,
    DIGITAL_MESSAGE,
    END_SYSEX,
    REPORT_ANALOG,
    REPORT_DIGITAL,
    REPORT_VERSION,
    SET_DIGITAL_PIN,
    SET_PIN_MODE,
    START_SYSEX,
    SYSTEM_RESET,
)

BUFFER: Final = 64  # bytes: MAX_DATA_BYTES of Firmata 2.5.8
FOLLOWING: Final = {
    ANALOG_MESSAGE: 2,
    DIGITAL_MESSAGE: 2,
    SET_PIN_MODE: 2,
    SET_DIGITAL_PIN: 2,
    REPORT_ANALOG: 1,
    REPORT_DIGITAL: 1,
}


class Reader(Protocol):
    """What a sketch does with what was read."""

    def command(self, status: int, channel: int, first: int, second: int) -> None:
        """A message with data bytes, in the order they came; ``second`` is 0 where there is one."""
        ...

    def sysex(self, command: int, count: int, data: bytes) -> None:
        """A sysex; ``count`` is its length as the board reckons it, ``data`` the whole buffer behind the command."""
        ...

    def report_version(self) -> None:
        """The protocol version is asked for."""
        ...

    def system_reset(self) -> None:
        """Everything back to how it starts."""
        ...


class BoardParser:
    """Feeds a sketch byte by byte."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._buffer = bytearray(BUFFER)
        self._waiting = 0  # data bytes still to come
        self._status = 0
        self._channel = 0
        self._in_sysex = False
        self._count = 0

    def feed(self, byte: int) -> None:
        """Take one byte."""
        if self._in_sysex:
            if byte == END_SYSEX:
                self._in_sysex = False
                # An empty sysex repeats the command that is still in the buffer, with a length of 255.
                self._reader.sysex(self._buffer[0], (self._count - 1) & 0xFF, bytes(self._buffer[1:]))
            else:
                if self._count < BUFFER:
                    self._buffer[self._count] = byte
                self._count += 1
        elif self._waiting and byte < 0x80:
            self._waiting -= 1
            self._buffer[self._waiting] = byte
            if not self._waiting and self._status:
                status, self._status = self._status, 0
                two = FOLLOWING[status] == 2
                first, second = (self._buffer[1], self._buffer[0]) if two else (self._buffer[0], 0)
                self._reader.command(status, self._channel, first, second)
        else:
            self._begin(byte)

    def _begin(self, byte: int) -> None:
        status = byte & 0xF0 if byte < 0xF0 else byte
        if byte < 0xF0:
            self._channel = byte & 0x0F
        if status in FOLLOWING:
            self._waiting = FOLLOWING[status]
            self._status = status
        elif status == START_SYSEX:
            self._in_sysex = True
            self._count = 0
        elif status == SYSTEM_RESET:
            self._waiting = self._status = self._channel = 0
            self._buffer[:] = bytes(BUFFER)
            self._reader.system_reset()
        elif status == REPORT_VERSION:
            self._reader.report_version()
