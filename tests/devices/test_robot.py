"""The robot: what it can do, what it measures, and how it keeps count."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from devices.api import Actuates, Device, Drives, Pings, Reading, Senses, lacks
from devices.errors import BadValue, DeviceLost, NoAnswer, NotSupported, Stopped, UnknownName
from devices.robots.odometer import TURNOVER, Odometer
from devices.robots.readings import Readings
from devices.sim.arena import Pose
from tests.devices.benches import robot_on, until


async def test_what_it_can_do_follows_from_chassis_and_firmware() -> None:
    everything = {
        "drives", "senses", "senses.distance", "senses.travelled", "senses.turned", "actuates.led", "pings",
    }  # fmt: skip
    async with robot_on(opened=False) as bench:
        assert bench.robot.capabilities == everything  # as the chassis promises
        await bench.robot.open()
        assert bench.robot.capabilities == everything
        assert isinstance(bench.robot, Device)
        assert isinstance(bench.robot, Drives)
        assert isinstance(bench.robot, Senses)
        assert isinstance(bench.robot, Actuates)
        assert isinstance(bench.robot, Pings)
    async with robot_on("standard-firmata", allowed=True) as bench:
        assert bench.robot.capabilities == {"drives", "actuates.led", "pings"}
        assert lacks(bench.robot, frozenset({"drives", "senses.distance"})) == {"senses.distance"}
    async with robot_on("standard-firmata", allowed=True, body="elegoo-v4") as bench:
        assert {"senses.line-left", "senses.battery", "actuates.head"} <= bench.robot.capabilities
        assert "senses.distance" not in bench.robot.capabilities


async def test_without_a_watchdog_it_drives_only_where_that_is_allowed() -> None:
    async with robot_on("standard-firmata") as bench:
        assert "drives" not in bench.robot.capabilities
        with pytest.raises(NotSupported) as refused:
            await bench.robot.drive(1, 1, seconds=1)
        assert "allow_no_watchdog = true" in refused.value.hint
        assert bench.wheels == (0, 0)


async def test_it_knows_how_far_it_went_and_what_is_ahead() -> None:
    async with robot_on() as bench:
        bench.sims.place("robot-1", Pose(140, 125, 0))  # away from the side walls
        distance, travelled = await bench.robot.sense("distance"), await bench.robot.sense("travelled")
        assert travelled.value == pytest.approx(0, abs=0.1)
        await bench.robot.drive(1, 1, seconds=1)
        await asyncio.sleep(0.3)
        forward = await bench.robot.sense("travelled")
        closer = await bench.robot.sense("distance")
        assert forward.value == pytest.approx(distance.value - closer.value, abs=4)
        assert 15 < forward.value < 45
        assert forward.at > travelled.at

        await bench.robot.drive(-1, -1, seconds=1)
        await asyncio.sleep(0.4)
        back = await bench.robot.sense("travelled")
        assert back.value == pytest.approx(0, abs=6)


async def test_it_turns_to_the_right_as_positive() -> None:
    async with robot_on() as bench:
        before = bench.sims.poses()["robot-1"].heading
        await bench.robot.drive(0.5, -0.5, seconds=0.6)
        await asyncio.sleep(0.4)
        turned = (await bench.robot.sense("turned")).value
        assert turned == pytest.approx(bench.sims.poses()["robot-1"].heading - before, abs=20)
        assert turned > 20


async def test_readings_come_by_themselves_at_most_ten_a_second() -> None:
    async with robot_on() as bench:
        heard: list[Reading] = []
        leave = bench.robot.listen(heard.append)
        await asyncio.sleep(1.05)
        leave()
        leave()
        distances = [reading for reading in heard if reading.sensor == "distance"]
        assert 8 <= len(distances) <= 11
        count = len(heard)
        await asyncio.sleep(0.25)
        assert len(heard) == count
        sensor = bench.robot.sensors["distance"]
        assert all(sensor.low <= reading.value <= sensor.high for reading in distances)


async def test_outputs_are_set_absolutely() -> None:
    async with robot_on() as bench:

        def led() -> float:
            levels = [change.pins[13] for change in bench.sims.history("robot-1") if 13 in change.pins]
            return levels[-1] if levels else 0.0

        await bench.robot.set("led", 1)
        assert led() == 1
        await bench.robot.set("led", 1)
        assert led() == 1
        await bench.robot.set("led", 0)
        assert led() == 0
        await bench.robot.set("led", 1)
        await asyncio.sleep(0.8)
        assert led() == 1  # kept alive as long as it is on
        await bench.robot.stop()
        assert led() == 0
        with pytest.raises(UnknownName, match="head"):
            await bench.robot.set("head", 90)
        with pytest.raises(BadValue):
            await bench.robot.set("led", 2)
        with pytest.raises(UnknownName):
            await bench.robot.sense("colour")


async def test_analog_sensors_and_servo_of_another_chassis() -> None:
    async with robot_on("standard-firmata", allowed=True, body="elegoo-v4") as bench:
        reading = await bench.robot.sense("battery")
        assert 0 <= reading.value <= 1023 * 0.0375
        await bench.robot.set("head", 90)
        assert (await bench.board.pin_state(10)).value == 90
        drive = asyncio.create_task(bench.robot.drive(1, -1, seconds=1))
        await bench.board.settled()
        states = await asyncio.gather(*(bench.board.pin_state(pin) for pin in (3, 8, 7, 6, 5)))
        assert [state.value for state in states] == [1, 1, 0, 255, 255]
        await bench.robot.stop()
        await asyncio.gather(drive, return_exceptions=True)
        states = await asyncio.gather(*(bench.board.pin_state(pin) for pin in (3, 8, 7, 6, 5)))
        assert [state.value for state in states] == [0, 0, 0, 0, 0]


async def test_nothing_is_told_to_a_robot_that_is_not_open() -> None:
    async with robot_on(opened=False) as bench:
        for coming in (
            bench.robot.drive(1, 1, seconds=1),
            bench.robot.sense("distance"),
            bench.robot.set("led", 1),
            bench.robot.ping(),
        ):
            with pytest.raises(DeviceLost) as lost:
                await coming
            assert lost.value.device == "robot-1"
        await bench.robot.stop()
        assert bench.robot.identity is None


async def test_a_drive_while_it_is_being_stopped_is_refused() -> None:
    async with robot_on() as bench:
        stopping = asyncio.create_task(bench.robot.stop())
        await asyncio.sleep(0)
        with pytest.raises(Stopped):
            await bench.robot.drive(1, 1, seconds=1)
        with pytest.raises(Stopped):
            await bench.robot.set("led", 1)
        await stopping
        assert bench.wheels == (0, 0)


async def test_a_sensor_that_says_nothing_is_no_answer() -> None:
    async with robot_on() as bench:
        bench.fault("silent")
        start = time.monotonic()
        with pytest.raises(NoAnswer, match="distance"):
            await bench.robot.sense("distance")
        assert 0.9 < time.monotonic() - start < 1.3


async def test_closing_at_full_speed_brings_it_to_rest() -> None:
    async with robot_on() as bench:
        drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=2))
        await until(lambda: bench.wheels == (1, 1))
        await bench.robot.close()
        assert bench.wheels == (0, 0)
        with pytest.raises(DeviceLost):
            await drive


# -- keeping count


def odometer() -> Odometer:
    return Odometer(pulses_per_turn=20, wheel_cm=20 / math.pi, track_cm=10)  # a pulse is a centimetre


def test_pulses_count_in_the_direction_that_was_commanded() -> None:
    count = odometer()
    count.count(100, 200)
    assert count.travelled_cm == 0
    assert not count.tell(1, 1)
    count.count(110, 210)
    assert count.travelled_cm == 10
    assert count.tell(-1, -0.1)
    count.count(112, 212)  # asked for before the wheels turn round: still forward
    assert count.travelled_cm == 12
    count.count(117, 217)
    assert count.travelled_cm == 7
    assert not count.tell(0, 0)  # it rolls out the way it went
    count.count(119, 219)
    assert count.travelled_cm == 5


def test_turning_is_the_difference_of_the_wheels() -> None:
    count = odometer()
    count.count(0, 0)
    assert count.tell(1, -1)
    count.count(0, 0)
    count.count(5, 5)
    assert count.travelled_cm == 0
    assert count.turned_deg == pytest.approx(math.degrees(1))


def test_counters_that_begin_again_are_followed() -> None:
    count = odometer()
    count.count(TURNOVER - 2, TURNOVER - 1)
    count.count(1, 2)
    assert count.travelled_cm == 3


async def test_readings_that_come_too_fast_are_thinned_and_the_last_is_kept() -> None:
    readings, heard = Readings("robot-1"), list[float]()
    readings.listen(lambda reading: heard.append(reading.value))
    for number in range(20):
        readings.publish(Reading("distance", number, time.monotonic()))
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.15)
    assert heard[0] == 0
    assert heard[-1] == 19
    assert len(heard) <= 5
    readings.end(DeviceLost("gone"))
