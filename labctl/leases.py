"""Leases: one holder a device, gone when the holder vanishes. Stop ignores them, and people never read the word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from devices.errors import InUse
from devices.text import _

LEASE_SECONDS = 10.0
"""How long a lease outlives its last renewal (design: stop, leases, dead man)."""


BY_HAND = 0
"""The team of a lease that no team holds: a self-test, a move by hand."""


@dataclass
class Lease:
    """Who holds a device. ``holder`` is unique to the run of one team; ``team`` is what people are told."""

    holder: str
    team: int
    until: float


class Leases:
    """The leases of a lab. ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: dict[str, Lease] = {}

    def team_of(self, device: str) -> int | None:
        """The team that uses a device, or None."""
        lease = self._live(device)
        return lease.team if lease and lease.team != BY_HAND else None

    def take(self, device: str, *, holder: str, team: int) -> None:
        """Take a device for ``holder``, or renew its lease.

        Raises:
            InUse: Someone else holds it.
        """
        lease = self._live(device)
        if lease is not None and lease.holder != holder:
            raise _used_by(lease, device)
        self._held[device] = Lease(holder, team, self._clock() + LEASE_SECONDS)

    def renew(self, holder: str) -> None:
        """Renew every live lease of ``holder``."""
        now = self._clock()
        for lease in self._held.values():
            if lease.holder == holder and now < lease.until:
                lease.until = now + LEASE_SECONDS

    def check(self, device: str, holder: str) -> None:
        """Let a command of ``holder`` through.

        Raises:
            InUse: Its lease has run out, or someone else holds the device.
        """
        lease = self._live(device)
        if lease is None or lease.holder != holder:
            raise InUse(
                _("This device is no longer yours"), device=device, hint=_("Begin the step again to take it back.")
            )

    def drop(self, holder: str) -> None:
        """Let go of everything that ``holder`` has."""
        self._held = {device: lease for device, lease in self._held.items() if lease.holder != holder}

    def _live(self, device: str) -> Lease | None:
        lease = self._held.get(device)
        if lease is None:
            return None
        if self._clock() >= lease.until:
            del self._held[device]
            return None
        return lease


def _used_by(lease: Lease, device: str) -> InUse:
    if lease.team == BY_HAND:
        return InUse(_("This device is being tested"), device=device, hint=_("Wait until the test is done."))
    return InUse(
        _("Team %(team)s is using this device", team=lease.team),
        device=device,
        hint=_("Wait until the team is done, or end its lesson."),
    )
