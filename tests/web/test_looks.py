"""Every state has its outline and its word, and what may still move is never called at rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from labctl.views import DeviceState, DeviceView, Outcome, TeamState, TeamView
from tests.web.sample import SampleLab
from web.looks import device_look, outcome_look, phase_look, team_look
from web.render import language, said, speak

OUTLINES = {"ok", "work", "wait", "stop", "lost", "err"}
TEAM = TeamView(1, ("Əli",), ("robot-1",))


def robot(state: DeviceState) -> DeviceView:
    return replace(SampleLab("idle", robots=1, now=datetime(2026, 11, 23, tzinfo=UTC)).robots["robot-1"], state=state)


@pytest.mark.parametrize("look", [*map(device_look, DeviceState), *map(outcome_look, Outcome), phase_look("new")])
def test_every_state_has_an_outline_and_a_word_in_every_language(look) -> None:
    assert look.s in OUTLINES
    before = language()
    speak("az")
    assert said(look.word) != str(look.word)
    speak(before)


@pytest.mark.parametrize("state", TeamState)
@pytest.mark.parametrize("device", DeviceState)
def test_every_team_has_one(state: TeamState, device: DeviceState) -> None:
    look = team_look(replace(TEAM, state=state), (robot(device),), None)
    assert look.s in OUTLINES
    if device is DeviceState.UNCONFIRMED:
        assert look.s == "err"
    if device is DeviceState.STOPPED and state is not TeamState.FINISHED:
        assert look.s == "stop"


def test_not_yet_is_work_and_never_an_error() -> None:
    assert outcome_look(Outcome.NOT_YET).s == "work"
    waiting = replace(TEAM, state=TeamState.WAITING, outcome=Outcome.NOT_YET)
    assert team_look(waiting, (robot(DeviceState.BUSY),), None).s == "wait"
    assert team_look(replace(waiting, outcome=Outcome.ERROR), (robot(DeviceState.BUSY),), None).s == "err"


def test_who_reads_does_not_ask_for_anybody() -> None:
    lab = SampleLab("lesson")
    assert lab.run_view is not None
    reading = replace(TEAM, state=TeamState.WAITING, step=0)
    assert team_look(reading, (robot(DeviceState.BUSY),), lab.run_view).s == "work"
    assert team_look(replace(reading, stuck=True), (robot(DeviceState.BUSY),), lab.run_view).s == "wait"
