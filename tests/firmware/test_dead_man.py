"""The dead man: whatever happens to the controller, the wheels are at rest in time, told by the chip's own clock."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from devices.firmware import hex_path
from tests.firmware import wire
from tests.firmware.wire import OUTPUT, PULLUP, PWM, SERVO, Board
from tests.real.arduino import Snapshot, Uno

pytestmark = pytest.mark.real

WHEELS = (4, 5, 6, 7, 8, 9)
LIMIT = 0.6  # seconds; the promise is 0.5 after the last keep-alive
DRIVE = (
    b"".join(wire.mode(pin, PWM) for pin in (5, 6))
    + b"".join(wire.mode(pin, OUTPUT) for pin in (4, 7, 8, 9))
    + wire.port(0, 0x90)
    + wire.analog(5, 200)
    + wire.analog(6, 255)
    + wire.KEEP_ALIVE
)


def drive(board: Board) -> Snapshot:
    board.send(DRIVE)
    board.settle()
    seen = board.uno.snapshot()
    assert seen.on() == (4, 5, 6, 7)
    assert seen.keep_alive_s > 0
    return seen


def rests_in_time(uno: Uno, since: float | None = None) -> Snapshot:
    """Wait until the outputs are at rest, and hold that against the last keep-alive."""
    seen = uno.wait(lambda seen: not seen.on(), 2 * LIMIT)
    began = seen.keep_alive_s if since is None else since
    took = seen.last_change(WHEELS) - began
    assert 0.495 <= took <= LIMIT, f"at rest after {took:.3f} s"
    assert uno.pass_time(0.1).last_change(WHEELS) == seen.last_change(WHEELS)
    return seen


def test_silence(board: Board) -> None:
    drive(board)
    rests_in_time(board.uno)
    assert board.heard(0.6) == [wire.RESTED_IN_SILENCE]


def test_the_port_is_closed(uno: Uno) -> None:
    with Board(uno) as board:
        drive(board)
    rests_in_time(uno)


def test_the_cable_is_pulled_while_the_board_keeps_its_power(board: Board) -> None:
    drive(board)
    board.uno.unplug()
    rests_in_time(board.uno)


def test_the_controller_is_killed() -> None:
    program = (
        "import serial, sys, time\n"
        "port = serial.Serial(sys.argv[1], 57600)\n"
        f"port.read({len(wire.VERSION + wire.FIRMWARE)})\n"
        f"port.write({DRIVE!r})\n"
        "print('drives', flush=True)\n"
        "while True:\n"
        "    time.sleep(0.1)\n"
        f"    port.write({wire.KEEP_ALIVE!r})\n"
    )
    words = [sys.executable, "-c", program]
    with Uno(hex_path()) as uno, subprocess.Popen([*words, uno.path], stdout=subprocess.PIPE) as controller:
        try:
            assert controller.stdout
            assert controller.stdout.readline() == b"drives\n"
            uno.pass_time(0.8)
            assert uno.snapshot().on() == (4, 5, 6, 7)
        finally:
            controller.kill()
        rests_in_time(uno)


def test_bytes_keep_coming_but_no_keep_alive(board: Board) -> None:
    begun = drive(board)
    while board.uno.snapshot().sim_s < begun.keep_alive_s + 0.45:
        board.send(wire.analog(5, 200), wire.port(0, 0x90), wire.IDENTIFY, wire.state_query(5), b"\x01\x7f")
        board.ignore(0.01)
    rests_in_time(board.uno)


def test_commands_keep_coming_past_the_end(board: Board) -> None:
    """A controller that goes on commanding without keep-alives moves the wheels in spells of 0.5 s at most."""
    begun = drive(board)
    while board.uno.snapshot().sim_s < begun.sim_s + 1.5:
        board.send(wire.analog(5, 200), wire.port(0, 0x90))
        board.ignore(0.01)
    assert board.uno.snapshot().on_longest_s <= LIMIT


def test_the_main_loop_hangs(board: Board) -> None:
    drive(board)
    board.uno.hang()
    board.uno.pass_time(0.05)
    board.send(wire.KEEP_ALIVE, wire.VERSION_QUERY)  # nobody reads this any more
    assert board.heard(0.1) == []
    seen = board.uno.wait(lambda seen: not seen.on(), 2 * LIMIT)
    assert seen.sim_s < seen.keep_alive_s + LIMIT


def test_nothing_was_ever_kept_alive(board: Board) -> None:
    board.send(DRIVE.removesuffix(wire.KEEP_ALIVE))
    board.settle()
    seen = board.uno.snapshot()
    assert seen.on() == (4, 5, 6, 7)
    rests_in_time(board.uno, since=seen.changed_s[7])


@pytest.mark.parametrize(
    ("begin", "rests"),
    [
        (wire.mode(13, OUTPUT) + wire.level(13, True), lambda seen: not seen.level[13]),
        (wire.mode(19, OUTPUT) + wire.level(19, True), lambda seen: not seen.level[19]),
        (wire.mode(3, PWM) + wire.analog(3, 1), lambda seen: seen.pwm[3] == -1),
        (wire.mode(9, PWM) + wire.analog(9, 254), lambda seen: seen.pwm[9] == -1),
        (wire.mode(11, PWM) + wire.analog(11, 255), lambda seen: not seen.level[11]),
        (wire.mode(10, SERVO) + wire.analog(10, 90), lambda seen: seen.sim_s > seen.changed_s[10] + 0.05),
    ],
    ids=["digital", "analog pin", "little PWM", "much PWM", "full PWM", "servo"],
)
def test_every_kind_of_output_comes_to_rest(board: Board, begin: bytes, rests: Callable[[Snapshot], bool]) -> None:
    board.send(wire.mode(4, PULLUP), begin, wire.KEEP_ALIVE)
    seen = board.uno.pass_time(0.4)
    assert not rests(seen)
    seen = board.uno.wait(rests, 1.0)
    assert max(seen.changed_s) <= seen.keep_alive_s + LIMIT
    assert seen.level[4] == 1
    assert board.heard(0.1) == [wire.RESTED_IN_SILENCE]


def test_keep_alives_keep_it_moving_and_commands_go_on_after_a_rest(board: Board) -> None:
    drive(board)
    for _ in range(8):
        board.send(wire.KEEP_ALIVE)
        board.uno.pass_time(0.2)
    assert board.uno.snapshot().on() == (4, 5, 6, 7)
    assert board.heard(0.01) == []
    rests_in_time(board.uno)
    assert board.next() == wire.RESTED_IN_SILENCE
    board.send(wire.port(0, 0x90), wire.analog(5, 50), wire.KEEP_ALIVE)
    board.settle()
    assert board.uno.snapshot().on() == (4, 5, 7)


def test_it_is_silent_while_nothing_is_on(board: Board) -> None:
    board.send(DRIVE, wire.REST)
    assert board.next() == wire.RESTED_AS_ASKED
    assert board.heard(0.8) == []


def test_while_nothing_is_on_silence_does_not_count(board: Board) -> None:
    board.send(wire.mode(13, OUTPUT))
    board.uno.pass_time(0.8)
    board.send(wire.level(13, True))
    board.settle()
    on = board.uno.snapshot().changed_s[13]
    seen = board.uno.wait(lambda seen: not seen.level[13], 1.0)
    assert 0.495 <= seen.changed_s[13] - on <= LIMIT
