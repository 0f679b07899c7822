"""Every message of the lab's firmware, byte for byte."""

from __future__ import annotations

import pytest

from tests.firmware import wire
from tests.firmware.wire import ANALOG, INPUT, OUTPUT, PULLUP, PWM, SERVO, Board
from tests.real.arduino import Uno

pytestmark = pytest.mark.real

PWM_PINS = (3, 5, 6, 9, 10, 11)


def test_it_greets_once_when_the_port_is_opened(uno: Uno) -> None:
    with Board(uno, greeted=False) as board:
        assert board.heard(0.5) == [wire.VERSION, wire.FIRMWARE]
    with Board(uno, greeted=False) as board:
        assert board.heard(0.5) == [wire.VERSION, wire.FIRMWARE]


def test_it_tells_version_and_firmware_when_asked(board: Board) -> None:
    assert board.ask(wire.VERSION_QUERY) == wire.VERSION
    assert board.ask(wire.FIRMWARE_QUERY) == wire.FIRMWARE


def test_it_tells_what_each_pin_can_do(board: Board) -> None:
    answer = board.ask(wire.CAPABILITY_QUERY)
    assert answer[:2] == b"\xf0\x6c"
    pins = answer[2:-1].split(b"\x7f")
    assert pins.pop() == b""
    told = [dict(zip(pin[::2], pin[1::2], strict=True)) for pin in pins]
    digital = {INPUT: 1, PULLUP: 1, OUTPUT: 1, SERVO: 14}
    assert told[:2] == [{}, {}]
    assert told[2:14] == [digital | ({PWM: 8} if pin in PWM_PINS else {}) for pin in range(2, 14)]
    assert told[14:] == [digital | {ANALOG: 10}] * 6


def test_it_tells_which_pins_are_which_analog_channels(board: Board) -> None:
    assert board.ask(b"\xf0\x69\xf7") == b"\xf0\x6a" + b"\x7f" * 14 + bytes(range(6)) + b"\xf7"


def test_pins_begin_as_inputs(board: Board) -> None:
    assert [board.ask(wire.state_query(pin))[3] for pin in range(20)] == [INPUT] * 14 + [ANALOG] * 6
    assert not any(board.uno.snapshot().output[2:])
    assert board.ask(wire.state_query(20)) == b"\xf0\x6e\x14\xf7"


def test_pin_states_tell_what_was_set(board: Board) -> None:
    board.send(wire.mode(7, OUTPUT), wire.level(7, True), wire.mode(4, PULLUP), wire.mode(5, PWM), wire.analog(5, 200))
    board.send(wire.mode(12, SERVO), wire.analog(12, 1500), wire.KEEP_ALIVE)
    assert board.ask(wire.state_query(7)) == bytes((0xF0, 0x6E, 7, OUTPUT, 1, 0xF7))
    assert board.ask(wire.state_query(4)) == bytes((0xF0, 0x6E, 4, PULLUP, 1, 0xF7))
    assert board.ask(wire.state_query(5)) == bytes((0xF0, 0x6E, 5, PWM)) + wire.u14(200) + b"\xf7"
    assert board.ask(wire.state_query(12)) == bytes((0xF0, 0x6E, 12, SERVO)) + wire.u14(1500) + b"\xf7"


