"""Team 3 finds robot 3 on its desk, a spare takes the place of a broken one, and what may still move comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from labctl.assign import Need, assign
from labctl.needs import URGENCY, needs_of
from labctl.views import DeviceState, DeviceView, Outcome, Problem, RunView, StepView, TeamState, TeamView

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROBOT = Need("robot", frozenset({"drives"}))


def robot(n: int, state: DeviceState = DeviceState.READY, **more: object) -> DeviceView:
    fields: dict[str, object] = {
        "id": f"robot-{n}",
        "name": f"Robot {n}",
        "kind": "robot",
        "model": {"az": "robot"},
        "address": f"usb:{n}",
        "state": state,
        "since": NOON,
        "simulated": False,
        "stops_by_itself": True,
        "capabilities": ("drives", "senses", "senses.distance"),
    }
    return DeviceView(**(fields | more))  # type: ignore[arg-type]


def test_team_three_gets_robot_three_also_past_nine() -> None:
    benches = assign([ROBOT], range(1, 13), [robot(n) for n in (10, 2, 11, 1, 12, 3, 4, 5, 6, 7, 8, 9)])
    assert benches == {n: {"robot": f"robot-{n}"} for n in range(1, 13)}


def test_a_spare_takes_the_place_of_a_broken_robot() -> None:
    devices = [robot(1), robot(2, DeviceState.LOST), robot(3), robot(4)]
    assert assign([ROBOT], [1, 2, 3], devices) == {
        1: {"robot": "robot-1"},
        2: {"robot": "robot-4"},
        3: {"robot": "robot-3"},
    }


def test_a_broken_robot_stays_with_its_team_where_there_is_no_spare() -> None:
    assert assign([ROBOT], [1, 2], [robot(1), robot(2, DeviceState.LOST)])[2] == {"robot": "robot-2"}


def test_a_team_without_a_robot_has_an_empty_bench() -> None:
    assert assign([ROBOT], [1, 2], [robot(1)])[2] == {}


@given(st.integers(0, 12), st.lists(st.sampled_from(list(DeviceState)), max_size=16))
def test_no_robot_is_given_twice(teams: int, states: list[DeviceState]) -> None:
    devices = [robot(n, state) for n, state in enumerate(states, 1)]
    given_out = [id for bench in assign([ROBOT], range(1, teams + 1), devices).values() for id in bench.values()]
    assert len(given_out) == len(set(given_out)) == min(teams, len(devices))


def run(*teams: TeamView, state: str = "running") -> RunView:
    steps = (StepView("a", {"az": "A"}, "launch", "read"), StepView("b", {"az": "B"}, "build", "hold"))
    return RunView("r", "first-drive", {"az": "X"}, {"az": "Y"}, state, NOON, 45, steps, teams)


def team(n: int, **more: object) -> TeamView:
    fields: dict[str, object] = {"number": n, "members": (), "devices": (), "since": NOON, "state": TeamState.RUNNING}
    return TeamView(**(fields | more))  # type: ignore[arg-type]


def test_what_may_still_move_comes_first_and_older_before_newer() -> None:
    devices = [
        robot(1, DeviceState.LOST, since=NOON),
        robot(2, DeviceState.UNCONFIRMED, since=NOON + timedelta(minutes=3), problem=Problem("not-stopped", "m", "h")),
        robot(3, DeviceState.LOST, since=NOON - timedelta(minutes=3)),
    ]
    found = needs_of(devices, run(team(1, stuck=True)), latched=False, clock_behind=NOON, now=NOON)
    assert [(need.kind, need.device) for need in found] == [
        ("unconfirmed", "robot-2"),
        ("clock", None),
        ("lost", "robot-3"),
        ("lost", "robot-1"),
        ("stuck", None),
    ]


def test_not_yet_is_not_an_error() -> None:
    not_yet = team(1, state=TeamState.WAITING, outcome=Outcome.NOT_YET)
    broken = team(2, state=TeamState.WAITING, outcome=Outcome.ERROR)
    kinds = {need.team: need.kind for need in needs_of([], run(not_yet, broken), latched=False, now=NOON)}
    assert kinds == {1: "not-yet", 2: "error"}


def test_quiet_is_good() -> None:
    assert needs_of([robot(1)], run(team(1)), latched=False, now=NOON) == ()


def test_a_robot_that_does_not_stop_by_itself_is_said() -> None:
    (need,) = needs_of([robot(1, stops_by_itself=False)], None, latched=False, now=NOON)
    assert need.kind == "no-watchdog"


def test_an_interrupted_lesson_asks_for_the_teacher() -> None:
    (need,) = needs_of([], run(team(1), state="interrupted"), latched=False, now=NOON)
    assert need.kind == "interrupted"


def test_every_kind_has_its_place_in_the_order() -> None:
    assert len(set(URGENCY)) == len(URGENCY)
