"""A serial port on a simulated Uno, spoken to in raw bytes."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import serial

from tests.real.arduino import Uno

KEEP_ALIVE = b"\xf0\x0a\x01\xf7"
REST = b"\xf0\x0a\x02\xf7"
IDENTIFY = b"\xf0\x0a\x00\xf7"
VERSION_QUERY = b"\xf9"
FIRMWARE_QUERY = b"\xf0\x79\xf7"
CAPABILITY_QUERY = b"\xf0\x6b\xf7"
RESET = b"\xff"

VERSION = b"\xf9\x02\x05"
FIRMWARE = b"\xf0\x79\x01\x00" + b"".join(bytes((letter, 0)) for letter in b"labctl-robot") + b"\xf7"
IDENTITY = b"\xf0\x0a\x00\x01\x74\x03\x0f\x00\xf7"  # protocol 1, 500 ms, everything, no id
RESTED_AS_ASKED = b"\xf0\x0a\x02\x01\xf7"
RESTED_IN_SILENCE = b"\xf0\x0a\x02\x02\xf7"

INPUT, OUTPUT, ANALOG, PWM, SERVO, PULLUP = 0, 1, 2, 3, 4, 11


def u14(value: int) -> bytes:
    return bytes((value & 127, value >> 7 & 127))


def number(data: bytes) -> int:
    return sum(byte << 7 * place for place, byte in enumerate(data))


def mode(pin: int, what: int) -> bytes:
    return bytes((0xF4, pin, what))


def level(pin: int, high: bool) -> bytes:
    return bytes((0xF5, pin, high))


def port(number: int, levels: int) -> bytes:
    return bytes((0x90 | number,)) + u14(levels)


def analog(pin: int, value: int) -> bytes:
    return bytes((0xE0 | pin,)) + u14(value)


def state_query(pin: int) -> bytes:
    return bytes((0xF0, 0x6D, pin, 0xF7))


def text(words: str) -> bytes:
    return b"\xf0\x71" + b"".join(u14(ord(letter)) for letter in words) + b"\xf7"


def ultrasonic(trigger: int, echo: int, interval_ms: int) -> bytes:
    return b"\xf0\x0a\x03" + bytes((trigger, echo)) + u14(interval_ms) + b"\xf7"


def encoders(interval_ms: int) -> bytes:
    return b"\xf0\x0a\x04" + u14(interval_ms) + b"\xf7"


class Board:
    """An Uno with its port open. Whole messages from it are read one by one; bytes outside of any fail the test."""

    def __init__(self, uno: Uno, *, greeted: bool = True) -> None:
        self.uno = uno
        self.port = serial.Serial(uno.path, 57600, timeout=5, write_timeout=5, exclusive=True)
        self._sent = self._read = 0
        self._heard = bytearray()
        if greeted:
            assert self.next() == VERSION
            assert self.next() == FIRMWARE

    def send(self, *messages: bytes) -> None:
        """Write messages, in one go, and see them off."""
        data = b"".join(messages)
        self._sent += self.port.write(data) or 0
        deadline = time.monotonic() + 10
        while self.uno.snapshot().taken < self._sent:
            assert time.monotonic() < deadline, "the simulator does not read its port"

    def next(self, seconds: float = 3.0) -> bytes:
        """The next message, within so much of the board's time."""
        waited = 0.0
        while (message := self._cut()) is None:
            assert waited < seconds, f"no message within {seconds} s, only {self._heard.hex()}"
            self._hear(0.001)
            waited += 0.001
        return message

    def ask(self, *messages: bytes) -> bytes:
        """What is answered to messages."""
        self.send(*messages)
        return self.next()

    def heard(self, seconds: float = 0.1) -> list[bytes]:
        """All whole messages that come in so much of the board's time."""
        self._hear(seconds)
        messages = []
        while (message := self._cut()) is not None:
            messages.append(message)
        return messages

    def settle(self) -> None:
        """Let the board do what it was told; reports meanwhile are passed over."""
        self.send(VERSION_QUERY)
        while self.next() != VERSION:
            pass

    def ignore(self, seconds: float) -> None:
        """Pass over whatever it says in so much of its time; it has to be sound, all the same."""
        self.heard(seconds)

    def close(self) -> None:
        """Close the port."""
        self.port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hear(self, seconds: float) -> int:
        """Let time pass, and take in all that was said until then; returns how many bytes."""
        more = self.uno.pass_time(seconds).given - self._read
        self._heard += self.port.read(more)
        self._read += more
        return more

    def _cut(self) -> bytes | None:
        if not self._heard:
            return None
        first = self._heard[0]
        if first == 0xF0:
            end = self._heard.find(0xF7) + 1
        else:
            assert first == 0xF9 or first & 0xF0 in {0x90, 0xE0}, f"no message begins like this: {self._heard.hex()}"
            end = 3 if len(self._heard) >= 3 else 0
        if not end:
            return None
        message = bytes(self._heard[:end])
        del self._heard[:end]
        assert all(byte < 0x80 for byte in message[1:-1]), f"a broken message: {message.hex()}"
        return message
