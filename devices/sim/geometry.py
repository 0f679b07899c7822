"""Plane geometry of the arena: how near a point, a disc or a sensor's cone is to a wall or a robot.

Centimetres, x to the right and y down. Headings are degrees as on a compass seen from above: 0 is up (towards
y = 0), 90 is right. A wall is the straight line between two points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

STEEPEST = math.cos(math.radians(60))
"""A smooth wall that sound meets at more than 60 degrees from the perpendicular throws it on, not back. The angle is
ours, for painted walls; the ends of walls are heard from everywhere."""

Wall = tuple[float, float, float, float]
Disc = tuple[float, float, float]


def ahead(heading: float) -> tuple[float, float]:
    """The direction of a heading, one centimetre long."""
    angle = math.radians(heading)
    return math.sin(angle), -math.cos(angle)


def gap(x: float, y: float, wall: Wall) -> float:
    """How far a point is from a wall."""
    x1, y1, x2, y2 = wall
    dx, dy = x2 - x1, y2 - y1
    length = dx * dx + dy * dy
    along = ((x - x1) * dx + (y - y1) * dy) / length if length else 0.0
    along = min(1.0, max(0.0, along))
    return math.hypot(x1 + along * dx - x, y1 + along * dy - y)


def nearest(
    x: float, y: float, heading: float, half_angle: float, walls: Iterable[Wall], discs: Iterable[Disc]
) -> float:
    """The distance to the nearest surface inside a cone, or infinity where there is none.

    Args:
        x: Where the cone begins.
        y: Likewise.
        heading: Where its middle points to.
        half_angle: From the middle to the edge, in degrees, below 90.
        walls: Straight walls.
        discs: Round things, as centre and radius; the cone begins in none of them.
    """
    edges = ahead(heading - half_angle), ahead(heading + half_angle)
    best = math.inf
    for x1, y1, x2, y2 in walls:
        best = min(best, _to_wall(x1 - x, y1 - y, x2 - x, y2 - y, edges))
    middle = ahead(heading)
    for centre_x, centre_y, radius in discs:
        best = min(best, _to_disc(centre_x - x, centre_y - y, radius, middle, edges, half_angle))
    return best


def _to_wall(
    x1: float, y1: float, x2: float, y2: float, edges: tuple[tuple[float, float], tuple[float, float]]
) -> float:
    """From the origin to the part of a wall that lies between the two edges of a cone and throws sound back."""
    (left_x, left_y), (right_x, right_y) = edges
    dx, dy = x2 - x1, y2 - y1
    low, high = 0.0, 1.0
    # Inside the cone is clockwise (seen with y down) of the left edge and counter-clockwise of the right one.
    for start, slope in (
        (left_x * y1 - left_y * x1, left_x * dy - left_y * dx),
        (right_y * x1 - right_x * y1, right_y * dx - right_x * dy),
    ):
        if slope > 0:
            low = max(low, -start / slope)
        elif slope < 0:
            high = min(high, -start / slope)
        elif start < 0:
            return math.inf
    if low > high:
        return math.inf
    length = dx * dx + dy * dy
    foot = -(x1 * dx + y1 * dy) / length if length else 0.0
    along = min(high, max(low, foot))
    away = math.hypot(x1 + along * dx, y1 + along * dy)
    if 0.0 < along < 1.0 and abs(x1 * dy - y1 * dx) < away * math.sqrt(length) * STEEPEST:
        return math.inf
    return away


def _to_disc(
    x: float,
    y: float,
    radius: float,
    middle: tuple[float, float],
    edges: tuple[tuple[float, float], tuple[float, float]],
    half_angle: float,
) -> float:
    """From the origin to the part of a disc that lies inside a cone."""
    away = math.hypot(x, y)
    if away <= radius:
        return 0.0
    if x * middle[0] + y * middle[1] >= away * math.cos(math.radians(half_angle)):
        return away - radius
    best = math.inf
    for edge_x, edge_y in edges:
        along = x * edge_x + y * edge_y
        beside = away * away - along * along
        if along > 0 and beside <= radius * radius:
            best = min(best, along - math.sqrt(radius * radius - beside))
    return best
