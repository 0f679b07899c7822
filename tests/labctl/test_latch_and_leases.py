"""Nothing passes a raised latch or an older epoch; a lease outlives its holder by ten seconds and no more."""

from __future__ import annotations

import pytest

from devices.errors import InUse, Stopped
from labctl.latch import Latch
from labctl.leases import LEASE_SECONDS, Leases


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_command_made_before_the_press_is_refused_even_after_release() -> None:
    latch = Latch()
    before = latch.epoch
    latch.press()
    with pytest.raises(Stopped):
        latch.admit(before)
    latch.release()
    with pytest.raises(Stopped):
        latch.admit(before)
    latch.admit(latch.epoch)


def test_nothing_passes_while_the_latch_is_raised() -> None:
    latch = Latch()
    latch.press()
    with pytest.raises(Stopped):
        latch.admit(latch.epoch)


def test_a_second_press_begins_a_further_epoch() -> None:
    latch = Latch()
    assert latch.press() < latch.press()
    assert latch.latched


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(clock: Clock) -> Leases:
    return Leases(clock)


def test_a_device_has_one_holder(leases: Leases) -> None:
    leases.take("robot-1", holder="a", team=3)
    with pytest.raises(InUse, match="Team 3"):
        leases.take("robot-1", holder="b", team=4)
    assert leases.team_of("robot-1") == 3


def test_a_lease_is_gone_ten_seconds_after_its_last_renewal(leases: Leases, clock: Clock) -> None:
    leases.take("robot-1", holder="a", team=3)
    clock.now += LEASE_SECONDS - 1
    leases.renew("a")
    clock.now += LEASE_SECONDS - 1
    leases.check("robot-1", "a")
    clock.now += 1
    with pytest.raises(InUse):
        leases.check("robot-1", "a")
    leases.take("robot-1", holder="b", team=4)
    assert leases.team_of("robot-1") == 4


def test_renewing_does_not_bring_back_what_has_run_out(leases: Leases, clock: Clock) -> None:
    leases.take("robot-1", holder="a", team=3)
    clock.now += LEASE_SECONDS
    leases.renew("a")
    assert leases.team_of("robot-1") is None


def test_dropping_lets_go_of_everything_at_once(leases: Leases) -> None:
    leases.take("robot-1", holder="a", team=3)
    leases.take("robot-2", holder="a", team=3)
    leases.drop("a")
    assert leases.team_of("robot-1") is None
    leases.take("robot-2", holder="b", team=4)
