"""Stop-all: every device at once, each bounded; what did not confirm is named and stays named until it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from devices.errors import LabError, NotStopped, unexpected
from devices.text import _
from labctl.latch import Latch
from labctl.registry import Link, Registry, Slot

STOP_LIMIT = 0.9
"""Seconds after which a device that has not confirmed is named: the figure is one second to the page."""


@dataclass
class StopReport:
    """What one press did. ``confirmed`` maps a device to the seconds it took, ``failed`` to why it is not known."""

    at: datetime
    by: str
    pending: set[str] = field(default_factory=set[str])
    confirmed: dict[str, float] = field(default_factory=dict[str, float])
    failed: dict[str, LabError] = field(default_factory=dict[str, LabError])


class StopAll:
    """The one press. Called on the hub's loop.

    ``on_news`` is told whenever a device confirmed or was given up.
    """

    def __init__(
        self, registry: Registry, latch: Latch, *, now: Callable[[], datetime], on_news: Callable[[], None]
    ) -> None:
        self._registry = registry
        self._latch = latch
        self._now = now
        self._on_news = on_news
        self.report: StopReport | None = None

    def press(self, by: str) -> StopReport:
        """Raise the latch and open a new report. Nothing that was commanded before can move anything from here on."""
        self._latch.press()
        self.report = StopReport(at=self._now(), by=by)
        return self.report

    async def carry_out(self, report: StopReport) -> None:
        """Stop every device that was ever open, all at once; returns when each has confirmed or was given up."""
        slots = [slot for slot in self._registry if slot.was_open]
        report.pending = {slot.id for slot in slots}
        await asyncio.gather(*(self._stop(slot, report) for slot in slots))

    async def stop_one(self, slot: Slot) -> float:
        """Stop one device and return the seconds it took.

        Raises:
            NotStopped: It did not confirm; the slot stays marked until it does or a person says that it is off.
        """
        began = time.monotonic()
        try:
            if slot.link is not Link.OPEN:
                raise _unreachable(slot)
            async with asyncio.timeout(STOP_LIMIT):
                await slot.device.stop()
        except Exception as error:
            slot.unconfirmed = _not_stopped(slot, error)
            raise slot.unconfirmed from error
        slot.unconfirmed = None
        return time.monotonic() - began

    async def _stop(self, slot: Slot, report: StopReport) -> None:
        try:
            report.confirmed[slot.id] = await self.stop_one(slot)
        except LabError as error:
            report.failed[slot.id] = error
        report.pending.discard(slot.id)
        if report is self.report:
            self._on_news()

    def settle(self, slot: Slot, seconds: float | None = None) -> None:
        """Take a device off the list of those that did not confirm: it came back at rest, or a person saw to it."""
        slot.unconfirmed = None
        if self.report is not None and self.report.failed.pop(slot.id, None) is not None and seconds is not None:
            self.report.confirmed[slot.id] = seconds


def _unreachable(slot: Slot) -> NotStopped:
    identity = slot.device.identity
    if identity is not None and identity.stops_by_itself:
        message = _("No connection. The robot comes to rest by itself within 0.5 s, but that cannot be seen from here")
    else:
        message = _("No connection. It is not known whether it stopped")
    return NotStopped(message, device=slot.device.name, hint=_("Switch the robot off at its own switch"))


def _not_stopped(slot: Slot, error: Exception) -> NotStopped:
    if isinstance(error, NotStopped):
        return error
    if isinstance(error, TimeoutError):
        message = _("The stop was sent, but no answer came within 1 s")
    else:
        message = _("The stop could not be sent: %(why)s", why=unexpected(error).message)
    return NotStopped(message, device=slot.device.name, hint=_("Switch the robot off at its own switch"))
