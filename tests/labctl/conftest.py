"""A lab of simulated robots, opened as the product opens it: every part is real but the motors."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from devices.sim.host import SimHost
from labctl.open import open_lab
from labctl.places import Places
from labctl.views import DeviceState
from tests.labctl.opened import ROBOT, Opened, until


class Opening:
    """Opens labs in one folder, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder / "lab.toml", folder, folder / "cache")
        self._open = contextlib.ExitStack()

    def __call__(self, robots: int = 2, toml: str | None = None) -> Opened:
        """Open a lab with so many simulated robots, or with this lab file."""
        self.places.lab_file.write_text(toml or "\n".join(ROBOT.format(n=n) for n in range(1, robots + 1)), "utf-8")
        return self._opened()

    def restart(self) -> Opened:
        """Close the lab as the product does, and open it again."""
        self.close()
        return self._opened()

    def close(self) -> None:
        """Close the lab as the product does."""
        self._open.close()

    def rename_kept_lesson(self, lesson: str) -> None:
        """Have the closed lab's run speak of another lesson."""
        with contextlib.closing(sqlite3.connect(self.places.database)) as database, database:
            database.execute("UPDATE run SET lesson = ?", (lesson,))

    def _opened(self) -> Opened:
        sims = SimHost(boot_seconds=0.02)
        self._open.callback(sims.close)
        lab = self._open.enter_context(open_lab(self.places, sims=sims))
        until(lambda: all(device.state is not DeviceState.CONNECTING for device in lab.devices()))
        return Opened(lab, lab._core, sims)


@pytest.fixture(autouse=True)
def nothing_blocks_a_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on a call that would block the hub, or the floor of the simulated robots."""
    if request.node.get_closest_marker("blocks"):
        yield
        return
    with blockbuster_ctx(["devices", "lessons", "labctl"]):
        yield


@pytest.fixture
def open_robots(tmp_path: Path) -> Iterator[Opening]:
    opening = Opening(tmp_path)
    yield opening
    opening.close()
