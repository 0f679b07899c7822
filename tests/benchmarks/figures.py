"""What a benchmark yields: figures, each with the peers of the same run and the limit that it is held to."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Limit:
    """What a figure must be. ``of`` names the peer whose figure ``most`` or ``least`` is multiplied with."""

    most: float | None = None
    least: float | None = None
    of: str | None = None

    def spoken(self, unit: str) -> str:
        """The limit for people: ``at most 100 ms``, ``at most 1.05 x raw pyserial``."""
        if self.most == 0:
            return "none"
        way, edge = ("at most", self.most) if self.most is not None else ("at least", self.least)
        return f"{way} {edge:g} x {self.of}" if self.of is not None else f"{way} {edge:g} {unit}"


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: What was measured.
        value: The median of ``runs``.
        unit: Of all values.
        runs: What each run came to, in the order they were made.
        beside: The medians of the peers, measured in the same run, in the same unit.
        limit: What it must be; none where it is shown to be compared with.
        note: How many of what, and what else should be known.
    """

    what: str
    value: float
    unit: str
    runs: tuple[float, ...] = ()
    beside: Mapping[str, float] = field(default_factory=dict)
    limit: Limit | None = None
    note: str = ""

    @property
    def ratios(self) -> dict[str, float]:
        """How many times a peer's figure ours is."""
        return {peer: self.value / value for peer, value in self.beside.items() if value}

    @property
    def passed(self) -> bool | None:
        """Whether the limit is kept; None where there is none."""
        if self.limit is None:
            return None
        limit = self.limit
        value = self.ratios.get(limit.of, math.nan) if limit.of is not None else self.value
        return (limit.most is None or value <= limit.most) and (limit.least is None or value >= limit.least)

    def as_data(self) -> dict[str, Any]:
        """For the result file."""
        limit = None if self.limit is None else self.limit.spoken(self.unit)
        return {
            "what": self.what,
            "value": _short(self.value),
            "unit": self.unit,
            "runs": [_short(one) for one in self.runs],
            "beside": {peer: _short(value) for peer, value in self.beside.items()},
            "ratios": {peer: _short(value) for peer, value in self.ratios.items()},
            "limit": limit,
            "passed": self.passed,
            "note": self.note,
        }


def figure(
    what: str,
    runs: Sequence[float],
    unit: str,
    *,
    beside: Mapping[str, Sequence[float]] | None = None,
    limit: Limit | None = None,
    note: str = "",
) -> Figure:
    """A figure whose value is the median of its runs, as are those of the peers."""
    medians = {peer: statistics.median(values) for peer, values in (beside or {}).items()}
    return Figure(what, statistics.median(runs), unit, tuple(runs), medians, limit, note)


@dataclass(frozen=True)
class Run:
    """How a benchmark is to be run: ``quick`` only shows that it works; ``say`` tells a person how far it is."""

    quick: bool
    say: Callable[[str], None]

    def times(self, full: int, quick: int) -> int:
        """How often something is done."""
        return quick if self.quick else full


def percentile(values: Sequence[float], per_cent: float) -> float:
    """The value that so many per cent do not exceed, by nearest rank: always one that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * per_cent / 100) - 1)]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
