"""One suite on every board: a test that asks for ``far_end`` or ``bench`` runs on each of them.

A board is switched on once for all tests of a module, since StandardFirmata takes two seconds to boot; each test
finds it connected and at rest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from devices.drivers.firmata import greeting
from tests.conformance.far_ends import FAR_ENDS, Bench, FarEnd, Simavr
from tests.conftest import leaving_nothing


@pytest.fixture(autouse=True, scope="module")
def nothing_left_behind() -> Iterator[None]:
    """What every test is held to, here for the module: its boards stay connected between the tests."""
    with leaving_nothing():
        yield


PATIENCE = 20.0  # seconds
MARKS = {name: [pytest.mark.real] if name.startswith("real") else [] for name in FAR_ENDS}


@pytest.fixture(scope="module", params=[pytest.param(name, marks=MARKS[name]) for name in FAR_ENDS])
def far_end(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarEnd]:
    """A board that is switched on."""
    board = FAR_ENDS[request.param](tmp_path_factory.mktemp("board"))
    with pytest.MonkeyPatch.context() as patch:
        if isinstance(board, Simavr):  # on a crowded machine a simulated chip boots more slowly than a real one
            patch.setattr(greeting, "WITHIN", PATIENCE)
        yield board
    board.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(far_end: FarEnd) -> AsyncIterator[Bench]:
    """The robot at that board, for all tests of the module."""
    bench = Bench(far_end.address)
    yield bench
    await bench.robot.close()


@pytest_asyncio.fixture(loop_scope="module")
async def bench(kept: Bench, far_end: FarEnd) -> AsyncIterator[Bench]:
    """The robot, open and at rest."""
    await kept.robot.open()
    await kept.robot.stop()
    yield kept
    far_end.mend()


@pytest_asyncio.fixture(loop_scope="module")
async def alone(kept: Bench, far_end: FarEnd) -> AsyncIterator[Bench]:
    """A robot at that board that was not opened yet."""
    await kept.robot.close()
    bench = Bench(far_end.address)
    yield bench
    await bench.robot.close()
