"""Robots whose boards run real firmware in simulated chips, on one simulated floor."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from devices.sim.arena import Arena, Pose
from devices.sim.layout import lab
from devices.sim.plant import Plant, Wiring
from tests.real.arduino import Uno

PACE = 0.02  # seconds between two looks at the pins


class Rig:
    """Couples Unos to an arena: their pins turn the wheels, the wheels turn the encoders, walls echo.

    A context manager. The Unos stay the caller's; the robots are set down where the floor has places to start.
    """

    def __init__(self, unos: Mapping[str, Uno], *, arena: Arena | None = None, seed: int = 0) -> None:
        layout = lab(len(unos))
        self.arena = arena or Arena.furnished(layout, seed)
        self._unos = dict(unos)
        self._plants: dict[str, Plant] = {}
        self._emitted: dict[str, tuple[tuple[int, int], tuple[float, float]]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rig")
        self._failure: BaseException | None = None
        for name, start in zip(unos, layout.starts, strict=False):
            if name not in self.arena.robots:
                self.arena.place(name, *start)
            self._plants[name] = Plant(self.arena, name, Wiring())

    def pose(self, name: str) -> Pose:
        """Where a robot is."""
        with self._lock:
            return self.arena.pose(name)

    def speeds(self, name: str) -> tuple[float, float]:
        """How fast its wheels roll, in cm/s."""
        with self._lock:
            return self.arena.speeds(name)

    def travel(self, name: str) -> tuple[float, float]:
        """How far each of its wheels rolled, in cm."""
        with self._lock:
            return self.arena.travel(name)

    def distance(self, name: str) -> float:
        """What its ultrasonic sensor is away from something, in cm."""
        with self._lock:
            return self.arena.distance(name)

    def place(self, name: str, x: float, y: float, heading: float) -> None:
        """Lift a robot and set it down elsewhere."""
        with self._lock:
            self.arena.place(name, x, y, heading)

    def close(self) -> None:
        """Let go of the Unos. Raises what went wrong meanwhile."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)
        if self._failure:
            raise self._failure

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            last = time.monotonic()
            while not self._stop.wait(PACE):
                now = time.monotonic()
                for name in self._unos:
                    self._couple(name)
                with self._lock:
                    self.arena.step(min(now - last, 5 * PACE))
                last = now
        except BaseException as error:  # close() raises it again
            self._failure = error

    def _couple(self, name: str) -> None:
        plant, uno = self._plants[name], self._unos[name]
        wiring = plant.wiring
        with self._lock:
            turns = self.arena.turns(name)
            echo = plant.echo_us(wiring.trigger, wiring.echo)
        orders = [f"u {wiring.trigger} {wiring.echo} {echo}"]
        toggles = self._emitted.get(name, ((0, 0), turns))
        for side, pin in enumerate(wiring.encoders):
            # What is still owed of the pulses, in the time until the next look: so that none is ever lost.
            owed = turns[side] - toggles[1][side] - toggles[0][side] / 2
            orders.append(f"e {pin} {max(0.0, owed) / PACE:.3f}")
        seen = uno.snapshot(*orders)
        left, right = (seen.toggles[pin] for pin in wiring.encoders)
        base = toggles[1] if name in self._emitted else (turns[0] - left / 2, turns[1] - right / 2)
        self._emitted[name] = ((left, right), base)
        with self._lock:
            plant.outputs(seen.outputs())
