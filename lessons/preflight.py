"""Preflight: whether a lesson can be taught on a team's bench, found out before class with nothing moving."""

from __future__ import annotations

from devices.api import lacks
from devices.errors import BadValue, LabError, NotSupported
from devices.text import _
from lessons.format import PERIOD_MINUTES, Plan
from lessons.ports import Bench
from lessons.steps import check


def fits(plan: Plan, period_minutes: int = PERIOD_MINUTES) -> tuple[LabError, ...]:
    """Whether the lesson ends before the bell."""
    if plan.minutes <= period_minutes:
        return ()
    return (
        BadValue(
            _(
                "The lesson takes %(minutes)s minutes; the period has %(period)s",
                minutes=plan.minutes,
                period=period_minutes,
            ),
            hint=_("Take two periods, or stop after a step and go on from it next time."),
        ),
    )


def preflight(plan: Plan, bench: Bench) -> tuple[LabError, ...]:
    """Everything that this bench lacks for a lesson; empty when the team can start. Nothing moves."""
    problems: list[LabError] = []
    whole: set[str] = set()
    for place, role in plan.places.items():
        try:
            device = bench.device(place)
        except LabError as error:
            problems.append(error)
            continue
        missing = lacks(device, frozenset(role.needs))
        if missing:
            problems.append(
                NotSupported(
                    _("%(device)s cannot do this: %(what)s", device=device.name, what=", ".join(sorted(missing))),
                    device=device.name,
                    hint=_("Give the team another device for this lesson."),
                )
            )
        else:
            whole.add(place)
    for step in plan.steps:
        if step.place is None or step.place in whole:
            problems += [problem for problem in check(step, bench) if str(problem) not in map(str, problems)]
    return tuple(problems)
