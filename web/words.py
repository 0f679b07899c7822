"""Words and numbers for what the lab measures and can do."""

from __future__ import annotations

from devices.text import _
from labctl.views import PhaseView
from web.render import number, said, unit

_CAPABILITIES = {
    "drives": _("wheels"),
    "senses.distance": _("distance sensor"),
    "senses.travelled": _("wheel encoders"),
    "senses.turned": _("wheel encoders"),
    "actuates.led": _("light"),
}


def capability(code: str) -> str:
    """What a lesson needs, in a word; the code itself where we have none."""
    return said(_CAPABILITIES.get(code, code))


def digits(value: float) -> int:
    """How many decimals of a measured value say something: three figures in all."""
    size = abs(value)
    return 0 if size >= 100 or size == round(size) else 1 if size >= 10 else 2


def limits(phase: PhaseView) -> str:
    """The limits of a measurement, as a range."""
    low = None if phase.low is None else number(phase.low, digits(phase.low))
    high = None if phase.high is None else number(phase.high, digits(phase.high))
    match low, high:
        case None, None:
            return "–"
        case None, str():
            return f"≤ {high} {unit(phase.unit)}".rstrip()
        case str(), None:
            return f"≥ {low} {unit(phase.unit)}".rstrip()
        case _:
            return f"{low} – {high} {unit(phase.unit)}".rstrip()
