"""The floor that simulated robots drive on: pure physics, the same for the same seed, without a clock of its own.

Centimetres, seconds and degrees; x to the right, y down; a heading of 0 is up, 90 is right, as seen from above.
What it leaves out is listed in docs/explanation/simulation.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from devices.errors import BadValue, UnknownName
from devices.sim.geometry import Disc, Wall, ahead, gap, nearest
from devices.sim.layout import HEIGHT_CM, LANE_CM, LANES, Layout
from devices.text import _

STEP: Final = 0.02  # seconds; the longest piece of time that is computed at once
ACCELERATION: Final = 200.0  # cm/s²; a geared hobby motor takes about 0.2 s to full speed
MISMATCH: Final = 0.008  # no two motors are alike; one may be this part faster or slower than its label
SLIP: Final = 0.01  # of the way a wheel rolls, at most; drawn anew every SLIP_CM
SLIP_CM: Final = 2.0
CONE: Final = 15.0  # degrees to each side; HC-SR04 data sheet: "best in 30 degree angle"
NEAR: Final = 2.0  # cm: HC-SR04 data sheet, range 2 cm to 400 cm
FAR: Final = 400.0
TAPE_CM: Final = 1.9  # electrical tape


class Pose(NamedTuple):
    """Where the middle of a robot's axle is, in cm, and where the robot looks, in degrees from 0 to 360."""

    x: float
    y: float
    heading: float


@dataclass(frozen=True)
class Body:
    """What a robot is, for the arena. It takes the room of a disc, so that it can always turn on the spot.

    Attributes:
        radius: Half of its length, in cm; the ultrasonic sensor sits at the front of it.
        track: From wheel to wheel, in cm.
        wheel: Diameter of a wheel, in cm.
        full_speed: What a wheel rolls at full duty, in cm/s.
        pulses: Of a wheel's encoder, in one turn.
    """

    radius: float = 9.0
    track: float = 13.0
    wheel: float = 6.5
    full_speed: float = 40.0
    pulses: int = 20


@dataclass
class _Wheel:
    gain: float
    duty: float = 0.0
    speed: float = 0.0  # cm/s, what it rolls
    slip: float = 0.0
    until_slip: float = 0.0  # cm until slip is drawn anew
    rolled: float = 0.0  # cm, backwards counts less
    turned: float = 0.0  # cm, backwards counts too: what an encoder with one sensor sees


@dataclass
class _Robot:
    body: Body
    x: float
    y: float
    heading: float
    chance: Random
    left: _Wheel
    right: _Wheel
    blocked: bool = False
    wheels: tuple[_Wheel, _Wheel] = field(init=False)

    def __post_init__(self) -> None:
        self.wheels = (self.left, self.right)

    @property
    def at_rest(self) -> bool:
        left, right = self.wheels
        return not (left.duty or right.duty or left.speed or right.speed)

    def halt(self) -> None:
        self.left.speed = self.right.speed = 0.0


