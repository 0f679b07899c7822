"""What a driver is, and where drivers are found: the entry points of ``labctl.drivers``, our own among them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, cast, runtime_checkable

from devices.api import Device, Pings
from devices.errors import BadValue, DeviceLost, UnknownName
from devices.text import _
from devices.transports.link import Link

GROUP = "labctl.drivers"


class Build(Protocol):
    """What an entry point names: makes a device, not opened, that speaks over ``link``."""

    def __call__(self, name: str, link: Link, options: Mapping[str, Any]) -> Device: ...


class Ears(Protocol):
    """What a board tells the robot it is part of, on the hub's loop."""

    def heard_echo(self, microseconds: int) -> None:
        """An ultrasonic echo came back after so long; 0 is no echo."""
        ...

    def heard_encoders(self, left: int, right: int) -> None:
        """So many pulses were counted on each wheel, modulo 2**28, never backwards."""
        ...

    def heard_analog(self, channel: int, value: int) -> None:
        """An analog channel reads so much, 0 to 1023."""
        ...

    def rested_by_itself(self) -> None:
        """The board heard nothing for too long and put its outputs to rest."""
        ...

    def lost(self, error: DeviceLost) -> None:
        """The board is lost; nothing more is heard until it is opened again."""
        ...


@runtime_checkable
class Board(Device, Pings, Protocol):
    """A board with pins, of which a chassis makes a robot.

    Everything without ``async`` is queued in order and returns at once; it raises DeviceLost where the board is not
    connected. Setting is absolute.
    """

    @property
    def measures(self) -> frozenset[str]:
        """What of ``echo``, ``encoders``, ``analog`` its firmware measures; known after ``open``."""
        ...

    def attach(self, ears: Ears) -> None:
        """Tell ``ears`` what happens from now on; there is one pair."""
        ...

    def make_output(self, pin: int) -> None:
        """Make a pin a digital output, low."""
        ...

    def make_pwm(self, pin: int) -> None:
        """Make a pin a PWM output, off."""
        ...

    def make_servo(self, pin: int, low_us: int, high_us: int) -> None:
        """Make a pin drive a servo with these pulses, from its next angle on."""
        ...

    def set_pins(self, levels: Mapping[int, bool]) -> None:
        """Set digital outputs."""
        ...

    def set_pwm(self, pin: int, duty: int) -> None:
        """Set the duty of a PWM output, 0 to 255."""
        ...

    def set_servo(self, pin: int, degrees: int) -> None:
        """Turn a servo to 0 to 180 degrees."""
        ...

    def measure_echo(self, trigger: int, echo: int, every_ms: int) -> None:
        """Have the ultrasonic echo measured."""
        ...

    def measure_encoders(self, every_ms: int) -> None:
        """Have the wheel encoders reported when they changed, and once at once."""
        ...

    def measure_analog(self, channels: frozenset[int], every_ms: int) -> None:
        """Have analog channels reported."""
        ...

    async def settled(self) -> None:
        """Wait until the board has carried out all that was sent before.

        Raises:
            NoAnswer: It did not say so in time.
        """
        ...


def drivers() -> tuple[str, ...]:
    """The names of all drivers that are installed."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def driver(name: str) -> Build:
    """The driver of that name.

    Raises:
        UnknownName: No installed package brings it; the hint says what was probably meant.
        BadValue: Two packages bring it, or it cannot be loaded.
    """
    return load(name, entry_points(group=GROUP))


def load(name: str, points: Iterable[EntryPoint]) -> Build:
    """The same, out of these entry points."""
    known = {(point.name, point.value): point for point in points}
    matches = [point for (known_name, _value), point in known.items() if known_name == name]
    if not matches:
        raise UnknownName(
            _("There is no driver “%(driver)s”", driver=name),
            hint=_meant(name, sorted({known_name for known_name, _value in known})),
        )
    if len(matches) > 1:
        values = ", ".join(sorted(point.value for point in matches))
        raise BadValue(
            _("Two packages bring a driver “%(driver)s”: %(where)s", driver=name, where=values),
            hint=_("Uninstall one of them."),
        )
    try:
        return cast(Build, matches[0].load())
    except (ImportError, AttributeError) as error:
        raise BadValue(
            _("The driver “%(driver)s” cannot be loaded: %(reason)s", driver=name, reason=str(error)),
            hint=_("Install its package again."),
        ) from error


def _meant(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return _("Did you mean “%(name)s”?", name=near[0])
    if known:
        return _("There are: %(names)s", names=", ".join(known))
    return _("No driver is installed. Install labctl with pip, so that its drivers are found.")
