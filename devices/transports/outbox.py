"""What waits to be written: whole frames, bounded, and never far ahead of the wire, so that a stop is not late."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

FRAMES: Final = 4096  # frames that may wait; a program that writes faster than the wire is told so
AHEAD: Final = 256  # bytes handed to the system that the wire has not had time for: 44 ms at 57600 baud
BATCH: Final = 64  # bytes a write, as much as a board's receive ring holds
BITS: Final = 10  # bits on the wire a byte: start, eight, stop


class OutboxFull(Exception):
    """Nothing more can wait."""


class Outbox:
    """Frames on their way to a wire of ``baud``.

    The system takes bytes much faster than the wire carries them, and what it took cannot be called back. So frames
    are handed on only as the wire has time for them: after :meth:`discard` at most ``AHEAD`` bytes are still to come.
    """

    def __init__(self, baud: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._frames: deque[bytes] = deque()
        self._rate = baud / BITS
        self._clock = clock
        self._done_at = 0.0  # when the wire will have carried all that was handed on
        self._urgent = False

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: bytes) -> None:
        """Add a whole frame at the end.

        Raises:
            OutboxFull: As many frames wait as may.
        """
        if len(self._frames) >= FRAMES:
            raise OutboxFull
        self._frames.append(frame)

    def discard(self) -> int:
        """Drop all that waits, and let what is put next go at once."""
        count = len(self._frames)
        self._frames.clear()
        self._urgent = True
        return count

    @property
    def carried_in(self) -> float:
        """Seconds until the wire has carried what was handed on."""
        return max(0.0, self._done_at - self._clock())

    @property
    def ready_in(self) -> float:
        """Seconds until :meth:`batch` gives something: 0 is now, infinity when nothing waits."""
        if not self._frames:
            return math.inf
        ahead = self.carried_in
        if self._urgent or not ahead or ahead * self._rate + len(self._frames[0]) <= AHEAD:
            return 0.0
        return ahead / 2  # let half of it drain rather than wake up for each frame

    def batch(self) -> bytes:
        """Whole frames that may be written now, in order; empty when there are none or the wire is busy."""
        if self.ready_in > 0:
            return b""
        frames = bytearray(self._frames.popleft())
        room = min(BATCH, AHEAD - math.ceil(self.carried_in * self._rate))
        while self._frames and len(frames) + len(self._frames[0]) <= room:
            frames += self._frames.popleft()
        self._urgent = False
        self._done_at = max(self._done_at, self._clock()) + len(frames) / self._rate
        return bytes(frames)
