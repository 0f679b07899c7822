"""What is between a board's pins and the floor: motor bridge, encoders and ultrasonic sensor of one robot.

The emulated board and real firmware in a chip simulator drive the same plant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from devices.sim.arena import Arena, Body

ECHO_US_PER_CM: Final = 58.3  # there and back at 343 m/s, the speed of sound at 20 °C


@dataclass(frozen=True)
class Motor:
    """The pins of one motor on an L298N bridge: how much, and which of two ways."""

    enable: int
    forward: int
    back: int


@dataclass(frozen=True)
class Wiring:
    """Which pin does what on a two-motor robot, and the robot's measures. The defaults are the generic one."""

    left: Motor = Motor(5, 7, 8)
    right: Motor = Motor(6, 4, 9)
    trigger: int = 12
    echo: int = 11
    encoders: tuple[int, int] = (2, 3)
    led: int = 13
    body: Body = field(default_factory=Body)


class Plant:
    """One robot of an arena, seen from its pins."""

    def __init__(self, arena: Arena, robot: str, wiring: Wiring | None = None) -> None:
        self.arena = arena
        self.robot = robot
        self.wiring = wiring or Wiring()

    def outputs(self, levels: Sequence[float]) -> tuple[float, float]:
        """Take what each pin gives out, 0 to 1 of the supply, and turn the motors accordingly.

        Returns what the left and the right motor are told, -1 to 1.
        """
        left, right = (duty(levels, motor) for motor in (self.wiring.left, self.wiring.right))
        self.arena.set_wheels(self.robot, left, right)
        return left, right

    def edges(self, pin: int) -> int:
        """How many rising edges the encoder at a pin gave since the robot was first placed; 0 at other pins."""
        return math.floor(self._turns(pin) or 0)

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
        return self.arena.turns(self.robot)[encoders.index(pin)] if pin in encoders else None


def duty(levels: Sequence[float], motor: Motor) -> float:
    """What an L298N tells a motor: the enable pin's duty, one way or the other; with both ways alike it brakes."""
    way = (levels[motor.forward] > 0.5) - (levels[motor.back] > 0.5)
    return levels[motor.enable] * way
