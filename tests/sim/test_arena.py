"""The physics of the simulated floor: nothing overlaps, nothing jumps, and the same seed gives the same drive."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import BadValue, UnknownName
from devices.sim.arena import ACCELERATION, STEP, Arena
from devices.sim.geometry import gap
from devices.sim.layout import LANES, box, lab

duties = st.floats(-1, 1)
commands = st.lists(st.tuples(duties, duties, st.integers(1, 60)), min_size=1, max_size=8)
headings = st.floats(0, 360)


def furnished(seed: int = 0) -> Arena:
    layout = lab()
    arena = Arena.furnished(layout, seed)
    for lane, start in enumerate(layout.starts):
        arena.place(f"robot-{lane + 1}", *start)
    return arena


@settings(max_examples=60, deadline=None)
@given(commands, headings, st.integers(0, 9))
def test_a_robot_is_never_inside_a_wall(commands, heading, seed):
    arena = Arena(120, 90, box(50, 40, 70, 50), seed=seed)
    arena.place("a", 20, 20, heading)
    for left, right, steps in commands:
        arena.set_wheels("a", left, right)
        for _step in range(steps):
            arena.step(STEP)
            x, y, _heading = arena.pose("a")
            assert 9 <= x <= 111
            assert 9 <= y <= 81
            assert min(gap(x, y, wall) for wall in arena.walls) >= 9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(duties, duties), min_size=5, max_size=5), st.integers(0, 9))
def test_robots_never_overlap(wheels, seed):
    arena = Arena(120, 100, seed=seed)
    for index, duty in enumerate(wheels):
        arena.place(f"r{index}", 20 + index * 20, 50, 90 if index % 2 else 270)
        arena.set_wheels(f"r{index}", *duty)
    for _step in range(150):
        arena.step(STEP)
        poses = [arena.pose(robot) for robot in arena.robots]
        apart = [math.dist(a[:2], b[:2]) for i, a in enumerate(poses) for b in poses[:i]]
        assert min(apart) >= 18 - 1e-9


@settings(max_examples=40, deadline=None)
@given(commands, st.integers(0, 9))
def test_the_same_seed_gives_the_same_drive(commands, seed):
    def drive() -> list[tuple[float, ...]]:
        arena = furnished(seed)
        for left, right, steps in commands:
            arena.set_wheels("robot-3", left, right)
            for _step in range(steps):
                arena.step(STEP)
        return [(*arena.pose(robot), *arena.travel(robot)) for robot in arena.robots]

    assert drive() == drive()


@settings(max_examples=40, deadline=None)
@given(commands)
def test_wheels_speed_up_and_slow_down_no_faster_than_a_motor_can(commands):
    arena = Arena(2000, 2000)
    arena.place("a", 1000, 1000, 0)
    before = arena.speeds("a")
    for left, right, steps in commands:
        arena.set_wheels("a", left, right)
        for _step in range(steps):
            arena.step(STEP)
            speeds = arena.speeds("a")
            for was, now in zip(before, speeds, strict=True):
                assert abs(now - was) <= ACCELERATION * STEP + 1e-9
            before = speeds


@given(headings, st.floats(0.2, 1))
@settings(max_examples=60, deadline=None)
def test_the_wall_comes_nearer_while_driving_towards_it(heading, duty):
    arena = Arena(300, 300)
    arena.place("a", 150, 150, heading)
    arena.set_wheels("a", duty, duty)
    before = arena.distance("a")
    for _step in range(50):
        arena.step(STEP)
        # A robot that veers a little may come to see another corner: allow what that brings.
        assert arena.distance("a") <= before + 0.3
        before = arena.distance("a")


def test_a_robot_that_drives_into_a_wall_stops_at_it_and_can_back_off():
    arena = Arena(100, 100)
    arena.place("a", 50, 50, 0)
    arena.set_wheels("a", 1, 1)
    for _step in range(200):
        arena.step(STEP)
    assert arena.pose("a").y == pytest.approx(9, abs=0.1)
    assert arena.speeds("a") == (0, 0)
    assert arena.distance("a") == 2
    stood = arena.travel("a")
    arena.step(1)
    assert arena.travel("a") == pytest.approx(stood, abs=0.05)

    arena.set_wheels("a", -0.5, -0.5)
    for _step in range(50):
        arena.step(STEP)
    assert arena.pose("a").y > 20


def test_a_robot_at_a_wall_can_still_turn_on_the_spot():
    arena = Arena(100, 100, seed=3)
    arena.place("a", 50, 9, 0)
    arena.set_wheels("a", 0.5, -0.5)
    for _step in range(50):
        arena.step(STEP)
    assert 90 < arena.pose("a").heading < 180


def test_the_left_wheel_alone_turns_to_the_right():
    arena = Arena(400, 400)
    arena.place("a", 200, 200, 0)
    arena.set_wheels("a", 0.5, 0)
    arena.step(0.5)
    assert 10 < arena.pose("a").heading < 90
    assert arena.pose("a").x > 200


def test_a_blocked_wheel_does_not_turn():
    arena = Arena(400, 400)
    arena.place("a", 200, 200, 0)
    arena.set_wheels("a", 1, 1)
    arena.block("a", True)
    arena.step(1)
    assert arena.travel("a") == (0, 0)
    arena.block("a", False)
    arena.step(1)
    assert min(arena.travel("a")) > 30


def test_no_two_robots_are_quite_alike_but_all_nearly_straight():
    arena = furnished(5)
    for robot in arena.robots:
        arena.set_wheels(robot, 0.6, 0.6)
    arena.step(2)
    ways = {sum(arena.travel(robot)) / 2 for robot in arena.robots}
    assert len(ways) == LANES
    assert max(ways) / min(ways) < 1.02
    assert all(min(p.heading, 360 - p.heading) < 6 for p in map(arena.pose, arena.robots))


@pytest.mark.parametrize("seed", range(10))
def test_eight_robots_reach_the_far_wall_in_their_lanes_at_once(seed):
    arena = furnished(seed)
    going = set(arena.robots)
    for robot in going:
        arena.set_wheels(robot, 0.5, 0.5)
    for _step in range(600):
        arena.step(STEP)
        for robot in [robot for robot in going if arena.distance(robot) <= 20]:
            arena.set_wheels(robot, 0, 0)
            going.discard(robot)
    assert not going
    assert not arena.moving
    for lane, robot in enumerate(arena.robots):
        assert arena.distance(robot) == pytest.approx(19, abs=1.5)
        assert abs(arena.pose(robot).x - lab().starts[lane][0]) < 8.5


@pytest.mark.parametrize("seed", range(5))
def test_eight_robots_drive_out_turn_round_and_come_back_at_once(seed):
    arena = furnished(seed)

    def drive(left: float, right: float, seconds: float) -> None:
        for robot in arena.robots:
            arena.set_wheels(robot, left, right)
        arena.step(seconds)
        for robot in arena.robots:
            arena.set_wheels(robot, 0, 0)
        arena.step(0.5)

    drive(0.5, 0.5, 2.5)
    half_turn = math.pi * 13 / 2 / 16  # seconds at 0.4, less what speeding up costs and slowing down gives back
    drive(0.4, -0.4, half_turn)
    drive(0.5, 0.5, 2.5)
    for lane, robot in enumerate(arena.robots):
        x, y, heading = arena.pose(robot)
        assert heading == pytest.approx(180, abs=12)
        assert y == pytest.approx(125, abs=5)
        assert x == pytest.approx(lab().starts[lane][0], abs=8.5)
        assert min(arena.travel(robot)) > 70


def test_the_sensor_sees_what_is_in_its_cone_and_not_beside_it():
    arena = Arena(400, 400)
    arena.place("a", 200, 300, 0)
    assert arena.distance("a") == pytest.approx(291)
    arena.place("b", 200, 200, 0)
    assert arena.distance("a") == pytest.approx(82)
    arena.place("b", 240, 200, 0)  # beside the cone: 24 cm to each side at 91 cm, and 9 cm of robot
    assert arena.distance("a") == pytest.approx(291)
    arena.place("b", 228, 200, 0)  # its edge reaches into the cone
    assert 82 < arena.distance("a") < 95


def test_the_sensor_does_not_hear_a_wall_that_it_drives_along():
    arena = Arena(400, 400)
    arena.place("a", 17.5, 300, 0)
    assert arena.distance("a") == pytest.approx(291)


def test_every_robot_on_the_start_line_measures_to_the_far_wall():
    arena = Arena.furnished(lab(), 0)
    for lane, start in enumerate(lab().starts):
        arena.place(f"robot {lane}", *start)
    assert [arena.distance(robot) for robot in arena.robots] == pytest.approx([116] * 8)


def test_the_sensor_sees_the_end_of_a_wall_that_reaches_into_its_cone():
    arena = Arena(400, 400, walls=((210, 150, 400, 150),))
    arena.place("a", 200, 259, 0)
    assert arena.distance("a") == pytest.approx(math.hypot(10, 100))


def test_beyond_its_range_the_sensor_hears_nothing():
    arena = Arena(1000, 1000)
    arena.place("a", 500, 500, 0)
    assert arena.distance("a") == math.inf


def test_there_is_no_room_in_a_wall_or_in_another_robot():
    arena = Arena(100, 100)
    arena.place("a", 50, 50, 0)
    with pytest.raises(BadValue, match="no room for b"):
        arena.place("b", 60, 50, 0)
    with pytest.raises(BadValue):
        arena.place("a", 5, 50, 0)
    assert arena.robots == ("a",)
    assert arena.pose("a") == (50, 50, 0)


def test_an_unknown_robot_is_named():
    with pytest.raises(UnknownName, match="nobody"):
        Arena().pose("nobody")


def test_encoders_give_twenty_pulses_a_turn_both_ways():
    arena = Arena(1000, 1000)
    arena.place("a", 500, 500, 0)
    arena.set_wheels("a", 0.5, -0.5)
    arena.step(2)
    left, right = arena.travel("a")
    assert arena.turns("a") == pytest.approx((left / (math.pi * 6.5) * 20, -right / (math.pi * 6.5) * 20))


def test_the_tape_is_dark_and_the_floor_beside_it_is_not():
    layout = lab()
    arena = Arena.furnished(layout)
    (x1, y1), (x2, y2) = layout.tape[:2]
    arena.place("a", (x1 + x2) / 2, (y1 + y2) / 2, 0)
    assert arena.on_tape("a", 0, 0)
    assert not arena.on_tape("a", 0, 5)
    assert not arena.on_tape("a", 0, -5)


def test_more_robots_than_lanes_make_the_floor_wider_and_move_nothing():
    small, wide = lab(), lab(30)
    assert wide.width > small.width
    assert wide.starts[: len(small.starts)] == small.starts
    assert wide.walls == small.walls
    arena = Arena.furnished(small)
    arena.widen(wide.width)
    for index, start in enumerate(wide.starts):
        arena.place(f"r{index}", *start)
    assert len(arena.robots) == 30
