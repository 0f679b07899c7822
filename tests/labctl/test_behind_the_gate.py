"""What is no lesson stands behind the same gate, and a press on a page that is behind does only what it meant."""

from __future__ import annotations

import threading
import time

import pytest

from devices.errors import InUse, LabError, Stopped
from labctl import views
from labctl.runs import NoRun
from labctl.views import TeamState
from tests.labctl.conftest import Opening
from tests.labctl.opened import Opened, until

pytestmark = pytest.mark.slow


def in_thread(work: object) -> tuple[threading.Thread, list[object]]:
    """Run something beside the test, as another page would; what came of it is in the list."""
    came: list[object] = []

    def go() -> None:
        try:
            came.append(work())  # type: ignore[operator]
        except LabError as error:
            came.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    return thread, came


def states(opened: Opened) -> list[TeamState]:
    run = opened.lab.run()
    assert run is not None
    return [team.state for team in run.teams]


def until_moving(opened: Opened, *robots: int) -> None:
    deadline = time.monotonic() + 30
    while not all(opened.wheels(n) != (0, 0) for n in robots):
        assert time.monotonic() < deadline
        if TeamState.WAITING in states(opened):
            opened.lab.go_on(None, "teacher")
        time.sleep(0.02)


def changes(opened: Opened, n: int) -> int:
    return len(opened.sims.history(f"Robot {n}"))


def test_a_self_test_with_wheels_ends_with_the_stop(open_robots: Opening) -> None:
    opened = open_robots(1)
    thread, came = in_thread(lambda: opened.lab.test_device("robot-1", move=True))
    until(lambda: opened.wheels(1) != (0, 0), 8)
    opened.lab.stop_all("teacher")
    before = changes(opened, 1)
    thread.join(10)
    assert opened.wheels(1) == (0, 0)
    assert changes(opened, 1) == before
    (report,) = came
    assert isinstance(report, views.TestReport)
    assert report.outcome == "error"


def test_a_self_test_before_its_wheels_turn_never_turns_them_after_a_stop(open_robots: Opening) -> None:
    opened = open_robots(1)
    thread, _came = in_thread(lambda: opened.lab.test_device("robot-1", move=True))
    time.sleep(0.05)
    opened.lab.stop_all("teacher")
    opened.lab.release("teacher")
    thread.join(15)
    assert not any(any(change.wheels) for change in opened.sims.history("Robot 1"))


def test_a_device_under_test_is_nobody_elses(open_robots: Opening) -> None:
    opened = open_robots(1)
    thread, _came = in_thread(lambda: opened.lab.test_device("robot-1", move=True))
    until(lambda: opened.wheels(1) != (0, 0), 8)
    with pytest.raises(InUse):
        opened.lab.test_device("robot-1")
    with pytest.raises(InUse):
        opened.lab.start_run("first-drive", None, "teacher")
    thread.join(10)
    opened.lab.start_run("first-drive", None, "teacher")


def test_a_start_that_is_refused_leaves_every_robot_where_it_is(open_robots: Opening) -> None:
    opened = open_robots(1)
    opened.lab.drive("robot-1", 1, 1, 0.5, epoch=opened.lab.stop_view().epoch, by="teacher")
    time.sleep(0.5)
    opened.lab.stop_all("teacher")
    where = opened.sims.poses()["Robot 1"]
    with pytest.raises(Stopped):
        opened.lab.start_run("first-drive", None, "teacher")
    assert opened.sims.poses()["Robot 1"] == where


def test_resume_on_a_page_that_is_behind_moves_nothing_after_a_stop(open_robots: Opening) -> None:
    opened = open_robots(2)
    opened.lab.start_run("first-drive", None, "teacher")
    until_moving(opened, 1, 2)
    opened.lab.stop_all("teacher")
    opened.lab.release("teacher")
    before = changes(opened, 1), changes(opened, 2)
    with pytest.raises(NoRun):
        opened.lab.resume("teacher")
    time.sleep(4)
    assert (changes(opened, 1), changes(opened, 2)) == before
    assert states(opened) == [TeamState.STOPPED] * 2


def test_one_press_goes_on_after_a_stop_in_an_announcement(open_robots: Opening) -> None:
    opened = open_robots(1)
    opened.lab.start_run("first-drive", None, "teacher")
    deadline = time.monotonic() + 30
    while "moves in" not in opened.lab.run().teams[0].line:  # type: ignore[union-attr]
        assert time.monotonic() < deadline
        if states(opened) == [TeamState.WAITING]:
            opened.lab.go_on(None, "teacher")
        time.sleep(0.02)
    opened.lab.stop_all("teacher")
    until(lambda: states(opened) == [TeamState.STOPPED])
    opened.lab.release("teacher")
    opened.lab.go_on(None, "teacher")
    until(lambda: opened.wheels(1) != (0, 0), 8)


def test_one_team_goes_on_after_a_restart_and_the_others_wait(open_robots: Opening) -> None:
    opened = open_robots(2)
    opened.lab.start_run("first-drive", None, "teacher")
    until_moving(opened, 1, 2)
    again = open_robots.restart()
    with pytest.raises(NoRun):
        again.lab.resume("teacher")
    again.lab.go_on(2, "teacher")
    until(lambda: again.wheels(2) != (0, 0), 10)
    assert again.wheels(1) == (0, 0)
    assert states(again)[0] is TeamState.INTERRUPTED
    again.lab.go_on(None, "teacher")
    until(lambda: again.wheels(1) != (0, 0), 10)


def test_an_interrupted_lesson_that_is_gone_can_be_ended(open_robots: Opening) -> None:
    opened = open_robots(1)
    opened.lab.start_run("first-drive", None, "teacher")
    open_robots.close()
    lesson = open_robots.places.lessons / "first-drive"
    assert not lesson.exists()
    open_robots.rename_kept_lesson("gone-lesson")
    again = open_robots.restart()
    left = again.lab.run()
    assert left is not None
    assert (left.state, left.teams) == ("interrupted", ())
    (need,) = again.lab.room().needs
    assert "gone-lesson" in need.detail
    with pytest.raises(NoRun):
        again.lab.go_on(None, "teacher")
    again.lab.finish_run("teacher")
    assert again.lab.run() is None
    assert open_robots.restart().lab.run() is None
