"""How far and which way a robot went, from pulses that do not tell their direction."""

from __future__ import annotations

import math
from typing import Final

TURNOVER: Final = 1 << 28  # where the firmware's counters begin again


class Odometer:
    """Sums the pulses of both wheels, each counted in the direction that its wheel was last told to turn."""

    def __init__(self, *, pulses_per_turn: int, wheel_cm: float, track_cm: float) -> None:
        self._cm = math.pi * wheel_cm / pulses_per_turn  # a pulse
        self._track_cm = track_cm
        self._seen: tuple[int, int] | None = None
        self._signs = (1, 1)  # of the pulses in the next report
        self._told = (1, 1)
        self._left_cm = self._right_cm = 0.0

    def tell(self, left: float, right: float) -> bool:
        """Speeds that the wheels are about to be told; True where one turns round.

        Then a report should be asked for first: the pulses in it are still of the old direction.
        """
        before = self._told
        self._told = (_sign(left, before[0]), _sign(right, before[1]))
        return self._told != before

    def count(self, left: int, right: int) -> None:
        """A report of both counters. The first is where they begin."""
        if self._seen is not None:
            self._left_cm += self._signs[0] * self._cm * ((left - self._seen[0]) % TURNOVER)
            self._right_cm += self._signs[1] * self._cm * ((right - self._seen[1]) % TURNOVER)
        self._seen = (left, right)
        self._signs = self._told

    @property
    def travelled_cm(self) -> float:
        """Forward less back, of the middle between the wheels."""
        return (self._left_cm + self._right_cm) / 2

    @property
    def turned_deg(self) -> float:
        """To the right, which is clockwise from above."""
        return math.degrees((self._left_cm - self._right_cm) / self._track_cm)


def _sign(speed: float, before: int) -> int:
    """A wheel that is told to rest rolls on the way it went."""
    return before if speed == 0 else int(math.copysign(1, speed))