def test_a_digital_output_gives_out_what_it_is_told(board: Board) -> None:
    for pin in range(2, 20):
        for message, on in (
            (wire.mode(pin, OUTPUT), ()),
            (wire.level(pin, True), (pin,)),
            (wire.mode(pin, OUTPUT), (pin,)),  # an output that is told to be one keeps its level
            (wire.port(pin // 8, 0), ()),
            (wire.port(pin // 8, 1 << pin % 8), (pin,)),
            (wire.level(pin, False), ()),
        ):
            board.send(message, wire.KEEP_ALIVE)
            board.settle()
            assert board.uno.snapshot().on() == on, (pin, message.hex())


def test_pins_that_are_no_outputs_stay_as_they_are(board: Board) -> None:
    board.send(wire.mode(4, INPUT), wire.mode(7, PULLUP), wire.mode(6, PWM), wire.analog(6, 90), wire.KEEP_ALIVE)
    board.settle()
    before = board.uno.snapshot()
    for high in (0x7F, 0x00, 0xFF):
        board.send(*(wire.port(port, high) for port in range(16)))
        board.send(*(wire.level(pin, bool(high)) for pin in range(128)))
        board.send(*(wire.analog(pin, high) for pin in range(16) if pin != 6), wire.KEEP_ALIVE)
    board.settle()
    after = board.uno.snapshot()
    assert after.output == before.output
    assert after.on() == before.on() == (6,)
    assert after.pwm == before.pwm
    assert after.level[7] == 1  # its pull-up


@pytest.mark.parametrize("pin", PWM_PINS)
def test_pwm_has_the_duty_it_is_told(board: Board, pin: int) -> None:
    board.send(wire.mode(pin, PWM))
    for told, duty in ((1, 1), (100, 100), (254, 254), (255, 255), (300, 255), (0, 0)):
        board.send(wire.analog(pin, told), wire.KEEP_ALIVE)
        board.settle()
        board.uno.pass_time(0.003)
        assert board.uno.snapshot().outputs()[pin] == duty / 255
        assert wire.number(board.ask(wire.state_query(pin))[4:-1]) == duty
    board.send(wire.analog(pin, 100), wire.KEEP_ALIVE, wire.mode(pin, OUTPUT))
    board.settle()
    assert board.uno.snapshot().on() == ()


def test_pwm_is_pulsed_on_the_pin(board: Board) -> None:
    board.send(wire.mode(5, PWM), wire.analog(5, 127), wire.KEEP_ALIVE)
    board.settle()
    before = board.uno.snapshot()
    after = board.uno.pass_time(0.2)
    hertz = (after.toggles[5] - before.toggles[5]) / 2 / (after.sim_s - before.sim_s)
    assert hertz == pytest.approx(976.6, rel=0.02)
    assert after.pulse_us[5] == pytest.approx(512, abs=8)


def test_the_extended_analog_message_is_clipped(board: Board) -> None:
    board.send(wire.mode(9, PWM))
    for data, duty in ((b"\x40", 64), (b"\x48\x01", 200), (b"\x00\x00\x01", 255), (b"\x00\x02", 255), (b"\x07", 7)):
        board.send(b"\xf0\x6f\x09" + data + b"\xf7", wire.KEEP_ALIVE)
        board.settle()
        assert board.uno.snapshot().outputs()[9] == duty / 255
    board.send(b"\xf0\x6f\x09\xf7", b"\xf0\x6f\x09\x01\x01\x01\x01\xf7", b"\xf0\x6f\x7f\x40\xf7")
    board.settle()
    assert board.uno.snapshot().outputs()[9] == 7 / 255


def test_servos_get_pulses_once_they_have_a_value(board: Board) -> None:
    board.send(wire.mode(10, SERVO), wire.mode(4, SERVO))
    board.settle()
    assert board.uno.pass_time(0.1).toggles[10] == 0
    for value, microseconds in ((0, 544), (90, 1472), (180, 2400), (400, 2400), (1000, 1000), (3000, 2400)):
        board.send(wire.analog(10, value), wire.analog(4, 90), wire.KEEP_ALIVE)
        seen = board.uno.pass_time(0.06)
        assert seen.pulse_us[10] == pytest.approx(microseconds, abs=20)
        assert seen.pulse_us[4] == pytest.approx(1472, abs=20)
    before = board.uno.snapshot()
    board.send(wire.KEEP_ALIVE)
    after = board.uno.pass_time(0.4)
    assert (after.toggles[10] - before.toggles[10]) / 2 == pytest.approx((after.sim_s - before.sim_s) / 0.020, abs=1)


def test_servo_config_sets_the_longest_and_shortest_pulse(board: Board) -> None:
    board.send(b"\xf0\x70\x0a" + wire.u14(1000) + wire.u14(2000) + b"\xf7")
    for value, microseconds in ((0, 1000), (180, 2000), (90, 1500), (2300, 2000)):
        board.send(wire.analog(10, value), wire.KEEP_ALIVE)
        assert board.uno.pass_time(0.06).pulse_us[10] == pytest.approx(microseconds, abs=20)
    board.send(b"\xf0\x70\x0a" + wire.u14(2000) + wire.u14(1000) + b"\xf7", wire.analog(10, 0), wire.KEEP_ALIVE)
    assert board.uno.pass_time(0.06).pulse_us[10] == pytest.approx(1000, abs=20)


def test_servos_and_pwm_on_9_and_10_share_a_timer(board: Board) -> None:
    board.send(wire.mode(9, PWM), wire.analog(9, 100), wire.KEEP_ALIVE, wire.mode(12, SERVO))
    board.settle()
    assert board.uno.snapshot().on() == ()
    assert board.ask(wire.mode(9, PWM)) == wire.text("No PWM on 9 and 10 beside a servo")
    board.send(wire.mode(12, OUTPUT), wire.mode(9, PWM), wire.analog(9, 100), wire.KEEP_ALIVE)
    board.settle()
    assert board.uno.snapshot().pwm[9] == 100


def test_there_are_places_for_six_servos(board: Board) -> None:
    board.send(*(wire.mode(pin, SERVO) for pin in range(4, 10)))
    assert board.ask(wire.mode(12, SERVO)) == wire.text("Max servos attached")
    board.send(wire.mode(6, INPUT), wire.mode(12, SERVO), *(wire.analog(pin, 2400) for pin in (4, 5, 7, 8, 9, 12)))
    board.send(wire.KEEP_ALIVE)
    seen = board.uno.pass_time(0.08)
    assert all(seen.pulse_us[pin] == pytest.approx(2400, abs=20) for pin in (4, 5, 7, 8, 9, 12))


def test_a_mode_that_nobody_knows_is_named_and_changes_nothing(board: Board) -> None:
    board.send(wire.mode(7, OUTPUT), wire.level(7, True), wire.KEEP_ALIVE)
    assert board.ask(wire.mode(7, 0x55)) == wire.text("Unknown pin mode")
    board.send(wire.mode(7, PWM), wire.mode(7, ANALOG), wire.mode(1, OUTPUT), wire.mode(20, OUTPUT), wire.mode(127, 0))
    board.settle()
    assert board.uno.snapshot().on() == (7,)


def test_analog_inputs_are_reported_at_the_sampling_interval(board: Board) -> None:
    for channel in range(6):
        board.uno.analog(channel, 0.5 * (channel + 1))
    board.send(b"\xf0\x7a" + wire.u14(50) + b"\xf7", *(bytes((0xC0 | channel, 1)) for channel in range(6)))
    reports = board.heard(0.525)
    for channel in range(6):
        values = [wire.number(report[1:]) for report in reports if report[0] == 0xE0 | channel]
        assert len(values) in {10, 11, 12}
        assert set(values) == {1023 * (channel + 1) // 10}
    board.send(*(bytes((0xC0 | channel, 0)) for channel in range(5)))
    board.settle()
    assert {report[0] for report in board.heard(0.2)} == {0xE5}
    board.send(wire.mode(19, OUTPUT))
    board.settle()
    assert board.heard(0.2) == []
    assert board.ask(wire.mode(19, ANALOG))[0] == 0xE5


def test_the_wire_stays_usable_while_analog_inputs_fill_it(board: Board) -> None:
    board.send(b"\xf0\x7a" + wire.u14(0) + b"\xf7", *(bytes((0xC0 | channel, 1)) for channel in range(6)))
    board.uno.pass_time(0.1)
    board.send(wire.mode(13, OUTPUT), wire.level(13, True), wire.KEEP_ALIVE, wire.REST)
    reports = board.heard(0.1)
    assert wire.RESTED_AS_ASKED in reports
    assert len(reports) > 100
    told = [sum(report[0] == 0xE0 | channel for report in reports) for channel in range(6)]
    assert min(told) > 0.8 * max(told)  # no channel starves
    assert board.uno.snapshot().overruns == 0


def test_digital_inputs_are_reported_as_they_change(board: Board) -> None:
    board.send(
        wire.mode(2, INPUT), wire.mode(4, PULLUP), wire.mode(5, OUTPUT), wire.mode(8, INPUT), wire.mode(19, INPUT)
    )
    assert board.ask(b"\xd0\x01") == wire.port(0, 0x10)  # the pull-up
    assert board.ask(b"\xd1\x01") == wire.port(1, 0)
    assert board.ask(b"\xd2\x01") == wire.port(2, 0)
    board.uno.drive(2, True)
    assert board.next() == wire.port(0, 0x14)
    board.uno.drive(4, False)
    assert board.next() == wire.port(0, 0x04)
    board.send(wire.level(5, True), wire.KEEP_ALIVE)  # an output is not reported, and does not disturb an input
    assert board.heard(0.1) == []
    board.uno.drive(8, True)
    assert board.next() == wire.port(1, 0x01)
    board.uno.drive(19, True)
    assert board.next() == wire.port(2, 0x08)
    board.send(b"\xd0\x00")
    board.settle()
    board.uno.drive(2, False)
    assert board.heard(0.1) == []


def test_what_is_not_for_it_is_passed_over(board: Board) -> None:
    board.send(
        wire.text("hello"), b"\xf0\x33\x01\xf7", b"\xf0\xf7", b"\xf0\x0a\xf7", b"\xf0\x0a\x55\xf7", b"\xf8\x01\x02"
    )
    assert board.heard(0.05) == []
    assert board.ask(b"\xf0\x78\x00\x00\xf7") == wire.text("I2C: not in this firmware")
    assert board.ask(b"\xf0\x76\x10\x00\x01\x00\xf7") == wire.text("I2C: not in this firmware")


def test_system_reset_puts_everything_back(board: Board) -> None:
    board.send(wire.mode(5, PWM), wire.analog(5, 99), wire.mode(7, OUTPUT), wire.level(7, True), wire.KEEP_ALIVE)
    board.send(wire.mode(12, SERVO), wire.analog(12, 90), wire.mode(4, PULLUP))
    board.send(b"\xc0\x01\xd0\x01", wire.ultrasonic(8, 9, 30), wire.encoders(20), wire.RESET)
    board.heard(0.1)
    assert board.heard(0.2) == []
    seen = board.uno.snapshot()
    assert seen.on() == ()
    assert not any(seen.output[2:])
    assert [board.ask(wire.state_query(pin))[3] for pin in (4, 5, 7, 12, 14)] == [INPUT] * 4 + [ANALOG]


def test_rest_is_confirmed_once_everything_is_at_rest(board: Board) -> None:
    board.send(wire.mode(5, PWM), wire.analog(5, 99), wire.mode(7, OUTPUT), wire.level(7, True), wire.KEEP_ALIVE)
    board.send(wire.mode(12, SERVO), wire.analog(12, 90), wire.mode(4, PULLUP))
    board.settle()
    assert board.ask(wire.REST) == wire.RESTED_AS_ASKED
    seen = board.uno.snapshot()
    assert seen.on() == ()
    assert seen.level[4] == 1
    assert board.uno.pass_time(0.1).toggles[12] == seen.toggles[12]
    board.send(wire.analog(5, 20), wire.level(7, True), wire.KEEP_ALIVE)  # modes are kept: it drives on at once
    board.settle()
    assert board.uno.snapshot().on() == (5, 7)


def test_fifty_queued_writes_are_done_in_order(board: Board) -> None:
    board.send(wire.mode(5, PWM), wire.KEEP_ALIVE)
    board.send(*(wire.analog(5, duty) + wire.state_query(5) for duty in range(1, 51)))
    assert [wire.number(board.next()[4:-1]) for _ in range(50)] == list(range(1, 51))


def test_port_writes_keep_up_with_the_wire_and_none_is_lost(board: Board) -> None:
    pins = range(8, 14)
    board.send(*(wire.mode(pin, OUTPUT) for pin in pins), wire.KEEP_ALIVE)
    board.settle()
    before = board.uno.snapshot()
    count = 1000
    gray = [(i ^ i >> 1) & 0x3F for i in range(1, count + 1)]  # one pin changes at a time, each time
    board.send(*(wire.port(1, levels) for levels in gray))
    board.settle()
    after = board.uno.snapshot()
    changes = [0, *gray]
    for bit, pin in enumerate(pins):
        expected = sum((a ^ b) >> bit & 1 for a, b in zip(changes, gray, strict=False))
        assert after.toggles[pin] - before.toggles[pin] == expected
    assert after.overruns == 0
    wire_seconds = 3 * count * 10 / 57143  # what the chip makes of 57600 baud
    took = after.last_change(pins) - min(after.changed_s[pin] for pin in pins)
    assert after.rx_s - before.rx_s == pytest.approx(wire_seconds, rel=0.02)
    assert took < wire_seconds


def test_the_chip_sleeps_when_there_is_nothing_to_do(board: Board) -> None:
    before = board.uno.snapshot()
    after = board.uno.pass_time(0.5)
    assert (after.asleep_s - before.asleep_s) / (after.sim_s - before.sim_s) > 0.9
