"""Whatever becomes of the controller, the wheels of a robot with the lab's firmware are at rest 600 ms later.

Real firmware on a simulated ATmega328P; the times are the chip's own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real import parts
from tests.real.arduino import Snapshot, Uno, real

MOTORS = (4, 5, 6, 7, 8, 9)
ENABLES = (5, 6)
AT_REST = 0.6  # seconds of the chip's time after its last keep-alive

pytestmark = [pytest.mark.real, pytest.mark.timeout(90)]


@pytest.fixture
def uno(tmp_path: Path) -> Iterator[Uno]:
    with Uno(real(parts.lab_firmware), link=tmp_path / "port") as uno:
        (tmp_path / "lab.toml").write_text(
            f'[devices.robot-1]\nchassis = "two-motor"\naddress = "serial:{uno.path}"\n', "utf-8"
        )
        yield uno


class Controller:
    """The process under test."""

    def __init__(self, folder: Path, *words: str) -> None:
        command = [sys.executable, "-m", "tests.whole.controller", str(folder), *words]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def says(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word

    def tell(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.kill()
        self.process.wait(5)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def resting(seen: Snapshot) -> bool:
    return not seen.on(MOTORS)


def came_to_rest_in_time(uno: Uno) -> None:
    assert uno.snapshot().on(ENABLES), "the wheels should still turn: this test would prove nothing"
    seen = uno.wait(resting, AT_REST + 0.4)
    assert seen.last_change(MOTORS) - seen.keep_alive_s <= AT_REST
    later = uno.pass_time(1.0)
    assert resting(later)
    assert later.last_change(MOTORS) == seen.last_change(MOTORS)


def test_the_controller_is_killed(uno: Uno, tmp_path: Path) -> None:
    controller = Controller(tmp_path)
    try:
        controller.says("driving")
        controller.process.kill()
        came_to_rest_in_time(uno)
    finally:
        controller.end()


def test_the_hub_hangs_for_five_seconds(uno: Uno, tmp_path: Path) -> None:
    controller = Controller(tmp_path, "block")
    try:
        controller.says("driving")
        controller.tell()
        controller.says("blocked")
        came_to_rest_in_time(uno)
    finally:
        controller.end()


def test_the_cable_is_pulled(uno: Uno, tmp_path: Path) -> None:
    controller = Controller(tmp_path)
    try:
        controller.says("driving")
        uno.unplug()
        came_to_rest_in_time(uno)
    finally:
        controller.end()
