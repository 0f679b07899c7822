"""A simulated floor for lessons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from devices.sim.host import SimHost
from tests.lessons.benches import OneRobot, one_robot


@pytest.fixture
def host() -> Iterator[SimHost]:
    with SimHost(boot_seconds=0.1) as host:
        yield host


@pytest.fixture
async def bench(host: SimHost) -> AsyncIterator[OneRobot]:
    async with one_robot(host) as bench:
        yield bench
