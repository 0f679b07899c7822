"""A lab of simulated robots, with every part real but the motors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.sim.host import SimHost
from labctl.changes import Changes
from labctl.core import Core
from labctl.hub import Hub
from labctl.inventory import load_inventory
from labctl.lab import Lab
from labctl.places import Places
from labctl.portal import Portal
from labctl.store.store import Store
from labctl.views import DeviceState
from lessons.shelf import shelf
from tests.labctl.opened import ROBOT, Opened, until


@pytest.fixture
def open_robots(tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open a lab with so many simulated robots; closed at the end of the test, in the order of a real end."""
    closing: list[Callable[[], object]] = []

    def open_robots(robots: int = 2, toml: str | None = None) -> Opened:
        places = Places(tmp_path / "lab.toml", tmp_path, tmp_path / "cache")
        places.lab_file.write_text(toml or "\n".join(ROBOT.format(n=n) for n in range(1, robots + 1)), "utf-8")
        store = Store.open(places.database)
        closing.append(store.close_now)
        sims = SimHost(boot_seconds=0.02)
        sims.start()
        closing.append(sims.close)
        hub = Hub()
        hub.start()
        closing.append(hub.close)
        portal = Portal(hub)
        core = Core(hub, store, load_inventory(places.lab_file), shelf(), sims=sims, changes=Changes())
        portal.ask(core.open, seconds=5)
        closing.append(lambda: portal.ask(core.close, seconds=5))
        opened = Opened(Lab(core, portal, places), core, sims)
        until(lambda: all(device.state is not DeviceState.CONNECTING for device in opened.lab.devices()))
        return opened

    yield open_robots
    for close in reversed(closing):
        close()
