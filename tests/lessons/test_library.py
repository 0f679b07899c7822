"""Every shipped lesson, executed: robots on the emulator pass every step; a robot in trouble gets the right hint."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from devices.sim.faults import BLOCKED
from devices.sim.host import SimHost
from lessons.coherence import contradictions
from lessons.outcomes import Origin, Outcome
from lessons.preflight import fits, preflight
from lessons.shelf import shelf
from tests.lessons.benches import Team, one_robot

pytestmark = pytest.mark.slow

LESSONS = shelf().lessons
LANES = 8


def index(name: str, step: str) -> int:
    return [each.id for each in LESSONS[name].plan.steps].index(step)


def test_no_shipped_lesson_has_a_mistake() -> None:
    assert not shelf().broken
    assert set(LESSONS) == {"first-drive", "stop-before-the-wall"}


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=list(LESSONS))
class TestShape:
    def test_every_language_has_every_step(self, lesson) -> None:
        assert set(lesson.briefs) >= {"az", "en"}
        for brief in lesson.briefs.values():
            assert list(brief) == [step.id for step in lesson.plan.steps]
            assert all(len(html) > 100 for html in brief.values())

    def test_no_text_was_forgotten_in_the_other_language(self, lesson) -> None:
        assert not contradictions(lesson.plan)
        for step in lesson.plan.steps:
            assert step.title["az"] != step.title["en"]

    def test_it_is_a_project_from_the_question_to_the_product(self, lesson) -> None:
        assert list(dict.fromkeys(step.stage for step in lesson.plan.steps)) == ["launch", "build", "make", "present"]
        assert 5 <= len(lesson.plan.steps) <= 7
        assert lesson.plan.rubric
        assert lesson.plan.reflection
        assert lesson.plan.hazards

    def test_what_can_go_wrong_has_three_hints(self, lesson) -> None:
        for step in lesson.plan.steps:
            assert len(step.hints) == (3 if step.do in ("sense", "drive") else 0), step.id

    def test_it_fits_a_period(self, lesson) -> None:
        assert not fits(lesson.plan)
        assert fits(lesson.plan, period_minutes=40)

    def test_it_builds_on_lessons_that_are_there(self, lesson) -> None:
        assert set(lesson.plan.prerequisites) <= set(LESSONS)


@pytest.mark.parametrize("name", LESSONS)
async def test_a_class_of_eight_passes_every_step(name: str, host: SimHost) -> None:
    plan = LESSONS[name].plan
    async with contextlib.AsyncExitStack() as stack:
        robots = [f"robot-{lane + 1}" for lane in range(LANES)]
        benches = [await stack.enter_async_context(one_robot(host, robot)) for robot in robots]
        assert not any(preflight(plan, bench) for bench in benches)
        teams = [Team(plan, bench, goes_on=True) for bench in benches]
        for team in teams:
            team.start()
        async with asyncio.timeout(50):
            await asyncio.gather(*(team.task for team in teams if team.task))
        for team, bench in zip(teams, benches, strict=True):
            said = [str(evidence.sentence) for evidence in team.run.evidence]
            assert team.done == ["passed"] * len(plan.steps), (bench.name, said)
            assert {str(evidence.origin) for evidence in team.run.evidence} == {Origin.SIMULATOR, Origin.TYPED}
            assert all(evidence.attempt == 1 for evidence in team.run.evidence)
            assert bench.wheels == (0, 0)
            assert bench.longest_drive <= 2


BLOCKED_STEPS = [
    ("first-drive", "forward", "do both wheels turn?"),
    ("first-drive", "turn", "Both wheels must touch the floor."),
    ("first-drive", "home", "Is a foot, a bag or another robot in the way?"),
    ("stop-before-the-wall", "slow", "Look whether both wheels turn."),
    ("stop-before-the-wall", "back", "What is behind the robot?"),
    ("stop-before-the-wall", "fast", "Look whether both wheels turn."),
]
TOO_NEAR_STEPS = [("first-drive", "wall"), ("stop-before-the-wall", "look")]


async def test_a_robot_in_trouble_gets_the_hint_that_helps(host: SimHost) -> None:
    driving = {(name, step.id) for name in LESSONS for step in LESSONS[name].plan.steps if step.moves}
    assert {(name, step) for name, step, _hint in BLOCKED_STEPS} == driving

    async def blocked(robot: str, name: str, step: str, hint: str) -> None:
        async with one_robot(host, robot) as bench:
            host.fault(robot, BLOCKED)
            team = Team(LESSONS[name].plan, bench, first_step=index(name, step))
            team.start()
            await team.until("waiting", step, seconds=20)
            assert team.run.outcome is Outcome.NOT_YET
            assert hint in team.run.shown_hint["en"]
            assert team.run.problem is None
            (evidence,) = team.run.evidence
            moved = [measured for measured in evidence.measured if measured.change]
            assert all(abs(measured.value) < 3 and not measured.ok for measured in moved)
            assert bench.wheels == (0, 0)
            team.run.finish()
            await team.task

    async def too_near(robot: str, name: str, step: str) -> None:
        async with one_robot(host, robot) as bench:
            start = host.poses()[robot]
            host.place(robot, start._replace(y=40))
            team = Team(LESSONS[name].plan, bench, first_step=index(name, step))
            team.start()
            await team.until("waiting", step)
            assert team.run.outcome is Outcome.NOT_YET
            assert "at least 50 cm" in team.run.shown_hint["en"]
            assert [evidence.attempt for evidence in team.run.evidence] == [1, 2], "measuring is tried twice by itself"
            assert "Distance to the wall: 31 cm (asked for: 50 to 300 cm)." in team.run.evidence[-1].sentence

            host.place(robot, start)  # the team does what the hint says
            team.run.go_on()
            await team.until("running", team.run.plan.steps[index(name, step) + 1].id)
            assert team.run.done[index(name, step)] is Outcome.PASSED
            team.run.finish()
            await team.task

    async def in_the_way(robot: str) -> None:
        async with one_robot(host, robot) as bench:
            host.place(robot, host.poses()[robot]._replace(y=20))
            team = Team(LESSONS["first-drive"].plan, bench, first_step=index("first-drive", "forward"))
            team.start()
            await team.until("waiting", "forward")
            assert team.run.outcome is Outcome.NOT_YET
            assert "50 cm of free floor ahead" in team.run.hint()["en"]
            team.run.finish()
            await team.task

    await asyncio.gather(
        *(blocked(f"blocked-{n}", *case) for n, case in enumerate(BLOCKED_STEPS)),
        *(too_near(f"near-{n}", *case) for n, case in enumerate(TOO_NEAR_STEPS)),
        in_the_way("in-the-way"),
    )
