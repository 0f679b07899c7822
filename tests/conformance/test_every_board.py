"""What every board must do, asserted on its pins: the emulator and real firmware alike."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time

import pytest

from devices.errors import BadValue, DeviceLost, LabError, NotStopped, PortMissing, Stopped
from tests.conformance.far_ends import LED, Bench, FarEnd

pytestmark = pytest.mark.asyncio(loop_scope="module")

STOPPED_WITHIN = 0.8


async def turning(far_end: FarEnd) -> None:
    """Wait until a motor is told something."""
    deadline = time.monotonic() + 5
    while far_end.at_rest:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def renew(bench: Bench, left: float, right: float) -> None:
    """Drive as a program does that commands at 50 Hz, until something ends it."""
    drives: set[asyncio.Task[None]] = set()
    try:
        while True:
            drives.add(asyncio.create_task(bench.robot.drive(left, right, seconds=1)))
            await asyncio.sleep(0.02)
            for drive in [drive for drive in drives if drive.done()]:
                drive.result()
                drives.remove(drive)
    finally:
        for drive in drives:
            drive.cancel()
        await asyncio.gather(*drives, return_exceptions=True)


async def test_open_and_close_may_be_called_again(bench: Bench) -> None:
    identity = bench.robot.identity
    assert identity is not None
    assert await bench.robot.open() is identity

    await bench.robot.close()
    await bench.robot.close()

    again = await bench.robot.open()
    assert again == identity
    assert await bench.robot.ping() < 1


async def test_two_openers_share_one_opening(alone: Bench) -> None:
    first, second = await asyncio.gather(alone.robot.open(), alone.robot.open())
    assert first is second


async def test_the_wheels_turn_as_told_and_rest_when_the_time_is_over(bench: Bench, far_end: FarEnd) -> None:
    drive = asyncio.create_task(bench.robot.drive(0.5, -1, seconds=0.4))
    await turning(far_end)
    await asyncio.sleep(0.1)
    given = far_end.outputs()
    assert [round(given[pin], 1) for pin in (5, 7, 8)] == [0.5, 1, 0]  # left: half, forward
    assert [round(given[pin], 1) for pin in (6, 4, 9)] == [1, 0, 1]  # right: full, back

    await drive
    assert far_end.at_rest


async def test_fifty_queued_writes_arrive_in_order(bench: Bench, far_end: FarEnd) -> None:
    before = far_end.changes(LED)
    for number in range(50):
        bench.board.set_pins({LED: number % 2 == 0})
    bench.board.set_pwm(5, 77)
    bench.board.set_pins({LED: True})
    await bench.board.settled()

    assert far_end.changes(LED) - before == 51  # a lost or overtaken one would make it fewer
    assert far_end.outputs()[LED] == 1
    assert far_end.outputs()[5] == pytest.approx(77 / 255)


async def test_stop_while_driving_confirms_within_its_time(bench: Bench, far_end: FarEnd) -> None:
    drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=2))
    await turning(far_end)

    start = time.monotonic()
    await bench.robot.stop()
    took = time.monotonic() - start

    assert far_end.at_rest
    assert took < STOPPED_WITHIN
    with pytest.raises(Stopped):
        await drive


async def test_stop_goes_ahead_of_all_that_waits(bench: Bench, far_end: FarEnd) -> None:
    for number in range(3000):  # a second and a half of the wire
        bench.board.set_pins({LED: number % 2 == 0})
    bench.board.set_pwm(5, 255)

    start = time.monotonic()
    await bench.robot.stop()

    assert time.monotonic() - start < STOPPED_WITHIN
    seen = far_end.stirred()
    far_end.pass_time(0.3)
    assert far_end.stirred() == seen
    assert not any(far_end.outputs())
    await asyncio.wait_for(bench.robot.drive(1, 1, seconds=0.2), 1)  # its pins still know what they are


async def test_stop_at_rest_twice_and_after_close(bench: Bench, far_end: FarEnd) -> None:
    await bench.robot.stop()
    await asyncio.gather(bench.robot.stop(), bench.robot.stop())
    await bench.robot.close()
    await bench.robot.stop()
    assert far_end.at_rest


async def test_stop_while_opening_leaves_it_at_rest(alone: Bench, far_end: FarEnd) -> None:
    opening = asyncio.create_task(alone.robot.open())
    await asyncio.sleep(0.005)
    with contextlib.suppress(NotStopped):  # a board that boots for two seconds cannot say so before
        await alone.robot.stop()
    await opening
    await alone.robot.stop()
    assert far_end.at_rest


async def test_a_cancelled_drive_has_the_wheels_at_rest_before_it_ends(bench: Bench, far_end: FarEnd) -> None:
    drive = asyncio.create_task(bench.robot.drive(-1, 1, seconds=2))
    await turning(far_end)

    drive.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drive
    assert far_end.at_rest


async def test_a_later_drive_takes_over_without_a_rest(bench: Bench, far_end: FarEnd) -> None:
    first = asyncio.create_task(bench.robot.drive(1, 1, seconds=2))
    await turning(far_end)
    before = far_end.changes(7)

    second = asyncio.create_task(bench.robot.drive(0.5, 0.5, seconds=0.4))
    await first
    await asyncio.sleep(0.1)
    assert far_end.changes(7) == before  # the direction pin never went low
    assert not second.done()
    assert far_end.outputs()[5] == pytest.approx(128 / 255)

    await second
    assert far_end.at_rest


async def test_renewed_at_50_hz_then_stopped_nothing_moves_after(bench: Bench, far_end: FarEnd) -> None:
    program = asyncio.create_task(renew(bench, 1, 0.6))
    await turning(far_end)
    await asyncio.sleep(0.3)

    await bench.robot.stop()
    seen = far_end.stirred()
    assert far_end.at_rest
    far_end.pass_time(0.6)

    assert far_end.stirred() == seen
    with pytest.raises(Stopped):
        await program


@pytest.mark.parametrize(
    ("left", "right", "seconds"),
    [(1.01, 0, 1), (0, -1.01, 1), (math.nan, 0, 1), (0, math.inf, 1), (0, 0, 0), (0, 0, 2.01), (0, 0, math.nan)],
)
async def test_out_of_range_is_refused_before_a_byte_is_sent(left: float, right: float, seconds: float) -> None:
    bench = Bench("socket:127.0.0.1:1")
    with pytest.raises(BadValue):
        await bench.robot.drive(left, right, seconds=seconds)
    assert not bench.link.frames


async def test_a_bad_value_sends_nothing_and_changes_nothing(bench: Bench, far_end: FarEnd) -> None:
    await bench.board.settled()
    sent, seen = len(bench.link.frames), far_end.stirred()
    for bad in (2, math.nan, True, "1"):
        with pytest.raises(BadValue):
            await bench.robot.drive(bad, 0, seconds=1)
        with pytest.raises(BadValue):
            await bench.robot.drive(0, 0, seconds=bad if bad != 2 else 3)
        with pytest.raises(BadValue):
            await bench.robot.set("led", bad if bad is not True else -1)
    assert len(bench.link.frames) == sent
    assert far_end.stirred() == seen


async def test_unplugged_while_driving_fails_at_once_and_names_the_device(bench: Bench, far_end: FarEnd) -> None:
    drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=2))
    question = asyncio.create_task(bench.robot.gone())
    await turning(far_end)

    start = time.monotonic()
    far_end.unplug()
    with pytest.raises(DeviceLost) as lost:
        await drive
    assert time.monotonic() - start < 0.5
    assert lost.value.device == "robot-1"
    assert (await question).device == "robot-1"
    assert (await bench.robot.gone()).hint  # also for whoever asks later

    with pytest.raises(DeviceLost):
        await bench.robot.drive(1, 1, seconds=1)
    with pytest.raises(NotStopped):
        await bench.robot.stop()
    assert bench.robot.identity is not None
    assert bench.robot.identity.stops_by_itself == far_end.rests_by_itself
    if far_end.rests_by_itself:
        far_end.pass_time(0.7)
        assert far_end.at_rest


async def test_it_opens_again_after_a_loss(bench: Bench, far_end: FarEnd) -> None:
    far_end.unplug()
    await bench.robot.gone()
    with pytest.raises((PortMissing, DeviceLost)) as missing:
        await bench.robot.open()
    assert missing.value.hint

    far_end.plug_in()
    await bench.robot.open()
    drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=0.3))
    await turning(far_end)
    await drive
    assert far_end.at_rest


async def test_damage_on_the_way_to_the_board_does_not_keep_it_from_stopping(bench: Bench, far_end: FarEnd) -> None:
    drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=2))
    await turning(far_end)
    for damage in (b"\x05\x7f\x00", b"\xe5\x01", b"\x95", b"\xf7\xf7", b"\xf0\x0a"):  # the last would swallow all
        bench.link.send(damage)

    start = time.monotonic()
    await bench.robot.stop()

    assert time.monotonic() - start < STOPPED_WITHIN
    assert far_end.at_rest
    await asyncio.gather(drive, return_exceptions=True)


async def test_stop_while_nothing_is_taken_off_the_wire(bench: Bench, far_end: FarEnd) -> None:
    far_end.hold()
    program = asyncio.create_task(renew(bench, 1, 1))
    for number in range(4000):
        bench.board.set_pins({LED: number % 2 == 0})
    await asyncio.sleep(0.4)

    start = time.monotonic()
    with pytest.raises(NotStopped) as unconfirmed:
        await bench.robot.stop()
    assert time.monotonic() - start < STOPPED_WITHIN
    assert unconfirmed.value.device == "robot-1"

    with pytest.raises(LabError):
        await program
    start = time.monotonic()
    await bench.robot.close()
    assert time.monotonic() - start < 1.2

    far_end.let_go()
    far_end.pass_time(0.2)  # what the board's own receive buffer still held
    if far_end.rests_by_itself:
        far_end.pass_time(0.7)
        assert far_end.at_rest
    seen = far_end.stirred()
    far_end.pass_time(0.5)
    assert far_end.stirred() == seen


async def test_a_blocked_loop_leaves_the_robot_to_its_dead_man_where_it_has_one(bench: Bench, far_end: FarEnd) -> None:
    drive = asyncio.create_task(bench.robot.drive(1, 1, seconds=1.5))
    await turning(far_end)

    time.sleep(0.9)  # the loop hangs, and with it the keep-alives

    assert far_end.at_rest == far_end.rests_by_itself
    assert bench.robot.identity is not None
    assert bench.robot.identity.stops_by_itself == far_end.rests_by_itself
    if far_end.rests_by_itself:
        with pytest.raises(Stopped):
            await drive
        await bench.robot.drive(1, 1, seconds=0.2)  # it can be driven again at once
    else:
        await drive
    assert far_end.at_rest
