"""Ultrasonic distance, wheel encoders and the board's id."""

from __future__ import annotations

import pytest

from tests.firmware import wire
from tests.firmware.wire import INPUT, OUTPUT, PULLUP, Board

pytestmark = pytest.mark.real

TRIGGER, ECHO = 12, 11


def echoes(messages: list[bytes]) -> list[int]:
    assert all(message[:3] == b"\xf0\x0a\x03" and len(message) == 7 for message in messages)
    return [wire.number(message[3:-1]) for message in messages]


def counts(message: bytes) -> tuple[int, int]:
    assert message[:3] == b"\xf0\x0a\x04"
    assert len(message) == 12
    return wire.number(message[3:7]), wire.number(message[7:11])


@pytest.mark.parametrize("microseconds", [117, 583, 5830, 23324])
def test_an_echo_is_timed(board: Board, microseconds: int) -> None:
    board.uno.echo(TRIGGER, ECHO, microseconds)
    board.send(wire.ultrasonic(TRIGGER, ECHO, 60))
    told = echoes(board.heard(0.65))
    assert len(told) in {10, 11}
    assert all(abs(us - microseconds) <= 8 for us in told)  # 8 us are 1.4 mm


@pytest.mark.parametrize(("trigger", "echo"), [(2, 3), (7, 8), (8, 7), (13, 14), (18, 19), (19, 2)])
def test_the_sensor_may_be_on_any_pins(board: Board, trigger: int, echo: int) -> None:
    board.uno.echo(trigger, echo, 1000)
    board.send(wire.ultrasonic(trigger, echo, 30))
    told = echoes(board.heard(0.2))
    assert len(told) >= 5
    assert all(abs(us - 1000) <= 8 for us in told)
    assert board.ask(wire.ultrasonic(trigger, echo, 0), wire.state_query(trigger))[3] == OUTPUT
    assert board.ask(wire.state_query(echo))[3] == INPUT


def test_no_echo_is_told_as_0(board: Board) -> None:
    board.uno.echo(TRIGGER, ECHO, 0)
    board.send(wire.ultrasonic(TRIGGER, ECHO, 60))
    assert set(echoes(board.heard(0.4))) == {0}
    board.uno.echo(TRIGGER, ECHO, 38000)  # what an HC-SR04 does where nothing echoes
    board.heard(0.2)
    assert set(echoes(board.heard(0.4))) == {0}
    board.uno.echo(TRIGGER, ECHO, 583)
    board.heard(0.2)
    assert all(abs(us - 583) <= 8 for us in echoes(board.heard(0.3)))


def test_a_stuck_echo_is_told_as_0_and_recovers(board: Board) -> None:
    board.uno.echo(TRIGGER, ECHO, 0)
    board.uno.drive(ECHO, True)
    board.send(wire.ultrasonic(TRIGGER, ECHO, 60))
    assert set(echoes(board.heard(0.4))) == {0}
    board.uno.drive(ECHO, False)
    board.uno.echo(TRIGGER, ECHO, 583)
    board.heard(0.2)
    assert all(abs(us - 583) <= 8 for us in echoes(board.heard(0.3)))


def test_it_measures_at_most_every_30_ms_and_stops_when_told(board: Board) -> None:
    board.uno.echo(TRIGGER, ECHO, 583)
    board.send(wire.ultrasonic(TRIGGER, ECHO, 1))
    assert len(board.heard(0.62)) in {20, 21, 22}
    board.send(wire.ultrasonic(TRIGGER, ECHO, 0))
    board.settle()
    assert board.heard(0.2) == []
    assert board.uno.snapshot().on() == ()


def test_pins_that_cannot_be_a_sensor_are_refused(board: Board) -> None:
    for trigger, echo in ((0, 11), (12, 1), (12, 12), (20, 11), (12, 127)):
        board.send(wire.ultrasonic(trigger, echo, 30))
    board.send(b"\xf0\x0a\x03\x0c\x0b\xf7", b"\xf0\x0a\x03\x0c\x0b\x1e\x00\x00\xf7")
    assert board.heard(0.15) == []
    assert not any(board.uno.snapshot().output[2:])


def test_a_rest_leaves_the_sensor_at_work(board: Board) -> None:
    board.uno.echo(TRIGGER, ECHO, 583)
    board.send(wire.ultrasonic(TRIGGER, ECHO, 60), wire.REST)
    assert board.heard(0.3).count(wire.RESTED_AS_ASKED) == 1
    assert len(echoes(board.heard(0.3))) in {4, 5, 6}


