"""The emulated board replays what real firmware did on a simulated chip; every difference is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from devices.sim.firmata import FIRMWARES, Board
from devices.sim.plant import Plant
from tests.real import traces
from tests.real.traces import Step
from tests.sim.board import Bench

EDGE = 0.0002  # seconds that the recorder takes for each edge


class Around:
    """What a trace sets around the board, in place of a robot."""

    at_rest = False  # edges come whenever a step says so

    def __init__(self) -> None:
        self.echo = (0, 0, 0)
        self.counted: dict[int, int] = {}

    def sense(self, _pin: int) -> bool | None:
        return None  # levels are set on the board itself

    def edges(self, pin: int) -> int:
        return self.counted.get(pin, 0)

    def echo_us(self, trigger: int, echo: int) -> int:
        return self.echo[2] if (trigger, echo) == self.echo[:2] else 0


class Replayed:
    """A board that does the steps of a trace."""

    def __init__(self, firmware: str) -> None:
        self.now = 50.0
        self.around = Around()
        bench = Bench(firmware)
        self.board = Board(firmware, Plant(bench.arena, "robot"))
        self.board.chip.world = self.around
        self.board.reset(self.now)
        self.tail = b""

    def play(self, asked: Step) -> Step:
        spent = self._set(asked.world)
        data = bytes.fromhex(asked.to)
        self.board.receive(data, self.now)
        self.now += asked.seconds - spent
        *heard, last = traces.messages(self.tail + self.board.advance(self.now)) or [b""]
        # A message that begins by itself may be under way when a step ends: when is no part of a trace.
        self.tail = last if len(last) < 3 or (last[0] == 0xF0 and last[-1] != 0xF7) else b""
        answers, repeats = traces.sorted_out([*heard, *([] if self.tail or not last else [last])])
        chip = self.board.chip
        servos = {str(pin): us for pin, us in enumerate(chip.servo_us) if us}
        pins = {str(pin): round(level, 3) for pin, level in enumerate(chip.levels()) if level}
        return replace(asked, answers=answers, repeats=() if asked.settling else repeats, pins=pins, servos=servos)

    @property
    def timed_inputs(self) -> set[int]:
        """Pins that a timer would drive if they were no inputs: the recorder shows them as if they were driven."""
        chip = self.board.chip
        return {pin for pin, duty in enumerate(chip._pwm) if duty is not None and not chip._driven[pin]}

    def _set(self, world: dict[str, Any]) -> float:
        chip, spent = self.board.chip, 0.0
        for pin, level in world.get("levels", {}).items():
            chip.inputs[int(pin)] = bool(level)
        for channel, value in world.get("analog", {}).items():
            chip.analog[int(channel)] = value
        if "echo" in world:
            self.around.echo = tuple(world["echo"])
        for pin, count in world.get("edges", {}).items():
            for _edge in range(count):
                self.around.counted[int(pin)] = self.around.edges(int(pin)) + 1
                self.now += EDGE
                spent += EDGE
            chip.inputs[int(pin)] = True
        return spent


def steps(firmware: str) -> Iterator[Step]:
    replayed = Replayed(firmware)
    for expected in traces.read(firmware):
        actual = replayed.play(expected)
        given = {pin: level for pin, level in expected.pins.items() if int(pin) not in replayed.timed_inputs}
        wrong = traces.difference(replace(expected, pins=given), actual)
        if wrong:
            yield replace(expected, name=f"{expected.name}: {wrong}")


@pytest.mark.parametrize("firmware", FIRMWARES)
def test_it_does_what_the_real_firmware_did(firmware):
    assert [step.name for step in steps(firmware)] == []


def test_every_trace_is_replayed():
    assert {path.stem for path in traces.FOLDER.glob("*.jsonl")} == set(FIRMWARES)
