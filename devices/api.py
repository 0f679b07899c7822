"""What a device can do: small flat Protocols that drivers inherit and everything above is written against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from devices.errors import DeviceLost

DRIVE_LIMIT = 2.0
"""Longest single drive, in seconds: a robot whose controller forgets it is at rest by then (design: dead man)."""


@dataclass(frozen=True)
class Identity:
    """What answered: firmware and board, as the device itself tells it.

    Attributes:
        firmware: Name of the firmware, such as ``labctl-robot`` or ``StandardFirmata.ino``.
        version: Its version, such as ``1.0``.
        board_id: Unique id stored on the board, or empty where the firmware has none.
        stops_by_itself: Whether the wheels come to rest when the controller falls silent.
    """

    firmware: str
    version: str
    board_id: str = ""
    stops_by_itself: bool = False


@dataclass(frozen=True)
class Sensor:
    """A quantity that a device can measure. ``low`` and ``high`` bound what the sensor can tell, in ``unit``.

    ``digits`` is how many decimals make sense to show.
    """

    name: str
    unit: str
    low: float
    high: float
    digits: int = 0


@dataclass(frozen=True)
class Reading:
    """One value of a sensor. ``at`` is ``time.monotonic()`` seconds when it arrived from the device."""

    sensor: str
    value: float
    at: float


@runtime_checkable
class Device(Protocol):
    """Anything in the lab that can be opened, stopped and closed.

    All methods are called on the hub's loop. ``open`` and ``close`` may be called again at any time and then do
    nothing; after a loss, ``open`` opens anew.
    """

    @property
    def name(self) -> str:
        """The name a person gave it."""
        ...

    @property
    def capabilities(self) -> frozenset[str]:
        """What it can do, such as ``drives`` and ``senses.distance``; after ``open``, what its firmware allows."""
        ...

    @property
    def identity(self) -> Identity | None:
        """What answered at the last ``open``; None before."""
        ...

    async def open(self) -> Identity:
        """Connect and learn who answers.

        Raises:
            PortMissing, PortBusy, PortForbidden: The port cannot be opened; the hint says what to do.
            WrongFirmware: Something else answers, or noise does; said within 3 s.
            NoAnswer: Nothing answers, said within 3 s.
        """
        ...

    async def stop(self) -> None:
        """Bring everything that moves or heats to rest, ahead of whatever was queued.

        Commands under way end with ``Stopped``. Returns when the device has confirmed.

        Raises:
            NotStopped: It did not confirm within 0.8 s.
        """
        ...

    async def close(self) -> None:
        """Bring to rest what moves, as far as the device answers, and let go of the port. Never raises LabError."""
        ...

    async def gone(self) -> DeviceLost:
        """Wait until the device is lost, and return why. Waits for ever on a device that is closed."""
        ...


@runtime_checkable
class Drives(Protocol):
    """A robot with two driven wheels."""

    async def drive(self, left: float, right: float, *, seconds: float) -> None:
        """Turn the wheels, then bring them to rest.

        Args:
            left: Speed of the left wheel, -1 (full back) to 1 (full forward).
            right: Speed of the right wheel, likewise.
            seconds: How long, 0 < seconds <= 2; longer moves are renewed by the caller. A drive that begins before
                the last one ended takes its place without a rest between them; the earlier call returns then.

        Raises:
            BadValue: A speed or the time is out of range or not a finite number; nothing was sent.
            DeviceLost: The board stopped answering; its watchdog brings the wheels to rest.
            Stopped: The robot was stopped while driving.

        A cancelled drive brings the wheels to rest before the cancellation goes on.
        """
        ...


@runtime_checkable
class Senses(Protocol):
    """A device that measures. Readings arrive by themselves, at most 10 a second of each sensor."""

    @property
    def sensors(self) -> Mapping[str, Sensor]:
        """The sensors that this device has, by name."""
        ...

    async def sense(self, name: str) -> Reading:
        """The next reading of a sensor: one that arrives after the call.

        Raises:
            UnknownName: It has no such sensor.
            NoAnswer: Nothing arrived within 1 s.
            DeviceLost: The board stopped answering.
        """
        ...

    def listen(self, on_reading: Callable[[Reading], None]) -> Callable[[], None]:
        """Call ``on_reading`` on the hub's loop for each reading, until the returned function is called."""
        ...


@runtime_checkable
class Actuates(Protocol):
    """A device with named outputs: servo, LED, pump, buzzer."""

    @property
    def outputs(self) -> Mapping[str, Sensor]:
        """The outputs, by name, with the unit and range of what may be set."""
        ...

    async def set(self, name: str, value: float) -> None:
        """Set an output. Setting is absolute: there are no toggles.

        Raises:
            UnknownName: It has no such output.
            BadValue: The value is out of range; nothing was sent.
            DeviceLost: The board stopped answering.
        """
        ...


@runtime_checkable
class Pings(Protocol):
    """A device whose firmware answers a question, so that the link can be measured."""

    async def ping(self) -> float:
        """One round trip to the firmware and back, in seconds.

        Raises:
            NoAnswer: Nothing came back within 1 s.
            DeviceLost: The board stopped answering.
        """
        ...


def lacks(device: Device, needs: frozenset[str]) -> frozenset[str]:
    """What of ``needs`` a device cannot do."""
    return needs - device.capabilities
