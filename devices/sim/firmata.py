"""An Arduino Uno with Firmata at the wire: bytes in, bytes out, on a clock that is handed in."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from devices.errors import UnknownName
from devices.sim.labrobot import LabRobot
from devices.sim.plant import Plant
from devices.sim.standard import BLINK_PIN, StandardFirmata, blink
from devices.sim.uart import TOGETHER, Uart
from devices.sim.uno import PINS, Uno
from devices.text import _
from devices.wire.firmata import BAUD

REMEMBERED: Final = 4096  # changes of the pins


class Sketch(Protocol):
    """The program of a board. All times are the board's."""

    @property
    def watches_pins(self) -> bool:
        """Whether :meth:`poll` may have something to tell."""
        ...

    def boot(self, at: float) -> None:
        """The chip came out of reset."""
        ...

    def setup(self) -> None:
        """Boot is over."""
        ...

    def read(self, byte: int) -> None:
        """A byte came."""
        ...

    def next_timer(self) -> float:
        """When :meth:`on_timer` is due."""
        ...

    def on_timer(self) -> None:
        """Send what is due."""
        ...

    def next_interrupt(self) -> float:
        """When :meth:`on_interrupt` is due, however busy the sketch is."""
        ...

    def on_interrupt(self) -> None:
        """Do what cannot wait."""
        ...

    def poll(self) -> None:
        """Look at the inputs."""
        ...


@dataclass(frozen=True)
class Firmware:
    """A firmware that a board can run, and how long it boots: ``blinks`` are the steps of its LED meanwhile."""

    sketch: Callable[[Uno], Sketch]
    boot_seconds: float
    blinks: tuple[tuple[float, bool], ...] = ()


FIRMWARES: Final[Mapping[str, Firmware]] = {
    "labctl-robot": Firmware(LabRobot, 0.0),
    "standard-firmata": Firmware(StandardFirmata, blink()[-1][0], blink()[:-1]),
}


@dataclass(frozen=True)
class Change:
    """Outputs changed at a time: ``pins`` maps each pin that did to its level now, ``wheels`` is what follows."""

    at: float
    wheels: tuple[float, float]
    pins: Mapping[int, float]


class Board:
    """One board and the robot around it.

    Times are seconds on the caller's clock and never go back. Nothing happens between the calls: what should have
    happened meanwhile happens in the next :meth:`advance`, each thing at its own time.
    """

    def __init__(
        self, firmware: str, plant: Plant, *, board_id: bytes = b"", boot_seconds: float | None = None
    ) -> None:
        if firmware not in FIRMWARES:
            known = ", ".join(FIRMWARES)
            raise UnknownName(
                _("There is no simulated firmware %(name)s", name=firmware),
                hint=_("Simulated boards run one of: %(known)s.", known=known),
            )
        self.firmware = firmware
        self.plant = plant
        self.uart = Uart(BAUD)
        self.chip = Uno(self.uart, plant)
        self.chip.stored_id = board_id
        self.changes: deque[Change] = deque(maxlen=REMEMBERED)
        kind = FIRMWARES[firmware]
        self._boot_seconds = kind.boot_seconds if boot_seconds is None else boot_seconds
        self._script: deque[tuple[float, Callable[[], None]]] = deque()
        self._levels = (0.0,) * PINS
        self._sketch = kind.sketch(self.chip)

    def reset(self, now: float) -> None:
        """Pull the reset line, as opening the port of an Uno does: outputs low, and the sketch boots."""
        kind = FIRMWARES[self.firmware]
        self.chip.reset(now)
        self._sketch = kind.sketch(self.chip)
        self._sketch.boot(now)
        pace = self._boot_seconds / kind.boot_seconds if kind.boot_seconds else 0.0
        self._script.clear()
        for at, lit in kind.blinks:
            self._script.append((now + at * pace, lambda lit=lit: self._light(lit)))
        self.chip.now = now + self._boot_seconds
        self._script.append((self.chip.now, self._setup))
        self._settle(now)

    def receive(self, data: bytes, now: float) -> None:
        """Bytes from the computer begin to come in; they take their time on the line."""
        self.advance_to(now)
        self.uart.arrive(data, now)

    def advance(self, now: float) -> bytes:
        """Let the board's time run until now; returns what has left it by then."""
        self.advance_to(now)
        return self.uart.due(now)

    def advance_to(self, now: float) -> None:
        """Let the board's time run until now, and keep what it says for the next :meth:`advance`."""
        while True:
            at, event = self._next()
            if at > now:
                break
            event()
            self._settle(at)
        if self._sketch.watches_pins:
            self.chip.now = max(self.chip.now, now)
            self._sketch.poll()
        self.uart.settle(now)

    def next_event(self) -> float:
        """When :meth:`advance` next has something to do; infinity where only new bytes bring something about."""
        arrival = self.uart.next_arrival()
        due = self.uart.next_due()
        return min(
            self._next_alone(),
            math.inf if arrival is None else max(arrival, self.chip.now),
            math.inf if due is None else due,
        )

    @property
    def watches_pins(self) -> bool:
        """Whether the sketch reports digital inputs, so that it is worth a look when the robot has moved."""
        return self._sketch.watches_pins

    @property
    def wheels(self) -> tuple[float, float]:
        """What the motors are told now, -1 to 1."""
        return self.changes[-1].wheels if self.changes else (0.0, 0.0)

    def _next_alone(self) -> float:
        if self._script:
            return self._script[0][0]
        # What a timer brings about takes its time on the line, so one look when that is over is enough.
        return min(self._sketch.next_interrupt(), max(self._sketch.next_timer(), self.chip.now) + TOGETHER)

    def _next(self) -> tuple[float, Callable[[], None]]:
        """The next thing that happens on the board: boot steps, then interrupts, then bytes, then timers."""
        if self._script:
            at, step = self._script[0]
            return at, lambda: self._boot_step(step)
        readable = self.uart.readable()
        timer = max(self._sketch.next_timer(), self.chip.now)
        byte = math.inf if readable is None else max(readable, self.chip.now)
        interrupt = self._sketch.next_interrupt()
        if interrupt <= min(byte, timer):
            return interrupt, lambda: self._run(interrupt, self._sketch.on_interrupt)
        if byte <= timer:
            return byte, lambda: self._run(byte, self._read)
        return timer, lambda: self._run(timer, self._sketch.on_timer)

    def _run(self, at: float, what: Callable[[], None]) -> None:
        self.chip.now = max(self.chip.now, at)
        what()

    def _read(self) -> None:
        byte = self.uart.read(self.chip.now)
        if byte is not None:
            self._sketch.read(byte)

    def _boot_step(self, step: Callable[[], None]) -> None:
        self._script.popleft()
        step()

    def _setup(self) -> None:
        self._sketch.setup()

    def _light(self, lit: bool) -> None:
        self.chip.pin_mode(BLINK_PIN, output=True)
        self.chip.digital_write(BLINK_PIN, lit)

    def _settle(self, at: float) -> None:
        """Let the robot feel what the pins do now."""
        if not self.chip.changed:
            return
        self.chip.changed = False
        levels = self.chip.levels()
        if levels == self._levels:
            return
        pins = {pin: level for pin, level in enumerate(levels) if level != self._levels[pin]}
        self._levels = levels
        self.changes.append(Change(at, self.plant.outputs(levels), pins))
