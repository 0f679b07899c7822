"""Who gets which device: a pure function from the teams and the devices of the lab to a bench for each team."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labctl.views import DeviceState, DeviceView

USABLE = frozenset({DeviceState.READY, DeviceState.BUSY, DeviceState.STOPPED})


@dataclass(frozen=True)
class Need:
    """What a role of a lesson asks for: a name, and the capabilities a device must have."""

    role: str
    capabilities: frozenset[str]


def natural(id: str) -> tuple[tuple[int, int | str], ...]:
    """A sort key under which robot-10 comes after robot-9."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", id) if part)


def assign(
    needs: Sequence[Need], teams: Sequence[int], devices: Sequence[DeviceView]
) -> Mapping[int, Mapping[str, str]]:
    """Give each team a device for each role, as far as they go.

    The n-th team gets the n-th device that fits, so that team 3 finds robot 3 on its desk; where that one cannot be
    used, a spare that nobody needs takes its place. A role without a device is missing from the team's bench.
    """
    benches: dict[int, dict[str, str]] = {team: {} for team in teams}
    taken: set[str] = set()
    for need in needs:
        fitting = sorted(
            (device for device in devices if need.capabilities <= frozenset(device.capabilities)),
            key=lambda device: natural(device.id),
        )
        fitting = [device for device in fitting if device.id not in taken]
        own = dict(zip(teams, fitting, strict=False))
        spares = [device for device in fitting[len(teams) :] if device.state in USABLE]
        for team, device in own.items():
            chosen = device if device.state in USABLE or not spares else spares.pop(0)
            benches[team][need.role] = chosen.id
            taken.add(chosen.id)
    return benches
