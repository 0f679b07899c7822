"""The hub keeps its loop and tasks; the portal keeps deadlines, and ends only the waiting where the hub owns work."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from devices.errors import BadValue, NoAnswer
from labctl.hub import Hub, HubClosed
from labctl.portal import Portal


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.start()
    yield hub
    hub.close()


@pytest.fixture
def portal(hub: Hub) -> Portal:
    return Portal(hub)


def test_work_runs_on_the_hubs_own_thread(portal: Portal) -> None:
    where = portal.tell(threading.get_ident, seconds=1)
    assert where != threading.get_ident()


def test_a_read_is_cancelled_when_its_caller_gives_up(portal: Portal) -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with pytest.raises(NoAnswer):
        portal.ask(slow, seconds=0.05)
    assert portal.tell(lambda: list(ended), seconds=1) == ["cancelled"]


def test_a_stop_goes_on_when_its_caller_gives_up(portal: Portal) -> None:
    done = threading.Event()

    async def stop() -> None:
        await asyncio.sleep(0.2)
        done.set()

    with pytest.raises(NoAnswer):
        portal.hand_over(stop, seconds=0.02, name="stop")
    assert done.wait(2)


def test_errors_of_the_work_reach_the_caller(portal: Portal) -> None:
    async def refuse() -> None:
        raise BadValue("too fast")

    with pytest.raises(BadValue):
        portal.ask(refuse, seconds=1)


def test_a_time_out_of_the_work_is_not_taken_for_the_callers(portal: Portal) -> None:
    async def device_is_silent() -> None:
        raise NoAnswer("no reply", device="Robot 1")

    with pytest.raises(NoAnswer) as caught:
        portal.hand_over(device_is_silent, seconds=1, name="x")
    assert caught.value.device == "Robot 1"


@pytest.mark.blocks
def test_a_blocked_hub_is_seen_and_measured(hub: Hub, portal: Portal) -> None:
    time.sleep(0.15)
    with pytest.raises(NoAnswer):
        portal.tell(lambda: time.sleep(1.3), seconds=0.01)
    time.sleep(1.1)
    assert hub.blocked
    time.sleep(0.6)
    assert not hub.blocked
    assert hub.lag_ms()["max"] > 1000


def test_closing_cancels_what_still_runs_and_may_be_repeated(hub: Hub, portal: Portal) -> None:
    ended = threading.Event()

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    portal.tell(lambda: hub.spawn(for_ever(), name="for ever"), seconds=1)
    began = time.monotonic()
    hub.close()
    hub.close()
    assert ended.is_set()
    assert time.monotonic() - began < 2
    with pytest.raises(HubClosed):
        portal.tell(lambda: None, seconds=1)
