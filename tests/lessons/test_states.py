"""The table of states: every way that is there, and none besides."""

from __future__ import annotations

from itertools import product

import pytest

from lessons.states import OVER, TABLE, Cause, TeamState, UnknownTransition, after

EXPECTED = {
    "ready": "start>running end>finished cut>interrupted",
    "running": "wait>waiting skip>running lose>parked pause>paused stop>stopped end>finished cut>interrupted",
    "waiting": "go-on>running skip>running pause>paused end>finished cut>interrupted",
    "parked": "back>running skip>running stop>stopped pause>paused end>finished cut>interrupted",
    "paused": "resume>running skip>paused end>finished cut>interrupted",
    "stopped": "go-on>running skip>running pause>paused end>finished cut>interrupted",
    "interrupted": "",
    "finished": "",
}
"""The same table as it would be told, to be changed on purpose only."""

KNOWN = {
    (TeamState(state), Cause(cause)): TeamState(then)
    for state, ways in EXPECTED.items()
    for cause, then in (way.split(">") for way in ways.split())
}


@pytest.mark.parametrize(("state", "cause"), list(product(TeamState, Cause)))
def test_every_pair_of_state_and_cause_is_a_known_way_or_a_bug(state: TeamState, cause: Cause) -> None:
    if (state, cause) in KNOWN:
        assert after(state, cause) is KNOWN[state, cause]
    else:
        with pytest.raises(UnknownTransition, match=f"{cause} cannot happen to a team that is {state}"):
            after(state, cause)


def test_a_run_that_is_not_over_can_always_be_ended_and_cut_short() -> None:
    for state in set(TeamState) - OVER:
        assert after(state, Cause.END) is TeamState.FINISHED
        assert after(state, Cause.CUT) is TeamState.INTERRUPTED


def test_nothing_begins_to_run_but_by_a_start_a_person_or_a_device_that_came_back() -> None:
    by = {cause for (state, cause), then in TABLE.items() if then is TeamState.RUNNING and state is not then}
    assert by == {Cause.START, Cause.GO_ON, Cause.SKIP, Cause.RESUME, Cause.BACK}
    assert (TeamState.STOPPED, Cause.BACK) not in TABLE
