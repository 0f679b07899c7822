"""How the simulated floor is furnished: the lanes the robots start in, the walls, and the tape to follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from devices.sim.geometry import Wall

LANES: Final = 8  # the robots of a class of 24 in teams of three
LANE_CM: Final = 35.0  # a robot is 18 cm across; the rest is what motors that pull unevenly drift on the way
HEIGHT_CM: Final = 210.0
START_CM: Final = 125.0  # from the far wall to the middle of a robot on the start line
FURNITURE_CM: Final = 168.0  # nothing stands nearer to the far wall than this: the lanes are free


@dataclass(frozen=True)
class Layout:
    """A furnished floor, in centimetres, x to the right and y down.

    Attributes:
        width: Of the floor; an outer wall runs around it.
        height: Likewise.
        walls: Further walls, each the straight line x1, y1, x2, y2.
        tape: The dark line on the floor, point to point.
        starts: Where robots start, as x, y and heading in degrees (0 is up, 90 is right).
    """

    width: float
    height: float
    walls: tuple[Wall, ...]
    tape: tuple[tuple[float, float], ...]
    starts: tuple[tuple[float, float, float], ...]


def lab(robots: int = LANES) -> Layout:
    """A floor with a lane for each robot, at least 8: side by side on the start line, facing the far wall.

    Ahead of each robot are 116 cm of free floor, behind it at least 30. With more than eight robots the floor is
    wider and everything on it stays where it was.
    """
    lanes = max(LANES, robots)
    return Layout(
        width=lanes * LANE_CM,
        height=HEIGHT_CM,
        walls=(
            *box(8, FURNITURE_CM, 44, HEIGHT_CM - 8),  # a bench
            *box(130, 171, 150, 185),  # a crate inside the loop of tape
            *box(242, 172, 272, 202),  # a cupboard
        ),
        tape=loop(140, 178, 86, 22),
        starts=tuple(((lane + 0.5) * LANE_CM, START_CM, 0.0) for lane in range(lanes)),
    )


def box(left: float, top: float, right: float, bottom: float) -> tuple[Wall, ...]:
    """The four walls of a box."""
    return (
        (left, top, right, top),
        (right, top, right, bottom),
        (right, bottom, left, bottom),
        (left, bottom, left, top),
    )


def loop(x: float, y: float, across: float, down: float, points: int = 48) -> tuple[tuple[float, float], ...]:
    """A closed oval around a point, reaching ``across`` to each side and ``down`` up and down."""
    turn = 2 * math.pi / points
    ring = [(x + across * math.cos(i * turn), y + down * math.sin(i * turn)) for i in range(points)]
    return tuple((round(px, 1), round(py, 1)) for px, py in [*ring, ring[0]])
