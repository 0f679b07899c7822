"""The faults of a simulated board, at the wire and on a virtual clock."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from devices.errors import BadValue
from devices.sim import faults
from devices.sim.faults import Fault, Kind, Line
from devices.wire import firmata as wire
from tests.sim.board import FORWARD, HALF, Bench


class Cable(Bench):
    """A bench with a line between the board and the test."""

    def __init__(self, firmware: str = "labctl-robot") -> None:
        super().__init__(firmware)
        self.line = Line(self.board, seed=1)
        self.line.reset(self.now)
        self.hear(0.1)

    def hear(self, seconds: float) -> bytes:
        said = b""
        for _piece in range(round(seconds / 0.01)):
            self.now += 0.01
            self.arena.step(0.01)
            said += self.line.advance(self.now)
        return said

    def tell(self, data: bytes, seconds: float = 0.1) -> bytes:
        self.line.receive(data, self.now)
        return self.hear(seconds)


@pytest.fixture
def cable() -> Cable:
    return Cable()


def begin(cable: Cable, fault: Fault | None) -> None:
    cable.line.set(fault, cable.now)


def test_a_silent_board_says_nothing_hears_nothing_and_comes_to_rest(cable):
    cable.tell(FORWARD)
    begin(cable, faults.SILENT)
    assert cable.tell(wire.ask_version()) == b""
    for _beat in range(10):
        cable.tell(wire.lab_keep_alive())
    assert cable.board.wheels == (0, 0)
    begin(cable, None)
    assert cable.tell(wire.ask_version()) == b"\xf9\x02\x05"


def test_garbage_comes_between_frames_that_stay_whole(cable):
    begin(cable, faults.GARBAGE)
    said = b"".join(cable.tell(wire.ask_version()) for _question in range(50))
    assert len(said) == 50 * (5 + 3)
    assert said.count(b"\xf9\x02\x05") >= 50
    parser = wire.Parser()
    assert parser.feed(said).count(wire.Version(2, 5)) >= 40  # noise may swallow what follows it
    assert parser.noise > 0


def test_every_third_frame_is_cut(cable):
    begin(cable, faults.CUT)
    said = [cable.tell(wire.ask_version()) for _question in range(6)]
    assert said == [b"\xf9\x02\x05", b"\xf9\x02\x05", b"\xf9"] * 2


def test_slow_is_late_both_ways_and_keeps_the_order(cable):
    begin(cable, Fault(Kind.SLOW, seconds=0.2))
    assert cable.tell(wire.ask_version(), seconds=0.39) == b""
    assert cable.tell(wire.ask_firmware(), seconds=0.05) == b"\xf9\x02\x05"
    begin(cable, None)
    said = cable.tell(wire.ask_version())
    assert wire.Parser().feed(said) == [wire.Firmware("labctl-robot", 1, 0), wire.Version(2, 5)]


def test_noise_alone_goes_on_and_on(cable):
    begin(cable, faults.NOISE)
    assert len(cable.hear(1)) > 400
    cable.tell(wire.ask_version())
    assert cable.line.next_event() < math.inf


def test_wrong_firmware_prints_words(cable):
    begin(cable, faults.WRONG_FIRMWARE)
    said = cable.tell(wire.ask_version() + wire.lab_identify(), seconds=2.5)
    assert said == faults.WORDS * 3


def test_blocked_wheels_are_told_to_turn_and_do_not(cable):
    begin(cable, faults.BLOCKED)
    cable.tell(FORWARD, seconds=0.4)
    assert cable.board.wheels == pytest.approx((HALF, HALF))
    assert cable.arena.travel("robot") == (0, 0)


def test_what_the_port_does_is_told(cable):
    begin(cable, faults.STUCK)
    assert not cable.line.reading
    begin(cable, faults.UNPLUGGED)
    assert cable.line.reading
    assert not cable.line.plugged


def test_an_unplugged_robot_rests_by_its_dead_man(cable):
    cable.tell(FORWARD)
    begin(cable, faults.UNPLUGGED)
    cable.hear(0.6)
    assert cable.board.wheels == (0, 0)


def test_the_same_seed_gives_the_same_noise():
    def noise() -> bytes:
        cable = Cable()
        begin(cable, faults.NOISE)
        return cable.hear(1)

    assert noise() == noise()


def test_faults_are_read_by_name_or_as_data():
    assert Fault.read("silent") == faults.SILENT
    assert Fault.read({"kind": "slow", "seconds": 0.1}) == Fault(Kind.SLOW, seconds=0.1)


@pytest.mark.parametrize(
    "data", ["melted", {}, {"kind": "slow", "seconds": -1}, {"kind": "cut", "every": 0}, {"kind": "slow", "speed": 1}]
)
def test_what_is_no_fault_is_refused_with_those_there_are(data):
    with pytest.raises(BadValue) as raised:
        Fault.read(data)
    assert "unplugged" in raised.value.hint


@pytest.mark.parametrize("kind", Kind)
def test_every_fault_is_explained(kind):
    page = Path(__file__).parents[2] / "docs" / "explanation" / "simulation.md"
    assert f"| `{kind}` |" in page.read_text("utf-8")
