"""The boards that one suite runs on: emulated and real firmware, each seen from its pins and its cable."""

from __future__ import annotations

import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from devices.addresses import parse_address
from devices.connect import link_to
from devices.drivers.firmata import FirmataBoard
from devices.errors import LabError
from devices.robots.chassis import chassis
from devices.robots.robot import Robot
from devices.sim.host import SimHost
from devices.transports.link import Link
from tests.real import parts
from tests.real.arduino import Uno, real

LED = 13
MOTOR_PINS = (4, 5, 6, 7, 8, 9)


class Recorded(Link):
    """A link that remembers the frames it was given."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.frames: list[bytes] = []

    async def open(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[LabError], None]) -> None:
        await self.link.open(on_bytes, on_lost)

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.link.send(frame)

    def discard(self) -> int:
        return self.link.discard()

    async def flushed(self, seconds: float) -> None:
        await self.link.flushed(seconds)

    async def close(self, *, drop: bool = False) -> None:
        await self.link.close(drop=drop)


class Bench:
    """A robot as the lab has it, and the parts it is made of."""

    def __init__(self, address: str) -> None:
        self.link = Recorded(link_to(parse_address(address), name="robot-1"))
        self.board = FirmataBoard("robot-1", self.link)
        self.robot = Robot(self.board, chassis("two-motor"), allow_no_watchdog=True)


class FarEnd(ABC):
    """A board seen from outside. ``rests_by_itself``: its firmware has the dead man."""

    rests_by_itself: bool

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it is."""

    @abstractmethod
    def outputs(self) -> Sequence[float]:
        """What each pin gives out now, 0 to 1."""

    @abstractmethod
    def changes(self, pin: int) -> int:
        """How often the level of a pin changed since the board started; only differences mean anything."""

    @abstractmethod
    def unplug(self) -> None:
        """Pull the cable."""

    @abstractmethod
    def plug_in(self) -> None:
        """Plug it in again."""

    @abstractmethod
    def hold(self) -> None:
        """Let it take nothing off the wire."""

    @abstractmethod
    def let_go(self) -> None:
        """Let it read on."""

    @abstractmethod
    def mend(self) -> None:
        """End all that is wrong with it."""

    @abstractmethod
    def close(self) -> None:
        """End it."""

    def motors(self) -> tuple[float, ...]:
        """What the pins of the motors give out."""
        given = self.outputs()
        return tuple(given[pin] for pin in MOTOR_PINS)

    @property
    def at_rest(self) -> bool:
        """Whether no motor is told anything."""
        return not any(self.motors())

    def stirred(self) -> int:
        """How often any motor pin changed."""
        return sum(self.changes(pin) for pin in MOTOR_PINS)

    def pass_time(self, seconds: float) -> None:
        """Let so much of the board's time pass."""
        time.sleep(seconds)


class Emulated(FarEnd):
    """The emulator that ships with labctl."""

    def __init__(self, firmware: str) -> None:
        self._host = SimHost(boot_seconds=0.05)
        self._address = self._host.add("robot-1", firmware)
        self.rests_by_itself = firmware == "labctl-robot"

    @property
    def address(self) -> str:
        return self._address

    def outputs(self) -> Sequence[float]:
        levels = [0.0] * 20
        for change in self._host.history("robot-1"):
            for pin, level in change.pins.items():
                levels[pin] = level
        return levels

    def changes(self, pin: int) -> int:
        return sum(pin in change.pins for change in self._host.history("robot-1"))

    def fault(self, kind: str | None) -> None:
        """Let something be wrong with it."""
        self._host.fault("robot-1", kind)

    def unplug(self) -> None:
        self.fault("unplugged")

    def plug_in(self) -> None:
        self.fault(None)

    def hold(self) -> None:
        self.fault("stuck")

    def let_go(self) -> None:
        self.fault(None)

    def mend(self) -> None:
        self.fault(None)

    def close(self) -> None:
        self._host.close()


class Simavr(FarEnd):
    """Real firmware in a simulated chip."""

    def __init__(self, part: Callable[[], Path], folder: Path, *, rests_by_itself: bool) -> None:
        self._uno = Uno(real(part), link=folder / "port")
        self._plugged = True
        self.rests_by_itself = rests_by_itself

    @property
    def address(self) -> str:
        return f"serial:{self._uno.path}"

    @property
    def uno(self) -> Uno:
        """The chip."""
        return self._uno

    def outputs(self) -> Sequence[float]:
        return self._uno.snapshot().outputs()

    def changes(self, pin: int) -> int:
        return self._uno.snapshot().toggles[pin]

    def stirred(self) -> int:
        toggles = self._uno.snapshot().toggles
        return sum(toggles[pin] for pin in MOTOR_PINS)

    def unplug(self) -> None:
        self._uno.unplug()
        self._plugged = False

    def plug_in(self) -> None:
        self._uno.plug_in()
        self._plugged = True

    def hold(self) -> None:
        os.kill(self._uno.pid, signal.SIGSTOP)

    def let_go(self) -> None:
        os.kill(self._uno.pid, signal.SIGCONT)

    def mend(self) -> None:
        self.let_go()
        if not self._plugged:
            self.plug_in()

    def pass_time(self, seconds: float) -> None:
        self._uno.pass_time(seconds)

    def close(self) -> None:
        self.let_go()
        self._uno.close()


FAR_ENDS: dict[str, Callable[[Path], FarEnd]] = {
    "emulated-labctl-robot": lambda folder: Emulated("labctl-robot"),
    "emulated-standard-firmata": lambda folder: Emulated("standard-firmata"),
    "real-labctl-robot": lambda folder: Simavr(parts.lab_firmware, folder, rests_by_itself=True),
    "real-standard-firmata": lambda folder: Simavr(parts.standard_firmata, folder, rests_by_itself=False),
}
