"""The hex goes onto a board by its bootloader, as docs/how-to/flash-the-firmware.md says."""

from __future__ import annotations

import subprocess

import pytest

from devices.firmware import hex_path, metadata
from tests.firmware import wire
from tests.firmware.wire import Board
from tests.real import parts
from tests.real.arduino import Uno, real

pytestmark = pytest.mark.real


def test_avrdude_uploads_and_verifies_it() -> None:
    with Uno(None, bootloader=real(parts.optiboot)) as uno:
        words = ["avrdude", "-q", "-p", metadata().mcu, "-c", "arduino", "-P", uno.path, "-b", "115200", "-D"]
        upload = [*words, "-U", f"flash:w:{hex_path()}:i"]
        done = subprocess.run(upload, capture_output=True, text=True, timeout=50, check=False)
        assert done.returncode == 0, done.stderr
        with Board(uno, greeted=False) as board:
            assert board.next(5) == wire.VERSION
            assert board.next() == wire.FIRMWARE
            assert board.ask(wire.IDENTIFY) == wire.IDENTITY
