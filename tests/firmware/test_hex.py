"""The hex that ships is what its source says."""

from __future__ import annotations

import hashlib
import shutil
import subprocess

import pytest

from devices.firmware import hex_path, metadata
from tests.firmware import wire
from tests.firmware.wire import Board
from tests.real import parts
from tests.real.arduino import Uno, real


def code(text: str) -> bytes:
    """The bytes of an Intel hex."""
    records = [bytes.fromhex(line.removeprefix(":")) for line in text.split()]
    assert all(sum(record) % 256 == 0 for record in records), "a checksum is wrong"
    return b"".join(record[4 : 4 + record[0]] for record in records if record[3] == 0)


def test_what_is_said_of_the_hex_is_so() -> None:
    about = metadata()
    assert about.sha256 == hashlib.sha256(hex_path().read_bytes()).hexdigest()
    assert about.name.encode() + b"\0" in code(hex_path().read_text())
    assert (about.mcu, about.baud) == ("atmega328p", 57600)


def test_it_fits_beside_the_bootloader_of_an_old_nano() -> None:
    assert len(code(hex_path().read_text())) <= 30720


@pytest.mark.real
def test_the_source_builds_the_hex_that_ships() -> None:
    rebuilt = real(parts.lab_firmware)
    if toolchain() == metadata().toolchain:
        assert rebuilt.read_bytes() == hex_path().read_bytes(), "run: make -C devices/firmware/labctl-robot release"
        return
    assert len(code(rebuilt.read_text())) == pytest.approx(len(code(hex_path().read_text())), rel=0.2)
    with Uno(rebuilt) as uno, Board(uno) as board:
        assert board.ask(wire.IDENTIFY) == wire.IDENTITY


def toolchain() -> str:
    gcc = shutil.which("avr-gcc")
    assert gcc
    version = subprocess.run([gcc, "-dumpversion"], capture_output=True, text=True, check=True, timeout=10)
    return f"avr-gcc {version.stdout.strip()}"
