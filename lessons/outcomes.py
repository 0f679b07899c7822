"""How a step can end, what was measured for it, and the words that teams, events and evidence share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from devices.text import Text, _, as_data


class Outcome(StrEnum):
    """How a step ended. ``not-yet`` is the students' work, ``error`` our machine: never one for the other."""

    PASSED = "passed"
    NOT_YET = "not-yet"
    ERROR = "error"
    TIMEOUT = "timeout"
    ABORTED = "aborted"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"


class Origin(StrEnum):
    """Who says so: the lab from a real device, the lab from a simulated one, or a person."""

    CONTROLLER = "controller"
    SIMULATOR = "simulator"
    TYPED = "typed"


class EventKind(StrEnum):
    """What a run tells about itself."""

    STEP_BEGUN = "step-begun"
    LINE = "line"
    EVIDENCE = "evidence"
    OUTCOME = "outcome"
    STATE = "state"
    HINT = "hint"


@dataclass(frozen=True)
class RunEvent:
    """Something that happened to a team. ``data`` is JSON data, ``at`` the run's clock, ``step`` counts from 0."""

    kind: EventKind
    step: int
    data: Mapping[str, Any]
    at: float


@dataclass(frozen=True)
class Measured:
    """One measured number against its limits; ``low`` or ``high`` is None where there is no limit.

    ``change`` tells that the number is how much the sensor's value changed over the step.
    """

    sensor: str
    value: float
    unit: str
    low: float | None
    high: float | None
    change: bool = False
    digits: int = 0

    @property
    def ok(self) -> bool:
        """Whether the number, as it is shown, is within its limits."""
        shown = round(self.value, self.digits)
        return (self.low is None or shown >= self.low) and (self.high is None or shown <= self.high)

    def as_data(self) -> dict[str, Any]:
        """The measurement as JSON data."""
        return {
            "sensor": self.sensor,
            "change": self.change,
            "value": round(self.value, self.digits),
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "ok": self.ok,
        }


@dataclass(frozen=True)
class Result:
    """What one attempt at a step came to. ``sentence`` is empty where there is nothing to say (a text was read)."""

    outcome: Outcome
    sentence: str = ""
    measured: tuple[Measured, ...] = ()
    origin: str = Origin.TYPED


@dataclass(frozen=True)
class Evidence:
    """Why a step passed or not yet: the sentence for people, the numbers, where they came from, which attempt."""

    step: int
    outcome: Outcome
    at: float
    sentence: str
    measured: tuple[Measured, ...]
    origin: str
    attempt: int
    hints: int = 0

    def as_data(self) -> dict[str, Any]:
        """The evidence as JSON data; the sentence stays translatable."""
        return {
            "outcome": str(self.outcome),
            "sentence": as_data(self.sentence),
            "measured": [measured.as_data() for measured in self.measured],
            "origin": self.origin,
            "attempt": self.attempt,
            "hints": self.hints,
        }


def judged(measured: Sequence[Measured], *, origin: str, shortfall: Text | None = None) -> Result:
    """The result of measurements: passed when each is within its limits and nothing else fell short."""
    passed = shortfall is None and all(each.ok for each in measured)
    sentences = [*([shortfall] if shortfall else []), *(told(each) for each in measured)]
    return Result(Outcome.PASSED if passed else Outcome.NOT_YET, together(sentences), tuple(measured), origin)


def together(sentences: Sequence[Text]) -> str:
    """Several sentences as one text that can still be translated."""
    if not sentences:
        return ""
    text = sentences[0]
    for sentence in sentences[1:]:
        text = _("%(first)s %(second)s", first=text, second=sentence)
    return text


def told(measured: Measured) -> Text:
    """A measurement as a sentence. It is built so that no ending has to be glued to a name or a number."""
    places: dict[str, Any] = {
        "what": quantity(measured.sensor, change=measured.change),
        "value": _plain(measured.value, measured.digits),
        "unit": unit(measured.unit),
        "low": _plain(measured.low, measured.digits),
        "high": _plain(measured.high, measured.digits),
    }
    match (measured.low is None, measured.high is None):
        case (False, False):
            return _("%(what)s: %(value)s %(unit)s (asked for: %(low)s to %(high)s %(unit)s).", **places)
        case (False, True):
            return _("%(what)s: %(value)s %(unit)s (asked for: at least %(low)s %(unit)s).", **places)
        case (True, False):
            return _("%(what)s: %(value)s %(unit)s (asked for: at most %(high)s %(unit)s).", **places)
        case _:
            return _("%(what)s: %(value)s %(unit)s.", **places)


def quantity(sensor: str, *, change: bool = False) -> Text:
    """What a sensor measures, as people say it."""
    match (sensor, change):
        case ("distance", False):
            return _("Distance to the wall")
        case ("distance", True):
            return _("Change of the distance to the wall")
        case ("travelled", _):
            return _("Distance travelled")
        case ("turned", _):
            return _("Turned")
        case (_, False):
            return _("Reading of %(sensor)s", sensor=sensor)
        case _:
            return _("Change of %(sensor)s", sensor=sensor)


def unit(name: str) -> str:
    """A unit as people write it after a number."""
    match name:
        case "cm":
            return _("cm")
        case "deg":
            return "°"
        case _:
            return name


def _plain(value: float | None, digits: int) -> float | int | None:
    if value is None:
        return None
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded
