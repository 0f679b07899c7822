"""What is between a board's pins and the floor: motor bridge, encoders and ultrasonic sensor of one robot.

The emulated board and real firmware in a chip simulator drive the same plant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from devices.sim.arena import Arena, Body

ECHO_US_PER_CM: Final = 58.3  # there and back at 343 m/s, the speed of sound at 20 °C


@dataclass(frozen=True)
class Motor:
    """The pins of one motor on a bridge.

    ``pwm`` says how much. With ``back``, as on an L298N, the motor turns the way whose pin alone is high; without,
    as on a TB6612 wired with one direction pin, forward when that is high and back when it is low.
    """

    pwm: int
    forward: int
    back: int | None = None
    reversed: bool = False

    def duty(self, levels: Sequence[float]) -> float:
        """What the motor gets, -1 to 1, from what each pin gives out, 0 to 1."""
        forward = levels[self.forward] > 0.5
        back = not forward if self.back is None else levels[self.back] > 0.5
        way = forward - back
        return levels[self.pwm] * (-way if self.reversed else way)


@dataclass(frozen=True)
class Wiring:
    """Which pin does what on a robot, and the robot's measures. The defaults are the generic two-motor robot.

    Attributes:
        left: The left motor; None where the robot has none.
        right: Likewise.
        standby: A pin that must be high for the bridge to work, if there is one.
        trigger: Of the ultrasonic sensor, if there is one.
        echo: Likewise.
        encoders: The pins of the left and the right encoder, if there are any.
        body: What the arena needs to know.
    """

    left: Motor | None = Motor(5, 7, 8)
    right: Motor | None = Motor(6, 4, 9)
    standby: int | None = None
    trigger: int | None = 12
    echo: int | None = 11
    encoders: tuple[int, int] | None = (2, 3)
    body: Body = field(default_factory=Body)


class LooksLikeChassis(Protocol):
    """A chassis as devices.robots reads it; its parts are looked at by name."""

    @property
    def drive(self) -> Any: ...

    @property
    def geometry(self) -> Any: ...

    @property
    def encoders(self) -> Any: ...

    @property
    def sensors(self) -> Mapping[str, Any]: ...


def wiring(chassis: LooksLikeChassis) -> Wiring:
    """The wiring of a chassis; what it does not say is as on the generic robot."""
    generic = Body()
    drive, geometry, encoders = chassis.drive, chassis.geometry, chassis.encoders
    sonar = next((part for part in chassis.sensors.values() if part.kind == "ultrasonic"), None)
    return Wiring(
        left=_motor(drive.left) if drive else None,
        right=_motor(drive.right) if drive else None,
        standby=drive.standby if drive else None,
        trigger=sonar.trigger if sonar else None,
        echo=sonar.echo if sonar else None,
        encoders=(encoders.left, encoders.right) if encoders else None,
        body=Body(
            track=geometry.track_cm if geometry else generic.track,
            wheel=geometry.wheel_cm if geometry else generic.wheel,
            full_speed=(drive.full_speed_cm_s if drive else None) or generic.full_speed,
            pulses=encoders.pulses_per_turn if encoders else generic.pulses,
        ),
    )


def _motor(part: Any) -> Motor:
    return Motor(part.pwm, part.forward, part.back, part.reversed)


class Plant:
    """One robot of an arena, seen from its pins."""

    def __init__(self, arena: Arena, robot: str, wired: Wiring | None = None) -> None:
        self.arena = arena
        self.robot = robot
        self.wiring = wired or Wiring()

    def outputs(self, levels: Sequence[float]) -> tuple[float, float]:
        """Take what each pin gives out, 0 to 1 of the supply, and turn the motors accordingly.

        Returns what the left and the right motor are told, -1 to 1.
        """
        works = self.wiring.standby is None or levels[self.wiring.standby] > 0.5
        left, right = (
            motor.duty(levels) if motor and works else 0.0 for motor in (self.wiring.left, self.wiring.right)
        )
        self.arena.set_wheels(self.robot, left, right)
        return left, right

    def block(self, blocked: bool) -> None:
        """Hold the wheels, or let go."""
        self.arena.block(self.robot, blocked)

    def edges(self, pin: int) -> int:
        """How many rising edges the encoder at a pin gave since the robot was first placed; 0 at other pins."""
        return math.floor(self._turns(pin) or 0.0)

    def sense(self, pin: int) -> bool | None:
        """What the robot puts on a pin: the level of an encoder; None where the pin is no encoder's."""
        turns = self._turns(pin)
        return None if turns is None else turns % 1 < 0.5

    def echo_us(self, trigger: int, echo: int) -> int:
        """How long the ultrasonic sensor holds its echo pin high after a trigger, in µs.

        0 where nothing echoes, or where no sensor is wired to these two pins.
        """
        if (trigger, echo) != (self.wiring.trigger, self.wiring.echo):
            return 0
        away = self.arena.distance(self.robot)
        return 0 if math.isinf(away) else round(away * ECHO_US_PER_CM)

    @property
    def at_rest(self) -> bool:
        """Whether the wheels stand still and are told to."""
        return self.arena.at_rest(self.robot)

    def _turns(self, pin: int) -> float | None:
        encoders = self.wiring.encoders
        if not encoders or pin not in encoders:
            return None
        return self.arena.turns(self.robot)[encoders.index(pin)] + 0.5  # wheels begin in a gap of their discs
