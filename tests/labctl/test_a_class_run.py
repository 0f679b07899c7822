"""A class goes through a lesson on simulated robots; a lost robot parks its team; a restart loses nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from devices.errors import InUse, LabError, Stopped
from labctl.views import DeviceState, Outcome, TeamState, TeamView
from tests.labctl.conftest import Opening
from tests.labctl.opened import Opened, until

pytestmark = pytest.mark.slow


def team(opened: Opened, n: int) -> TeamView:
    run = opened.lab.run()
    assert run is not None
    return next(team for team in run.teams if team.number == n)


def on_to(opened: Opened, teams: tuple[int, ...], done: Callable[[TeamView], bool], seconds: float = 60) -> None:
    """Press on for every team that waits for a person, until all are where they should be."""
    deadline = time.monotonic() + seconds
    while not all(done(team(opened, n)) for n in teams):
        assert time.monotonic() < deadline, [team(opened, n) for n in teams]
        if any(team(opened, n).state is TeamState.WAITING for n in teams):
            opened.lab.go_on(None, "teacher")
        time.sleep(0.05)


def moving(opened: Opened, n: int) -> bool:
    return opened.wheels(n) != (0, 0)


def kept(opened: Opened) -> list[str]:
    """What the journal has."""
    return [event.kind for event in opened.core.store.since_now(0)]


@pytest.mark.parametrize("lesson", ["first-drive", "stop-before-the-wall"])
def test_a_lesson_passes_on_every_robot(open_robots: Opening, lesson: str) -> None:
    opened = open_robots(3)
    assert opened.lab.preflight(lesson).ok
    opened.lab.start_run(lesson, None, "teacher")
    on_to(opened, (1, 2, 3), lambda team: team.state is TeamState.FINISHED)
    for n in (1, 2, 3):
        done = team(opened, n)
        assert set(done.steps_done) == {Outcome.PASSED}
        assert any(each.measured and each.origin == "simulator" for each in done.evidence)
        assert opened.wheels(n) == (0, 0)
    opened.lab.finish_run("teacher")
    assert opened.lab.run() is None
    until(lambda: kept(opened).count("run.finished") == 1)
    assert kept(opened).count("run.started") == 1
    assert kept(opened).count("team.evidence") >= 6


def test_a_run_holds_its_robots(open_robots: Opening) -> None:
    opened = open_robots(1)
    opened.lab.start_run("first-drive", None, "teacher")
    assert opened.lab.device("robot-1").user == 1
    with pytest.raises(InUse):
        opened.lab.drive("robot-1", 1, 1, 0.1, epoch=opened.lab.stop_view().epoch, by="someone")
    with pytest.raises(InUse):
        opened.lab.start_run("first-drive", None, "teacher")
    opened.lab.finish_run("teacher")
    assert opened.lab.device("robot-1").user is None


def test_stop_all_in_a_lesson_and_going_on_after_release(open_robots: Opening) -> None:
    opened = open_robots(2)
    opened.lab.start_run("first-drive", None, "teacher")
    deadline = time.monotonic() + 30
    while not (moving(opened, 1) and moving(opened, 2)):
        assert time.monotonic() < deadline
        opened.lab.go_on(None, "teacher")
        time.sleep(0.02)
    opened.lab.stop_all("teacher")
    assert [opened.wheels(n) for n in (1, 2)] == [(0, 0)] * 2
    until(lambda: all(team(opened, n).state is TeamState.STOPPED for n in (1, 2)))
    with pytest.raises(Stopped):
        opened.lab.go_on(None, "teacher")
    opened.lab.release("teacher")
    time.sleep(0.5)
    assert [opened.wheels(n) for n in (1, 2)] == [(0, 0)] * 2
    opened.lab.go_on(None, "teacher")
    on_to(opened, (1, 2), lambda team: team.step > 3 or team.state is TeamState.FINISHED)


def test_an_unplugged_robot_parks_its_team_and_comes_back_by_itself(open_robots: Opening) -> None:
    opened = open_robots(2)
    opened.lab.start_run("first-drive", None, "teacher")
    deadline = time.monotonic() + 30
    while not moving(opened, 1):
        assert time.monotonic() < deadline
        opened.lab.go_on(1, "teacher")
        time.sleep(0.02)
    opened.sims.fault("Robot 1", "unplugged")
    until(lambda: team(opened, 1).state is TeamState.PARKED)
    assert opened.lab.device("robot-1").state is DeviceState.LOST
    assert any(need.kind == "lost" for need in opened.lab.room().needs)
    step = team(opened, 1).step
    opened.sims.fault("Robot 1", None)
    until(lambda: team(opened, 1).state is TeamState.RUNNING, 12)
    assert team(opened, 1).step == step
    until(lambda: moving(opened, 1), 8)


def test_pausing_rests_every_robot_and_resuming_begins_the_step_again(open_robots: Opening) -> None:
    opened = open_robots(1)
    opened.lab.start_run("first-drive", None, "teacher")
    deadline = time.monotonic() + 30
    while not moving(opened, 1):
        assert time.monotonic() < deadline
        opened.lab.go_on(1, "teacher")
        time.sleep(0.02)
    opened.lab.pause("teacher")
    until(lambda: opened.wheels(1) == (0, 0), 1.5)
    until(lambda: team(opened, 1).state is TeamState.PAUSED)
    opened.lab.resume("teacher")
    until(lambda: moving(opened, 1), 8)


def test_a_lab_that_was_closed_in_the_middle_shows_the_lesson_as_interrupted(
    open_robots: Opening,
) -> None:
    opened = open_robots(1)
    opened.lab.start_run("first-drive", None, "teacher")
    on_to(opened, (1,), lambda team: team.step >= 2)
    step = team(opened, 1).step
    evidence = len(team(opened, 1).evidence)
    again = open_robots.restart()
    left = again.lab.run()
    assert left is not None
    assert left.state == "interrupted"
    assert left.teams[0].state is TeamState.INTERRUPTED
    assert left.teams[0].step == step
    assert len(left.teams[0].evidence) >= evidence
    assert any(need.kind == "interrupted" for need in again.lab.room().needs)
    time.sleep(0.5)
    assert again.wheels(1) == (0, 0)
    again.lab.restart_run("teacher")
    on_to(again, (1,), lambda team: team.state is TeamState.FINISHED)
    assert set(team(again, 1).steps_done) == {Outcome.PASSED}


def test_the_latch_survives_a_restart(open_robots: Opening) -> None:
    opened = open_robots(1)
    opened.lab.stop_all("teacher")
    again = open_robots.restart()
    assert again.lab.stop_view().latched
    with pytest.raises(LabError):
        again.lab.drive("robot-1", 1, 1, 0.1, epoch=again.lab.stop_view().epoch, by="someone")
