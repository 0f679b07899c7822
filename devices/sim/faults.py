"""What can go wrong with a board and its cable, and the one place where it is done to a simulated one."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Final

from devices.errors import BadValue
from devices.sim.firmata import Board
from devices.text import _
from devices.wire.firmata import FROM_BOARD, Cutter

NOISE_EVERY: Final = 0.05  # seconds
NOISE_BYTES: Final = 24
WORDS_EVERY: Final = 1.0
WORDS: Final = b"Temperature: 21.50 C\r\n"  # what an ordinary sketch prints


class Kind(StrEnum):
    """The faults, each named for what a person would see."""

    SILENT = "silent"  # nothing arrives and nothing comes back
    GARBAGE = "garbage"  # noise between what the board says
    CUT = "cut"  # some frames from the board lose their end
    UNPLUGGED = "unplugged"  # the cable is out: the port is gone until the fault is taken away
    SLOW = "slow"  # everything takes longer, both ways
    STUCK = "stuck"  # nothing is taken off the line any more: the computer's writes block
    NOISE = "noise"  # noise alone, as at the wrong baud rate
    WRONG_FIRMWARE = "wrong-firmware"  # a sketch that prints words and reads nothing
    BLOCKED = "blocked"  # the wheels are held


@dataclass(frozen=True)
class Fault:
    """One fault. ``seconds`` is how much later things come when slow, each way; every ``every``-th frame is cut."""

    kind: Kind
    seconds: float = 0.5
    every: int = 3

    @classmethod
    def read(cls, data: str | Mapping[str, Any]) -> Fault:
        """A fault by its name, or as JSON data such as ``{"kind": "slow", "seconds": 0.2}``.

        Raises:
            BadValue: There is no such fault, or a value makes no sense.
        """
        fields: dict[str, Any] = {"kind": data} if isinstance(data, str) else dict(data)
        try:
            fault = cls(Kind(fields.pop("kind", "")), **fields)
            if not (math.isfinite(fault.seconds) and fault.seconds >= 0 and fault.every >= 1):
                raise ValueError
        except (TypeError, ValueError) as error:
            known = ", ".join(Kind)
            raise BadValue(
                _("%(data)s is no fault of a simulated board", data=str(data)),
                hint=_("There are: %(known)s.", known=known),
            ) from error
        return fault


SILENT: Final = Fault(Kind.SILENT)
GARBAGE: Final = Fault(Kind.GARBAGE)
CUT: Final = Fault(Kind.CUT)
UNPLUGGED: Final = Fault(Kind.UNPLUGGED)
SLOW: Final = Fault(Kind.SLOW)
STUCK: Final = Fault(Kind.STUCK)
NOISE: Final = Fault(Kind.NOISE)
WRONG_FIRMWARE: Final = Fault(Kind.WRONG_FIRMWARE)
BLOCKED: Final = Fault(Kind.BLOCKED)

_DEAF: Final = frozenset({Kind.SILENT, Kind.NOISE, Kind.WRONG_FIRMWARE, Kind.STUCK, Kind.UNPLUGGED})
_MUTE: Final = frozenset({Kind.SILENT, Kind.NOISE, Kind.WRONG_FIRMWARE, Kind.UNPLUGGED})


class Line:
    """A board and the cable to it, with at most one fault at a time; speaks as :class:`Board` does."""

    def __init__(self, board: Board, seed: int | str = 0) -> None:
        self.board = board
        self.fault: Fault | None = None
        self._chance = Random(f"{seed}/line")
        self._cutter = Cutter(FROM_BOARD)
        self._frames = 0
        self._in: deque[tuple[float, bytes]] = deque()
        self._out: deque[tuple[float, bytes]] = deque()
        self._babble = math.inf  # when the next noise or words come by themselves

    @property
    def plugged(self) -> bool:
        """Whether there is a port to open."""
        return not self._has(Kind.UNPLUGGED)

    @property
    def reading(self) -> bool:
        """Whether anything is taken off the line; where not, the computer's writes block after a while."""
        return not self._has(Kind.STUCK)

    @property
    def backlog(self) -> int:
        """How many bytes are on their way to the board."""
        return self.board.uart.backlog + sum(len(data) for _at, data in self._in)

    def set(self, fault: Fault | None, now: float) -> None:
        """Begin or end a fault. What was held up arrives now, so that nothing overtakes it."""
        self._in = deque((now, data) for _at, data in self._in)
        self._out = deque((now, data) for _at, data in self._out)
        self._deliver(now)
        self.board.advance_to(now)
        self.fault = fault
        self._cutter = Cutter(FROM_BOARD)
        self.board.plant.block(self._has(Kind.BLOCKED))
        self._babble = now if self._has(Kind.NOISE) or self._has(Kind.WRONG_FIRMWARE) else math.inf

    def reset(self, now: float) -> None:
        """The port was opened, which resets the board."""
        self._in.clear()
        self._out.clear()
        self.board.reset(now)

    def receive(self, data: bytes, now: float) -> None:
        """Bytes from the computer."""
        if self.fault and self.fault.kind in _DEAF:
            return
        if self.fault and self.fault.kind is Kind.SLOW:
            self._in.append((now + self.fault.seconds, data))
        else:
            self._deliver(now)
            self.board.receive(data, now)

    def advance(self, now: float) -> bytes:
        """Let time run; returns what reaches the computer by now."""
        self._deliver(now)
        said = self.board.advance(now)
        if self.fault:
            said = self._spoil(said, self.fault, now)
        late = b""
        while self._out and self._out[0][0] <= now:
            late += self._out.popleft()[1]
        return late + said

    def next_event(self) -> float:
        """When :meth:`advance` next has something to do."""
        waiting = [queue[0][0] for queue in (self._in, self._out) if queue]
        return min(self.board.next_event(), self._babble, *waiting, math.inf)

    def _has(self, kind: Kind) -> bool:
        return self.fault is not None and self.fault.kind is kind

    def _deliver(self, now: float) -> None:
        while self._in and self._in[0][0] <= now:
            at, data = self._in.popleft()
            self.board.receive(data, at)

    def _spoil(self, said: bytes, fault: Fault, now: float) -> bytes:
        if fault.kind in _MUTE:
            return self._babbled(fault, now)
        if not said:
            return said
        match fault.kind:
            case Kind.GARBAGE:
                return b"".join(self._noise(5) + frame for frame in self._cutter.feed(said))
            case Kind.CUT:
                return b"".join(self._cut(frame, fault.every) for frame in self._cutter.feed(said))
            case Kind.SLOW:
                self._out.append((now + fault.seconds, said))
                return b""
            case _:
                return said

    def _babbled(self, fault: Fault, now: float) -> bytes:
        said = b""
        while self._babble <= now:
            noisy = fault.kind is Kind.NOISE
            said += self._noise(NOISE_BYTES) if noisy else WORDS
            self._babble = max(self._babble, now - 1) + (NOISE_EVERY if noisy else WORDS_EVERY)
        return said

    def _noise(self, count: int) -> bytes:
        return self._chance.randbytes(count)

    def _cut(self, frame: bytes, every: int) -> bytes:
        self._frames += 1
        return frame[: len(frame) // 2] if self._frames % every == 0 else frame
