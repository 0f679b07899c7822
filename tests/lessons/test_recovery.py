"""The recovery policy, as the rule that it is."""

from __future__ import annotations

import pytest

from devices.errors import (
    BadValue,
    DeviceLost,
    InUse,
    LabError,
    NoAnswer,
    NotSupported,
    Stopped,
    UnknownName,
    WrongReply,
    unexpected,
)
from lessons.outcomes import Outcome
from lessons.recovery import Recovery, decide, kind_of, stuck
from lessons.shelf import shelf

STEPS = {step.id: step for step in shelf().find("first-drive").plan.steps}
MEASURES, MOVES, READS = STEPS["wall"], STEPS["forward"], STEPS["start"]


@pytest.mark.parametrize(
    ("step", "times", "expected"),
    [
        (MEASURES, 1, Recovery.RETRY),
        (MEASURES, 2, Recovery.HINT),
        (MEASURES, 4, Recovery.HINT),
        (MEASURES, 5, Recovery.TEACHER),
        (MOVES, 1, Recovery.HINT),
        (MOVES, 3, Recovery.HINT),
        (MOVES, 4, Recovery.TEACHER),
        (MOVES, 40, Recovery.TEACHER),
    ],
)
def test_not_yet_gives_each_hint_once_and_then_asks_the_teacher(step, times: int, expected: Recovery) -> None:
    assert decide(step, Outcome.NOT_YET, times) is expected


@pytest.mark.parametrize("step", STEPS.values(), ids=list(STEPS))
@pytest.mark.parametrize("times", [1, 2, 3, 4, 50])
@pytest.mark.parametrize("error", [Stopped, InUse, WrongReply, BadValue, NotSupported, LabError, NoAnswer, DeviceLost])
def test_nothing_that_moves_is_repeated_by_itself_but_after_a_loss(step, error, times: int) -> None:
    recovery = decide(step, error("x"), times)
    if recovery is Recovery.RETRY:
        assert not step.moves
    if recovery is Recovery.DEVICE:
        assert issubclass(error, DeviceLost)
        assert times <= 3


@pytest.mark.parametrize("step", [MEASURES, MOVES, READS])
def test_a_stop_waits_for_its_release_however_often(step) -> None:
    assert {decide(step, Stopped("x"), times) for times in range(1, 20)} == {Recovery.RELEASE}


def test_a_device_that_keeps_getting_lost_asks_for_hands() -> None:
    assert [decide(MOVES, DeviceLost("x"), times) for times in (1, 3, 4)] == ["device", "device", "teacher"]
    assert decide(MOVES, NoAnswer("x"), 4) is Recovery.TEACHER
    assert kind_of(NoAnswer("x")) == kind_of(DeviceLost("x"))


@pytest.mark.parametrize("error", [BadValue("x"), NotSupported("x"), UnknownName("x")])
def test_what_no_repetition_mends_ends_the_step(error: LabError) -> None:
    assert decide(MOVES, error, 1) is Recovery.FAIL


@pytest.mark.parametrize("error", [InUse("x"), WrongReply("x"), unexpected(ZeroDivisionError())])
def test_any_other_trouble_with_a_robot_that_moves_asks_the_teacher(error: LabError) -> None:
    assert decide(MOVES, error, 1) is Recovery.TEACHER


def test_a_garbled_answer_is_asked_for_once_more_where_nothing_moves() -> None:
    assert [decide(MEASURES, WrongReply("x"), times) for times in (1, 2)] == ["retry", "teacher"]


def test_a_team_is_stuck_once_it_needs_longer_than_expected() -> None:
    assert MOVES.minutes == 6
    assert not stuck(MOVES, 6 * 60)
    assert stuck(MOVES, 6 * 60 + 1)
