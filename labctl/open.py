"""Opening a lab and closing it again: the one place where its parts are put together."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator

from devices.errors import LabError
from devices.sim.host import SimHost
from labctl import clock, people
from labctl.building import build
from labctl.changes import Changes
from labctl.core import Core
from labctl.hub import Hub
from labctl.inventory import Inventory, load_inventory
from labctl.keeping import RunKeeper
from labctl.lab import Lab
from labctl.lock import LabLock
from labctl.places import Places
from labctl.portal import Portal
from labctl.store.store import Store
from lessons.shelf import shelf

OPEN_LIMIT = 5.0
"""Seconds in which the hub takes up its devices; each is opened later, by its own task."""

CLOSE_LIMIT = 2.5
"""Seconds in which every robot is at rest and every port closed; the lab is gone 3 s after SIGTERM."""

log = logging.getLogger(__name__)


@contextlib.contextmanager
def open_lab(
    places: Places, *, command: str = "", lock: LabLock | None = None, sims: SimHost | None = None
) -> Generator[Lab]:
    """Open the lab at ``places`` and close it afterwards: robots at rest, journal flushed, ports free.

    Args:
        places: Where it lives.
        command: What the process was called for, told to whoever comes second.
        lock: The lock, where the caller has taken it already.
        sims: The floor for simulated robots; one of its own where there are any and this is left out.

    Raises:
        LabRuns: Another process runs this lab.
        BadFile: The lab file is wrong; nothing was started.
        StoreFailed: The database cannot be used.
    """
    with contextlib.ExitStack() as parts:
        inventory = load_inventory(places.lab_file, chassis_folders=(places.chassis,))
        if lock is None:
            lock = LabLock(places.lock)
            lock.take(command=command)
        parts.callback(lock.release)
        store = Store.open(places.database)
        parts.callback(store.close_now)
        sims = sims or _sims(inventory)
        if sims is not None:
            sims.start()
            parts.callback(sims.close)
        devices = {
            id: build(id, entry, sims=sims, chassis_folders=(places.chassis,))
            for id, entry in inventory.devices.items()
        }
        hub = Hub()
        hub.start()
        parts.callback(hub.close)
        portal = Portal(hub)
        core = Core(hub, store, inventory, shelf((places.lab_file.parent / "lessons",)), sims=sims, changes=Changes())
        portal.ask(lambda: core.open(devices), seconds=OPEN_LIMIT)
        parts.callback(_close, portal, core)
        _take_up(portal, core, store)
        yield Lab(core, portal, places, people.People(store))


def _sims(inventory: Inventory) -> SimHost | None:
    simulated = any(entry.address.startswith("sim:") for entry in inventory.devices.values())
    return SimHost() if simulated else None


def _take_up(portal: Portal, core: Core, store: Store) -> None:
    """Show what the last process left: the class, the clock that may be behind, the lesson that was interrupted."""
    kept = portal.ask(RunKeeper(store).find_open, seconds=OPEN_LIMIT)
    judged = store.read_now(lambda session: clock.read_guard(session, clock.now()))
    behind = store.read_now(clock.latest_known) if judged.held else None
    teams = store.read_now(people.teams)
    class_name = store.read_now(people.class_name)

    def take_up() -> None:
        core.members = {team.number: team.members for team in teams}
        core.class_name, core.clock_behind = class_name, behind
        core.take_up(kept)

    portal.tell(take_up, seconds=OPEN_LIMIT)


def _close(portal: Portal, core: Core) -> None:
    try:
        portal.ask(core.close, seconds=CLOSE_LIMIT)
    except LabError as error:
        log.warning("the lab did not close in time: %s", error)
