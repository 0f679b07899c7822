"""A byte stream to a board, as drivers see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from devices.errors import LabError

OPEN_WITHIN = 2.5  # seconds; the driver has 3 to say what is wrong
STUCK_AFTER = 0.25  # seconds that a write may make no headway (design: stop is bounded by it)


@runtime_checkable
class Link(Protocol):
    """A byte stream that carries whole frames, in order. All methods are called on one loop."""

    async def open(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[LabError], None]) -> None:
        """Open the stream. Both callbacks run on the loop; ``on_lost`` at most once, and never after ``close``.

        Raises:
            PortMissing, PortBusy, PortForbidden, AmbiguousDevice: It cannot be opened; the hint says what to do.
        """
        ...

    def send(self, frame: bytes) -> None:
        """Queue one whole frame.

        Raises:
            DeviceLost: The stream is not open any more, or it takes nothing and its queue is full.
        """
        ...

    def discard(self) -> int:
        """Drop the frames that have not begun, and say how many; one half written is completed.

        What is sent next goes ahead of everything that was queued.
        """
        ...

    async def flushed(self, seconds: float) -> None:
        """Wait until all that was sent is on the wire.

        Raises:
            NoAnswer: The stream did not take it within ``seconds``.
            DeviceLost: The stream was lost.
        """
        ...

    async def close(self, *, drop: bool = False) -> None:
        """Let go of the stream, within a second. May be called at any time, and again.

        With ``drop``, what the system has taken and not delivered is thrown away, so that a board that does not
        read now is not moved by it later.
        """
        ...
