"""Readings as they come in: the latest, the last minute, and a thinned stream for pages. None are kept on disk."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Mapping

from devices.api import Reading

RING = 600
"""Readings kept of each sensor: one minute at the ten a second that robots send."""

SERIES = 2048
"""Sensors kept in all, far more than a lab has, so that a driver that makes up names fills nothing."""

EACH = 0.05
"""Seconds between two values of one sensor in the stream: no more than those between two frames. Robots send ten
readings a second; a limit of ten here would hold each one back for up to a tenth of a second more."""

BETWEEN_FRAMES = 0.05
"""Seconds between two frames of the stream, whatever is in them."""

Value = float | tuple[float, ...]
"""What a frame carries: a reading, or a simulated robot's pose."""

Frame = dict[str, dict[str, Value]]
"""Device -> sensor -> value."""


class Telemetry:
    """The latest reading and a ring of readings for each device and sensor. Used on the hub's loop.

    Args:
        clock: The clock of ``Reading.at``: ``time.monotonic`` but in tests.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._latest: dict[str, dict[str, Reading]] = {}
        self._rings: dict[tuple[str, str], deque[Reading]] = {}

    def put(self, device: str, reading: Reading) -> bool:
        """Keep a reading; False where it is no number or comes from one sensor too many."""
        if not math.isfinite(reading.value):
            return False
        ring = self._rings.get((device, reading.sensor))
        if ring is None:
            if len(self._rings) >= SERIES:
                return False
            ring = self._rings[device, reading.sensor] = deque(maxlen=RING)
        ring.append(reading)
        self._latest.setdefault(device, {})[reading.sensor] = reading
        return True

    def latest(self, device: str) -> Mapping[str, Reading]:
        """The newest reading of each sensor of a device; empty where nothing came in."""
        return dict(self._latest.get(device, {}))

    def window(self, device: str, sensor: str, seconds: float) -> tuple[Reading, ...]:
        """The readings of the last ``seconds``, oldest first, as far as the ring goes back: what becomes evidence."""
        since = self._clock() - seconds
        return tuple(reading for reading in self._rings.get((device, sensor), ()) if reading.at >= since)

    def forget(self, device: str) -> None:
        """Drop what a device sent: it was lost, and its last values are no longer true."""
        for sensor in self._latest.pop(device, {}):
            del self._rings[device, sensor]


class Coalescer:
    """Decides which values are due in the stream, and when: the first at once, then the newest of each sensor with
    the next frame, frames no closer than 50 ms. A value that waits is replaced by a newer one. Holds no timer."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Value] = {}
        self._sent: dict[tuple[str, str], float] = {}
        self._framed = -math.inf

    def put(self, device: str, sensor: str, value: Value) -> float:
        """Take a value in, and say when it is due, which may be past; never, for one sensor too many."""
        key = (device, sensor)
        if key not in self._sent and len(self._sent) + len(self._waiting) >= 2 * SERIES:
            return math.inf
        self._waiting[key] = value
        return self._due_at(key)

    def due(self) -> float:
        """The time of the next frame, which may be past; never, while nothing waits."""
        return min((self._due_at(key) for key in self._waiting), default=math.inf)

    def _due_at(self, key: tuple[str, str]) -> float:
        return max(self._sent.get(key, -math.inf) + EACH, self._framed + BETWEEN_FRAMES)

    def take(self, at: float) -> Frame:
        """The values that are due at the time ``at``, which count as sent; empty where none is."""
        frame: Frame = {}
        for key in [key for key in self._waiting if self._due_at(key) <= at]:
            device, sensor = key
            frame.setdefault(device, {})[sensor] = self._waiting.pop(key)
            self._sent[key] = at
        if frame:
            self._framed = at
        return frame

    def forget(self, device: str) -> None:
        """Drop what waits of a device, and when it last had its turn."""
        for held in (self._waiting, self._sent):
            for key in [key for key in held if key[0] == device]:
                del held[key]


class Frames:
    """The stream on the hub's loop: ``on_frame`` is called there with each frame. While nothing comes in, nothing runs.

    Made and used on the loop; ``close`` takes back the one timer it may have.
    """

    def __init__(self, on_frame: Callable[[Frame], None]) -> None:
        self._on_frame = on_frame
        self._loop = asyncio.get_running_loop()
        self._coalescer = Coalescer()
        self._timer: asyncio.TimerHandle | None = None
        self._timed = math.inf
        self._closed = False

    def put(self, device: str, sensor: str, value: Value) -> None:
        """Take a value in. What comes in during one turn of the loop shares a frame."""
        if not self._closed:
            self._arrange(self._coalescer.put(device, sensor, value))

    def forget(self, device: str) -> None:
        """Drop what waits of a device that was lost."""
        self._coalescer.forget(device)

    def close(self) -> None:
        """Drop what waits and call ``on_frame`` no more. May be called again."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arrange(self, due: float) -> None:
        due = max(due, self._loop.time())
        if due == math.inf or (self._timer is not None and self._timed <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timed = due
        self._timer = self._loop.call_at(due, self._frame)

    def _frame(self) -> None:
        self._timer = None
        try:
            if frame := self._coalescer.take(self._loop.time()):
                self._on_frame(frame)
        finally:
            if not self._closed:
                self._arrange(self._coalescer.due())
