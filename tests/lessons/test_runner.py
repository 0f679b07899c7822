"""A team's run, on a robot of the shipped emulator: what it does, and what people may do to it."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from devices.errors import InUse, UnknownName
from devices.sim.faults import BLOCKED, SILENT, UNPLUGGED
from devices.text import Text, from_data
from lessons.outcomes import Outcome
from lessons.states import TeamState
from tests.lessons.benches import OneRobot, Team, both, drive, plan_of, read, sense

pytestmark = pytest.mark.slow

REST = (0, 0)


class TestSteps:
    async def test_a_text_waits_until_someone_goes_on(self, bench: OneRobot) -> None:
        team = Team(plan_of(read(), sense()), bench)
        team.start()
        await team.until("waiting", "talk")
        assert team.run.outcome is None
        team.run.go_on()
        assert await team.task is Outcome.PASSED
        assert team.done == ["passed", "passed"]
        assert team.states == ["running", "waiting", "running", "finished"]

    async def test_going_on_too_early_is_not_kept_for_later(self, bench: OneRobot) -> None:
        team = Team(plan_of(sense(), read()), bench)
        team.start()
        await team.until("running", "look")
        team.run.go_on()
        await team.until("waiting", "talk")
        await asyncio.sleep(0.05)
        assert team.run.state == "waiting"
        team.run.finish()
        await team.task

    async def test_a_tick_of_the_teacher_is_evidence(self, bench: OneRobot) -> None:
        team = Team(plan_of(read(id="show", do="hold", look_for=both("A table."))), bench)
        team.start()
        await team.until("waiting", "show")
        team.run.go_on()
        assert await team.task is Outcome.PASSED
        (evidence,) = team.run.evidence
        assert evidence.sentence == "The teacher saw it and ticked it off."
        assert evidence.origin == "typed"

    async def test_evidence_has_the_numbers_their_limits_and_where_they_come_from(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=0.5, speed=0.5, low=5)), bench)
        assert await team.start() is Outcome.PASSED
        (evidence,) = team.run.evidence
        (measured,) = evidence.measured
        assert 5 < measured.value < 20
        assert (measured.sensor, measured.unit, measured.low, measured.high) == ("travelled", "cm", 5, None)
        assert (evidence.origin, evidence.attempt, evidence.outcome) == ("simulator", 1, "passed")
        assert evidence.sentence == f"Distance travelled: {round(measured.value)} cm (asked for: at least 5 cm)."

    async def test_all_that_is_told_can_be_written_down_and_said_again(self, bench: OneRobot) -> None:
        team = Team(plan_of(read(), sense(low=390), drive()), bench)
        team.start()
        await team.until("waiting", "talk")
        team.run.go_on()
        await team.until("waiting", "look")
        team.run.skip()
        await team.task
        assert json.loads(json.dumps([dict(event.data) for event in team.events]))
        assert [event.at for event in team.events] == sorted(event.at for event in team.events)
        for kind, field in (("evidence", "sentence"), ("line", "line")):
            for data in team.told(kind):
                said = from_data(json.loads(json.dumps(data[field])))
                assert isinstance(said, Text)
                assert said == data[field]["text"]

    async def test_a_long_drive_is_made_of_short_ones_without_a_rest_between_them(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=2.6, speed=0.25)), bench)
        assert await team.start() is Outcome.PASSED
        assert bench.longest_drive <= 2
        turned = [(change.at, change.wheels != REST) for change in bench.host.history("robot-1")]
        began = next(at for at, turning in turned if turning)
        ended = next(at for at, turning in turned if at > began and not turning)
        assert 2.5 < ended - began < 3.5
        assert team.run.evidence[0].measured[0].value == pytest.approx(26, abs=8)

    async def test_driving_until_a_mark_stops_behind_it(self, bench: OneRobot) -> None:
        until = {"sensor": "distance", "above": 20, "unit": "cm", "limit": 3}
        team = Team(plan_of(drive(until=until, speed=0.3, low=0)), bench)
        assert await team.start() is Outcome.PASSED
        assert 0 <= team.run.evidence[0].measured[0].value < 15

    async def test_a_mark_that_is_not_reached_in_time_is_not_yet_and_says_so(self, bench: OneRobot) -> None:
        until = {"sensor": "distance", "below": 20, "unit": "cm", "limit": 0.5}
        team = Team(plan_of(drive(until=until, speed=0.3, low=0)), bench)
        team.start()
        await team.until("waiting", "go")
        assert team.run.outcome is Outcome.NOT_YET
        assert team.run.evidence[0].sentence.startswith(
            "Did not come below the mark within 0.5 s. Distance to the wall: 20 cm was the mark."
        )
        assert bench.wheels == REST
        team.run.finish()
        await team.task


class TestNotYet:
    async def test_hints_are_shown_in_order_counted_and_then_the_teacher_is_asked(self, bench: OneRobot) -> None:
        bench.host.fault("robot-1", BLOCKED)
        team = Team(plan_of(drive(seconds=0.1)), bench)
        team.start()
        for number in (1, 2):
            await team.until("waiting", "go")
            assert team.run.shown_hint == both(f"go {number}")
            assert (team.run.hints_given, team.run.hints_left) == (number, 2 - number)
            assert team.run.line.startswith("Not yet. Read the hint")
            team.run.go_on()
            await team.until("running")
        await team.until("waiting", "go")
        assert team.run.line.startswith("Not yet. Ask your teacher")
        assert team.run.shown_hint == both("go 2"), "the last hint stays"
        assert [evidence.attempt for evidence in team.run.evidence] == [1, 2, 3]
        assert [evidence.hints for evidence in team.run.evidence] == [0, 1, 2]
        assert {str(data["outcome"]) for data in team.told("outcome")} == {"not-yet"}, "help is no failure"

        bench.host.fault("robot-1", None)
        team.run.go_on()
        await team.until("waiting")  # 0.1 s is too short to pass in any case
        team.run.finish()
        await team.task

    async def test_a_hint_given_by_the_teacher_is_the_next_one(self, bench: OneRobot) -> None:
        team = Team(plan_of(read(hints=[both("one"), both("two")]), read("more")), bench)
        team.start()
        await team.until("waiting", "talk")
        assert [team.run.hint() for _press in range(3)] == [both("one"), both("two"), None]
        assert [data["number"] for data in team.told("hint")] == [1, 2]
        team.run.go_on()
        await team.until("waiting", "more")
        assert (team.run.hints_given, team.run.shown_hint) == (0, None), "hints belong to a step"
        team.run.finish()
        await team.task
        assert team.run.hint() is None

    async def test_a_measurement_is_tried_once_more_by_itself_and_then_waits(self, bench: OneRobot) -> None:
        team = Team(plan_of(sense(low=390)), bench)
        team.start()
        await team.until("waiting", "look")
        assert [evidence.attempt for evidence in team.run.evidence] == [1, 2]
        assert team.run.hints_given == 1
        await asyncio.sleep(0.5)
        assert len(team.run.evidence) == 2
        team.run.finish()
        await team.task

    async def test_a_drive_is_never_tried_again_by_itself(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=0.2, low=100)), bench)
        team.start()
        await team.until("waiting", "go")
        changes = len(bench.host.history("robot-1"))
        await asyncio.sleep(0.5)
        assert len(bench.host.history("robot-1")) == changes
        team.run.finish()
        await team.task


class TestStop:
    async def test_a_stop_waits_for_its_release_and_a_press_and_is_announced(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=0.6)), bench)
        team.start()
        await bench.until_driving()
        await bench.stop_all()
        assert bench.wheels == REST
        await team.until("stopped", "go")

        team.run.go_on()  # not released yet
        await team.until("running")
        await team.until("stopped")
        bench.stopped = False
        await asyncio.sleep(0.2)
        assert team.run.state == "stopped", "released is not gone on"
        assert bench.wheels == REST

        said = len(team.lines)
        team.run.go_on()
        assert await team.task is Outcome.PASSED
        assert team.lines[said:][0] == "robot-1 moves in 0 s. Hands off."
        assert [evidence.attempt for evidence in team.run.evidence] == [1], "a stop is no attempt"

    async def test_a_stop_ends_the_announcement_of_a_motion(self, bench: OneRobot) -> None:
        team = Team(plan_of(sense(), drive(seconds=0.4)), bench, announce=1.0)
        team.start()
        await team.until("running", "go")
        await asyncio.sleep(0.1)
        assert "moves in" in team.run.line
        await bench.stop_all()
        team.run.stop()
        await team.until("stopped", "go")
        bench.stopped = False
        await asyncio.sleep(1.2)
        assert bench.wheels == REST, "what was announced before the stop is forgotten"
        team.run.go_on()
        await team.until("running")
        assert await team.task is Outcome.PASSED

    async def test_a_stop_reaches_a_team_that_waits_for_its_robot(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=0.4)), bench)
        team.start()
        await bench.until_driving()
        bench.host.fault("robot-1", UNPLUGGED)
        await team.until("parked")
        bench.stopped = True
        team.run.stop()
        await team.until("stopped")
        bench.host.fault("robot-1", None)
        bench.stopped = False
        await asyncio.sleep(0.5)
        assert bench.wheels == REST
        team.run.finish()
        assert await team.task is Outcome.ABORTED

    async def test_a_stop_leaves_a_team_waiting_that_waits_for_a_person(self, bench: OneRobot) -> None:
        team = Team(plan_of(read(), sense()), bench)
        team.start()
        await team.until("waiting", "talk")
        team.run.stop()
        await asyncio.sleep(0.05)
        assert team.run.state == "waiting"
        team.run.go_on()
        assert await team.task is Outcome.PASSED

    async def test_a_press_of_resume_does_not_end_a_stop(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive()), bench)
        bench.stopped = True
        team.start()
        await team.until("stopped")
        team.run.pause()
        await team.until("paused")
        team.run.resume()
        await team.until("stopped")
        assert bench.wheels == REST
        team.run.finish()
        assert await team.task is Outcome.ABORTED


class TestLoss:
    async def test_an_unplugged_robot_parks_its_team_and_goes_on_by_itself(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=0.8, low=12)), bench, announce=0.3)
        team.start()
        await bench.until_driving()
        bench.host.fault("robot-1", UNPLUGGED)
        await team.until("parked", "go")
        assert team.run.problem is not None
        assert team.run.outcome is None, "a loss is neither the team's failure nor an attempt"
        await bench.until_resting()  # by its own watchdog

        bench.host.fault("robot-1", None)
        assert await asyncio.wait_for(team.task, 10) is Outcome.PASSED
        assert "robot-1 is back. The step begins again in 0 s." in team.lines
        assert team.run.problem is None
        assert [evidence.attempt for evidence in team.run.evidence] == [1]
        assert team.run.evidence[0].measured[0].value > 12, "the step began anew"

    async def test_it_waits_a_moment_between_the_announcement_and_the_motion(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=0.3)), bench, announce=1.0)
        team.start()
        await bench.until_driving()
        bench.host.fault("robot-1", UNPLUGGED)
        await team.until("parked")
        bench.host.fault("robot-1", None)
        assert await asyncio.wait_for(team.task, 10) is Outcome.PASSED
        announced = next(event.at for event in team.events if "is back" in str(event.data))
        running = next(event.at for event in reversed(team.events) if event.data == {"state": "running"})
        assert running - announced >= 0.95

    async def test_a_robot_that_falls_silent_comes_to_rest_and_parks_its_team(self, bench: OneRobot) -> None:
        until = {"sensor": "distance", "below": 20, "unit": "cm", "limit": 5}
        team = Team(plan_of(drive(until=until, speed=0.2, low=0)), bench)
        team.start()
        await bench.until_driving()
        bench.host.fault("robot-1", SILENT)
        await team.until("parked", seconds=5)
        await bench.until_resting()  # by its own watchdog
        bench.host.fault("robot-1", None)
        await team.until("running", seconds=10)
        team.run.finish()
        assert await team.task is Outcome.ABORTED
        assert bench.wheels == REST

    async def test_a_team_may_pass_over_the_step_of_a_lost_robot(self, bench: OneRobot) -> None:
        team = Team(plan_of(sense(seconds=2), read()), bench)
        team.start()
        await team.until("running", "look")
        bench.host.fault("robot-1", UNPLUGGED)
        await team.until("parked")
        team.run.skip()
        await team.until("waiting", "talk")
        team.run.go_on()
        assert await team.task is Outcome.SKIPPED
        assert team.done == ["skipped", "passed"]


class TestPause:
    async def test_a_pause_brings_the_wheels_to_rest_and_the_step_begins_anew(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=0.8, low=12)), bench)
        team.start()
        await bench.until_driving()
        team.run.pause()
        await team.until("paused")
        assert bench.wheels == REST
        team.run.go_on()
        await asyncio.sleep(0.2)
        assert team.run.state == "paused"
        said = len(team.lines)
        team.run.resume()
        assert await team.task is Outcome.PASSED
        assert team.lines[said].endswith("Hands off."), "what begins by a pause's end is announced"
        assert team.run.evidence[0].measured[0].value > 12

    async def test_a_team_that_waited_goes_on_waiting_after_a_pause(self, bench: OneRobot) -> None:
        bench.host.fault("robot-1", BLOCKED)
        team = Team(plan_of(drive(seconds=0.1)), bench)
        team.start()
        await team.until("waiting")
        team.run.pause()
        await team.until("paused")
        team.run.resume()
        await team.until("waiting")
        assert len(team.run.evidence) == 1, "no attempt without a press"
        team.run.finish()
        await team.task

    async def test_paused_and_resumed_in_one_breath_begins_the_step_again(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=0.4)), bench)
        team.start()
        await bench.until_driving()
        team.run.pause()
        team.run.resume()
        assert await team.task is Outcome.PASSED

    async def test_a_run_paused_before_it_begins_begins_paused(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive()), bench)
        team.run.pause()
        team.start()
        await team.until("paused")
        assert bench.wheels == REST
        team.run.resume()
        assert await team.task is Outcome.PASSED

    async def test_steps_passed_over_in_a_pause_leave_it_paused(self, bench: OneRobot) -> None:
        team = Team(plan_of(read(), drive()), bench)
        team.start()
        await team.until("waiting")
        team.run.pause()
        await team.until("paused")
        team.run.skip()
        await asyncio.sleep(0.05)
        assert (team.run.state, team.at, bench.wheels) == ("paused", "go", REST)
        team.run.resume()
        assert await team.task is Outcome.SKIPPED
        assert team.done == ["skipped", "passed"]


class TestSkipHoldAndFinish:
    async def test_a_step_passed_over_is_at_rest_before_the_next_begins(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=2), read()), bench)
        team.start()
        await bench.until_driving()
        team.run.skip()
        await team.until("waiting", "talk")
        assert bench.wheels == REST
        team.run.go_on()
        assert await team.task is Outcome.SKIPPED

    async def test_a_held_team_waits_before_its_next_step_once(self, bench: OneRobot) -> None:
        team = Team(plan_of(sense(), sense("again"), sense("third")), bench)
        team.start()
        await team.until("running", "look")
        team.run.hold()
        await team.until("waiting", "again")
        assert team.run.line == "Your teacher will let you go on."
        assert team.run.outcome is None
        team.run.go_on()
        assert await team.task is Outcome.PASSED

    async def test_a_class_may_be_held_at_a_step(self, bench: OneRobot) -> None:
        team = Team(plan_of(sense(), sense("again")), bench, hold_at={1})
        team.start()
        await team.until("waiting", "again")
        team.run.go_on()
        assert await team.task is Outcome.PASSED

    @pytest.mark.parametrize("when", ["driving", "waiting", "before"])
    async def test_a_run_may_be_ended_at_any_time(self, when: str, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=2), read()), bench, first_step=1 if when == "waiting" else 0)
        if when == "before":
            team.run.finish()
        team.start()
        if when == "driving":
            await bench.until_driving()
        if when == "waiting":
            await team.until("waiting")
        team.run.finish()
        assert await team.task is Outcome.ABORTED
        assert (team.run.state, team.run.outcome, bench.wheels) == ("finished", "aborted", REST)

    async def test_a_run_may_begin_at_any_step(self, bench: OneRobot) -> None:
        team = Team(plan_of(read(), sense()), bench, first_step=1)
        assert await team.start() is Outcome.PASSED
        assert team.done == [None, "passed"]
        with pytest.raises(ValueError, match="no step 2"):
            Team(plan_of(read(), sense()), bench, first_step=2)


class TestTeardown:
    async def test_a_cancelled_run_is_interrupted_and_at_rest(self, bench: OneRobot) -> None:
        team = Team(plan_of(drive(seconds=2)), bench)
        task = team.start()
        await bench.until_driving()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bench.wheels == REST
        assert (team.run.state, team.run.outcome) == ("interrupted", "interrupted")
        assert bench.rests >= 1

    async def test_a_bench_that_cannot_rest_holds_nobody_up(
        self, bench: OneRobot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("lessons.resting.REST_LIMIT", 0.05)

        async def never() -> None:
            await asyncio.sleep(60)

        bench.rest = never
        team = Team(plan_of(sense()), bench)
        with caplog.at_level(logging.ERROR):
            assert await team.start() is Outcome.PASSED
        assert team.run.state is TeamState.FINISHED
        assert "did not come to rest" in caplog.text


class TestTrouble:
    async def test_a_robot_that_someone_else_has_asks_the_teacher_and_is_no_failure_of_the_team(
        self, bench: OneRobot
    ) -> None:
        real = bench.device
        team = Team(plan_of(drive()), bench)
        bench.device = raising(InUse("Team 2 uses it"))
        team.start()
        await team.until("waiting")
        assert (team.run.outcome, str(team.run.problem)) == ("error", "Team 2 uses it")
        assert team.run.hints_given == 0
        assert team.run.line.startswith("This is not your mistake.")
        assert team.told("outcome")[0]["error"]["slug"] == "in-use"
        bench.device = real
        team.run.go_on()
        assert await team.task is Outcome.PASSED
        assert team.run.problem is None

    async def test_a_step_that_cannot_be_done_here_is_given_up(self, bench: OneRobot) -> None:
        real = bench.device
        team = Team(plan_of(drive(), read()), bench)
        bench.device = raising(UnknownName("There is no robot"))
        team.start()
        await team.until("waiting", "go")
        bench.device = real
        team.run.go_on()
        await team.until("waiting", "talk")
        team.run.go_on()
        assert await team.task is Outcome.ERROR
        assert team.done == ["error", "passed"]

    async def test_a_fault_of_ours_is_told_logged_and_ends_no_lesson(
        self, bench: OneRobot, caplog: pytest.LogCaptureFixture
    ) -> None:
        real = bench.device
        team = Team(plan_of(sense()), bench)
        bench.device = raising(ZeroDivisionError("oops"))
        with caplog.at_level(logging.ERROR):
            team.start()
            await team.until("waiting")
        assert "Something went wrong inside labctl" in str(team.run.problem)
        assert "ZeroDivisionError" in caplog.text
        bench.device = real
        team.run.go_on()
        assert await team.task is Outcome.PASSED


class TestAnnouncements:
    async def test_a_motion_that_nobody_just_asked_for_is_announced(self, bench: OneRobot) -> None:
        team = Team(plan_of(sense(), drive(seconds=0.2, low=1)), bench, announce=0.4)
        await team.start()
        announced = next(event.at for event in team.events if "Hands off" in str(event.data))
        driving = next(event.at for event in team.events if "Driving" in str(event.data))
        assert driving - announced >= 0.38

    async def test_a_motion_that_someone_just_asked_for_begins_at_once(self, bench: OneRobot) -> None:
        team = Team(plan_of(read(), drive(seconds=0.2, low=1)), bench, announce=30, goes_on=True)
        assert await team.start() is Outcome.PASSED
        assert not any("Hands off" in line for line in team.lines)


class TestStuck:
    async def test_a_team_is_stuck_after_the_minutes_of_its_step_but_not_for_a_lost_robot(
        self, bench: OneRobot
    ) -> None:
        now = 0.0
        team = Team(plan_of(sense(seconds=5, minutes=1), read()), bench, clock=lambda: now)
        assert not team.run.stuck
        team.start()
        await team.until("running", "look")
        bench.host.fault("robot-1", UNPLUGGED)
        await team.until("parked")
        now = 600.0
        assert not team.run.stuck
        bench.host.fault("robot-1", None)
        await team.until("running")
        assert not team.run.stuck, "the time without a robot is not counted"
        now = 661.0
        assert team.run.stuck
        team.run.skip()
        await team.until("waiting", "talk")
        assert not team.run.stuck
        now = 800.0
        assert team.run.stuck
        team.run.finish()
        await team.task
        assert not team.run.stuck


def raising(error: Exception) -> Any:
    def device(role: str) -> Any:
        raise error

    return device
