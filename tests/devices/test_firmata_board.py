"""The Firmata client beyond what every board must do: who answers, what is wrong, and the rest of the protocol."""

from __future__ import annotations

import asyncio
import time

import pytest

from devices.drivers.firmata import build
from devices.drivers.firmata.replies import WAITING
from devices.errors import BadValue, DeviceLost, LabError, NoAnswer, NotSupported, WrongFirmware
from devices.wire import firmata as wire
from tests.devices.benches import robot_on, until


async def test_who_answers() -> None:
    async with robot_on() as bench:
        identity = bench.robot.identity
        assert identity is not None
        assert (identity.firmware, identity.version, identity.stops_by_itself) == ("labctl-robot", "1.0", True)
    async with robot_on("standard-firmata") as bench:
        identity = bench.robot.identity
        assert identity is not None
        assert (identity.firmware, identity.version) == ("StandardFirmata.ino", "2.5")
        assert not identity.stops_by_itself


async def refusal(fault: str) -> tuple[LabError, float]:
    """How opening fails, and after how long."""
    async with robot_on(opened=False) as bench:
        bench.fault(fault)
        start = time.monotonic()
        with pytest.raises(LabError) as refused:
            await bench.robot.open()
        return refused.value, time.monotonic() - start


async def test_what_is_wrong_is_named_within_three_seconds() -> None:
    faults = ("silent", "noise", "wrong-firmware")
    (silent, noise, words), took = zip(*await asyncio.gather(*map(refusal, faults)), strict=True)
    assert max(took) < 3
    assert isinstance(silent, NoAnswer)
    assert "nothing arrives" in silent.message
    assert isinstance(noise, WrongFirmware)
    assert "noise" in noise.message
    assert "57600" in noise.hint
    assert isinstance(words, WrongFirmware)
    assert "Temperature: 21.50 C" in words.message
    assert "flash-the-firmware" in words.hint
    assert all(error.device == "robot-1" and error.hint for error in (silent, noise, words))


async def test_it_opens_through_noise_between_the_frames() -> None:
    async with robot_on(opened=False) as bench:
        bench.fault("garbage")
        await bench.robot.open()
        await bench.robot.stop()
        assert await bench.robot.ping() < 1


@pytest.mark.parametrize("firmware", ["labctl-robot", "standard-firmata"])
@pytest.mark.parametrize("fault", ["garbage", "cut"])
async def test_damaged_answers_do_not_keep_it_from_stopping(firmware: str, fault: str) -> None:
    async with robot_on(firmware, allowed=True) as bench:
        drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=2))
        await until(lambda: bench.wheels == (1, 1))
        bench.fault(fault)
        start = time.monotonic()
        await bench.robot.stop()
        assert time.monotonic() - start < 0.8
        assert bench.wheels == (0, 0)
        await asyncio.gather(drive, return_exceptions=True)


async def test_a_lost_port_fails_every_waiter_at_once() -> None:
    async with robot_on() as bench:
        bench.fault("silent")
        waiters = [asyncio.create_task(bench.board.ping()) for _each in range(5)]
        waiters += [asyncio.create_task(bench.board.pin_state(13)), asyncio.create_task(bench.robot.sense("distance"))]
        await asyncio.sleep(0.05)
        start = time.monotonic()
        bench.fault("unplugged")
        ended = await asyncio.gather(*waiters, return_exceptions=True)
        assert time.monotonic() - start < 0.3
        assert all(isinstance(error, DeviceLost) and not isinstance(error, NoAnswer) for error in ended)
        assert all(error.device == "robot-1" for error in ended if isinstance(error, LabError))


@pytest.mark.parametrize("firmware", ["labctl-robot", "standard-firmata"])
async def test_an_idle_board_that_breaks_is_named_within_three_seconds(firmware: str) -> None:
    async def broken(fault: str) -> tuple[DeviceLost, float]:
        async with robot_on(firmware) as bench:
            await asyncio.sleep(0.5)
            start = time.monotonic()
            bench.fault(fault)
            return await asyncio.wait_for(bench.robot.gone(), 5), time.monotonic() - start

    faults = ("silent", "noise", "wrong-firmware", "stuck")
    (silent, noise, words, stuck), took = zip(*await asyncio.gather(*map(broken, faults)), strict=True)

    assert max(took) < 3
    assert all(lost.device == "robot-1" and lost.hint for lost in (silent, noise, words, stuck))
    assert "silent" in silent.message
    assert "something arrives" in noise.message
    assert "something arrives" in words.message


async def test_an_idle_board_that_answers_with_difficulty_stays() -> None:
    async def stays(fault: str | None) -> bool:
        async with robot_on() as bench:
            bench.fault(fault)
            try:
                await asyncio.wait_for(bench.robot.gone(), 5)
            except TimeoutError:
                return True
            return False

    assert await asyncio.gather(*map(stays, ("slow", "garbage", "cut", None))) == [True] * 4


async def test_a_board_that_falls_silent_is_lost_though_its_port_is_there() -> None:
    async with robot_on() as bench:
        bench.fault("silent")
        lost = await asyncio.wait_for(bench.robot.gone(), 5)
        assert isinstance(lost, NoAnswer)
        assert "silent" in lost.message
        bench.fault(None)
        await bench.robot.open()
        assert await bench.robot.ping() < 1


