"""Readings on their way to whoever listens: a dozen a second of each sensor at most, the latest always among them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from devices.api import Reading
from devices.errors import DeviceLost, NoAnswer
from devices.text import _

INTERVAL: Final = 0.08  # seconds between two readings of one sensor: one that comes each 0.1 s is never held back
WITHIN: Final = 1.0  # seconds that the next reading may take


class Readings:
    """Spreads what a device measures."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._listeners: list[Callable[[Reading], None]] = []
        self._waiting: dict[str, list[asyncio.Future[Reading]]] = {}
        self._told_at: dict[str, float] = {}
        self._held: dict[str, Reading] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def listen(self, on_reading: Callable[[Reading], None]) -> Callable[[], None]:
        """Call ``on_reading`` for each reading, until the returned function is called."""
        self._listeners.append(on_reading)

        def leave() -> None:
            if on_reading in self._listeners:
                self._listeners.remove(on_reading)

        return leave

    async def next(self, name: str) -> Reading:
        """The next reading of a sensor.

        Raises:
            NoAnswer: None came within a second.
            DeviceLost: The device was lost meanwhile.
        """
        future: asyncio.Future[Reading] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(name, [])
        waiting.append(future)
        done, _pending = await asyncio.wait([future], timeout=WITHIN)
        if future in waiting:
            waiting.remove(future)
        if not done:
            raise NoAnswer(
                _("%(name)s sends no reading of %(sensor)s", name=self._device, sensor=name),
                device=self._device,
                hint=_("Check how the sensor is connected."),
            )
        return future.result()

    def publish(self, reading: Reading) -> None:
        """Tell a reading, now or, where the last was told just now, when its turn comes."""
        for future in self._waiting.pop(reading.sensor, ()):
            if not future.done():
                future.set_result(reading)
        loop = asyncio.get_running_loop()
        due = self._told_at.get(reading.sensor, float("-inf")) + INTERVAL
        if loop.time() >= due:
            self._tell(reading)
            return
        self._held[reading.sensor] = reading
        if reading.sensor not in self._timers:
            self._timers[reading.sensor] = loop.call_at(due, self._tell_held, reading.sensor)

    def end(self, error: DeviceLost) -> None:
        """The device is lost: end what waits and forget what was held back."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._held.clear()
        waiting, self._waiting = self._waiting, {}
        for future in (future for futures in waiting.values() for future in futures):
            if not future.done():
                future.set_exception(error)

    def _tell_held(self, name: str) -> None:
        del self._timers[name]
        self._tell(self._held.pop(name))

    def _tell(self, reading: Reading) -> None:
        self._told_at[reading.sensor] = asyncio.get_running_loop().time()
        for on_reading in tuple(self._listeners):
            on_reading(reading)
