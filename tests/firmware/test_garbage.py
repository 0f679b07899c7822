"""Noise on the line: nothing keeps moving because of it, and the board answers afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.firmware import wire
from tests.firmware.wire import OUTPUT, PWM, Board

pytestmark = pytest.mark.real

LIMIT = 0.6  # seconds of the chip's own time


Garbage = Callable[[random.Random, int], bytes]


def noise(chance: random.Random, count: int) -> bytes:
    """Bytes at random; only the reset is left out, which would put an end to it each 256 bytes."""
    return chance.randbytes(count).replace(wire.RESET, b"\x91")


def babble(chance: random.Random, count: int) -> bytes:
    """Commands at random, many of them cut, run together or far too long; but never a whole KEEP_ALIVE."""
    out = bytearray()
    while len(out) < count:
        kind = chance.randrange(10)
        if kind < 4:
            out += wire.mode(chance.randrange(22), chance.choice([0, 1, 2, 3, 4, 6, 11, 99]))
        elif kind < 6:
            out += bytes((chance.choice([0x90, 0xE0, 0xC0, 0xD0]) | chance.randrange(16), chance.randrange(128)))
            out += chance.randbytes(1)
        elif kind == 6:
            out += wire.level(chance.randrange(22), True)
        elif kind == 7:
            out += b"\xf0" + bytes(chance.randrange(128) for _ in range(chance.choice([0, 1, 3, 5, 70, 300]))) + b"\xf7"
        elif kind == 8:
            body = bytes((chance.choice([0x0A, 0x6F, 0x70, 0x7A]),)) + bytes(
                chance.choice([0, 2, 3, 4, 5, chance.randrange(128)]) for _ in range(chance.randrange(8))
            )
            out += b"\xf0" + body + b"\xf7"
        else:
            del out[-chance.randrange(1, 4) :]
    return bytes(out.replace(wire.KEEP_ALIVE, b""))


@pytest.mark.parametrize("kind", [noise, babble])
def test_garbage_moves_nothing_for_long_and_leaves_the_board_answering(board: Board, kind: Garbage) -> None:
    chance = random.Random(1)
    board.send(*(wire.mode(pin, PWM) for pin in (5, 6)), *(wire.mode(pin, OUTPUT) for pin in (4, 7, 8, 9)))
    board.settle()
    for _ in range(50):
        board.send(kind(chance, 2000))
        board.ignore(0.4)
    seen = board.uno.snapshot()
    assert sum(seen.toggles[2:]) > 20, "this garbage tested nothing"
    assert seen.on_longest_s <= LIMIT
    quiet = board.uno.pass_time(LIMIT)
    assert quiet.on() == ()
    assert board.uno.pass_time(0.1).toggles == quiet.toggles
    assert quiet.resets == 2  # at the start, and as the port was opened
    board.send(wire.RESET)
    board.ignore(0.2)
    assert board.ask(wire.FIRMWARE_QUERY) == wire.FIRMWARE
    board.send(wire.mode(5, PWM), wire.analog(5, 9), wire.KEEP_ALIVE)
    board.settle()
    assert board.uno.snapshot().on() == (5,)


@pytest.mark.parametrize(
    "cut",
    [
        b"\xf0",
        b"\xf0\x6f\x05",
        b"\xf0\x0a",
        b"\xf0" + b"\x01" * 500,
        b"\x90\x10",
        b"\xe5",
        b"\xf4\x07",
        b"\xc0",
        b"\x7f\x00\x12",
        b"\xf7\xf7",
    ],
    ids=lambda cut: cut[:4].hex(),
)
def test_a_message_that_was_cut_is_given_up(board: Board, cut: bytes) -> None:
    board.send(cut, wire.mode(13, OUTPUT), cut, wire.level(13, True), wire.KEEP_ALIVE, cut)
    board.settle()
    assert board.uno.snapshot().on() == (13,)
    assert board.ask(cut, wire.IDENTIFY) == wire.IDENTITY


def test_a_flood_beyond_what_it_can_answer_is_survived(board: Board) -> None:
    """Questions come faster than their answers go, so bytes get lost; but no message is read with a hole in it."""
    board.send(wire.mode(5, PWM), wire.mode(6, PWM))
    set_5, set_6 = b"\xf0\x6f\x05\x10\xf7", b"\xf0\x6f\x06\x20\xf7"
    answers, duties = [], set()
    for _ in range(30):
        board.send((wire.CAPABILITY_QUERY + set_5 + set_6) * 30)
        for _ in range(60):
            answers += board.heard(0.001)
            duties.add(board.uno.snapshot().pwm[5:7])
    answers += board.heard(10)
    capabilities = board.ask(wire.CAPABILITY_QUERY)
    assert 50 < len(answers) < 900, "nothing was lost, so this tested nothing"
    assert set(answers) <= {capabilities, wire.RESTED_IN_SILENCE}
    assert {five for five, _ in duties} <= {-1, 0x10}
    assert {six for _, six in duties} <= {-1, 0x20}
    assert board.ask(wire.IDENTIFY) == wire.IDENTITY
