"""Robots whose boards run real firmware in simulated chips, on one simulated floor."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from devices.sim.arena import Arena, Pose
from devices.sim.layout import lab
from devices.sim.plant import Plant, Wiring
from tests.real.arduino import Snapshot, Uno

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
        self._began: dict[str, tuple[float, ...]] = {}  # turns when the encoders had made no pulse yet
        self._seen: dict[str, Snapshot] = {}
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
            while not self._stop.wait(PACE):
                passed = max(self._couple(name) for name in self._unos)
                with self._lock:
                    self.arena.step(passed)
        except BaseException as error:  # close() raises it again
            self._failure = error

    def _couple(self, name: str) -> float:
        """Take what a board's pins do, and give it what its robot feels; returns how long that was since the last time,
        by the board's own clock: a simulator that is late makes its robot late, too, and not faster."""
        plant, uno = self._plants[name], self._unos[name]
        wiring = plant.wiring
        with self._lock:
            turns = self.arena.turns(name)
            echo = plant.echo_us(wiring.trigger, wiring.echo)
        orders = [f"u {wiring.trigger} {wiring.echo} {echo}"]
        last = self._seen.get(name)
        if last:
            # What is still owed of the pulses is made until the next look, so that none is lost or made up.
            made = (last.toggles[pin] / 2 for pin in wiring.encoders)
            owed = (turn - began - done for turn, began, done in zip(turns, self._began[name], made, strict=True))
            orders += [f"e {pin} {max(0.0, n) / PACE:.3f}" for pin, n in zip(wiring.encoders, owed, strict=True)]
        seen = self._seen[name] = uno.snapshot(*orders)
        if not last:
            made = (seen.toggles[pin] / 2 for pin in wiring.encoders)
            self._began[name] = tuple(turn - done for turn, done in zip(turns, made, strict=True))
        with self._lock:
            plant.outputs(seen.outputs())
        return seen.sim_s - last.sim_s if last else 0.0
