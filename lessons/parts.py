"""What every table of a lesson plan is made of: strict frozen models, phrases in several languages, limits, names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from devices.text import _


class Part(BaseModel):
    """A table of ``lesson.toml``: unknown keys and wrong types are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, str_strip_whitespace=True)


Line: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
"""Some text that is not empty."""

Slug: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
"""A name for machines: small ASCII letters and digits, parted by single hyphens."""

Language: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
"""A language tag such as ``az``; the set of languages is open."""

Phrase: TypeAlias = Annotated[Mapping[Language, Line], Field(min_length=1)]
"""A short text in each language of the lesson: ``{ az = "...", en = "..." }``."""

Capability: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]+(\.[a-z][a-z0-9-]*)?$")]
"""What a device can do: ``drives``, ``senses.distance``."""

Stage: TypeAlias = Literal["launch", "build", "make", "present"]
"""The stages of project-based learning: the driving question, the skills, making and critique, the public product."""


Speed: TypeAlias = Annotated[float, Field(ge=-1, le=1)]
"""Speed of a wheel, -1 (full back) to 1 (full forward)."""


class Limits(Part):
    """What a measurement must be: a sensor, at least one limit, and the unit in which they are meant.

    Attributes:
        sensor: Name of the sensor, such as ``distance``.
        change: Whether the change over the step is meant rather than the value after it.
        min: Least value that passes.
        max: Greatest value that passes.
        unit: Unit of the limits; it must be the sensor's own.
    """

    sensor: Slug
    change: bool = False
    min: float | None = None
    max: float | None = None
    unit: Line

    @model_validator(mode="after")
    def _some_room(self) -> Limits:
        if self.min is None and self.max is None:
            raise ValueError(_("give min or max, or both"))
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(_("min is %(min)g and max is %(max)g: nothing can pass", min=self.min, max=self.max))
        return self


class StepPart(Part):
    """What all steps have in common.

    Attributes:
        id: Name of the step; its brief stands under the heading ``## id``.
        title: What the step is called on the page.
        stage: The stage of project-based learning that it belongs to.
        minutes: How long a team is expected to need; beyond it the team counts as stuck.
        hints: Help, from a nudge to nearly the answer; they unlock in this order.
    """

    moves: ClassVar[bool] = False
    """Whether something moves in this step; what moves is never repeated without a person."""

    id: Slug
    title: Phrase
    stage: Stage
    minutes: Annotated[float, Field(gt=0, le=90)]
    hints: Annotated[tuple[Phrase, ...], Field(max_length=6)] = ()

    @property
    def place(self) -> str | None:
        """The place on the bench that the step works with; None where it needs no device."""
        return None

    @property
    def needs(self) -> frozenset[str]:
        """Capabilities that the step asks of the device at its place."""
        return frozenset()