def test_a_sensor_whose_trigger_gets_another_use_is_off(board: Board) -> None:
    board.uno.echo(TRIGGER, ECHO, 583)
    board.send(wire.ultrasonic(TRIGGER, ECHO, 60), wire.mode(TRIGGER, INPUT))
    board.heard(0.1)
    assert board.heard(0.3) == []


def test_encoders_are_counted_and_told_when_they_changed(board: Board) -> None:
    assert counts(board.ask(wire.encoders(100))) == (0, 0)
    assert board.heard(0.3) == []
    board.uno.wave(2, 60)
    board.uno.wave(3, 25)
    told = [counts(message) for message in board.heard(1.05)]
    assert len(told) in {9, 10, 11}
    assert told == sorted(told)
    board.uno.wave(2, 0)
    board.uno.wave(3, 0)
    seen = board.uno.pass_time(0.2)
    board.heard(0.01)
    edges = tuple((seen.toggles[pin] + seen.level[pin]) // 2 for pin in (2, 3))
    assert counts(board.ask(wire.encoders(100))) == edges
    assert edges[0] == pytest.approx(63, abs=4)


def test_no_edge_is_lost_at_speed_and_under_traffic(board: Board) -> None:
    board.ask(wire.encoders(10))
    board.uno.wave(2, 4000)
    board.uno.wave(3, 3000)
    board.uno.echo(TRIGGER, ECHO, 5830)
    board.send(wire.ultrasonic(TRIGGER, ECHO, 30), wire.mode(5, 3))
    for duty in range(60):
        board.send(wire.analog(5, duty), wire.KEEP_ALIVE, wire.state_query(5))
    board.uno.pass_time(0.5)
    board.uno.wave(2, 0)
    board.uno.wave(3, 0)
    board.send(wire.ultrasonic(TRIGGER, ECHO, 0))
    seen = board.uno.pass_time(0.1)
    board.heard(0.01)
    assert counts(board.ask(wire.encoders(10))) == tuple((seen.toggles[pin] + seen.level[pin]) // 2 for pin in (2, 3))
    assert seen.overruns == 0


def test_encoders_off_do_not_count_and_counts_go_on_from_where_they_were(board: Board) -> None:
    board.ask(wire.encoders(50))
    board.uno.wave(2, 100)
    board.uno.pass_time(0.2)
    board.uno.wave(2, 0)
    board.heard(0.1)
    stopped = counts(board.ask(wire.encoders(0)))
    assert stopped[0] > 10
    board.uno.wave(2, 100)
    assert board.heard(0.2) == []
    board.uno.wave(2, 0)
    assert counts(board.ask(wire.encoders(50))) == stopped
    board.send(wire.RESET)
    assert counts(board.ask(wire.encoders(50))) == (0, 0)


def test_encoder_pins_keep_their_pull_ups_and_are_inputs_otherwise(board: Board) -> None:
    board.send(wire.mode(2, PULLUP), wire.mode(3, OUTPUT), wire.encoders(100))
    board.next()
    assert board.ask(wire.state_query(2))[3] == PULLUP
    assert board.ask(wire.state_query(3))[3] == INPUT


def test_the_boards_id_outlives_resets(board: Board) -> None:
    assert board.ask(wire.IDENTIFY) == wire.IDENTITY
    named = wire.IDENTITY[:-2] + b"\x08" + b"".join(wire.u14(byte) for byte in b"robot-\xff\x00") + b"\xf7"
    store = b"\xf0\x0a\x05\x08" + b"".join(wire.u14(byte) for byte in b"robot-\xff\x00") + b"\xf7"
    assert board.ask(store) == named
    board.uno.reset()
    assert [board.next(), board.next()] == [wire.VERSION, wire.FIRMWARE]
    assert board.ask(wire.IDENTIFY) == named
    board.send(
        b"\xf0\x0a\x05\x09" + b"\x01\x00" * 9 + b"\xf7", b"\xf0\x0a\x05\x02\x01\x00\x01\xf7", b"\xf0\x0a\x05\xf7"
    )
    assert board.ask(wire.IDENTIFY) == named  # too long, cut, and empty: passed over
    assert board.ask(b"\xf0\x0a\x05\x00\xf7") == wire.IDENTITY


def test_nothing_is_lost_while_an_id_is_stored(board: Board) -> None:
    store = b"\xf0\x0a\x05\x08" + b"".join(wire.u14(byte) for byte in b"ABCDEFGH") + b"\xf7"
    board.send(wire.mode(13, OUTPUT), wire.KEEP_ALIVE, store, *(wire.level(13, bool(i % 2)) for i in range(60)))
    board.settle()
    seen = board.uno.snapshot()
    assert seen.toggles[13] == 59
    assert seen.overruns == 0
