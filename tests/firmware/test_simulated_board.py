"""The simulated Uno itself: its port behaves as that of a real one."""

from __future__ import annotations

from pathlib import Path

import pytest
import serial

from devices.firmware import hex_path
from tests.firmware import wire
from tests.firmware.wire import OUTPUT, Board
from tests.real.arduino import Uno

pytestmark = pytest.mark.real


def test_the_first_to_open_the_port_resets_the_board(uno: Uno) -> None:
    with Board(uno) as board:
        assert uno.snapshot().resets == 2
        with serial.Serial(uno.path):
            assert uno.snapshot().open == 2
        assert uno.snapshot().resets == 2
        assert board.ask(wire.VERSION_QUERY) == wire.VERSION
    assert uno.snapshot().open == 0
    with Board(uno):
        assert uno.snapshot().resets == 3


def test_what_was_written_before_closing_still_reaches_the_board(uno: Uno) -> None:
    with Board(uno) as board:
        board.send(wire.mode(13, OUTPUT), wire.level(13, True))
        before = uno.snapshot().rx
    assert before == 0
    assert uno.pass_time(0.1).level[13] == 1


def test_it_is_lost_when_unplugged_and_found_at_the_same_path_when_plugged_in(tmp_path: Path) -> None:
    link = tmp_path / "ttyRobot"
    with Uno(hex_path(), link=link, stepped=True) as uno:
        assert uno.path == str(link)
        with Board(uno) as board:
            uno.unplug()
            uno.snapshot()
            assert not link.exists()
            with pytest.raises(serial.SerialException):
                board.port.read(1)
        uno.plug_in()
        with Board(uno) as board:
            assert board.ask(wire.IDENTIFY) == wire.IDENTITY


def test_bytes_take_their_time_on_the_line(board: Board) -> None:
    begun = board.uno.snapshot().sim_s
    board.send(wire.VERSION_QUERY * 10)
    board.uno.pass_time(0.1)
    assert board.uno.snapshot().rx_s - begun == pytest.approx(10 * 10 / 57143, rel=0.01)


def test_it_outlives_a_hundred_openings(uno: Uno) -> None:
    for _ in range(100):
        with Board(uno):
            pass
    assert uno.snapshot().resets == 101
