"""An Arduino Uno that runs real firmware in a simulated chip, and what is wired to it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.real import parts

PATIENCE = 10.0  # seconds for one answer of the simulator, on a crowded machine


def real(part: Callable[[], Path]) -> Path:
    """A real part, built; skips the test where it cannot be had, or fails it where it has to be there."""
    try:
        return part()
    except parts.Missing as error:
        if os.environ.get(parts.REQUIRED) == "required":
            pytest.fail(f"a real part is missing: {error}")
        pytest.skip(str(error))


@dataclass(frozen=True)
class Snapshot:
    """The state of a simulated Uno. Times are seconds of its own clock, lists go by pin number.

    Attributes:
        sim_s: Its clock.
        asleep_s: How long of that the chip slept.
        wall_s: How long the simulator has run.
        cpu_s: What that cost of the host's processor.
        rss_kb: The simulator's memory at its highest.
        worst_lag_ms: How far its clock was behind at worst since the last snapshot.
        resets: How often the chip was reset, the first start included.
        open: How often the serial port is open.
        taken: Bytes that the host has written to it since it was opened, and the simulator has read.
        given: Bytes that it could have read from it since.
        rx: Bytes that reached the chip.
        tx: Bytes that left it.
        overruns: Bytes that arrived before the one three before them was read, and were lost as in the real chip.
        dropped: Bytes that left it while the simulator had no room; always 0 in a sound test.
        rx_s: When the last byte reached the chip.
        keep_alive_s: When the last byte of the last KEEP_ALIVE did.
        on_s: Since how many seconds some output has been on without a break; 0 when none is.
        on_longest_s: The longest such time since reset.
        level: Levels of the pins, 0 or 1.
        output: 1 where the pin is an output.
        toggles: How often each level changed.
        changed_s: When each level changed last.
        pulse_us: How long each level was high the last time.
        pwm: Duties, 0 to 255; -1 where no timer drives the pin.
    """

    sim_s: float
    asleep_s: float
    wall_s: float
    cpu_s: float
    rss_kb: int
    worst_lag_ms: float
    resets: int
    open: int
    taken: int
    given: int
    rx: int
    tx: int
    overruns: int
    dropped: int
    rx_s: float
    keep_alive_s: float
    on_s: float
    on_longest_s: float
    level: tuple[int, ...]
    output: tuple[int, ...]
    toggles: tuple[int, ...]
    changed_s: tuple[float, ...]
    pulse_us: tuple[int, ...]
    pwm: tuple[int, ...]

    def outputs(self) -> tuple[float, ...]:
        """What each pin gives out, 0 to 1 of the supply; 0 for inputs."""
        pins = zip(self.pwm, self.level, self.output, strict=True)
        return tuple(output * (duty / 255 if duty >= 0 else float(level)) for duty, level, output in pins)

    def on(self, pins: Iterable[int] = range(2, 20)) -> tuple[int, ...]:
        """Those of the pins that give out anything."""
        given = self.outputs()
        return tuple(pin for pin in pins if given[pin])

    def last_change(self, pins: Iterable[int]) -> float:
        """When the level of any of the pins changed last."""
        return max(self.changed_s[pin] for pin in pins)


class Uno:
    """A simulated Uno; a context manager. Opening its port resets it, as DTR does with a real one.

    Args:
        hex_file: The firmware.
        bootloader: A bootloader to start in.
        link: Where to keep a symbolic link to the port, which unplugging takes away and plugging in brings back.
        stepped: Its time stands still except in :meth:`pass_time` and :meth:`wait`, and runs as fast as the host can
            there: a test is as quick and says the same on a crowded machine. Otherwise it runs in real time.
    """

    def __init__(
        self, hex_file: Path | None, *, bootloader: Path | None = None, link: Path | None = None, stepped: bool = False
    ) -> None:
        words = [str(real(parts.unosim))]
        words += ["-f", str(hex_file)] if hex_file else []
        words += ["-b", str(bootloader)] if bootloader else []
        words += ["-l", str(link)] if link else []
        words += ["-S"] if stepped else []
        self.stepped = stepped
        self._lock = threading.Lock()
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._heard = b""
        self._link = link
        self._pty = self._answer()["pty"]

    @property
    def path(self) -> str:
        """Its serial port: the link, where one was asked for."""
        return str(self._link or self._pty)

    @property
    def pid(self) -> int:
        """The simulator's process."""
        return self._process.pid

    def snapshot(self, *orders: str) -> Snapshot:
        """Its state, after these orders (see unosim.c)."""
        return self._look(*orders, "s")

    def pass_time(self, seconds: float) -> Snapshot:
        """Let so much of the chip's time pass."""
        if self.stepped:
            return self._look(f"t {seconds}")
        start = self.snapshot().sim_s
        return self.wait(lambda seen: seen.sim_s >= start + seconds, seconds + 1)

    def wait(self, until: Callable[[Snapshot], bool], seconds: float = 5.0) -> Snapshot:
        """The first snapshot that is as asked; fails after so many seconds of the chip's own time."""
        first = seen = self.snapshot()
        give_up = time.monotonic() + 5 * seconds + PATIENCE
        while not until(seen):
            assert seen.sim_s - first.sim_s < seconds, f"not within {seconds} s: {seen}"
            assert time.monotonic() < give_up, f"the simulator is too slow: {seen}"
            if self.stepped:
                seen = self._look("t 0.002")
            else:
                time.sleep(0.005)
                seen = self.snapshot()
        return seen

    def reset(self) -> None:
        """Press the reset button."""
        self._order("r")

    def unplug(self) -> None:
        """Pull the USB cable; the board keeps its power."""
        self._order("x")

    def plug_in(self) -> None:
        """Plug the cable in again. Without a link, :attr:`path` is another one afterwards."""
        with self._lock:
            self._tell("o")
            self._pty = self._answer()["pty"]

    def hang(self) -> None:
        """Let the firmware's main loop hang for good, as a bug would; only interrupts run on."""
        self._order("j")

    def analog(self, channel: int, volts: float) -> None:
        """Put a voltage on an analog input."""
        self._order(f"a {channel} {round(volts * 1000)}")

    def drive(self, pin: int, level: bool) -> None:
        """Put a level on a pin from outside."""
        self._order(f"p {pin} {int(level)}")

    def wave(self, pin: int, hertz: float) -> None:
        """Put a square wave on a pin; 0 lets it rest."""
        self._order(f"e {pin} {hertz:.4f}")

    def echo(self, trigger: int, echo: int, microseconds: int) -> None:
        """Let an ultrasonic sensor answer each trigger pulse with an echo; 0 for none."""
        self._order(f"u {trigger} {echo} {microseconds}")

    def close(self) -> None:
        """End it. May be called again."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _look(self, *orders: str) -> Snapshot:
        with self._lock:
            self._tell(*orders)
            seen = self._answer()
        return Snapshot(**{name: tuple(v) if isinstance(v, list) else v for name, v in seen.items()})

    def _order(self, line: str) -> None:
        with self._lock:
            self._tell(line)

    def _tell(self, *lines: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self._heard:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(self._process.stdout.fileno(), 65536) if ready else b""
            if not more:
                raise AssertionError(f"the simulator does not answer (exit status {self._process.poll()})")
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)
