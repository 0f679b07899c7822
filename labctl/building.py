"""From the lab file to devices: reads chassis and drivers from disk, so it is done before and beside the hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.api import Device
from devices.connect import Entry, connect
from devices.robots.chassis import chassis
from devices.sim.host import SimHost
from labctl.inventory import DeviceEntry, display_name
from labctl.registry import About


@dataclass(frozen=True)
class Built:
    """A device that is not open yet, and what the lab file says of it."""

    device: Device
    about: About


def build(id: str, entry: DeviceEntry, *, sims: SimHost | None, chassis_folders: Sequence[Path]) -> Built:
    """The device of a line of the lab file.

    Raises:
        BadValue, UnknownName, BadFile, NotSupported: Its address, driver or chassis is not one.
    """
    device = connect(
        Entry(
            name=display_name(id, entry),
            address=entry.address,
            driver=entry.driver,
            chassis=entry.chassis,
            allow_no_watchdog=entry.allow_no_watchdog,
        ),
        sims=sims,
        chassis_folders=chassis_folders,
    )
    about = About(
        address=entry.address,
        kind="robot",
        model=chassis(entry.chassis, chassis_folders).label.model_dump(exclude_none=True),
        simulated=entry.address.startswith("sim:"),
        chassis=entry.chassis,
    )
    return Built(device, about)
