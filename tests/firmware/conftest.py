"""A simulated Uno with the lab's firmware, as it ships."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devices.firmware import hex_path
from tests.firmware.wire import Board
from tests.real.arduino import Uno


@pytest.fixture
def uno() -> Iterator[Uno]:
    with Uno(hex_path(), stepped=True) as uno:
        yield uno


@pytest.fixture
def board(uno: Uno) -> Iterator[Board]:
    with Board(uno) as board:
        yield board
