"""A board's serial line on a clock that is handed in: no faster than its baud rate, with buffers as small."""

from __future__ import annotations

from collections import deque
from typing import Final

BITS: Final = 10  # on the line for each byte: start, eight, stop
TOGETHER: Final = 0.002  # seconds; a USB adapter hands on what came in so long a time at once


class Uart:
    """Both directions of the line. Times are seconds on the caller's clock and never go back.

    ``lost`` counts bytes that arrived while the ring was full; where ``hole`` is set, it is read in their place.
    """

    def __init__(self, baud: int) -> None:
        self.byte_seconds = BITS / baud
        self.ring_in = self.ring_out = 63  # bytes; the rings of arduino-core-avr: of 64, one stays free
        self.hole: int | None = None
        self._missing = False
        self.lost = 0
        self._coming: deque[tuple[float, int]] = deque()  # when each byte will have arrived
        self._ring: deque[int] = deque()
        self._going: deque[tuple[float, int]] = deque()  # when each byte will have left
        self._line_in = 0.0  # when the line to the board is free
        self._line_out = 0.0

    def clear(self) -> None:
        """Forget what is in the board's buffers and on the line, as a reset does."""
        self._coming.clear()
        self._ring.clear()
        self._going.clear()
        self._missing = False

    def arrive(self, data: bytes, now: float) -> None:
        """Put bytes on the line to the board."""
        at = max(now, self._line_in)
        for byte in data:
            at += self.byte_seconds
            self._coming.append((at, byte))
        self._line_in = at

    @property
    def backlog(self) -> int:
        """How many bytes are still on their way to the board."""
        return len(self._coming)

    def readable(self) -> float | None:
        """From when on :meth:`read` has a byte: the past where one waits; None where none is on its way."""
        if self._ring:
            return 0.0
        return self._coming[0][0] if self._coming else None

    def read(self, at: float) -> int | None:
        """The next byte that has arrived, for a program that looks at this time."""
        self.settle(at)
        return self._ring.popleft() if self._ring else None

    def settle(self, at: float) -> None:
        """Let arrive what has arrived by this time: into the ring, or lost where it is full."""
        coming = self._coming
        while coming and coming[0][0] <= at:
            _when, byte = coming.popleft()
            if self._missing and self.hole is not None and len(self._ring) < self.ring_in:
                self._ring.append(self.hole)
                self._missing = False
            if len(self._ring) < self.ring_in:
                self._ring.append(byte)
            else:
                self.lost += 1
                self._missing = True

    def write(self, data: bytes, at: float) -> float:
        """Queue bytes from the board; returns when the program goes on, later where the buffer was full."""
        going = self._going
        for byte in data:
            if len(going) > self.ring_out:  # one more is in the UART itself
                at = max(at, going[-1 - self.ring_out][0])
            self._line_out = max(at, self._line_out) + self.byte_seconds
            going.append((self._line_out, byte))
        return at

    def pending(self, at: float) -> int:
        """How many bytes wait to leave the board at this time, not counting the one that is leaving."""
        return sum(1 for leaves, _byte in self._going if leaves - self.byte_seconds > at)

    def due(self, now: float) -> bytes:
        """The bytes that have left the board by now."""
        going = self._going
        out = bytearray()
        while going and going[0][0] <= now:
            out.append(going.popleft()[1])
        return bytes(out)

    def next_due(self) -> float | None:
        """When it is worth looking at :meth:`due` again; None where nothing is leaving."""
        return min(self._going[-1][0], self._going[0][0] + TOGETHER) if self._going else None

    def next_arrival(self) -> float | None:
        """When it is worth reading again; None where nothing is on its way."""
        if self._ring:
            return 0.0
        return min(self._coming[-1][0], self._coming[0][0] + TOGETHER) if self._coming else None
