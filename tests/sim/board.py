"""A simulated board on a clock that tests turn by hand."""

from __future__ import annotations

from devices.sim.arena import Arena
from devices.sim.firmata import Board
from devices.sim.plant import Plant, Wiring
from devices.wire import firmata as wire

FORWARD = (
    b"".join(wire.pin_mode(pin, wire.PinMode.PWM) for pin in (5, 6))
    + b"".join(wire.pin_mode(pin, wire.PinMode.OUTPUT) for pin in (7, 8, 4, 9))
    + wire.digital_pin(7, True)
    + wire.digital_pin(4, True)
    + wire.analog(5, 128)
    + wire.analog(6, 128)
)
HALF = 128 / 255


class Bench:
    """One board, the robot around it, and the time."""

    def __init__(self, firmware: str, *, wiring: Wiring | None = None, board_id: bytes = b"") -> None:
        self.arena = Arena()
        self.arena.place("robot", 100, 125, 0)
        self.board = Board(firmware, Plant(self.arena, "robot", wiring), board_id=board_id)
        self.now = 1000.0
        self._parser = wire.Parser()

    def open(self) -> list[wire.Message]:
        """Open the port and wait for the greeting."""
        self.board.reset(self.now)
        return self.run(2.2 if self.board.firmware == "standard-firmata" else 0.1)

    def run(self, seconds: float, step: float = 0.01) -> list[wire.Message]:
        """Let time pass; returns what was said."""
        return self._parser.feed(self.listen(seconds, step))

    def listen(self, seconds: float, step: float = 0.01) -> bytes:
        """The same, as bytes."""
        said = b""
        for _piece in range(round(seconds / step)):
            self.now += step
            self.arena.step(step)
            said += self.board.advance(self.now)
        return said

    def ask(self, data: bytes, seconds: float = 0.1) -> list[wire.Message]:
        """Send bytes and return what is said in the time after."""
        self.board.receive(data, self.now)
        return self.run(seconds)

    @property
    def level(self) -> dict[int, float]:
        """What the pins give out that are not low."""
        return {pin: level for pin, level in enumerate(self.board.chip.levels()) if level}
