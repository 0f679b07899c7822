"""The parser: whatever arrives and however it is cut, what was whole is understood and nothing is raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.wire import firmata as wire

u7 = st.integers(0, 0x7F)
channel = st.integers(0, 15)
name = st.text(max_size=20)

MESSAGES = st.one_of(
    st.builds(wire.Version, u7, u7),
    st.builds(wire.Firmware, name, u7, u7),
    st.builds(wire.AnalogValue, channel, st.integers(0, 0x3FFF)),
    st.builds(wire.DigitalPort, channel, st.integers(0, 0x3FFF)),
    st.builds(wire.PinState, u7, u7, st.integers(0, 1 << 21)),
    st.builds(
        wire.Capabilities, st.lists(st.dictionaries(st.integers(0, 0x7E), st.integers(0, 0x7E)), min_size=1).map(tuple)
    ),
    st.builds(wire.AnalogMapping, st.lists(st.none() | st.integers(0, 0x7E), min_size=1).map(tuple)),
    st.builds(wire.Words, name),
    st.builds(wire.LabIdentity, u7, st.integers(0, 0x3FFF), u7, st.binary(max_size=8)),
    st.builds(wire.Rested, u7),
    st.builds(wire.Echo, st.integers(0, (1 << 21) - 1)),
    st.builds(wire.Encoders, st.integers(0, (1 << 28) - 1), st.integers(0, (1 << 28) - 1)),
    st.builds(wire.Sysex, st.integers(0x10, 0x60), st.binary(max_size=20).map(lambda d: bytes(b & 0x7F for b in d))),
)


def encoded(message: wire.Message) -> bytes:
    """What a board sends to say so."""
    match message:
        case wire.Version():
            return wire.encode_version(message)
        case wire.Firmware():
            return wire.encode_firmware(message)
        case wire.AnalogValue():
            return wire.analog(message.channel, message.value)
        case wire.DigitalPort():
            return wire.digital_port(message.port, message.mask)
        case wire.PinState():
            return wire.encode_pin_state(message)
        case wire.Capabilities():
            return wire.encode_capabilities(message)
        case wire.AnalogMapping():
            return wire.encode_analog_mapping(message)
        case wire.Words():
            return wire.string(message.text)
        case wire.LabIdentity():
            return wire.encode_lab_identity(message)
        case wire.Rested():
            return wire.encode_rested(message)
        case wire.Echo():
            return wire.encode_echo(message)
        case wire.Encoders():
            return wire.encode_encoders(message)
        case wire.Sysex():
            return wire.sysex(message.command, message.data)


@given(st.lists(MESSAGES, max_size=8), st.lists(st.integers(1, 7), min_size=1))
def test_any_split_gives_the_same_messages(messages: list[wire.Message], sizes: list[int]) -> None:
    data = b"".join(map(encoded, messages))
    parser, heard = wire.Parser(), []
    while data:
        size = sizes[len(data) % len(sizes)]
        heard += parser.feed(data[:size])
        data = data[size:]
    assert heard == messages
    assert parser.noise == 0
    assert parser.frames == len(messages)


@given(st.binary(max_size=400), st.lists(st.binary(max_size=30), max_size=5))
def test_garbage_never_raises_and_every_byte_is_accounted_for(data: bytes, more: list[bytes]) -> None:
    parser = wire.Parser()
    for piece in (data, *more):
        parser.feed(piece)
    assert 0 <= parser.noise <= len(data) + sum(map(len, more))


@given(MESSAGES, st.integers(1, 40), MESSAGES)
def test_a_cut_message_does_not_block_the_next(cut: wire.Message, at: int, whole: wire.Message) -> None:
    head = encoded(cut)
    head = head[: min(at, len(head) - 1)]
    parser = wire.Parser()
    assert parser.feed(head) == []
    assert parser.feed(encoded(whole)) == [whole]
    assert parser.noise == len(head)


@given(st.binary(max_size=60).map(lambda data: bytes(byte & 0x7F for byte in data)), MESSAGES)
def test_stray_data_bytes_are_noise_and_nothing_more(stray: bytes, whole: wire.Message) -> None:
    parser = wire.Parser()
    assert parser.feed(stray + encoded(whole)) == [whole]
    assert parser.noise == len(stray)


def test_an_endless_sysex_is_given_up() -> None:
    parser = wire.Parser()
    parser.feed(bytes((wire.START_SYSEX, 0x71)) + bytes(3 * wire.SYSEX_MAX))
    assert parser.noise >= wire.SYSEX_MAX
    assert parser.feed(wire.encode_rested(wire.Rested(1))) == [wire.Rested(1)]


@given(st.integers(0, (1 << 28) - 1))
def test_numbers_of_seven_bits_a_byte_come_back(value: int) -> None:
    assert wire.number(wire.u7s(value, 4)) == value


@given(st.binary())
def test_bytes_in_pairs_come_back(data: bytes) -> None:
    assert wire.unpairs(wire.pairs(data)) == data


@pytest.mark.parametrize(
    ("encode", "expected"),
    [
        (wire.ask_version(), "f9"),
        (wire.ask_firmware(), "f0 79 f7"),
        (wire.ask_pin_state(9), "f0 6d 09 f7"),
        (wire.pin_mode(5, wire.PinMode.PWM), "f4 05 03"),
        (wire.digital_pin(13, True), "f5 0d 01"),
        (wire.digital_port(0, 0b10010000), "90 10 01"),
        (wire.digital_port(1, 0b00000011), "91 03 00"),
        (wire.analog(5, 255), "e5 7f 01"),
        (wire.analog(20, 300), "f0 6f 14 2c 02 f7"),
        (wire.report_analog(2, True), "c2 01"),
        (wire.report_digital(1, False), "d1 00"),
        (wire.sampling_interval(100), "f0 7a 64 00 f7"),
        (wire.servo_config(10, 544, 2400), "f0 70 0a 20 04 60 12 f7"),
        (wire.lab_identify(), "f0 0a 00 f7"),
        (wire.lab_keep_alive(), "f0 0a 01 f7"),
        (wire.lab_rest(), "f0 0a 02 f7"),
        (wire.lab_ultrasonic(12, 11, 100), "f0 0a 03 0c 0b 64 00 f7"),
        (wire.lab_encoders(100), "f0 0a 04 64 00 f7"),
        (wire.lab_store_id(b"\xc5a"), "f0 0a 05 02 45 01 61 00 f7"),
    ],
)
def test_the_bytes_on_the_wire(encode: bytes, expected: str) -> None:
    assert encode == bytes.fromhex(expected)


@pytest.mark.parametrize(
    "encode",
    [
        lambda: wire.report_analog(16, True),
        lambda: wire.digital_port(16, 0),
        lambda: wire.pin_mode(128, 0),
        lambda: wire.sampling_interval(1 << 14),
        lambda: wire.lab_store_id(bytes(9)),
        lambda: wire.sysex(0x71, b"\x80"),
        lambda: wire.sysex(0x80),
    ],
)
def test_what_does_not_fit_is_refused(encode) -> None:
    with pytest.raises(ValueError):
        encode()