async def test_a_board_that_greets_again_has_forgotten_everything() -> None:
    async with robot_on() as bench:
        drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=2))
        await until(lambda: bench.wheels == (1, 1))
        board = bench.sims._boards["robot-1"]
        bench.sims._do(lambda: board.reset(time.monotonic()))
        with pytest.raises(DeviceLost, match="restarted"):
            await drive
        await bench.robot.open()
        await bench.robot.drive(1, 1, seconds=0.1)


async def test_questions_beside_each_other_get_their_own_answers() -> None:
    async with robot_on() as bench:
        bench.board.set_pwm(5, 100)
        bench.board.set_pwm(6, 200)
        states = await asyncio.gather(*(bench.board.pin_state(pin) for pin in (6, 5, 13, 6)))
        assert [(state.pin, state.value) for state in states] == [(6, 200), (5, 100), (13, 0), (6, 200)]


async def test_more_questions_than_it_can_answer_are_refused() -> None:
    async with robot_on() as bench:
        bench.fault("silent")
        asking = [asyncio.create_task(bench.board.ping()) for _each in range(WAITING + 10)]
        ended = await asyncio.gather(*asking, return_exceptions=True)
        assert all(isinstance(error, NoAnswer) for error in ended)


async def test_what_the_pins_can_do_is_asked_once() -> None:
    async with robot_on() as bench:
        first = await bench.board.pin_capabilities()
        assert await bench.board.pin_capabilities() is first
        assert first.pins[5][wire.PinMode.PWM] == 8
        assert not first.pins[0]
        mapping = await bench.board.analog_mapping()
        assert mapping.channels[14:20] == (0, 1, 2, 3, 4, 5)
        assert await bench.board.analog_mapping() is mapping


async def test_a_board_keeps_its_id() -> None:
    async with robot_on() as bench:
        assert (await bench.board.store_id(b"R7")).board_id == b"R7"
        with pytest.raises(BadValue):
            await bench.board.store_id(bytes(9))
        await bench.robot.close()
        assert (await bench.robot.open()).board_id == "R7"
    async with robot_on("standard-firmata") as bench:
        with pytest.raises(NotSupported):
            await bench.board.store_id(b"R7")


async def test_inputs_texts_and_other_sysex_are_told() -> None:
    async with robot_on("standard-firmata") as bench:
        ports: list[tuple[int, int]] = []
        words: list[str] = []
        replies: list[bytes] = []
        bench.board.on_inputs(lambda port, mask: ports.append((port, mask)))
        bench.board.on_words(words.append)
        bench.board.on_sysex(wire.I2C_REPLY, replies.append)
        bench.board.make_input(10, pull_up=True)
        bench.board.send_sysex(wire.I2C_CONFIG, b"")
        bench.board.send_sysex(wire.I2C_REQUEST, bytes((0x10, 0x08, 0x01, 0x00)))
        await bench.board.settled()
        await until(lambda: bool(ports and words and replies))
        assert ports[0][0] == 1
        assert "I2C" in words[0]
        with pytest.raises(BadValue):
            bench.board.send_sysex(wire.I2C_REQUEST, b"\x80")


async def test_servo_and_pwm() -> None:
    async with robot_on() as bench:
        bench.board.make_servo(10, 544, 2400)
        bench.board.set_servo(10, 90)
        state = await bench.board.pin_state(10)
        assert (state.mode, state.value) == (wire.PinMode.SERVO, 90)
        await asyncio.sleep(0.7)  # longer than the dead man waits: a servo that holds is kept alive
        assert (await bench.board.pin_state(10)).value == 90
        await bench.board.stop()
        await asyncio.sleep(0.2)


async def test_bench_and_options() -> None:
    async with robot_on(opened=False) as bench:
        with pytest.raises(DeviceLost):
            await bench.board.ping()
        with pytest.raises(DeviceLost):
            bench.board.set_pins({13: True})
        with pytest.raises(BadValue):
            build("robot-1", bench.board._link, {"speed": 3})
        assert build("robot-1", bench.board._link, {}).capabilities == {"pings"}


async def test_close_while_opening_ends_the_opening() -> None:
    async with robot_on(opened=False) as bench:
        bench.fault("silent")
        opening = asyncio.create_task(bench.robot.open())
        await asyncio.sleep(0.1)
        start = time.monotonic()
        await bench.robot.close()
        assert time.monotonic() - start < 0.5
        with pytest.raises(DeviceLost):
            await opening


async def test_an_opening_that_is_cancelled_leaves_nothing() -> None:
    async with robot_on(opened=False) as bench:
        bench.fault("silent")
        opening = asyncio.create_task(bench.robot.open())
        await asyncio.sleep(0.1)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        bench.fault(None)
        await bench.robot.open()


async def test_an_unanswered_stop_lets_go_of_the_board() -> None:
    async with robot_on() as bench:
        drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=2))
        await until(lambda: bench.wheels == (1, 1))
        bench.fault("silent")
        gone = asyncio.create_task(bench.robot.gone())
        with pytest.raises(LabError):
            await bench.robot.stop()
        assert "did not confirm" in (await gone).message
        await asyncio.gather(drive, return_exceptions=True)
        await until(lambda: bench.wheels == (0, 0))  # its dead man
