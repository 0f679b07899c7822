"""What the pages are told: a bounded ring of numbered patches, and the latest of what moves.

Written to from any thread, read by the coroutines of :mod:`web.asgi`. Patches are never skipped: a reader that has
missed one is told to fetch its page anew. Frames are never queued: a reader that is behind gets the latest of all.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from web.asked import whole_number

RING = 512
"""Patches kept: some minutes of a lively lesson, at a few kilobytes each."""

FRAMES = 16
"""Frames kept: 1.6 s at ten a second; who is further behind gets everything at once."""

WANTED_SECONDS = 120.0
"""A language that no page has been open in for so long is not drawn any more."""

Patch = Mapping[str, bytes] | None


@dataclass
class Reader:
    """How far a page has read: the number of its last patch, and of its last frame (-1 for none)."""

    language: str
    last: int
    frame: int = -1


class Feed:
    """The ring. ``boot`` names this run of the lab, so that a number from an earlier one is never mistaken."""

    def __init__(
        self, *, size: int = RING, boot: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.boot = boot or f"{time.time_ns():x}"
        self.closing = False
        self.lab_answers = True  # written by the thread that draws: a hub that is blocked cannot stop anything
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0
        self._ring: deque[Patch] = deque(maxlen=size)
        self._frame = 0
        self._frames: deque[bytes] = deque(maxlen=FRAMES)
        self._latest: dict[str, dict[str, Any]] = {}
        self._wanted: dict[str, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._armed = False
        self.tick = asyncio.Event()

    @property
    def cursor(self) -> str:
        """Where a page that is drawn now begins to read; ask before looking at the lab."""
        with self._lock:
            return f"{self.boot}.{self._last}"

    # what is said

    def wants(self, language: str) -> None:
        """Somebody reads in ``language``."""
        self._wanted[language] = self._clock()

    def languages(self) -> tuple[str, ...]:
        """The languages that somebody reads in."""
        since = self._clock() - WANTED_SECONDS
        return tuple(sorted(language for language, at in dict(self._wanted).items() if at >= since))

    def patch(self, drawn: Mapping[str, Mapping[str, str]]) -> None:
        """Parts were drawn anew: for each language, the HTML of each by its id."""
        with self._lock:
            self._last += 1
            self._ring.append({language: self._event("patch", {"parts": parts}) for language, parts in drawn.items()})
        self._poke()

    def reset(self) -> None:
        """Parts came or went: every page must be fetched anew."""
        with self._lock:
            self._last += 1
            self._ring.append(None)
        self._poke()

    def frame(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Numbers that moved, by device: its sensors, and as ``pose`` where a simulated robot is (x, y, heading)."""
        moved = {device: {name: _short(value) for name, value in one.items()} for device, one in data.items()}
        if not moved:
            return
        event = _frame(moved)
        with self._lock:
            for device, values in moved.items():
                self._latest.setdefault(device, {}).update(values)
            self._frame += 1
            self._frames.append(event)
        self._poke()

    def forget(self, device: str) -> None:
        """A device was lost: its last numbers are no longer true."""
        with self._lock:
            self._latest.pop(device, None)

    def close(self) -> None:
        """End every stream. From any thread or signal handler."""
        self.closing = True
        self._poke()

    # what is read

    def reader(self, language: str, since: str) -> Reader:
        """A reader that has seen everything up to ``since``, an id of ours; it is told where that cannot be."""
        boot, _dot, number = since.partition(".")
        seen = whole_number(number) if boot == self.boot else None
        return Reader(language, -1 if seen is None or seen > self._last else seen)

    def take(self, reader: Reader) -> bytes:
        """What ``reader`` has not seen yet, as the bytes of a stream; empty where there is nothing."""
        with self._lock:
            return self._patches(reader) + self._moves(reader)

    def _patches(self, reader: Reader) -> bytes:
        behind = self._last - reader.last
        if behind <= 0:
            return b""
        known = len(self._ring)
        missed = reader.last < 0 or behind > known
        said: list[bytes] = []
        for patch in itertools.islice(self._ring, max(0, known - behind), known) if not missed else ():
            if patch is None or reader.language not in patch:
                missed = True
                break
            said.append(patch[reader.language])
        reader.last = self._last
        return self._event("reset", {}) if missed else b"".join(said)

    def _moves(self, reader: Reader) -> bytes:
        behind = self._frame - reader.frame
        if behind <= 0 or not self._frame:
            return b""
        known = len(self._frames)
        everything = reader.frame < 0 or behind > known
        reader.frame = self._frame
        if everything:
            return _frame(self._latest)
        return b"".join(itertools.islice(self._frames, known - behind, known))

    def _event(self, kind: str, data: Mapping[str, Any]) -> bytes:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self.boot}.{self._last}\nevent: {kind}\ndata: {text}\n\n".encode()

    # waking the readers

    def serve_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on wake the readers of ``loop``, which runs."""
        self._loop = loop

    def _poke(self) -> None:
        """One wake-up for all readers, however much was said since the last: cheap for the hub's thread."""
        if self._loop is None or self._armed:
            return
        self._armed = True
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop is closed: nobody reads any more
            self._loop = None

    def _wake(self) -> None:
        self._armed = False
        tick, self.tick = self.tick, asyncio.Event()
        tick.set()


def _short(value: Any) -> Any:
    """A reading or a pose with as many decimals as anything is drawn with."""
    return round(value, 2) if isinstance(value, int | float) else [round(one, 1) for one in value]


def _frame(data: Mapping[str, Any]) -> bytes:
    return f"event: frame\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
