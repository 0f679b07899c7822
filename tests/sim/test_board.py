"""The emulated board at the wire, on a virtual clock: what both firmwares answer, and what becomes of the pins."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import UnknownName
from devices.sim.arena import Arena
from devices.sim.firmata import Board
from devices.sim.plant import Motor, Plant, Wiring
from devices.wire import firmata as wire
from devices.wire.firmata import PinMode
from tests.sim.board import FORWARD, HALF, Bench

BOTH = ("labctl-robot", "standard-firmata")
NAMES = {"labctl-robot": ("labctl-robot", 1, 0), "standard-firmata": ("StandardFirmata.ino", 2, 5)}


@pytest.fixture(params=BOTH)
def bench(request) -> Bench:
    bench = Bench(request.param)
    bench.open()
    return bench


@pytest.fixture
def robot() -> Bench:
    bench = Bench("labctl-robot")
    bench.open()
    return bench


@pytest.fixture
def standard() -> Bench:
    bench = Bench("standard-firmata")
    bench.open()
    return bench


# -- boot --


@pytest.mark.parametrize("firmware", BOTH)
def test_it_greets_when_it_has_booted(firmware):
    assert Bench(firmware).open() == [wire.Version(2, 5), wire.Firmware(*NAMES[firmware])]


def test_standard_firmata_blinks_for_two_seconds_before_it_says_anything():
    bench = Bench("standard-firmata")
    bench.board.reset(bench.now)
    assert bench.run(2.12) == []
    lit = [change.at for change in bench.board.changes if change.pins.get(13)]
    assert len(lit) == 7  # protocol 2.5: twice, then five times
    assert bench.run(0.02)


def test_what_is_sent_during_boot_is_answered_after_it_as_far_as_the_ring_holds_it():
    bench = Bench("standard-firmata")
    bench.board.reset(bench.now)
    bench.board.receive(wire.ask_version() * 100, bench.now)
    said = bench.run(2.5)
    assert said.count(wire.Version(2, 5)) == 1 + 63
    assert bench.board.uart.lost == 37


def test_opening_again_resets_the_board(bench):
    bench.ask(FORWARD)
    assert bench.arena.wheels("robot") == pytest.approx((HALF, HALF))
    bench.board.reset(bench.now)
    assert bench.arena.wheels("robot") == (0, 0)
    assert bench.level == {}


def test_an_unknown_firmware_is_named():
    with pytest.raises(UnknownName, match="marlin") as raised:
        Board("marlin", Plant(Arena(), "a"))
    assert "labctl-robot" in raised.value.hint


# -- questions --


def test_version_and_firmware(bench):
    assert bench.ask(wire.ask_version()) == [wire.Version(2, 5)]
    assert bench.ask(wire.ask_firmware()) == [wire.Firmware(*NAMES[bench.board.firmware])]


def test_analog_mapping(bench):
    assert bench.ask(wire.ask_analog_mapping()) == [wire.AnalogMapping((None,) * 14 + tuple(range(6)))]


def test_capabilities_are_those_of_an_uno(bench):
    [answer] = bench.ask(wire.ask_capabilities())
    assert isinstance(answer, wire.Capabilities)
    assert len(answer.pins) == 20
    assert answer.pins[0] == answer.pins[1] == {}
    assert {pin for pin, modes in enumerate(answer.pins) if PinMode.PWM in modes} == {3, 5, 6, 9, 10, 11}
    assert {pin for pin, modes in enumerate(answer.pins) if PinMode.ANALOG in modes} == set(range(14, 20))
    has_i2c = {pin for pin, modes in enumerate(answer.pins) if PinMode.I2C in modes}
    assert has_i2c == ({18, 19} if bench.board.firmware == "standard-firmata" else set())


def test_pin_state_tells_mode_and_value(bench):
    bench.ask(wire.pin_mode(5, PinMode.PWM) + wire.analog(5, 200))
    assert bench.ask(wire.ask_pin_state(5)) == [wire.PinState(5, PinMode.PWM, 200)]
    bench.ask(wire.pin_mode(2, PinMode.PULLUP))
    assert bench.ask(wire.ask_pin_state(2)) == [wire.PinState(2, PinMode.PULLUP, 1)]


def test_pin_state_of_a_pin_that_is_not_there_is_an_empty_answer(bench):
    bench.board.receive(wire.ask_pin_state(99), bench.now)
    assert bench.listen(0.1) == bytes((0xF0, 0x6E, 99, 0xF7))


# -- the wire's pace --


def test_nothing_is_faster_than_the_baud_rate(bench):
    bench.board.receive(wire.ask_version(), bench.now)
    byte = 10 / 57600
    assert bench.board.advance(bench.now + 1.9 * byte) == b""
    assert bench.board.advance(bench.now + 2.1 * byte) == b"\xf9"
    assert bench.board.advance(bench.now + 4.1 * byte) == b"\x02\x05"


def test_a_flood_passes_at_the_rate_of_the_wire_and_in_order(bench):
    bench.ask(wire.pin_mode(13, PinMode.OUTPUT))
    bench.board.changes.clear()
    flood = (wire.digital_port(1, 0) + wire.digital_port(1, 0x20)) * 100
    bench.board.receive(flood, bench.now)
    bench.run(0.5, step=0.1)
    times = [change.at for change in bench.board.changes]
    assert len(times) == 199  # the first of 200 changes nothing
    assert times == sorted(times)
    assert times[-1] - times[0] == pytest.approx((len(times) - 1) * 3 * 10 / 57600, rel=0.01)


def test_standard_firmata_loses_what_comes_while_a_long_answer_keeps_it_busy(standard):
    standard.board.receive(wire.ask_capabilities() + wire.ask_version() * 300, standard.now)
    said = standard.run(0.3)
    assert standard.board.uart.lost > 0
    assert 63 <= said.count(wire.Version(2, 5)) < 300


def test_the_labs_firmware_loses_nothing_in_the_same_place(robot):
    said = robot.ask(wire.ask_capabilities() + wire.ask_version() * 30, seconds=0.3)
    assert robot.board.uart.lost == 0
    assert said.count(wire.Version(2, 5)) == 30


# -- outputs --


def test_driving_turns_the_wheels_and_moves_the_robot(bench):
    bench.ask(FORWARD, seconds=0.4)
    assert bench.board.wheels == pytest.approx((HALF, HALF))
    assert bench.level == pytest.approx({4: 1, 7: 1, 5: HALF, 6: HALF})
    assert bench.arena.pose("robot").y < 120


def test_backwards_and_both_ways_at_once(bench):
    bench.ask(FORWARD)
    bench.ask(wire.digital_pin(7, False) + wire.digital_pin(8, True))
    assert bench.board.wheels == pytest.approx((-HALF, HALF))
    bench.ask(wire.digital_pin(7, True))
    assert bench.board.wheels == pytest.approx((0, HALF))


def test_a_port_message_changes_its_pins_together(bench):
    bench.ask(FORWARD)
    bench.board.changes.clear()
    bench.ask(wire.digital_port(0, 0))
    [change] = bench.board.changes
    assert change.pins == {4: 0, 7: 0}
    assert change.wheels == (0, 0)


def test_pwm_goes_only_where_the_pin_has_it(bench):
    bench.ask(wire.pin_mode(7, PinMode.PWM) + wire.analog(7, 255))
    assert bench.level == {}


def test_a_robot_wired_with_one_direction_pin_and_standby():
    bench = Bench("labctl-robot", wiring=Wiring(left=Motor(6, 8), right=Motor(5, 7), standby=3))
    bench.open()
    pins = b"".join(wire.pin_mode(pin, PinMode.OUTPUT) for pin in (3, 7, 8))
    pwm = b"".join(wire.pin_mode(pin, PinMode.PWM) + wire.analog(pin, 255) for pin in (5, 6))
    bench.ask(pins + pwm + wire.digital_pin(8, True))
    assert bench.board.wheels == (0, 0)
    bench.ask(wire.digital_pin(3, True))
    assert bench.board.wheels == (1, -1)


def test_standard_firmata_keeps_driving_when_nobody_speaks(standard):
    standard.ask(FORWARD)
    standard.run(30, step=0.1)
    assert standard.board.wheels == pytest.approx((HALF, HALF))
    assert standard.board.next_event() == math.inf


def test_system_reset_brings_everything_to_rest(bench):
    bench.ask(FORWARD)
    bench.ask(wire.system_reset())
    assert bench.board.wheels == (0, 0)


def test_a_servo_is_told_degrees_or_microseconds(bench):
    bench.ask(wire.pin_mode(10, PinMode.SERVO) + wire.analog(10, 90))
    assert bench.board.chip.servo_us[10] == 1472
    bench.ask(wire.analog(10, 2000))
    assert bench.board.chip.servo_us[10] == 2000
    bench.ask(wire.pin_mode(10, PinMode.OUTPUT))
    assert bench.board.chip.servo_us[10] == 0


# -- inputs --


def test_a_reported_port_tells_its_inputs_at_once_and_when_they_change(bench):
    said = bench.ask(wire.pin_mode(4, PinMode.PULLUP) + wire.report_digital(0, True))
    assert said == [wire.DigitalPort(0, 0b10000)]
    bench.board.chip.inputs[4] = False
    assert bench.run(0.05) == [wire.DigitalPort(0, 0)]
    assert bench.run(0.5) == []


def test_an_encoder_is_seen_as_a_digital_input(standard):
    standard.ask(FORWARD + wire.pin_mode(2, PinMode.INPUT) + wire.report_digital(0, True))
    changes = standard.run(1, step=0.002)
    way, _right = standard.arena.travel("robot")
    assert len(changes) == pytest.approx(2 * way / (math.pi * 6.5 / 20), abs=3)


def test_analog_channels_come_at_the_sampling_interval(bench):
    bench.board.chip.analog[2] = 512
    said = bench.ask(wire.sampling_interval(50) + wire.report_analog(2, True), seconds=1)
    assert set(said) == {wire.AnalogValue(2, 512)}
    assert len(said) == pytest.approx(21, abs=1)
    assert bench.ask(wire.report_analog(2, False), seconds=0.005) == []
    assert bench.run(1) == []


# -- the lab's own family --


def test_standard_firmata_does_not_know_the_labs_family(standard):
    assert standard.ask(wire.lab_identify() + wire.lab_rest() + wire.lab_ultrasonic(12, 11, 100), seconds=1) == []


def test_identity_and_a_board_id_that_outlives_a_reset(robot):
    unnamed = wire.LabIdentity(1, 500, 15, b"")
    assert robot.ask(wire.lab_identify()) == [unnamed]
    assert robot.ask(wire.lab_store_id(b"robot-7\xff")) == [wire.LabIdentity(1, 500, 15, b"robot-7\xff")]
    robot.open()
    assert robot.ask(wire.lab_identify()) == [wire.LabIdentity(1, 500, 15, b"robot-7\xff")]


def test_rest_puts_every_output_to_rest_and_says_so(robot):
    robot.ask(FORWARD)
    assert robot.ask(wire.lab_rest()) == [wire.Rested(wire.RestCause.ASKED)]
    assert robot.level == {}
    assert robot.board.wheels == (0, 0)


def test_the_dead_man_acts_half_a_second_after_the_last_keep_alive(robot):
    robot.ask(FORWARD)
    for _beat in range(20):
        assert robot.ask(wire.lab_keep_alive()) == []
    heard = robot.now - 0.1
    assert robot.run(0.6) == [wire.Rested(wire.RestCause.SILENCE)]
    assert robot.level == {}
    assert 0.5 < robot.board.changes[-1].at - heard < 0.51


def test_the_dead_man_counts_from_when_an_output_came_on(robot):
    robot.run(10)
    robot.ask(FORWARD, seconds=0.4)
    assert robot.board.wheels == pytest.approx((HALF, HALF))
    robot.run(0.2)
    assert robot.board.wheels == (0, 0)


def test_other_commands_do_not_keep_the_dead_man_quiet(robot):
    robot.ask(FORWARD)
    for _drive in range(20):
        robot.ask(wire.analog(5, 128), seconds=0.05)
    assert any(change.wheels == (0, 0) for change in list(robot.board.changes)[4:])


def test_a_single_led_wakes_the_dead_man_too(robot):
    robot.ask(wire.pin_mode(13, PinMode.OUTPUT) + wire.digital_pin(13, True))
    assert robot.level == {13: 1}
    assert robot.run(0.6) == [wire.Rested(wire.RestCause.SILENCE)]
    assert robot.level == {}


def test_the_dead_man_acts_while_a_stream_of_bytes_keeps_the_board_busy(robot):
    robot.ask(FORWARD)
    robot.board.receive(wire.ask_capabilities() * 100, robot.now)
    robot.run(0.6)
    assert robot.board.wheels == (0, 0)


def test_ultrasonic_tells_the_echo_at_its_interval(robot):
    said = robot.ask(wire.lab_ultrasonic(12, 11, 100), seconds=1.05)
    assert len(said) == 11
    assert set(said) == {wire.Echo(round(116 * 58.3))}
    assert robot.ask(wire.lab_ultrasonic(12, 11, 0), seconds=0.5) == []


def test_without_a_sensor_at_these_pins_there_is_no_echo(robot):
    said = robot.ask(wire.lab_ultrasonic(10, 11, 100), seconds=0.55)
    assert set(said) == {wire.Echo(0)}


def test_the_shortest_ultrasonic_interval_is_thirty_milliseconds(robot):
    said = robot.ask(wire.lab_ultrasonic(12, 11, 1), seconds=0.9)
    assert len(said) == pytest.approx(30, abs=1)


def test_encoders_answer_at_once_and_then_when_they_changed(robot):
    assert robot.ask(wire.lab_encoders(100)) == [wire.Encoders(0, 0)]
    assert robot.run(1) == []
    said = [*robot.ask(FORWARD, seconds=0.4), *robot.run(1)]
    counts = [message for message in said if isinstance(message, wire.Encoders)]
    left, right = robot.arena.turns("robot")
    assert counts[-1] == wire.Encoders(round(left), round(right))
    assert [count.left for count in counts] == sorted({count.left for count in counts})
    assert robot.ask(wire.lab_encoders(100)) == [counts[-1]]


def test_a_robot_at_rest_with_encoders_on_has_nothing_to_do(robot):
    robot.ask(wire.lab_encoders(50))
    assert robot.board.next_event() == math.inf


# -- garbage --


def test_the_labs_firmware_gives_up_a_cut_message_when_the_next_begins(robot):
    assert robot.ask(wire.ask_firmware()[:-1] + wire.ask_version()) == [wire.Version(2, 5)]


def test_a_cut_sysex_makes_standard_firmata_swallow_up_to_the_next_end(standard):
    assert standard.ask(b"\xf0\x7d" + wire.ask_version() * 5) == []
    assert standard.ask(wire.ask_firmware()) == []
    assert standard.ask(wire.ask_version()) == [wire.Version(2, 5)]


def test_a_sysex_that_is_too_long_harms_nobody(bench):
    bench.ask(b"\xf0\x7d" + b"\x01" * 500 + b"\xf7", seconds=0.3)
    assert bench.ask(wire.ask_version()) == [wire.Version(2, 5)]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(BOTH), st.lists(st.binary(max_size=40), max_size=8))
def test_no_noise_ever_breaks_a_board(firmware, noise):
    bench = Bench(firmware)
    bench.open()
    for piece in noise:
        bench.board.receive(piece, bench.now)
        bench.listen(0.05)
    bench.board.reset(bench.now)
    assert wire.Version(2, 5) in bench.run(2.3, step=0.1)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BOTH), st.lists(st.floats(0.0001, 0.05), min_size=1, max_size=30))
def test_it_says_the_same_however_often_it_is_looked_at(firmware, steps):
    def said(pieces: list[float]) -> bytes:
        bench = Bench(firmware)
        bench.open()
        bench.board.receive(wire.ask_capabilities() + wire.ask_version() * 20 + FORWARD, bench.now)
        start, out = bench.now, b""
        for at in pieces:
            out += bench.board.advance(start + at)
        return out + bench.board.advance(start + 5)

    times, at = [], 0.0
    for step in steps:
        at += step
        times.append(at)
    assert said(times) == said([])
