"""Cuts a Firmata stream, in either direction, into whole frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from devices.wire.codes import (
    ANALOG_MESSAGE,
    DIGITAL_MESSAGE,
    END_SYSEX,
    REPORT_ANALOG,
    REPORT_DIGITAL,
    REPORT_VERSION,
    SET_DIGITAL_PIN,
    SET_PIN_MODE,
    START_SYSEX,
    SYSEX_MAX,
    SYSTEM_RESET,
)


def _lengths(pairs_of: Mapping[int, int]) -> tuple[int, ...]:
    """For each status byte, how many bytes follow; -1 for what is no status."""
    table = [-1] * 256
    for status, following in pairs_of.items():
        channels = range(16) if status < 0xF0 else range(1)
        for channel in channels:
            table[status | channel] = following
    return tuple(table)


FROM_BOARD: Final = _lengths({DIGITAL_MESSAGE: 2, ANALOG_MESSAGE: 2, REPORT_VERSION: 2})
"""How many bytes follow each status byte that a board sends."""

TO_BOARD: Final = _lengths(
    {
        DIGITAL_MESSAGE: 2,
        ANALOG_MESSAGE: 2,
        REPORT_ANALOG: 1,
        REPORT_DIGITAL: 1,
        SET_PIN_MODE: 2,
        SET_DIGITAL_PIN: 2,
        REPORT_VERSION: 0,
        SYSTEM_RESET: 0,
    }
)
"""How many bytes follow each status byte that a board is sent."""


class Cutter:
    """Cuts a stream into whole frames; a cut frame is dropped where the next one begins.

    ``noise`` counts the bytes that belonged to no whole frame. Nothing that arrives makes it raise; it never
    holds more than ``SYSEX_MAX`` bytes.
    """

    def __init__(self, lengths: Sequence[int] = FROM_BOARD) -> None:
        self._lengths = lengths
        self._frame = bytearray()
        self._left = -1  # bytes that the frame still needs; -1 in a sysex, which says itself where it ends
        self.noise = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that ``data`` completed."""
        frames: list[bytes] = []
        for byte in data:
            frame = self._frame
            if byte < 0x80:
                if not frame:
                    self.noise += 1
                    continue
                frame.append(byte)
                self._left -= self._left > 0
                if self._left == 0:
                    frames.append(self._take())
                elif len(frame) >= SYSEX_MAX:
                    self._drop()
            elif byte == END_SYSEX and frame and frame[0] == START_SYSEX:
                frame.append(byte)
                frames.append(self._take())
            else:
                self._drop()
                self._begin(byte, frames)
        return frames

    def _begin(self, byte: int, frames: list[bytes]) -> None:
        following = -1 if byte == START_SYSEX else self._lengths[byte]
        if byte != START_SYSEX and following < 0:
            self.noise += 1
        elif following == 0:
            frames.append(bytes((byte,)))
        else:
            self._frame.append(byte)
            self._left = following

    def _take(self) -> bytes:
        frame = bytes(self._frame)
        self._frame.clear()
        return frame

    def _drop(self) -> None:
        self.noise += len(self._frame)
        self._frame.clear()