class Arena:
    """Robots with two driven wheels on a walled floor.

    Robots stop at walls and at one another, and never overlap them. Every robot has its own seed, so what it does
    does not depend on which others are there, unless they meet.
    """

    def __init__(
        self,
        width: float = LANES * LANE_CM,
        height: float = HEIGHT_CM,
        walls: tuple[Wall, ...] = (),
        tape: tuple[tuple[float, float], ...] = (),
        seed: int = 0,
    ) -> None:
        self.width = width
        self.height = height
        self.walls = walls
        self.tape = tape
        self._seed = seed
        self._robots: dict[str, _Robot] = {}

    @classmethod
    def furnished(cls, layout: Layout, seed: int = 0) -> Arena:
        """An arena laid out, without robots."""
        return cls(layout.width, layout.height, layout.walls, layout.tape, seed)

    def widen(self, width: float) -> None:
        """Move the right outer wall away; it never comes nearer."""
        self.width = max(self.width, width)

    def place(self, robot: str, x: float, y: float, heading: float, body: Body | None = None) -> None:
        """Set a robot down at rest, a new one or one lifted from elsewhere; what its wheels rolled is kept.

        Raises:
            BadValue: There is a wall or another robot in that place.
        """
        known = self._robots.get(robot)
        shape = body or (known.body if known else Body())
        if not self._free(robot, shape.radius, x, y):
            raise BadValue(_("There is no room for %(robot)s at %(x)s, %(y)s", robot=robot, x=x, y=y))
        if known is None:
            chance = Random(f"{self._seed}/{robot}")
            left, right = (_Wheel(1 + chance.uniform(-MISMATCH, MISMATCH)) for _side in range(2))
            self._robots[robot] = _Robot(shape, x, y, heading % 360, chance, left, right)
        else:
            known.body, known.x, known.y, known.heading = shape, x, y, heading % 360
            known.halt()

    def place_all(self, places: Mapping[str, Pose]) -> None:
        """Set down known robots at once, each at rest, in whatever order they stand now.

        Raises:
            BadValue: Two of them, or one and what stays where it is, have no room; then nobody was moved.
        """
        before = dict(self._robots)
        for robot in places:
            self._robot(robot)
        stand = {name: (r.x, r.y, r.heading, r.left.speed, r.right.speed) for name, r in before.items()}
        self._robots = {name: robot for name, robot in before.items() if name not in places}
        try:
            for name, (x, y, heading) in places.items():
                if not self._free(name, before[name].body.radius, x, y):
                    raise BadValue(_("There is no room for %(robot)s at %(x)s, %(y)s", robot=name, x=x, y=y))
                self._robots[name] = before[name]
                self.place(name, x, y, heading)
        except BadValue:
            for name, robot in before.items():
                robot.x, robot.y, robot.heading, robot.left.speed, robot.right.speed = stand[name]
            raise
        finally:
            self._robots = before

    def lift(self, robot: str) -> None:
        """Take a robot off the floor; none of that name is fine."""
        self._robots.pop(robot, None)

    @property
    def robots(self) -> tuple[str, ...]:
        """The names of the robots on the floor."""
        return tuple(self._robots)

    def set_wheels(self, robot: str, left: float, right: float) -> None:
        """Set what the motors are told, -1 (full back) to 1 (full forward); anything beyond counts as full."""
        found = self._robot(robot)
        found.left.duty = max(-1.0, min(1.0, left))
        found.right.duty = max(-1.0, min(1.0, right))

    def block(self, robot: str, blocked: bool) -> None:
        """Hold a robot's wheels so that its motors cannot turn them, or let go."""
        self._robot(robot).blocked = blocked

    def step(self, seconds: float) -> None:
        """Let time pass. Costs nothing where all robots are at rest."""
        busy = [(name, robot) for name, robot in self._robots.items() if not robot.at_rest]
        if not busy or seconds <= 0:
            return
        pieces = math.ceil(seconds / STEP - 1e-9)
        for _piece in range(pieces):
            for name, robot in busy:
                self._move(name, robot, seconds / pieces)

    @property
    def moving(self) -> bool:
        """Whether any wheel turns or is told to."""
        return any(not robot.at_rest for robot in self._robots.values())

    def at_rest(self, robot: str) -> bool:
        """Whether a robot's wheels stand still and are told to."""
        return self._robot(robot).at_rest

    def pose(self, robot: str) -> Pose:
        """Where a robot is."""
        found = self._robot(robot)
        return Pose(found.x, found.y, found.heading)

    def speeds(self, robot: str) -> tuple[float, float]:
        """How fast the left and the right wheel roll, in cm/s."""
        found = self._robot(robot)
        return found.left.speed, found.right.speed

    def wheels(self, robot: str) -> tuple[float, float]:
        """What the left and the right motor are told, -1 to 1."""
        found = self._robot(robot)
        return found.left.duty, found.right.duty

    def travel(self, robot: str) -> tuple[float, float]:
        """How far the left and the right wheel rolled since the robot was first placed, in cm, back is less."""
        found = self._robot(robot)
        return found.left.rolled, found.right.rolled

    def turns(self, robot: str) -> tuple[float, float]:
        """How many encoder pulses, with fractions, each wheel made since the robot was first placed, both ways."""
        found = self._robot(robot)
        pulse = math.pi * found.body.wheel / found.body.pulses
        return found.left.turned / pulse, found.right.turned / pulse

    def distance(self, robot: str) -> float:
        """What the ultrasonic sensor at the front is away from the nearest surface in its cone, in cm.

        From 2, the least it can tell, to 400; infinity where it hears nothing.
        """
        found = self._robot(robot)
        step_x, step_y = ahead(found.heading)
        x, y = found.x + step_x * found.body.radius, found.y + step_y * found.body.radius
        away = nearest(x, y, found.heading, CONE, (*self._outer(), *self.walls), self._others(robot))
        return math.inf if away > FAR else max(NEAR, away)

    def on_tape(self, robot: str, forward: float, right: float) -> bool:
        """Whether the floor is dark at a spot of a robot, that far from its middle, in cm."""
        found = self._robot(robot)
        step_x, step_y = ahead(found.heading)
        x = found.x + step_x * forward - step_y * right
        y = found.y + step_y * forward + step_x * right
        lines = zip(self.tape, self.tape[1:], strict=False)
        return any(gap(x, y, (*start, *end)) <= TAPE_CM / 2 for start, end in lines)

    def _robot(self, robot: str) -> _Robot:
        try:
            return self._robots[robot]
        except KeyError:
            raise UnknownName(_("There is no simulated robot named %(robot)s", robot=robot)) from None

    def _outer(self) -> tuple[Wall, ...]:
        w, h = self.width, self.height
        return (0, 0, w, 0), (w, 0, w, h), (w, h, 0, h), (0, h, 0, 0)

    def _others(self, robot: str) -> list[Disc]:
        return [(r.x, r.y, r.body.radius) for name, r in self._robots.items() if name != robot]

    def _free(self, robot: str, radius: float, x: float, y: float) -> bool:
        """Whether a robot has room in a place; touching is no overlap."""
        if not (radius <= x <= self.width - radius and radius <= y <= self.height - radius):
            return False
        for wall in self.walls:
            x1, y1, x2, y2 = wall
            beside = min(x1, x2) - radius > x or max(x1, x2) + radius < x
            if beside or min(y1, y2) - radius > y or max(y1, y2) + radius < y:
                continue
            if gap(x, y, wall) < radius:
                return False
        for name, other in self._robots.items():
            apart = radius + other.body.radius
            dx, dy = other.x - x, other.y - y
            if name != robot and dx * dx + dy * dy < apart * apart:
                return False
        return True

    def _move(self, name: str, robot: _Robot, seconds: float) -> None:
        left, right = (self._spin(robot, wheel, seconds) for wheel in robot.wheels)
        if not (left or right):
            return
        # Heading and way over the floor follow from what the wheels roll, less what they slip.
        over_left, over_right = left * (1 + robot.left.slip), right * (1 + robot.right.slip)
        forward, turn = (over_left + over_right) / 2, (over_left - over_right) / robot.body.track
        step_x, step_y = ahead(robot.heading + math.degrees(turn) / 2)
        part = self._room(name, robot, step_x * forward, step_y * forward)
        robot.x += step_x * forward * part
        robot.y += step_y * forward * part
        if part < 1.0 and left * right > 0:
            # Pushed against something, such motors stall; turning on the spot they go on.
            robot.halt()
            left, right, turn = left * part, right * part, turn * part
        robot.heading = (robot.heading + math.degrees(turn)) % 360
        self._roll(robot, robot.left, left)
        self._roll(robot, robot.right, right)

    def _room(self, name: str, robot: _Robot, dx: float, dy: float) -> float:
        """Which part of a step there is room for: all of it, or what is left before something, or nothing."""
        part = 1.0
        while not self._free(name, robot.body.radius, robot.x + dx * part, robot.y + dy * part):
            if part < 0.1:
                return 0.0
            part /= 2
        return part

    def _spin(self, robot: _Robot, wheel: _Wheel, seconds: float) -> float:
        """Bring a wheel nearer to the speed its motor is told; returns the way it rolls meanwhile, in cm."""
        target = 0.0 if robot.blocked else wheel.duty * robot.body.full_speed * wheel.gain
        change = ACCELERATION * seconds
        wheel.speed += max(-change, min(change, target - wheel.speed))
        return wheel.speed * seconds

    def _roll(self, robot: _Robot, wheel: _Wheel, way: float) -> None:
        wheel.rolled += way
        wheel.turned += abs(way)
        wheel.until_slip -= abs(way)
        if wheel.until_slip <= 0:
            wheel.until_slip = SLIP_CM
            wheel.slip = robot.chance.uniform(-SLIP, SLIP)
