"""The registry: a slot for every device of the inventory, kept open by a task that brings it back after a loss."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from devices.api import Device, Reading, Senses
from devices.errors import DeviceLost, LabError, PortMissing, UnknownName, unexpected
from devices.text import _
from labctl.hub import Hub

RETRY_SECONDS = (0.5, 1.0, 2.0, 3.0)
"""Waits between attempts to open a device; the last repeats. A robot plugged back in is there within 3 s."""

STEADY_SECONDS = 10.0
"""A device that stayed open this long begins its retries from the shortest wait again."""

CLOSE_LIMIT = 1.5
"""Seconds that one device is given to come to rest and let go of its port."""


class Link(StrEnum):
    """How the connection to a device is; what people see also depends on the latch and on who uses it."""

    CONNECTING = "connecting"
    OPEN = "open"
    LOST = "lost"
    ERROR = "error"


@dataclass(frozen=True)
class About:
    """What the lab file and its chassis say of a device."""

    address: str
    kind: str
    model: Mapping[str, str]
    simulated: bool
    chassis: str = ""


class Slot:
    """One device of the lab: its driver, how its connection is, and since when."""

    def __init__(self, id: str, device: Device, about: About, now: Callable[[], datetime]) -> None:
        self.id = id
        self.device = device
        self.about = about
        self._now = now
        self.link = Link.CONNECTING
        self.since = now()
        self.problem: LabError | None = None
        self.was_open = False
        self.unconfirmed: LabError | None = None
        self.opened = asyncio.Event()
        self.retry = asyncio.Event()

    def become(self, link: Link, problem: LabError | None = None) -> bool:
        """Set how the connection is; whether that is news."""
        news = link is not self.link or (problem is not None and _differs(problem, self.problem))
        self.problem = problem
        if link is not self.link:
            self.link, self.since = link, self._now()
        if link is Link.OPEN:
            self.was_open = True
            self.opened.set()
        else:
            self.opened.clear()
        return news


def _differs(problem: LabError, other: LabError | None) -> bool:
    return other is None or (problem.slug, str(problem)) != (other.slug, str(other))


class Registry:
    """The slots of a lab, each kept open by its own task on the hub.

    ``on_change`` is told of every slot whose connection changed, ``on_reading`` of every reading; both are called on
    the hub's loop.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        on_change: Callable[[Slot], None],
        on_reading: Callable[[str, Reading], None],
        now: Callable[[], datetime],
    ) -> None:
        self._hub = hub
        self._on_change = on_change
        self._on_reading = on_reading
        self._now = now
        self._slots: dict[str, Slot] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots.values())

    def __getitem__(self, id: str) -> Slot:
        """The slot of a device. Raises UnknownName."""
        try:
            return self._slots[id]
        except KeyError:
            known = ", ".join(sorted(self._slots)) or "-"
            raise UnknownName(
                _("There is no device %(id)s", id=id), hint=_("The lab has: %(known)s", known=known)
            ) from None

    def __contains__(self, id: str) -> bool:
        return id in self._slots

    def add(self, id: str, device: Device, about: About) -> Slot:
        """Add a device and begin to keep it open."""
        slot = Slot(id, device, about, self._now)
        self._slots[id] = slot
        self._keepers[id] = self._hub.spawn(self._keep(slot), name=f"keep {id}")
        return slot

    def reconnect(self, id: str) -> None:
        """Try a device that is not open at once, instead of at its next turn."""
        self[id].retry.set()

    async def _keep(self, slot: Slot) -> None:
        """Open the device, wait until it is lost, say so, and begin again, until cancelled."""
        tries = 0
        while True:
            opened_at = time.monotonic()
            try:
                await slot.device.open()
                await slot.device.stop()  # whatever it did while nobody held it, it is at rest from here on
                slot.unconfirmed = None
                problem: LabError = await self._while_open(slot)
            except LabError as error:
                problem = error
            except Exception as error:
                problem = unexpected(error, device=slot.device.name)
                with contextlib.suppress(Exception):
                    await slot.device.close()
            if time.monotonic() - opened_at > STEADY_SECONDS:
                tries = 0
            lost = slot.was_open and isinstance(problem, DeviceLost | PortMissing)
            if slot.become(Link.LOST if lost else Link.ERROR, problem):
                self._on_change(slot)
            slot.retry.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(slot.retry.wait(), RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1

    async def _while_open(self, slot: Slot) -> LabError:
        device = slot.device
        slot.become(Link.OPEN)
        self._on_change(slot)
        unlisten = (
            device.listen(lambda reading: self._on_reading(slot.id, reading)) if isinstance(device, Senses) else None
        )
        try:
            return await device.gone()
        finally:
            if unlisten is not None:
                unlisten()

    async def close(self) -> None:
        """Bring every device to rest and let go of its port, all at once, each bounded."""
        for keeper in self._keepers.values():
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers.values(), timeout=CLOSE_LIMIT)
        closing = [asyncio.ensure_future(slot.device.close()) for slot in self]
        if closing:
            _done, late = await asyncio.wait(closing, timeout=CLOSE_LIMIT)
            for task in late:
                task.cancel()
        self._keepers.clear()
