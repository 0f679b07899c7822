"""What lessons ask of the lab around them: a bench of devices by role, and a way to speak to the team."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from devices.api import Device, Drives, Senses, Sensor
from devices.errors import NotSupported, UnknownName
from devices.text import Text, _

T = TypeVar("T")


class Bench(Protocol):
    """The devices of one team, by the place that a lesson gives them. Called on the hub's loop."""

    def device(self, role: str) -> Device:
        """The device at a place, with the Protocols that its capabilities name.

        Its commands raise ``Stopped`` from a stop until the team goes on, ``InUse`` once someone else has it.

        Raises:
            UnknownName: Nothing was given to the team for it.
        """
        ...

    def origin(self, role: str) -> str:
        """Where its measurements come from: ``controller`` or ``simulator``."""
        ...

    async def back(self, role: str) -> None:
        """Wait until the device at a place is ready; at once if it is."""
        ...

    async def rest(self) -> None:
        """Bring every device of the team to rest. Bounded, and never raises LabError."""
        ...


@dataclass(frozen=True)
class Context:
    """What a step is given to run with.

    Attributes:
        bench: The team's devices.
        clock: Seconds, for durations.
        say: Show the team one line about what happens now.
        person: Show a line and wait until a person goes on.
        announce: Say that the device at a place is about to move and leave time for hands; returns at once where
            a person has just asked for the motion.
    """

    bench: Bench
    clock: Callable[[], float]
    say: Callable[[Text], None]
    person: Callable[[Text], Awaitable[None]]
    announce: Callable[[str], Awaitable[None]]


def driving(bench: Bench, place: str) -> Drives:
    """The device at a place, as something that drives. Raises NotSupported, UnknownName."""
    return _able(bench, place, Drives, _("drive"))


def sensing(bench: Bench, place: str) -> Senses:
    """The device at a place, as something that measures. Raises NotSupported, UnknownName."""
    return _able(bench, place, Senses, _("measure"))


def sensor_of(senses: Senses, name: str) -> Sensor:
    """A sensor by name. Raises UnknownName."""
    try:
        return senses.sensors[name]
    except KeyError:
        raise UnknownName(
            _("There is no sensor %(sensor)s", sensor=name),
            hint=_("It has: %(sensors)s.", sensors=", ".join(sorted(senses.sensors)) or "-"),
        ) from None


def _able(bench: Bench, place: str, capability: type[T], what: Text) -> T:
    device = bench.device(place)
    if not isinstance(device, capability):
        raise NotSupported(
            _("%(device)s cannot do this: %(what)s", device=device.name, what=what),
            device=device.name,
            hint=_("Give the team another device for this lesson."),
        )
    return device
