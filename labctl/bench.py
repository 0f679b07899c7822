"""The bench of one team: its devices by role, each behind the gate of the latch and of who uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from devices.api import Actuates, Device, Drives, Identity, Pings, Reading, Senses, Sensor
from devices.errors import DeviceLost, LabError, NotSupported, UnknownName
from devices.text import _
from labctl.latch import Latch
from labctl.leases import Leases
from labctl.registry import Link, Registry, Slot
from labctl.stopping import StopAll

T = TypeVar("T")


class Gate:
    """What a command must pass before it reaches a device: the latch, its epoch, and the lease of its holder."""

    def __init__(self, latch: Latch, leases: Leases, *, holder: str, team: int) -> None:
        self._latch = latch
        self._leases = leases
        self.holder = holder
        self.team = team
        self.epoch = latch.epoch

    def hold(self, device: str) -> None:
        """Take a device without any right to move it, whatever the latch says. Raises InUse."""
        self._leases.take(device, holder=self.holder, team=self.team)

    def take(self, devices: list[str]) -> None:
        """Take the devices under the present epoch.

        Raises:
            Stopped: The latch is raised.
            InUse: Another team uses one of them.
        """
        self._latch.admit(self._latch.epoch)
        for device in devices:
            self._leases.take(device, holder=self.holder, team=self.team)
        self.epoch = self._latch.epoch

    def admit(self, device: str) -> None:
        """Let a command through. Raises Stopped, InUse."""
        self._latch.admit(self.epoch)
        self._leases.check(device, self.holder)

    def renew(self) -> None:
        """Keep what this team holds."""
        self._leases.renew(self.holder)

    def drop(self) -> None:
        """Let go of everything this team holds."""
        self._leases.drop(self.holder)


class Gated(Drives, Senses, Actuates, Pings, Device):
    """A device as a lesson sees it. Reading is always allowed; what moves passes the gate first."""

    def __init__(self, slot: Slot, gate: Gate) -> None:
        self._slot = slot
        self._gate = gate

    @property
    def name(self) -> str:
        return self._slot.device.name

    @property
    def capabilities(self) -> frozenset[str]:
        return self._slot.device.capabilities

    @property
    def identity(self) -> Identity | None:
        return self._slot.device.identity

    async def open(self) -> Identity:
        """The registry keeps the device open; this only says what answers. Raises DeviceLost."""
        self._present()
        identity = self._slot.device.identity
        if identity is None:
            raise _lost(self._slot)
        return identity

    async def close(self) -> None:
        """Nothing: the registry owns the connection."""

    async def stop(self) -> None:
        """Bring the device to rest. Stop passes every gate."""
        await self._slot.device.stop()

    async def gone(self) -> DeviceLost:
        if self._slot.link is not Link.OPEN:
            return _lost(self._slot)
        return await self._slot.device.gone()

    async def drive(self, left: float, right: float, *, seconds: float) -> None:
        device = self._pass(Drives, "drives")
        await device.drive(left, right, seconds=seconds)

    async def set(self, name: str, value: float) -> None:
        device = self._pass(Actuates, f"actuates.{name}")
        await device.set(name, value)

    @property
    def outputs(self) -> Mapping[str, Sensor]:
        device = self._slot.device
        return device.outputs if isinstance(device, Actuates) else {}

    @property
    def sensors(self) -> Mapping[str, Sensor]:
        device = self._slot.device
        return device.sensors if isinstance(device, Senses) else {}

    async def sense(self, name: str) -> Reading:
        device = self._present()
        if not isinstance(device, Senses):
            raise _cannot(device, f"senses.{name}")
        return await device.sense(name)

    def listen(self, on_reading: Callable[[Reading], None]) -> Callable[[], None]:
        device = self._slot.device
        if not isinstance(device, Senses):
            raise _cannot(device, "senses")
        return device.listen(on_reading)

    async def ping(self) -> float:
        device = self._present()
        if not isinstance(device, Pings):
            raise _cannot(device, "pings")
        return await device.ping()

    def _present(self) -> Device:
        if self._slot.link is not Link.OPEN:
            raise _lost(self._slot)
        return self._slot.device

    def _pass(self, capability: type[T], named: str) -> T:
        self._gate.admit(self._slot.id)
        device = self._present()
        if not isinstance(device, capability):
            raise _cannot(device, named)
        return device


def _lost(slot: Slot) -> DeviceLost:
    why = slot.problem
    return DeviceLost(
        why.message if why else _("There is no connection to the device"),
        device=slot.device.name,
        hint=why.hint if why else _("Check its cable and its switch; it comes back by itself."),
    )


def _cannot(device: Device, named: str) -> LabError:
    return NotSupported(
        _("%(device)s cannot do this: %(capability)s", device=device.name, capability=named), device=device.name
    )


class TeamBench:
    """The devices of one team in a run, by role; what ``lessons`` calls a bench."""

    def __init__(self, registry: Registry, stop_all: StopAll, gate: Gate, roles: Mapping[str, str]) -> None:
        self._registry = registry
        self._stop_all = stop_all
        self.gate = gate
        self.roles = dict(roles)

    def take(self) -> None:
        """Take every device of the team. Raises Stopped, InUse."""
        self.gate.take(list(self.roles.values()))

    def device(self, role: str) -> Gated:
        """The device of a role. Raises UnknownName."""
        return Gated(self._slot(role), self.gate)

    def origin(self, role: str) -> str:
        """Where evidence of this role comes from: ``simulator`` or ``controller``."""
        return "simulator" if self._slot(role).about.simulated else "controller"

    async def back(self, role: str) -> None:
        """Wait until the device of a role is open."""
        await self._slot(role).opened.wait()

    async def rest(self) -> None:
        """Stop every device of the team that answers. Never raises LabError: what did not confirm is marked."""
        for device in self.roles.values():
            slot = self._registry[device]
            if slot.link is Link.OPEN:
                try:
                    await self._stop_all.stop_one(slot)
                except LabError:
                    continue  # the slot is marked as unconfirmed, which the Room shows

    def _slot(self, role: str) -> Slot:
        try:
            return self._registry[self.roles[role]]
        except KeyError:
            raise UnknownName(_("This lesson has no role %(role)s", role=role)) from None
