"""Telemetry keeps a window for evidence, and thins what pages are sent without losing the newest value."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.api import Reading
from labctl.telemetry import BETWEEN_FRAMES, EACH, RING, SERIES, Coalescer, Frame, Frames, Telemetry


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def telemetry(clock: Clock) -> Telemetry:
    return Telemetry(clock)


def test_the_latest_reading_of_each_sensor_is_kept(telemetry: Telemetry) -> None:
    telemetry.put("robot-1", Reading("distance", 40, 1.0))
    telemetry.put("robot-1", Reading("distance", 38, 1.1))
    telemetry.put("robot-1", Reading("travelled", 5, 1.1))
    telemetry.put("robot-2", Reading("distance", 7, 1.2))
    assert {name: reading.value for name, reading in telemetry.latest("robot-1").items()} == {
        "distance": 38,
        "travelled": 5,
    }
    assert telemetry.latest("robot-3") == {}


def test_a_window_holds_the_last_seconds_oldest_first(telemetry: Telemetry, clock: Clock) -> None:
    for n in range(100):
        clock.now = 100 + n / 10
        telemetry.put("robot-1", Reading("distance", n, clock.now))
    window = telemetry.window("robot-1", "distance", 1.05)
    assert [reading.value for reading in window] == list(range(89, 100))
    assert telemetry.window("robot-1", "heading", 5) == ()
    assert telemetry.window("robot-9", "distance", 5) == ()
    clock.now += 60
    assert telemetry.window("robot-1", "distance", 5) == ()


def test_a_ring_keeps_a_minute_and_no_more(telemetry: Telemetry, clock: Clock) -> None:
    for n in range(RING + 50):
        telemetry.put("robot-1", Reading("distance", n, clock.now))
    window = telemetry.window("robot-1", "distance", 1000)
    assert (len(window), window[0].value) == (RING, 50)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_kept(telemetry: Telemetry, value: float) -> None:
    assert not telemetry.put("robot-1", Reading("distance", value, 1.0))
    assert telemetry.latest("robot-1") == {}


def test_a_driver_that_makes_up_sensors_fills_nothing(telemetry: Telemetry) -> None:
    kept = [telemetry.put("robot-1", Reading(f"sensor {n}", 1, 1.0)) for n in range(SERIES + 10)]
    assert sum(kept) == SERIES
    coalescer = Coalescer()
    dues = [coalescer.put("robot-1", f"sensor {n}", 1.0) for n in range(2 * SERIES + 10)]
    assert dues.count(math.inf) == 10


def test_a_lost_device_leaves_nothing(telemetry: Telemetry) -> None:
    telemetry.put("robot-1", Reading("distance", 40, 99.0))
    telemetry.put("robot-2", Reading("distance", 41, 99.0))
    telemetry.forget("robot-1")
    telemetry.forget("robot-1")
    assert telemetry.latest("robot-1") == {}
    assert telemetry.window("robot-1", "distance", 100) == ()
    assert telemetry.latest("robot-2")["distance"].value == 41


def test_the_first_value_is_due_at_once_and_the_next_after_a_tenth() -> None:
    coalescer = Coalescer()
    assert coalescer.due() == math.inf
    assert coalescer.put("robot-1", "distance", 40) <= 0
    assert coalescer.take(0) == {"robot-1": {"distance": 40}}
    assert coalescer.due() == math.inf
    assert coalescer.put("robot-1", "distance", 39) == EACH
    assert coalescer.put("robot-1", "distance", 38) == EACH
    assert coalescer.take(EACH / 2) == {}
    assert coalescer.take(EACH) == {"robot-1": {"distance": 38}}


def test_another_sensor_waits_only_for_the_next_frame() -> None:
    coalescer = Coalescer()
    coalescer.put("robot-1", "distance", 40)
    coalescer.take(0)
    assert coalescer.put("robot-2", "distance", 7) == BETWEEN_FRAMES
    assert coalescer.take(BETWEEN_FRAMES) == {"robot-2": {"distance": 7}}


def test_what_a_lost_device_sent_last_is_not_shown_any_more() -> None:
    coalescer = Coalescer()
    coalescer.put("robot-1", "distance", 40)
    coalescer.put("robot-2", "distance", 7)
    coalescer.forget("robot-1")
    assert coalescer.take(0) == {"robot-2": {"distance": 7}}


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["robot-1", "robot-2", "robot-3"]), st.sampled_from(["a", "b"])),
        max_size=120,
    )
)
def test_any_stream_is_thinned_within_its_limits_and_ends_with_the_newest_values(moves) -> None:
    """Milliseconds between the values; the edge is played by taking whenever something is due."""
    coalescer = Coalescer()
    frames: list[tuple[float, Frame]] = []

    def play_until(end: float) -> None:
        while (due := coalescer.due()) <= end:
            at = max(due, now)
            frames.append((at, coalescer.take(at)))

    now, newest, values = 0.0, {}, itertools.count()
    for milliseconds, device, sensor in moves:
        play_until(now + milliseconds / 1000)
        now += milliseconds / 1000
        newest[device, sensor] = value = next(values)
        coalescer.put(device, sensor, value)
        play_until(now)
    play_until(now + 1)

    sent: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for at, frame in frames:
        assert frame
        for device, sensors in frame.items():
            for sensor, value in sensors.items():
                sent[device, sensor].append((at, value))
    assert {key: series[-1][1] for key, series in sent.items()} == newest
    assert all(later - earlier >= BETWEEN_FRAMES - 1e-9 for (earlier, _), (later, _) in itertools.pairwise(frames))
    for series in sent.values():
        assert all(later - earlier >= EACH - 1e-9 for (earlier, _), (later, _) in itertools.pairwise(series))
        assert [value for _, value in series] == sorted(value for _, value in series)


async def test_values_of_one_turn_share_a_frame_and_nothing_runs_afterwards() -> None:
    seen: list[Frame] = []
    frames = Frames(seen.append)
    frames.put("robot-1", "distance", 40)
    frames.put("robot-1", "pose", (1.0, 2.0, 90.0))
    frames.put("robot-2", "distance", 7)
    await asyncio.sleep(0.01)
    assert seen == [{"robot-1": {"distance": 40, "pose": (1.0, 2.0, 90.0)}, "robot-2": {"distance": 7}}]

    frames.put("robot-1", "distance", 39)
    frames.put("robot-1", "distance", 38)
    await asyncio.sleep(0.2)
    assert seen[1:] == [{"robot-1": {"distance": 38}}]
    assert not [handle for handle in asyncio.get_running_loop()._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]


async def test_a_steady_stream_is_thinned_to_ten_a_second() -> None:
    seen: list[Frame] = []
    frames = Frames(seen.append)
    loop = asyncio.get_running_loop()
    begun, n = loop.time(), 0
    while loop.time() - begun < 1.0:
        frames.put("robot-1", "distance", n)
        frames.put("robot-2", "distance", n)
        n += 1
        await asyncio.sleep(0.01)
    used = loop.time() - begun
    await asyncio.sleep(0.15)
    assert 5 <= len(seen) <= used / EACH + 3
    assert seen[-1]["robot-1"] == {"distance": n - 1}


async def test_a_page_that_fails_does_not_end_the_stream() -> None:
    seen: list[Frame] = []

    def fails_once(frame: Frame) -> None:
        seen.append(frame)
        if len(seen) == 1:
            raise ValueError("no page")

    loop, raised = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: raised.append(context["exception"]))
    frames = Frames(fails_once)
    frames.put("robot-1", "distance", 1)
    await asyncio.sleep(0.02)
    frames.put("robot-1", "distance", 2)
    await asyncio.sleep(0.15)
    assert seen == [{"robot-1": {"distance": 1}}, {"robot-1": {"distance": 2}}]
    assert [str(error) for error in raised] == ["no page"]


async def test_a_closed_stream_sends_nothing() -> None:
    seen: list[Frame] = []
    frames = Frames(seen.append)
    frames.put("robot-1", "distance", 1)
    frames.close()
    frames.close()
    frames.put("robot-1", "distance", 2)
    await asyncio.sleep(0.1)
    assert seen == []
