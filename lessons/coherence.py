"""What the parts of a lesson plan must agree on, beyond what each says by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from devices.text import _
from lessons.format import HANDING_OUT_MINUTES, Plan
from lessons.mistakes import Mistake, not_one_of, quoted
from lessons.parts import Part

STAGES = ("launch", "build", "make", "present")
"""The order of the stages; a later step may not go back to an earlier one."""


def contradictions(plan: Plan) -> tuple[Mistake, ...]:
    """Everything in a plan that does not fit together, in the order of the file."""
    return (
        *_languages(plan),
        *_ranges(plan),
        *_rubric(plan),
        *_steps(plan),
        *_places(plan),
        *_minutes(plan),
    )


def _languages(plan: Plan) -> Iterator[Mistake]:
    expected = set(plan.languages)
    for step, field, phrase in _phrases(plan, "", ""):
        for language in sorted(expected - set(phrase)):
            yield Mistake(_("there is no text in %(language)s", language=quoted(language)), field, step)
        for language in sorted(set(phrase) - expected):
            yield Mistake(
                _("there is text in %(language)s, but the title has none", language=quoted(language)), field, step
            )


def _phrases(value: object, step: str, path: str) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Every phrase under a value, with its step and field."""
    match value:
        case Part():
            for name, info in type(value).model_fields.items():
                field = info.alias or name
                yield from _phrases(getattr(value, name), step, f"{path}.{field}" if path else field)
        case tuple():
            for index, each in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                if path == "step":
                    yield from _phrases(each, each.id, "")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
                else:
                    yield from _phrases(each, step, f"{path}[{index + 1}]")  # pyright: ignore[reportUnknownArgumentType]
        case Mapping() if value and all(isinstance(each, str) for each in value.values()):  # pyright: ignore[reportUnknownVariableType]
            yield step, path, value  # pyright: ignore[reportUnknownVariableType, reportReturnType]
        case Mapping():
            for name, each in value.items():  # pyright: ignore[reportUnknownVariableType]
                yield from _phrases(each, step, f"{path}.{name}")  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return


def _ranges(plan: Plan) -> Iterator[Mistake]:
    for field, (least, most) in (("ages", plan.ages), ("group_size", plan.group_size)):
        if least > most:
            yield Mistake(_("the first number must not be greater than the second"), field)


def _rubric(plan: Plan) -> Iterator[Mistake]:
    for number, criterion in enumerate(plan.rubric, start=1):
        field = f"rubric[{number}].points"
        if len(criterion.levels) != len(criterion.points):
            yield Mistake(
                _(
                    "there are %(levels)s levels and %(points)s points; each level needs its points",
                    levels=len(criterion.levels),
                    points=len(criterion.points),
                ),
                field,
            )
        elif list(criterion.points) != sorted(set(criterion.points)):
            yield Mistake(_("the points must grow from level to level"), field)


def _steps(plan: Plan) -> Iterator[Mistake]:
    seen: set[str] = set()
    reached = 0
    for step in plan.steps:
        if step.id in seen:
            yield Mistake(_("there is another step of this name"), "id", step.id)
        seen.add(step.id)
        stage = STAGES.index(step.stage)
        if stage < reached:
            yield Mistake(
                _(
                    "%(stage)s comes after %(before)s; the stages go launch, build, make, present",
                    stage=quoted(step.stage),
                    before=quoted(STAGES[reached]),
                ),
                "stage",
                step.id,
            )
        reached = max(reached, stage)


def _places(plan: Plan) -> Iterator[Mistake]:
    places = plan.places
    used: set[str] = set()
    for step in plan.steps:
        if step.place is None:
            continue
        if step.place not in places:
            yield Mistake(not_one_of(step.place, tuple(places)), "with", step.id)
            continue
        used.add(step.place)
        for capability in sorted(step.needs - set(places[step.place].needs)):
            yield Mistake(
                _(
                    "this needs %(capability)s, which is not among the needs of %(place)s",
                    capability=quoted(capability),
                    place=quoted(step.place),
                ),
                "",
                step.id,
            )
    for place in sorted(set(places) - used):
        yield Mistake(_("no step uses it"), f"roles.{place}")


def _minutes(plan: Plan) -> Iterator[Mistake]:
    steps = sum(step.minutes for step in plan.steps)
    if steps + HANDING_OUT_MINUTES > plan.minutes:
        yield Mistake(
            _(
                "the steps take %(steps)s minutes and handing out and collecting %(handing_out)s; "
                "together that is more than %(minutes)s",
                steps=round(steps),
                handing_out=HANDING_OUT_MINUTES,
                minutes=plan.minutes,
            ),
            "minutes",
        )
